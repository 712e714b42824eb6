"""Who is covered: people with a usable facility within a straight-line distance (SEMANTICS 1.3, reachable)."""

from collections.abc import Callable
from datetime import datetime

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
from geo_ems.model.columns import BoolArray, IntArray, LayerColumns
from geo_ems.model.definitions import REASONS, Availability, Reason
from geo_ems.queries.areas import AreaIndex
from geo_ems.queries.coverage import StraightCoverage, straight_coverage
from geo_ems.queries.eligibility import first_failing_test
from geo_ems.queries.hazards import representative_lonlat
from geo_ems.services.eligibility import (
    HAZARD_LAYER,
    SHELTER_ROLE,
    capacities,
    condition_tests,
    hazard_exposure,
    position_tests,
    status_tests,
    visible_rows,
)
from geo_ems.services.provenance import data_as_of, instant_text
from geo_ems.services.questions import CoverageQuestion
from geo_ems.services.words import say, text_or_none
from geo_ems.settings import Defaults

DISTRICT_LAYER = "districts"
LEVEL_FIELD = "level"
_DEFAULT_CUTOFFS = {"shelter": "shelter_cutoff_m", "depot": "depot_cutoff_m", "team": "team_cutoff_m"}


def coverage(
    source: SnapshotSource,
    question: CoverageQuestion,
    *,
    caller: Caller,
    defaults: Defaults,
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
    cutoff_m = _cutoff_m(question, facility.role, defaults)
    wanted = {question.layer, question.demand, DISTRICT_LAYER, HAZARD_LAYER} & set(source.definitions)
    pinned = source.pin(sorted(wanted))
    as_of = question.as_of or clock().replace(microsecond=0)
    facilities, people_layer = pinned.layer(question.layer), pinned.layer(question.demand)

    usable, counts = _usable(pinned, facilities, question, caller=caller, defaults=defaults, as_of=as_of)
    counted = visible_rows(people_layer, caller)
    people = np.where(counted, people_layer.columns.columns[demand.weight_field].values, 0.0)
    people = np.nan_to_num(people.astype(np.float64), nan=0.0).astype(np.int64)
    answer = straight_coverage(
        people_layer.shapes, people, facilities.shapes, facility_candidates=usable, cutoff_m=cutoff_m
    )
    located = people_layer.shapes.located
    warnings = _warnings(question, people, located=located, usable=usable)
    districts = _by_district(pinned, people_layer, people, answer.reachable, counted, warnings, question)
    reachable = int(people[answer.reachable].sum())
    return CoverageAnswer(
        query=_echo(question, cutoff_m, as_of),
        definition=_definition_in_words(),
        snapshot_id=pinned.snapshot_id,
        as_of=instant_text(as_of),
        data_as_of={name: data_as_of(layer) for name, layer in sorted(pinned.layers.items())},
        total=CoverageTotal(int(people.sum()), reachable, int(people.sum()) - reachable),
        districts=districts,
        facilities=_facility_rows(facilities, answer, usable),
        demand=_demand_rows(people_layer, people, answer, facilities, np.flatnonzero(counted)),
        excluded_counts=counts,
        warnings=tuple(warnings),
    )


def _usable(  # noqa: PLR0913 everything that decides whether a facility counts
    pinned: SnapshotSet,
    facilities: LayerSnapshot,
    question: CoverageQuestion,
    *,
    caller: Caller,
    defaults: Defaults,
    as_of: datetime,
) -> tuple[BoolArray, dict[Reason, int]]:
    """Return which facilities count, and how many of the others failed which test first."""
    wanted = {Availability.AVAILABLE}
    tests = [*condition_tests(facilities, question.where, as_of=as_of)]
    status = status_tests(facilities, frozenset(wanted))
    if not question.as_of_now:
        planned = _planned(facilities)
        status = [(reason, failing & ~planned) for reason, failing in status]
    on_position, _ = position_tests(facilities, as_of=as_of, max_age_s=float(defaults.position_stale_after_s))
    tests = [*tests, *status, *on_position]
    if facilities.definition.role == SHELTER_ROLE and not question.ignore_hazards:
        tests.append((Reason.INSIDE_HAZARD, hazard_exposure(pinned, facilities, as_of=as_of).inside))
    reason_index = first_failing_test(len(facilities.columns), tests)
    visible = visible_rows(facilities, caller)
    counts = np.bincount(reason_index[visible & (reason_index >= 0)], minlength=len(REASONS))
    usable: BoolArray = visible & (reason_index < 0)
    return usable, {reason: int(n) for reason, n in zip(REASONS, counts, strict=True) if n}


def _planned(facilities: LayerSnapshot) -> BoolArray:
    """Return which facilities planning counts whatever their occupancy is today (ruling 9: open, standby)."""
    none = np.zeros(len(facilities.columns), dtype=bool)
    status = facilities.definition.status_field
    if status is None:
        return none
    column = facilities.columns.columns[status]
    planned = [index for index, code in enumerate(column.field.codes.values()) if code.planned]
    return none | np.isin(column.values, planned)


def _by_district(  # noqa: PLR0913 people, who of them is reached, and where they live
    pinned: SnapshotSet,
    people_layer: LayerSnapshot,
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
    places = representative_lonlat(people_layer.columns.geometries)
    place_rows, district_rows = AreaIndex.build(districts.columns.geometries).areas_containing(places)
    inside = np.zeros(people.size, dtype=bool)
    inside[place_rows] = True
    outside = int(people[counted & ~inside].sum())
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


def _facility_rows(
    facilities: LayerSnapshot, answer: StraightCoverage, usable: BoolArray
) -> tuple[FacilityCoverage, ...]:
    definition, columns = facilities.definition, facilities.columns
    rule = definition.capacity
    places = np.full(len(columns), np.nan) if rule is None else capacities(facilities, rule)
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
                geometry=facilities.shapes.geometries[row],
            )
        )
    return tuple(rows)


def _demand_rows(  # noqa: PLR0913 one row, spelled out
    people_layer: LayerSnapshot,
    people: IntArray,
    answer: StraightCoverage,
    facilities: LayerSnapshot,
    rows: IntArray,
) -> tuple[DemandCoverage, ...]:
    columns = people_layer.columns
    names, districts = columns.columns[people_layer.definition.name_field], columns.columns.get("district_id")
    too_far = "no_shelter_in_cutoff" if facilities.definition.role == SHELTER_ROLE else "no_facility_in_cutoff"
    found = []
    for row in rows:
        nearest_row = int(answer.nearest_index[row])
        located = bool(people_layer.shapes.located[row])
        reason = None if answer.reachable[row] else (too_far if located else "unlocated")
        district = None if districts is None or not districts.known[row] else str(districts.values[row])
        found.append(
            DemandCoverage(
                id=str(columns.ids[row]),
                name=str(names.values[row]) if names.known[row] else None,
                district_id=district,
                people=int(people[row]),
                reachable=bool(answer.reachable[row]),
                reason=reason,
                nearest_id=None if nearest_row < 0 else str(facilities.columns.ids[nearest_row]),
                nearest_cost=None if nearest_row < 0 else round(float(answer.nearest_m[row]), 3),
                backup_count=int(answer.backup_count[row]),
                geometry=people_layer.shapes.geometries[row],
            )
        )
    return tuple(found)


def _cutoff_m(question: CoverageQuestion, role: str, defaults: Defaults) -> float:
    cutoff_m = question.cutoff_m
    if cutoff_m is None:
        name = _DEFAULT_CUTOFFS.get(role)
        if name is None:
            raise UsageError(
                f"layer '{question.layer}' has no default cutoff", remedy="Give one, such as 2000m.", field="cutoff_m"
            )
        cutoff_m = float(getattr(defaults, name))
    if not 0 <= cutoff_m < np.inf:
        raise UsageError(
            f"the cutoff is {cutoff_m} m", remedy="Write metres, 0 or more.", field="cutoff_m", value=cutoff_m
        )
    return cutoff_m


def _warnings(question: CoverageQuestion, people: IntArray, *, located: BoolArray, usable: BoolArray) -> list[str]:
    warnings = []
    placeless = int(people[~located].sum())
    if placeless:
        warnings.append(
            say(
                question.language,
                f"{placeless} 人没有坐标,按未覆盖计",
                f"{placeless} people have no place and are counted as not reached",
            )
        )
    if not usable.any():
        warnings.append(say(question.language, "没有可用设施", "no facility is usable"))
    return warnings


def _echo(question: CoverageQuestion, cutoff_m: float, as_of: datetime) -> dict[str, object]:
    return {
        "layer": question.layer,
        "metric": "straight_line",
        "cutoff_m": cutoff_m,
        "where": list(question.where_text),
        "demand": question.demand,
        "by": question.by,
        "as_of_now": question.as_of_now,
        "ignore_hazards": question.ignore_hazards,
        "as_of": instant_text(as_of),
        "lang": question.language,
    }


def _definition_in_words() -> dict[str, object]:
    return {
        "figure": "reachable: people with at least one usable facility within the cutoff; capacity is not used",
        "metric": "straight_line",
        "units": "m",
        "cutoff_inclusive": True,
        "distance": "WGS84 geodesic from the demand point to the facility; to an area: to its boundary, 0 inside",
        "demand_place": "a point as it is; an area at a representative point inside it",
        "district": "a demand point counts in every district that contains its place; the boundary is inside",
        "backup_count": "number of usable facilities within the cutoff",
        "crs": "OGC:CRS84",
    }
