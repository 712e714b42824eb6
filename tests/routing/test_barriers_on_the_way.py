"""What barriers do to ways: found by the search of the network, on random networks and on a bridge."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import drive, network_of, random_lines
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import FloatArray
from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.barrier_values import Barrier, Sense
from geo_ems.routing.barriers import effects_of
from geo_ems.routing.building import build_network
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.search import cost_at, reached_from
from geo_ems.routing.snapping import attach

WEST, EAST = (0.0005, 0.0), (0.0195, 0.0)
# A street with a bridge in its middle, a way round of three times the time, and a road beneath the bridge.
RIVER = {
    "west": [(0.0, 0.0), (0.008, 0.0)],
    "bridge": [(0.008, 0.0), (0.012, 0.0)],
    "east": [(0.012, 0.0), (0.02, 0.0)],
    "round": [(0.008, 0.0), (0.008, 0.02), (0.012, 0.02), (0.012, 0.0)],
    "beneath": [(0.01, -0.01), (0.01, 0.01)],
}
SECONDS = {"bridge": 40.0, "round": 300.0}


def seconds_from_west_to_east(*barriers: Barrier, network: RoadNetwork | None = None) -> float:
    streets = network or network_of(RIVER, seconds=SECONDS)
    plain = drive(streets)
    start, end = (attach(streets, plain, np.array([place])) for place in (WEST, EAST))
    costs = drive(streets, effects_of(streets, barriers, mode=Mode.DRIVE))
    return float(cost_at(streets, costs, reached_from(streets, costs, start), end)[0][0])


def closed(geometry: BaseGeometry | None, **said: object) -> Barrier:
    return Barrier("b", geometry, Policy.CLOSED, **said)  # type: ignore[arg-type]


OPEN_S = 0.9375 * 100 + 40 + 0.9375 * 100


def test_without_barriers_the_bridge_is_taken() -> None:
    assert seconds_from_west_to_east() == pytest.approx(OPEN_S, abs=0.01)


def test_a_closed_bridge_sends_the_route_round() -> None:
    by_name, by_point = closed(None, road_id="bridge"), closed(Point(0.009, 0.0))
    for barrier in (by_name, by_point, closed(LineString([(0.009, -0.001), (0.009, 0.001)]))):
        assert seconds_from_west_to_east(barrier) == pytest.approx(OPEN_S - 40 + 300, abs=0.01)


def test_closing_the_bridge_by_its_name_leaves_the_road_beneath_open() -> None:
    streets = network_of(RIVER, seconds=SECONDS)
    hit = effects_of(streets, [closed(box(0.0095, -0.001, 0.0105, 0.001), road_id="bridge")], mode=Mode.DRIVE)
    assert {str(streets.road_ids[streets.edge_road[edge]]) for edge in hit.edge} == {"bridge"}


def test_a_slow_bridge_is_taken_as_long_as_it_is_faster_than_the_way_round() -> None:
    slow = Barrier("b", box(0.007, -0.001, 0.013, 0.001), Policy.SLOW, factor=2.0)
    # 40 s of bridge twice, and an eighth of each street (12.5 s) twice.
    assert seconds_from_west_to_east(slow) == pytest.approx(OPEN_S + 40 + 25, abs=0.01)


def test_the_delay_of_an_area_is_paid_once_on_the_way_through() -> None:
    delay = Barrier("b", box(0.009, -0.001, 0.011, 0.001), Policy.DELAY, delay_s=60.0)
    assert seconds_from_west_to_east(delay) == pytest.approx(OPEN_S + 60, abs=0.01)
    wide = Barrier("b", box(0.004, -0.001, 0.016, 0.021), Policy.DELAY, delay_s=60.0)
    assert seconds_from_west_to_east(wide) == pytest.approx(OPEN_S + 60, abs=0.01)


def test_a_closure_of_the_other_direction_changes_nothing() -> None:
    westwards = closed(Point(0.009, 0.0), towards_deg=270.0)
    assert seconds_from_west_to_east(westwards) == pytest.approx(OPEN_S, abs=0.01)
    eastwards = closed(Point(0.009, 0.0), towards_deg=90.0)
    assert seconds_from_west_to_east(eastwards) == pytest.approx(OPEN_S + 260, abs=0.01)


def _barrier(random: np.random.Generator, spread: float) -> Barrier:
    policy = random.choice([Policy.CLOSED, Policy.SLOW, Policy.DELAY])
    places = random.uniform(0.0, spread, (3, 2))
    shape = [Point(places[0]), LineString(places[:2]), Polygon(places)][int(random.integers(3))]
    sense = random.choice([Sense.BOTH, Sense.FORWARD, Sense.BACKWARD])
    return Barrier("b", shape, policy, factor=float(random.uniform(1, 5)), delay_s=60.0, sense=sense)


def _node_costs(network: RoadNetwork, barriers: list[Barrier], at: FloatArray) -> FloatArray:
    starts = attach(network, drive(network), at)
    costs = drive(network, effects_of(network, barriers, mode=Mode.DRIVE))
    return reached_from(network, costs, starts).node_cost


@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_one_more_barrier_never_brings_anything_nearer(seed: int) -> None:
    random = np.random.default_rng(seed)
    network = build_network(random_lines(random, places=10, roads=20), key="random")[0]
    low, spread = network.vertex_lonlat_deg.min(axis=0), np.ptp(network.vertex_lonlat_deg, axis=0).max()
    barriers = [_moved(_barrier(random, spread), low) for _ in range(3)]
    at = network.vertex_lonlat_deg[:1]
    before = _node_costs(network, barriers[:2], at)
    after = _node_costs(network, barriers, at)
    assert (after >= before - 1e-6).all()


def _moved(barrier: Barrier, by: FloatArray) -> Barrier:
    geometry = shapely.transform(barrier.geometry, lambda lonlat: lonlat + by)
    return Barrier("b", geometry, barrier.policy, barrier.factor, barrier.delay_s, barrier.sense)


def test_a_barrier_that_covers_nothing_changes_nothing() -> None:
    far = [closed(box(1, 1, 2, 2)), closed(Point(1, 1)), closed(LineString([(1, 1), (2, 2)]))]
    assert seconds_from_west_to_east(*far) == pytest.approx(OPEN_S, abs=0.01)
