"""Places along edges: parts of segments <-> shares of the edge's length <-> degrees, and lines between shares."""

import numpy as np

from geo_ems.model.columns import FloatArray
from geo_ems.routing.compiled import load_routing
from geo_ems.routing.network import Int32Array, RoadNetwork


def shares_at(
    network: RoadNetwork, edge: Int32Array, vertex: Int32Array, part: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the shares of the edges' lengths (p,) at which p places lie, and their lon/lat degrees (p, 2).

    Place i is the part `part[i]` (0 to 1, in degrees of longitude and latitude) of the segment that
    `vertex[i]`, a vertex of the edge `edge[i]`, begins; part 0 of the last vertex is the end.
    """
    share, lonlat_deg = np.empty(edge.size), np.empty((edge.size, 2))
    load_routing().along.write_shares(
        edge, vertex, part, network.first_vertex, network.vertex_lonlat_deg, share, lonlat_deg
    )
    return share, lonlat_deg


def places_at(network: RoadNetwork, edge: Int32Array, share: FloatArray) -> tuple[Int32Array, FloatArray, FloatArray]:
    """Return places at shares of edges: vertices and parts as `shares_at` takes them, and lon/lat degrees (p, 2)."""
    vertex, part, lonlat_deg = np.empty(edge.size, dtype=np.int32), np.empty(edge.size), np.empty((edge.size, 2))
    load_routing().along.write_places(
        edge, share, network.first_vertex, network.vertex_lonlat_deg, vertex, part, lonlat_deg
    )
    return vertex, part, lonlat_deg


def line_between(network: RoadNetwork, edge: int, from_share: float, to_share: float) -> FloatArray:
    """Return the vertices of an edge from one share to another, lon/lat degrees, in the direction travelled."""
    low, high = min(from_share, to_share), max(from_share, to_share)
    edges = np.array([edge, edge], dtype=np.int32)
    vertex, part, ends_deg = places_at(network, edges, np.array([low, high]))
    first_inner = int(vertex[0]) + 1
    last_inner = int(vertex[1]) if part[1] > 0.0 else int(vertex[1]) - 1
    inner = network.vertex_lonlat_deg[first_inner : last_inner + 1]
    line = np.concatenate([ends_deg[:1], inner, ends_deg[1:]])
    return line if from_share <= to_share else line[::-1]
