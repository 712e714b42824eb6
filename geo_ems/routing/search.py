"""Searches: the nearest few by arrival, everything within a cutoff, and costs between many points."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from geo_ems.model.columns import FloatArray, IntArray
from geo_ems.model.roads import Direction
from geo_ems.queries.parallel import processor_count
from geo_ems.routing.compiled import load_routing
from geo_ems.routing.costs import Costs
from geo_ems.routing.network import Int32Array, ModeNetwork, RoadNetwork
from geo_ems.routing.rooms import lent
from geo_ems.routing.snapping import Attachments
from geo_ems.routing.stubs import ByEdge, DirectWays, Stubs, by_edge, direct_ways, stubs_of

TIES_WITHIN: Final = 0.1
"""Seconds or metres by which others may lie behind the k-th and still be returned: equal when rounded."""

NO_ARC: Final = -1

_Result = TypeVar("_Result")
Graph = tuple[Int32Array, Int32Array, Int32Array, FloatArray, bool]


@dataclass(frozen=True, slots=True)
class Way:
    """One way in the direction travelled: from the attachment `start` along `arcs` to the attachment `end`.

    The first and the last arc are travelled in part, from where the point stands or to it; a single
    arc may be both. `cost` includes the straight bits at both ends.
    """

    start: int
    end: int
    arcs: Int32Array
    cost: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The points found, by total and then by their number: total = offset + cost of the way."""

    point: Int32Array
    total: FloatArray
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Origins:
    """Points prepared for many searches for the nearest of them; as long as costs and points are the same."""

    points: Attachments
    stubs: Stubs
    stub_point: Int32Array
    slot_node: Int32Array
    slot_stub: Int32Array
    next_stub: Int32Array
    edges: ByEdge
    direction: Direction


def prepare_origins(
    network: RoadNetwork, costs: Costs, points: Attachments, *, direction: Direction = Direction.TO_INCIDENT
) -> Origins:
    """Return points among which the nearest will be searched: those that come to, or are gone to from, a place."""
    stubs = stubs_of(network, costs, points, departing=direction is Direction.TO_INCIDENT)
    size = 1 << max(4, int(stubs.node.size * 2).bit_length())
    slot_node, slot_stub = np.full(size, -1, dtype=np.int32), np.full(size, -1, dtype=np.int32)
    next_stub = np.full(stubs.node.size, -1, dtype=np.int32)
    load_routing().searches.fill_slots(stubs.node, slot_node, slot_stub, next_stub)
    return Origins(
        points, stubs, points.point[stubs.attachment], slot_node, slot_stub, next_stub, by_edge(points), direction
    )


def nearest_arrivals(
    network: RoadNetwork,
    costs: Costs,
    *,
    target: Attachments,
    origins: Origins,
    offset: FloatArray,
    k: int,
    cutoff: float = np.inf,
    ties_within: float = TIES_WITHIN,
) -> Arrivals:
    """Return the k points of least total, and those as near as the k-th or at most `ties_within` farther.

    `target` holds one point; `offset` (q,) is added to the cost of each origin (its turnout), and is
    infinite for those that do not qualify. Exact: the search from the target ends only when nothing
    nearer can be left. Points beyond the cutoff (inclusive, in the unit of the costs, offset included)
    or without a way are not returned. The
    ways lead from the origins, or to them where they were prepared with `from_incident`.
    """
    coming = origins.direction is Direction.TO_INCIDENT
    arcs = costs.arcs_in(network)
    starts = stubs_of(network, costs, target, departing=not coming)
    points, stubs = origins.points, origins.stubs
    count = len(points)
    if offset.shape != (count,) or len(target) != 1:
        raise ValueError("One offset for each origin, and one target")
    if not count or k < 1:
        return Arrivals(np.empty(0, dtype=np.int32), np.empty(0), ())
    best, direct = _direct_totals(network, costs, origins, target, offset)
    best_stub, found = np.full(count, -1, dtype=np.int32), np.empty(count, dtype=np.int32)
    kernels = load_routing().searches
    with lent(arcs.node_count) as room:
        hits, touched = kernels.search_nearest(
            *_graph(arcs, costs, backwards=coming),
            starts.node,
            starts.cost,
            origins.slot_node,
            origins.slot_stub,
            origins.next_stub,
            origins.stub_point,
            stubs.cost,
            offset,
            min(k, count),
            ties_within,
            float(cutoff),
            room.distance,
            room.by_arc,
            room.touched,
            best,
            best_stub,
            found,
        )
        within = found[:hits]
        total = best[within]
        order = np.lexsort((within, total))
        if hits > k:
            order = order[: int(np.searchsorted(total[order], total[order[k - 1]] + ties_within, side="right"))]
        own = within[order]
        by_road = own[best_stub[own] >= 0]
        found_ways = _ways(arcs, room.by_arc, best_stub[by_road], stubs, starts, coming=coming)
        kernels.clean(room.distance, room.touched, touched)
    between = iter(found_ways)
    cost = (total[order] - offset[own]).tolist()
    ways = []
    for row, point in enumerate(own.tolist()):
        if best_stub[point] >= 0:
            start, end, way = next(between)
        else:
            start, end, arc = direct[point]
            way = np.array([arc], dtype=np.int32)
        ways.append(Way(start, end, way, cost[row]))
    return Arrivals(own, total[order], tuple(ways))


def _direct_totals(
    network: RoadNetwork, costs: Costs, origins: Origins, target: Attachments, offset: FloatArray
) -> tuple[FloatArray, dict[int, tuple[int, int, int]]]:
    """Return the totals of points on the target's own edge (infinite for others), and these ways by point."""
    points = origins.points
    best = np.full(len(points), np.inf)
    ways: dict[int, tuple[int, int, int]] = {}
    coming = origins.direction is Direction.TO_INCIDENT
    some = direct_ways(network, costs, target, points, origins.edges, towards_others=not coming)
    for start, end, arc, cost in zip(
        some.start.tolist(), some.end.tolist(), some.arc.tolist(), some.cost.tolist(), strict=True
    ):
        own = start if coming else end
        point = int(np.searchsorted(points.first, own, side="right")) - 1
        if cost + offset[point] < best[point]:
            best[point] = cost + offset[point]
            ways[point] = (start, end, arc)
    return best, ways


@dataclass(frozen=True, slots=True)
class Reached:
    """What is reached from points within a cutoff, or from where they are reached (`backwards`).

    `node_cost` (n,) is infinite where unreached. `by_arc` (n,) is the arc over which the cheapest way comes
    to the node (backwards: over which it goes on), -1 where unreached, and -2 - i where it is the stub i of
    `stubs`. `start_of` (n,) is the start each node belongs to, -1 where unreached; empty for one start.
    """

    starts: Attachments
    offset: FloatArray
    stubs: Stubs
    backwards: bool
    cutoff: float
    node_cost: FloatArray
    by_arc: Int32Array
    start_of: Int32Array


def reached_from(
    network: RoadNetwork,
    costs: Costs,
    starts: Attachments,
    *,
    cutoff: float = np.inf,
    direction: Direction = Direction.FROM_INCIDENT,
    offset: FloatArray | None = None,
) -> Reached:
    """Return what one search from all starts together reaches, each node by the start that is nearest.

    With `from_incident` ways lead from the starts, with `to_incident` to them. `offset` (q,) is what
    each start begins with (turnout), infinite for those left out. The cutoff is inclusive.
    """
    arcs = costs.arcs_in(network)
    backwards = direction is Direction.TO_INCIDENT
    begins = np.zeros(len(starts)) if offset is None else offset
    stubs = stubs_of(network, costs, starts, departing=not backwards)
    start = starts.point[stubs.attachment]
    distance = np.full(arcs.node_count, np.inf)
    by_arc = np.full(arcs.node_count, NO_ARC, dtype=np.int32)
    of_stub = np.full(arcs.node_count if len(starts) > 1 else 0, -1, dtype=np.int32)
    load_routing().searches.search_all(
        *_graph(arcs, costs, backwards=backwards),
        stubs.node,
        stubs.cost + begins[start],
        float(cutoff) + _ROUNDING,
        distance,
        by_arc,
        of_stub,
    )
    start_of = np.where(of_stub >= 0, start[of_stub] if start.size else -1, -1).astype(np.int32)
    return Reached(starts, begins, stubs, backwards, float(cutoff), distance, by_arc, start_of)


_ROUNDING: Final = 1e-6


def cost_at(network: RoadNetwork, costs: Costs, reached: Reached, points: Attachments) -> tuple[FloatArray, Int32Array]:
    """Return the least cost of each of q points and the start it belongs to; infinite and -1 beyond the cutoff."""
    stubs = stubs_of(network, costs, points, departing=reached.backwards)
    point = points.point[stubs.attachment]
    total = reached.node_cost[stubs.node] + stubs.cost
    start = reached.start_of[stubs.node] if reached.start_of.size else np.zeros(total.size, dtype=np.int32)
    direct = _direct(network, costs, reached, points)
    theirs, ours = (direct.end, direct.start) if reached.backwards else (direct.start, direct.end)
    start_of_direct = reached.starts.point[theirs]
    point = np.concatenate([point, points.point[ours]])
    start = np.concatenate([start, start_of_direct])
    total = np.concatenate([total, direct.cost + reached.offset[start_of_direct]])
    within = np.flatnonzero(total <= reached.cutoff + _ROUNDING)
    order = within[np.lexsort((start[within], total[within], point[within]))]
    who, first = np.unique(point[order], return_index=True)
    cost, belongs = np.full(len(points), np.inf), np.full(len(points), -1, dtype=np.int32)
    finite = np.isfinite(total[order[first]])
    cost[who[finite]], belongs[who[finite]] = total[order[first]][finite], start[order[first]][finite]
    return cost, belongs


def _direct(network: RoadNetwork, costs: Costs, reached: Reached, points: Attachments) -> DirectWays:
    """Return the ways along one edge between the starts of a search and points, in the direction travelled."""
    order = by_edge(points)
    return direct_ways(network, costs, reached.starts, points, order, towards_others=not reached.backwards)


def for_each_start(
    network: RoadNetwork,
    costs: Costs,
    starts: Attachments,
    use: Callable[[int, Reached], _Result],
    *,
    cutoff: float = np.inf,
    direction: Direction = Direction.FROM_INCIDENT,
    offset: FloatArray | None = None,
    threads: int | None = None,
) -> list[_Result]:
    """Search from each start apart, in threads, and return what `use` makes of each, in the order of the starts.

    `use` gets the number of the start and what it reaches; several threads may call it at once.
    """
    begins = np.zeros(len(starts)) if offset is None else offset

    def one(row: int) -> _Result:
        rows: IntArray = np.array([row])
        reached = reached_from(
            network, costs, starts.taken(rows), cutoff=cutoff, direction=direction, offset=begins[rows]
        )
        return use(row, reached)

    count = min(processor_count() if threads is None else threads, len(starts))
    if count <= 1:
        return [one(row) for row in range(len(starts))]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(len(starts))))


def _graph(arcs: ModeNetwork, costs: Costs, *, backwards: bool) -> Graph:
    """Return the arcs as the kernels take them."""
    if backwards:
        return arcs.first_in, arcs.in_arc, costs.tail_in, costs.cost_in, True
    return arcs.first_out, arcs.in_arc, arcs.head, costs.cost, False


def _ways(
    arcs: ModeNetwork, by_arc: Int32Array, chosen: Int32Array, stubs: Stubs, starts: Stubs, *, coming: bool
) -> list[tuple[int, int, Int32Array]]:
    """Return the ways between stubs and the starts of a search, as attachments from and to, and arcs.

    `coming`: from the stubs to the starts (the search went backwards), else from the starts to the stubs.
    """
    way, end, start = np.empty(64 + 128 * chosen.size, np.int32), np.empty_like(chosen), np.empty_like(chosen)
    while chosen.size:
        onwards = arcs.head if coming else arcs.tail
        ends = (chosen, stubs.node, stubs.arc, starts.arc, by_arc, onwards)
        room = load_routing().searches.write_ways(*ends, not coming, way, end, start)
        if room <= way.size:
            break
        way = np.empty(room, dtype=np.int32)
    ours, theirs = stubs.attachment[chosen].tolist(), starts.attachment[start[: chosen.size]].tolist()
    found, begin = [], 0
    for own, other, finish in zip(ours, theirs, end.tolist(), strict=True):
        found.append((*((own, other) if coming else (other, own)), way[begin:finish]))
        begin = finish
    return found


def way_to(network: RoadNetwork, costs: Costs, reached: Reached, points: Attachments, point: int) -> Way | None:
    """Return the cheapest way between one of the points and the start it belongs to; None where unreached."""
    own = points.taken(np.array([point]))
    at = int(points.first[point])
    arcs = costs.arcs_in(network)
    stubs = stubs_of(network, costs, own, departing=reached.backwards)
    totals = reached.node_cost[stubs.node] + stubs.cost
    direct = _direct(network, costs, reached, own)
    theirs = direct.end if reached.backwards else direct.start
    direct_totals = direct.cost + reached.offset[reached.starts.point[theirs]]
    limit = reached.cutoff + _ROUNDING
    by_road = float(totals.min(initial=np.inf))
    along = float(direct_totals.min(initial=np.inf))
    if min(by_road, along) > limit or np.isinf(min(by_road, along)):
        return None
    if along <= by_road:
        row = int(direct_totals.argmin())
        start, end = int(direct.start[row]), int(direct.end[row])
        start, end = (start + at, end) if reached.backwards else (start, end + at)
        return Way(start, end, direct.arc[row : row + 1], float(direct.cost[row]))
    chosen = np.array([totals.argmin()], dtype=np.int32)
    ((start, end, way),) = _ways(arcs, reached.by_arc, chosen, stubs, reached.stubs, coming=reached.backwards)
    theirs_at = end if reached.backwards else start
    cost = by_road - float(reached.offset[reached.starts.point[theirs_at]])
    return Way(start + at, end, way, cost) if reached.backwards else Way(start, end + at, way, cost)
