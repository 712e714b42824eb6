"""Commands that ask: nearest, coverage, map."""

from pathlib import Path

import typer

from geo_ems.cli.arguments import (
    availability_argument,
    check_own_files,
    choice_argument,
    instant_argument,
    language_argument,
    measured_argument,
    policies_argument,
    write_output,
)
from geo_ems.cli.nearest_question import NearestArguments, answer_question
from geo_ems.cli.road_arguments import barriers_argument, direction_asked, metric_asked, mode_asked

_COVERAGE_FORMATS = ("table", "json", "csv")


def add_query_commands(cli: typer.Typer) -> None:
    """Add the commands that answer questions."""
    cli.command("nearest", help=_NEAREST_HELP)(nearest_command)
    cli.command("coverage", help=_COVERAGE_HELP)(coverage_command)
    cli.command("map", help=_MAP_HELP)(map_command)


_NEAREST_HELP = """Rank the nearest features of a layer that qualify, and account for all others.

Example: geo-ems nearest response_teams --at 111.5,31.2 --k 5 --where capabilities=flood_rescue+boat
"""
_COVERAGE_HELP = """Say how many people have a usable facility within a distance or a time, per district.

Example: geo-ems coverage shelters --cutoff 2000m --where suitable_for=flood --format json
"""
_MAP_HELP = """Write a map page: one file that opens by double click without any network.

Example: geo-ems map overview --out overview.html
"""


def nearest_command(
    layer: str = typer.Argument(help="Layer name, such as response_teams."),
    at: str | None = typer.Option(None, "--at", metavar="LON,LAT", help="The place, longitude first."),
    incident: str | None = typer.Option(None, "--incident", metavar="ID", help="The place of this incident."),
    k: int | None = typer.Option(None, "--k", help="How many results (1 to 1000)."),
    where: list[str] = typer.Option([], "--where", metavar="COND", help="field op value; , = any of, + = all of."),
    item: str | None = typer.Option(None, "--item", help="Depots: an item of the stock."),
    quantity: float | None = typer.Option(None, "--quantity", help="Depots: at least this much of the item."),
    metric: str | None = typer.Option(
        None, "--metric", help="travel_time, road_distance or straight_line; else by the roads there are."
    ),
    cutoff: str | None = typer.Option(
        None, "--cutoff", help="Inclusive, of the unit of the metric: 15min, 1000m or 2km."
    ),
    direction: str | None = typer.Option(None, "--direction", help="to_incident or from_incident; else by the layer."),
    mode: str = typer.Option("drive", "--mode", help="drive or walk."),
    barriers: list[str] = typer.Option(
        [], "--barriers", metavar="ID|FILE", help="Also this barrier acts, or those drawn in a GeoJSON file."
    ),
    policy: list[str] = typer.Option(
        [], "--policy", metavar="ID=POLICY", help="A barrier, or a layer of them: closed, slow:3, delay:120, ignore."
    ),
    include_route: bool = typer.Option(False, "--route", help="With the way and its turns."),
    own_area_only: bool = typer.Option(False, "--own-area-only", help="Only what belongs to the incident's own area."),
    availability: str = typer.Option("available", "--availability", help="Availability classes, comma between."),
    as_of: str | None = typer.Option(None, "--as-of", help="Instant at which ages are judged (ISO 8601)."),
    max_position_age: float | None = typer.Option(
        None, "--max-position-age", help="Seconds until a position is stale."
    ),
    include_excluded: bool = typer.Option(False, "--include-excluded", help="List the excluded ones (nearest 1000)."),
    ignore_hazards: bool = typer.Option(False, "--ignore-hazards", help="Rank shelters inside hazard areas too."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
    output_format: str = typer.Option("table", "--format", help="table, json, geojson or csv."),
) -> None:
    """Answer one nearest question."""
    answer_question(
        NearestArguments(
            layer=layer,
            at=at,
            incident=incident,
            k=k,
            where=tuple(where),
            item=item,
            quantity=quantity,
            metric=metric,
            cutoff=cutoff,
            availability=availability,
            as_of=as_of,
            max_position_age=max_position_age,
            include_excluded=include_excluded,
            ignore_hazards=ignore_hazards,
            lang=lang,
            output_format=output_format,
            direction=direction,
            mode=mode,
            barriers=tuple(barriers),
            policy=tuple(policy),
            include_route=include_route,
            own_area_only=own_area_only,
        )
    )


def coverage_command(
    layer: str = typer.Argument(help="Facility layer: shelters, supply_depots, response_teams."),
    cutoff: str | None = typer.Option(None, "--cutoff", help="Largest distance or time, inclusive: 2km, 15min."),
    where: list[str] = typer.Option([], "--where", metavar="COND", help="Condition on the facilities."),
    metric: str | None = typer.Option(
        None, "--metric", help="straight_line, road_distance or travel_time; by the unit of the cutoff where not said."
    ),
    mode: str | None = typer.Option(None, "--mode", help="drive or walk; on foot to shelters, else driving."),
    direction: str | None = typer.Option(None, "--direction", help="to_incident: they come; from_incident: people go."),
    barriers: list[str] = typer.Option(
        [], "--barriers", metavar="ID|FILE", help="Barriers that also act: ids, or a GeoJSON file with drawn ones."
    ),
    policy: list[str] = typer.Option([], "--policy", metavar="ID=POLICY", help="ID=closed, ID=slow:3, ID=ignore."),
    demand: str = typer.Option("population", "--demand", help="Layer that carries people."),
    by: str = typer.Option("districts", "--by", help="Figures by this layer."),
    as_of_now: bool = typer.Option(False, "--as-of-now", help="Count only what is open now (planning counts standby)."),
    availability: str | None = typer.Option(
        None, "--availability", help="Classes that count, such as available,unknown."
    ),
    as_of: str | None = typer.Option(None, "--as-of", help="Instant at which validity is judged (ISO 8601)."),
    ignore_hazards: bool = typer.Option(False, "--ignore-hazards", help="Count shelters inside hazard areas too."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
    output_format: str = typer.Option("table", "--format", help="table, json or csv (demand points)."),
) -> None:
    """Answer one coverage question."""
    choice_argument(output_format, _COVERAGE_FORMATS, option="--format")
    limit = measured_argument(cutoff)
    drawn, barrier_ids = barriers_argument(barriers)
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.catalogue.conditions import parse_condition_text
    from geo_ems.formats.answers import coverage_csv, coverage_mapping, json_bytes
    from geo_ems.model.caller import LOCAL
    from geo_ems.model.conditions import AllOf
    from geo_ems.services.coverage import coverage
    from geo_ems.services.questions import CoverageQuestion

    project = current_project()
    with opened(project, read_only=True) as application:
        definition = application.snapshots.definition(layer)
        conditions = tuple(parse_condition_text(text, definition, include_private=True) for text in where)
        question = CoverageQuestion(
            layer=layer,
            cutoff_m=limit.metres,
            cutoff_s=limit.seconds,
            metric=metric_asked(metric),
            mode=mode_asked(mode),
            direction=direction_asked(direction),
            drawn_barriers=drawn,
            barrier_ids=barrier_ids,
            policy=policies_argument(policy),
            where=AllOf(conditions),
            where_text=tuple(where),
            demand=demand,
            by=by,
            as_of_now=as_of_now,
            availability=None if availability is None else availability_argument(availability),
            as_of=instant_argument(as_of, project.zone, option="--as-of"),
            ignore_hazards=ignore_hazards,
            language=language_argument(lang, project.language),
        )
        levels = application.snapshots.definition("districts").fields["level"].codes
        answer = coverage(
            application.snapshots,
            question,
            caller=LOCAL,
            defaults=project.defaults,
            zone=project.zone,
            clock=application.clock,
            roads=application.roads,
        )
    match output_format:
        case "json":
            typer.echo(json_bytes(coverage_mapping(answer)), nl=False)
        case "csv":
            typer.echo(coverage_csv(answer), nl=False)
        case _:
            from geo_ems.cli.tables import print_coverage

            print_coverage(answer, definition, levels, question.language, project.zone)


def map_command(
    name: str = typer.Argument(help="A map of maps/*.toml, such as overview."),
    out: Path = typer.Option(..., "--out", help="The HTML file to write."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
    include_private: bool = typer.Option(False, "--include-private", help="With phones and names: for internal use."),
) -> None:
    """Write one map page."""
    check_own_files((), out)
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.services.maps import map_page

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project, read_only=True) as application:
        page = map_page(
            application.snapshots,
            project,
            name,
            language=language,
            served=False,
            include_private=include_private,
            clock=application.clock,
        )
    write_output(out, page)
    typer.echo(f"{out} ({len(page) / 1e6:.1f} MB)")
