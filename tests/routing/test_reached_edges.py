"""What is reached of edges: cut at the break from both ends, through barriers, and shared out among several starts."""

import networkx as nx
import numpy as np
import pytest
from area_networks import STEP_DEG, effects_of, network_of_lines, place_costs, streets

from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.routing.costs import Costs, costs_of
from geo_ems.routing.edge_entries import runs_from
from geo_ems.routing.edge_parts import EdgeParts
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.search import reached_from
from geo_ems.routing.service_areas import reached_parts, shared_runs
from geo_ems.routing.snapping import attach

BLOCK_S = 111.3195  # a block along the equator at ten metres a second
NEAR = 1e-9


def parts_of(parts: EdgeParts) -> list[tuple[int, float, float]]:
    return [
        (int(edge), round(float(low), 6), round(float(high), 6))
        for edge, low, high in zip(parts.edge, parts.from_share, parts.to_share, strict=True)
    ]


def from_places(
    network: RoadNetwork, costs: Costs, places: list[tuple[float, float]], *, inward: bool = False, cutoff: float
):
    starts = attach(network, costs, np.array(places))
    direction = Direction.TO_INCIDENT if inward else Direction.FROM_INCIDENT
    return runs_from(network, costs, reached_from(network, costs, starts, cutoff=cutoff, direction=direction))


def test_an_edge_is_cut_where_the_break_is_spent() -> None:
    network = network_of_lines([[(0.0, 0.0), (STEP_DEG, 0.0)], [(STEP_DEG, 0.0), (2 * STEP_DEG, 0.0)]])
    costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME)
    runs = from_places(network, costs, [(0.0, 0.0)], cutoff=BLOCK_S * 1.5)
    assert parts_of(reached_parts(runs, limit=BLOCK_S * 1.5)) == [(0, 0.0, 1.0), (1, 0.0, 0.5)]
    assert parts_of(reached_parts(runs, limit=BLOCK_S * 0.25)) == [(0, 0.0, 0.25)]


def test_a_start_in_the_middle_goes_both_ways() -> None:
    network = network_of_lines([[(0.0, 0.0), (STEP_DEG, 0.0)]])
    costs = costs_of(network, Mode.DRIVE, Metric.ROAD_DISTANCE)
    runs = from_places(network, costs, [(STEP_DEG / 2, 0.0)], cutoff=111.3195)
    assert parts_of(reached_parts(runs, limit=111.31949)) == [(0, 0.4, 0.6)]


def test_an_edge_reached_from_both_ends_keeps_the_middle_that_is_not() -> None:
    square = streets(2, 2)  # south, north, west, east
    network = network_of_lines(square)
    costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME)
    runs = from_places(network, costs, [(STEP_DEG / 2, 0.0)], cutoff=200.0)
    north = next(part for part in parts_of(reached_parts(runs, limit=BLOCK_S * 1.75)) if part[1] == 0.0 and part[2] < 1)
    both = [part for part in parts_of(reached_parts(runs, limit=BLOCK_S * 1.75)) if part[0] == north[0]]
    assert len(both) == 2
    assert both[0][2] == pytest.approx(1.0 - both[1][1], abs=0.01)


def test_nobody_goes_against_a_one_way_street_but_those_who_come_do() -> None:
    network = network_of_lines([[(0.0, 0.0), (STEP_DEG, 0.0)]], one_way=frozenset({0}))
    costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME)
    middle = [(STEP_DEG / 2, 0.0)]
    away = from_places(network, costs, middle, cutoff=1000.0)
    towards = from_places(network, costs, middle, inward=True, cutoff=1000.0)
    assert parts_of(reached_parts(away, limit=1000.0)) == [(0, 0.5, 1.0)]
    assert parts_of(reached_parts(towards, limit=1000.0)) == [(0, 0.0, 0.5)]


@pytest.mark.parametrize(
    ("portion", "expected"),
    [
        pytest.param((0, 0.25, 0.5, 0, np.inf, 0.0), 0.25, id="a closure stops at its mouth"),
        pytest.param((0, 0.25, 0.25, 0, np.inf, 0.0), 0.25, id="so does one at a point"),
        pytest.param((0, 0.25, 0.5, 0, 3.0, 0.0), 0.25 + 0.25 / 3, id="slow takes its factor"),
        pytest.param((0, 0.25, 0.25, 0, 1.0, BLOCK_S / 8), 0.375, id="a delay is paid where it stands"),
        pytest.param((0, 0.25, 0.5, -1, np.inf, 0.0), 0.5, id="one against the line does not act"),
    ],
)
def test_barriers_act_along_the_way(portion: tuple[int, float, float, int, float, float], expected: float) -> None:
    network = network_of_lines([[(0.0, 0.0), (STEP_DEG, 0.0)]])
    costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME, effects_of([portion]))
    runs = from_places(network, costs, [(0.0, 0.0)], cutoff=1000.0)
    assert parts_of(reached_parts(runs, limit=BLOCK_S / 2)) == [(0, 0.0, pytest.approx(expected, abs=1e-5))]


def test_two_starts_meet_where_they_come_at_the_same_time() -> None:
    network = network_of_lines([[(0.0, 0.0), (STEP_DEG, 0.0)]])
    costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME)
    runs = from_places(network, costs, [(0.0, 0.0), (STEP_DEG * 0.8, 0.0)], cutoff=1000.0)
    shared = shared_runs(network, costs, runs, limit=1000.0).parts(1000.0)
    assert parts_of(shared[0]) == [(0, 0.0, pytest.approx(0.4, abs=1e-5))]
    assert parts_of(shared[1]) == [(0, pytest.approx(0.4, abs=1e-5), 1.0)]


def random_world(seed: int, *, metric: Metric) -> tuple[RoadNetwork, Costs]:
    """A random network of about 25 places, some one-way, with random barriers on a third of the edges."""
    rng = np.random.default_rng(seed)
    graph = nx.random_geometric_graph(25, 0.3, seed=seed)
    place = {node: tuple(np.round(np.array(xy) * 0.05, 6)) for node, xy in nx.get_node_attributes(graph, "pos").items()}
    lines = [[place[a], place[b]] for a, b in graph.edges]
    one_way = frozenset(np.flatnonzero(rng.random(len(lines)) < 0.2).tolist())
    network = network_of_lines(lines, one_way=one_way)
    hit = rng.choice(network.edge_count, network.edge_count // 2)
    portions = []
    for edge in hit.tolist():
        low, high = np.sort(np.round(rng.random(2), 3))
        kind = rng.integers(4)
        sense = int(rng.integers(-1, 2))
        factor = np.inf if kind == 0 else (float(rng.uniform(1, 5)) if kind == 1 else 1.0)
        delay = float(rng.uniform(0, 60)) if kind >= 2 else 0.0
        portions.append((edge, low, low if kind == 3 else high, sense, factor, delay))
    return network, costs_of(network, Mode.DRIVE, metric, effects_of(portions))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("inward", [False, True], ids=["away", "towards"])
def test_reached_parts_are_those_that_networkx_finds_place_by_place(seed: int, *, inward: bool) -> None:
    metric = Metric.ROAD_DISTANCE if seed % 3 == 0 else Metric.TRAVEL_TIME
    network, costs = random_world(seed, metric=metric)
    rng = np.random.default_rng(seed + 1000)
    starts = attach(network, costs, rng.uniform(0.0, 0.05, (3, 2)))
    owner = starts.point
    given = [
        (int(edge), float(share), float(straight * costs.access_cost_per_m))
        for edge, share, straight in zip(starts.edge, starts.share, starts.straight_m, strict=True)
    ]
    places = [
        (int(edge), float(share))
        for edge, share in zip(rng.integers(0, network.edge_count, 60), rng.random(60), strict=True)
    ]
    by_way = place_costs(network, costs, given, places, inward=inward)
    by_start = np.array([by_way[owner == start].min(axis=0) for start in range(3)])
    direction = Direction.TO_INCIDENT if inward else Direction.FROM_INCIDENT
    limit = float(np.quantile(by_start[np.isfinite(by_start)], 0.5))
    for start in range(3):
        alone = starts.taken(np.array([start]))
        runs = runs_from(network, costs, reached_from(network, costs, alone, cutoff=limit, direction=direction))
        assert held_places(reached_parts(runs, limit=limit), places) == (by_start[start] <= limit).tolist()
    together = runs_from(network, costs, reached_from(network, costs, starts, cutoff=limit, direction=direction))
    shared = shared_runs(network, costs, together, limit=limit).parts(limit)
    nearest = np.where(by_start.min(axis=0) <= limit, by_start.argmin(axis=0), -1)
    found = np.full(len(places), -1)
    for start, parts in shared.items():
        mine = np.array(held_places(parts, places))
        assert not (found[mine] >= 0).any()
        found[mine] = start
    assert found.tolist() == nearest.tolist()


def held_places(parts: EdgeParts, places: list[tuple[int, float]]) -> list[bool]:
    return [
        bool(((parts.edge == edge) & (parts.from_share - NEAR <= share) & (share <= parts.to_share + NEAR)).any())
        for edge, share in places
    ]
