"""`geo-ems`: one command per question; exit codes 0 ok, 1 refused by data or store, 2 wrong use."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from geo_ems import __version__
from geo_ems.cli.quick_arguments import plain_nearest
from geo_ems.errors import DefinitionError, FaultsError, GeoEmsError, UsageError

if TYPE_CHECKING:
    import typer

    from geo_ems.cli.nearest_question import NearestArguments

EXIT_REFUSED = 1
EXIT_WRONG_USE = 2


def build_cli() -> "typer.Typer":
    """Return the command line with all its commands."""
    import typer

    from geo_ems.cli.alert_commands import add_alert_commands
    from geo_ems.cli.barrier_commands import add_barrier_commands
    from geo_ems.cli.data_commands import add_data_commands
    from geo_ems.cli.dispatch_commands import add_dispatch_commands
    from geo_ems.cli.export_commands import add_export_commands
    from geo_ems.cli.import_commands import add_import_commands
    from geo_ems.cli.project_commands import add_project_commands
    from geo_ems.cli.query_commands import add_query_commands
    from geo_ems.cli.road_commands import add_road_commands
    from geo_ems.cli.store_commands import add_store_commands

    cli = typer.Typer(
        name="geo-ems",
        help="Hazard and resource mapping for local emergency offices. 地方应急资源一张图。",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @cli.callback()
    def _version(
        version: bool = typer.Option(False, "--version", is_eager=True, help="Print the version and end."),
    ) -> None:
        if version:
            typer.echo(f"geo-ems {__version__}")
            raise typer.Exit

    add_project_commands(cli)
    add_data_commands(cli)
    add_import_commands(cli)
    add_road_commands(cli)
    add_alert_commands(cli)
    add_barrier_commands(cli)
    add_query_commands(cli)
    add_dispatch_commands(cli)
    add_export_commands(cli)
    add_store_commands(cli)
    return cli


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    if plain_nearest(sys.argv[1:] if arguments is None else arguments) is None:
        sys.exit(run(arguments))
    # One question of a large layer: what it makes is small and soon gone, and nothing is left to be tidied up at the
    # end, as the store was closed. Searching for cycles and taking the modules apart would take a fifth of the time.
    gc.disable()
    # numpy starts threads for matrices as it is loaded, and there are no matrices here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code, having printed any error in one place."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    asked = plain_nearest(sys.argv[1:] if arguments is None else arguments)
    try:
        result = (
            _done(asked)
            if asked is not None
            else build_cli()(args=arguments, standalone_mode=False, prog_name="geo-ems")
        )
    except GeoEmsError as error:
        _complain(str(error))
        return exit_code(error)
    except BrokenPipeError:
        # The reader (such as `head`) has seen enough; nothing more may be written, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_REFUSED
    except OSError as error:
        named = f" ({error.filename})" if error.filename else ""
        _complain(f"The system refuses: {error.strerror or error}{named}.")
        return EXIT_REFUSED
    except Exception as error:
        if type(error).__name__ == "Abort":  # of the argument parser, which need not have been loaded
            _complain("Stopped.")
            return EXIT_REFUSED
        shown = getattr(error, "show", None)  # the argument parser's own errors
        if shown is None:
            raise
        shown()
        return EXIT_WRONG_USE
    return result if isinstance(result, int) else 0


def _done(asked: "NearestArguments") -> int:
    from geo_ems.cli.nearest_question import answer_question

    answer_question(asked)
    return 0


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def exit_code(error: GeoEmsError) -> int:
    """Return 2 where the question or the project is wrongly put, 1 where data or store refuse."""
    if isinstance(error, FaultsError):
        return max((exit_code(fault) for fault in error.faults), default=EXIT_REFUSED)
    return EXIT_WRONG_USE if isinstance(error, UsageError | DefinitionError) else EXIT_REFUSED


if __name__ == "__main__":
    main()
