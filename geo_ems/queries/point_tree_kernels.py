"""The search of a `PointTree`, compiled. Importing this module compiles it, or loads what was compiled before.

It is imported by `compiled` alone, which decides where the compiled code is kept, so that commands
which ask one question need no compiler. No fast-math: a comparison with NaN must stay false. All
arrays that are read are declared read-only; writable ones are accepted too.

Every function here is a filter over chords, or refines by `ellipsoid.short_geodesic_m`'s formula
where that is exact enough; what is left in doubt is flagged, and the caller measures it with Geod.
"""

# ruff: noqa: PLR0913, PLR0917, PLR0915, PLR0912, C901
# Compiled code takes plain numbers and arrays, one by one, and calls from one function to another
# inside the loops cost; so the functions here have many arguments and branches.

import math
from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.compiling import compiled
from geo_ems.queries.ellipsoid import ECCENTRICITY_2, EQUATOR_RADIUS_M, POLAR_RADIUS_M, ROUNDING_M
from geo_ems.queries.point_tree import BY_INDEX, BY_POSITION, RowArray, SmallIntArray

STACK: Final = 64
"""Nodes that wait to be searched, at most: a tree has fewer levels than the 32 bits of a row number."""

# The types of arguments, as numba reads them. OUT_ are written, all others are read-only.
F1: Final = "Array(float64, 1, 'C', True)"
F2: Final = "Array(float64, 2, 'C', True)"
I1: Final = "Array(int64, 1, 'C', True)"
TREE: Final = f"Array(int32, 1, 'C', True), {F2}, Array(int8, 1, 'C', True), {F1}, Array(int32, 1, 'C', True)"
MASK: Final = "int64, Array(boolean, 1, 'C', True), Array(boolean, 1, 'C', True)"
OUT_F1: Final = "Array(float64, 1, 'C')"
OUT_F2: Final = "Array(float64, 2, 'C')"
OUT_I1: Final = "Array(int64, 1, 'C')"
OUT_I2: Final = "Array(int64, 2, 'C')"
OUT_MARKS: Final = "Array(boolean, 1, 'C')"

_TENTHS: Final = 10.0
_FULL_TURN_DEG: Final = 360.0


@compiled()
def closest(
    x: float,
    y: float,
    z: float,
    order: RowArray,
    xyz_m: FloatArray,
    axis: SmallIntArray,
    plane_m: FloatArray,
    start: RowArray,
    mode: int,
    chosen: BoolArray,
    marked: BoolArray,
    opened_at_most: int | np.int64,
    near_2: FloatArray,
    near: IntArray,
    nodes: RowArray,
    boxes: FloatArray,
) -> int:
    """Find the places of smallest chord, `near_2.size` of them; return how many there are.

    It is -1 where more than `opened_at_most` places (0: any number) were looked at.
    `near_2` gets the squared chords, ascending (infinite where there are fewer), `near` the positions in the tree.
    """
    count = near_2.size
    if count == 0:
        return 0
    for slot in range(count):
        near_2[slot], near[slot] = np.inf, -1
    worst_2 = np.inf
    found = 0
    opened = 0
    inner = start.size - 2
    nodes[0] = 0
    boxes[0, 0] = boxes[0, 1] = boxes[0, 2] = boxes[0, 3] = 0.0
    waiting = 1
    while waiting > 0:
        waiting -= 1
        to_box_2 = boxes[waiting, 0]
        if to_box_2 > worst_2:
            continue
        node = nodes[waiting]
        # How far the query lies outside the node's box along x, y and z.
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
            if far_2 <= worst_2 and (mode != BY_POSITION or marked[far_child]):
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
        first, end = start[node - inner], start[node - inner + 1]
        opened += end - first
        if opened > opened_at_most > 0:
            return -1
        for position in range(first, end):
            if mode == BY_INDEX:
                if not chosen[order[position]]:
                    continue
            elif mode == BY_POSITION and not chosen[position]:
                continue
            step_x, step_y, step_z = xyz_m[position, 0] - x, xyz_m[position, 1] - y, xyz_m[position, 2] - z
            chord_2 = step_x * step_x + step_y * step_y + step_z * step_z
            if chord_2 < worst_2:
                slot = count - 1
                if found < count:
                    slot = found
                    found += 1
                while slot > 0 and near_2[slot - 1] > chord_2:
                    near_2[slot], near[slot] = near_2[slot - 1], near[slot - 1]
                    slot -= 1
                near_2[slot], near[slot] = chord_2, position
                worst_2 = near_2[count - 1]
    return found


@compiled()
def place_xyz(lon_deg: float, lat_deg: float) -> tuple[float, float, float]:
    """Return the Earth-centred coordinates of a place, metres, as `ellipsoid.position_xyz`."""
    lon, lat = math.radians(lon_deg), math.radians(lat_deg)
    sin_lat, cos_lat = math.sin(lat), math.cos(lat)
    normal_m = EQUATOR_RADIUS_M / math.sqrt(1.0 - ECCENTRICITY_2 * sin_lat * sin_lat)
    across_m = normal_m * cos_lat
    return across_m * math.cos(lon), across_m * math.sin(lon), normal_m * (1.0 - ECCENTRICITY_2) * sin_lat


@compiled(f"int64(float64, float64, {TREE}, {MASK}, int64, {F2}, {OUT_I1}, {OUT_F1}, {OUT_F2})")
def closest_to_place(
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
    opened_at_most: int,
    lonlat_deg: FloatArray,
    index: IntArray,
    chord_m: FloatArray,
    places_deg: FloatArray,
) -> int:
    """Fill in the places of smallest chord to one place, ascending; return how many, -1 where too many were opened.

    `index` and `chord_m` (count,) and `places_deg` (count, 2) are written; `lonlat_deg` (n, 2) is read.
    """
    x, y, z = place_xyz(lon_deg, lat_deg)
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    found = closest(
        x, y, z, order, xyz_m, axis, plane_m, start, mode, chosen, marked, opened_at_most, chord_m, index, nodes, boxes
    )
    for i in range(found):
        chord_m[i] = math.sqrt(chord_m[i])
        index[i] = order[index[i]]
        places_deg[i, 0], places_deg[i, 1] = lonlat_deg[index[i], 0], lonlat_deg[index[i], 1]
    return found


@compiled()
def shortest_geodesic(chord_m: float) -> float:
    """Return the lower bound of a geodesic as `ellipsoid.shortest_geodesic_m` does."""
    return max(chord_m, 2.0 * POLAR_RADIUS_M * math.asin(min(chord_m / (2.0 * EQUATOR_RADIUS_M), 1.0)))


@compiled(f"UniTuple(float64, 2)(int64, int64, {OUT_I1}, {OUT_F1}, {OUT_F1}, {OUT_F1}, {OUT_F2}, {OUT_MARKS})")
def rank_measured(
    k: int,
    count: int,
    index: IntArray,
    chord_m: FloatArray,
    straight_m: FloatArray,
    bearing_deg: FloatArray,
    places_deg: FloatArray,
    tied: BoolArray,
) -> tuple[float, float]:
    """Sort the first `count` places, which were measured, by distance, then index, in place.

    Return whether the last of k and the next are tied (1.0), and the distance below which no other
    place can lie: by the chord of the place after them, infinity where there is none. `bearing_deg`
    comes as Geod gives it, -180..180, and leaves clockwise from north; `tied` is written: equal,
    rounded to 0.1 m, to a neighbour.
    """
    for i in range(count):
        if straight_m[i] < ROUNDING_M:
            bearing_deg[i] = 0.0
        elif bearing_deg[i] <= 0.0:
            bearing_deg[i] += _FULL_TURN_DEG
            if bearing_deg[i] >= _FULL_TURN_DEG:
                bearing_deg[i] = 0.0
    for i in range(1, count):
        own_index, own_m, own_deg = index[i], straight_m[i], bearing_deg[i]
        lon_deg, lat_deg = places_deg[i, 0], places_deg[i, 1]
        slot = i
        while slot > 0 and (
            straight_m[slot - 1] > own_m or (straight_m[slot - 1] == own_m and index[slot - 1] > own_index)
        ):
            index[slot], straight_m[slot], bearing_deg[slot] = (
                index[slot - 1],
                straight_m[slot - 1],
                bearing_deg[slot - 1],
            )
            places_deg[slot, 0], places_deg[slot, 1] = places_deg[slot - 1, 0], places_deg[slot - 1, 1]
            slot -= 1
        index[slot], straight_m[slot], bearing_deg[slot] = own_index, own_m, own_deg
        places_deg[slot, 0], places_deg[slot, 1] = lon_deg, lat_deg
    for i in range(count):
        tied[i] = False
    cut = 0.0
    for i in range(1, count):
        if np.rint(straight_m[i - 1] * _TENTHS) == np.rint(straight_m[i] * _TENTHS):
            tied[i - 1] = tied[i] = True
            if i == k:
                cut = 1.0
    if count == index.size:
        return cut, np.inf
    return cut, shortest_geodesic(chord_m[count])


@compiled()
def within(
    x: float,
    y: float,
    z: float,
    limit_2: float,
    order: RowArray,
    xyz_m: FloatArray,
    axis: SmallIntArray,
    plane_m: FloatArray,
    start: RowArray,
    mode: int,
    chosen: BoolArray,
    marked: BoolArray,
    found: IntArray,
    nodes: RowArray,
    boxes: FloatArray,
) -> int:
    """Write the positions of all places whose squared chord is at most the limit into `found`; return how many.

    Where `found` is too small the rest is counted and not written.
    """
    inner = start.size - 2
    nodes[0] = 0
    boxes[0, 0] = boxes[0, 1] = boxes[0, 2] = boxes[0, 3] = 0.0
    waiting = 1
    count = 0
    while waiting > 0:
        waiting -= 1
        node = nodes[waiting]
        if mode == BY_POSITION and not marked[node]:
            continue
        to_box_2 = boxes[waiting, 0]
        if node < inner:
            along = axis[node]
            at = x if along == 0 else (y if along == 1 else z)
            beyond, before = at - plane_m[node], boxes[waiting, 1 + along]
            far_2 = to_box_2 - before * before + beyond * beyond
            left_is_near = beyond < 0.0
            nodes[waiting] = 2 * node + 1 if left_is_near else 2 * node + 2
            if far_2 <= limit_2:
                nodes[waiting + 1] = 2 * node + 2 if left_is_near else 2 * node + 1
                boxes[waiting + 1, 0] = far_2
                for part in range(1, 4):
                    boxes[waiting + 1, part] = boxes[waiting, part]
                boxes[waiting + 1, 1 + along] = beyond
                waiting += 1
            waiting += 1
            continue
        for position in range(start[node - inner], start[node - inner + 1]):
            if mode == BY_INDEX:
                if not chosen[order[position]]:
                    continue
            elif mode == BY_POSITION and not chosen[position]:
                continue
            step_x, step_y, step_z = xyz_m[position, 0] - x, xyz_m[position, 1] - y, xyz_m[position, 2] - z
            if step_x * step_x + step_y * step_y + step_z * step_z <= limit_2:
                if count < found.size:
                    found[count] = order[position]
                count += 1
    return count


@compiled(f"int64(float64, float64, float64, float64, {TREE}, {MASK}, {OUT_I1})")
def places_within(
    x: float,
    y: float,
    z: float,
    limit_2: float,
    order: RowArray,
    xyz_m: FloatArray,
    axis: SmallIntArray,
    plane_m: FloatArray,
    start: RowArray,
    mode: int,
    chosen: BoolArray,
    marked: BoolArray,
    found: IntArray,
) -> int:
    """Write the indices of all places whose squared chord is at most the limit, in no order; return how many.

    Where there are more than `found` has room for, the rest is counted and not written.
    """
    nodes, boxes = np.empty(STACK, np.int32), np.empty((STACK, 4))
    return within(x, y, z, limit_2, order, xyz_m, axis, plane_m, start, mode, chosen, marked, found, nodes, boxes)
