"""Roads: the nearest five teams, everything from one place, and the graph as a file, against networkx and scipy.

The network is made: about 500,000 crossings, some streets one-way, some turns forbidden. The peers get
the graph after its crossings were split for the turns, in the order of numbering that ours uses, and
start at a node; ours starts at a point and finds its edges itself.
"""

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import networkx as nx
import numpy as np
from case import Case
from made_roads import made_roads
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo_ems.model.columns import FloatArray, IntArray
from geo_ems.model.roads import Metric, Mode
from geo_ems.routing.building import build_network
from geo_ems.routing.compiled import load_routing
from geo_ems.routing.costs import Costs, costs_of
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.search import nearest_arrivals, prepare_origins, reached_from
from geo_ems.routing.snapping import attach
from geo_ems.storage.road_files import read_network, write_network

SIDE = 770
TEAMS = 2_000
K = 5
SEED = 3
NEAR_ROUNDS = 300


@dataclass(frozen=True, slots=True)
class World:
    """The network, what travelling costs, and places among which are teams (`team`) and incidents, by node."""

    network: RoadNetwork
    costs: Costs
    teams: IntArray
    incidents: IntArray

    def places(self, nodes: IntArray) -> FloatArray:
        """Return lon/lat of nodes."""
        return self.network.place_lonlat_deg[self.network.modes[Mode.DRIVE].place[nodes]]


def cases() -> Iterable[Case]:
    """Yield all comparisons over one network."""
    load_routing()
    with made_world() as world:
        arcs = world.network.modes[Mode.DRIVE]
        yield from near_cases(world)
        graph = csr_array((arcs.time_s, (arcs.tail, arcs.head)), shape=(arcs.node_count, arcs.node_count))

        def ours_all(i: int) -> object:
            start = attach(world.network, world.costs, world.places(world.incidents[i : i + 1]))
            return reached_from(world.network, world.costs, start)

        def scipy_all(i: int) -> object:
            return dijkstra(graph, indices=int(world.incidents[i]), return_predecessors=True)

        yield Case("roads: from one place to all nodes", ours_all, scipy_all, "scipy dijkstra", 9, "both: predecessors")
    yield from file_cases()


def near_cases(world: World) -> Iterable[Case]:
    """Yield the comparisons of the nearest five."""
    arcs, incidents = world.network.modes[Mode.DRIVE], world.incidents
    origins = prepare_origins(world.network, world.costs, attach(world.network, world.costs, world.places(world.teams)))
    nothing = np.zeros(TEAMS)
    targets = [attach(world.network, world.costs, world.places(incidents[i : i + 1])) for i in range(incidents.size)]

    def ours(i: int) -> object:
        return nearest_arrivals(world.network, world.costs, target=targets[i], origins=origins, offset=nothing, k=K)

    def ours_from_a_point(i: int) -> object:
        target = attach(world.network, world.costs, world.places(incidents[i : i + 1]))
        return nearest_arrivals(world.network, world.costs, target=target, origins=origins, offset=nothing, k=K)

    backwards = csr_array((arcs.time_s, (arcs.head, arcs.tail)), shape=(arcs.node_count, arcs.node_count))
    limits = [float(ours(i).total[K - 1]) * 1.001 for i in range(incidents.size)]  # type: ignore[attr-defined]

    good_limit = float(np.percentile(limits, 99))

    def scipy_near(i: int) -> object:
        seconds = dijkstra(backwards, indices=int(incidents[i]), limit=good_limit)[world.teams]
        return world.teams[np.argsort(seconds)[:K]]

    def scipy_told(i: int) -> object:
        seconds = dijkstra(backwards, indices=int(incidents[i]), limit=limits[i])[world.teams]
        return world.teams[np.argsort(seconds)[:K]]

    yield Case(
        f"roads: nearest {K} of {TEAMS:,} teams, with their ways",
        ours,
        scipy_near,
        "scipy dijkstra",
        NEAR_ROUNDS,
        "peer: one limit that is enough for 99 of 100 incidents; no ways",
    )
    yield Case(
        f"roads: nearest {K} of {TEAMS:,} teams, with their ways",
        ours,
        scipy_told,
        "scipy dijkstra",
        NEAR_ROUNDS,
        "peer: told the fifth's own time beforehand; no ways",
    )
    yield Case("roads: the same, from a point", ours_from_a_point, scipy_near, "scipy dijkstra", NEAR_ROUNDS, "same")
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(zip(arcs.head.tolist(), arcs.tail.tolist(), arcs.time_s.tolist(), strict=True))
    is_team = set(world.teams.tolist())

    def networkx_near(i: int) -> object:
        return nearest_in(graph._adj, int(incidents[i]), is_team)  # noqa: SLF001 - what networkx searches itself

    yield Case(
        f"roads: nearest {K} of {TEAMS:,} teams, with their ways",
        ours,
        networkx_near,
        "networkx",
        NEAR_ROUNDS,
        "peer: a search written by hand that stops at the fifth; no ways",
    )


def nearest_in(neighbours: dict[int, dict[int, dict[str, float]]], start: int, teams: set[int]) -> list[int]:
    """Search a networkx graph until K teams are found."""
    done: set[int] = set()
    waiting = [(0.0, start)]
    found: list[int] = []
    while waiting:
        here, node = heapq.heappop(waiting)
        if node in done:
            continue
        done.add(node)
        if node in teams:
            found.append(node)
            if len(found) == K:
                break
        for to, link in neighbours[node].items():
            if to not in done:
                heapq.heappush(waiting, (here + link["weight"], to))
    return found


@contextmanager
def made_world() -> Iterator[World]:
    """Build the network, write and read its file, tell both, and lend it."""
    rng = np.random.default_rng(SEED)
    built, report = build_network(made_roads(side=SIDE, seed=SEED).lines, key="made")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.network"
        write_network(path, built)
        network = read_network(path, key="made")
        if network is None:
            raise RuntimeError(path)
        arcs = network.modes[Mode.DRIVE]
        searched, rest = held_bytes(arcs), held_bytes(network) + held_bytes(network.grid)
        print(
            f"roads: {arcs.node_count:,} nodes, {arcs.tail.size:,} arcs, {report.restrictions['applied']:,} turn "
            f"restrictions; graph {searched / 1e6:.0f} MB, shapes, names and cells {rest / 1e6:.0f} MB."
        )
        whole = np.flatnonzero((arcs.component == 0) & (np.arange(arcs.node_count) < len(network.place_lonlat_deg)))
        chosen = rng.choice(whole, TEAMS + NEAR_ROUNDS + 1, replace=False)
        costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME)
        yield World(network, costs, chosen[:TEAMS], chosen[TEAMS:])
        del network, arcs, costs


def held_bytes(part: object) -> int:
    """Return the bytes of the arrays of a dataclass."""
    arrays = (getattr(part, item.name) for item in fields(part))  # type: ignore[arg-type]
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))


def file_cases() -> Iterable[Case]:
    """Yield what it costs to read the saved graph, against building it again."""
    lines = made_roads(side=SIDE, seed=SEED).lines
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.network"
        write_network(path, build_network(lines, key="made")[0])

        def ours(_: int) -> object:
            return read_network(path, key="made")

        def anew(_: int) -> object:
            return build_network(lines, key="made")

        yield Case("roads: the saved graph read", ours, anew, "building it again", 3, "both: ready to search")
