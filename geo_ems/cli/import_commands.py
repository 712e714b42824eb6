"""Commands about imports that were made: which there are, taking one back, duplicates in a layer."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geo_ems.cli.arguments import check_own_files, choice_argument, cutoff_argument, language_argument, write_output
from geo_ems.errors import UsageError

if TYPE_CHECKING:  # typer's commands import what they need when they run
    from geo_ems.formats.raw import Cell
    from geo_ems.model.labels import Language
    from geo_ems.services.duplicates import Duplicates

_IMPORTS_HELP = """List the imports with their numbers, files and counts; --revert takes such a number.

Example: geo-ems imports shelters --format json
"""
_DUPLICATES_HELP = """Find probable duplicates in a layer, with the reasons; merge those that are.

Example: geo-ems duplicates shelters --within 100m --format xlsx --out duplicates.xlsx
"""
_SHOWN_PAIRS = 40
_WITHIN_AT_MOST_M = 5000.0


def add_import_commands(cli: typer.Typer) -> None:
    """Add the commands about imports that were made."""
    cli.command("imports", help=_IMPORTS_HELP)(imports_command)
    cli.command("duplicates", help=_DUPLICATES_HELP)(duplicates_command)


def imports_command(
    layer: str | None = typer.Argument(None, help="Layer name; all layers without it."),
    output_format: str = typer.Option("table", "--format", help="table or json."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """List the imports."""
    choice_argument(output_format, ("table", "json"), option="--format")
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.services.import_list import listed_imports, network_line
    from geo_ems.services.words import local_instant, say

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project, read_only=True) as application:
        if layer is not None:
            application.snapshots.definition(layer)
        listed = listed_imports(application.store.history, layer)
    if output_format == "json":
        typer.echo(json_bytes([item.mapping() for item in listed]), nl=False)
        return
    if not listed:
        typer.echo(say(language, "还没有导入过", "Nothing was imported yet"))
        return
    from geo_ems.cli.tables import simple_table, terminal

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
    for item in listed:
        if item.roads is not None:
            typer.echo(f"{item.seq}: {network_line(item.roads, language)}")


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


def duplicates_command(
    layer: str = typer.Argument(help="Layer name."),
    within: str = typer.Option("50m", "--within", help="How near names are compared: 50m."),
    merge: str | None = typer.Option(None, "--merge", metavar="KEEP,DROP", help="Merge the others into the first id."),
    dry_run: bool = typer.Option(False, "--dry-run", help="With --merge: say what would happen, store nothing."),
    output_format: str = typer.Option("table", "--format", help="table, json, csv or xlsx (with --out)."),
    out: Path | None = typer.Option(None, "--out", help="File to write, for json, csv and xlsx."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """Find probable duplicates, or merge some."""
    choice_argument(output_format, ("table", "json", "csv", "xlsx"), option="--format")
    if output_format == "xlsx" and out is None:
        raise UsageError("A workbook needs a file", where="--format", remedy="Add --out duplicates.xlsx.", field="out")
    check_own_files((), out)
    within_m = cutoff_argument(within)
    if within_m is None or not 0 < within_m <= _WITHIN_AT_MOST_M:
        raise UsageError(
            f"'{within}' is no distance to look within",
            where="--within",
            remedy=f"Write 1m to {_WITHIN_AT_MOST_M:g}m.",
            field="within",
        )
    if merge is not None:
        _merge(layer, merge, dry_run=dry_run, lang=lang)
        return
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.formats.xlsx_writing import SheetContents, write_workbook
    from geo_ems.model.caller import LOCAL
    from geo_ems.services import duplicates_report as told
    from geo_ems.services.duplicates import find_duplicates
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project, read_only=True) as application:
        application.snapshots.definition(layer)
        found = find_duplicates(application.store.read_columns(layer), within_m=within_m, caller=LOCAL)
    rows = told.duplicate_rows(found, language)
    if out is not None:
        typer.echo(told.duplicate_lines(found, language)[0])
    is_json = output_format == "json"
    content = json_bytes(told.duplicates_mapping(found)) if is_json else told.rows_as_csv(told.ROW_HEADER, rows)
    if output_format != "table" and out is not None:
        if output_format == "xlsx":
            write_workbook(out, [SheetContents(layer, told.row_titles(language), rows)])
        else:
            write_output(out, content)
        typer.echo(say(language, f"已写出 {out}", f"wrote {out}"))
        return
    if output_format != "table":
        typer.echo(content, nl=False)
        return
    _print_pairs(layer, found, rows, language)


def _print_pairs(layer: str, found: "Duplicates", rows: "list[list[Cell]]", language: "Language") -> None:
    from geo_ems.cli.tables import simple_table, terminal
    from geo_ems.services import duplicates_report as told
    from geo_ems.services.words import say

    for line in told.duplicate_lines(found, language):
        typer.echo(line)
    if not rows:
        return
    shown = [["" if cell is None else str(cell) for cell in row] for row in rows[:_SHOWN_PAIRS]]
    terminal().print(simple_table(told.row_titles(language), shown))
    if len(rows) > _SHOWN_PAIRS:
        more = len(rows) - _SHOWN_PAIRS
        typer.echo(
            f"……还有 {more} 对:--format xlsx --out F" if language == "zh" else f"... and {more} more: --format csv"
        )
    merging = f"geo-ems duplicates {layer} --merge {rows[0][1]},{rows[0][3]}"
    typer.echo(say(language, f"合并(先写留下的):{merging}", f"To merge, the one that stays first: {merging}"))


def _merge(layer: str, text: str, *, dry_run: bool, lang: str | None) -> None:
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.duplicate_merging import merge_duplicates
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    keep, *drops = [part.strip() for part in text.split(",")]
    with opened(project) as application:
        definition = application.snapshots.definition(layer)
        done = merge_duplicates(
            layer,
            keep,
            drops,
            definitions=application.snapshots.definitions,
            store=application.store,
            caller=LOCAL,
            dry_run=dry_run,
        )
    dropped = ", ".join(done.dropped)
    typer.echo(say(language, f"{dropped} 并入 {keep}", f"{dropped} merged into {keep}"))
    for name, giver in done.taken.items():
        field = definition.field_named(name)
        label = name if field is None else field.label.text(language)
        typer.echo(f"  {label} ← {giver}")
    for child, count in done.added_rows.items():
        typer.echo(say(language, f"  {child}: 加入 {count} 行", f"  {child}: {count} rows added"))
    for ref in done.moved:
        typer.echo(say(language, f"  {ref.layer} {ref.id} 改指 {keep}", f"  {ref.layer} {ref.id} refers to {keep} now"))
    if dry_run:
        typer.echo(say(language, "试运行,未写入", "Dry run: nothing was stored"))
    else:
        undo = f"geo-ems import --revert {done.seq}"
        typer.echo(say(language, f"如需撤销:{undo}", f"To take it back: {undo}"))
