"""The command `service-area`: what facilities reach within breaks."""

from pathlib import Path

import typer

from geo_ems.cli.arguments import (
    availability_argument,
    check_own_files,
    choice_argument,
    instant_argument,
    language_argument,
    policies_argument,
    write_output,
)
from geo_ems.cli.road_arguments import (
    barriers_argument,
    breaks_argument,
    direction_asked,
    metric_asked,
    mode_asked,
)

_FORMATS = ("table", "json", "geojson")
_HELP = """Say what facilities reach within times or distances on the roads, and draw it.

Example: geo-ems service-area response_teams --breaks 5min,10min --format geojson --out areas.geojson
"""


def add_area_commands(cli: typer.Typer) -> None:
    """Add the commands about areas."""
    cli.command("service-area", help=_HELP)(service_area_command)


def service_area_command(
    layer: str = typer.Argument(help="Facility layer: shelters, response_teams, supply_depots, facilities."),
    breaks: str = typer.Option(..., "--breaks", help="Ascending, inclusive: 5min,10min or 500m,1km."),
    ids: list[str] = typer.Option([], "--id", metavar="ID", help="This facility; may be given several times."),
    overlap: str = typer.Option("each", "--overlap", help="each, closest (no overlaps) or merged (one per break)."),
    nest: str = typer.Option("disk", "--nest", help="disk (from 0) or ring (from the break before)."),
    metric: str | None = typer.Option(None, "--metric", help="travel_time, road_distance or straight_line."),
    mode: str | None = typer.Option(None, "--mode", help="drive or walk; on foot for shelters, else driving."),
    direction: str | None = typer.Option(None, "--direction", help="to_incident or from_incident (towards it)."),
    with_turnout: bool = typer.Option(False, "--with-turnout", help="Count the time until a team leaves."),
    buffer_m: float = typer.Option(50.0, "--buffer", help="Metres beside a reached road that an area takes in."),
    no_geometry: bool = typer.Option(False, "--no-geometry", help="Figures only: for very large areas."),
    where: list[str] = typer.Option([], "--where", metavar="COND", help="Condition on the facilities."),
    demand: str = typer.Option("population", "--demand", help="Layer that carries people."),
    as_of_now: bool = typer.Option(False, "--as-of-now", help="Only what is open now (planning counts standby)."),
    availability: str | None = typer.Option(None, "--availability", help="Classes that count."),
    as_of: str | None = typer.Option(None, "--as-of", help="Instant at which closures are judged (ISO 8601)."),
    barriers: list[str] = typer.Option(
        [], "--barriers", metavar="ID|FILE", help="Barriers that also act: ids, or a GeoJSON file with drawn ones."
    ),
    policy: list[str] = typer.Option([], "--policy", metavar="ID=POLICY", help="ID=closed, ID=slow:3, ID=ignore."),
    ignore_hazards: bool = typer.Option(False, "--ignore-hazards", help="Count shelters inside hazard areas too."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
    output_format: str = typer.Option("table", "--format", help="table, json or geojson."),
    out: Path | None = typer.Option(None, "--out", help="Write json or geojson to this file."),
) -> None:
    """Answer one question about service areas."""
    choice_argument(output_format, _FORMATS, option="--format")
    if out is not None:
        check_own_files((), out)
        output_format = "geojson" if output_format == "table" else output_format
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.catalogue.conditions import parse_condition_text
    from geo_ems.formats.answers import json_bytes
    from geo_ems.formats.area_answers import areas_geojson, areas_mapping
    from geo_ems.model.area_answers import Nest, Overlap
    from geo_ems.model.caller import LOCAL
    from geo_ems.model.conditions import AllOf
    from geo_ems.services.area_question import ServiceAreaQuestion
    from geo_ems.services.service_areas import service_areas

    project = current_project()
    breaks_s, breaks_m = breaks_argument(breaks)
    drawn, barrier_ids = barriers_argument(barriers)
    with opened(project, read_only=True) as application:
        definition = application.snapshots.definition(layer)
        conditions = tuple(parse_condition_text(text, definition, include_private=True) for text in where)
        question = ServiceAreaQuestion(
            layer=layer,
            breaks_s=breaks_s,
            breaks_m=breaks_m,
            ids=tuple(ids),
            overlap=Overlap(choice_argument(overlap, tuple(Overlap), option="--overlap")),
            nest=Nest(choice_argument(nest, tuple(Nest), option="--nest")),
            metric=metric_asked(metric),
            mode=mode_asked(mode),
            direction=direction_asked(direction),
            with_turnout=with_turnout,
            buffer_m=buffer_m,
            with_geometry=not no_geometry,
            where=AllOf(conditions),
            where_text=tuple(where),
            demand=demand,
            as_of_now=as_of_now,
            availability=None if availability is None else availability_argument(availability),
            as_of=instant_argument(as_of, project.zone, option="--as-of"),
            ignore_hazards=ignore_hazards,
            language=language_argument(lang, project.language),
            drawn_barriers=drawn,
            barrier_ids=barrier_ids,
            policy=policies_argument(policy),
        )
        answer = service_areas(
            application.snapshots,
            question,
            caller=LOCAL,
            defaults=project.defaults,
            zone=project.zone,
            clock=application.clock,
            roads=application.roads,
        )
    if output_format == "table":
        from geo_ems.cli.area_tables import print_areas

        print_areas(answer, definition, question.language, project.zone)
        return
    content = json_bytes(areas_geojson(answer) if output_format == "geojson" else areas_mapping(answer))
    if out is None:
        typer.echo(content, nl=False)
        return
    write_output(out, content)
    typer.echo(f"{out} ({len(answer.areas)} areas, {len(content) / 1e6:.1f} MB)")
