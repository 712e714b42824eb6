"""Who is covered: people with a usable facility within a distance or a time on the roads (SEMANTICS 1.3, reachable)."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSource
from geo_ems.errors import UsageError
from geo_ems.model.answers import CoverageAnswer, CoverageTotal
from geo_ems.model.caller import Caller
from geo_ems.model.columns import BoolArray
from geo_ems.queries.coverage import coverage as straight_coverage
from geo_ems.services.coverage_by_road import covered_by_road, reasons_by_road, reasons_in_straight_line
from geo_ems.services.coverage_question import (
    counted_twice_warning,
    coverage_warnings,
    definition_in_words,
    echo,
    in_hazard_warning,
    measure_asked,
)
from geo_ems.services.coverage_rows import DISTRICT_LAYER, LEVEL_FIELD, demand_rows, district_rows, facility_rows
from geo_ems.services.demand_points import check_carries_people, demand_points
from geo_ems.services.eligibility import HAZARD_LAYER, hazard_warnings, outdated_warnings
from geo_ems.services.provenance import data_as_of, instant_text
from geo_ems.services.questions import CoverageQuestion
from geo_ems.services.road_reach import ROAD_LAYERS, NetworkSource, RoadTerms, road_work
from geo_ems.services.usable_facilities import check_states_asked, usable_facilities
from geo_ems.settings import Defaults

__all__ = ["DISTRICT_LAYER", "LEVEL_FIELD", "coverage"]


def coverage(
    source: SnapshotSource,
    question: CoverageQuestion,
    *,
    caller: Caller,
    defaults: Defaults,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
    roads: NetworkSource | None = None,
) -> CoverageAnswer:
    """Return the people that have a usable facility within the cutoff, per district and per facility.

    Raises
    ------
    UsageError
        Where the cutoff is missing, out of range or not of the metric's unit, the demand layer carries no
        people, `by` is not the districts, or roads are needed and none are loaded.
    NotFoundError
        Where a layer does not exist.
    """
    role = source.definition(question.layer).role
    check_carries_people(source, question.demand)
    if question.by != DISTRICT_LAYER:
        raise UsageError(
            f"figures by '{question.by}' are not known", remedy="Write districts.", field="by", value=question.by
        )
    check_states_asked(question)
    measure = measure_asked(question, role, defaults)
    names = {question.layer, question.demand, DISTRICT_LAYER, HAZARD_LAYER}
    if measure.by_road:
        names |= ROAD_LAYERS
    pinned = source.pin(sorted(names & set(source.definitions)))
    as_of = (question.as_of or clock()).replace(microsecond=0)
    facilities, demand = pinned.layer(question.layer), demand_points(pinned.layer(question.demand), caller)
    judged = usable_facilities(pinned, facilities, question, caller=caller, defaults=defaults, zone=zone, as_of=as_of)
    usable = judged.usable
    warnings: list[str] = []
    used = None
    if measure.by_road:
        terms = RoadTerms(
            measure.metric,
            measure.mode,
            measure.direction,
            as_of,
            question.language,
            question.drawn_barriers,
            question.barrier_ids,
            question.policy,
        )
        work = road_work(pinned, roads, terms, defaults=defaults)
        used = work.used
        warnings += work.found.warnings
        covered = covered_by_road(work, facilities, usable, demand, cutoff=measure.cutoff)
        answer = covered.coverage
        reasons = reasons_by_road(covered, demand, role=role)
    else:
        answer = straight_coverage(
            demand.places_deg, demand.people, facilities.shapes, usable=usable, cutoff_m=measure.cutoff
        )
        reasons = reasons_in_straight_line(answer, demand, role=role)
    warnings += coverage_warnings(
        question, demand.people, located=demand.layer.is_located, counts=judged.counts, usable=usable
    )
    warnings += counted_twice_warning(question, _kinds(demand.layer, demand.counted))
    warnings += in_hazard_warning(question, _names(facilities, judged.in_hazard))
    warnings += hazard_warnings(pinned, question.language, as_of=as_of)
    warnings += outdated_warnings(pinned, question.language)
    districts = district_rows(pinned, demand, answer.is_reachable, warnings, question)
    return CoverageAnswer(
        query=echo(question, measure, as_of),
        definition=definition_in_words(measure, defaults),
        snapshot_id=pinned.snapshot_id,
        as_of=instant_text(as_of),
        data_as_of={name: data_as_of(layer) for name, layer in sorted(pinned.layers.items())},
        total=CoverageTotal(answer.people, answer.people_reachable, answer.people_unreachable),
        districts=districts,
        facilities=facility_rows(facilities, answer, usable),
        demand=demand_rows(demand, answer, facilities, reasons),
        excluded_counts=judged.counts,
        warnings=tuple(warnings),
        roads=used,
    )


def _kinds(people_layer: LayerSnapshot, counted: BoolArray) -> frozenset[str]:
    """Return the kinds of demand point that occur."""
    kind = people_layer.columns.columns.get("kind")
    if kind is None or not kind.field.codes:
        return frozenset()
    codes = tuple(kind.field.codes)
    return frozenset(codes[index] for index in np.unique(kind.values[counted & kind.known].astype(np.int64)))


def _names(facilities: LayerSnapshot, rows: BoolArray) -> list[str]:
    names = facilities.columns.columns[facilities.definition.name_field]
    return [str(names.values[row] or facilities.columns.ids[row]) for row in np.flatnonzero(rows)]
