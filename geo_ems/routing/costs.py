"""What each arc costs in one mode and metric, with barriers."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import FloatArray, IntArray
from geo_ems.model.roads import Metric, Mode
from geo_ems.routing.compiled import load_routing
from geo_ems.routing.effects import BarrierEffects
from geo_ems.routing.network import Int32Array, ModeNetwork, RoadNetwork

ACCESS_SPEED_KMH: Final = 4.0
"""How fast the straight bits beside the road are gone, on foot, unless said otherwise."""

Portions = tuple[Int32Array, Int32Array, FloatArray, FloatArray, NDArray[np.int8], FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Hits:
    """The portions of barriers in the order of their edges, h edges being hit at all.

    Those of the edge `edge[i]` are `first[i]` to `first[i + 1]` of the other arrays; `portion` says which
    portion of the `BarrierEffects` each is. For what the arrays mean see there.
    """

    edge: Int32Array
    first: Int32Array
    portion: IntArray
    from_share: FloatArray
    to_share: FloatArray
    sense: NDArray[np.int8]
    factor: FloatArray
    delay_s: FloatArray
    barrier: Int32Array

    @property
    def in_time(self) -> Portions:
        """Return what kernels take to find times."""
        return self.edge, self.first, self.from_share, self.to_share, self.sense, self.factor, self.delay_s

    @property
    def in_distance(self) -> Portions:
        """Return what kernels take to find distances: only closures change them."""
        closed = np.where(np.isinf(self.factor), np.inf, 1.0)
        return self.edge, self.first, self.from_share, self.to_share, self.sense, closed, np.zeros_like(self.delay_s)


@dataclass(frozen=True, slots=True)
class Costs:
    """What the m arcs of one mode cost, seconds or metres by `metric`; infinite where a barrier closes.

    `cost` (m,) is with barriers, `base` (m,) without; `cost_in` and `tail_in` (m,) are the costs and tails of
    the arcs in the order of `in_arc`, so that a search backwards reads what lies together. A whole arc
    costs base * (1 + sum((factor - 1) * share)) + sum(delay); `access_cost_per_m` is what a metre beside
    the road costs. `portions` is `hits` as the kernels take them for this metric. `edge_state` (e,)
    tells whether an edge is open (see `edge_states`); the open parts of those that are in parts are
    `open_edge`, `open_from_share`, `open_to_share`, by edge and share.
    """

    mode: Mode
    metric: Metric
    cost: FloatArray
    base: FloatArray
    cost_in: FloatArray
    tail_in: Int32Array
    access_cost_per_m: float
    effects: BarrierEffects | None
    hits: Hits
    portions: Portions
    edge_state: NDArray[np.uint8]
    open_edge: Int32Array
    open_from_share: FloatArray
    open_to_share: FloatArray
    arcs: ModeNetwork

    def arcs_in(self, network: RoadNetwork) -> ModeNetwork:
        """Return the arcs of a network that these are the costs of.

        Raises
        ------
        ValueError
            Where they are those of another network: compiled code follows numbers of nodes and arcs unchecked.
        """
        if network.modes.get(self.mode) is not self.arcs:
            raise ValueError("These are the costs of another network")
        return self.arcs


def costs_of(
    network: RoadNetwork,
    mode: Mode,
    metric: Metric,
    effects: BarrierEffects | None = None,
    *,
    access_speed_kmh: float = ACCESS_SPEED_KMH,
) -> Costs:
    """Return what travelling costs: seconds for `travel_time`, metres for `road_distance`.

    Loads the compiled routing where this process has not yet.

    Raises
    ------
    ValueError
        Where the effects are on edges that the network does not have: compiled code follows them unchecked.
    """
    arcs = network.modes[mode]
    hits = hits_of(effects)
    if hits.edge.size and not 0 <= int(hits.edge[0]) <= int(hits.edge[-1]) < network.edge_count:
        raise ValueError("These are the effects on another network")
    if metric is Metric.ROAD_DISTANCE:
        base, portions, access_cost_per_m = network.length_m[arcs.edge], hits.in_distance, 1.0
    else:
        base, portions, access_cost_per_m = arcs.time_s, hits.in_time, 3.6 / access_speed_kmh
    state = (np.diff(arcs.first_of_edge) > 0).astype(np.uint8)
    cost = base
    open_edge, open_from, open_to = np.empty(0, dtype=np.int32), np.empty(0), np.empty(0)
    if hits.edge.size:
        cost = base.copy()
        load_routing().runs.write_hit_costs(*_arcs_along(arcs), base, *portions, cost)
        open_edge, open_from, open_to = _open_parts(arcs, hits, state)
    cost_in, tail_in = cost[arcs.in_arc], arcs.tail[arcs.in_arc]
    for array in (cost, cost_in, tail_in, state):
        array.setflags(write=False)
    return Costs(
        mode,
        metric,
        cost,
        base,
        cost_in,
        tail_in,
        access_cost_per_m,
        effects,
        hits,
        portions,
        state,
        open_edge,
        open_from,
        open_to,
        arcs,
    )


def hits_of(effects: BarrierEffects | None) -> Hits:
    """Return the portions of barriers by edge; none where there are no barriers."""
    if effects is None or not effects.edge.size:
        no_edge, nothing = np.empty(0, dtype=np.int32), np.empty(0)
        none_first = np.zeros(1, dtype=np.int32)
        sense = np.empty(0, dtype=np.int8)
        return Hits(
            no_edge, none_first, np.empty(0, dtype=np.int64), nothing, nothing, sense, nothing, nothing, no_edge
        )
    order = np.lexsort((effects.barrier, effects.to_share, effects.from_share, effects.edge))
    edge, start = np.unique(effects.edge[order], return_index=True)
    first = np.append(start, order.size).astype(np.int32)
    return Hits(
        np.ascontiguousarray(edge, dtype=np.int32),
        first,
        order,
        effects.from_share[order],
        effects.to_share[order],
        effects.sense[order].astype(np.int8),
        effects.factor[order],
        effects.delay_s[order],
        effects.barrier[order].astype(np.int32),
    )


def _arcs_along(arcs: ModeNetwork) -> tuple[Int32Array, Int32Array, NDArray[np.bool_]]:
    return arcs.first_of_edge, arcs.edge_arc, arcs.is_forward


def _open_parts(arcs: ModeNetwork, hits: Hits, state: NDArray[np.uint8]) -> tuple[Int32Array, FloatArray, FloatArray]:
    """Mark the edges that are closed in parts or all along in `state`; return the open parts of the former.

    A part is closed where no arc along the edge may pass: in both directions, or in the one there is.
    """
    room = 2 * (hits.edge.size + hits.from_share.size)
    edge, begin, end = np.empty(room, dtype=np.int32), np.empty(room), np.empty(room)
    count = load_routing().runs.write_open_parts(*_arcs_along(arcs), *hits.in_time[:6], state, edge, begin, end)
    return edge[:count].copy(), begin[:count].copy(), end[:count].copy()
