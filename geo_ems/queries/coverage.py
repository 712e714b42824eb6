"""Straight-line coverage: who has a usable facility within the cutoff, and who has how many.

Facilities are points, lines or areas (distance to the edge, 0 inside). People are whole persons,
so all totals are exact: reachable + unreachable == people.
"""

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.ellipsoid import (
    ROUNDING_M,
    SHORT_CHORD_M,
    is_within,
    largest_chord_m,
    longest_geodesic_m,
    lonlat_to_xyz,
)
from geo_ems.queries.nearest_batch import (
    SearchedPoints,
    check_cutoff,
    chord_limit_2,
    kernels_for,
    nearest_of_many,
    search_points,
    within_of_many,
)
from geo_ems.queries.parallel import in_parts
from geo_ems.queries.shapes import PreparedGeometries, pair_distances

# Demand points, and (demand point, area) bounds, handled at once.
_DEMAND_AT_ONCE: Final = 20_000
_BOUNDS_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage of d demand points by f facilities.

    Per demand point (d,): `is_reachable`; `nearest_index` the nearest usable facility, also beyond
    the cutoff (-1: there is none, or the demand point has no place), `nearest_m` (then infinite);
    `backup_count` usable facilities within the cutoff. Per facility (f,), whole persons:
    `people_in_reach` within its cutoff; `people_nearest` those among them for whom it is the
    nearest, which add up to `people_reachable`.
    """

    is_reachable: BoolArray
    nearest_index: IntArray
    nearest_m: FloatArray
    backup_count: IntArray
    people_in_reach: IntArray
    people_nearest: IntArray
    people: int
    people_reachable: int
    people_unreachable: int


@dataclass(frozen=True, slots=True)
class _Reached:
    """For q demand points: pairs within the cutoff, and the nearest facility with its distance."""

    demand: IntArray
    facility: IntArray
    nearest_index: IntArray
    nearest_m: FloatArray


@dataclass(frozen=True, slots=True)
class _Found:
    """The arrays of `Coverage` while they are filled."""

    nearest_index: IntArray
    nearest_m: FloatArray
    backup_count: IntArray
    people_in_reach: IntArray


def coverage(
    demand_lonlat_deg: FloatArray,
    people_persons: IntArray,
    facilities: PreparedGeometries,
    *,
    usable: BoolArray,
    cutoff_m: float,
    threads: int | None = None,
) -> Coverage:
    """Return who is covered in a straight line; the cutoff (m) is included.

    `demand_lonlat_deg` (d, 2), NaN where a demand point has no place; `people_persons` (d,) int64;
    `usable` (f,). The nearest facility of equal distance is the first. The work is shared out to
    `threads`, to as many as there are processors where None.

    Raises
    ------
    UsageError
        Where the cutoff is negative or not a number.
    """
    check_cutoff(cutoff_m)
    usable = usable & facilities.is_located
    is_shape = facilities.shape_row >= 0
    points = search_points(
        facilities.centre_xyz_m, facilities.lonlat_deg, candidates=usable & ~is_shape, tree=facilities.blocks
    )
    shapes = np.flatnonzero(usable & is_shape)
    demand_count = demand_lonlat_deg.shape[0]
    found = _Found(
        nearest_index=np.full(demand_count, -1, dtype=np.int64),
        nearest_m=np.full(demand_count, np.inf),
        backup_count=np.zeros(demand_count, dtype=np.int64),
        people_in_reach=np.zeros(len(facilities), dtype=np.int64),
    )
    located = np.flatnonzero(np.isfinite(demand_lonlat_deg).all(axis=1))
    if not shapes.size:
        located = _cover_by_points(points, demand_lonlat_deg, people_persons, cutoff_m, located, found, threads)
    for start in range(0, located.size, _DEMAND_AT_ONCE):
        part = located[start : start + _DEMAND_AT_ONCE]
        reached = _reached(facilities, points, shapes, demand_lonlat_deg[part], cutoff_m)
        found.nearest_index[part], found.nearest_m[part] = reached.nearest_index, reached.nearest_m
        found.backup_count[part] = np.bincount(reached.demand, minlength=part.size)
        np.add.at(found.people_in_reach, reached.facility, people_persons[part][reached.demand])
    is_reachable = found.backup_count > 0
    people_nearest = np.zeros(len(facilities), dtype=np.int64)
    np.add.at(people_nearest, found.nearest_index[is_reachable], people_persons[is_reachable])
    people = int(people_persons.sum())
    people_reachable = int(people_persons[is_reachable].sum())
    return Coverage(
        is_reachable=is_reachable,
        nearest_index=found.nearest_index,
        nearest_m=found.nearest_m,
        backup_count=found.backup_count,
        people_in_reach=found.people_in_reach,
        people_nearest=people_nearest,
        people=people,
        people_reachable=people_reachable,
        people_unreachable=people - people_reachable,
    )


def _cover_by_points(
    points: SearchedPoints,
    demand_lonlat_deg: FloatArray,
    people_persons: IntArray,
    cutoff_m: float,
    rows: IntArray,
    found: _Found,
    threads: int | None,
) -> IntArray:
    """Write what the compiled search is sure of; return the demand points it leaves to be measured pair by pair."""
    kernels = kernels_for(points, rows.size) if cutoff_m <= SHORT_CHORD_M else None
    if kernels is None:
        return rows
    doubtful = np.zeros(demand_lonlat_deg.shape[0], dtype=np.bool_)
    limit_2 = chord_limit_2(cutoff_m)
    demand_lonlat_deg = np.ascontiguousarray(demand_lonlat_deg, dtype=np.float64)
    people_persons = np.ascontiguousarray(people_persons, dtype=np.int64)
    adding = threading.Lock()

    def cover(part: IntArray) -> None:
        people_in_reach = np.zeros_like(found.people_in_reach)
        kernels.batches.cover_rows(
            part,
            demand_lonlat_deg,
            people_persons,
            cutoff_m,
            limit_2,
            *points.arguments,
            found.nearest_index,
            found.nearest_m,
            found.backup_count,
            people_in_reach,
            doubtful,
        )
        with adding:
            np.add(found.people_in_reach, people_in_reach, out=found.people_in_reach)

    in_parts(cover, rows, threads=threads)
    return np.flatnonzero(doubtful)


def _reached(
    facilities: PreparedGeometries,
    points_asked: SearchedPoints,
    shapes: IntArray,
    lonlat_deg: FloatArray,
    cutoff_m: float,
) -> _Reached:
    xyz_m = lonlat_to_xyz(lonlat_deg)
    nearest = nearest_of_many(points_asked, at_xyz_m=xyz_m, at_lonlat_deg=lonlat_deg, k=1)
    within = within_of_many(points_asked, at_xyz_m=xyz_m, at_lonlat_deg=lonlat_deg, cutoff_m=cutoff_m)
    demand = np.repeat(np.arange(lonlat_deg.shape[0]), np.diff(within.indptr))
    points = _Reached(demand, within.indices, nearest.index[:, 0], nearest.distance_m[:, 0])
    if not shapes.size:
        return points
    demand, facility = _possible_pairs(facilities, shapes, xyz_m, points.nearest_m, cutoff_m)
    distance_m = pair_distances(facilities, facilities.shape_row[facility], at_lonlat_deg=lonlat_deg[demand])[0]
    inside = is_within(distance_m, cutoff_m=cutoff_m)
    nearest_index, nearest_m = _nearer(points, demand, facility, distance_m)
    return _Reached(
        np.concatenate([points.demand, demand[inside]]),
        np.concatenate([points.facility, facility[inside]]),
        nearest_index,
        nearest_m,
    )


def _possible_pairs(
    facilities: PreparedGeometries, shapes: IntArray, xyz_m: FloatArray, nearest_point_m: FloatArray, cutoff_m: float
) -> tuple[IntArray, IntArray]:
    """Return all pairs of demand point and line or area that may be within the cutoff, or be the nearest."""
    demands: list[IntArray] = []
    facility: list[IntArray] = []
    centre_m, radius_m = facilities.centre_xyz_m[:, shapes], facilities.radius_m[shapes]
    rows = max(1, _BOUNDS_AT_ONCE // shapes.size)
    for start in range(0, xyz_m.shape[1], rows):
        part = slice(start, start + rows)
        step = xyz_m[:, part, None] - centre_m[:, None, :]
        to_centre_m = np.sqrt((step * step).sum(axis=0))
        # Every edge of a shape lies in its ball, so the shape is no farther than the ball's far side.
        surely_m = longest_geodesic_m((to_centre_m + radius_m).min(axis=1))
        farthest_m = np.maximum(np.minimum(surely_m, nearest_point_m[part]), cutoff_m)
        limit_m = np.array([largest_chord_m(limit) for limit in farthest_m.tolist()])
        demand, column = np.nonzero(to_centre_m - radius_m - ROUNDING_M <= limit_m[:, None])
        demands.append(demand + start)
        facility.append(shapes[column])
    return np.concatenate(demands), np.concatenate(facility)


def _nearer(
    points: _Reached, demand: IntArray, facility: IntArray, distance_m: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Return the nearest of points and shapes for each demand point, in the order distance, index."""
    all_demand = np.concatenate([np.arange(points.nearest_index.size), demand])
    all_facility = np.concatenate([points.nearest_index, facility])
    all_m = np.concatenate([points.nearest_m, distance_m])
    order = np.lexsort((all_facility, all_m, all_demand))
    first = order[np.unique(all_demand[order], return_index=True)[1]]
    return all_facility[first], all_m[first]
