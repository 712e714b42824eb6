"""The features of a layer with their arrival at an incident: the one place that asks who comes how soon."""

from dataclasses import dataclass, replace

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet, SnapshotSource
from geo_ems.model.answers import Consent, DataAsOf, ExcludedFeature, NearestAnswer, RankedFeature
from geo_ems.model.caller import Caller
from geo_ems.model.definitions import Availability, LayerDefinition, Reason
from geo_ems.model.features import ChildRows, Properties
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER, open_assignments
from geo_ems.services.consent import NEIGHBOUR, UNKNOWN, UPPER_LEVEL, OwnAreas
from geo_ems.services.dispatch_question import DispatchAsking, Place
from geo_ems.services.districts import DISTRICT_LAYER
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import MAX_K, NearestQuestion
from geo_ems.services.words import text_or_none

_READY = frozenset({Availability.AVAILABLE})
READY_OR_STANDBY = frozenset({Availability.AVAILABLE, Availability.DELAYED})
_ABOVE_COUNTY = ("city", "province")
_CONFIRMABLE = frozenset({Reason.STATUS_UNKNOWN, Reason.POSITION_STALE})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One feature as a recommendation sees it; `reason` is why it cannot be sent at all, None where it can.

    `total_s` is the arrival, None where no roads are used or none leads there. `is_outside` says that it
    belongs to another county or to a level above: it comes on request (ruling 11 orders by arrival all the same).
    """

    layer: str
    id: str
    name: str | None
    total_s: float | None
    distance_m: float | None
    straight_m: float | None
    reason: Reason | None
    detail: str
    status: str | None
    is_standby: bool
    consent: Consent | None
    is_outside: bool
    flags: tuple[str, ...]
    values: Properties
    children: ChildRows

    @property
    def may_be_confirmed(self) -> bool:
        """Return whether a call would settle it: only its status or position is not known."""
        return self.reason in _CONFIRMABLE

    def tenths(self, *, by_time: bool) -> int:
        """Return what it is ranked by, in whole tenths of a second or of a metre."""
        cost = self.total_s if by_time else self.straight_m
        return round((0.0 if cost is None else cost) * 10)


@dataclass(frozen=True, slots=True)
class RankedLayer:
    """The candidates of a layer, the soonest first; `by_time` says that roads were used."""

    definition: LayerDefinition
    by_time: bool
    candidates: tuple[Candidate, ...]
    data_as_of: DataAsOf
    warnings: tuple[str, ...]


def ranked_layer(
    source: SnapshotSource,
    layer: str,
    place: Place,
    asking: DispatchAsking,
    *,
    caller: Caller,
    availability: frozenset[Availability] = _READY,
) -> RankedLayer:
    """Return everything of a layer that the caller may see, the soonest at the place first (at most 1,000 of each)."""
    question = NearestQuestion(
        layer=layer,
        at_lonlat_deg=place.at_lonlat_deg,
        k=MAX_K,
        availability=availability,
        as_of=asking.as_of,
        max_position_age_s=asking.max_position_age_s,
        include_excluded=True,
        language=asking.language,
        metric=asking.metric,
    )
    answer = nearest(
        source,
        question,
        caller=caller,
        defaults=asking.defaults,
        zone=asking.zone,
        clock=lambda: asking.as_of,
        roads=asking.roads,
    )
    names = [layer, *(name for name in (DISTRICT_LAYER,) if name in source.definitions)]
    seen = _Seen(source.pin(names), layer, place)
    by_time = answer.definition["metric"] == "travel_time"
    found = [seen.ranked(row) for row in answer.results]
    found += [seen.excluded(row) for row in answer.excluded or ()]
    if seen.definition.role == "team" and ASSIGNMENT_LAYER in source.definitions:
        taken = {item.resource_id for item in open_assignments(source)}
        found = [
            replace(item, reason=Reason.ALREADY_ASSIGNED) if item.reason is None and item.id in taken else item
            for item in found
        ]
    if asking.own_area_only:
        found = [item for item in found if not item.is_outside]
    found.sort(key=lambda item: (item.tenths(by_time=by_time), item.straight_m or 0.0, item.id))
    return RankedLayer(seen.definition, by_time, tuple(found), answer.data_as_of[layer], _own_warnings(answer))


def _own_warnings(answer: NearestAnswer) -> tuple[str, ...]:
    """Return the warnings of an answer but for the one that fewer than the largest k qualify."""
    return tuple(
        text for text in answer.warnings if f"of {MAX_K} qualify" not in text and f"要求 {MAX_K} 个" not in text
    )


class _Seen:
    """The rows of an answer as candidates, with whose they are."""

    def __init__(self, pinned: SnapshotSet, layer: str, place: Place) -> None:
        self._snapshot: LayerSnapshot = pinned.layer(layer)
        self.definition = self._snapshot.definition
        self._areas = OwnAreas(pinned, self._snapshot, place.at_lonlat_deg)
        self._inside = {item.id for item in self._areas.chain if item.level not in _ABOVE_COUNTY}

    def ranked(self, row: RankedFeature) -> Candidate:
        """Return one that can be sent."""
        consent = self._areas.consent(self._snapshot.row_of[row.id])
        return Candidate(
            layer=self.definition.name,
            id=row.id,
            name=row.name,
            total_s=None if row.arrival is None else row.arrival.total_s,
            distance_m=row.distance_m,
            straight_m=row.straight_m,
            reason=None,
            detail="",
            status=row.status,
            is_standby=row.availability is Availability.DELAYED,
            consent=consent,
            is_outside=self._is_outside(consent),
            flags=row.hazard_flags,
            values=row.properties,
            children=row.children,
        )

    def excluded(self, row: ExcludedFeature) -> Candidate:
        """Return one that cannot, or not without a call."""
        status = row.properties.get(self.definition.status_field) if self.definition.status_field else None
        at = self._snapshot.row_of[row.id]
        consent = self._areas.consent(at)
        return Candidate(
            layer=self.definition.name,
            id=row.id,
            name=row.name,
            total_s=row.total_s,
            distance_m=row.distance_m,
            straight_m=row.straight_m,
            reason=row.reason,
            detail=row.detail,
            status=text_or_none(status),
            is_standby=False,
            consent=consent,
            is_outside=self._is_outside(consent),
            flags=(),
            values=row.properties,
            children=self._snapshot.columns.row_children(at, include_private=False),
        )

    def _is_outside(self, consent: Consent | None) -> bool:
        if consent is None or consent.relation == UNKNOWN:
            return False
        if consent.relation == NEIGHBOUR:
            return consent.common_superior_id not in self._inside
        return consent.relation == UPPER_LEVEL and consent.district_id not in self._inside
