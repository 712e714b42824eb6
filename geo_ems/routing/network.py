"""The road network as flat arrays: edges with their shape, and for each mode the arcs that may be travelled."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.model.roads import Mode

Int32Array = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ModeNetwork:
    """What may be travelled in one mode: n nodes and m arcs, sorted by the node they leave.

    Nodes are the places where edges meet; where turns are restricted a place has several nodes
    (`place` (n,) says which place each one is). Arc a leads from `tail[a]` to `head[a]` along the edge
    `edge[a]`, in the direction of its line where `is_forward[a]`, in `time_s[a]` without any barrier.
    The arcs that leave node v are `first_out[v]` to `first_out[v + 1]`; those that enter it are
    `in_arc[first_in[v]:first_in[v + 1]]`. The arcs along edge e, in both directions and with every
    copy that turn restrictions made, are `edge_arc[first_of_edge[e]:first_of_edge[e + 1]]`.
    `component` (n,) numbers the strongly connected parts by size, 0 being the largest.
    """

    place: Int32Array
    first_out: Int32Array
    tail: Int32Array
    head: Int32Array
    edge: Int32Array
    is_forward: BoolArray
    time_s: FloatArray
    first_in: Int32Array
    in_arc: Int32Array
    first_of_edge: Int32Array
    edge_arc: Int32Array
    component: Int32Array

    @property
    def node_count(self) -> int:
        """Return n."""
        return int(self.place.size)


@dataclass(frozen=True, slots=True)
class EdgeGrid:
    """Where edges lie: equal cells of `cell_deg` (longitude, latitude) from `origin_deg` on, row by row.

    `shape` is (rows, columns); rows count northwards, columns eastwards, and longitudes are counted from
    the origin eastwards, so that a network across 180 degrees is in one piece. The segments (pairs of
    neighbouring vertices, numbered by their first vertex) that may lie in cell c are
    `segment[first[c]:first[c + 1]]`.
    """

    origin_deg: FloatArray
    cell_deg: FloatArray
    shape: tuple[int, int]
    first: Int32Array
    segment: Int32Array


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """All edges, and what may be travelled of them by mode. Coordinates are WGS84 lon/lat degrees.

    Edge e is a piece of the road `road_ids[edge_road[e]]` between two places where roads meet; its line
    has the vertices `vertex_lonlat_deg[first_vertex[e]:first_vertex[e + 1]]`, and `length_m[e]` is its
    WGS84 geodesic length. `key` names what the network was made of: data, speed table, version.
    `is_ferry` tells it of each road; it is empty where no road is a ferry.
    """

    place_lonlat_deg: FloatArray
    edge_from: Int32Array
    edge_to: Int32Array
    length_m: FloatArray
    first_vertex: Int32Array
    vertex_lonlat_deg: FloatArray
    edge_road: Int32Array
    road_ids: NDArray[np.str_]
    modes: Mapping[Mode, ModeNetwork]
    grid: EdgeGrid
    key: str
    is_ferry: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @property
    def edge_count(self) -> int:
        """Return the number of edges."""
        return int(self.length_m.size)
