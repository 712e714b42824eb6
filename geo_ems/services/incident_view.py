"""One incident whole, and the list of incidents with their clocks, the overdue first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo_ems.catalogue.layer_snapshot import LayerSnapshot
from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.errors import UsageError
from geo_ems.model.columns import value_at
from geo_ems.model.features import Feature, Properties
from geo_ems.services.coded_words import code_of
from geo_ems.services.districts import DISTRICT_FIELD
from geo_ems.services.eligibility import visible_rows
from geo_ems.services.feature_history import HistoryEntry, history_of
from geo_ems.services.incident_changes import teams_with
from geo_ems.services.incident_desk import (
    INCIDENT_LAYER,
    OPEN,
    TEAM_LAYER,
    TERMINATED,
    IncidentDesk,
    NearbyIncident,
    jurisdiction_at,
    nearby_open,
    read_incident,
    reporting_of,
)
from geo_ems.services.jurisdiction import Jurisdiction
from geo_ems.services.report_clock import URGENCY, ReportClock, report_clock
from geo_ems.services.report_conditions import MustReport

ASSIGNMENT_LAYER = "assignments"
STATES = (OPEN, TERMINATED, "all")
MAX_LISTED = 500


@dataclass(frozen=True, slots=True)
class IncidentView:
    """Everything about one incident. `merged` are those merged into it, with their own histories."""

    incident: Feature
    clock: ReportClock
    reporting: MustReport
    jurisdiction: Jurisdiction
    nearby: tuple[NearbyIncident, ...]
    history: tuple[HistoryEntry, ...]
    merged: tuple[tuple[Feature, tuple[HistoryEntry, ...]], ...]
    teams: tuple[Properties, ...]
    assignments: tuple[Properties, ...]
    snapshot_id: str


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Which incidents are listed."""

    state: str = OPEN
    kind: str | None = None
    grade: str | None = None
    district_id: str | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ListedIncident:
    """One row of the list; `ask` are the fields that decide whether it is to be reported and are not known."""

    incident: Feature
    clock: ReportClock
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentList:
    """A page of incidents, the most urgent first, and how many there are."""

    rows: tuple[ListedIncident, ...]
    matched_count: int
    overdue_count: int
    snapshot_id: str


def view_incident(desk: IncidentDesk, incident_id: str) -> IncidentView:
    """Return an incident whole.

    Raises
    ------
    NotFoundError
        Where there is none of that id that the caller may see.
    """
    incident = read_incident(desk, incident_id)
    pinned = desk.pin(*(name for name in (TEAM_LAYER, ASSIGNMENT_LAYER) if name in desk.snapshots.definitions))
    definition, private = desk.incidents.definition, desk.include_private
    incidents = pinned.layer(INCIDENT_LAYER)
    merged_ids = rows_with(incidents, "merged_into", incident_id, desk)
    merged = desk.store.read_rows(INCIDENT_LAYER, [incidents.columns.id_at(row) for row in merged_ids])
    return IncidentView(
        incident=incident,
        clock=report_clock(incident.properties, now=desk.clock(), limit_min=desk.rules.clock_min),
        reporting=reporting_of(desk, pinned, incident),
        jurisdiction=jurisdiction_at(desk, pinned, incident.geometry, _district(incident)),
        nearby=nearby_of(desk, pinned, incident),
        history=history_of(desk.store, definition, incident_id, include_private=private),
        merged=tuple(
            (other, history_of(desk.store, definition, other.id, include_private=private)) for other in merged
        ),
        teams=_teams(desk, pinned, incident_id),
        assignments=_assignments(desk, pinned, incident_id),
        snapshot_id=pinned.snapshot_id,
    )


def nearby_of(desk: IncidentDesk, pinned: SnapshotSet, incident: Feature) -> tuple[NearbyIncident, ...]:
    """Return the open incidents near one."""
    kind = incident.properties.get("kind")
    return nearby_open(
        desk,
        pinned,
        geometry=incident.geometry,
        district_id=_district(incident),
        kind=None if kind is None else str(kind),
        without=incident.id,
    )


def list_incidents(desk: IncidentDesk, query: IncidentQuery) -> IncidentList:
    """Return incidents: overdue reports first, the longest overdue leading, then those whose clock runs out next.

    Raises
    ------
    UsageError
        Where a filter names nothing that there is.
    """
    if query.state not in STATES or not 1 <= query.limit <= MAX_LISTED:
        raise UsageError(
            "The list is wrongly asked for",
            remedy=f"state one of {', '.join(STATES)}; limit 1 to {MAX_LISTED}.",
            field="state",
            value=query.state,
        )
    pinned = desk.pin()
    snapshot = pinned.layer(INCIDENT_LAYER)
    fields = snapshot.definition.fields
    wanted = {
        "kind": None if query.kind is None else code_of(query.kind, fields["kind"]),
        "grade": None if query.grade is None else code_of(query.grade, fields["grade"]),
        DISTRICT_FIELD: query.district_id,
    }
    ids = [snapshot.columns.id_at(int(row)) for row in _matching(snapshot, desk, query.state, wanted)]
    now = desk.clock()
    listed = [
        ListedIncident(feature, report_clock(feature.properties, now=now, limit_min=desk.rules.clock_min))
        for feature in desk.store.read_rows(INCIDENT_LAYER, ids)
    ]
    listed.sort(key=_urgency)
    page = tuple(
        replace(row, ask=reporting_of(desk, pinned, row.incident).ask)
        for row in listed[query.offset : query.offset + query.limit]
    )
    overdue = sum(row.clock.state == "overdue" for row in listed)
    return IncidentList(page, len(listed), overdue, pinned.snapshot_id)


def rows_with(snapshot: LayerSnapshot, field: str, value: str, desk: IncidentDesk) -> list[int]:
    """Return the rows that the caller may see and whose text field has a value."""
    column = snapshot.columns.columns.get(field)
    if column is None:
        return []
    found = np.flatnonzero(visible_rows(snapshot, desk.caller) & column.known & (column.values == value))
    return [int(row) for row in found]


def _matching(
    snapshot: LayerSnapshot, desk: IncidentDesk, state: str, wanted: Mapping[str, str | None]
) -> Sequence[int]:
    mask = visible_rows(snapshot, desk.caller)
    column = snapshot.columns.columns["state"]
    over = column.known & (column.values == list(column.field.codes).index(TERMINATED))
    if state != "all":
        mask &= over if state == TERMINATED else ~over
    rows = [int(row) for row in np.flatnonzero(mask)]
    for field, value in wanted.items():
        if value is not None:
            held = snapshot.columns.columns[field]
            rows = [row for row in rows if value_at(held, row) == value]
    return rows


def _urgency(row: ListedIncident) -> tuple[int, int, str, str]:
    clock = row.clock
    received = str(row.incident.properties.get("received_at") or "")
    return (URGENCY.index(clock.state), -(clock.overdue_s or 0), clock.deadline or received, row.incident.id)


def _teams(desk: IncidentDesk, pinned: SnapshotSet, incident_id: str) -> tuple[Properties, ...]:
    snapshot = pinned.layers.get(TEAM_LAYER)
    if snapshot is None:
        return ()
    return tuple(
        {
            "id": team_id,
            **snapshot.columns.row_values(snapshot.row_of[team_id], include_private=desk.include_private),
        }
        for team_id in teams_with(desk, incident_id)
        if team_id in snapshot.row_of
    )


def _assignments(desk: IncidentDesk, pinned: SnapshotSet, incident_id: str) -> tuple[Properties, ...]:
    snapshot = pinned.layers.get(ASSIGNMENT_LAYER)
    if snapshot is None:
        return ()
    return tuple(
        {
            "id": snapshot.columns.id_at(row),
            **snapshot.columns.row_values(row, include_private=desk.include_private),
        }
        for row in rows_with(snapshot, "incident_id", incident_id, desk)
    )


def _district(incident: Feature) -> str | None:
    value = incident.properties.get(DISTRICT_FIELD)
    return None if value is None else str(value)
