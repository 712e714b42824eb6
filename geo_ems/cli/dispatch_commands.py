"""The command `dispatch`: what the run card of an incident asks for, filled as well as it can be."""

import typer

from geo_ems.cli.arguments import choice_argument, instant_argument, language_argument, lonlat_argument
from geo_ems.errors import UsageError
from geo_ems.model.roads import Metric

_FORMATS = ("table", "json")
_HELP = """Recommend teams, supplies, shelters and hospitals for an incident, with reasons and shortfalls.

Nothing is changed by asking. Several incidents share one pool: give --incident several times.

Example: geo-ems dispatch --at 111.53,31.18 --kind flood --alarm-level 2
"""


def add_dispatch_commands(cli: typer.Typer) -> None:
    """Add the command that recommends."""
    cli.command("dispatch", help=_HELP)(dispatch_command)


def dispatch_command(
    incident: list[str] = typer.Option([], "--incident", metavar="ID", help="An incident; several share one pool."),
    at: str | None = typer.Option(None, "--at", metavar="LON,LAT", help="The place, longitude first; with --kind."),
    kind: str | None = typer.Option(None, "--kind", help="Kind of incident, such as flood."),
    alarm_level: int | None = typer.Option(None, "--alarm-level", help="1 is the smallest; else it follows the grade."),
    own_area_only: bool = typer.Option(False, "--own-area-only", help="Leave out what belongs to other areas."),
    keep_cover: bool | None = typer.Option(
        None, "--keep-cover/--no-keep-cover", help="Each area keeps its minimum; default only for several incidents."
    ),
    metric: str | None = typer.Option(None, "--metric", help="travel_time (default with roads) or straight_line."),
    as_of: str | None = typer.Option(None, "--as-of", help="Instant at which ages are judged (ISO 8601)."),
    max_position_age: float | None = typer.Option(
        None, "--max-position-age", help="Seconds until a position is stale."
    ),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
    output_format: str = typer.Option("table", "--format", help="table or json."),
) -> None:
    """Answer one recommendation."""
    choice_argument(output_format, _FORMATS, option="--format")
    wanted = None
    if metric is not None:
        wanted = Metric(choice_argument(metric, (Metric.TRAVEL_TIME, Metric.STRAIGHT_LINE), option="--metric"))
    if bool(incident) is (at is not None):
        raise UsageError(
            "Give a place or an incident, one of them",
            where="dispatch",
            remedy="Write --at LON,LAT --kind K, or --incident ID.",
            field="incident",
        )
    if len(incident) > 1 and (kind is not None or alarm_level is not None):
        raise UsageError(
            "--kind and --alarm-level are of one incident",
            where="dispatch",
            remedy="Leave them out: of several incidents they follow from each.",
            field="kind",
        )
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.formats.dispatch_answers import dispatch_mapping
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.dispatch import dispatch
    from geo_ems.services.dispatch_question import DispatchQuestion, SceneAsked
    from geo_ems.services.dispatch_rules import load_dispatch_rules

    project = current_project()
    language = language_argument(lang, project.language)
    place = None if at is None else lonlat_argument(at)
    scenes = [SceneAsked(name, None, kind, alarm_level) for name in incident]
    if place is not None:
        scenes = [SceneAsked(None, place, kind, alarm_level)]
    with opened(project, read_only=True) as application:
        answer = dispatch(
            application.snapshots,
            DispatchQuestion(
                tuple(scenes),
                as_of=instant_argument(as_of, project.zone, option="--as-of"),
                max_position_age_s=max_position_age,
                own_area_only=own_area_only,
                keep_cover=keep_cover,
                metric=wanted,
                language=language,
            ),
            load_dispatch_rules(project.rules_folder, application.snapshots.definitions),
            caller=LOCAL,
            defaults=project.defaults,
            zone=project.zone,
            clock=application.clock,
            roads=application.roads,
        )
    if output_format == "json":
        typer.echo(json_bytes(dispatch_mapping(answer)), nl=False)
        return
    from geo_ems.cli.dispatch_tables import print_dispatch

    print_dispatch(answer, language)
