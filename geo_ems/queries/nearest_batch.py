"""Nearest points and points in reach for many queries at once, as exact as `nearest`.

A search by chord over Earth-centred coordinates finds places; geodesics then decide, and each query
carries its own proof: where it does not hold, that query alone is asked again, wider. The search is
compiled where the kernels are loaded or the work is worth loading them, else it compares all pairs.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from geo_ems.errors import UsageError
from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.compiled import Kernels, load_kernels, loaded_kernels
from geo_ems.queries.ellipsoid import (
    EQUATOR_RADIUS_M,
    ROUNDING_M,
    geodesic_m,
    is_within,
    largest_chord_m,
    pair_geodesic_m,
    shortest_geodesic_m,
)
from geo_ems.queries.nearest import check_count
from geo_ems.queries.parallel import in_parts
from geo_ems.queries.point_tree import BY_POSITION, EVERY, PointTree, build_point_tree, mark_candidates

# Pairs held at once while searching; about 100 bytes each.
_PAIRS_AT_ONCE: Final = 2_000_000
_WIDER: Final = 4
# Up to so many pairs comparing all takes less time than loading the kernels, or at worst compiling them.
_PAIRS_WORTH_LOADING: Final = 20_000_000
# Over fewer places the whole tree stays in the processor's cache, and the order of the queries does not matter.
_SORTED_FROM: Final = 30_000

_TreeArguments = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class SearchedPoints:
    """Some of n points, ready to be searched: `xyz_m` (3, n), `lonlat_deg` (n, 2), and which of them count.

    `chosen` (m,) are their indices, ascending; `tree` holds them, and perhaps others: `mask` is then
    how the kernels tell.
    """

    xyz_m: FloatArray
    lonlat_deg: FloatArray
    chosen: IntArray
    tree: PointTree
    mask: tuple[int, BoolArray, BoolArray]

    @property
    def arguments(self) -> _TreeArguments:
        """Return the tree and the mask as the kernels take them."""
        return (*self.tree.arrays, *self.mask)


@dataclass(frozen=True, slots=True)
class NearestBatch:
    """For each of q queries the k nearest: `index` (q, k), -1 where fewer exist; `distance_m` then infinite."""

    index: IntArray
    distance_m: FloatArray


@dataclass(frozen=True, slots=True)
class WithinDistance:
    """Compressed rows: the points within reach of query i stand at `indptr[i]` to `indptr[i + 1]`.

    `indices` ascend within a query; `distance_m` are their geodesics.
    """

    indptr: IntArray
    indices: IntArray
    distance_m: FloatArray


def search_points(
    xyz_m: FloatArray, lonlat_deg: FloatArray, *, candidates: BoolArray | None = None, tree: PointTree | None = None
) -> SearchedPoints:
    """Return the candidates among points, `xyz_m` (3, n) and `lonlat_deg` (n, 2), all finite, ready to be searched.

    A `tree` there is already over these points (all of them that have a place) is used again.
    """
    chosen = np.arange(lonlat_deg.shape[0]) if candidates is None else np.flatnonzero(candidates)
    nothing = np.empty(0, dtype=np.bool_)
    if tree is None:
        return SearchedPoints(xyz_m, lonlat_deg, chosen, build_point_tree(xyz_m, chosen), (EVERY, nothing, nothing))
    if candidates is None or chosen.size == len(tree):
        return SearchedPoints(xyz_m, lonlat_deg, np.sort(tree.order), tree, (EVERY, nothing, nothing))
    marked = mark_candidates(tree, candidates)
    return SearchedPoints(xyz_m, lonlat_deg, chosen, tree, (BY_POSITION, marked.at_position, marked.in_node))


def nearest_batch(
    xyz_m: FloatArray,
    lonlat_deg: FloatArray,
    *,
    at_xyz_m: FloatArray,
    at_lonlat_deg: FloatArray,
    k: int,
    candidates: BoolArray | None = None,
) -> NearestBatch:
    """Return the k nearest points of many queries, in the order distance, index.

    Points `xyz_m` (3, n), `lonlat_deg` (n, 2); queries `at_xyz_m` (3, q), `at_lonlat_deg` (q, 2).

    Raises
    ------
    UsageError
        Where k is below 1.
    """
    points = search_points(xyz_m, lonlat_deg, candidates=candidates)
    return nearest_of_many(points, at_xyz_m=at_xyz_m, at_lonlat_deg=at_lonlat_deg, k=k)


def nearest_of_many(
    points: SearchedPoints, *, at_xyz_m: FloatArray, at_lonlat_deg: FloatArray, k: int, threads: int | None = None
) -> NearestBatch:
    """Return the k nearest points of many queries; see `nearest_batch`.

    The work is shared out to `threads`, to as many as there are processors where None.
    """
    check_count(k)
    query_count = at_lonlat_deg.shape[0]
    index = np.full((query_count, k), -1, dtype=np.int64)
    distance_m = np.full((query_count, k), np.inf)
    found = min(k, points.chosen.size)
    rows = np.flatnonzero(np.isfinite(at_xyz_m).all(axis=0)) if found else np.empty(0, dtype=np.int64)
    kernels = kernels_for(points, query_count)
    if kernels is not None and rows.size:
        doubtful = np.zeros(query_count, dtype=np.bool_)

        def search(part: IntArray) -> None:
            # Results in a row of their own, one after the other, are written faster than scattered ones.
            own_index, own_m = np.full((part.size, k), -1), np.full((part.size, k), np.inf)
            own_doubtful = np.empty(part.size, dtype=np.bool_)
            kernels.batches.nearest_of_each(
                at_xyz_m.take(part, axis=1), *points.arguments, points.chosen.size, own_index, own_m, own_doubtful
            )
            index[part], distance_m[part], doubtful[part] = own_index, own_m, own_doubtful

        in_parts(search, _close_together(kernels, points, at_xyz_m, rows), threads=threads)
        rows = np.flatnonzero(doubtful)
    # Each entry: queries still without a proof, and how many neighbours to measure for them.
    waiting = [(rows, min(k + 2, points.chosen.size))] if rows.size else []
    while waiting:
        query, count = waiting.pop()
        held = max(1, _PAIRS_AT_ONCE // (count if kernels is not None else points.chosen.size))
        if query.size > held:
            waiting.append((query[held:], count))
            query = query[:held]
        near, near_m, beyond_m = _measured_neighbours(points, kernels, at_xyz_m, at_lonlat_deg, query, count)
        proven = near_m[:, found - 1] < beyond_m - ROUNDING_M
        index[query[proven], :found] = near[proven, :found]
        distance_m[query[proven], :found] = near_m[proven, :found]
        if not proven.all():
            waiting.append((query[~proven], min(_WIDER * count, points.chosen.size)))
    return NearestBatch(index, distance_m)


def kernels_for(points: SearchedPoints, query_count: int) -> Kernels | None:
    """Return the compiled search where it is loaded, or where so many queries are worth loading it."""
    if query_count * points.chosen.size > _PAIRS_WORTH_LOADING:
        return load_kernels()
    return loaded_kernels()


def _close_together(kernels: Kernels, points: SearchedPoints, at_xyz_m: FloatArray, rows: IntArray) -> IntArray:
    """Return queries in an order in which neighbours ask about the same part of a large tree."""
    if len(points.tree) < _SORTED_FROM:
        return rows
    keys = np.empty(at_xyz_m.shape[1], dtype=np.uint64)
    kernels.batches.write_morton_keys(np.ascontiguousarray(at_xyz_m), keys)
    return rows[np.argsort(keys[rows])]


def _measured_neighbours(
    points: SearchedPoints,
    kernels: Kernels | None,
    at_xyz_m: FloatArray,
    at_lonlat_deg: FloatArray,
    query: IntArray,
    count: int,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return `count` neighbours per query ordered by geodesic, and the bound all other points lie beyond."""
    if kernels is None:
        near, chord_m = _closest_of_all(points, at_xyz_m[:, query], count)
    else:
        near, chords_m = np.empty((query.size, count), dtype=np.int64), np.empty((query.size, count))
        kernels.batches.closest_of_each(at_xyz_m.take(query, axis=1), *points.arguments, near, chords_m)
        chord_m = chords_m[:, -1]
    asked, flat = np.repeat(query, count), near.ravel()
    near_m = pair_geodesic_m(at_xyz_m[:, asked], at_lonlat_deg[asked], points.xyz_m[:, flat], points.lonlat_deg[flat])
    near, near_m = _ordered(near, near_m.reshape(near.shape))
    # Rivals closer than the short formula's error are decided by Geod, as in a single query.
    rivals = np.flatnonzero((np.diff(near_m, axis=1) < ROUNDING_M).any(axis=1))
    if rivals.size:
        places_deg = np.repeat(at_lonlat_deg[query[rivals]], count, axis=0)
        exact_m = geodesic_m(places_deg, points.lonlat_deg[near[rivals].ravel()]).reshape(rivals.size, count)
        near[rivals], near_m[rivals] = _ordered(near[rivals], exact_m)
    whole = count == points.chosen.size
    beyond_m = np.full(near.shape[0], np.inf) if whole else shortest_geodesic_m(chord_m)
    return near, near_m, beyond_m


def _closest_of_all(points: SearchedPoints, at_xyz_m: FloatArray, count: int) -> tuple[IntArray, FloatArray]:
    """Return `count` neighbours of each query by chord, in no order, and the largest chord, comparing all pairs."""
    chord_2 = _squared_chords(points, at_xyz_m)
    if count == points.chosen.size:
        near = np.broadcast_to(np.arange(count), chord_2.shape)
    else:
        near = np.argpartition(chord_2, count - 1, axis=1)[:, :count]
    chord_m = np.sqrt(np.take_along_axis(chord_2, near, axis=1).max(axis=1))
    return points.chosen[near], chord_m


def _squared_chords(points: SearchedPoints, at_xyz_m: FloatArray) -> FloatArray:
    """Return squared chords of all pairs of a query (3, q) and a chosen point, shape (q, m)."""
    to_m = points.xyz_m[:, points.chosen]
    chord_2 = np.subtract.outer(at_xyz_m[0], to_m[0]) ** 2
    for axis in (1, 2):
        chord_2 += np.subtract.outer(at_xyz_m[axis], to_m[axis]) ** 2
    return np.asarray(chord_2)


def _ordered(near: IntArray, near_m: FloatArray) -> tuple[IntArray, FloatArray]:
    order = np.lexsort((near, near_m), axis=1)
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(near_m, order, axis=1)


def within_distance_batch(
    xyz_m: FloatArray,
    lonlat_deg: FloatArray,
    *,
    at_xyz_m: FloatArray,
    at_lonlat_deg: FloatArray,
    cutoff_m: float,
    candidates: BoolArray | None = None,
) -> WithinDistance:
    """Return for every query all points whose geodesic is within the cutoff (m), the cutoff included.

    Shapes as in `nearest_batch`. At the cutoff itself Geod decides (`ellipsoid.is_within`).

    Raises
    ------
    UsageError
        Where the cutoff is negative or not a number.
    """
    points = search_points(xyz_m, lonlat_deg, candidates=candidates)
    return within_of_many(points, at_xyz_m=at_xyz_m, at_lonlat_deg=at_lonlat_deg, cutoff_m=cutoff_m)


def within_of_many(
    points: SearchedPoints, *, at_xyz_m: FloatArray, at_lonlat_deg: FloatArray, cutoff_m: float
) -> WithinDistance:
    """Return for every query all points within the cutoff; see `within_distance_batch`."""
    check_cutoff(cutoff_m)
    query_count = at_lonlat_deg.shape[0]
    limit_2 = chord_limit_2(cutoff_m)
    kernels = kernels_for(points, query_count)
    usable = np.flatnonzero(np.isfinite(at_xyz_m).all(axis=0)) if points.chosen.size else np.empty(0, dtype=np.int64)
    counts = np.full(usable.size, points.chosen.size)
    if kernels is not None:
        no_room, nowhere = np.zeros(usable.size + 1, dtype=np.int64), np.empty(0, dtype=np.int64)
        kernels.batches.within_of_each(
            at_xyz_m.take(usable, axis=1), limit_2, *points.arguments, no_room, nowhere, counts
        )
    parts: list[tuple[IntArray, IntArray, FloatArray]] = []
    before = np.concatenate([[0], np.cumsum(counts)])
    start = 0
    while start < usable.size:
        end = max(start + 1, int(np.searchsorted(before, before[start] + _PAIRS_AT_ONCE, side="right")) - 1)
        rows, first = usable[start:end], before[start : end + 1] - before[start]
        if kernels is None:
            query, column = np.nonzero(_squared_chords(points, at_xyz_m[:, rows]) <= limit_2)
            asked, point = rows[query], points.chosen[column]
        else:
            asked, point = np.repeat(rows, np.diff(first)), np.empty(first[-1], dtype=np.int64)
            kernels.batches.within_of_each(
                at_xyz_m.take(rows, axis=1), limit_2, *points.arguments, first, point, np.empty_like(rows)
            )
        parts.append(_pairs_within(points, at_xyz_m, at_lonlat_deg, asked, point, cutoff_m))
        start = end
    query = np.concatenate([part[0] for part in parts] or [np.empty(0, dtype=np.int64)])
    point = np.concatenate([part[1] for part in parts] or [np.empty(0, dtype=np.int64)])
    distance_m = np.concatenate([part[2] for part in parts] or [np.empty(0)])
    order = np.lexsort((point, query))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(query, minlength=query_count))])
    return WithinDistance(indptr, point[order], distance_m[order])


def _pairs_within(
    points: SearchedPoints,
    at_xyz_m: FloatArray,
    at_lonlat_deg: FloatArray,
    asked: IntArray,
    point: IntArray,
    cutoff_m: float,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return those pairs of a query and a point that lie within the cutoff, with their geodesics."""
    distance_m = pair_geodesic_m(
        at_xyz_m[:, asked], at_lonlat_deg[asked], points.xyz_m[:, point], points.lonlat_deg[point]
    )
    doubtful = np.flatnonzero(np.abs(distance_m - cutoff_m) < 2.0 * ROUNDING_M)
    distance_m[doubtful] = geodesic_m(at_lonlat_deg[asked[doubtful]], points.lonlat_deg[point[doubtful]])
    kept = is_within(distance_m, cutoff_m=cutoff_m)
    return asked[kept], point[kept], distance_m[kept]


def chord_limit_2(cutoff_m: float) -> float:
    """Return a squared chord that no place within the cutoff exceeds; no two places on the Earth exceed its largest."""
    return min(largest_chord_m(cutoff_m) + ROUNDING_M, 2.0 * EQUATOR_RADIUS_M + 1.0) ** 2


def check_cutoff(cutoff_m: float) -> None:
    """Refuse a cutoff that is negative or not a number."""
    if not cutoff_m >= 0.0:
        raise UsageError(
            f"The cutoff is {cutoff_m} m", remedy="Give a distance of 0 m or more.", field="cutoff_m", value=cutoff_m
        )
