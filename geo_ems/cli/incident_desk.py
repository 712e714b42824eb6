"""The incident desk at the command line: opened for the person at this machine, printed as tables."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.text import Text

from geo_ems.bootstrap import Application
from geo_ems.cli.tables import distance_text, simple_table, terminal, value_text
from geo_ems.model.caller import LOCAL
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.labels import Language
from geo_ems.services.incident_desk import IncidentDesk
from geo_ems.services.incident_view import IncidentList, IncidentView
from geo_ems.services.jurisdiction import jurisdiction_words
from geo_ems.services.undo import UndoableEdit
from geo_ems.services.words import local_instant, say
from geo_ems.settings import bundled_folder
from geo_ems.settings.reporting_rules import load_reporting_rules

_TOLD = {
    True: ("须上报", "to be reported"),
    False: ("可不上报", "need not be reported"),
    None: ("是否上报待定", "not known whether to be reported"),
}


def command_desk(application: Application) -> IncidentDesk:
    """Return the desk of an opened project for the person at this machine.

    Raises
    ------
    FaultsError
        Where a file of the reporting rules is wrong.
    """
    project = application.project
    return IncidentDesk(
        store=application.store,
        snapshots=application.snapshots,
        rules=load_reporting_rules(project.rules_folder, bundled=bundled_folder() / "rules"),
        caller=LOCAL,
        zone=project.zone,
        clock=application.clock,
        new_id=application.new_id,
        defaults=project.defaults,
    )


def print_incidents(found: IncidentList, definition: LayerDefinition, language: Language, zone: ZoneInfo) -> None:
    """Print the list, the overdue first."""
    console = terminal()
    heads = [
        say(language, *pair)
        for pair in (("编号", "id"), ("名称", "name"), ("类别", "kind"), ("接报", "received"), ("上报", "report"))
    ]
    rows = []
    for row in found.rows:
        values = row.incident.properties
        received = values.get("received_at") or values.get("occurred_at")
        rows.append(
            [
                row.incident.id,
                str(values.get("name_en" if language == "en" else "name") or values.get("name") or "-"),
                value_text(definition, "kind", values.get("kind"), language),
                "-" if received is None else local_instant(str(received), zone),
                row.clock.words(language),
            ]
        )
    if rows:
        console.print(simple_table(heads, rows))
    n, overdue = found.matched_count, found.overdue_count
    console.print(Text(say(language, f"共 {n} 起,超时未报 {overdue} 起", f"{n} incidents, {overdue} overdue")))


def print_opened(view: IncidentView, warnings: Sequence[str], language: Language) -> None:
    """Print a new incident: its id, clock, who leads, what to ask, and what else is open nearby."""
    console = terminal()
    incident = view.incident
    console.print(Text(f"{incident.id}  {incident.properties.get('name')}", style="bold"))
    console.print(Text(view.clock.words(language)))
    console.print(Text(jurisdiction_words(language, view.jurisdiction)))
    reporting = view.reporting
    told = {
        True: ("须上报", "to be reported"),
        False: ("可不上报", "need not be reported"),
        None: ("待定", "not known"),
    }
    console.print(Text(f"{say(language, *told[reporting.value])}: {reporting.why.text(language)}"))
    for item in view.nearby:
        metres = distance_text(item.straight_m)
        said = (f"附近未结: {item.id} {item.name} {metres}", f"open nearby: {item.id} {item.name} {metres}")
        console.print(Text(say(language, *said)))
    for warning in warnings:
        console.print(Text(f"! {warning}", style="bold"))


def print_changes(found: Sequence[UndoableEdit], language: Language, zone: ZoneInfo) -> None:
    """Print the last changes, newest first."""
    console = terminal()
    heads = [
        say(language, *pair)
        for pair in (
            *(("序号", "change"), ("时间", "recorded"), ("图层", "layer"), ("编号", "id"), ("操作", "action")),
            *(("经手", "by"), ("可撤销", "undo")),
        )
    ]
    rows = [
        [
            str(item.edit.change.seq),
            local_instant(item.edit.change.at, zone),
            item.edit.change.layer,
            item.edit.id,
            item.note.action or f"{item.edit.change.origin} {item.edit.kind}",
            item.note.who or item.edit.change.principal,
            item.refused or say(language, "可", "yes"),
        ]
        for item in found
    ]
    if not rows:
        console.print(Text(say(language, "没有单个要素的改动", "no single feature was changed")))
        return
    console.print(simple_table(heads, rows))
