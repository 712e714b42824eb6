"""Many questions to a `PointTree` at once, compiled; see `point_tree_kernels`, which this extends.

Each function answers the rows it is given and writes only their results, so that several threads may
share the arrays.
"""

# ruff: noqa: PLR0913, PLR0917, PLR0915, PLR0912, C901
# Compiled code takes plain numbers and arrays, one by one; see `point_tree_kernels`.

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.compiling import compiled
from geo_ems.queries.ellipsoid import EQUATOR_RADIUS_M, POLAR_RADIUS_M, ROUNDING_M, SHORT_CHORD_M
from geo_ems.queries.point_tree import BY_POSITION, RowArray, SmallIntArray
from geo_ems.queries.point_tree_kernels import (
    F2,
    I1,
    MASK,
    OUT_F1,
    OUT_F2,
    OUT_I1,
    OUT_I2,
    OUT_MARKS,
    STACK,
    TREE,
    closest,
    place_xyz,
    shortest_geodesic,
    within,
)

KeyArray = NDArray[np.uint64]

_PER_EQUATOR_2: Final = EQUATOR_RADIUS_M**-2
_PER_POLE_2: Final = POLAR_RADIUS_M**-2
_KEY_CELLS: Final = 2**21 - 1
_HITS: Final = 4096


@compiled()
def _short_geodesic(x: float, y: float, z: float, to_x: float, to_y: float, to_z: float) -> float:
    """Return one geodesic as `ellipsoid.short_geodesic_m` does, metres."""
    step_x, step_y, step_z = to_x - x, to_y - y, to_z - z
    mid_x, mid_y, mid_z = 0.5 * (to_x + x), 0.5 * (to_y + y), 0.5 * (to_z + z)
    up_x, up_y, up_z = _PER_EQUATOR_2 * mid_x, _PER_EQUATOR_2 * mid_y, _PER_POLE_2 * mid_z
    chord_2 = step_x * step_x + step_y * step_y + step_z * step_z
    if chord_2 == 0.0:
        return 0.0
    bend = _PER_EQUATOR_2 * (step_x * step_x + step_y * step_y) + _PER_POLE_2 * step_z * step_z
    scale_2 = (up_x * mid_x + up_y * mid_y + up_z * mid_z) / (up_x * up_x + up_y * up_y + up_z * up_z)
    half_angle_2 = 0.25 * bend * bend * scale_2 / chord_2
    return math.sqrt(chord_2) * (1.0 + half_angle_2 * (1.0 / 6.0 + half_angle_2 * (3.0 / 40.0)))


@compiled()
def _spread(cell: np.uint64) -> np.uint64:
    """Return the bits of a cell number of 21 bits with two zeros between neighbours."""
    cell = (cell | (cell << np.uint64(32))) & np.uint64(0x1F00000000FFFF)
    cell = (cell | (cell << np.uint64(16))) & np.uint64(0x1F0000FF0000FF)
    cell = (cell | (cell << np.uint64(8))) & np.uint64(0x100F00F00F00F00F)
    cell = (cell | (cell << np.uint64(4))) & np.uint64(0x10C30C30C30C30C3)
    return (cell | (cell << np.uint64(2))) & np.uint64(0x1249249249249249)


@compiled(f"void({F2}, uint64[::1])")
def write_morton_keys(at_xyz_m: FloatArray, keys: KeyArray) -> None:
    """Write for each place, `at_xyz_m` (3, q), a key (q,) that is close for places close together (Morton order)."""
    scale = _KEY_CELLS / (2.0 * EQUATOR_RADIUS_M)
    for i in range(keys.size):
        key = np.uint64(0)
        for along in range(3):
            cell = (at_xyz_m[along, i] + EQUATOR_RADIUS_M) * scale
            key |= _spread(np.uint64(min(max(cell, 0.0), _KEY_CELLS))) << np.uint64(along)
        keys[i] = key


@compiled(f"void({F2}, {TREE}, {MASK}, int64, {OUT_I2}, {OUT_F2}, {OUT_MARKS})")
def nearest_of_each(
    at_xyz_m: FloatArray,
    order: RowArray,
    xyz_m: FloatArray,
    axis: SmallIntArray,
    plane_m: FloatArray,
    start: RowArray,
    mode: int,
    chosen: BoolArray,
    marked: BoolArray,
    candidate_count: int,
    index: IntArray,
    distance_m: FloatArray,
    doubtful: BoolArray,
) -> None:
    """Write the k nearest of each query, in the order distance, index; doubtful queries are marked instead.

    `at_xyz_m` is (3, q), `index` and `distance_m` (q, k), `doubtful` (q,). In doubt are queries whose
    answer reaches beyond `SHORT_CHORD_M`, has rivals nearer to one another than the formula's error,
    or is not proved by the chord of the place after the last.
    """
    k = index.shape[1]
    count = min(k + 1, candidate_count)
    kept = min(k, candidate_count)
    near_2, near, near_m = np.empty(count), np.empty(count, np.int64), np.empty(kept)
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    unlimited = np.int64(0)  # not a literal, which would be compiled apart
    for row in range(at_xyz_m.shape[1]):
        x, y, z = at_xyz_m[0, row], at_xyz_m[1, row], at_xyz_m[2, row]
        found = closest(
            x, y, z, order, xyz_m, axis, plane_m, start, mode, chosen, marked, unlimited, near_2, near, nodes, boxes
        )
        sure = found == count and near_2[kept - 1] <= SHORT_CHORD_M * SHORT_CHORD_M
        if sure:
            for i in range(kept):
                at = near[i]
                own_m = _short_geodesic(x, y, z, xyz_m[at, 0], xyz_m[at, 1], xyz_m[at, 2])
                slot = i
                while slot > 0 and (
                    near_m[slot - 1] > own_m or (near_m[slot - 1] == own_m and order[near[slot - 1]] > order[at])
                ):
                    near_m[slot], near[slot] = near_m[slot - 1], near[slot - 1]
                    slot -= 1
                near_m[slot], near[slot] = own_m, at
            if count > kept:
                sure = near_m[kept - 1] < shortest_geodesic(math.sqrt(near_2[kept])) - ROUNDING_M
            for i in range(1, kept):
                one, other = near[i - 1], near[i]
                if near_m[i] - near_m[i - 1] < ROUNDING_M and (
                    xyz_m[one, 0] != xyz_m[other, 0]
                    or xyz_m[one, 1] != xyz_m[other, 1]
                    or xyz_m[one, 2] != xyz_m[other, 2]
                ):
                    sure = False
        doubtful[row] = not sure
        if sure:
            for i in range(kept):
                index[row, i], distance_m[row, i] = order[near[i]], near_m[i]


@compiled(f"void({F2}, {TREE}, {MASK}, {OUT_I2}, {OUT_F2})")
def closest_of_each(
    at_xyz_m: FloatArray,
    order: RowArray,
    xyz_m: FloatArray,
    axis: SmallIntArray,
    plane_m: FloatArray,
    start: RowArray,
    mode: int,
    chosen: BoolArray,
    marked: BoolArray,
    index: IntArray,
    chord_m: FloatArray,
) -> None:
    """Write for each query, `at_xyz_m` (3, q), its places of smallest chord, ascending, (q, count).

    There must be as many candidates as columns.
    """
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    unlimited = np.int64(0)
    for row in range(at_xyz_m.shape[1]):
        near, near_2 = index[row], chord_m[row]
        x, y, z = at_xyz_m[0, row], at_xyz_m[1, row], at_xyz_m[2, row]
        closest(
            x, y, z, order, xyz_m, axis, plane_m, start, mode, chosen, marked, unlimited, near_2, near, nodes, boxes
        )
        for i in range(near.size):
            near[i], near_2[i] = order[near[i]], math.sqrt(near_2[i])


@compiled(f"void({F2}, float64, {TREE}, {MASK}, {I1}, {OUT_I1}, {OUT_I1})")
def within_of_each(
    at_xyz_m: FloatArray,
    limit_2: float,
    order: RowArray,
    xyz_m: FloatArray,
    axis: SmallIntArray,
    plane_m: FloatArray,
    start: RowArray,
    mode: int,
    chosen: BoolArray,
    marked: BoolArray,
    first: IntArray,
    index: IntArray,
    counts: IntArray,
) -> None:
    """Count for each query, `at_xyz_m` (3, q), the places up to a squared chord, and write their indices.

    Those of query i go to `index` from `first[i]` (q + 1,) on, as far as there is room; `counts` is (q,).
    """
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    for row in range(at_xyz_m.shape[1]):
        x, y, z = at_xyz_m[0, row], at_xyz_m[1, row], at_xyz_m[2, row]
        own = index[first[row] : first[row + 1]]
        counts[row] = within(
            x, y, z, limit_2, order, xyz_m, axis, plane_m, start, mode, chosen, marked, own, nodes, boxes
        )


@compiled(
    f"void({I1}, {F2}, {I1}, float64, float64, {TREE}, {MASK}, {OUT_I1}, {OUT_F1}, {OUT_I1}, {OUT_I1}, {OUT_MARKS})"
)
def cover_rows(
    rows: IntArray,
    lonlat_deg: FloatArray,
    persons: IntArray,
    cutoff_m: float,
    limit_2: float,
    order: RowArray,
    xyz_m: FloatArray,
    axis: SmallIntArray,
    plane_m: FloatArray,
    start: RowArray,
    mode: int,
    chosen: BoolArray,
    marked: BoolArray,
    nearest_index: IntArray,
    nearest_m: FloatArray,
    backup_count: IntArray,
    persons_in_reach: IntArray,
    doubtful: BoolArray,
) -> None:
    """Write for each demand point in `rows` its nearest place and how many lie within the cutoff.

    `lonlat_deg` (d, 2), `persons` (d,); `limit_2` is a squared chord that no place within the cutoff
    exceeds. `persons_in_reach` (n,) is added to. Demand points in doubt, as `nearest_rows` has it or
    with a place within two micrometres of the cutoff, are marked, and nothing is written for them.
    """
    inner = start.size - 2
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    hits = np.empty(_HITS, np.int64)
    for row in rows:
        x, y, z = place_xyz(lonlat_deg[row, 0], lonlat_deg[row, 1])
        best_2 = next_2 = np.inf
        best = -1
        hit_count = 0
        sure = True
        nodes[0] = 0
        boxes[0, 0] = boxes[0, 1] = boxes[0, 2] = boxes[0, 3] = 0.0
        waiting = 1
        while waiting > 0:
            waiting -= 1
            to_box_2 = boxes[waiting, 0]
            if to_box_2 > next_2 and to_box_2 > limit_2:
                continue
            node = nodes[waiting]
            out_x, out_y, out_z = boxes[waiting, 1], boxes[waiting, 2], boxes[waiting, 3]
            while node < inner:
                along = axis[node]
                if along == 0:
                    beyond, before = x - plane_m[node], out_x
                elif along == 1:
                    beyond, before = y - plane_m[node], out_y
                else:
                    beyond, before = z - plane_m[node], out_z
                far_2 = to_box_2 - before * before + beyond * beyond
                if beyond < 0.0:
                    near_child, far_child = 2 * node + 1, 2 * node + 2
                else:
                    near_child, far_child = 2 * node + 2, 2 * node + 1
                if (far_2 <= next_2 or far_2 <= limit_2) and (mode != BY_POSITION or marked[far_child]):
                    nodes[waiting] = far_child
                    boxes[waiting, 0] = far_2
                    boxes[waiting, 1], boxes[waiting, 2], boxes[waiting, 3] = out_x, out_y, out_z
                    boxes[waiting, 1 + along] = beyond
                    waiting += 1
                node = near_child
                if mode == BY_POSITION and not marked[node]:
                    break
            if node < inner or (mode == BY_POSITION and not marked[node]):
                continue
            for position in range(start[node - inner], start[node - inner + 1]):
                if mode == BY_POSITION and not chosen[position]:
                    continue
                step_x, step_y, step_z = xyz_m[position, 0] - x, xyz_m[position, 1] - y, xyz_m[position, 2] - z
                chord_2 = step_x * step_x + step_y * step_y + step_z * step_z
                if chord_2 < next_2:
                    if chord_2 < best_2:
                        best_2, next_2, best = chord_2, best_2, position
                    else:
                        next_2 = chord_2
                if chord_2 <= limit_2:
                    own_m = _short_geodesic(x, y, z, xyz_m[position, 0], xyz_m[position, 1], xyz_m[position, 2])
                    if abs(own_m - cutoff_m) < 2.0 * ROUNDING_M:
                        sure = False
                    if own_m <= cutoff_m + ROUNDING_M:
                        if hit_count < _HITS:
                            hits[hit_count] = order[position]
                        hit_count += 1
        best_m = np.inf
        if best >= 0:
            best_m = _short_geodesic(x, y, z, xyz_m[best, 0], xyz_m[best, 1], xyz_m[best, 2])
            sure = sure and best_2 <= SHORT_CHORD_M * SHORT_CHORD_M
            sure = sure and (next_2 == np.inf or best_m < shortest_geodesic(math.sqrt(next_2)) - ROUNDING_M)
        sure = sure and hit_count <= _HITS
        doubtful[row] = not sure
        if sure:
            nearest_index[row] = order[best] if best >= 0 else -1
            nearest_m[row] = best_m
            backup_count[row] = hit_count
            for i in range(hit_count):
                persons_in_reach[hits[i]] += persons[row]
