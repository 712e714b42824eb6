"""The nearest features that qualify, ranked and explained (SEMANTICS rulings 1 to 8)."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from geo_ems.catalogue.snapshots import SnapshotSet, SnapshotSource
from geo_ems.model.answers import NearestAnswer
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.definitions import Reason
from geo_ems.model.roads import Metric
from geo_ems.services.consent import OwnAreas
from geo_ems.services.districts import DISTRICT_LAYER
from geo_ems.services.eligibility import HAZARD_LAYER, hazard_warnings, hazards_at, outdated_warnings
from geo_ems.services.judging import Asked, judge
from geo_ems.services.nearest_metric import measure_asked
from geo_ems.services.nearest_question import INCIDENT_LAYER, check_numbers, place_asked
from geo_ems.services.nearest_rows import Posed, Ranking
from geo_ems.services.nearest_straight import straight_answer
from geo_ems.services.provenance import local_date
from geo_ems.services.questions import NearestQuestion
from geo_ems.services.wind import wind_at
from geo_ems.services.words import say
from geo_ems.settings import Defaults

if TYPE_CHECKING:
    from geo_ems.routing.network import RoadNetwork

ROAD_LAYER, BARRIER_LAYER = "roads", "barriers"


class Roads(Protocol):
    """Gives the network of the roads in a set of layers."""

    def network(self, pinned: SnapshotSet) -> "RoadNetwork | None":
        """Return the network; None where there are no roads."""
        ...


def nearest(
    source: SnapshotSource,
    question: NearestQuestion,
    *,
    caller: Caller,
    defaults: Defaults,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
    roads: Roads | None = None,
) -> NearestAnswer:
    """Return the k nearest qualifying features, and account for every other one.

    With `roads` they are ranked by arrival, unless the straight line is asked for or there are none.

    Raises
    ------
    UsageError
        Where the place, k, the cutoff or an age is missing or out of range.
    NotFoundError
        Where the layer or the incident does not exist.
    """
    definition = source.definition(question.layer)
    wants_roads = roads is not None and question.metric is not Metric.STRAIGHT_LINE and source.count(ROAD_LAYER) > 0
    names = [question.layer]
    if HAZARD_LAYER in source.definitions:
        names.append(HAZARD_LAYER)
    if question.incident_id is not None:
        names.append(INCIDENT_LAYER)
    if wants_roads or question.own_area_only:
        names += [name for name in (ROAD_LAYER, BARRIER_LAYER, DISTRICT_LAYER) if name in source.definitions]
    pinned = source.pin(dict.fromkeys(names))
    network = roads.network(pinned) if wants_roads and roads is not None else None
    measure = measure_asked(question, role=definition.role, has_roads=network is not None, defaults=defaults)
    as_of = (question.as_of or clock()).replace(microsecond=0)
    k = question.k if question.k is not None else defaults.k
    max_age_s = question.max_position_age_s
    max_age_s = float(defaults.position_stale_after_s) if max_age_s is None else max_age_s
    check_numbers(k, question.cutoff_m, max_age_s)
    at_lonlat_deg, warnings = place_asked(pinned, question, caller)
    warnings += hazard_warnings(pinned, question.language, as_of=as_of)
    warnings += outdated_warnings(pinned, question.language)
    snapshot = pinned.layer(question.layer)
    around = hazards_at(pinned, at_lonlat_deg, as_of=as_of)
    if around:
        named = ", ".join(around)
        said = (f"所问地点在生效的危险区内: {named}", f"the place asked lies inside an active hazard area: {named}")
        warnings.append(say(question.language, *said))

    asked = Asked(
        where=question.where,
        at_date=local_date(as_of, zone),
        availability=question.availability,
        as_of=as_of,
        max_age_s=max_age_s,
        ignore_hazards=question.ignore_hazards,
        caller=caller,
    )
    judged = judge(pinned, snapshot, asked)
    if question.own_area_only:
        areas = OwnAreas(pinned, snapshot, at_lonlat_deg)
        judged = judged.also_failing(areas.foreign(judged.all_visible), Reason.WRONG_TYPE)
    wind = wind_at(pinned, question.incident_id, as_of=as_of)
    if wind is not None:
        warnings += wind.warnings(question.language)
    ranking = Ranking(
        snapshot=snapshot,
        at_lonlat_deg=at_lonlat_deg,
        judged=judged,
        destination_in=bool(around),
        include_private=caller.may(Permission.READ_PRIVATE),
        question=question,
        wind=wind,
    )
    posed = Posed(pinned, ranking, measure, k, as_of, max_age_s, defaults, caller, (*measure.warnings, *warnings))
    if network is None or measure.metric is Metric.STRAIGHT_LINE:
        return straight_answer(posed)
    from geo_ems.services.arrival import arrival_answer  # noqa: PLC0415 - a straight line loads no search over roads

    return arrival_answer(posed, network)
