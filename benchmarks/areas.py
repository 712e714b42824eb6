"""What is reached on a generated network of half a million places: parts of roads, areas, coverage; beside networkx."""

from collections.abc import Sequence

import networkx as nx
import numpy as np
import shapely
from case import Case

from geo_ems.model.columns import FloatArray
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.routing.area_shapes import nested_areas
from geo_ems.routing.building import build_network
from geo_ems.routing.costs import Costs, costs_of
from geo_ems.routing.edge_entries import runs_from
from geo_ems.routing.edge_parts import EdgeParts
from geo_ems.routing.lines import LineTimes, RoadLines
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.search import Reached, cost_at, for_each_start, reached_from
from geo_ems.routing.service_areas import reached_parts
from geo_ems.routing.snapping import attach

SIDE = 720
BLOCK_DEG = 0.0014  # about 150 m
KEPT = 0.7
SHELTERS, PEOPLE = 117, 1227


def cases() -> list[Case]:
    """Return the comparisons: ours and networkx on the same network and the same starts."""
    network = generated_network()
    costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME)
    graph = as_graph(network, costs)
    rng = np.random.default_rng(5)
    extent = SIDE * BLOCK_DEG
    starts_deg = rng.uniform(0.3 * extent, 0.7 * extent, (40, 2))
    shelters = attach(network, costs, rng.uniform(0.0, extent, (SHELTERS, 2)))
    people_deg = rng.uniform(0.0, extent, (PEOPLE, 2))
    people = attach(network, costs, people_deg)

    def parts_within(limit_s: float, i: int) -> EdgeParts:
        start = attach(network, costs, starts_deg[i % len(starts_deg)][None, :])
        runs = runs_from(network, costs, reached_from(network, costs, start, cutoff=limit_s))
        return reached_parts(runs, limit=limit_s)

    def area_within(limit_s: float, i: int) -> object:
        parts = parts_within(limit_s, i)
        return nested_areas(network, [parts], buffer_m=50.0, lon_deg=float(starts_deg[i % len(starts_deg), 0]))

    def nodes_within(limit_s: float, i: int) -> object:
        start = attach(network, costs, starts_deg[i % len(starts_deg)][None, :])
        node = int(network.modes[Mode.DRIVE].tail[network.modes[Mode.DRIVE].edge == start.edge[0]][0])
        return nx.single_source_dijkstra_path_length(graph, node, cutoff=limit_s, weight="s")

    def covered(_: int) -> object:
        def within(_row: int, reached: Reached) -> int:
            return int(np.isfinite(cost_at(network, costs, reached, people)[0]).sum())

        return for_each_start(network, costs, shelters, within, cutoff=900.0, direction=Direction.TO_INCIDENT)

    def covered_by_networkx(_: int) -> object:
        back = graph.reverse(copy=False)
        arcs = network.modes[Mode.DRIVE]
        node_of = {int(edge): int(tail) for edge, tail in zip(arcs.edge, arcs.tail, strict=True)}
        own = [node_of[int(edge)] for edge in people.edge]
        counts = []
        for edge in shelters.edge[shelters.first[:-1]].tolist():
            reached = nx.single_source_dijkstra_path_length(back, node_of[edge], cutoff=900.0, weight="s")
            counts.append(sum(node in reached for node in own))
        return counts

    nodes, edges = network.modes[Mode.DRIVE].node_count, network.edge_count
    size = f"{nodes:,} nodes, {edges:,} edges"
    return [
        Case(
            f"isochrone 600 s as cut edges, {size}",
            lambda i: parts_within(600.0, i),
            lambda i: nodes_within(600.0, i),
            "networkx, nodes only, no cut edges",
            7,
        ),
        Case(
            "isochrone 1,800 s as cut edges",
            lambda i: parts_within(1800.0, i),
            lambda i: nodes_within(1800.0, i),
            "networkx, nodes only, no cut edges",
            3,
        ),
        Case(
            "isochrone 600 s drawn as an area with holes",
            lambda i: area_within(600.0, i),
            lambda i: drawn_at_once(network, parts_within(600.0, i)),
            "shapely, one buffer of all lines in degrees",
            3,
        ),
        Case(
            f"coverage {PEOPLE:,} x {SHELTERS}, 900 s, own costs of every pair, 2 threads",
            covered,
            covered_by_networkx,
            "networkx, a search per shelter, nodes only",
            1,
        ),
    ]


def generated_network() -> RoadNetwork:
    """Return streets like a chessboard of which some are missing, most of it joined, at 30 to 60 km/h."""
    rng = np.random.default_rng(11)
    place_deg = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij"), axis=-1) * BLOCK_DEG
    place_deg += rng.normal(0.0, 0.1 * BLOCK_DEG, place_deg.shape)
    across = np.stack([place_deg[:-1], place_deg[1:]], axis=2).reshape(-1, 2, 2)
    along = np.stack([place_deg[:, :-1], place_deg[:, 1:]], axis=2).reshape(-1, 2, 2)
    ends_deg = np.concatenate([across, along])
    ends_deg = ends_deg[rng.random(len(ends_deg)) < KEPT]
    length_m = np.hypot(*(ends_deg[:, 1] - ends_deg[:, 0]).T) * 111_000.0
    seconds: FloatArray = length_m / rng.choice([30.0, 40.0, 60.0], len(length_m)) * 3.6
    ids: Sequence[str] = [f"r{number}" for number in range(len(ends_deg))]
    lines = shapely.linestrings(ends_deg)
    network, _ = build_network(RoadLines(ids, lines, {Mode.DRIVE: LineTimes(seconds, seconds)}), key="generated")
    return network


def as_graph(network: RoadNetwork, costs: Costs) -> nx.DiGraph:
    """Return the network as networkx has it."""
    arcs = network.modes[Mode.DRIVE]
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        zip(arcs.tail.tolist(), arcs.head.tolist(), costs.cost.tolist(), strict=True), weight="s"
    )
    return graph


def drawn_at_once(network: RoadNetwork, parts: EdgeParts) -> object:
    """Return one buffer round all lines together."""
    lines = [
        shapely.LineString(network.vertex_lonlat_deg[network.first_vertex[e] : network.first_vertex[e + 1]])
        for e in parts.edge.tolist()
    ]
    return shapely.MultiLineString(lines).buffer(0.00045, quad_segs=4)
