"""The nearest place on an edge, and shares along edges, compiled; imported by `compiled` alone.

A segment is straight in longitude and latitude. The place of it nearest to a point is where the
chord is perpendicular to it: found by repeated projection, in Earth-centred coordinates, so neither
180 degrees nor the poles nor a far point are special.
"""

# ruff: noqa: PLR0913, PLR0917, PLR0912, PLR0915, C901
# Compiled code takes plain numbers and arrays, one by one, and calls inside the loops cost.

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import FloatArray
from geo_ems.queries.compiling import compiled
from geo_ems.queries.ellipsoid import ECCENTRICITY_2, EQUATOR_RADIUS_M, POLAR_RADIUS_M
from geo_ems.routing.edge_states import PARTLY_OPEN
from geo_ems.routing.network import Int32Array

TIED_M: Final = 1e-3
"""Places that differ less in their distance are equally near: a junction belongs to all its edges."""

_F1: Final = "Array(float64, 1, 'C', True)"
_F2: Final = "Array(float64, 2, 'C', True)"
_I1: Final = "Array(int32, 1, 'C', True)"
_U1: Final = "Array(uint8, 1, 'C', True)"
_OUT_F1: Final = "Array(float64, 1, 'C')"
_OUT_F2: Final = "Array(float64, 2, 'C')"
_OUT_I1: Final = "Array(int32, 1, 'C')"
_GRID: Final = f"{_F1}, {_F1}, int64, int64, {_I1}, {_I1}"

_RADIANS: Final = math.pi / 180.0
_FULL_TURN_DEG: Final = 360.0
_QUARTER: Final = math.pi / 2.0
_CLOSE_ENOUGH_M: Final = 1e-4
_PROJECTIONS: Final = 12
_SAFETY: Final = 0.98
_TIES: Final = 32
_INVERSIONS: Final = 6
_AT_A_VERTEX: Final = 1e-12
_PER_EQUATOR_2: Final = EQUATOR_RADIUS_M**-2
_PER_POLE_2: Final = POLAR_RADIUS_M**-2


@compiled()
def place_xyz(lon_deg: float, lat_deg: float) -> tuple[float, float, float]:
    """Return the Earth-centred coordinates of a place, metres."""
    sin_lat, cos_lat = math.sin(lat_deg * _RADIANS), math.cos(lat_deg * _RADIANS)
    normal_m = EQUATOR_RADIUS_M / math.sqrt(1.0 - ECCENTRICITY_2 * sin_lat * sin_lat)
    across_m = normal_m * cos_lat
    return (
        across_m * math.cos(lon_deg * _RADIANS),
        across_m * math.sin(lon_deg * _RADIANS),
        normal_m * (1.0 - ECCENTRICITY_2) * sin_lat,
    )


@compiled()
def geodesic_between(lon_deg: float, lat_deg: float, to_lon_deg: float, to_lat_deg: float) -> float:
    """Return a short geodesic in metres, as `ellipsoid.short_geodesic_m` does."""
    x, y, z = place_xyz(lon_deg, lat_deg)
    to_x, to_y, to_z = place_xyz(to_lon_deg, to_lat_deg)
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
def turned(step_deg: float) -> float:
    """Return a difference of longitudes the short way round."""
    return step_deg - _FULL_TURN_DEG * math.floor(step_deg / _FULL_TURN_DEG + 0.5)


@compiled()
def length_share(lon_deg: float, lat_deg: float, to_lon_deg: float, to_lat_deg: float, part: float) -> float:
    """Return the share of a segment's length that lies before a part of it; metres per degree vary along it."""
    at_lon, at_lat = lon_deg + part * (to_lon_deg - lon_deg), lat_deg + part * (to_lat_deg - lat_deg)
    before_m = geodesic_between(lon_deg, lat_deg, at_lon, at_lat)
    after_m = geodesic_between(at_lon, at_lat, to_lon_deg, to_lat_deg)
    return before_m / (before_m + after_m) if before_m + after_m > 0.0 else part


@compiled()
def closest_on_segment(
    x: float,
    y: float,
    z: float,
    lon_deg: float,
    lat_deg: float,
    step_lon_deg: float,
    step_lat_deg: float,
    low: float,
    high: float,
    worth_m: float,
) -> tuple[float, float]:
    """Return which part of a segment, between `low` and `high`, is nearest to x, y, z, and the chord there.

    Where no part is nearer than `worth_m` the chord may be any that is longer.
    """
    part = 0.5 * (low + high)
    chord_m = math.inf
    for turn in range(_PROJECTIONS):
        lon, lat = (lon_deg + part * step_lon_deg) * _RADIANS, (lat_deg + part * step_lat_deg) * _RADIANS
        sin_lat, cos_lat, sin_lon, cos_lon = math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)
        curve_2 = 1.0 - ECCENTRICITY_2 * sin_lat * sin_lat
        normal_m = EQUATOR_RADIUS_M / math.sqrt(curve_2)
        meridian_m = normal_m * (1.0 - ECCENTRICITY_2) / curve_2
        to_x = x - normal_m * cos_lat * cos_lon
        to_y = y - normal_m * cos_lat * sin_lon
        to_z = z - normal_m * (1.0 - ECCENTRICITY_2) * sin_lat
        chord_m = math.sqrt(to_x * to_x + to_y * to_y + to_z * to_z)
        east_m = step_lon_deg * _RADIANS * normal_m * cos_lat
        north_m = step_lat_deg * _RADIANS * meridian_m
        length_2 = east_m * east_m + north_m * north_m
        if length_2 == 0.0:
            return low, chord_m
        if turn == 0 and chord_m - 0.51 * (high - low) * math.sqrt(length_2) > worth_m:
            return part, chord_m
        ahead_m2 = east_m * (cos_lon * to_y - sin_lon * to_x)
        ahead_m2 += north_m * (cos_lat * to_z - sin_lat * (cos_lon * to_x + sin_lon * to_y))
        # How the chord's square bends along the segment: the Earth falls away, so a far point counts less.
        bent_2 = length_2 * max(1.0 - chord_m * chord_m / (2.0 * POLAR_RADIUS_M * POLAR_RADIUS_M), 0.25)
        onwards = min(max(part + ahead_m2 / bent_2, low), high)
        moved_m = abs(onwards - part) * math.sqrt(length_2)
        part = onwards
        if moved_m < _CLOSE_ENOUGH_M:
            break
    return part, chord_m


@compiled()
def edge_of_vertex(vertex: int, first_vertex: Int32Array) -> int:
    """Return the edge that a vertex belongs to."""
    edge, beyond = 0, first_vertex.size - 1
    while beyond - edge > 1:
        middle = (edge + beyond) >> 1
        if first_vertex[middle] <= vertex:
            edge = middle
        else:
            beyond = middle
    return edge


@compiled(
    f"int64({_F2}, {_GRID}, {_I1}, {_F2}, {_U1}, {_I1}, {_F1}, {_F1},"
    f" {_OUT_I1}, {_OUT_I1}, {_OUT_I1}, {_OUT_F1}, {_OUT_F1})"
)
def snap_points(
    points_deg: FloatArray,
    origin_deg: FloatArray,
    cell_deg: FloatArray,
    rows: int,
    columns: int,
    first: Int32Array,
    segment: Int32Array,
    first_vertex: Int32Array,
    vertex_deg: FloatArray,
    edge_state: NDArray[np.uint8],
    part_vertex: Int32Array,
    part_low: FloatArray,
    part_high: FloatArray,
    owner: Int32Array,
    edge: Int32Array,
    vertex: Int32Array,
    part: FloatArray,
    chord: FloatArray,
) -> int:
    """Write the nearest places of open edges for each point, all that tie; return how many there are.

    `edge_state` is as in `Costs`; the open parts of segments of partly open edges are `part_low` to
    `part_high` of the segment that `part_vertex`, ascending, begins. The outputs are filled as far as
    they reach; the caller gives more room where the count is larger.
    """
    count = 0
    best_edge, best_vertex = np.empty(_TIES, np.int32), np.empty(_TIES, np.int32)
    best_part, best_chord = np.empty(_TIES), np.empty(_TIES)
    for i in range(len(points_deg)):
        lon_deg, lat_deg = points_deg[i, 0], points_deg[i, 1]
        if not (math.isfinite(lon_deg) and math.isfinite(lat_deg)):
            continue
        x, y, z = place_xyz(lon_deg, lat_deg)
        axis_m = math.sqrt(x * x + y * y)
        cos_lat = math.cos(lat_deg * _RADIANS)
        best_m, ties = math.inf, 0
        own_row = math.floor((lat_deg - origin_deg[1]) / cell_deg[1])
        # Which way round the network is nearer; the other way is looked at afterwards.
        width_deg = columns * cell_deg[0]
        east_deg = (lon_deg - origin_deg[0]) % _FULL_TURN_DEG
        if east_deg > 0.5 * (_FULL_TURN_DEG + width_deg):
            east_deg -= _FULL_TURN_DEG
        for way in range(2):
            if way == 1:
                east_deg += _FULL_TURN_DEG if east_deg < 0.5 * width_deg else -_FULL_TURN_DEG
            own_column = math.floor(east_deg / cell_deg[0])
            ring = max(0, -own_row, own_row - rows + 1, -own_column, own_column - columns + 1)
            last_ring = max(abs(own_row), abs(own_row - rows + 1), abs(own_column), abs(own_column - columns + 1))
            while ring <= last_ring:
                if ring > 1:
                    away_lat = min((ring - 1) * cell_deg[1] * _RADIANS, math.pi)
                    away_lon = min((ring - 1) * cell_deg[0] * _RADIANS, _QUARTER)
                    beyond_m = min(2.0 * POLAR_RADIUS_M * math.sin(0.5 * away_lat), axis_m * math.sin(away_lon))
                    if _SAFETY * beyond_m > best_m + TIED_M:
                        break
                for row in range(max(0, own_row - ring), min(rows, own_row + ring + 1)):
                    on_edge = row == own_row - ring or row == own_row + ring
                    column = max(0, own_column - ring) if on_edge else own_column - ring
                    while column <= own_column + ring and column < columns:
                        if column >= 0:
                            cell = row * columns + column
                            look = first[cell + 1] > first[cell]
                            if look and ring > 1 and best_m < math.inf:
                                # The least chord to the cell, from how far it is in latitude and longitude.
                                south = origin_deg[1] + row * cell_deg[1]
                                north = south + cell_deg[1]
                                away_lat = max(0.0, south - lat_deg, lat_deg - north) * _RADIANS
                                west = column * cell_deg[0]
                                away_lon = max(0.0, west - east_deg, east_deg - west - cell_deg[0])
                                away_lon = min(away_lon, _FULL_TURN_DEG - away_lon) * _RADIANS
                                narrow = min(math.cos(south * _RADIANS), math.cos(north * _RADIANS))
                                by_lat, by_lon = math.sin(0.5 * away_lat), math.sin(0.5 * away_lon)
                                least_2 = by_lat * by_lat + cos_lat * max(narrow, 0.0) * by_lon * by_lon
                                least_m = 2.0 * POLAR_RADIUS_M * _SAFETY * math.sqrt(least_2)
                                look = least_m <= best_m + TIED_M
                            if look:
                                for j in range(first[cell], first[cell + 1]):
                                    begin = segment[j]
                                    own = edge_of_vertex(begin, first_vertex)
                                    state = edge_state[own]
                                    if state == 0:
                                        continue
                                    from_lon, from_lat = vertex_deg[begin, 0], vertex_deg[begin, 1]
                                    step_lon = turned(vertex_deg[begin + 1, 0] - from_lon)
                                    step_lat = vertex_deg[begin + 1, 1] - from_lat
                                    k, beyond = 0, 1
                                    if state == PARTLY_OPEN:
                                        k = np.searchsorted(part_vertex, begin)
                                        beyond = k
                                        while beyond < part_vertex.size and part_vertex[beyond] == begin:
                                            beyond += 1
                                    for piece in range(k, beyond):
                                        low, high = 0.0, 1.0
                                        if state == PARTLY_OPEN:
                                            low, high = part_low[piece], part_high[piece]
                                        at, chord_m = closest_on_segment(
                                            x,
                                            y,
                                            z,
                                            from_lon,
                                            from_lat,
                                            step_lon,
                                            step_lat,
                                            low,
                                            high,
                                            best_m + TIED_M,
                                        )
                                        if chord_m > best_m + TIED_M:
                                            continue
                                        at_vertex = begin
                                        if at >= 1.0:
                                            at_vertex, at = begin + 1, 0.0
                                        if chord_m < best_m:
                                            best_m = chord_m
                                            kept = 0
                                            for tie in range(ties):
                                                if best_chord[tie] <= best_m + TIED_M:
                                                    best_edge[kept], best_vertex[kept] = (
                                                        best_edge[tie],
                                                        best_vertex[tie],
                                                    )
                                                    best_part[kept], best_chord[kept] = best_part[tie], best_chord[tie]
                                                    kept += 1
                                            ties = kept
                                        known = False
                                        for tie in range(ties):
                                            if (
                                                best_edge[tie] == own
                                                and best_vertex[tie] == at_vertex
                                                and best_part[tie] == at
                                            ):
                                                known = True
                                        if not known and ties < _TIES:
                                            best_edge[ties], best_vertex[ties] = own, at_vertex
                                            best_part[ties], best_chord[ties] = at, chord_m
                                            ties += 1
                        if on_edge or column >= own_column + ring or ring == 0:
                            column += 1
                        else:
                            column = own_column + ring
                ring += 1
        for tie in range(ties):
            if count < edge.size:
                owner[count], edge[count], vertex[count] = i, best_edge[tie], best_vertex[tie]
                part[count], chord[count] = best_part[tie], best_chord[tie]
            count += 1
    return count


@compiled(f"void({_I1}, {_I1}, {_F1}, {_I1}, {_F2}, {_OUT_F1}, {_OUT_F2})")
def write_shares(
    edge: Int32Array,
    vertex: Int32Array,
    part: FloatArray,
    first_vertex: Int32Array,
    vertex_deg: FloatArray,
    share: FloatArray,
    lonlat_deg: FloatArray,
) -> None:
    """Write the share of an edge's length at which places lie that are given as parts of segments, and the places."""
    for i in range(edge.size):
        before_m, total_m = 0.0, 0.0
        at_lon, at_lat = vertex_deg[vertex[i], 0], vertex_deg[vertex[i], 1]
        last = first_vertex[edge[i] + 1] - 1
        for v in range(first_vertex[edge[i]], last):
            lon, lat = vertex_deg[v, 0], vertex_deg[v, 1]
            to_lon, to_lat = lon + turned(vertex_deg[v + 1, 0] - lon), vertex_deg[v + 1, 1]
            step_m = geodesic_between(lon, lat, to_lon, to_lat)
            if v < vertex[i]:
                before_m += step_m
            elif v == vertex[i] and part[i] > 0.0:
                at_lon, at_lat = lon + part[i] * (to_lon - lon), lat + part[i] * (to_lat - lat)
                before_m += step_m * length_share(lon, lat, to_lon, to_lat, part[i])
            total_m += step_m
        if vertex[i] == last:
            share[i] = 1.0
        else:
            share[i] = min(before_m / total_m, 1.0) if total_m > 0.0 else 0.0
        lonlat_deg[i, 0], lonlat_deg[i, 1] = at_lon, at_lat


@compiled(f"void({_I1}, {_F1}, {_I1}, {_F2}, {_OUT_I1}, {_OUT_F1}, {_OUT_F2})")
def write_places(
    edge: Int32Array,
    share: FloatArray,
    first_vertex: Int32Array,
    vertex_deg: FloatArray,
    vertex: Int32Array,
    part: FloatArray,
    lonlat_deg: FloatArray,
) -> None:
    """Write the places at shares of edges, as parts of the segments that the vertices begin, and in degrees."""
    for i in range(edge.size):
        begin, last = first_vertex[edge[i]], first_vertex[edge[i] + 1] - 1
        total_m = 0.0
        for v in range(begin, last):
            total_m += geodesic_between(vertex_deg[v, 0], vertex_deg[v, 1], vertex_deg[v + 1, 0], vertex_deg[v + 1, 1])
        wanted_m = share[i] * total_m
        v, step_m = begin, 0.0
        while v < last:
            step_m = geodesic_between(vertex_deg[v, 0], vertex_deg[v, 1], vertex_deg[v + 1, 0], vertex_deg[v + 1, 1])
            if wanted_m <= step_m or v == last - 1:
                break
            wanted_m -= step_m
            v += 1
        at = 0.0
        if step_m > 0.0:
            wanted = min(max(wanted_m / step_m, 0.0), 1.0)
            at = wanted
            lon, lat, to_lat = vertex_deg[v, 0], vertex_deg[v, 1], vertex_deg[v + 1, 1]
            to_lon = lon + turned(vertex_deg[v + 1, 0] - lon)
            for _ in range(_INVERSIONS):
                at = min(max(at + wanted - length_share(lon, lat, to_lon, to_lat, at), 0.0), 1.0)
        if at < _AT_A_VERTEX:
            at = 0.0
        elif at > 1.0 - _AT_A_VERTEX:
            v, at = v + 1, 0.0
        if share[i] >= 1.0:
            v, at = last, 0.0
        vertex[i], part[i] = v, at
        lonlat_deg[i, 0], lonlat_deg[i, 1] = vertex_deg[v, 0], vertex_deg[v, 1]
        if at > 0.0:
            lonlat_deg[i, 0] += at * turned(vertex_deg[v + 1, 0] - vertex_deg[v, 0])
            lonlat_deg[i, 1] += at * (vertex_deg[v + 1, 1] - vertex_deg[v, 1])
