"""Many questions to a `PointTree` at once, compiled; see `point_tree_kernels`, which this extends.

Each function answers the rows it is given and writes only their results, so that several threads may
share the arrays.
"""

import math
from typing import Final

import numpy as np
from numba import float64, int64, njit, types, uint64

from geo_ems.queries.ellipsoid import EQUATOR_RADIUS_M, POLAR_RADIUS_M, ROUNDING_M, SHORT_CHORD_M
from geo_ems.queries.point_tree import BY_POSITION
from geo_ems.queries.point_tree_kernels import (
    F2,
    I1,
    KEPT,
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
    within,
)

_PER_EQUATOR_2: Final = EQUATOR_RADIUS_M**-2
_PER_POLE_2: Final = POLAR_RADIUS_M**-2
_KEY_CELLS: Final = 2**21 - 1
_HITS: Final = 4096


@njit(cache=KEPT, nogil=True, error_model="numpy")
def _short_geodesic(x, y, z, to_x, to_y, to_z):
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


@njit(cache=KEPT, nogil=True, error_model="numpy")
def _shortest(chord_m):
    """Return the lower bound of a geodesic as `ellipsoid.shortest_geodesic_m` does."""
    return max(chord_m, 2.0 * POLAR_RADIUS_M * math.asin(min(chord_m / (2.0 * EQUATOR_RADIUS_M), 1.0)))


@njit(cache=KEPT, nogil=True, error_model="numpy")
def _spread(cell):
    """Return the bits of a cell number of 21 bits with two zeros between neighbours."""
    cell = (cell | (cell << uint64(32))) & uint64(0x1F00000000FFFF)
    cell = (cell | (cell << uint64(16))) & uint64(0x1F0000FF0000FF)
    cell = (cell | (cell << uint64(8))) & uint64(0x100F00F00F00F00F)
    cell = (cell | (cell << uint64(4))) & uint64(0x10C30C30C30C30C3)
    return (cell | (cell << uint64(2))) & uint64(0x1249249249249249)


@njit(types.void(F2, uint64[::1]), cache=KEPT, nogil=True, error_model="numpy")
def write_morton_keys(at_xyz_m, keys):
    """Write for each place, `at_xyz_m` (3, q), a key (q,) that is close for places close together (Morton order)."""
    scale = _KEY_CELLS / (2.0 * EQUATOR_RADIUS_M)
    for i in range(keys.size):
        key = uint64(0)
        for along in range(3):
            cell = (at_xyz_m[along, i] + EQUATOR_RADIUS_M) * scale
            key |= _spread(uint64(min(max(cell, 0.0), _KEY_CELLS))) << uint64(along)
        keys[i] = key


@njit(
    types.void(I1, F2, *TREE, *MASK, int64, OUT_I2, OUT_F2, OUT_MARKS),
    cache=KEPT,
    nogil=True,
    error_model="numpy",
)
def nearest_rows(
    rows,
    at_xyz_m,
    order,
    xyz_m,
    axis,
    plane_m,
    start,
    mode,
    chosen,
    marked,
    candidate_count,
    index,
    distance_m,
    doubtful,
):
    """Write the k nearest of each query in `rows`, in the order distance, index; doubtful ones are marked instead.

    `at_xyz_m` is (3, q), `index` and `distance_m` (q, k), `doubtful` (q,). In doubt are queries whose
    answer reaches beyond `SHORT_CHORD_M`, has rivals nearer to one another than the formula's error,
    or is not proved by the chord up to which the search is complete.
    """
    k = index.shape[1]
    count = min(k + 2, candidate_count)
    kept = min(k, candidate_count)
    near_2, near, near_m = np.empty(count), np.empty(count, np.int64), np.empty(count)
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    unlimited = order.size
    for row in rows:
        x, y, z = at_xyz_m[0, row], at_xyz_m[1, row], at_xyz_m[2, row]
        found = closest(
            x, y, z, order, xyz_m, axis, plane_m, start, mode, chosen, marked, unlimited, near_2, near, nodes, boxes
        )
        # Of the last one only the chord is asked, so it may lie beyond the formula's reach.
        last_m = math.sqrt(near_2[count - 1])
        sure = found == count and near_2[min(k, count - 1)] <= SHORT_CHORD_M * SHORT_CHORD_M
        beyond_m = np.inf if count == candidate_count else _shortest(last_m)
        if sure:
            for i in range(count):
                at = near[i]
                own_m = _short_geodesic(x, y, z, xyz_m[at, 0], xyz_m[at, 1], xyz_m[at, 2])
                slot = i
                while slot > 0 and (
                    near_m[slot - 1] > own_m or (near_m[slot - 1] == own_m and order[near[slot - 1]] > order[at])
                ):
                    near_m[slot], near[slot] = near_m[slot - 1], near[slot - 1]
                    slot -= 1
                near_m[slot], near[slot] = own_m, at
            sure = near_m[kept - 1] < beyond_m - ROUNDING_M
            for i in range(min(kept, count - 1)):
                one, other = near[i], near[i + 1]
                if near_m[i + 1] - near_m[i] < ROUNDING_M and (
                    xyz_m[one, 0] != xyz_m[other, 0]
                    or xyz_m[one, 1] != xyz_m[other, 1]
                    or xyz_m[one, 2] != xyz_m[other, 2]
                ):
                    sure = False
        doubtful[row] = not sure
        if sure:
            for i in range(kept):
                index[row, i], distance_m[row, i] = order[near[i]], near_m[i]


@njit(
    types.void(I1, F2, *TREE, *MASK, OUT_I2, OUT_F2),
    cache=KEPT,
    nogil=True,
    error_model="numpy",
)
def closest_rows(rows, at_xyz_m, order, xyz_m, axis, plane_m, start, mode, chosen, marked, index, chord_m):
    """Write for the i-th of `rows` its places of smallest chord, ascending, to row i of `index` and `chord_m`.

    There must be as many candidates as columns.
    """
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    unlimited = order.size
    for i in range(rows.size):
        x, y, z = at_xyz_m[0, rows[i]], at_xyz_m[1, rows[i]], at_xyz_m[2, rows[i]]
        closest(
            x,
            y,
            z,
            order,
            xyz_m,
            axis,
            plane_m,
            start,
            mode,
            chosen,
            marked,
            unlimited,
            chord_m[i],
            index[i],
            nodes,
            boxes,
        )
        for j in range(index.shape[1]):
            index[i, j] = order[index[i, j]]
            chord_m[i, j] = math.sqrt(chord_m[i, j])


@njit(
    types.void(I1, F2, float64, *TREE, *MASK, OUT_I1),
    cache=KEPT,
    nogil=True,
    error_model="numpy",
)
def count_rows_within(rows, at_xyz_m, limit_2, order, xyz_m, axis, plane_m, start, mode, chosen, marked, counts):
    """Write for the i-th of `rows` how many places have a squared chord up to the limit to `counts` (rows,)."""
    nodes, boxes, nowhere = np.empty(STACK, np.int32), np.empty((STACK, 4)), np.empty(0, np.int64)
    for i in range(rows.size):
        x, y, z = at_xyz_m[0, rows[i]], at_xyz_m[1, rows[i]], at_xyz_m[2, rows[i]]
        counts[i] = within(
            x, y, z, limit_2, order, xyz_m, axis, plane_m, start, mode, chosen, marked, nowhere, nodes, boxes
        )


@njit(
    types.void(I1, F2, float64, *TREE, *MASK, I1, OUT_I1),
    cache=KEPT,
    nogil=True,
    error_model="numpy",
)
def write_rows_within(rows, at_xyz_m, limit_2, order, xyz_m, axis, plane_m, start, mode, chosen, marked, first, index):
    """Write the places that `count_rows_within` counted; those of the i-th row from `first[i]` (rows + 1,) on."""
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    for i in range(rows.size):
        x, y, z = at_xyz_m[0, rows[i]], at_xyz_m[1, rows[i]], at_xyz_m[2, rows[i]]
        own = index[first[i] : first[i + 1]]
        within(x, y, z, limit_2, order, xyz_m, axis, plane_m, start, mode, chosen, marked, own, nodes, boxes)


@njit(
    types.void(I1, F2, I1, float64, float64, *TREE, *MASK, OUT_I1, OUT_F1, OUT_I1, OUT_I1, OUT_MARKS),
    cache=KEPT,
    nogil=True,
    error_model="numpy",
)
def cover_rows(
    rows,
    lonlat_deg,
    persons,
    cutoff_m,
    limit_2,
    order,
    xyz_m,
    axis,
    plane_m,
    start,
    mode,
    chosen,
    marked,
    nearest_index,
    nearest_m,
    backup_count,
    persons_in_reach,
    doubtful,
):
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
            sure = sure and (next_2 == np.inf or best_m < _shortest(math.sqrt(next_2)) - ROUNDING_M)
        sure = sure and hit_count <= _HITS
        doubtful[row] = not sure
        if sure:
            nearest_index[row] = order[best] if best >= 0 else -1
            nearest_m[row] = best_m
            backup_count[row] = hit_count
            for i in range(hit_count):
                persons_in_reach[hits[i]] += persons[row]
