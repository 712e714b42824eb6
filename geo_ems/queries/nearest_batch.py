"""Nearest points and points in reach for many queries at once, as exact as `nearest`.

A k-d tree over Earth-centred coordinates finds places by chord; geodesics then decide, and each
query carries its own proof: where it does not hold, that query alone is asked again, wider.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from geo_ems.errors import UsageError
from geo_ems.model.columns import BoolArray, FloatArray, IntArray
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

# Pairs held at once while searching; about 100 bytes each.
_PAIRS_AT_ONCE: Final = 2_000_000
_WIDER: Final = 4


@dataclass(frozen=True, slots=True)
class PointTree:
    """A k-d tree over some of n points; `chosen` (m,) are their indices, ascending."""

    tree: cKDTree
    chosen: IntArray
    xyz_m: FloatArray
    lonlat_deg: FloatArray


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


def build_point_tree(xyz_m: FloatArray, lonlat_deg: FloatArray, *, candidates: BoolArray | None = None) -> PointTree:
    """Return a tree over the candidates among points, `xyz_m` (3, n) and `lonlat_deg` (n, 2), all finite."""
    chosen = np.arange(lonlat_deg.shape[0]) if candidates is None else np.flatnonzero(candidates)
    chosen_xyz_m = np.ascontiguousarray(xyz_m[:, chosen])
    return PointTree(cKDTree(chosen_xyz_m.T), chosen, chosen_xyz_m, lonlat_deg[chosen])


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
    tree = build_point_tree(xyz_m, lonlat_deg, candidates=candidates)
    return nearest_in_tree(tree, at_xyz_m=at_xyz_m, at_lonlat_deg=at_lonlat_deg, k=k)


def nearest_in_tree(tree: PointTree, *, at_xyz_m: FloatArray, at_lonlat_deg: FloatArray, k: int) -> NearestBatch:
    """Return the k nearest points of many queries; see `nearest_batch`."""
    check_count(k)
    query_count = at_lonlat_deg.shape[0]
    index = np.full((query_count, k), -1, dtype=np.int64)
    distance_m = np.full((query_count, k), np.inf)
    found = min(k, tree.chosen.size)
    # Each entry: queries still without a proof, and how many neighbours to measure for them.
    waiting = [(np.arange(query_count), min(k + 2, tree.chosen.size))] if found else []
    while waiting:
        query, count = waiting.pop()
        rows = max(1, _PAIRS_AT_ONCE // count)
        if query.size > rows:
            waiting.append((query[rows:], count))
            query = query[:rows]
        near, near_m, beyond_m = _measured_neighbours(tree, at_xyz_m[:, query], at_lonlat_deg[query], count)
        proven = near_m[:, found - 1] < beyond_m - ROUNDING_M
        index[query[proven], :found] = tree.chosen[near[proven, :found]]
        distance_m[query[proven], :found] = near_m[proven, :found]
        if not proven.all():
            waiting.append((query[~proven], min(_WIDER * count, tree.chosen.size)))
    return NearestBatch(index, distance_m)


def _measured_neighbours(
    tree: PointTree, at_xyz_m: FloatArray, at_lonlat_deg: FloatArray, count: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return `count` neighbours per query ordered by geodesic, and the bound all other points lie beyond."""
    found_m, found = tree.tree.query(at_xyz_m.T, k=np.arange(1, count + 1))
    chord_m, near = np.asarray(found_m), np.asarray(found)
    query = np.repeat(np.arange(near.shape[0]), count)
    flat = near.ravel()
    near_m = pair_geodesic_m(at_xyz_m[:, query], at_lonlat_deg[query], tree.xyz_m[:, flat], tree.lonlat_deg[flat])
    near, near_m = _ordered(near, near_m.reshape(near.shape))
    # Rivals closer than the short formula's error are decided by Geod, as in a single query.
    rivals = np.flatnonzero((np.diff(near_m, axis=1) < ROUNDING_M).any(axis=1))
    if rivals.size:
        places_deg = np.repeat(at_lonlat_deg[rivals], count, axis=0)
        exact_m = geodesic_m(places_deg, tree.lonlat_deg[near[rivals].ravel()]).reshape(rivals.size, count)
        near[rivals], near_m[rivals] = _ordered(near[rivals], exact_m)
    whole = count == tree.chosen.size
    beyond_m = np.full(near.shape[0], np.inf) if whole else shortest_geodesic_m(chord_m[:, -1])
    return near, near_m, beyond_m


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
    tree = build_point_tree(xyz_m, lonlat_deg, candidates=candidates)
    return within_in_tree(tree, at_xyz_m=at_xyz_m, at_lonlat_deg=at_lonlat_deg, cutoff_m=cutoff_m)


def within_in_tree(
    tree: PointTree, *, at_xyz_m: FloatArray, at_lonlat_deg: FloatArray, cutoff_m: float
) -> WithinDistance:
    """Return for every query all points within the cutoff; see `within_distance_batch`."""
    check_cutoff(cutoff_m)
    query_count = at_lonlat_deg.shape[0]
    # No two places on the Earth are farther apart than this chord.
    chord_m = min(largest_chord_m(cutoff_m) + ROUNDING_M, 2.0 * EQUATOR_RADIUS_M + 1.0)
    parts: list[tuple[IntArray, IntArray, FloatArray]] = []
    waiting = [np.arange(query_count)] if query_count and tree.chosen.size else []
    while waiting:
        query = waiting.pop()
        queries = cKDTree(at_xyz_m[:, query].T)
        if query.size > 1 and queries.count_neighbors(tree.tree, chord_m) > _PAIRS_AT_ONCE:
            waiting += np.array_split(query, 2)
            continue
        pairs = queries.sparse_distance_matrix(tree.tree, chord_m, output_type="ndarray")
        asked, point = query[pairs["i"]], np.asarray(pairs["j"], dtype=np.int64)
        distance_m = pair_geodesic_m(
            at_xyz_m[:, asked], at_lonlat_deg[asked], tree.xyz_m[:, point], tree.lonlat_deg[point]
        )
        doubtful = np.flatnonzero(np.abs(distance_m - cutoff_m) < 2.0 * ROUNDING_M)
        distance_m[doubtful] = geodesic_m(at_lonlat_deg[asked[doubtful]], tree.lonlat_deg[point[doubtful]])
        kept = is_within(distance_m, cutoff_m=cutoff_m)
        parts.append((asked[kept], point[kept], distance_m[kept]))
    query = np.concatenate([part[0] for part in parts] or [np.empty(0, dtype=np.int64)])
    point = np.concatenate([part[1] for part in parts] or [np.empty(0, dtype=np.int64)])
    distance_m = np.concatenate([part[2] for part in parts] or [np.empty(0)])
    order = np.lexsort((point, query))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(query, minlength=query_count))])
    return WithinDistance(indptr, tree.chosen[point[order]], distance_m[order])


def check_cutoff(cutoff_m: float) -> None:
    """Refuse a cutoff that is negative or not a number."""
    if not cutoff_m >= 0.0:
        raise UsageError(
            f"The cutoff is {cutoff_m} m", remedy="Give a distance of 0 m or more.", field="cutoff_m", value=cutoff_m
        )
