"""Ways into edges: from the nodes that are reached, and from where starts are attached to an edge.

What is reached of an edge is the union of these runs. *Outward* runs go the way that is travelled, away
from the start; *inward* ones go back against it, so that they hold the places from which the start is reached.
"""

from dataclasses import dataclass

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.routing.compiled import load_routing
from geo_ems.routing.costs import Costs
from geo_ems.routing.edge_runs import RunPortions, portions_of_runs, reach_of_runs
from geo_ems.routing.network import Int32Array, RoadNetwork
from geo_ems.routing.search import Reached


@dataclass(frozen=True, slots=True)
class Runs:
    """Ways into edges, r of them: of the arc `arc`, entered at `start` with `entered` spent, up to `end` at most.

    `start` and `end` are counted as walked, from the end of the line where `turned`.
    """

    arc: IntArray
    edge: IntArray
    turned: BoolArray
    whole_cost: FloatArray
    start: FloatArray
    end: FloatArray
    entered: FloatArray
    owner: IntArray
    portions: RunPortions

    def reach(self, limit: float) -> FloatArray:
        """Return how far each run gets, as walked, when `limit` may be spent."""
        return np.minimum(reach_of_runs(self.whole_cost, self.start, limit - self.entered, self.portions), self.end)


def runs_from(network: RoadNetwork, costs: Costs, reached: Reached) -> Runs:
    """Return all ways into edges from what a search reached, and from where its starts are attached."""
    arcs, starts, inward = costs.arcs_in(network), reached.starts, reached.backwards
    entry = arcs.head if inward else arcs.tail
    nodes = np.flatnonzero(np.isfinite(reached.node_cost))
    _, at_node = _rows_between(arcs.first_in if inward else arcs.first_out, nodes)
    arc = arcs.in_arc[at_node].astype(np.int64) if inward else at_node
    point, at_edge = _rows_between(arcs.first_of_edge, starts.edge)
    own = arcs.edge_arc[at_edge].astype(np.int64)
    all_arcs = np.concatenate([arc, own])
    turned = arcs.is_forward[all_arcs] == inward
    own_share = starts.share[point]
    own_start = np.where(turned[arc.size :], 1.0 - own_share, own_share)
    begun = reached.offset[starts.point] + starts.straight_m * costs.access_cost_per_m
    node_owner = reached.start_of if reached.start_of.size else np.zeros(arcs.node_count, dtype=np.int32)
    return runs_along(
        network,
        costs,
        all_arcs,
        turned,
        start=np.concatenate([np.zeros(arc.size), own_start]),
        end=np.ones(all_arcs.size),
        entered=np.concatenate([reached.node_cost[entry[arc]], begun[point]]),
        owner=np.concatenate([node_owner[entry[arc]], starts.point[point]]).astype(np.int64),
    )


def _rows_between(first: Int32Array, items: Int32Array | IntArray) -> tuple[IntArray, IntArray]:
    """Return all rows from `first[i]` to `first[i + 1]` of some items i, each with the place of its item in `items`."""
    begin = first[items].astype(np.int64)
    count = first[items + 1] - begin
    place = np.repeat(np.arange(items.size), count)
    return place, np.repeat(begin - np.cumsum(count) + count, count) + np.arange(place.size)


def runs_along(
    network: RoadNetwork,
    costs: Costs,
    arc: IntArray,
    turned: BoolArray,
    *,
    start: FloatArray,
    end: FloatArray,
    entered: FloatArray,
    owner: IntArray,
) -> Runs:
    """Return runs along arcs with what barriers do to them."""
    arcs = costs.arcs_in(network)
    edge = arcs.edge[arc].astype(np.int64)
    portions = portions_of_runs(edge, arcs.is_forward[arc], turned, costs.portions)
    return Runs(arc, edge, turned, costs.base[arc], start, end, entered, owner, portions)


def taken_runs(runs: Runs, rows: IntArray) -> Runs:
    """Return some of the runs, by their places in ascending order."""
    place = np.full(runs.edge.size, -1, dtype=np.int64)
    place[rows] = np.arange(rows.size)
    portions = runs.portions
    kept = place[portions.run] >= 0
    return Runs(
        runs.arc[rows],
        runs.edge[rows],
        runs.turned[rows],
        runs.whole_cost[rows],
        runs.start[rows],
        runs.end[rows],
        runs.entered[rows],
        runs.owner[rows],
        RunPortions(
            place[portions.run[kept]],
            portions.begin[kept],
            portions.end[kept],
            portions.factor[kept],
            portions.delay[kept],
        ),
    )


def split_at_starts(network: RoadNetwork, costs: Costs, runs: Runs) -> Runs:
    """Return the same ways into edges, those edges cut where starts are attached to them within.

    Each piece is then entered from its two ends only, at the least that it costs any start to come there.
    """
    within = (runs.start > 0.0) & (runs.start < 1.0)
    if not within.any():
        return runs
    cut = np.isin(runs.edge, runs.edge[within])
    some = taken_runs(runs, np.flatnonzero(cut))
    at = np.where(some.turned, 1.0 - some.start, some.start)
    place_edge = np.concatenate([np.repeat(np.unique(some.edge), 2), some.edge])
    place_share = np.concatenate([np.tile([0.0, 1.0], np.unique(some.edge).size), at])
    places = np.unique(np.column_stack([place_edge, place_share]), axis=0)
    cost, owner = _least_costs(network, costs, some, places)
    left = np.flatnonzero(places[:-1, 0] == places[1:, 0])
    arc_of = {
        (edge, turned): arc
        for edge, turned, arc in zip(some.edge.tolist(), some.turned.tolist(), some.arc.tolist(), strict=True)
    }
    found: list[tuple[int, bool, float, float, int]] = []
    for place in left.tolist():
        low, high = float(places[place, 1]), float(places[place + 1, 1])
        for turned in (False, True):
            arc = arc_of.get((int(places[place, 0]), turned))
            entry = place + 1 if turned else place
            if arc is not None and np.isfinite(cost[entry]):
                start, end = (1.0 - high, 1.0 - low) if turned else (low, high)
                found.append((arc, turned, start, end, entry))
    arcs = np.array([row[0] for row in found], dtype=np.int64)
    entries = np.array([row[4] for row in found], dtype=np.int64)
    whole = np.flatnonzero(~cut)
    rest = taken_runs(runs, whole)
    return runs_along(
        network,
        costs,
        np.concatenate([rest.arc, arcs]),
        np.concatenate([rest.turned, np.array([row[1] for row in found], dtype=np.bool_)]),
        start=np.concatenate([rest.start, [row[2] for row in found]]),
        end=np.concatenate([rest.end, [row[3] for row in found]]),
        entered=np.concatenate([rest.entered, cost[entries]]),
        owner=np.concatenate([rest.owner, owner[entries]]),
    )


def _least_costs(network: RoadNetwork, costs: Costs, runs: Runs, places: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the least cost at which one of the runs comes to each place (edge, share), and whose run it is."""
    first = np.searchsorted(places[:, 0], runs.edge, "left")
    count = np.searchsorted(places[:, 0], runs.edge, "right") - first
    run = np.repeat(np.arange(runs.edge.size), count)
    place = np.repeat(first - np.cumsum(count) + count, count) + np.arange(run.size)
    at = np.where(runs.turned, 1.0 - runs.start, runs.start)[run]
    share = places[place, 1]
    ahead = np.where(runs.turned[run], share <= at, share >= at)
    run, place, at, share = run[ahead], place[ahead], at[ahead], share[ahead]
    arcs = costs.arcs_in(network)
    moving, waiting = np.empty(run.size), np.empty(run.size)
    load_routing().runs.write_runs(
        runs.arc[run].astype(np.int32),
        np.minimum(at, share),
        np.maximum(at, share),
        arcs.edge,
        arcs.is_forward,
        costs.base,
        *costs.portions,
        moving,
        waiting,
    )
    total = runs.entered[run] + moving + waiting
    order = np.lexsort((runs.owner[run], total, place))
    first_here = np.searchsorted(place[order], np.arange(len(places)), "left")
    reached = np.isin(np.arange(len(places)), place)
    cost, owner = np.full(len(places), np.inf), np.zeros(len(places), dtype=np.int64)
    best = order[np.minimum(first_here[reached], max(order.size - 1, 0))]
    cost[reached], owner[reached] = total[best], runs.owner[run[best]]
    return cost, owner
