"""Service areas: what facilities reach within breaks, by road or in a straight line (SEMANTICS 1.2)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSource
from geo_ems.errors import known_names
from geo_ems.model.area_answers import ServiceAreasAnswer
from geo_ems.model.caller import Caller
from geo_ems.model.columns import IntArray
from geo_ems.model.roads import Metric
from geo_ems.services.area_question import (
    ServiceAreaQuestion,
    breaks_asked,
    check_number_of_areas,
    definition_in_words,
    echo,
)
from geo_ems.services.area_warnings import area_warnings
from geo_ems.services.demand_points import check_carries_people, demand_points
from geo_ems.services.eligibility import HAZARD_LAYER, hazard_warnings, outdated_warnings
from geo_ems.services.posed_areas import PosedAreas
from geo_ems.services.provenance import data_as_of, instant_text
from geo_ems.services.road_reach import (
    ROAD_LAYERS,
    NetworkSource,
    RoadTerms,
    default_direction,
    default_mode,
    road_work,
)
from geo_ems.services.turnout import turnouts_of
from geo_ems.services.usable_facilities import UsableFacilities, check_states_asked, usable_facilities
from geo_ems.settings import Defaults


def service_areas(
    source: SnapshotSource,
    question: ServiceAreaQuestion,
    *,
    caller: Caller,
    defaults: Defaults,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
    roads: NetworkSource | None = None,
) -> ServiceAreasAnswer:
    """Return what facilities reach within each break, and the people there.

    Raises
    ------
    UsageError
        Where breaks, facilities or barriers are wrongly put, the areas are too many, or roads are
        needed and none are loaded.
    NotFoundError
        Where a layer or a facility does not exist.
    """
    definition = source.definition(question.layer)
    check_carries_people(source, question.demand)
    check_states_asked(question)
    breaks = breaks_asked(question)
    wanted = {question.layer, question.demand, *ROAD_LAYERS, HAZARD_LAYER} & set(source.definitions)
    pinned = source.pin(sorted(wanted))
    as_of = (question.as_of or clock()).replace(microsecond=0)
    facilities, demand = pinned.layer(question.layer), demand_points(pinned.layer(question.demand), caller)
    judged = usable_facilities(pinned, facilities, question, caller=caller, defaults=defaults, zone=zone, as_of=as_of)
    rows = _rows_asked(facilities, judged, question.ids)
    check_number_of_areas(rows.size, breaks)
    direction = question.direction or default_direction(definition.role)
    mode = None if breaks.metric is Metric.STRAIGHT_LINE else question.mode or default_mode(definition.role)
    asked = PosedAreas(question, breaks, direction, facilities, rows, demand, turnouts_of(facilities, defaults))
    if mode is None:
        work, starts = None, None
        found = asked.straight()
    else:
        terms = RoadTerms(
            breaks.metric,
            mode,
            direction,
            as_of,
            question.language,
            question.drawn_barriers,
            question.barrier_ids,
            question.policy,
        )
        work = road_work(pinned, roads, terms, defaults=defaults)
        starts = work.attached(asked.places_deg)
        found = asked.by_road(work, starts)
    told = asked.facility_rows(starts)
    warnings = area_warnings(question, told, demand, judged, facilities, work=work)
    warnings += hazard_warnings(pinned, question.language, as_of=as_of)
    warnings += outdated_warnings(pinned, question.language)
    return ServiceAreasAnswer(
        query=echo(question, breaks, mode=mode, direction=direction, as_of=as_of),
        definition=definition_in_words(breaks, question, access_speed_kmh=defaults.access_speed_kmh),
        snapshot_id=pinned.snapshot_id,
        as_of=instant_text(as_of),
        data_as_of={name: data_as_of(layer) for name, layer in sorted(pinned.layers.items())},
        roads=None if work is None else work.used,
        facilities=told,
        areas=found,
        excluded_counts=judged.counts,
        warnings=tuple(warnings),
    )


def _rows_asked(facilities: LayerSnapshot, judged: UsableFacilities, ids: Sequence[str]) -> IntArray:
    """Return the facilities named, whatever their state, or all that count; those without a place come along."""
    if not ids:
        return np.flatnonzero(judged.usable)
    visible = {str(facilities.columns.ids[row]): int(row) for row in np.flatnonzero(judged.visible)}
    for name in ids:
        if name not in visible:
            raise known_names("facility", name, sorted(visible)[:20])
    return np.array(sorted({visible[name] for name in ids}), dtype=np.int64)
