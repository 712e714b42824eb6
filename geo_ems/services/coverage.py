"""Who is covered: people with a usable facility within a straight-line distance (SEMANTICS 1.3, reachable)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet, SnapshotSource
from geo_ems.errors import UsageError
from geo_ems.model.answers import (
    CoverageAnswer,
    CoverageTotal,
    DemandCoverage,
    DistrictCoverage,
    FacilityCoverage,
)
from geo_ems.model.caller import Caller
from geo_ems.model.columns import BoolArray, FloatArray, IntArray, LayerColumns
from geo_ems.model.definitions import REASONS, Availability, Reason
from geo_ems.queries.areas import areas_by_place, representative_points
from geo_ems.queries.conditions import condition_tests
from geo_ems.queries.coverage import Coverage
from geo_ems.queries.coverage import coverage as straight_coverage
from geo_ems.queries.eligibility import count_reasons, first_failing_test
from geo_ems.services.coverage_question import (
    counted_twice_warning,
    coverage_warnings,
    cutoff_asked_m,
    definition_in_words,
    echo,
    in_hazard_warning,
)
from geo_ems.services.eligibility import (
    HAZARD_LAYER,
    SHELTER_ROLE,
    hazard_exposure,
    hazard_warnings,
    outdated_warnings,
    position_tests,
    status_tests,
    visible_rows,
)
from geo_ems.services.provenance import data_as_of, instant_text, local_date
from geo_ems.services.questions import CoverageQuestion
from geo_ems.services.words import say, text_or_none
from geo_ems.settings import Defaults

DISTRICT_LAYER = "districts"
LEVEL_FIELD = "level"


def coverage(
    source: SnapshotSource,
    question: CoverageQuestion,
    *,
    caller: Caller,
    defaults: Defaults,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
) -> CoverageAnswer:
    """Return the people that have a usable facility within the cutoff, per district and per facility.

    Raises
    ------
    UsageError
        Where the cutoff is missing or out of range, the demand layer carries no people, or `by`
        is not the districts.
    NotFoundError
        Where a layer does not exist.
    """
    facility, demand = source.definition(question.layer), source.definition(question.demand)
    if demand.weight_field is None:
        carriers = [name for name, item in source.definitions.items() if item.weight_field]
        raise UsageError(
            f"layer '{question.demand}' carries no people",
            remedy=f"Demand layers: {', '.join(carriers) or 'none'}.",
            field="demand",
            value=question.demand,
        )
    if question.by != DISTRICT_LAYER:
        raise UsageError(
            f"figures by '{question.by}' are not known", remedy="Write districts.", field="by", value=question.by
        )
    if question.as_of_now and question.availability is not None:
        raise UsageError(
            "as_of_now and availability answer the same question in two ways",
            remedy="Give one of them; as_of_now is availability=available.",
            field="availability",
            value=sorted(question.availability),
        )
    cutoff_m = cutoff_asked_m(question, facility.role, defaults)
    wanted = {question.layer, question.demand, DISTRICT_LAYER, HAZARD_LAYER} & set(source.definitions)
    pinned = source.pin(sorted(wanted))
    as_of = (question.as_of or clock()).replace(microsecond=0)
    facilities, people_layer = pinned.layer(question.layer), pinned.layer(question.demand)

    usable, counts, in_hazard = _usable(
        pinned, facilities, question, caller=caller, defaults=defaults, zone=zone, as_of=as_of
    )
    counted = visible_rows(people_layer, caller)
    people = np.where(counted, people_layer.columns.columns[demand.weight_field].values, 0.0)
    people = np.nan_to_num(people.astype(np.float64), nan=0.0).astype(np.int64)
    places = representative_points(people_layer.columns.geometries)
    answer = straight_coverage(places, people, facilities.shapes, usable=usable, cutoff_m=cutoff_m)
    warnings = coverage_warnings(question, people, located=people_layer.is_located, counts=counts, usable=usable)
    warnings += counted_twice_warning(question, _kinds(people_layer, counted))
    warnings += in_hazard_warning(question, _names(facilities, in_hazard))
    warnings += hazard_warnings(pinned, question.language, as_of=as_of)
    warnings += outdated_warnings(pinned, question.language)
    districts = _by_district(pinned, places, people, answer.is_reachable, counted, warnings, question)
    return CoverageAnswer(
        query=echo(question, cutoff_m, as_of),
        definition=definition_in_words(),
        snapshot_id=pinned.snapshot_id,
        as_of=instant_text(as_of),
        data_as_of={name: data_as_of(layer) for name, layer in sorted(pinned.layers.items())},
        total=CoverageTotal(answer.people, answer.people_reachable, answer.people_unreachable),
        districts=districts,
        facilities=_facility_rows(facilities, answer, usable),
        demand=_demand_rows(people_layer, people, answer, facilities, np.flatnonzero(counted)),
        excluded_counts=counts,
        warnings=tuple(warnings),
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


def _by_district(
    pinned: SnapshotSet,
    places: FloatArray,
    people: IntArray,
    reachable: BoolArray,
    counted: BoolArray,
    warnings: list[str],
    question: CoverageQuestion,
) -> tuple[DistrictCoverage, ...]:
    """Return the figures of every district at every level: a demand point counts where its place lies."""
    districts = pinned.layers.get(DISTRICT_LAYER)
    if districts is None or not len(districts.columns):
        said = ("没有行政区数据,不分区统计", "no districts are loaded: no figures by district")
        warnings.append(say(question.language, *said))
        return ()
    place_rows, district_rows = areas_by_place(districts.columns.geometries, places)
    inside = np.zeros(people.size, dtype=bool)
    inside[place_rows] = True
    outside = int(people[counted & ~inside & np.isfinite(places).all(axis=1)].sum())
    if outside:
        warnings.append(
            say(question.language, f"{outside} 人不在任何行政区内", f"{outside} people live outside every district")
        )
    size = len(districts.columns)
    kept = counted[place_rows]
    place_rows, district_rows = place_rows[kept], district_rows[kept]
    totals = np.bincount(district_rows, people[place_rows], minlength=size).astype(np.int64)
    reached = np.bincount(district_rows, people[place_rows] * reachable[place_rows], minlength=size).astype(np.int64)
    points = np.bincount(district_rows, minlength=size)
    order = sorted(range(size), key=lambda row: (_level_rank(districts.columns, row), str(districts.columns.ids[row])))
    return tuple(_district_row(districts, row, int(totals[row]), int(reached[row]), int(points[row])) for row in order)


def _district_row(districts: LayerSnapshot, row: int, people: int, reachable: int, points: int) -> DistrictCoverage:
    values = districts.columns.row_values(row, include_private=False)
    return DistrictCoverage(
        id=str(districts.columns.ids[row]),
        name=text_or_none(values.get("name")),
        name_en=text_or_none(values.get("name_en")),
        level=text_or_none(values.get(LEVEL_FIELD)),
        people=people,
        reachable=reachable,
        unreachable=people - reachable,
        share_reachable=round(reachable / people, 6) if people else None,
        demand_points=points,
    )


def _level_rank(columns: LayerColumns, row: int) -> int:
    column = columns.columns.get(LEVEL_FIELD)
    return int(column.values[row]) if column is not None else 0


def _facility_rows(facilities: LayerSnapshot, answer: Coverage, usable: BoolArray) -> tuple[FacilityCoverage, ...]:
    definition, columns = facilities.definition, facilities.columns
    places = facilities.capacity_persons
    rows = []
    for row in np.flatnonzero(usable):
        values = columns.row_values(int(row), include_private=False)
        rows.append(
            FacilityCoverage(
                id=str(columns.ids[row]),
                name=text_or_none(values.get(definition.name_field)),
                status=text_or_none(values.get(definition.status_field)) if definition.status_field else None,
                people_in_reach=int(answer.people_in_reach[row]),
                people_nearest=int(answer.people_nearest[row]),
                capacity=None if np.isnan(places[row]) else int(places[row]),
                geometry=facilities.geometry_at(int(row)),
            )
        )
    return tuple(rows)


def _demand_rows(
    people_layer: LayerSnapshot,
    people: IntArray,
    answer: Coverage,
    facilities: LayerSnapshot,
    rows: IntArray,
) -> tuple[DemandCoverage, ...]:
    columns = people_layer.columns
    names, districts = columns.columns[people_layer.definition.name_field], columns.columns.get("district_id")
    too_far = "no_shelter_in_cutoff" if facilities.definition.role == SHELTER_ROLE else "no_facility_in_cutoff"
    found = []
    for row in rows:
        nearest_row = int(answer.nearest_index[row])
        located = bool(people_layer.is_located[row])
        reason = None if answer.is_reachable[row] else (too_far if located else "unlocated")
        district = None if districts is None or not districts.known[row] else str(districts.values[row])
        found.append(
            DemandCoverage(
                id=str(columns.ids[row]),
                name=str(names.values[row]) if names.known[row] else None,
                district_id=district,
                people=int(people[row]),
                reachable=bool(answer.is_reachable[row]),
                reason=reason,
                nearest_id=None if nearest_row < 0 else str(facilities.columns.ids[nearest_row]),
                nearest_cost=None if nearest_row < 0 else round(float(answer.nearest_m[row]), 3),
                backup_count=int(answer.backup_count[row]),
                geometry=people_layer.geometry_at(row),
            )
        )
    return tuple(found)
