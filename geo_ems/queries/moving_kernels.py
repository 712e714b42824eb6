"""The search of places that move, compiled: a tree without those that moved since, and these scanned beside it.

Imported by `compiled` alone, like `point_tree_kernels`, whose search of a tree it uses.
"""

# ruff: noqa: PLR0913, PLR0917
# Compiled code takes plain numbers and arrays, one by one; so the functions here have many arguments.

import math

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.compiling import compiled
from geo_ems.queries.point_tree import RowArray, SmallIntArray
from geo_ems.queries.point_tree_kernels import (
    F2,
    I1,
    MASK,
    OUT_F1,
    OUT_F2,
    OUT_I1,
    OUT_MARKS,
    STACK,
    TREE,
    closest,
    place_xyz,
)

_OUT_ORDER = "Array(int32, 1, 'C')"
_OUT_AXES = "Array(int8, 1, 'C')"
_SCANNED = f"{I1}, {F2}, int64, int64, Array(boolean, 1, 'C', True)"


@compiled(f"int64(float64, float64, {TREE}, {MASK}, {_SCANNED}, {F2}, {OUT_I1}, {OUT_F1}, {OUT_F2})")
def closest_moving(
    lon_deg: float,
    lat_deg: float,
    order: RowArray,
    xyz_m: FloatArray,
    axis: SmallIntArray,
    plane_m: FloatArray,
    start: RowArray,
    mode: int,
    chosen: BoolArray,
    marked: BoolArray,
    extra: IntArray,
    extra_xyz_m: FloatArray,
    extra_count: int,
    every: int,
    wanted: BoolArray,
    lonlat_deg: FloatArray,
    index: IntArray,
    chord_m: FloatArray,
    places_deg: FloatArray,
) -> int:
    """Fill in the places of smallest chord, of the tree and of the first `extra_count` extra ones; return how many.

    `chosen` tells by row which places of the tree still stand there, `wanted` (unless `every` is 1) by
    row which extra ones are candidates; `extra` holds rows, `extra_xyz_m` (m, 3) where they are.
    `index`, `chord_m` (count,) and `places_deg` (count, 2) are written, ascending by chord.
    """
    x, y, z = place_xyz(lon_deg, lat_deg)
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    count = chord_m.size
    found = closest(x, y, z, order, xyz_m, axis, plane_m, start, mode, chosen, marked, 0, chord_m, index, nodes, boxes)
    for i in range(found):
        index[i] = order[index[i]]
    worst_2 = chord_m[count - 1]
    for place in range(extra_count):
        step_x, step_y, step_z = extra_xyz_m[place, 0] - x, extra_xyz_m[place, 1] - y, extra_xyz_m[place, 2] - z
        chord_2 = step_x * step_x + step_y * step_y + step_z * step_z
        if chord_2 < worst_2 and (every == 1 or wanted[extra[place]]):
            slot = count - 1
            if found < count:
                slot = found
                found += 1
            while slot > 0 and chord_m[slot - 1] > chord_2:
                chord_m[slot], index[slot] = chord_m[slot - 1], index[slot - 1]
                slot -= 1
            chord_m[slot], index[slot] = chord_2, extra[place]
            worst_2 = chord_m[count - 1]
    for i in range(found):
        chord_m[i] = math.sqrt(chord_m[i])
        places_deg[i, 0], places_deg[i, 1] = lonlat_deg[index[i], 0], lonlat_deg[index[i], 1]
    return found


@compiled(
    f"int64(int64, float64, float64, {OUT_F2}, {OUT_F2}, {OUT_MARKS}, {OUT_MARKS}, {OUT_I1}, {OUT_I1}, {OUT_F2}, int64)"
)
def move_place(
    row: int,
    lon_deg: float,
    lat_deg: float,
    lonlat_deg: FloatArray,
    xyz_m: FloatArray,
    in_tree: BoolArray,
    touched: BoolArray,
    slot_of: IntArray,
    extra: IntArray,
    extra_xyz_m: FloatArray,
    extra_count: int,
) -> int:
    """Put one place elsewhere: out of the tree, among the extra ones; return how many extra ones there are."""
    x, y, z = place_xyz(lon_deg, lat_deg)
    lonlat_deg[row, 0], lonlat_deg[row, 1] = lon_deg, lat_deg
    xyz_m[row, 0], xyz_m[row, 1], xyz_m[row, 2] = x, y, z
    touched[row] = True
    slot = slot_of[row]
    if slot < 0:
        slot = extra_count
        extra_count += 1
        slot_of[row], extra[slot], in_tree[row] = slot, row, False
    extra_xyz_m[slot, 0], extra_xyz_m[slot, 1], extra_xyz_m[slot, 2] = x, y, z
    return extra_count


@compiled()
def swap(xyz_m: FloatArray, order: RowArray, one: int, other: int) -> None:
    """Exchange two places."""
    for part in range(3):
        xyz_m[one, part], xyz_m[other, part] = xyz_m[other, part], xyz_m[one, part]
    order[one], order[other] = order[other], order[one]


@compiled()
def select(xyz_m: FloatArray, order: RowArray, first: int, last: int, middle: int, along: int) -> None:
    """Put the place of rank `middle` along an axis there, smaller ones before it and larger ones behind it."""
    while first < last:
        pivot = xyz_m[(first + last) // 2, along]
        left, right = first, last
        while left <= right:
            while xyz_m[left, along] < pivot:
                left += 1
            while xyz_m[right, along] > pivot:
                right -= 1
            if left <= right:
                swap(xyz_m, order, left, right)
                left += 1
                right -= 1
        if middle <= right:
            last = right
        elif middle >= left:
            first = left
        else:
            return


@compiled(f"void({OUT_F2}, {_OUT_ORDER}, {_OUT_AXES}, {OUT_F1}, {_OUT_ORDER})")
def build_tree(xyz_m: FloatArray, order: RowArray, axis: SmallIntArray, plane_m: FloatArray, start: RowArray) -> None:
    """Put the places in the order of a tree, in place, and write its planes and leaves (see `PointTree`).

    `order` comes as the row of each place; `start.size - 1`, a power of two, is the number of leaves.
    """
    leaf_count = start.size - 1
    begin, end = np.empty(2 * leaf_count, np.int32), np.empty(2 * leaf_count, np.int32)
    begin[0], end[0] = 0, order.size
    for node in range(leaf_count - 1):
        first, last = begin[node], end[node]
        widest, along = -1.0, 0
        for part in range(3):
            low, high = np.inf, -np.inf
            for place in range(first, last):
                low, high = min(low, xyz_m[place, part]), max(high, xyz_m[place, part])
            if high - low > widest:
                widest, along = high - low, part
        middle = (first + last) // 2
        select(xyz_m, order, first, last - 1, middle, along)
        axis[node] = along
        plane_m[node] = xyz_m[middle, along] if middle < last else 0.0
        begin[2 * node + 1], end[2 * node + 1] = first, middle
        begin[2 * node + 2], end[2 * node + 2] = middle, last
    for leaf in range(leaf_count):
        first, last = begin[leaf_count - 1 + leaf], end[leaf_count - 1 + leaf]
        start[leaf] = first
        for place in range(first + 1, last):
            slot = place
            while slot > first and order[slot - 1] > order[slot]:
                swap(xyz_m, order, slot - 1, slot)
                slot -= 1
    start[leaf_count] = order.size
