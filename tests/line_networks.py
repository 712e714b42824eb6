"""Small networks of edges that are already cut at their junctions, with a grid listed box by box."""

from collections.abc import Mapping, Sequence

import numpy as np

from geo_ems.model.columns import FloatArray
from geo_ems.model.roads import Mode
from geo_ems.queries.ellipsoid import geodesic_m
from geo_ems.routing.network import EdgeGrid, ModeNetwork, RoadNetwork

Line = Sequence[tuple[float, float]]


def network_of(
    edges: Sequence[tuple[str, Line]], *, cell_deg: float = 0.003, only_walk: frozenset[int] = frozenset()
) -> RoadNetwork:
    """Return the network of edges (road id, line); those in `only_walk` cannot be driven."""
    lines = [np.array(line, dtype=np.float64) for _, line in edges]
    vertex = np.concatenate(lines)
    first_vertex = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int32)
    roads = sorted({road for road, _ in edges})
    places = {
        place: number
        for number, place in enumerate(sorted({end for _, line in edges for end in (tuple(line[0]), tuple(line[-1]))}))
    }
    from_place = np.array([places[tuple(line[0])] for _, line in edges], dtype=np.int32)
    to_place = np.array([places[tuple(line[-1])] for _, line in edges], dtype=np.int32)
    length_m = np.array([geodesic_m(line[:-1], line[1:]).sum() for line in lines])
    every = range(len(edges))
    modes: Mapping[Mode, ModeNetwork] = {
        Mode.DRIVE: _mode(
            [edge for edge in every if edge not in only_walk], from_place, to_place, length_m, len(places)
        ),
        Mode.WALK: _mode(list(every), from_place, to_place, length_m, len(places)),
    }
    return RoadNetwork(
        place_lonlat_deg=np.array(list(places)),
        edge_from=from_place,
        edge_to=to_place,
        length_m=length_m,
        first_vertex=first_vertex,
        vertex_lonlat_deg=vertex,
        edge_road=np.array([roads.index(road) for road, _ in edges], dtype=np.int32),
        road_ids=np.array(roads),
        modes=modes,
        grid=_grid(vertex, first_vertex, cell_deg),
        key="test",
    )


def _mode(
    edges: list[int], from_place: np.ndarray, to_place: np.ndarray, length_m: FloatArray, places: int
) -> ModeNetwork:
    arcs = sorted(
        [(int(from_place[e]), int(to_place[e]), e, True) for e in edges]
        + [(int(to_place[e]), int(from_place[e]), e, False) for e in edges]
    )
    tail = np.array([arc[0] for arc in arcs], dtype=np.int32)
    head = np.array([arc[1] for arc in arcs], dtype=np.int32)
    edge = np.array([arc[2] for arc in arcs], dtype=np.int32)
    return ModeNetwork(
        place=np.arange(places, dtype=np.int32),
        first_out=np.searchsorted(tail, np.arange(places + 1)).astype(np.int32),
        tail=tail,
        head=head,
        edge=edge,
        is_forward=np.array([arc[3] for arc in arcs]),
        time_s=length_m[edge] / 10.0,
        first_in=np.searchsorted(np.sort(head), np.arange(places + 1)).astype(np.int32),
        in_arc=np.argsort(head, kind="stable").astype(np.int32),
        first_of_edge=np.searchsorted(np.sort(edge), np.arange(len(from_place) + 1)).astype(np.int32),
        edge_arc=np.argsort(edge, kind="stable").astype(np.int32),
        component=np.zeros(places, dtype=np.int32),
    )


def _grid(vertex: FloatArray, first_vertex: np.ndarray, cell_deg: float) -> EdgeGrid:
    origin = vertex.min(axis=0)
    shape = tuple(int(count) + 1 for count in np.floor((vertex.max(axis=0) - origin) / cell_deg)[::-1])
    cells: dict[int, list[int]] = {}
    lasts = set((first_vertex[1:] - 1).tolist())
    for segment in range(len(vertex) - 1):
        if segment in lasts:
            continue
        corner = np.floor((np.minimum(vertex[segment], vertex[segment + 1]) - origin) / cell_deg).astype(int)
        other = np.floor((np.maximum(vertex[segment], vertex[segment + 1]) - origin) / cell_deg).astype(int)
        for row in range(corner[1], other[1] + 1):
            for column in range(corner[0], other[0] + 1):
                cells.setdefault(row * shape[1] + column, []).append(segment)
    listed = [cells.get(cell, []) for cell in range(shape[0] * shape[1])]
    first = np.concatenate([[0], np.cumsum([len(each) for each in listed])]).astype(np.int32)
    flat = [segment for each in listed for segment in each]
    return EdgeGrid(origin, np.array([cell_deg, cell_deg]), (shape[0], shape[1]), first, np.array(flat, dtype=np.int32))


def street_grid(
    columns: int, rows: int, *, step_deg: float = 0.01, west_deg: float = 111.0, south_deg: float = 0.0
) -> RoadNetwork:
    """Return streets like a chessboard: roads h0, h1... run east, v0, v1... north; each block is an edge."""
    edges: list[tuple[str, Line]] = []
    for row in range(rows):
        for column in range(columns - 1):
            y = south_deg + row * step_deg
            edges.append((f"h{row}", [(west_deg + column * step_deg, y), (west_deg + (column + 1) * step_deg, y)]))
    for column in range(columns):
        for row in range(rows - 1):
            x = west_deg + column * step_deg
            edges.append((f"v{column}", [(x, south_deg + row * step_deg), (x, south_deg + (row + 1) * step_deg)]))
    return network_of(edges)
