"""Commands while it happens: incidents with their clocks, opening one, the last changes, undo."""

import typer

from geo_ems.cli.arguments import choice_argument, instant_argument, language_argument, lonlat_argument

_INCIDENTS_HELP = """List incidents with their report clocks, the overdue first.

Example: geo-ems incidents --state open
"""
_OPEN_HELP = """Open an incident with a kind and a few words; the place may come later.

Example: geo-ems incident open --kind flood --text "three people trapped" --at 111.5,31.2
"""
_CHANGES_HELP = """List the last changes of single features, and which can be undone.

Example: geo-ems changes --layer incidents --limit 10
"""
_UNDO_HELP = """Take back one change by its number; `geo-ems changes` lists them.

Example: geo-ems undo 117
"""
_FORMATS = ("table", "json")


def add_incident_commands(cli: typer.Typer) -> None:
    """Add the commands of the incident desk."""
    group = typer.Typer(no_args_is_help=True, help="Open an incident.")
    group.callback()(_incident)
    group.command("open", help=_OPEN_HELP)(open_command)
    cli.add_typer(group, name="incident")
    cli.command("incidents", help=_INCIDENTS_HELP)(incidents_command)
    cli.command("changes", help=_CHANGES_HELP)(changes_command)
    cli.command("undo", help=_UNDO_HELP)(undo_command)


def _incident() -> None:
    """Keep `open` a command of its own."""


def incidents_command(
    state: str = typer.Option("open", "--state", help="open, terminated or all."),
    kind: str | None = typer.Option(None, "--kind", help="Only this kind: its code or its name."),
    district: str | None = typer.Option(None, "--district", help="Only in this district, the lowest of the place."),
    limit: int = typer.Option(100, "--limit", help="How many at most."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
    output_format: str = typer.Option("table", "--format", help="table or json."),
) -> None:
    """List incidents."""
    choice_argument(output_format, _FORMATS, option="--format")
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.cli.incident_desk import command_desk, print_incidents
    from geo_ems.formats.answers import json_bytes
    from geo_ems.formats.feature_json import feature_json
    from geo_ems.services.incident_view import IncidentQuery, list_incidents

    project = current_project()
    language = language_argument(lang, project.language)
    query = IncidentQuery(state=state, kind=kind, district_id=district, limit=limit)
    with opened(project, read_only=True) as application:
        desk = command_desk(application)
        found = list_incidents(desk, query)
        definition = desk.incidents.definition
    if output_format == "json":
        rows = [
            {
                **feature_json(row.incident, definition, include_private=True),
                "clock": {
                    "state": row.clock.state,
                    "words": row.clock.words(language),
                    "deadline": row.clock.deadline,
                    "overdue_min": row.clock.overdue_min,
                },
            }
            for row in found.rows
        ]
        content = {"incidents": rows, "matched": found.matched_count, "overdue": found.overdue_count}
        typer.echo(json_bytes(content), nl=False)
        return
    print_incidents(found, definition, language, project.zone)


def open_command(
    kind: str = typer.Option(..., "--kind", help="The kind: its code or its name, such as flood."),
    text: str | None = typer.Option(None, "--text", help="What was said, in a few words."),
    at: str | None = typer.Option(None, "--at", metavar="LON,LAT", help="The place, longitude first."),
    district: str | None = typer.Option(None, "--district", help="The id of the district, without a place."),
    occurred: str | None = typer.Option(None, "--occurred-at", help="When it happened (ISO 8601)."),
    by: str | None = typer.Option(None, "--by", help="Who said it."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """Open an incident."""
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.cli.incident_desk import command_desk, print_opened
    from geo_ems.services.incident_opening import Opening, open_incident
    from geo_ems.services.incident_places import SaidPlace
    from geo_ems.services.incident_view import view_incident

    project = current_project()
    language = language_argument(lang, project.language)
    spot = None if at is None else lonlat_argument(at)
    opening = Opening(
        kind=kind,
        properties={} if text is None else {"description": text},
        place=SaidPlace(lonlat_deg=spot, district_id=district),
        occurred_at=instant_argument(occurred, project.zone, option="--occurred-at"),
        who=by,
    )
    with opened(project) as application:
        desk = command_desk(application)
        done = open_incident(desk, opening, language=language)
        view = view_incident(desk, done.edited.id)
    print_opened(view, done.warnings, language)


def changes_command(
    layer: str | None = typer.Option(None, "--layer", help="Only changes of this layer."),
    limit: int = typer.Option(20, "--limit", min=1, max=500, help="How many at most."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """List the last changes."""
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.cli.incident_desk import print_changes
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.undo import recent_changes

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project, read_only=True) as application:
        if layer is not None:
            application.snapshots.definition(layer)
        found = recent_changes(application.store, caller=LOCAL, layer=layer, limit=limit)
    print_changes(found, language, project.zone)


def undo_command(
    seq: int = typer.Argument(min=1, help="The number of the change."),
    by: str | None = typer.Option(None, "--by", help="Who takes it back."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """Take a change back."""
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.undo import undo
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project) as application:
        done = undo(application.store, seq, caller=LOCAL, who=by)
    for item in done.features:
        said = (
            f"已撤销 {seq}: {item.layer} {item.id}(新改动 {item.seq},可再撤销)",
            f"{seq} is taken back: {item.layer} {item.id} (change {item.seq}, which can be undone too)",
        )
        typer.echo(say(language, *said))
