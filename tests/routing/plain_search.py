"""The same answers by other means: scipy and networkx over a graph in which every point is a node of its own."""

import math

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo_ems.model.columns import FloatArray
from geo_ems.routing.costs import Costs
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.snapping import Attachments


def plain_run(network: RoadNetwork, costs: Costs, arc: int, low: float, high: float) -> float:
    """Return the cost of an arc between two shares of its line, portion by portion as the definition says."""
    arcs, effects = network.modes[costs.mode], costs.effects
    whole = float(costs.base[arc])
    if high <= low:
        return 0.0
    cost = whole * (high - low)
    if effects is None:
        return cost
    by_distance = costs.access_cost_per_m == 1.0
    for i in np.flatnonzero(effects.edge == arcs.edge[arc]).tolist():
        if effects.sense[i] and (effects.sense[i] > 0) != arcs.is_forward[arc]:
            continue
        begin, end = effects.from_share[i], effects.to_share[i]
        if begin == end:
            met = low < begin < high or (begin == 0.0 == low) or (begin == 1.0 == high)
            inside = 0.0
        else:
            inside = max(0.0, min(end, high) - max(begin, low))
            met = inside > 1e-9
        if not met:
            continue
        if math.isinf(effects.factor[i]):
            return math.inf
        if not by_distance:
            cost += whole * (effects.factor[i] - 1.0) * inside + effects.delay_s[i]
    return cost


def plain_links(
    network: RoadNetwork, costs: Costs, starts: Attachments, ends: Attachments
) -> list[tuple[int, int, float]]:
    """Return all links (from, to, cost): nodes first, then a node for each start, then one for each end."""
    arcs = network.modes[costs.mode]
    n = arcs.node_count
    links = [
        (int(arcs.tail[a]), int(arcs.head[a]), plain_run(network, costs, a, 0.0, 1.0)) for a in range(arcs.tail.size)
    ]
    for i in range(len(starts)):
        for j in range(starts.first[i], starts.first[i + 1]):
            access = float(starts.straight_m[j]) * costs.access_cost_per_m
            for a in np.flatnonzero(arcs.edge == starts.edge[j]).tolist():
                share = float(starts.share[j])
                part = (share, 1.0) if arcs.is_forward[a] else (0.0, share)
                links.append((n + i, int(arcs.head[a]), access + plain_run(network, costs, a, *part)))
                for at in range(len(ends)):
                    for e in range(ends.first[at], ends.first[at + 1]):
                        other = float(ends.share[e])
                        ahead = other >= share if arcs.is_forward[a] else other <= share
                        if ends.edge[e] == starts.edge[j] and ahead:
                            egress = float(ends.straight_m[e]) * costs.access_cost_per_m
                            run = plain_run(network, costs, a, min(share, other), max(share, other))
                            links.append((n + i, n + len(starts) + at, access + run + egress))
    for at in range(len(ends)):
        for e in range(ends.first[at], ends.first[at + 1]):
            egress = float(ends.straight_m[e]) * costs.access_cost_per_m
            for a in np.flatnonzero(arcs.edge == ends.edge[e]).tolist():
                share = float(ends.share[e])
                part = (0.0, share) if arcs.is_forward[a] else (share, 1.0)
                run = plain_run(network, costs, a, *part)
                links.append((int(arcs.tail[a]), n + len(starts) + at, run + egress))
    return [link for link in links if math.isfinite(link[2])]


def by_scipy(network: RoadNetwork, costs: Costs, starts: Attachments, ends: Attachments) -> FloatArray:
    """Return the costs between all starts and all ends, shape (starts, ends)."""
    n = network.modes[costs.mode].node_count
    size = n + len(starts) + len(ends)
    least: dict[tuple[int, int], float] = {}
    for tail, head, cost in plain_links(network, costs, starts, ends):
        least[tail, head] = min(cost, least.get((tail, head), math.inf))
    # A link that costs nothing would be no link at all to scipy.
    pairs = np.array(list(least), dtype=np.int64).reshape(-1, 2)
    weights = np.maximum(np.array(list(least.values())), 1e-12)
    graph = csr_array((weights, (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    return dijkstra(graph, indices=np.arange(n, n + len(starts)))[:, n + len(starts) :]


def by_networkx(network: RoadNetwork, costs: Costs, starts: Attachments, ends: Attachments) -> FloatArray:
    """Return the same by networkx, which knows parallel links."""
    n = network.modes[costs.mode].node_count
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n + len(starts) + len(ends)))
    graph.add_weighted_edges_from(plain_links(network, costs, starts, ends))
    answer = np.full((len(starts), len(ends)), math.inf)
    for i in range(len(starts)):
        reached = nx.single_source_dijkstra_path_length(graph, n + i)
        for j in range(len(ends)):
            answer[i, j] = reached.get(n + len(starts) + j, math.inf)
    return answer
