"""Commands about imports that were made: which there are, taking one back, duplicates in a layer."""

from pathlib import Path

import typer

from geo_ems.cli.arguments import choice_argument, language_argument, write_output
from geo_ems.errors import UsageError

_IMPORTS_HELP = """List the imports with their numbers, files and counts; --revert takes such a number.

Example: geo-ems imports shelters --format json
"""


def add_import_commands(cli: typer.Typer) -> None:
    """Add the commands about imports that were made."""
    cli.command("imports", help=_IMPORTS_HELP)(imports_command)


def imports_command(
    layer: str | None = typer.Argument(None, help="Layer name; all layers without it."),
    output_format: str = typer.Option("table", "--format", help="table or json."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """List the imports."""
    choice_argument(output_format, ("table", "json"), option="--format")
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.services.import_list import listed_imports
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project, read_only=True) as application:
        if layer is not None:
            application.snapshots.definition(layer)
        listed = listed_imports(application.store.history, layer)
    if output_format == "json":
        typer.echo(json_bytes([item.mapping() for item in listed]), nl=False)
        return
    from geo_ems.cli.tables import local_instant, simple_table, terminal

    pairs = (
        ("序号", "number"),
        ("时间", "time"),
        ("图层", "layer"),
        ("文件", "file"),
        ("新增", "new"),
        ("更新", "updated"),
        ("未变", "unchanged"),
        ("明细", "child rows"),
        ("停用", "retired"),
        ("拒绝", "refused"),
        ("导入者", "by"),
        ("撤销于", "taken back by"),
    )
    counted = ("created", "updated", "unchanged", "child_rows", "retired", "refused")
    rows = [
        (
            str(item.seq),
            local_instant(item.at, project.zone),
            item.table,
            item.file,
            *(str(item.counts[name]) for name in counted),
            item.principal,
            "" if item.reverted_by is None else str(item.reverted_by),
        )
        for item in listed
    ]
    terminal().print(simple_table([say(language, *pair) for pair in pairs], rows))


def revert_imported(
    seq: int,
    layer: str | None,
    *,
    dry_run: bool,
    overwrite_corrections: bool,
    report: Path | None,
    lang: str | None,
) -> int:
    """Take one import back and tell what became of each feature; 1 where some were left alone."""
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.import_revert import RevertAction, revert_import
    from geo_ems.services.import_revert_report import revert_lines, revert_mapping, write_revert_xlsx

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project) as application:
        done = revert_import(
            seq,
            definitions=application.snapshots.definitions,
            store=application.store,
            caller=LOCAL,
            dry_run=dry_run,
            overwrite_corrections=overwrite_corrections,
            layer=layer,
        )
    for line in revert_lines(done, language):
        typer.echo(line)
    if report is not None and report.suffix == ".json":
        write_output(report, json_bytes(revert_mapping(done)))
    elif report is not None:
        write_revert_xlsx(done, report)
    return 1 if done.count(RevertAction.KEPT) else 0


def check_revert_alone(layer: str | None, files: list[Path]) -> None:
    """Refuse files beside a number of an import to take back."""
    if files:
        raise UsageError(
            "--revert takes back an import that was made; it takes no file",
            where="--revert",
            remedy=f"Write geo-ems import {f'{layer} ' if layer else ''}--revert N.",
            field="revert",
        )
