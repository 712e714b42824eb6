"""What every act at the incident desk works with, and the open incidents that lie near another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet, SnapshotSource
from geo_ems.errors import NotFoundError, UsageError, known_names
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.features import Feature, Properties
from geo_ems.queries.areas import representative_points
from geo_ems.queries.layered_shapes import within_layers
from geo_ems.queries.shared_shapes import is_holding
from geo_ems.services.edits import EditScope, read_feature
from geo_ems.services.eligibility import HAZARD_LAYER, hazards_at, visible_rows
from geo_ems.services.jurisdiction import Jurisdiction, jurisdiction_of
from geo_ems.services.nearest import Roads
from geo_ems.services.places import PlaceFinder
from geo_ems.services.provenance import instant_text
from geo_ems.services.report_clock import known_instant
from geo_ems.services.report_conditions import IncidentFacts, MustReport, must_report
from geo_ems.settings import Defaults
from geo_ems.settings.reporting_rules import ReportingRules
from geo_ems.storage.protocol import LayerStore

INCIDENT_LAYER, TEAM_LAYER, POPULATION_LAYER = "incidents", "response_teams", "population"
DISTRICT_LAYER = "districts"
OPEN, TERMINATED = "open", "terminated"
CLOCKS_DIFFER = timedelta(minutes=2)
"""What a clock of another office may be ahead: an event from later than that has not happened."""


@dataclass(frozen=True, slots=True)
class IncidentDesk:
    """The parts of the desk; without `places` no names are looked up, without `roads` teams go in straight lines."""

    store: LayerStore
    snapshots: SnapshotSource
    rules: ReportingRules
    caller: Caller
    zone: ZoneInfo
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    defaults: Defaults
    places: PlaceFinder | None = None
    roads: Roads | None = None

    @property
    def include_private(self) -> bool:
        """Return whether private fields exist for the caller."""
        return self.caller.may(Permission.READ_PRIVATE)

    @property
    def incidents(self) -> EditScope:
        """Return where incidents are changed."""
        return self.scope(INCIDENT_LAYER)

    @property
    def teams(self) -> EditScope:
        """Return where teams are changed."""
        return self.scope(TEAM_LAYER)

    def scope(self, layer: str) -> EditScope:
        """Return where a layer is changed."""
        return EditScope(self.store, self.snapshots.definition(layer), self.caller, self.zone)

    def pin(self, *more: str) -> SnapshotSet:
        """Return incidents, districts, hazard areas and people, and some more layers, at one moment."""
        wanted = (INCIDENT_LAYER, DISTRICT_LAYER, HAZARD_LAYER, POPULATION_LAYER, *more)
        return self.snapshots.pin(dict.fromkeys(name for name in wanted if name in self.snapshots.definitions))


@dataclass(frozen=True, slots=True)
class NearbyIncident:
    """An open incident of the last hours near another; `straight_m` is None where one of both has no place."""

    id: str
    name: str | None
    kind: str | None
    same_kind: bool
    straight_m: float | None
    received_at: str | None
    occurred_at: str | None
    district_id: str | None


def read_incident(desk: IncidentDesk, incident_id: str) -> Feature:
    """Return an incident as it is stored.

    Raises
    ------
    NotFoundError
        Where there is none of that id that the caller may see.
    """
    return read_feature(desk.incidents, incident_id)


def checked_past(instant: datetime, desk: IncidentDesk, *, field: str) -> str:
    """Return an instant as stored; without an offset it is of the project's zone.

    Raises
    ------
    UsageError
        Where it has not come yet.
    """
    local = instant if instant.tzinfo is not None else instant.replace(tzinfo=desk.zone)
    now = desk.clock()
    if local > now + CLOCKS_DIFFER:
        raise UsageError(
            f"'{field}' has not come yet: now it is {now.astimezone(desk.zone).isoformat(timespec='seconds')}",
            remedy="Correct date and time, or leave it out where it is not known.",
            field=field,
            value=local.isoformat(),
        )
    return instant_text(local.astimezone(UTC))


def checked_district(desk: IncidentDesk, district_id: str) -> str:
    """Return the id of a district that there is, or refuse it naming some."""
    districts = desk.snapshots.pin([DISTRICT_LAYER]).layer(DISTRICT_LAYER)
    if district_id not in districts.row_of:
        known = known_names("district", district_id[:100], [str(name) for name in districts.columns.ids[:20]])
        raise NotFoundError(known.problem, remedy=known.remedy, field="district_id", value=district_id)
    return district_id


def jurisdiction_at(
    desk: IncidentDesk, pinned: SnapshotSet, geometry: BaseGeometry | None, district_id: str | None
) -> Jurisdiction:
    """Return whose incident at a place it is."""
    return jurisdiction_of(
        pinned, geometry, district_id, leads_from=desk.rules.leads_from, include_private=desk.include_private
    )


def reporting_of(desk: IncidentDesk, pinned: SnapshotSet, incident: Feature) -> MustReport:
    """Return whether an incident has to be reported, by which conditions and to whom."""
    occurred = known_instant(incident.properties, "occurred_at") or known_instant(incident.properties, "received_at")
    place, now = incident.geometry, desk.clock()
    inside: tuple[str, ...] = ()
    if place is not None:
        lon_deg, lat_deg = _one_place(place)
        inside = hazards_at(pinned, (lon_deg, lat_deg), as_of=now)
    facts = IncidentFacts(
        properties=incident.properties,
        local_time=None if occurred is None else occurred.astimezone(desk.zone),
        hazard_area_ids=inside,
        people_in_area=None if place is None else people_in(pinned.layers.get(POPULATION_LAYER), place),
    )
    return must_report(facts, desk.rules)


def people_in(population: LayerSnapshot | None, place: BaseGeometry) -> int | None:
    """Return how many people are registered inside an area; None for a point, and where nothing is registered."""
    if population is None or not len(population.columns) or place.area == 0:
        return None
    rows = population.layered.rows_near_box(place.bounds)
    spots = representative_points(population.geometries_at(rows))
    inside = rows[is_holding(place, spots[:, 0], spots[:, 1])] if rows.size else rows
    people = population.columns.columns["people_persons"]
    counted = inside[people.known[inside]]
    return int(np.sum(people.values[counted].astype(np.float64))) if counted.size else 0


def nearby_open(
    desk: IncidentDesk,
    pinned: SnapshotSet,
    *,
    geometry: BaseGeometry | None,
    district_id: str | None,
    kind: str | None,
    without: str,
) -> tuple[NearbyIncident, ...]:
    """Return the open incidents of the last hours within some distance: the same kind first, then the nearest.

    Where there is no place, those of the same district; an incident without a place counts by its district too.
    """
    snapshot = pinned.layer(INCIDENT_LAYER)
    recent = _recent_open(snapshot, desk, without=without)
    metres: dict[int, float | None] = {}
    if geometry is not None:
        spot = _one_place(geometry)
        found = within_layers(snapshot.layered, at_lonlat_deg=spot, cutoff_m=desk.rules.nearby_radius_m)
        metres = {
            int(row): float(straight_m)
            for row, straight_m in zip(found.index, found.straight_m, strict=True)
            if int(row) in recent
        }
    if district_id is not None:
        for row, values in recent.items():
            has_no_place = not snapshot.is_located[row]
            if values.get("district_id") == district_id and (geometry is None or has_no_place):
                metres.setdefault(row, None)
    listed = [
        NearbyIncident(
            id=snapshot.columns.id_at(row),
            name=_text(recent[row], "name"),
            kind=_text(recent[row], "kind"),
            same_kind=recent[row].get("kind") == kind,
            straight_m=None if straight_m is None else round(straight_m, 1),
            received_at=_text(recent[row], "received_at"),
            occurred_at=_text(recent[row], "occurred_at"),
            district_id=_text(recent[row], "district_id"),
        )
        for row, straight_m in metres.items()
    ]
    far = float("inf")
    return tuple(
        sorted(
            listed, key=lambda item: (not item.same_kind, far if item.straight_m is None else item.straight_m, item.id)
        )
    )


def _recent_open(snapshot: LayerSnapshot, desk: IncidentDesk, *, without: str) -> Mapping[int, Properties]:
    """Return by row the incidents that are not terminated and began within the last hours."""
    since = desk.clock() - timedelta(hours=desk.rules.nearby_hours)
    state = snapshot.columns.columns["state"]
    over = list(state.field.codes).index(TERMINATED)
    is_open = visible_rows(snapshot, desk.caller) & ~(state.known & (state.values == over))
    found: dict[int, Properties] = {}
    for row in np.flatnonzero(is_open):
        if snapshot.columns.id_at(int(row)) == without:
            continue
        values = snapshot.columns.row_values(int(row), include_private=False)
        times = [known_instant(values, name) for name in ("occurred_at", "received_at")]
        latest = max((instant for instant in times if instant is not None), default=None)
        if latest is not None and latest >= since:
            found[int(row)] = values
    return found


def _one_place(geometry: BaseGeometry) -> tuple[float, float]:
    spots = representative_points(np.array([geometry], dtype=np.object_))
    return float(spots[0, 0]), float(spots[0, 1])


def _text(values: Properties, name: str) -> str | None:
    value = values.get(name)
    return None if value is None else str(value)
