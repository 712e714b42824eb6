"""Commands about the project as a whole: init, demo, serve."""

from pathlib import Path

import typer

from geo_ems.cli.arguments import language_argument

_INIT_HELP = """Make a project folder: settings, layers, maps, api and rules to edit.

Example: geo-ems init my-county
"""
_DEMO_HELP = """Do the main job on the demonstration county, then serve the map on loopback.

Example: geo-ems demo --out demo --no-serve
"""
_SERVE_HELP = """Serve the API and the map; on loopback without login.

Example: geo-ems serve --port 8000
"""


def add_project_commands(cli: typer.Typer) -> None:
    """Add the commands about the project."""
    cli.command("init", help=_INIT_HELP)(init_command)
    cli.command("demo", help=_DEMO_HELP)(demo_command)
    cli.command("serve", help=_SERVE_HELP)(serve_command)


def init_command(folder: Path = typer.Argument(help="The folder to make; it must not exist or be empty.")) -> None:
    """Make a project folder."""
    from geo_ems.services.projects import make_project_folder

    for name in make_project_folder(folder, name=folder.resolve().name):
        typer.echo(name)
    typer.echo(f"已建立 made {folder}")
    typer.echo(f"1. {folder / 'geo-ems.toml'}: 改名称和时区 put your county's name and time zone")
    typer.echo(f"2. cd {folder}")
    typer.echo("3. geo-ems import districts FILE, geo-ems import shelters FILE ...")


def demo_command(
    out: Path = typer.Option(Path("geo-ems-demo"), "--out", help="Folder for the demonstration; made anew each time."),
    serve: bool = typer.Option(True, "--serve/--no-serve", help="Serve on loopback afterwards."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en; both without it."),
    port: int = typer.Option(8000, "--port", min=1, max=65_535, help="Port on loopback."),
) -> None:
    """Do the main job on the demonstration county."""
    language = None if lang is None else language_argument(lang, "zh")
    from geo_ems.cli.demo import run_demo

    if not serve:
        run_demo(out, language=language)
        return
    from geo_ems.cli.serving import serve_project
    from geo_ems.web.server import bound_socket

    taken = bound_socket("127.0.0.1", port)  # first: a demonstration that cannot be served is not begun
    serve_project(run_demo(out, language=language), taken)


def serve_command(
    host: str | None = typer.Option(None, "--host", help="Address to bind; without keys only loopback."),
    port: int | None = typer.Option(None, "--port", min=1, max=65_535, help="Port."),
) -> None:
    """Serve the API and the map."""
    from geo_ems.bootstrap import current_project
    from geo_ems.cli.serving import serve_project, take_address

    project = current_project()
    serve_project(project, take_address(project, host=host or project.host, port=port or project.port))
