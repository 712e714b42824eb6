"""Shares of the lengths of edges <-> places along them, compiled; imported by `compiled` alone."""

# ruff: noqa: C901
# Compiled code takes plain numbers and arrays, one by one.

from typing import Final

from geo_ems.model.columns import FloatArray
from geo_ems.queries.compiling import compiled
from geo_ems.routing.network import Int32Array
from geo_ems.routing.snap_kernels import geodesic_between, turned

_F1: Final = "Array(float64, 1, 'C', True)"
_F2: Final = "Array(float64, 2, 'C', True)"
_I1: Final = "Array(int32, 1, 'C', True)"
_OUT_F1: Final = "Array(float64, 1, 'C')"
_OUT_F2: Final = "Array(float64, 2, 'C')"
_OUT_I1: Final = "Array(int32, 1, 'C')"

_INVERSIONS: Final = 6
_AT_A_VERTEX: Final = 1e-12


@compiled()
def length_share(lon_deg: float, lat_deg: float, to_lon_deg: float, to_lat_deg: float, part: float) -> float:
    """Return the share of a segment's length that lies before a part of it; metres per degree vary along it."""
    at_lon, at_lat = lon_deg + part * (to_lon_deg - lon_deg), lat_deg + part * (to_lat_deg - lat_deg)
    before_m = geodesic_between(lon_deg, lat_deg, at_lon, at_lat)
    after_m = geodesic_between(at_lon, at_lat, to_lon_deg, to_lat_deg)
    return before_m / (before_m + after_m) if before_m + after_m > 0.0 else part


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
