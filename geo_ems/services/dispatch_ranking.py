"""The features of a layer with their arrival at an incident: the one place that asks who comes how soon."""

from dataclasses import dataclass

from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.model.answers import DataAsOf, ExcludedFeature, NearestAnswer, RankedFeature
from geo_ems.model.caller import Caller
from geo_ems.model.definitions import Availability, LayerDefinition, Reason
from geo_ems.model.features import ChildRows, Properties
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER, open_assignments
from geo_ems.services.dispatch_question import DispatchAsking, Place
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import MAX_K, NearestQuestion
from geo_ems.services.words import text_or_none

_READY = frozenset({Availability.AVAILABLE})
READY_OR_STANDBY = frozenset({Availability.AVAILABLE, Availability.DELAYED})
_CONFIRMABLE = frozenset({Reason.STATUS_UNKNOWN, Reason.POSITION_STALE})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One feature as a recommendation sees it; `reason` is why it cannot be sent at all, None where it can.

    `total_s` is the arrival, None where no roads are used or none leads there.
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
    consent: str | None
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
        at_lonlat_deg=place.at_lonlat_deg if place.incident_id is None else None,
        incident_id=place.incident_id,
        k=MAX_K,
        availability=availability,
        as_of=asking.as_of,
        max_position_age_s=asking.max_position_age_s,
        include_excluded=True,
        language=asking.language,
    )
    answer = nearest(
        source, question, caller=caller, defaults=asking.defaults, zone=asking.zone, clock=lambda: asking.as_of
    )
    definition = source.definition(layer)
    taken: frozenset[str] = frozenset()
    if ASSIGNMENT_LAYER in source.definitions:
        taken = frozenset(item.resource_id for item in open_assignments(source))
    found = [_ranked(definition, row, taken) for row in answer.results]
    found += [_excluded(definition, row) for row in answer.excluded or () if row.reason is not Reason.BELOW_RANK_K]
    by_time = _is_by_time(answer)
    found.sort(key=lambda item: (item.tenths(by_time=by_time), item.straight_m or 0.0, item.id))
    return RankedLayer(definition, by_time, tuple(found), answer.data_as_of[layer], _own_warnings(answer))


def _is_by_time(answer: NearestAnswer) -> bool:
    return answer.definition["metric"] == "travel_time"


def _own_warnings(answer: NearestAnswer) -> tuple[str, ...]:
    """Return the warnings of an answer but for the one that fewer than the largest k qualify."""
    return tuple(
        text for text in answer.warnings if f"of {MAX_K} qualify" not in text and f"要求 {MAX_K} 个" not in text
    )


def _ranked(definition: LayerDefinition, row: RankedFeature, taken: frozenset[str]) -> Candidate:
    is_taken = definition.role == "team" and row.id in taken
    return Candidate(
        layer=definition.name,
        id=row.id,
        name=row.name,
        total_s=None,
        distance_m=row.distance_m,
        straight_m=row.straight_m,
        reason=Reason.ALREADY_ASSIGNED if is_taken else None,
        detail="",
        status=row.status,
        is_standby=row.availability is Availability.DELAYED,
        consent=None,
        flags=row.hazard_flags,
        values=row.properties,
        children=row.children,
    )


def _excluded(definition: LayerDefinition, row: ExcludedFeature) -> Candidate:
    status = row.properties.get(definition.status_field) if definition.status_field else None
    return Candidate(
        layer=definition.name,
        id=row.id,
        name=row.name,
        total_s=None,
        distance_m=None,
        straight_m=row.straight_m,
        reason=row.reason,
        detail=row.detail,
        status=text_or_none(status),
        is_standby=False,
        consent=None,
        flags=(),
        values=row.properties,
        children={},
    )
