"""The nearest by arrival, what is reached, and ways in full."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import INF, drive, edge_named, effects_of, network_of, random_effects, random_lines, spots_on

from geo_ems.model.roads import Direction, Metric
from geo_ems.routing.building import build_network
from geo_ems.routing.routes import Turn, measured, trace, turn_word
from geo_ems.routing.search import cost_at, for_each_start, nearest_arrivals, prepare_origins, reached_from, way_to
from geo_ems.routing.snapping import attach

# A river between two banks, two bridges: the near one 100 s, the far one a way round of 700 s.
RIVER = {
    "south": [(0, 0), (0.01, 0)],
    "bridge": [(0.01, 0), (0.01, 0.01)],
    "north": [(0.01, 0.01), (0.02, 0.01)],
    "detour": [(0, 0), (-0.02, 0), (-0.02, 0.02), (0.02, 0.02), (0.02, 0.01)],
}
TIMES = {"south": 100.0, "bridge": 100.0, "north": 100.0, "detour": 700.0}


def river(effects=None, metric=Metric.TRAVEL_TIME):
    network = network_of(RIVER, seconds=TIMES)
    return network, drive(network, effects(network) if effects else None, metric)


def asked(network, costs, target, points, *, offset=None, direction=Direction.TO_INCIDENT, **options):
    at = attach(network, costs, np.array([target], dtype=float))
    there = attach(network, costs, np.array(points, dtype=float))
    prepared = prepare_origins(network, costs, there, direction=direction)
    offsets = np.zeros(len(points)) if offset is None else np.array(offset)
    found = nearest_arrivals(network, costs, target=at, origins=prepared, offset=offsets, **options)
    coming = direction is Direction.TO_INCIDENT
    sides = {"starts": there, "ends": at} if coming else {"starts": at, "ends": there}
    return found, sides


def test_the_team_across_the_bridge_comes_first_until_the_bridge_is_closed():
    teams = [(0.0, 0.0), (0.02, 0.02)]  # on the south bank; far round on the north bank
    network, costs = river()
    found, sides = asked(network, costs, (0.02, 0.01), teams, k=2)
    around = 700.0 * 1112.0 / network.length_m[edge_named(network, "detour")]
    assert found.point.tolist() == [1, 0]
    assert found.total.tolist() == pytest.approx([around, 300.0], rel=0.01)

    closed = effects_of([(edge_named(network, "bridge"), 0.4, 0.6, 0, INF, 0.0)])
    found, sides = asked(network, drive(network, closed), (0.02, 0.01), teams, k=2)
    assert found.total[1] == pytest.approx(700.0)
    parts = measured(network, drive(network, closed), found.ways[1], **sides)
    assert (parts.network_s, parts.delay_s, parts.barriers_met) == (pytest.approx(700.0), 0.0, ())


def test_a_delay_and_a_slow_stretch_are_told_apart_and_named():
    def effects(network):
        bridge, south = edge_named(network, "bridge"), edge_named(network, "south")
        return effects_of([(bridge, 0.5, 0.5, 0, 1.0, 40.0), (south, 0.25, 0.75, 0, 3.0, 0.0)])

    network, costs = river(effects)
    found, sides = asked(network, costs, (0.02, 0.01), [(0.0, 0.0)], k=1)
    parts = measured(network, costs, found.ways[0], **sides)
    assert (parts.network_s, parts.delay_s) == (pytest.approx(400.0), 40.0)
    assert parts.barriers_met == (1, 0)
    assert found.total[0] == pytest.approx(440.0)


def test_only_closures_change_road_distance():
    def effects(network):
        return effects_of([(edge_named(network, "bridge"), 0.0, 1.0, 0, 9.0, 500.0)])

    free, slow = river(None, Metric.ROAD_DISTANCE), river(effects, Metric.ROAD_DISTANCE)
    totals = [asked(network, costs, (0.02, 0.01), [(0.0, 0.0)], k=1)[0].total[0] for network, costs in (free, slow)]
    assert totals[0] == totals[1] == pytest.approx(2 * 1113.2 + 1105.7, abs=0.2)


def test_a_barrier_in_one_direction_leaves_the_other_open():
    def effects(network):
        return effects_of([(edge_named(network, "bridge"), 0.5, 0.5, 1, INF, 0.0)])

    network, costs = river(effects)
    north, south = (0.02, 0.01), (0.0, 0.0)
    assert asked(network, costs, north, [south], k=1)[0].total[0] == pytest.approx(700.0)
    assert asked(network, costs, south, [north], k=1)[0].total[0] == pytest.approx(300.0)
    found, _ = asked(network, costs, north, [south], k=1, direction=Direction.FROM_INCIDENT)
    assert found.total[0] == pytest.approx(300.0)


def test_one_on_the_open_stub_of_a_closed_road_keeps_its_own_end():
    def effects(network):
        return effects_of([(edge_named(network, "bridge"), 0.4, 0.6, 0, INF, 0.0)])

    network, costs = river(effects)
    on_bridge = [(0.01, 0.002), (0.01, 0.008)]
    found, _ = asked(network, costs, (0.01, 0.0), on_bridge, k=2)
    assert found.point.tolist() == [0, 1]
    assert found.total[0] == pytest.approx(20.0, rel=1e-3)
    assert found.total[1] == pytest.approx(20.0 + 100.0 + 700.0 + 100.0, rel=1e-3)


@pytest.mark.parametrize(
    ("seconds", "start", "end", "expected"),
    [
        pytest.param(100.0, 0.002, 0.008, 60.0, id="along"),
        pytest.param(100.0, 0.008, 0.002, 60.0, id="against"),
        pytest.param((100.0, INF), 0.002, 0.008, 60.0, id="one-way, along"),
        pytest.param((100.0, INF), 0.008, 0.002, 340.0, id="one-way, against: round"),
        pytest.param(100.0, 0.005, 0.005, 0.0, id="there already"),
    ],
)
def test_two_on_the_same_edge(seconds, start, end, expected):
    roads = {"a": [(0, 0), (0.01, 0)], "b": [(0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0)]}
    network = network_of(roads, seconds={"a": seconds, "b": 300.0})
    found, sides = asked(network, drive(network), (end, 0.0), [(start, 0.0)], k=1)
    assert found.total[0] == pytest.approx(expected, abs=1e-6)
    route = trace(network, drive(network), found.ways[0], **sides)
    assert route.line.coords[0] == pytest.approx((start, 0.0))
    assert route.line.coords[-1] == pytest.approx((end, 0.0))


def test_turnout_counts_and_those_left_out_are_not_found():
    network, costs = river()
    teams = [(0.02, 0.01), (0.01, 0.01), (0.01, 0.0)]
    found, _ = asked(network, costs, (0.02, 0.01), teams, k=3, offset=[250.0, 60.0, INF])
    assert found.point.tolist() == [1, 0]
    assert found.total.tolist() == pytest.approx([160.0, 250.0])


def test_the_cutoff_is_inclusive_and_those_tied_with_the_last_come_as_well():
    network, costs = river()
    teams = [(0.01, 0.01), (0.01, 0.01), (0.01, 0.0)]
    assert asked(network, costs, (0.02, 0.01), teams, k=1)[0].point.tolist() == [0, 1]
    assert asked(network, costs, (0.02, 0.01), teams, k=3, cutoff=200.0)[0].point.tolist() == [0, 1, 2]
    assert asked(network, costs, (0.02, 0.01), teams, k=3, cutoff=199.9)[0].point.tolist() == [0, 1]


def test_without_anybody_or_a_road_nobody_comes():
    network, costs = river()
    assert asked(network, costs, (0.0, 0.0), np.empty((0, 2)), k=3)[0].point.tolist() == []
    assert asked(network, costs, (np.nan, 0.0), [(0.0, 0.0)], k=3)[0].point.tolist() == []


def test_a_route_tells_its_roads_and_turns():
    network, costs = river()
    found, sides = asked(network, costs, (0.015, 0.0105), [(0.005, -0.0005)], k=1)
    route = trace(network, costs, found.ways[0], **sides)
    assert [(step.road_id, step.turn) for step in route.steps] == [
        ("south", Turn.START),
        ("bridge", Turn.LEFT),
        ("north", Turn.RIGHT),
    ]
    assert [round(step.length_m) for step in route.steps] == [557, 1106, 557]
    assert np.round(route.line.coords, 9).tolist() == [[0.005, 0], [0.01, 0], [0.01, 0.01], [0.015, 0.01]]
    assert route.parts.access_m == pytest.approx(55.3, abs=0.1)
    assert route.parts.distance_m == pytest.approx(sum(step.length_m for step in route.steps) + 2 * 55.29, abs=0.1)
    assert found.total[0] == pytest.approx(200.0 + 2 * 55.287 * 0.9, abs=0.1)  # 4 km/h on foot


@pytest.mark.parametrize(
    ("change_deg", "word"),
    [(0, "straight"), (-30, "slight_left"), (90, "right"), (-150, "sharp_left"), (180, "u_turn"), (350, "straight")],
)
def test_changes_of_bearing_have_words(change_deg, word):
    assert turn_word(change_deg) == word


def test_each_start_reaches_its_own_and_all_together_the_nearest():
    network, costs = river()
    starts = attach(network, costs, np.array([(0.0, 0.0), (0.02, 0.01)]))
    ends = attach(network, costs, np.array([(0.01, 0.0), (0.01, 0.01), (0.0, 0.0)]))
    own = for_each_start(
        network, costs, starts, lambda _, reached: cost_at(network, costs, reached, ends)[0], threads=2
    )
    assert np.round(own, 3).tolist() == [[100.0, 200.0, 0.0], [200.0, 100.0, 300.0]]
    cost, start = cost_at(network, costs, reached_from(network, costs, starts), ends)
    assert (cost.round(3).tolist(), start.tolist()) == ([100.0, 100.0, 0.0], [0, 1, 0])
    late = reached_from(network, costs, starts, offset=np.array([INF, 50.0]))
    cost, start = cost_at(network, costs, late, ends)
    assert (cost.round(3).tolist(), start.tolist()) == ([250.0, 150.0, 350.0], [1, 1, 1])


def test_beyond_the_cutoff_nothing_is_reached():
    network, costs = river()
    start = attach(network, costs, np.array([(0.0, 0.0)]))
    ends = attach(network, costs, np.array([(0.01, 0.0), (0.01, 0.01)]))
    reached = reached_from(network, costs, start, cutoff=100.0)
    cost, _ = cost_at(network, costs, reached, ends)
    assert cost.tolist() == [pytest.approx(100.0), INF]
    assert way_to(network, costs, reached, ends, 1) is None


@settings(max_examples=40)
@given(st.integers(0, 100_000))
def test_the_first_of_five_is_the_first_of_one(seed):
    rng = np.random.default_rng(seed)
    network = build_network(random_lines(rng, places=9, roads=16), key="x")[0]
    costs = drive(network, random_effects(rng, network, count=3))
    teams, target = spots_on(rng, 8), spots_on(rng, 1)[0]
    five, _ = asked(network, costs, target, teams, k=5, ties_within=0.0)
    for k in range(1, 5):
        fewer, _ = asked(network, costs, target, teams, k=k, ties_within=0.0)
        assert fewer.point.tolist()[:k] == five.point.tolist()[:k]
        assert fewer.total.tolist()[:k] == five.total.tolist()[:k]


@settings(max_examples=40)
@given(st.integers(0, 100_000))
def test_a_route_is_as_long_as_its_line_and_as_its_steps(seed):
    rng = np.random.default_rng(seed)
    network = build_network(random_lines(rng, places=9, roads=16), key="x")[0]
    costs = drive(network, random_effects(rng, network, count=3))
    found, sides = asked(network, costs, spots_on(rng, 1)[0], spots_on(rng, 4), k=4)
    for way in found.ways:
        route = trace(network, costs, way, **sides)
        from pyproj import Geod

        line_m = Geod(ellps="WGS84").geometry_length(route.line)
        assert line_m == pytest.approx(route.parts.road_m, abs=0.01)
        assert math.fsum(step.length_m for step in route.steps) == pytest.approx(route.parts.road_m, abs=0.1)
