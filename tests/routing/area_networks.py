"""Networks for the tests of areas, and costs on them found one place at a time with networkx."""

import networkx as nx
import numpy as np
import shapely

from geo_ems.model.roads import Metric, Mode
from geo_ems.routing.building import build_network
from geo_ems.routing.costs import Costs
from geo_ems.routing.effects import BarrierEffects
from geo_ems.routing.lines import LineTimes, RoadLines
from geo_ems.routing.network import RoadNetwork

STEP_DEG = 0.01  # 1113.195 m along the equator
SPEED_MPS = 10.0


def network_of_lines(lines: list[list[tuple[float, float]]], *, one_way: frozenset[int] = frozenset()) -> RoadNetwork:
    """Return roads r0, r1 ... that take a second for ten metres."""
    shapes = np.array([shapely.LineString(line) for line in lines], dtype=np.object_)
    seconds = np.array([length_m(line) / SPEED_MPS for line in lines])
    back = np.where(np.isin(np.arange(len(lines)), list(one_way)), np.inf, seconds)
    times = {Mode.DRIVE: LineTimes(seconds, back), Mode.WALK: LineTimes(seconds, seconds)}
    network, _ = build_network(RoadLines([f"r{i}" for i in range(len(lines))], shapes, times), key="test")
    return network


def length_m(line: list[tuple[float, float]]) -> float:
    from geo_ems.queries.ellipsoid import geodesic_m

    places = np.array(line)
    return float(geodesic_m(places[:-1], places[1:]).sum())


def streets(columns: int, rows: int, *, without: frozenset[int] = frozenset()) -> list[list[tuple[float, float]]]:
    """Return the blocks of a chessboard, from (0, 0) eastwards and northwards."""
    found = [
        [(x * STEP_DEG, y * STEP_DEG), ((x + 1) * STEP_DEG, y * STEP_DEG)]
        for y in range(rows)
        for x in range(columns - 1)
    ]
    found += [
        [(x * STEP_DEG, y * STEP_DEG), (x * STEP_DEG, (y + 1) * STEP_DEG)]
        for x in range(columns)
        for y in range(rows - 1)
    ]
    return [line for number, line in enumerate(found) if number not in without]


def effects_of(portions: list[tuple[int, float, float, int, float, float]]) -> BarrierEffects:
    """Return barriers b0, b1 ...: edge, from share, to share, sense, factor, delay of each."""
    rows = np.array(portions, dtype=np.float64).reshape(-1, 6)
    return BarrierEffects(
        edge=rows[:, 0].astype(np.int32),
        from_share=rows[:, 1],
        to_share=rows[:, 2],
        sense=rows[:, 3].astype(np.int8),
        factor=rows[:, 4],
        delay_s=rows[:, 5],
        barrier=np.arange(len(rows), dtype=np.int32),
        barrier_ids=tuple(f"b{number}" for number in range(len(rows))),
        area=np.full(len(rows), None, dtype=np.object_),
    )


def run_cost(costs: Costs, arc: int, edge: int, low: float, high: float, *, is_forward: bool) -> float:
    """Return what a piece of an arc costs, written out anew: time by shares, delays, closures."""
    if high <= low:
        return 0.0
    share, waiting = high - low, 0.0
    effects = costs.effects
    for i in range(0 if effects is None else effects.edge.size):
        if effects.edge[i] != edge or effects.sense[i] == (-1 if is_forward else 1):
            continue
        begin, end = effects.from_share[i], effects.to_share[i]
        inside = min(end, high) - max(begin, low)
        met = inside > 0 if end > begin else (low < begin < high or begin == low == 0.0 or begin == high == 1.0)
        if not met:
            continue
        if np.isinf(effects.factor[i]):
            return np.inf
        if costs.metric is Metric.TRAVEL_TIME:
            share += (effects.factor[i] - 1.0) * max(inside, 0.0)
            waiting += effects.delay_s[i]
    return float(costs.base[arc]) * share + waiting


def place_costs(
    network: RoadNetwork,
    costs: Costs,
    starts: list[tuple[int, float, float]],
    places: list[tuple[int, float]],
    *,
    inward: bool,
) -> np.ndarray:
    """Return the cost from each start (edge, share, cost spent) to each place (edge, share), or back with `inward`."""
    arcs = network.modes[costs.mode]
    graph = nx.DiGraph()
    graph.add_nodes_from(range(arcs.node_count))
    for arc in range(arcs.tail.size):
        edge, forward = int(arcs.edge[arc]), bool(arcs.is_forward[arc])
        whole = run_cost(costs, arc, edge, 0.0, 1.0, is_forward=forward)
        ends = (int(arcs.tail[arc]), int(arcs.head[arc]))
        if np.isfinite(whole) and whole < graph.get_edge_data(*ends, {"cost": np.inf})["cost"]:
            graph.add_edge(*ends, cost=whole)
    found = np.full((len(starts), len(places)), np.inf)
    for s, (start_edge, start_share, spent) in enumerate(starts):
        for p, (edge, share) in enumerate(places):
            leave, arrive = ((start_edge, start_share), (edge, share))
            if inward:
                leave, arrive = arrive, leave
            found[s, p] = spent + _between(graph, arcs, costs, leave, arrive)
    return found


def _between(graph: nx.DiGraph, arcs, costs: Costs, leave: tuple[int, float], arrive: tuple[int, float]) -> float:
    best = np.inf
    after: dict[int, float] = {}
    for arc in np.flatnonzero(arcs.edge == leave[0]).tolist():
        forward = bool(arcs.is_forward[arc])
        low, high = (leave[1], 1.0) if forward else (0.0, leave[1])
        cost = run_cost(costs, arc, leave[0], low, high, is_forward=forward)
        head = int(arcs.head[arc])
        after[head] = min(after.get(head, np.inf), cost)
        if leave[0] == arrive[0] and ((arrive[1] >= leave[1]) if forward else (arrive[1] <= leave[1])):
            low, high = sorted((leave[1], arrive[1]))
            best = min(best, run_cost(costs, arc, leave[0], low, high, is_forward=forward))
    for node, begun in after.items():
        if not np.isfinite(begun):
            continue
        onward = nx.single_source_dijkstra_path_length(graph, node, weight="cost")
        for arc in np.flatnonzero(arcs.edge == arrive[0]).tolist():
            forward, tail = bool(arcs.is_forward[arc]), int(arcs.tail[arc])
            low, high = (0.0, arrive[1]) if forward else (arrive[1], 1.0)
            best = min(
                best, begun + onward.get(tail, np.inf) + run_cost(costs, arc, arrive[0], low, high, is_forward=forward)
            )
    return best
