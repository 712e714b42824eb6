"""Which roads are main roads: routes between townships, then the way of each village to the next main road."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from county.frame import BoolArray, FloatArray, IntArray
from county.road_graph import Links, is_avenue, same_street
from county.road_points import Junctions, PointKind

VILLAGE, TERTIARY, SECONDARY, PRIMARY, TRUNK = 0, 1, 2, 3, 4
CLASS_CODES = ("village", "tertiary", "secondary", "primary", "trunk")
# Routes by number: class, then stops: "s3" is the seat of township 3, "e1" way out 1, "b2" bridge 2.
ROUTES = (
    ("G890", TRUNK, "e1 s20 s6 s0 b2 s5 s4 e2"),
    ("S901", PRIMARY, "e0 s23 s19 s15 s5 s3 s13 e3"),
    ("S902", PRIMARY, "s0 s14 s10 e4"),
    ("S903", PRIMARY, "s0 s2 s7 b5 s13"),
    ("S904", PRIMARY, "s5 s1 s11 e5"),
    ("X901", SECONDARY, "s0 s9 s8"),
    ("X902", SECONDARY, "s8 b0 s23"),
    ("X903", SECONDARY, "s9 s21 s10"),
    ("X904", SECONDARY, "s10 s17 s20 s7"),
    ("X905", SECONDARY, "s2 b3 s3"),
    ("X906", SECONDARY, "s1 s22 s12 s23"),
    ("X907", SECONDARY, "s22 s15"),
    ("X908", SECONDARY, "s11 s18 s4 s16 s3"),
    ("X909", SECONDARY, "s18 e6"),
    ("X910", SECONDARY, "s19 b1 s9"),
    ("X911", SECONDARY, "s12 s11"),
    ("X912", SECONDARY, "s6 s17"),
    ("X913", TERTIARY, "s2 b4 s13"),
    ("X914", TERTIARY, "s14 s6"),
    ("X915", TERTIARY, "s1 s4"),
    ("X916", TERTIARY, "s14 s9"),
    ("X917", TERTIARY, "s6 s7"),
)


@dataclass(frozen=True, slots=True)
class Network:
    """Links that are roads: arrays of length m; `route` is an index into ROUTES or -1; `paths` are junction chains."""

    pairs: IntArray
    road_class: IntArray
    route: IntArray
    is_bridge: BoolArray
    paths: tuple[tuple[int, IntArray], ...]


class _RoutePlanner:
    """Finds cheapest chains of links, cheaper where a main road already lies."""

    DISCOUNT = (1.0, 0.80, 0.62, 0.55, 0.52)

    def __init__(self, junctions: Junctions, links: Links) -> None:
        self.links = links
        self.count = len(junctions.xy_m)
        self.road_class = np.zeros(len(links.pairs), dtype=np.int64)
        self.route = np.full(len(links.pairs), -1, dtype=np.int64)
        self.number = {(int(a), int(b)): n for n, (a, b) in enumerate(links.pairs)}
        streets = np.all(junctions.kind[links.pairs] >= PointKind.SEAT, axis=1)
        streets &= np.all(junctions.kind[links.pairs] <= PointKind.TOWN, axis=1)
        self.base_m = links.cost_m * np.where(links.chosen, 1.0, 1.12) * np.where(streets, 1.25, 1.0)

    def graph(self) -> "coo_array":
        weight = self.base_m * np.asarray(self.DISCOUNT)[self.road_class]
        return coo_array((weight, self.links.pairs.T), shape=(self.count, self.count)).tocsr()

    def chain(self, start: int, end: int) -> IntArray:
        before = dijkstra(self.graph(), directed=False, indices=start, return_predecessors=True)[1]
        return _unwind(before, start, end)

    def mark(self, chain: IntArray, road_class: int, route: int) -> None:
        for a, b in zip(chain[:-1].tolist(), chain[1:].tolist(), strict=True):
            number = self.number[min(a, b), max(a, b)]
            if road_class > self.road_class[number]:
                self.road_class[number] = road_class
                self.route[number] = route


def _unwind(before: IntArray, start: int, end: int) -> IntArray:
    chain = [end]
    while chain[-1] != start:
        chain.append(int(before[chain[-1]]))
        if chain[-1] < 0:
            raise ValueError(f"no way from junction {start} to {end}")
    return np.asarray(chain[::-1], dtype=np.int64)


def classify_roads(junctions: Junctions, links: Links) -> Network:
    """Return the network with classes: routes first, then village ways, then street grids."""
    planner = _RoutePlanner(junctions, links)
    paths: list[tuple[int, IntArray]] = []
    for route, (_, road_class, stops) in enumerate(ROUTES):
        nodes = [node for stop in stops.split() for node in _nodes_of(junctions, stop)]
        nodes = _turn_bridges(junctions, nodes)
        whole = [np.asarray(nodes[:1], dtype=np.int64)]
        for start, end in pairwise(nodes):
            chain = planner.chain(start, end)
            planner.mark(chain, road_class, route)
            whole.append(chain[1:])
        paths.append((road_class, np.concatenate(whole)))
    for village in junctions.village_index.tolist():
        length, before = dijkstra(planner.graph(), directed=False, indices=village, return_predecessors=True)
        main = np.zeros(planner.count, dtype=np.bool_)
        main[np.unique(links.pairs[planner.road_class >= TERTIARY])] = True
        goal = int(np.argmin(np.where(main, np.round(length, 3), np.inf)))
        if goal != village:
            chain = _unwind(before, village, goal)
            planner.mark(chain, TERTIARY, -1)
            paths.append((TERTIARY, chain))
    used = links.chosen | (planner.road_class > VILLAGE)
    used = drop_side_tracks(junctions.xy_m, links.pairs, planner.road_class, used)
    road_class = np.where(
        planner.road_class[used] == VILLAGE, _street_class(junctions, links.pairs[used]), planner.road_class[used]
    )
    return Network(links.pairs[used], road_class, planner.route[used], links.is_bridge[used], tuple(paths))


def drop_side_tracks(xy_m: FloatArray, pairs: IntArray, road_class: IntArray, used: BoolArray) -> BoolArray:
    """Return the choice without village roads that run beside a main road, where there is another way."""
    kept = used.copy()
    numbers = np.flatnonzero(used)
    ends = np.concatenate((pairs[numbers], pairs[numbers][:, ::-1]))
    step = xy_m[ends[:, 1]] - xy_m[ends[:, 0]]
    heading = np.arctan2(step[:, 1], step[:, 0])
    order = np.lexsort((heading, ends[:, 0]))
    left, right = order[:-1], order[1:]
    turn = np.abs(heading[right] - heading[left])
    narrow = (ends[left, 0] == ends[right, 0]) & (np.minimum(turn, 2 * np.pi - turn) < np.radians(27))
    pair_numbers = numbers[np.column_stack((left, right))[narrow] % len(numbers)]
    for first, second in pair_numbers.tolist():
        minor = first if road_class[first] <= road_class[second] else second
        if road_class[minor] == VILLAGE and kept[first] and kept[second]:
            kept[minor] = False
            graph = coo_array((np.ones(kept.sum()), pairs[kept].T), shape=(len(xy_m), len(xy_m)))
            parts = connected_components(graph, directed=False)[1]
            kept[minor] = parts[pairs[minor, 0]] != parts[pairs[minor, 1]]
    return kept


def _nodes_of(junctions: Junctions, stop: str) -> tuple[int, ...]:
    number = int(stop[1:])
    if stop[0] == "s":
        return (int(junctions.seat_index[number]),)
    if stop[0] == "e":
        return (int(junctions.exit_index[number]),)
    site = junctions.bridges[number]
    return (site.north_index, site.south_index)


def _turn_bridges(junctions: Junctions, nodes: list[int]) -> list[int]:
    """Return the stops with each pair of bridge ends in the order in which the route meets them."""
    turned = list(nodes)
    ends = {site.north_index: site.south_index for site in junctions.bridges}
    for place, node in enumerate(nodes):
        if node in ends and place > 0:
            before_m = junctions.xy_m[nodes[place - 1]]
            to_north = np.hypot(*(junctions.xy_m[node] - before_m))
            to_south = np.hypot(*(junctions.xy_m[ends[node]] - before_m))
            if to_south < to_north:
                turned[place], turned[place + 1] = ends[node], node
    return turned


def _street_class(junctions: Junctions, pairs: IntArray) -> IntArray:
    """Return tertiary for the avenues of the county town, village class for all other small roads."""
    avenue = same_street(junctions, pairs) & is_avenue(junctions, pairs)
    return np.where(avenue, TERTIARY, VILLAGE)
