"""Commands that take data in and say what is there: import, layers, check."""

from pathlib import Path

import typer

from geo_ems.cli.arguments import check_own_files, choice_argument, input_file, language_argument, write_output
from geo_ems.cli.import_commands import check_revert_alone, revert_imported
from geo_ems.errors import GeoEmsError, UsageError
from geo_ems.model.labels import Language

# A backspace keeps the lines of a paragraph of help as they are.
_IMPORT_HELP = """Import files into a layer; every row is stored or listed.

\b
Example: geo-ems import shelters shelters.xlsx --report refused.xlsx
Columns: geo-ems import shelters shelters.xlsx --map name=场所名称
One value for all rows: geo-ems import hazard_points phone.kml --set kind=滑坡
Amap, Baidu: geo-ems import shelters list.csv --datum gcj02
Metres: geo-ems import roads roads.csv --crs EPSG:4546
No coordinates: geo-ems import response_teams teams.xlsx --place-by 乡镇,村
The full register: geo-ems import shelters all.xlsx --retire-missing
Take it back (numbers: geo-ems imports): geo-ems import --revert 17
"""
_LAYERS_HELP = """List the layers with their counts and how old their data are.

With `migrate`: make changed definitions hold that retype, remove or narrow; values are converted,
and none is lost unless --accept-loss says so.

Example: geo-ems layers --format json
"""
_CHECK_HELP = """Say everything that is wrong with this project folder, its store and this system.

Example: geo-ems check
"""


def add_data_commands(cli: typer.Typer) -> None:
    """Add the commands that take data in."""
    cli.command("import", help=_IMPORT_HELP)(import_command)
    cli.command("layers", help=_LAYERS_HELP)(layers_command)
    cli.command("check", help=_CHECK_HELP)(check_command)


def import_command(
    layer: str | None = typer.Argument(None, help="Layer name; children as supply_depots.stock."),
    files: list[Path] | None = typer.Argument(
        None, help="CSV, XLSX, GeoJSON, .gpkg, Shapefile (.zip), KML, GPX and more."
    ),
    mapping: list[str] = typer.Option([], "--map", metavar="FIELD=COLUMN", help="Name the column of a field."),
    given: list[str] = typer.Option(
        [], "--set", metavar="FIELD=VALUE", help="Where the file has no value: status=open."
    ),
    key: str | None = typer.Option(None, "--key", help="Column whose value is the permanent id."),
    crs: str | None = typer.Option(
        None, "--crs", help="Coordinate system: EPSG:4546, 'CGCS2000 3-degree 111E', WKT, PROJ."
    ),
    datum: str | None = typer.Option(None, "--datum", help="wgs84, gcj02 (Amap), bd09 (Baidu) or cgcs2000."),
    accept_accuracy: str | None = typer.Option(
        None, "--accept-accuracy", metavar="METRES", help="Put up with an old datum: metres, or unknown."
    ),
    place_by: str | None = typer.Option(
        None, "--place-by", metavar="F,F", help="Place rows without coordinates by these names: 乡镇,村."
    ),
    encoding: str | None = typer.Option(None, "--encoding", help="Encoding of a text file, where it is not seen."),
    sheet: str | None = typer.Option(None, "--sheet", help="Sheet of a workbook, or layer of a file."),
    append: bool = typer.Option(False, "--append", help="Add rows without a key once more."),
    update_live: bool = typer.Option(False, "--update-live", help="Overwrite states and positions set by hand."),
    overwrite_corrections: bool = typer.Option(
        False, "--overwrite-corrections", help="Overwrite what was corrected by hand since the last import."
    ),
    retire_missing: bool = typer.Option(
        False, "--retire-missing", help="The file is the full register: retire what it names no more."
    ),
    retire_at_most: str = typer.Option(
        "50%", "--retire-at-most", metavar="N|N%", help="Refuse the file where it would retire more."
    ),
    revert: int | None = typer.Option(None, "--revert", metavar="N", help="Take import N back (geo-ems imports)."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Check and report, store nothing."),
    report: Path | None = typer.Option(None, "--report", help="Refused rows as .xlsx, or the whole report as .json."),
    report_warned: bool = typer.Option(False, "--report-warned", help="In the .xlsx also the rows with warnings."),
    on_error: str = typer.Option("reject-row", "--on-error", help="reject-row or reject-file."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> int:
    """Import files one after the other, each in one transaction."""
    choice_argument(on_error, ("reject-row", "reject-file"), option="--on-error")
    if report is not None:
        _check_report(report)
    if revert is not None:
        check_revert_alone(layer, files or [])
        check_own_files((), report)
        return revert_imported(
            revert,
            layer,
            dry_run=dry_run,
            overwrite_corrections=overwrite_corrections,
            report=report,
            lang=lang,
        )
    layer, files = _layer_and_files(layer, files or [], has_report=report is not None, retires=retire_missing)
    check_own_files(files, report)
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.import_options import accuracy_asked, datum_asked
    from geo_ems.services.import_report import report_line, report_mapping, summary_lines
    from geo_ems.services.import_workbook import write_refused_xlsx
    from geo_ems.services.imports import ImportOptions, import_into

    project = current_project()
    language = language_argument(lang, project.language)
    options = ImportOptions(
        column_map=pairs_argument(mapping, option="--map", example="name=场所名称"),
        given=pairs_argument(given, option="--set", example="status=open"),
        key=key,
        encoding=encoding,
        sheet=sheet,
        append=append,
        update_live=update_live,
        overwrite_corrections=overwrite_corrections,
        retire_missing=retire_missing,
        retire_at_most=retire_at_most,
        dry_run=dry_run,
        crs=crs,
        datum=datum_asked(datum) if datum is not None else None,
        accept_accuracy_m=accuracy_asked(accept_accuracy) if accept_accuracy is not None else None,
        place_by=tuple(name.strip() for name in place_by.split(",") if name.strip()) if place_by else (),
        on_error="reject-file" if on_error == "reject-file" else "reject-row",
    )
    refused = 0
    with opened(project) as application:
        for place, file in enumerate(files):
            try:
                done = import_into(
                    file,
                    layer,
                    definitions=application.snapshots.definitions,
                    store=application.store,
                    caller=LOCAL,
                    options=options,
                    zone=project.zone,
                    new_id=application.new_id,
                )
            except GeoEmsError:
                _tell_not_begun(files[place + 1 :], language)
                raise
            for line in summary_lines(done, language):
                typer.echo(line)
            refused += done.counts.refused + done.rejected
            if report is not None and report.suffix == ".json":
                write_output(report, json_bytes(report_mapping(done)))
            elif report is not None:
                write_refused_xlsx(done, report, with_warned=report_warned)
            if report is not None:
                typer.echo(report_line(done, report, layer, language))
        if not dry_run:
            # Read now, so that the next start finds a large layer in the cache.
            application.snapshots.pin([layer.partition(".")[0]])
    return 1 if refused else 0


def _check_report(report: Path) -> None:
    """Refuse a report that could not be written, before anything is stored."""
    if report.suffix not in {".xlsx", ".json"}:
        raise UsageError(f"'{report}' is neither .xlsx nor .json", where="--report", remedy="Change the extension.")
    if report.is_dir() or not report.absolute().parent.is_dir():
        raise UsageError(
            f"'{report}' cannot be written: {'it is a folder' if report.is_dir() else 'there is no such folder'}",
            where="--report",
            remedy="Choose another name or folder.",
            field="report",
        )


def _tell_not_begun(files: list[Path], language: Language) -> None:
    """Say which files come after the one that could not be imported."""
    if files:
        names = ", ".join(str(file) for file in files)
        said = (f"没有导入(在出错的文件之后): {names}", f"Not imported, after the file that failed: {names}")
        typer.echo(said[0] if language == "zh" else said[1], err=True)


def _layer_and_files(
    layer: str | None, files: list[Path], *, has_report: bool, retires: bool
) -> tuple[str, list[Path]]:
    if layer is None or not files:
        raise UsageError("Which file goes into which layer?", remedy="Write geo-ems import LAYER FILE.", field="file")
    for file in files:
        input_file(file)
    if has_report and len(files) > 1:
        raise UsageError("One report belongs to one file", where="--report", remedy="Import the files one by one.")
    if retires and len(files) > 1:
        raise UsageError(
            "A full register is one file: the second would retire what only the first names",
            where="--retire-missing",
            remedy="Put the files together, or leave it out.",
            field="retire_missing",
        )
    return layer, files


def layers_command(
    action: str | None = typer.Argument(None, metavar="[migrate]", help="migrate; else the layers are listed."),
    names: list[str] = typer.Argument(None, metavar="[LAYER]...", help="The layers to migrate; else all."),
    output_format: str = typer.Option("table", "--format", help="table or json."),
    accept_loss: bool = typer.Option(False, "--accept-loss", help="Migrate although the values listed are lost."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what migrating would do, change nothing."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> int:
    """List the layers, or migrate them."""
    if action is not None:
        choice_argument(action, ("migrate",), option="action")
        from geo_ems.cli.store_commands import migrate_layers

        return migrate_layers(names or [], accept_loss=accept_loss, dry_run=dry_run, lang=lang)
    if accept_loss or dry_run:
        raise UsageError(
            "It belongs to `geo-ems layers migrate`", where="--accept-loss, --dry-run", remedy="Add migrate."
        )
    choice_argument(output_format, ("table", "json"), option="--format")
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.services.layers import layer_list

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project, read_only=True) as application:
        listed = layer_list(application.snapshots)
    if output_format == "json":
        typer.echo(json_bytes([item.mapping() for item in listed]), nl=False)
        return 0
    from geo_ems.cli.tables import simple_table, terminal
    from geo_ems.services.words import local_instant

    heads = (
        ("图层", "名称", "数量", "数据日期", "更改于")
        if language == "zh"
        else ("layer", "label", "count", "observed", "changed at")
    )
    rows = [
        (
            item.name,
            item.label.text(language),
            str(item.count),
            item.observed_text,
            "-" if item.changed_at is None else local_instant(item.changed_at, project.zone),
        )
        for item in listed
    ]
    terminal().print(simple_table(heads, rows))
    return 0


def check_command(lang: str | None = typer.Option(None, "--lang", help="zh or en.")) -> int:
    """Say everything that is wrong."""
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.services.checks import data_facts, system_facts
    from geo_ems.services.dispatch_rules import dispatch_rule_faults

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project, read_only=True) as application:
        _ = application.roads.speeds  # a wrong table is told with its lines
        faults = application.embedded.integrity_faults()
        poison = application.embedded.poison_rows()
        notes = application.embedded.notes()
        facts = data_facts(application.snapshots, language)
        wrong_rules = dispatch_rule_faults(project.rules_folder, application.snapshots.definitions)
    for line in system_facts(project):
        typer.echo(line)
    for fault in faults:
        typer.echo(f"! {fault}")
    for row in poison:
        used = "The row is not used" if row.excluded else "The value, or the row as it is, is not used"
        typer.echo(f"! {row.layer}, row {row.fid}: {row.reason}. {used}; correct or delete it.")
    for rule in wrong_rules:
        typer.echo(f"! {rule}")
    for fact in (*notes, *facts):
        typer.echo(f"? {fact}")
    if not faults and not poison:
        typer.echo("Nothing is wrong with the store. 数据库没有问题。")
    return 1 if faults or poison or wrong_rules else 0


def pairs_argument(pairs: list[str], *, option: str, example: str) -> dict[str, str]:
    """Return {field: text} from FIELD=TEXT options."""
    found: dict[str, str] = {}
    for pair in pairs:
        field, mark, column = pair.partition("=")
        if not mark or not field.strip() or not column.strip():
            raise UsageError(
                f"'{pair}' is no pair",
                where=option,
                remedy=f"Write {option} {example}.",
                field=option.strip("-"),
                value=pair,
            )
        found[field.strip()] = column.strip()
    return found
