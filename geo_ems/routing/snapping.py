"""Points onto edges: where each one joins the network, and how far beside it stands."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.ellipsoid import lonlat_to_xyz, pair_geodesic_m
from geo_ems.routing.along import places_at, shares_at
from geo_ems.routing.area_exits import exits_by_point
from geo_ems.routing.compiled import load_routing
from geo_ems.routing.costs import Costs
from geo_ems.routing.edge_states import NOT_TRAVELLED
from geo_ems.routing.network import Int32Array, RoadNetwork

MAIN_NETWORK_WITHIN_M: Final = 5_000.0
"""How much farther than the nearest edge the main network may be for the place asked, to join it too."""
BESIDE_MAIN_WITHIN_M: Final = 300.0
"""The same for those who come or are reached: a station beside a mapped yard is not on an island."""

_ROOM_PER_POINT: Final = 4


@dataclass(frozen=True, slots=True)
class Attachments:
    """Where q points join the network: those of point i are `first[i]` to `first[i + 1]`.

    Attachment j is on the edge `edge[j]` at the share `share[j]` of its length, at `lonlat_deg[j]`,
    `straight_m[j]` geodesic metres from the point. Mostly a point has one, the nearest place on an open
    edge; several where places are equally near (at a junction: all its edges), none where the
    mode has no open edge, or the point no position. A point within a closed area has one for each
    place where an open road leaves that area: `in_area[i]` is the barrier, else -1. `is_main[i]`: on
    the largest strongly connected part of the mode; `passed_m[i]` is how much nearer an isolated
    fragment is, which it joins too, 0 where there is none.
    """

    point_lonlat_deg: FloatArray
    first: Int32Array
    edge: Int32Array
    share: FloatArray
    straight_m: FloatArray
    lonlat_deg: FloatArray
    in_area: Int32Array
    is_main: BoolArray
    passed_m: FloatArray

    def __len__(self) -> int:
        """Return q."""
        return int(self.first.size) - 1

    @property
    def point(self) -> Int32Array:
        """Return the point of each attachment, ascending."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.first))

    def taken(self, rows: IntArray) -> "Attachments":
        """Return the attachments of some points, in the order given."""
        count = np.diff(self.first)[rows]
        first = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
        index = np.repeat(self.first[rows] - first[:-1], count) + np.arange(int(first[-1]))
        return Attachments(
            self.point_lonlat_deg[rows],
            first,
            self.edge[index],
            self.share[index],
            self.straight_m[index],
            self.lonlat_deg[index],
            self.in_area[rows],
            self.is_main[rows],
            self.passed_m[rows],
        )

    def replaced(self, other: "Attachments", *, at: IntArray) -> "Attachments":
        """Return the same with the points `at` taken from `other`, which holds these points and no more."""
        return _joined(self, other, at=at, rows=np.arange(at.size))


def attach(
    network: RoadNetwork, costs: Costs, lonlat_deg: FloatArray, *, main_within_m: float | None = None
) -> Attachments:
    """Return where points, shape (q, 2), join the network; the place on the edge is exact to 0.01 m.

    Where `main_within_m` is given, a point whose nearest edge lies on an isolated fragment joins the
    main network as well if that is no more than so many metres farther: `MAIN_NETWORK_WITHIN_M` for the place
    asked, which is never left without an answer, `BESIDE_MAIN_WITHIN_M` for those who come or are reached.
    Points in closed areas join where open roads leave the area; without such a road, the nearest open one.
    """
    points_deg = np.ascontiguousarray(lonlat_deg, dtype=np.float64).reshape(-1, 2)
    found = _nearest(network, costs, points_deg, costs.edge_state)
    inside = exits_by_point(network, costs, points_deg)
    if inside is not None:
        found = _with_exits(network, found, *inside)
    found = _marked(network, costs, found)
    lost = np.flatnonzero(~found.is_main & (np.diff(found.first) > 0) & (found.in_area < 0))
    if main_within_m is None or not lost.size:
        return found
    on_main = _on_main(network, costs, np.arange(network.edge_count, dtype=np.int32))
    state = np.where(on_main, costs.edge_state, NOT_TRAVELLED).astype(np.uint8)
    other = _marked(network, costs, _nearest(network, costs, points_deg[lost], state))
    farther_m = np.full(lost.size, np.inf)
    joined = np.diff(other.first) > 0
    farther_m[joined] = other.straight_m[other.first[:-1][joined]] - found.straight_m[found.first[lost[joined]]]
    better = np.flatnonzero(farther_m <= main_within_m)
    passed_m = np.zeros(len(found))
    passed_m[lost[better]] = farther_m[better]
    return replace(_added(found, other.taken(better), at=lost[better]), passed_m=passed_m)


def _nearest(
    network: RoadNetwork, costs: Costs, points_deg: FloatArray, edge_state: np.ndarray[tuple[int], np.dtype[np.uint8]]
) -> Attachments:
    grid = network.grid
    room = max(16, _ROOM_PER_POINT * len(points_deg))
    while True:
        owner, edge, vertex = (np.empty(room, dtype=np.int32) for _ in range(3))
        part, chord_m = np.empty(room), np.empty(room)
        count = load_routing().snapping.snap_points(
            points_deg,
            grid.origin_deg,
            grid.cell_deg,
            *grid.shape,
            grid.first,
            grid.segment,
            network.first_vertex,
            network.vertex_lonlat_deg,
            edge_state,
            *_open_segments(network, costs),
            owner,
            edge,
            vertex,
            part,
            chord_m,
        )
        if count <= room:
            break
        room = count
    owner, edge, vertex, part = owner[:count], edge[:count], vertex[:count], part[:count]
    if count > 1:  # ties in an order that does not depend on the cells
        order = np.lexsort((part, vertex, edge, owner))
        owner, edge, vertex, part = owner[order], edge[order], vertex[order], part[order]
    share, lonlat_deg = shares_at(network, edge, vertex, part)
    first = np.searchsorted(owner, np.arange(len(points_deg) + 1)).astype(np.int32)
    return Attachments(
        points_deg,
        first,
        edge,
        share,
        _straight_m(points_deg[owner], lonlat_deg),
        lonlat_deg,
        np.full(len(points_deg), -1, dtype=np.int32),
        np.zeros(len(points_deg), dtype=np.bool_),
        np.zeros(len(points_deg)),
    )


def _open_segments(network: RoadNetwork, costs: Costs) -> tuple[Int32Array, FloatArray, FloatArray]:
    """Return the open parts of the segments of partly open edges: first vertices, ascending, and parts from and to."""
    if not costs.open_edge.size:
        return np.empty(0, dtype=np.int32), np.empty(0), np.empty(0)
    vertex, part, _ = places_at(
        network,
        np.concatenate([costs.open_edge, costs.open_edge]),
        np.concatenate([costs.open_from_share, costs.open_to_share]),
    )
    half = costs.open_edge.size
    from_vertex, to_vertex, from_part, to_part = vertex[:half], vertex[half:], part[:half], part[half:]
    # An end that is the start of a segment belongs to the segment before it.
    ends_before = to_part == 0.0
    last = np.maximum(to_vertex - ends_before, from_vertex)
    count = last - from_vertex + 1
    index = np.repeat(np.arange(half), count)
    begin = np.cumsum(count) - count
    own = (np.arange(index.size) - begin[index] + from_vertex[index]).astype(np.int32)
    low = np.where(own == from_vertex[index], from_part[index], 0.0)
    high = np.where((own == last[index]) & ~ends_before[index], to_part[index], 1.0)
    order = np.lexsort((low, own))
    return own[order], low[order], high[order]


def _straight_m(from_deg: FloatArray, to_deg: FloatArray) -> FloatArray:
    if not len(from_deg):
        return np.empty(0)
    return pair_geodesic_m(lonlat_to_xyz(from_deg), from_deg, lonlat_to_xyz(to_deg), to_deg)


def _with_exits(
    network: RoadNetwork,
    found: Attachments,
    in_area: Int32Array,
    first: Int32Array,
    edge: Int32Array,
    share: FloatArray,
) -> Attachments:
    """Put the places where roads leave an area in place of the nearest ones, for the points that have such."""
    _, _, lonlat_deg = places_at(network, edge, share)
    points_deg = found.point_lonlat_deg
    owner = np.repeat(np.arange(len(points_deg)), np.diff(first))
    exits = Attachments(
        points_deg,
        first,
        edge,
        share,
        _straight_m(points_deg[owner], lonlat_deg),
        lonlat_deg,
        in_area,
        found.is_main,
        found.passed_m,
    )
    leaving = np.flatnonzero(np.diff(first) > 0)
    return replace(_joined(found, exits, at=leaving, rows=leaving), in_area=in_area)


def _joined(found: Attachments, other: Attachments, *, at: IntArray, rows: IntArray) -> Attachments:
    """Return `found` with the points `at` taken from the points `rows` of `other`."""
    both = Attachments(
        np.concatenate([found.point_lonlat_deg, other.point_lonlat_deg]),
        np.concatenate([found.first, other.first[1:] + found.first[-1]]),
        np.concatenate([found.edge, other.edge]),
        np.concatenate([found.share, other.share]),
        np.concatenate([found.straight_m, other.straight_m]),
        np.concatenate([found.lonlat_deg, other.lonlat_deg]),
        np.concatenate([found.in_area, other.in_area]),
        np.concatenate([found.is_main, other.is_main]),
        np.concatenate([found.passed_m, other.passed_m]),
    )
    index = np.arange(len(found))
    index[at] = len(found) + rows
    return both.taken(index)


def _added(found: Attachments, other: Attachments, *, at: IntArray) -> Attachments:
    """Return `found` with the places of `other`, on the main network, added to its points `at` behind their own."""
    owner = np.concatenate([found.point, at[other.point]])
    order = np.argsort(owner, kind="stable")
    is_main = found.is_main.copy()
    is_main[at] = True
    return replace(
        found,
        first=np.searchsorted(owner[order], np.arange(len(found) + 1)).astype(np.int32),
        edge=np.concatenate([found.edge, other.edge])[order],
        share=np.concatenate([found.share, other.share])[order],
        straight_m=np.concatenate([found.straight_m, other.straight_m])[order],
        lonlat_deg=np.concatenate([found.lonlat_deg, other.lonlat_deg])[order],
        is_main=is_main,
    )


def _on_main(network: RoadNetwork, costs: Costs, edges: Int32Array) -> BoolArray:
    """Return which of some edges belong to the largest strongly connected part of the mode."""
    arcs = costs.arcs_in(network)
    begin, count = arcs.first_of_edge[edges], arcs.first_of_edge[edges + 1] - arcs.first_of_edge[edges]
    own = np.repeat(np.arange(edges.size), count)
    arc = arcs.edge_arc[np.arange(own.size) - np.repeat(np.cumsum(count) - count - begin, count)]
    main = np.zeros(edges.size, dtype=np.bool_)
    main[own[(arcs.component[arcs.tail[arc]] == 0) & (arcs.component[arcs.head[arc]] == 0)]] = True
    return main


def _marked(network: RoadNetwork, costs: Costs, found: Attachments) -> Attachments:
    is_main = np.zeros(len(found), dtype=np.bool_)
    is_main[found.point[_on_main(network, costs, found.edge)]] = True
    return replace(found, is_main=is_main)
