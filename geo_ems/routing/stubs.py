"""The stubs between points and nodes: what is travelled of the edges that points stand on."""

from dataclasses import dataclass

import numpy as np

from geo_ems.model.columns import FloatArray
from geo_ems.routing.compiled import load_routing
from geo_ems.routing.costs import Costs
from geo_ems.routing.network import Int32Array, RoadNetwork
from geo_ems.routing.snapping import Attachments


@dataclass(frozen=True, slots=True)
class Stubs:
    """The ways between attachments and nodes, s of them: of `attachment[i]` along `arc[i]` to or from `node[i]`.

    `cost` (s,) is that of the straight bit beside the road and of the part of the edge.
    """

    node: Int32Array
    cost: FloatArray
    attachment: Int32Array
    arc: Int32Array


def stubs_of(network: RoadNetwork, costs: Costs, points: Attachments, *, departing: bool) -> Stubs:
    """Return how points get to nodes (departing), or are got to from nodes; what is closed is left out."""
    arcs = costs.arcs_in(network)
    room = int((arcs.first_of_edge[points.edge + 1] - arcs.first_of_edge[points.edge]).sum())
    node, attachment, arc = (np.empty(room, dtype=np.int32) for _ in range(3))
    cost = np.empty(room)
    count = load_routing().runs.write_stubs(
        points.edge,
        points.share,
        points.straight_m * costs.access_cost_per_m,
        np.arange(points.edge.size, dtype=np.int32),
        departing,
        arcs.first_of_edge,
        arcs.edge_arc,
        arcs.is_forward,
        arcs.head if departing else arcs.tail,
        costs.base,
        *costs.portions,
        node,
        cost,
        attachment,
        arc,
    )
    return Stubs(node[:count], cost[:count], attachment[:count], arc[:count])


@dataclass(frozen=True, slots=True)
class DirectWays:
    """Ways along one edge without any node: from and to which attachments, along which arc, at what cost in all."""

    start: Int32Array
    end: Int32Array
    arc: Int32Array
    cost: FloatArray


@dataclass(frozen=True, slots=True)
class ByEdge:
    """The attachments of points in the order of their edges: `edge` ascending, `attachment` beside it."""

    edge: Int32Array
    attachment: Int32Array


def by_edge(points: Attachments) -> ByEdge:
    """Return the attachments of points in the order of their edges."""
    order = np.argsort(points.edge, kind="stable").astype(np.int32)
    return ByEdge(points.edge[order], order)


def direct_ways(
    network: RoadNetwork, costs: Costs, some: Attachments, others: Attachments, order: ByEdge, *, towards_others: bool
) -> DirectWays:
    """Return the ways along one edge from some points to others, or from the others to them; `order` is the others'."""
    arcs = costs.arcs_in(network)
    room = 16
    while True:
        own, other, arc = (np.empty(room, dtype=np.int32) for _ in range(3))
        cost = np.empty(room)
        count = load_routing().direct.write_direct(
            some.edge,
            some.share,
            order.edge,
            order.attachment,
            others.share,
            towards_others,
            arcs.first_of_edge,
            arcs.edge_arc,
            arcs.is_forward,
            costs.base,
            *costs.portions,
            own,
            other,
            arc,
            cost,
        )
        if count <= room:
            break
        room = count
    own, other, arc, cost = own[:count], other[:count], arc[:count], cost[:count]
    if count:
        cost = (some.straight_m[own] + others.straight_m[other]) * costs.access_cost_per_m + cost
    return DirectWays(own, other, arc, cost) if towards_others else DirectWays(other, own, arc, cost)


def run_times(
    network: RoadNetwork, costs: Costs, arc: Int32Array, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the seconds that arcs take between two shares of their lines: without the delays, and the delays."""
    arcs = costs.arcs_in(network)
    moving_s, waiting_s = np.empty(arc.size), np.empty(arc.size)
    load_routing().runs.write_runs(
        arc, low, high, arcs.edge, arcs.is_forward, arcs.time_s, *costs.hits.in_time, moving_s, waiting_s
    )
    return moving_s, waiting_s


def portions_met(network: RoadNetwork, costs: Costs, arc: Int32Array, low: FloatArray, high: FloatArray) -> Int32Array:
    """Return the portions (places in `costs.hits`) that runs along arcs meet, in the order they are met."""
    arcs, hits = costs.arcs_in(network), costs.hits
    met = np.empty(16, dtype=np.int32)
    while True:
        count = load_routing().runs.write_met(
            arc,
            low,
            high,
            arcs.edge,
            arcs.is_forward,
            hits.edge,
            hits.first,
            hits.from_share,
            hits.to_share,
            hits.sense,
            met,
        )
        if count <= met.size:
            return met[:count]
        met = np.empty(count, dtype=np.int32)
