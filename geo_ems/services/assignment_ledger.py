"""What one order or status changes in the layers of the resources, put together before anything is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.errors import ConflictError, NotFoundError, UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.definitions import Availability, LayerDefinition
from geo_ems.model.features import ChangeKind, Feature, FeatureChange, Properties, Value
from geo_ems.services.assignment_chain import ASSIGNABLE_ROLES, DEPOT, OPEN_STEPS, SHELTER, TEAM, Booked, Step
from geo_ems.services.bookings import StockLines, free_places, moved_places
from geo_ems.services.edits import RevisionDiffersError
from geo_ems.services.provenance import instant_text, local_date
from geo_ems.services.words import local_instant
from geo_ems.storage.protocol import LayerStore

ASSIGNMENT_LAYER, INCIDENT_LAYER = "assignments", "incidents"
_CALL_FIRST = 'Call first; when they can come, send the pick with "confirmed": true.'
_ANOTHER = "Choose another; a new recommendation leaves it out."


@dataclass(frozen=True, slots=True)
class Pick:
    """One resource of an order: a team, some of an item of a depot, or places of a shelter.

    `confirmed` says that a person called and was told that it can be had although its status does
    not say so.
    """

    layer: str
    id: str
    item: str | None = None
    quantity: float | None = None
    places_persons: int | None = None
    requirement: str | None = None
    eta: datetime | None = None
    confirmed: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class OpenAssignment:
    """An assignment that is under way: who ordered what, when, to which incident."""

    id: str
    incident_id: str
    resource_id: str
    status: Step
    ordered_at: str
    ordered_by: str


def open_assignments(
    snapshots: SnapshotSource, *, resource_id: str | None = None, incident_id: str | None = None
) -> tuple[OpenAssignment, ...]:
    """Return the assignments under way, of one resource, of one incident, or all; ordered by time, then id."""
    columns = snapshots.pin([ASSIGNMENT_LAYER]).layer(ASSIGNMENT_LAYER).columns
    codes = list(columns.columns["status"].field.codes)
    is_open = np.isin(columns.columns["status"].values, [codes.index(step) for step in OPEN_STEPS])
    for field, wanted in (("resource_id", resource_id), ("incident_id", incident_id)):
        if wanted is not None and is_open.any():
            is_open &= columns.columns[field].values == wanted
    found = []
    for row in np.flatnonzero(is_open):
        values = columns.row_values(int(row), include_private=True)
        texts = {name: str(values.get(name) or "") for name in ("incident_id", "resource_id", "ordered_at")}
        status, by = Step(str(values["status"])), str(values.get("ordered_by") or "")
        found.append(OpenAssignment(columns.id_at(int(row)), status=status, ordered_by=by, **texts))
    return tuple(sorted(found, key=lambda item: (item.ordered_at, item.id)))


class Ledger:
    """The features one order touches, as they were read and as they shall be."""

    def __init__(
        self, store: LayerStore, snapshots: SnapshotSource, *, caller: Caller, at: datetime, zone: ZoneInfo
    ) -> None:
        """Start with nothing read; `at` is the instant of the order."""
        self._store = store
        self._snapshots = snapshots
        self._caller = caller
        self._zone = zone
        self.now = instant_text(at)
        self._on_date = local_date(at, zone)
        self._read: dict[tuple[str, str], Feature] = {}
        self._changed: dict[tuple[str, str], Feature] = {}

    @property
    def principal(self) -> str:
        """Return who gives the order."""
        return self._caller.principal

    def role_of(self, layer: str) -> str:
        """Return what a layer holds, or refuse one that nothing can be ordered from."""
        definition = self._snapshots.definition(layer)
        if definition.role not in ASSIGNABLE_ROLES:
            known = [name for name, item in self._snapshots.definitions.items() if item.role in ASSIGNABLE_ROLES]
            raise UsageError(
                f"Nothing of layer '{layer}' can be ordered",
                remedy=f"Order from: {', '.join(known)}.",
                field="layer",
                value=layer,
            )
        return definition.role

    def feature(self, layer: str, feature_id: str) -> Feature:
        """Return a feature as it shall be so far.

        Raises
        ------
        NotFoundError
            Where the layer has none of that id that the caller may see.
        """
        key = (layer, feature_id)
        if key not in self._read:
            found = self._store.read_rows(layer, [feature_id])
            areas = self._caller.areas
            if not found or (areas and found[0].properties.get("district_id") not in areas):
                raise NotFoundError(
                    f"Layer '{layer}' has no feature '{feature_id[:100]}'",
                    remedy="The ids are in the recommendation, and in the list of the layer.",
                    field="id",
                    value=feature_id,
                )
            self._read[key] = found[0]
        return self._changed.get(key, self._read[key])

    def incident(self, incident_id: str) -> Feature:
        """Return the incident, which must not be over."""
        incident = self.feature(INCIDENT_LAYER, incident_id)
        if incident.properties.get("state") == "terminated":
            raise ConflictError(
                "The incident is over", where=incident_id, remedy="Open it again first, or name another."
            )
        return incident

    def changes(self) -> Mapping[str, list[FeatureChange]]:
        """Return what is to be stored, by layer; each change expects what was read."""
        found: dict[str, list[FeatureChange]] = {}
        for (layer, feature_id), feature in sorted(self._changed.items(), key=lambda item: item[0]):
            rev = self._read[layer, feature_id].rev
            found.setdefault(layer, []).append(FeatureChange(ChangeKind.REPLACE, feature_id, feature, rev))
        return found

    def reserve(self, pick: Pick, *, incident_id: str) -> tuple[dict[str, Value], tuple[Properties, ...]]:
        """Book a pick for an incident; return what its assignment says of the resource, and the lines of stock taken.

        Raises
        ------
        ConflictError
            Where it is not to be had, with who took it and when.
        """
        role = self.role_of(pick.layer)
        definition = self._snapshots.definition(pick.layer)
        feature = self.feature(pick.layer, pick.id)
        name = feature.properties.get(definition.name_field)
        _check_amounts(pick, role)
        if role == TEAM:
            return {"resource_name": name, **self._reserve_team(pick, feature, definition, incident_id)}, ()
        if role == DEPOT:
            lines = self._reserve_stock(pick, feature, definition)
            return {"resource_name": name, "item": pick.item, "quantity": pick.quantity}, lines
        values = self._reserve_places(pick, feature, definition)
        return {"resource_name": name, **values}, ()

    def move(self, assignment: Feature, now: Booked, then: Booked) -> None:
        """Move what an assignment has booked from one state to another."""
        if now is then:
            return
        layer, resource_id = str(assignment.properties["resource_layer"]), str(assignment.properties["resource_id"])
        definition, feature = self._snapshots.definition(layer), self.feature(layer, resource_id)
        if definition.stock is not None and definition.role == DEPOT:
            stock = StockLines(definition.stock, feature.children.get(definition.stock.child, ()))
            rows = stock.moved(assignment.children.get("lines", ()), now=now, then=then)
            feature = replace(feature, children={**feature.children, definition.stock.child: rows})
        elif definition.capacity is not None and definition.role == SHELTER:
            persons = int(str(assignment.properties.get("places_persons") or 0))
            feature = moved_places(feature, definition.capacity, persons, now=now, then=then)
            occupied = definition.capacity.occupied_field
            was_known = assignment.properties.get("occupancy_known")
            if occupied is not None and was_known is False and not feature.properties.get(occupied):
                feature = replace(feature, properties={**feature.properties, occupied: None})
        self._changed[layer, resource_id] = feature

    def follow(self, assignment: Feature, now: Step, then: Step, *, undoes: bool) -> None:
        """Give the team of an assignment the status that goes with it, unless another incident has it by now.

        Raises
        ------
        ConflictError
            Where the assignment is to go on and the team was given away meanwhile.
        """
        layer, resource_id = str(assignment.properties["resource_layer"]), str(assignment.properties["resource_id"])
        definition = self._snapshots.definition(layer)
        status = definition.status_field
        if definition.role != TEAM or status is None:
            return
        team = self.feature(layer, resource_id)
        held = [item for item in open_assignments(self._snapshots, resource_id=resource_id) if item.id != assignment.id]
        if held and then in OPEN_STEPS:
            raise self._taken(str(team.properties.get(definition.name_field) or team.id), held[0])
        if held:
            return
        before = assignment.properties.get("status_before")
        wanted: Value = before if then is Step.CANCELLED else str(then)
        if undoes and then is not Step.CANCELLED and team.properties.get(status) not in (str(now), before):
            return  # somebody wrote another status by hand: the last word about the team stands
        if wanted is None or wanted in definition.fields[status].codes:
            incident_id = None if then not in OPEN_STEPS else assignment.properties.get("incident_id")
            values = {**team.properties, status: wanted, **self._since(definition, incident_id)}
            self._changed[layer, resource_id] = replace(team, properties=values)

    def enter(self, layer: str, feature_id: str, values: Properties, *, rev: int) -> None:
        """Write values of a feature as they were told, if it is still the one that they were told of.

        Raises
        ------
        RevisionDiffersError
            Where it was changed since.
        """
        feature = self.feature(layer, feature_id)
        if feature.rev != rev:
            raise RevisionDiffersError(
                f"'{feature_id}' was changed since you read it", where=feature_id, remedy="Look at it again."
            )
        self._changed[layer, feature_id] = replace(feature, properties={**feature.properties, **values})

    def _since(self, definition: LayerDefinition, incident_id: Value) -> dict[str, Value]:
        """Return since when a team has its status, and which incident it is with."""
        told: dict[str, Value] = {"status_at": self.now, "incident_id": incident_id}
        return {name: value for name, value in told.items() if name in definition.fields}

    def _reserve_team(
        self, pick: Pick, team: Feature, definition: LayerDefinition, incident_id: str
    ) -> dict[str, Value]:
        status = definition.status_field
        now = None if status is None else team.properties.get(status)
        code = None if status is None else definition.fields[status].codes.get(str(now))
        name = str(team.properties.get(definition.name_field) or team.id)
        held = open_assignments(self._snapshots, resource_id=team.id)
        if held:
            raise self._taken(name, held[0])
        availability = Availability.UNKNOWN if code is None or code.availability is None else code.availability
        label = "unknown" if code is None else f"{code.label.zh} {code.label.en}"
        if availability is Availability.COMMITTED or availability is Availability.UNAVAILABLE:
            last = self._store.history.last_changes(pick.layer, [team.id]).get(team.id)
            said = "" if last is None else f", written by '{last.principal}' at {self._local(last.at)}"
            raise ConflictError(f"'{name}' is not to be had: {label}{said}", where=team.id, remedy=_ANOTHER)
        if availability is not Availability.AVAILABLE and not pick.confirmed:
            raise ConflictError(f"The status of '{name}' is {label}", where=team.id, remedy=_CALL_FIRST)
        if status is not None:
            values = {**team.properties, status: str(Step.ORDERED), **self._since(definition, incident_id)}
            self._changed[pick.layer, team.id] = replace(team, properties=values)
        return {
            "status_before": now,
            "people_persons": team.properties.get("head_count_persons"),
            "vehicles_count": team.properties.get("vehicle_count"),
        }

    def _reserve_stock(self, pick: Pick, depot: Feature, definition: LayerDefinition) -> tuple[Properties, ...]:
        rule, item, quantity = definition.stock, str(pick.item), float(pick.quantity or 0)
        name = str(depot.properties.get(definition.name_field) or depot.id)
        self._check_open(pick, depot, definition, name)
        if rule is None:
            raise UsageError(f"Layer '{pick.layer}' keeps no stock", field="item", value=pick.item)
        codes = definition.children[rule.child].fields[rule.item_field].codes
        if codes and item not in codes:
            raise NotFoundError(
                f"There is no item '{item}'", remedy=f"Known: {', '.join(sorted(codes))}.", field="item", value=item
            )
        stock = StockLines(rule, depot.children.get(rule.child, ()))
        free = stock.free(item, on_date=self._on_date)
        if free < quantity:
            holders = [found for found in open_assignments(self._snapshots, resource_id=depot.id) if found.id]
            last = holders[-1] if holders else None
            said = "" if last is None else f"; the last was taken by {self._who(last)}"
            raise ConflictError(
                f"'{name}' has {free:g} of '{item}' left, not {quantity:g}{said}", where=depot.id, remedy=_ANOTHER
            )
        lines = stock.taken(item, quantity, on_date=self._on_date)
        rows = stock.moved(lines, now=Booked.NOTHING, then=Booked.RESERVED)
        children = {**depot.children, rule.child: rows}
        self._changed[pick.layer, depot.id] = replace(depot, children=children)
        return lines

    def _reserve_places(self, pick: Pick, shelter: Feature, definition: LayerDefinition) -> dict[str, Value]:
        rule, persons = definition.capacity, int(pick.places_persons or 0)
        name = str(shelter.properties.get(definition.name_field) or shelter.id)
        self._check_open(pick, shelter, definition, name)
        if rule is None:
            raise UsageError(f"Layer '{pick.layer}' has no places", field="places", value=pick.places_persons)
        free = free_places(shelter.properties, rule)
        if free is None and not pick.confirmed:
            raise ConflictError(f"How many places '{name}' has is not known", where=shelter.id, remedy=_CALL_FIRST)
        if free is not None and free < persons:
            held = open_assignments(self._snapshots, resource_id=shelter.id)
            said = "" if not held else f"; the last were taken by {self._who(held[-1])}"
            raise ConflictError(
                f"'{name}' has {max(free, 0)} places left, not {persons}{said}", where=shelter.id, remedy=_ANOTHER
            )
        moved = moved_places(shelter, rule, persons, now=Booked.NOTHING, then=Booked.RESERVED)
        self._changed[pick.layer, shelter.id] = moved
        known = rule.occupied_field is not None and shelter.properties.get(rule.occupied_field) is not None
        return {"places_persons": persons, "occupancy_known": known}

    def _check_open(self, pick: Pick, feature: Feature, definition: LayerDefinition, name: str) -> None:
        """Refuse what is closed; what is on standby or unknown somebody must have confirmed."""
        field = definition.status_field
        code = None if field is None else definition.fields[field].codes.get(str(feature.properties.get(field)))
        availability = Availability.UNKNOWN if code is None or code.availability is None else code.availability
        label = "unknown" if code is None else f"{code.label.zh} {code.label.en}"
        if availability is Availability.AVAILABLE or field is None:
            return
        if availability in {Availability.UNAVAILABLE, Availability.COMMITTED}:
            raise ConflictError(f"'{name}' is not to be had: {label}", where=feature.id, remedy=_ANOTHER)
        if not pick.confirmed:
            raise ConflictError(f"The status of '{name}' is {label}", where=feature.id, remedy=_CALL_FIRST)

    def _taken(self, name: str, held: OpenAssignment) -> ConflictError:
        return ConflictError(f"'{name}' was taken by {self._who(held)}", where=held.resource_id, remedy=_ANOTHER)

    def _who(self, held: OpenAssignment) -> str:
        at = self._local(held.ordered_at) if held.ordered_at else "?"
        return f"'{held.ordered_by}' at {at} for incident '{held.incident_id}'"

    def _local(self, instant: str) -> str:
        return local_instant(instant, self._zone)


def _check_amounts(pick: Pick, role: str) -> None:
    """Refuse amounts that do not go with what is ordered."""
    wanted = {TEAM: (), DEPOT: ("item", "quantity"), SHELTER: ("places",)}[role]
    given = {"item": pick.item, "quantity": pick.quantity, "places": pick.places_persons}
    for name, value in given.items():
        if name in wanted and value is None:
            raise UsageError(f"'{name}' is missing", where=pick.id, remedy="Say how much is ordered.", field=name)
        if name not in wanted and value is not None:
            raise UsageError(
                f"'{name}' does not go with a {role}", where=pick.id, remedy="Leave it out.", field=name, value=value
            )
