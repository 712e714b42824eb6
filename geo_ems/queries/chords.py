"""Which places have a short chord to a query: a plain scan, or spatial blocks for large layers.

Both are filters that never lose a place: each answer comes with the chord up to which it is
complete. Ranking by geodesic, and the proof, are the business of `nearest`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.ellipsoid import ROUNDING_M

# Below this number of places a scan of all is as fast as asking the blocks first.
BLOCKS_FROM: Final = 32_768
# Places per block: 256 made single queries fastest at 100,000 and 1,000,000 places.
BLOCK_SIZE: Final = 256
# Blocks opened to see how far the answer reaches; the second look then opens exactly what is needed.
_FIRST_BLOCKS: Final = 4
_WIDER: Final = 4
# With fewer candidates than one in 200, gathering them costs less than masking blocks.
_SPARSE_SHARE: Final = 200
# Coordinates are computed in slices that stay in the processor's cache.
_SLICE: Final = 32_768


@dataclass(frozen=True, slots=True)
class PointBlocks:
    """Places that lie together, in blocks, each in a bounding ball.

    `order` (blocks, size) holds place indices, -1 for padding; `x_m`, `y_m`,
    `z_m` have the same shape (padding: infinity); `centre_m` (3, blocks) and `radius_m` (blocks,)
    are the balls.
    """

    order: IntArray
    x_m: FloatArray
    y_m: FloatArray
    z_m: FloatArray
    centre_m: FloatArray
    radius_m: FloatArray


def build_point_blocks(xyz_m: FloatArray, index: IntArray, *, block_size: int = BLOCK_SIZE) -> PointBlocks:
    """Return blocks over the places `index` of `xyz_m`, shape (3, n), metres; at least one place."""
    leaves = _halved(xyz_m, index, block_size)
    order = np.full((len(leaves), block_size), -1, dtype=np.int64)
    for row, leaf in zip(order, leaves, strict=True):
        row[: leaf.size] = np.sort(leaf)
    axes = np.where(order >= 0, xyz_m[:, order], np.inf)
    low = axes.min(axis=2)
    high = np.where(order >= 0, axes, -np.inf).max(axis=2)
    centre_m = 0.5 * (low + high)
    from_centre_2 = ((axes - centre_m[:, :, None]) ** 2).sum(axis=0)
    radius_m = np.sqrt(np.where(order >= 0, from_centre_2, 0.0).max(axis=1)) + ROUNDING_M
    for part in (order, axes, centre_m, radius_m):
        part.setflags(write=False)
    return PointBlocks(order, axes[0], axes[1], axes[2], centre_m, radius_m)


def _halved(xyz_m: FloatArray, index: IntArray, block_size: int) -> list[IntArray]:
    """Return the places in groups of at most `block_size`, by halving along the longest axis again and again."""
    leaves: list[IntArray] = []
    waiting = [(index, xyz_m[:, index])]
    while waiting:
        part, part_m = waiting.pop()
        if part.size <= block_size:
            leaves.append(part)
            continue
        longest = int(np.argmax(part_m.max(axis=1) - part_m.min(axis=1)))
        half = part.size // 2
        order = np.argpartition(part_m[longest], half)
        waiting += [(part[side], part_m[:, side]) for side in (order[half:], order[:half])]
    return leaves


def closest_by_chord(
    xyz_m: FloatArray,
    *,
    at_xyz_m: FloatArray,
    count: int,
    candidates: BoolArray | None = None,
    blocks: PointBlocks | None = None,
) -> tuple[IntArray, float]:
    """Return at least `count` places of smallest chord, and the chord up to which none is missing.

    The chord is infinite where all candidates are returned. `xyz_m` has shape (3, n); the order of
    the result is not defined.
    """
    if blocks is None or _is_sparse(candidates):
        index, chord_2 = _scan(xyz_m, at_xyz_m, candidates)
        return _cut(index, chord_2, count)
    return _closest_in_blocks(blocks, at_xyz_m, count, candidates)


def within_chord(
    xyz_m: FloatArray,
    *,
    at_xyz_m: FloatArray,
    chord_m: float,
    candidates: BoolArray | None = None,
    blocks: PointBlocks | None = None,
) -> IntArray:
    """Return all places whose chord is at most `chord_m` (a micrometre more is allowed), in no order."""
    limit_2 = (chord_m + ROUNDING_M) ** 2
    if blocks is None or _is_sparse(candidates):
        index, chord_2 = _scan(xyz_m, at_xyz_m, candidates)
        chosen = np.flatnonzero(chord_2 <= limit_2)
        return chosen if index is None else index[chosen]
    visited = np.flatnonzero(_block_bounds(blocks, at_xyz_m) <= chord_m + ROUNDING_M)
    index, chord_2 = _open_blocks(blocks, visited, at_xyz_m, candidates)
    # Padding and others than candidates have an infinite chord, which an infinite limit would let in.
    return index[(chord_2 <= limit_2) & np.isfinite(chord_2)]


def _is_sparse(candidates: BoolArray | None) -> bool:
    return candidates is not None and int(np.count_nonzero(candidates)) * _SPARSE_SHARE < candidates.size


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
    whole = chord_2.size - chord_2.size % BLOCK_SIZE
    if whole // BLOCK_SIZE > count:
        minima = chord_2[:whole].reshape(-1, BLOCK_SIZE).min(axis=1)
        limit_2 = float(np.partition(minima, count - 1)[count - 1])
    near = np.flatnonzero(chord_2 <= limit_2)
    limit_2 = float(np.partition(chord_2[near], count - 1)[count - 1])
    near = near[chord_2[near] <= limit_2]
    return near if index is None else index[near], float(np.sqrt(limit_2))


def _block_bounds(blocks: PointBlocks, at_xyz_m: FloatArray) -> FloatArray:
    """Return for each block a chord that none of its places falls below."""
    chord_2 = (blocks.centre_m[0] - at_xyz_m[0]) ** 2
    chord_2 += (blocks.centre_m[1] - at_xyz_m[1]) ** 2
    chord_2 += (blocks.centre_m[2] - at_xyz_m[2]) ** 2
    return np.asarray(np.sqrt(chord_2) - blocks.radius_m)


def _open_blocks(
    blocks: PointBlocks, visited: IntArray, at_xyz_m: FloatArray, candidates: BoolArray | None
) -> tuple[IntArray, FloatArray]:
    """Return the places in the visited blocks and their squared chords; others than candidates get infinity."""
    index = blocks.order[visited].ravel()
    chord_2 = (blocks.x_m[visited].ravel() - at_xyz_m[0]) ** 2
    chord_2 += (blocks.y_m[visited].ravel() - at_xyz_m[1]) ** 2
    chord_2 += (blocks.z_m[visited].ravel() - at_xyz_m[2]) ** 2
    if candidates is not None:
        chord_2[~candidates[index]] = np.inf
    return index, chord_2


def _closest_in_blocks(
    blocks: PointBlocks, at_xyz_m: FloatArray, count: int, candidates: BoolArray | None
) -> tuple[IntArray, float]:
    """Open the blocks of lowest bound until they hold `count` candidates, then all that could hold a closer one."""
    bound_m = _block_bounds(blocks, at_xyz_m)
    opened = _FIRST_BLOCKS + 2 * count // BLOCK_SIZE
    visited, reach_m = np.arange(bound_m.size), np.inf
    while opened < bound_m.size:
        first = np.argpartition(bound_m, opened)[:opened]
        _, chord_2 = _open_blocks(blocks, first, at_xyz_m, candidates)
        if chord_2.size >= count:
            reach_m = float(np.sqrt(np.partition(chord_2, count - 1)[count - 1]))
            visited = np.flatnonzero(bound_m <= reach_m + ROUNDING_M)
            if visited.size <= _WIDER * opened:
                break
        opened *= _WIDER
    index, chord_2 = _open_blocks(blocks, visited, at_xyz_m, candidates)
    usable = np.isfinite(chord_2)
    near, limit_m = _cut(index[usable], chord_2[usable], count)
    return near, min(limit_m, reach_m)
