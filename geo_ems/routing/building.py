"""Lines -> network: edges between the places where lines meet, and for each mode the arcs along them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from geo_ems.errors import DataError
from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.model.roads import Mode
from geo_ems.queries.ellipsoid import lonlat_to_xyz, pair_geodesic_m
from geo_ems.routing.grid import build_grid
from geo_ems.routing.lines import BuildReport, ModeReport, RoadLines
from geo_ems.routing.meeting import Vertices, as_vertices, meeting_places, place_of
from geo_ems.routing.network import Int32Array, ModeNetwork, RoadNetwork
from geo_ems.routing.turning import Arcs, forbidden_turns, split_for_turns


def build_network(lines: RoadLines, *, key: str) -> tuple[RoadNetwork, BuildReport]:
    """Return the network of some roads, and what became of them; the order of the roads does not matter.

    Lines meet where they share a vertex (1e-7 degrees), or where named ends have the same name; lines that
    merely cross do not touch. They are cut into edges there. A line that is closed in every mode is left out.

    Raises
    ------
    DataError
        Where a time is negative or not a number.
    """
    _check_times(lines)
    vertices, dropped = as_vertices(lines, travelled=_travelled(lines))
    places = meeting_places(vertices)
    edges = _edges(vertices, places.of_vertex, lines)
    modes: dict[Mode, ModeNetwork] = {}
    turns: Counter[str] = Counter()
    for mode in lines.times:
        arcs = _arcs(edges, lines, mode, place_count=len(places.lonlat_deg))
        if mode is Mode.DRIVE and lines.restrictions:
            wanted = forbidden_turns(
                lines.restrictions,
                arcs,
                road_of_edge=edges.road,
                road_ids=edges.road_ids,
                place_of=lambda item: place_of(item, places),
            )
            turns.update(wanted.outcomes)
            arcs = split_for_turns(arcs, wanted.sequences, place_count=len(places.lonlat_deg))
        modes[mode] = mode_network(arcs, edge_count=edges.start.size)
    network = RoadNetwork(
        places.lonlat_deg,
        edges.start,
        edges.end,
        edges.length_m,
        edges.first_vertex,
        edges.vertex_lonlat_deg,
        edges.road,
        edges.road_ids,
        modes,
        build_grid(edges.vertex_lonlat_deg, edges.first_vertex),
        key,
        edges.is_ferry,
    )
    report = BuildReport(
        lines=len(lines.ids),
        places=len(places.lonlat_deg),
        edges=network.edge_count,
        length_km=float(edges.length_m.sum()) / 1000.0,
        modes={mode: _mode_report(network, arcs) for mode, arcs in modes.items()},
        dropped=dropped,
        restrictions=dict(turns),
    )
    return network, report


@dataclass(frozen=True, slots=True)
class _Edges:
    """The edges in their final order; `row` is the line each one is a piece of, `part` its part of the line's time."""

    start: Int32Array
    end: Int32Array
    length_m: FloatArray
    first_vertex: Int32Array
    vertex_lonlat_deg: FloatArray
    road: Int32Array
    road_ids: np.ndarray[tuple[int], np.dtype[np.str_]]
    is_ferry: BoolArray
    row: IntArray
    part: FloatArray


def _check_times(lines: RoadLines) -> None:
    for mode, times in lines.times.items():
        for seconds in (times.forward_s, times.backward_s):
            wrong = np.flatnonzero(~(seconds >= 0.0))
            if wrong.size:
                raise DataError(
                    f"{float(seconds[wrong[0]])} seconds is no time to travel a road in",
                    where=f"road '{lines.ids[int(wrong[0])]}', {mode.value}",
                    remedy="Give a length and a speed above 0 km/h.",
                )


def _travelled(lines: RoadLines) -> BoolArray:
    """Return which lines may be travelled in some mode."""
    any_mode = np.zeros(len(lines.ids), dtype=np.bool_)
    for times in lines.times.values():
        any_mode |= np.isfinite(times.forward_s) | np.isfinite(times.backward_s)
    return any_mode


def _edges(vertices: Vertices, place: IntArray, lines: RoadLines) -> _Edges:
    """Cut the lines where `place` (v,) gives a vertex a place (-1: none), and order the edges by their places."""
    cut = np.flatnonzero(place >= 0)
    same = vertices.part[cut[:-1]] == vertices.part[cut[1:]]
    begin, finish = cut[:-1][same], cut[1:][same]
    row = vertices.row[begin]
    road_ids, road_of_row = np.unique(np.array(lines.ids, dtype=np.str_), return_inverse=True)
    used, road = np.unique(road_of_row[row], return_inverse=True)
    # Pieces of one road between the same places are told apart by their shape, not by which came first.
    shape = _shape_key(vertices, begin, finish)
    order = np.lexsort((begin, shape, road, place[finish], place[begin]))
    begin, finish, row, road = begin[order], finish[order], row[order], road[order]
    count = finish - begin + 1
    first_vertex = np.concatenate([[0], np.cumsum(count)])
    taken = np.repeat(begin - first_vertex[:-1], count) + np.arange(first_vertex[-1])
    lonlat_deg = np.ascontiguousarray(vertices.lonlat_deg[taken])
    length_m = _lengths_m(lonlat_deg, first_vertex)
    line_m = np.bincount(row, weights=length_m, minlength=len(lines.ids))[row]
    pieces = np.bincount(row, minlength=len(lines.ids))[row]
    ferry = np.zeros(0, dtype=np.bool_)
    if lines.is_ferry is not None and lines.is_ferry.any():
        ferry = np.zeros(used.size, dtype=np.bool_)
        ferry[road[lines.is_ferry[row]]] = True
    return _Edges(
        place[begin].astype(np.int32),
        place[finish].astype(np.int32),
        length_m,
        first_vertex.astype(np.int32),
        lonlat_deg,
        road.astype(np.int32),
        road_ids[used],
        ferry,
        row,
        np.where(line_m > 0.0, length_m / np.where(line_m > 0.0, line_m, 1.0), 1.0 / np.maximum(pieces, 1)),
    )


def _shape_key(vertices: Vertices, begin: IntArray, finish: IntArray) -> FloatArray:
    """Return a number per edge by which edges of one road between the same places are ordered."""
    inner = np.minimum(begin + 1, finish)
    return np.asarray(vertices.lonlat_deg[inner] @ np.array([7.0, 1009.0]) + (finish - begin))


def _lengths_m(lonlat_deg: FloatArray, first_vertex: IntArray) -> FloatArray:
    xyz_m = lonlat_to_xyz(lonlat_deg)
    step_m = pair_geodesic_m(xyz_m[:, :-1], lonlat_deg[:-1], xyz_m[:, 1:], lonlat_deg[1:])
    step_m[first_vertex[1:-1] - 1] = 0.0  # from the end of one edge to the start of the next
    if not step_m.size:
        return np.zeros(first_vertex.size - 1)
    return np.asarray(np.add.reduceat(step_m, first_vertex[:-1]))


def _arcs(edges: _Edges, lines: RoadLines, mode: Mode, *, place_count: int) -> Arcs:
    """Return the arcs of one mode, by tail, edge and direction; the nodes are the places."""
    times = lines.times[mode]
    forward_s, backward_s = times.forward_s[edges.row] * edges.part, times.backward_s[edges.row] * edges.part
    along, against = (np.flatnonzero(np.isfinite(times_s)) for times_s in (forward_s, backward_s))
    arcs = Arcs(
        np.concatenate([edges.start[along], edges.end[against]]),
        np.concatenate([edges.end[along], edges.start[against]]),
        np.concatenate([along, against]).astype(np.int32),
        np.repeat([True, False], [along.size, against.size]),
        np.concatenate([forward_s[along], backward_s[against]]),
        np.arange(place_count, dtype=np.int32),
    )
    return arcs.taken(np.lexsort((~arcs.is_forward, arcs.edge, arcs.tail)))


def mode_network(arcs: Arcs, *, edge_count: int) -> ModeNetwork:
    """Return arcs with what searches need to find their way among them."""
    arcs = arcs.taken(np.lexsort((~arcs.is_forward, arcs.edge, arcs.tail)))
    n = arcs.place.size
    by_edge = np.lexsort((np.arange(arcs.tail.size), arcs.edge))
    by_head = np.lexsort((np.arange(arcs.tail.size), arcs.head))
    return ModeNetwork(
        arcs.place,
        _starts(arcs.tail, n),
        arcs.tail,
        arcs.head,
        arcs.edge,
        arcs.is_forward,
        arcs.time_s,
        _starts(arcs.head, n),
        by_head.astype(np.int32),
        _starts(arcs.edge, edge_count),
        by_edge.astype(np.int32),
        _components(arcs),
    )


def _starts(owner: Int32Array, count: int) -> Int32Array:
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.int32)


def _components(arcs: Arcs) -> Int32Array:
    """Return the strongly connected part of each node, numbered by how many nodes they have, then by the first."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - only who builds a network needs it
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - same

    n = arcs.place.size
    if not n:
        return np.empty(0, dtype=np.int32)
    graph = csr_array((np.ones(arcs.tail.size, dtype=np.int8), (arcs.tail, arcs.head)), shape=(n, n))
    _, label = connected_components(graph, directed=True, connection="strong")
    _, first, sizes = np.unique(label, return_index=True, return_counts=True)
    rank = np.empty(sizes.size, dtype=np.int32)
    rank[np.lexsort((first, -sizes))] = np.arange(sizes.size, dtype=np.int32)
    return rank[label]


def _mode_report(network: RoadNetwork, mode: ModeNetwork) -> ModeReport:
    travelled = np.flatnonzero(np.diff(mode.first_of_edge) > 0)
    if not travelled.size:
        return ModeReport(0, 0.0, 0, 0, 0.0)
    arc = mode.edge_arc[mode.first_of_edge[travelled]]
    within = mode.component[mode.tail[arc]]
    within = np.where(within == mode.component[mode.head[arc]], within, -1)
    length_km = network.length_m[travelled] / 1000.0
    return ModeReport(
        edges=int(travelled.size),
        length_km=float(length_km.sum()),
        arcs=int(mode.tail.size),
        components=int(np.unique(within[within >= 0]).size),
        largest_component_km=float(length_km[within == 0].sum()),
    )
