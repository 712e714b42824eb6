"""The k nearest points by WGS84 geodesic, exact and proved; ties decided and told.

Every place that was not measured has a lower bound (its chord) above the last place that counts, so
no place can be missing: that is the proof, and it needs no projection and knows no special case at
180 degrees or at the poles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo_ems.errors import UsageError
from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.chords import (
    LONGEST_LIST,
    Candidates,
    closest_by_chord,
    closest_in_tree,
    plain_mask,
    within_chord,
    within_in_tree,
)
from geo_ems.queries.compiled import Kernels, loaded_kernels
from geo_ems.queries.ellipsoid import (
    ROUNDING_M,
    LonLat,
    checked_position,
    distance_and_bearing,
    inverse_geodesic,
    largest_chord_m,
    position_xyz,
    shortest_geodesic_m,
    write_geodesics,
)
from geo_ems.queries.point_tree import EMPTY_TREE, EVERY, PointTree
from geo_ems.queries.point_tree_descent import closest_by_descent, descent_pays, within_by_descent

TIE_DECIMALS: Final = 1
"""Distances equal after rounding to 0.1 m are tied (ruling 7)."""

# Measured beyond k + 1, so that the first proof nearly always holds: three more sufficed in 4,000
# queries over 10,000 to 1,000,000 places.
_MARGIN: Final = 3
# Distances further apart than this are not tied: 0.1 m, and what rounding may lose.
_APART_M: Final = 0.1 + 2.0 * ROUNDING_M
# Up to so many places one call of Geod each is faster than a call with arrays.
_FEW: Final = 12
# Up to here compiled code scans places that have no tree.
_SCANNED_COMPILED: Final = 10_000
_NOTHING: Final = np.empty(0, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class NearestPoints:
    """Places in ascending order of distance; m of them.

    `index` (m,) points into the places asked; `straight_m` (m,) are geodesics in metres, not
    rounded; `bearing_deg` (m,) is 0.0 where the place is the query itself; `nearest_lonlat_deg`
    (m, 2) is the nearest point of the place (of a point, itself). `tied` (m,) is set where the
    distance, rounded to 0.1 m, equals a neighbour's, the first one left out included;
    `tie_cut_at_k` says that the last one kept and the first left out are tied. `proven_exact` holds:
    no place that was not measured can lie nearer than `unmeasured_from_m` (infinity: all measured).
    """

    index: IntArray
    straight_m: FloatArray
    bearing_deg: FloatArray
    nearest_lonlat_deg: FloatArray
    tied: BoolArray
    tie_cut_at_k: bool
    proven_exact: bool
    unmeasured_from_m: float

    def __len__(self) -> int:
        """Return the number of places."""
        return int(self.index.size)


@dataclass(frozen=True, slots=True)
class Measured:
    """Places whose exact distance is known, in no order: what `ranked` takes; arrays as in `NearestPoints`."""

    index: IntArray
    straight_m: FloatArray
    bearing_deg: FloatArray
    nearest_lonlat_deg: FloatArray


def nearest_points(
    xyz_m: FloatArray,
    lonlat_deg: FloatArray,
    *,
    at_lonlat_deg: LonLat,
    k: int,
    candidates: Candidates | None = None,
    blocks: PointTree | None = None,
) -> NearestPoints:
    """Return the k nearest points, or all where fewer are candidates.

    `xyz_m` has shape (3, n), Earth-centred metres (`ellipsoid.lonlat_to_xyz`), `lonlat_deg` (n, 2);
    `candidates` (n,) restricts the question. `blocks` over the same points makes large layers fast
    and never changes the answer. The order is total: distance rounded to 0.1 m, distance, index.

    Raises
    ------
    UsageError
        Where k is below 1 or the position is not on the Earth.
    """
    at_lonlat_deg = checked_position(at_lonlat_deg)
    check_count(k)
    kernels = loaded_kernels()
    if blocks is not None and kernels is not None:
        found = _nearest_in_tree(kernels, blocks, lonlat_deg, at_lonlat_deg, k, candidates)
        if found is not None:
            return found
    elif kernels is not None and k <= LONGEST_LIST and 0 < lonlat_deg.shape[0] <= _SCANNED_COMPILED:
        return _nearest_scanned(kernels, xyz_m, lonlat_deg, at_lonlat_deg, k, plain_mask(candidates))
    mask = _scanned_mask(lonlat_deg, candidates, blocks)
    at_xyz_m = position_xyz(at_lonlat_deg)
    count = k + 1 + _MARGIN
    if blocks is not None and descent_pays(mask):
        index, complete_chord_m = closest_by_descent(blocks, at_xyz_m=at_xyz_m, count=count, candidates=mask)
    else:
        index, complete_chord_m = closest_by_chord(xyz_m, at_xyz_m=at_xyz_m, count=count, candidates=mask)
    measured = measure_points(lonlat_deg, index, at_lonlat_deg=at_lonlat_deg)
    unmeasured_from_m = float(shortest_geodesic_m(np.array(complete_chord_m)))
    last_m = last_that_counts_m(measured.straight_m, k=k)
    if last_m >= unmeasured_from_m - ROUNDING_M:
        chord_m = largest_chord_m(last_m)
        index = _within_plain(xyz_m, at_xyz_m, chord_m, mask, blocks)
        measured = measure_points(lonlat_deg, index, at_lonlat_deg=at_lonlat_deg)
        unmeasured_from_m = float(shortest_geodesic_m(np.array(chord_m)))
    return ranked(measured, k=k, unmeasured_from_m=unmeasured_from_m)


def _nearest_in_tree(
    kernels: Kernels,
    tree: PointTree,
    lonlat_deg: FloatArray,
    at_lonlat_deg: LonLat,
    k: int,
    candidates: Candidates | None,
) -> NearestPoints | None:
    """Return the k nearest points, found compiled; None where a scan of the candidates is the better way.

    k + 2 places are found by chord. The first k are measured, and one more where that may decide a tie
    at k; the chord of the next proves the answer, or says that it has to be looked for wider.
    """
    found, index, chord_m, places_deg = closest_in_tree(
        kernels, tree, lonlat_deg, at_lonlat_deg, min(k + 2, tree.order.size), candidates
    )
    if found < 0:
        return None

    def wider(limit_m: float) -> Measured:
        at_xyz_m = position_xyz(at_lonlat_deg)
        rows = within_in_tree(kernels, tree, at_xyz_m=at_xyz_m, chord_m=limit_m, candidates=candidates)
        return measure_points(lonlat_deg, rows, at_lonlat_deg=at_lonlat_deg)

    return ranked_by_chord(kernels, found, index, chord_m, places_deg, at_lonlat_deg=at_lonlat_deg, k=k, wider=wider)


def _nearest_scanned(
    kernels: Kernels,
    xyz_m: FloatArray,
    lonlat_deg: FloatArray,
    at_lonlat_deg: LonLat,
    k: int,
    candidates: BoolArray | None,
) -> NearestPoints:
    """Return the k nearest of a few thousand points without a tree, scanned by compiled code."""
    size = lonlat_deg.shape[0]
    count = min(k + 2, size)
    index, chord_m, places_deg = np.empty(count, np.int64), np.empty(count), np.empty((count, 2))
    wanted = _NOTHING if candidates is None else np.ascontiguousarray(candidates)
    rows, places_m = np.arange(size), np.ascontiguousarray(xyz_m.T)
    found = kernels.moving.closest_moving(
        *at_lonlat_deg,
        *EMPTY_TREE.arrays,
        EVERY,
        _NOTHING,
        _NOTHING,
        rows,
        places_m,
        size,
        int(candidates is None),
        wanted,
        np.ascontiguousarray(lonlat_deg),
        index,
        chord_m,
        places_deg,
    )

    def wider(limit_m: float) -> Measured:
        near = within_chord(xyz_m, at_xyz_m=position_xyz(at_lonlat_deg), chord_m=limit_m, candidates=candidates)
        return measure_points(lonlat_deg, near, at_lonlat_deg=at_lonlat_deg)

    return ranked_by_chord(kernels, found, index, chord_m, places_deg, at_lonlat_deg=at_lonlat_deg, k=k, wider=wider)


def ranked_by_chord(
    kernels: Kernels,
    found: int,
    index: IntArray,
    chord_m: FloatArray,
    places_deg: FloatArray,
    *,
    at_lonlat_deg: LonLat,
    k: int,
    wider: Callable[[float], Measured],
) -> NearestPoints:
    """Return the k nearest of `found` places that stand in the order of their chords, k + 2 were asked for; proved.

    `index`, `chord_m` (metres) and `places_deg` (n, 2) are written. Where the chord of the first place
    that was not measured proves nothing, `wider` gives all places up to a chord, measured.
    """
    if found < index.size:
        index, places_deg = index[:found], places_deg[:found]
    count = min(found, k)
    if found > _FEW:
        count = min(found, k + 1)
        straight_m, bearing_deg, _ = inverse_geodesic(np.array(at_lonlat_deg), places_deg[:count])
    else:
        straight_m, bearing_deg, few_deg = np.empty(count), np.empty(count), places_deg.tolist()
        last_m = write_geodesics(at_lonlat_deg, few_deg[:count], straight_m, bearing_deg)
        # The next one is measured too where its chord alone does not say that it is neither tied nor nearer.
        if found > k and chord_m[k] <= last_m + _APART_M:
            count = k + 1
            straight_m, bearing_deg = np.empty(count), np.empty(count)
            write_geodesics(at_lonlat_deg, few_deg[:count], straight_m, bearing_deg)
    tied = np.empty(count, np.bool_)
    tie_cut_at_k, unmeasured_from_m = kernels.single.rank_measured(
        k, count, index, chord_m, straight_m, bearing_deg, places_deg, tied
    )
    if count and straight_m[count - 1] >= unmeasured_from_m - ROUNDING_M:
        limit_m = largest_chord_m(float(straight_m[count - 1]))
        return ranked(wider(limit_m), k=k, unmeasured_from_m=float(shortest_geodesic_m(np.array(limit_m))))
    if count > k:
        straight_m, bearing_deg, tied = straight_m[:k], bearing_deg[:k], tied[:k]
    return NearestPoints(
        index[:k],
        straight_m,
        bearing_deg,
        places_deg[:k],
        tied,
        tie_cut_at_k > 0.0,
        True,  # proven_exact: by the line above that asks wider
        unmeasured_from_m,
    )


def points_below(
    xyz_m: FloatArray,
    lonlat_deg: FloatArray,
    *,
    at_lonlat_deg: LonLat,
    limit_m: float,
    candidates: Candidates | None = None,
    blocks: PointTree | None = None,
) -> NearestPoints:
    """Return all points whose geodesic distance is smaller than a limit (m), in order.

    Shapes as in `nearest_points`; none is missing, because all others have a chord beyond it.
    A position off the Earth raises UsageError.
    """
    at_lonlat_deg = checked_position(at_lonlat_deg)
    chord_m, at_xyz_m = largest_chord_m(limit_m), position_xyz(at_lonlat_deg)
    if blocks is not None and (kernels := loaded_kernels()) is not None:
        index = within_in_tree(kernels, blocks, at_xyz_m=at_xyz_m, chord_m=chord_m, candidates=candidates)
    else:
        mask = _scanned_mask(lonlat_deg, candidates, blocks)
        index = _within_plain(xyz_m, at_xyz_m, chord_m, mask, blocks)
    return kept_below(measure_points(lonlat_deg, index, at_lonlat_deg=at_lonlat_deg), limit_m=limit_m)


def _within_plain(
    xyz_m: FloatArray, at_xyz_m: FloatArray, chord_m: float, mask: BoolArray | None, tree: PointTree | None
) -> IntArray:
    """Return the candidates up to a chord, found without a compiler."""
    if tree is not None and descent_pays(mask):
        return within_by_descent(tree, at_xyz_m=at_xyz_m, chord_m=chord_m, candidates=mask)
    return within_chord(xyz_m, at_xyz_m=at_xyz_m, chord_m=chord_m, candidates=mask)


def _scanned_mask(lonlat_deg: FloatArray, candidates: Candidates | None, tree: PointTree | None) -> BoolArray | None:
    """Return the candidates for a scan: a tree leaves out what has no place by itself, a scan does not."""
    mask = plain_mask(candidates)
    if tree is None or len(tree) == lonlat_deg.shape[0]:
        return mask
    located = np.isfinite(lonlat_deg[:, 0])
    return located if mask is None else mask & located


def measure_points(lonlat_deg: FloatArray, index: IntArray, *, at_lonlat_deg: LonLat) -> Measured:
    """Return the points of `index` with their geodesics and bearings from one place."""
    places_deg = lonlat_deg[index]
    straight_m, bearing_deg = distance_and_bearing(at_lonlat_deg, places_deg)
    return Measured(index, straight_m, bearing_deg, places_deg)


def check_count(k: int) -> None:
    """Refuse a number of results below 1."""
    if k < 1:
        raise UsageError(f"k is {k}", remedy="Ask for at least one result: k 1 or more.", field="k", value=k)


def last_that_counts_m(straight_m: FloatArray, *, k: int) -> float:
    """Return the (k+1)-th smallest distance, which decides a tie at k; the largest where there are fewer."""
    if straight_m.size > k:
        return float(np.partition(straight_m, k)[k])
    return float(straight_m.max(initial=0.0))


def ranked(measured: Measured, *, k: int, unmeasured_from_m: float) -> NearestPoints:
    """Return the first k of measured places in the total order, with ties told.

    Nothing that was not measured may lie nearer than `unmeasured_from_m`.
    """
    rounded_m = np.round(measured.straight_m, TIE_DECIMALS)
    order = np.lexsort((measured.index, measured.straight_m, rounded_m))[: k + 1]
    equal_next = np.diff(rounded_m[order]) == 0.0
    tied = np.zeros(order.size, dtype=np.bool_)
    tied[:-1] |= equal_next
    tied[1:] |= equal_next
    kept = order[:k]
    last_m = float(measured.straight_m[order].max(initial=0.0))
    return NearestPoints(
        index=measured.index[kept],
        straight_m=measured.straight_m[kept],
        bearing_deg=measured.bearing_deg[kept],
        nearest_lonlat_deg=measured.nearest_lonlat_deg[kept],
        tied=tied[:k],
        tie_cut_at_k=bool(order.size > k and equal_next[-1]),
        proven_exact=last_m < unmeasured_from_m,
        unmeasured_from_m=unmeasured_from_m,
    )


def kept_below(measured: Measured, *, limit_m: float) -> NearestPoints:
    """Return all measured places nearer than the limit, in order; the rest were proved to lie beyond it."""
    near = measured.straight_m < limit_m
    kept = Measured(
        measured.index[near],
        measured.straight_m[near],
        measured.bearing_deg[near],
        measured.nearest_lonlat_deg[near],
    )
    return ranked(kept, k=max(kept.index.size, 1), unmeasured_from_m=limit_m)
