"""Which places have a short chord to a query: a plain scan, or the compiled search of a tree.

Both are filters that never lose a place: each answer comes with the chord up to which it is
complete. Ranking by geodesic, and the proof, are the business of `nearest`.
"""

from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.compiled import Kernels
from geo_ems.queries.ellipsoid import ROUNDING_M, LonLat
from geo_ems.queries.point_tree import (
    BY_INDEX,
    BY_POSITION,
    EVERY,
    LEAF_SIZE,
    MarkedCandidates,
    PointTree,
    build_point_tree,
    mark_candidates,
)

Candidates = BoolArray | MarkedCandidates
"""Which places are asked for: a mask (n,), or one prepared for many questions (`point_tree.mark_candidates`)."""

BLOCKS_FROM: Final = 1_024
"""Below this number of places a scan of all costs little, and no tree is built."""

# Places in a tree that are looked at one by one before a mask is marked in its nodes, or scanned.
_OPENED_BEFORE_MARKING: Final = 16_384
# With fewer candidates than one in 200, gathering them costs less than marking the tree.
_SPARSE_SHARE: Final = 200
# In a longer list of neighbours, keeping it in order costs more than a scan.
LONGEST_LIST: Final = 256
_ROOM: Final = 256
_NOTHING: Final[BoolArray] = np.frombuffer(b"", dtype=np.bool_)  # read-only, as the kernels have it
_EVERY_PLACE: Final = (EVERY, _NOTHING, _NOTHING)
# Smallest chords are looked for in groups of so many.
_GROUP: Final = 256
# Coordinates are computed in slices that stay in the processor's cache.
_SLICE: Final = 32_768


def build_point_blocks(xyz_m: FloatArray, index: IntArray, *, block_size: int = LEAF_SIZE) -> PointTree:
    """Return a tree over the places `index` of `xyz_m`, shape (3, n), metres, of leaves of at most `block_size`."""
    return build_point_tree(xyz_m, index, leaf_size=block_size)


def closest_in_tree(
    kernels: Kernels,
    tree: PointTree,
    lonlat_deg: FloatArray,
    at_lonlat_deg: LonLat,
    count: int,
    candidates: Candidates | None,
) -> tuple[int, IntArray, FloatArray, FloatArray]:
    """Return how many of `count` candidates of smallest chord there are, found compiled, in ascending order.

    The arrays are their indices (count,), chords (count,) in metres and places (count, 2); the number
    is -1 where a scan of the candidates is the better way. `lonlat_deg` (n, 2) are the places of the
    tree. Arguments are positional, and nothing is packed: a call of a microsecond would double.
    """
    index, chord_m, places_deg = np.empty(count, np.int64), np.empty(count), np.empty((count, 2))
    if count > LONGEST_LIST:
        return -1, index, chord_m, places_deg
    lon_deg, lat_deg = at_lonlat_deg
    search = kernels.single.closest_to_place
    arrays = tree.arrays
    if candidates is None:
        found = search(lon_deg, lat_deg, *arrays, *_EVERY_PLACE, 0, lonlat_deg, index, chord_m, places_deg)
    elif isinstance(candidates, MarkedCandidates):
        asked = as_kernels_take(candidates)
        found = search(lon_deg, lat_deg, *arrays, *asked, 0, lonlat_deg, index, chord_m, places_deg)
    else:
        asked, opened = as_kernels_take(candidates), _OPENED_BEFORE_MARKING
        found = search(lon_deg, lat_deg, *arrays, *asked, opened, lonlat_deg, index, chord_m, places_deg)
        if found < 0 and not _is_sparse(candidates):
            asked = as_kernels_take(mark_candidates(tree, candidates))
            found = search(lon_deg, lat_deg, *arrays, *asked, 0, lonlat_deg, index, chord_m, places_deg)
    return found, index, chord_m, places_deg


def closest_by_chord(
    xyz_m: FloatArray, *, at_xyz_m: FloatArray, count: int, candidates: BoolArray | None = None
) -> tuple[IntArray, float]:
    """Return at least `count` places of smallest chord, and the chord up to which none is missing.

    The chord is infinite where all candidates are returned. `xyz_m` has shape (3, n); the order of
    the result is not defined.
    """
    index, chord_2 = _scan(xyz_m, at_xyz_m, candidates)
    return _cut(index, chord_2, count)


def within_chord(
    xyz_m: FloatArray, *, at_xyz_m: FloatArray, chord_m: float, candidates: BoolArray | None = None
) -> IntArray:
    """Return all places whose chord is at most `chord_m` (a micrometre more is allowed), in no order."""
    index, chord_2 = _scan(xyz_m, at_xyz_m, candidates)
    chosen = np.flatnonzero(chord_2 <= (chord_m + ROUNDING_M) ** 2)
    return chosen if index is None else index[chosen]


def within_in_tree(
    kernels: Kernels, tree: PointTree, *, at_xyz_m: FloatArray, chord_m: float, candidates: Candidates | None
) -> IntArray:
    """Return the candidates that `within_chord` returns, found compiled."""
    place = (*at_xyz_m.tolist(), (chord_m + ROUNDING_M) ** 2)
    arrays = tree.arrays
    asked = as_kernels_take(candidates)
    found = np.empty(_ROOM, dtype=np.int64)
    count = int(kernels.single.places_within(*place, *arrays, *asked, found))
    if count > found.size:
        found = np.empty(count, dtype=np.int64)
        kernels.single.places_within(*place, *arrays, *asked, found)
    return found[:count]


def plain_mask(candidates: Candidates | None) -> BoolArray | None:
    """Return candidates as a mask."""
    return candidates.mask if isinstance(candidates, MarkedCandidates) else candidates


def as_kernels_take(candidates: Candidates | None) -> tuple[int, BoolArray, BoolArray]:
    """Return how candidates are given, and the two arrays they are given by."""
    if candidates is None:
        return _EVERY_PLACE
    if isinstance(candidates, MarkedCandidates):
        return BY_POSITION, candidates.at_position, candidates.in_node
    return BY_INDEX, np.ascontiguousarray(candidates), _NOTHING


def _is_sparse(candidates: BoolArray) -> bool:
    return int(np.count_nonzero(candidates)) * _SPARSE_SHARE < candidates.size


def _scan(xyz_m: FloatArray, at_xyz_m: FloatArray, candidates: BoolArray | None) -> tuple[IntArray | None, FloatArray]:
    """Return squared chords of all candidates; the index is None where all places are candidates."""
    index = None
    if candidates is not None:
        index = np.flatnonzero(candidates)
        xyz_m = xyz_m[:, index]
    chord_2 = np.empty(xyz_m.shape[1])
    step = np.empty(min(_SLICE, chord_2.size))
    for start in range(0, chord_2.size, _SLICE):
        part = slice(start, start + _SLICE)
        total, leg = chord_2[part], step[: chord_2[part].size]
        np.subtract(xyz_m[0, part], at_xyz_m[0], out=total)
        np.multiply(total, total, out=total)
        for axis in (1, 2):
            np.subtract(xyz_m[axis, part], at_xyz_m[axis], out=leg)
            np.multiply(leg, leg, out=leg)
            np.add(total, leg, out=total)
    return index, chord_2


def _cut(index: IntArray | None, chord_2: FloatArray, count: int) -> tuple[IntArray, float]:
    """Return the places up to the count-th smallest squared chord, and that chord."""
    if chord_2.size <= count:
        return np.arange(chord_2.size) if index is None else index, float("inf")
    # Group minima first: at least `count` places lie below the count-th smallest of them, and
    # finding it among a 256th of the numbers is much cheaper than among all.
    limit_2 = float("inf")
    whole = chord_2.size - chord_2.size % _GROUP
    if whole // _GROUP > count:
        minima = chord_2[:whole].reshape(-1, _GROUP).min(axis=1)
        limit_2 = float(np.partition(minima, count - 1)[count - 1])
    near = np.flatnonzero(chord_2 <= limit_2)
    limit_2 = float(np.partition(chord_2[near], count - 1)[count - 1])
    near = near[chord_2[near] <= limit_2]
    return near if index is None else index[near], float(np.sqrt(limit_2))
