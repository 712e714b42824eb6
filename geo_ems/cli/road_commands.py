"""The command that takes roads in: an extract of OpenStreetMap, or a table of lines."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geo_ems.cli.arguments import check_own_files, choice_argument, input_file, language_argument, write_output
from geo_ems.cli.data_commands import pairs_argument
from geo_ems.errors import UsageError

if TYPE_CHECKING:
    from geo_ems.services.road_import import RoadImport

_HELP = """Import roads: an OpenStreetMap extract (.osm.pbf, .osm, .osm.gz) or any table of lines.

\b
Example: geo-ems import-roads county.osm.pbf --report roads.json
A table: geo-ems import-roads roads.zip --map road_class=等级 --map speed_kmh=限速
Only look: geo-ems import-roads county.osm.pbf --dry-run
Beside other roads: geo-ems import-roads neighbour.osm.pbf --add
Take it back (numbers: geo-ems imports): geo-ems import --revert 17

An extract is the whole network: roads that files brought and that it lacks are deleted, and said so;
where that is more than half of them, --replace has to say that it is meant. Roads drawn by hand stay.
Speeds and who may go where: rules/speeds.toml.
"""


def add_road_commands(cli: typer.Typer) -> None:
    """Add the command that takes roads in."""
    cli.command("import-roads", help=_HELP)(import_roads_command)


def import_roads_command(
    file: Path = typer.Argument(help="OpenStreetMap extract, or lines as GeoJSON, .gpkg, Shapefile (.zip), CSV (WKT)."),
    mapping: list[str] = typer.Option([], "--map", metavar="FIELD=COLUMN", help="Table: name the column of a field."),
    given: list[str] = typer.Option(
        [], "--set", metavar="FIELD=VALUE", help="Table: where it has no value: road_class=village."
    ),
    key: str | None = typer.Option(None, "--key", help="Table: column whose value is the permanent id."),
    crs: str | None = typer.Option(None, "--crs", help="Table: coordinate system: EPSG:4546, WKT, PROJ."),
    datum: str | None = typer.Option(None, "--datum", help="Table: wgs84, gcj02 (Amap), bd09 (Baidu) or cgcs2000."),
    accept_accuracy: str | None = typer.Option(
        None, "--accept-accuracy", metavar="METRES", help="Put up with an old datum: metres, or unknown."
    ),
    encoding: str | None = typer.Option(None, "--encoding", help="Table: encoding, where it is not seen."),
    sheet: str | None = typer.Option(None, "--sheet", help="Table: sheet of a workbook, or layer of a file."),
    add: bool = typer.Option(False, "--add", help="Keep the roads that the file lacks."),
    replace: bool = typer.Option(False, "--replace", help="The file is the whole network, however many roads go."),
    overwrite_corrections: bool = typer.Option(
        False, "--overwrite-corrections", help="Overwrite what was corrected by hand since the last import."
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Check and report, store nothing."),
    report: Path | None = typer.Option(None, "--report", help="The whole report as .json, refused rows as .xlsx."),
    output_format: str = typer.Option("table", "--format", help="table or json."),
    on_error: str = typer.Option("reject-row", "--on-error", help="reject-row or reject-file."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> int:
    """Import roads."""
    choice_argument(output_format, ("table", "json"), option="--format")
    choice_argument(on_error, ("reject-row", "reject-file"), option="--on-error")
    if add and replace:
        raise UsageError("Either the file is the whole network or it is not", where="--add", remedy="Leave one out.")
    if report is not None and report.suffix not in {".json", ".xlsx"}:
        raise UsageError(f"'{report}' is neither .json nor .xlsx", where="--report", remedy="Change the extension.")
    check_own_files((input_file(file),), report)
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.import_options import RETIRE_AT_MOST, ImportOptions, accuracy_asked, datum_asked
    from geo_ems.services.import_workbook import write_refused_xlsx
    from geo_ems.services.road_import import RoadOptions, import_roads
    from geo_ems.services.road_import_report import road_import_lines, road_import_mapping
    from geo_ems.services.roads import ROADS

    project = current_project()
    language = language_argument(lang, project.language)
    options = ImportOptions(
        column_map=pairs_argument(mapping, option="--map", example="road_class=等级"),
        given=pairs_argument(given, option="--set", example="road_class=village"),
        key=key,
        encoding=encoding,
        sheet=sheet,
        overwrite_corrections=overwrite_corrections,
        retire_missing=replace,
        retire_at_most="100%" if replace else RETIRE_AT_MOST,
        dry_run=dry_run,
        crs=crs,
        datum=datum_asked(datum) if datum is not None else None,
        accept_accuracy_m=accuracy_asked(accept_accuracy) if accept_accuracy is not None else None,
        on_error="reject-file" if on_error == "reject-file" else "reject-row",
    )
    with opened(project) as application:
        definition = application.snapshots.definition(ROADS)
        done: RoadImport = import_roads(
            file,
            definition=definition,
            store=application.store,
            caller=LOCAL,
            options=options,
            how=RoadOptions(
                application.roads.speeds,
                keep_others=add,
                tell=lambda step: typer.echo(step.text(language), err=True),
            ),
            zone=project.zone,
            new_id=application.new_id,
        )
        if not dry_run:
            # Made now, so that the next question finds the network on the disk.
            application.roads.network(application.snapshots.pin([ROADS]))
    if output_format == "json":
        typer.echo(json_bytes(road_import_mapping(done)), nl=False)
    else:
        for line in road_import_lines(done, language, definition):
            typer.echo(line)
    if report is not None and report.suffix == ".json":
        write_output(report, json_bytes(road_import_mapping(done)))
    elif report is not None:
        write_refused_xlsx(done.report, report, with_warned=False)
    return 1 if done.report.counts.refused or done.report.rejected else 0
