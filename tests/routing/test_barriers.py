"""What barriers do to edges: by hand on streets like a chessboard, then against shapely edge by edge."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from line_networks import network_of, street_grid
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.barrier_values import Barrier, Sense
from geo_ems.routing.barriers import acts_of, effects_of
from geo_ems.routing.building import build_network
from geo_ems.routing.effects import BarrierEffects
from geo_ems.routing.lines import LineTimes, RoadLines
from geo_ems.routing.network import RoadNetwork

METRE_DEG = 1 / 111_319.5  # a metre of longitude at the equator


def closed(geometry: object, **said: object) -> Barrier:
    return Barrier("b", geometry, Policy.CLOSED, **said)  # type: ignore[arg-type]


def found(network: RoadNetwork, barrier: Barrier, mode: Mode = Mode.DRIVE) -> list[tuple[int, float, float]]:
    effects = effects_of(network, [barrier], mode=mode)
    return sorted(
        (int(edge), round(float(start), 6), round(float(end), 6))
        for edge, start, end in zip(effects.edge, effects.from_share, effects.to_share, strict=True)
    )


def one_street(length_m: float = 1000.0) -> RoadNetwork:
    return network_of([("r", [(0.0, 0.0), (length_m * METRE_DEG, 0.0)])])


def test_a_point_closes_the_nearest_edge_at_its_nearest_place() -> None:
    point = Point(250 * METRE_DEG, 20 * METRE_DEG)
    assert found(one_street(), closed(point)) == [(0, 0.25, 0.25)]


def test_a_point_further_off_than_the_tolerance_acts_on_no_road() -> None:
    assert found(one_street(), closed(Point(250 * METRE_DEG, 31 * METRE_DEG))) == []


def test_a_point_on_a_junction_closes_every_road_that_meets_there() -> None:
    network = street_grid(3, 3)
    acts = acts_of(network, closed(Point(111.01, 0.01)), mode=Mode.DRIVE)
    assert acts.edges_hit == 4


def test_an_area_closes_the_portion_inside() -> None:
    area = box(200 * METRE_DEG, -1, 700 * METRE_DEG, 1)
    assert found(one_street(), closed(area)) == [(0, 0.2, 0.7)]


def test_a_hole_of_an_area_stays_open() -> None:
    shell, hole = box(100 * METRE_DEG, -1, 900 * METRE_DEG, 1), box(400 * METRE_DEG, -0.5, 600 * METRE_DEG, 0.5)
    area = Polygon(shell.exterior, [hole.exterior])
    assert found(one_street(), closed(area)) == [(0, 0.1, 0.4), (0, 0.6, 0.9)]


def test_a_road_along_the_boundary_of_an_area_is_inside() -> None:
    area = box(200 * METRE_DEG, 0.0, 700 * METRE_DEG, 1)
    assert found(one_street(), closed(area)) == [(0, 0.2, 0.7)]


def test_an_area_that_touches_a_road_at_one_point_closes_it_there() -> None:
    area = Polygon([(500 * METRE_DEG, 0.0), (600 * METRE_DEG, 0.001), (400 * METRE_DEG, 0.001)])
    assert found(one_street(), closed(area)) == [(0, 0.5, 0.5)]


def test_an_area_without_roads_does_nothing() -> None:
    assert found(one_street(), closed(box(1, 1, 2, 2))) == []
    assert found(one_street(), closed(box(0.0, 0.0001, 0.001, 0.0002))) == []


def test_an_area_over_the_whole_network_closes_every_edge_whole() -> None:
    network = street_grid(4, 4)
    assert found(network, closed(box(110, -1, 112, 1))) == [(edge, 0.0, 1.0) for edge in range(network.edge_count)]


def test_an_area_whose_outline_crosses_itself_closes_both_of_its_halves() -> None:
    bow = Polygon([(0.001, -0.001), (0.001, 0.001), (0.003, -0.001), (0.003, 0.001)])
    assert found(network_of([("r", [(0.0, 0.0), (0.004, 0.0)])]), closed(bow)) == [(0, 0.25, 0.75)]


def test_a_line_closes_each_road_it_crosses_at_the_crossing() -> None:
    network = street_grid(3, 3)
    line = LineString([(111.004, -0.005), (111.004, 0.025)])
    assert found(network, closed(line)) == [(0, 0.4, 0.4), (2, 0.4, 0.4), (4, 0.4, 0.4)]


def test_a_line_drawn_along_a_road_closes_the_part_it_follows() -> None:
    line = LineString([(200 * METRE_DEG, 5 * METRE_DEG), (600 * METRE_DEG, 5 * METRE_DEG)])
    assert found(one_street(), closed(line)) == [(0, 0.2, 0.6)]


def test_a_line_from_junction_to_junction_leaves_the_roads_beyond_open() -> None:
    network = street_grid(4, 3)
    line = LineString([(111.01, 0.01), (111.02, 0.01)])
    # h1 between its second and third junction alone; not the blocks before and after, nor the side streets.
    assert found(network, closed(line)) == [(4, 0.0, 1.0)]


def test_a_short_line_across_a_road_closes_a_point_of_it_and_no_stretch() -> None:
    line = LineString([(500 * METRE_DEG, -8 * METRE_DEG), (500 * METRE_DEG, 8 * METRE_DEG)])
    assert found(one_street(), closed(line)) == [(0, 0.5, 0.5)]


def test_a_barrier_on_a_bridge_leaves_the_road_beneath_open() -> None:
    network = network_of([("bridge", [(0, 0), (0.01, 0)]), ("beneath", [(0.005, -0.005), (0.005, 0.005)])])
    assert found(network, closed(box(0.004, -0.001, 0.006, 0.001))) == [(0, 0.4, 0.6), (1, 0.4, 0.6)]
    assert found(network, closed(box(0.004, -0.001, 0.006, 0.001), road_id="bridge")) == [(0, 0.4, 0.6)]
    assert found(network, closed(None, road_id="bridge")) == [(0, 0.0, 1.0)]
    assert found(network, closed(Point(1, 1), road_id="bridge")) == [(0, 0.0, 1.0)]


def test_a_barrier_for_drivers_lets_walkers_pass() -> None:
    network = network_of(
        [("r", [(0, 0), (0.01, 0)]), ("path", [(0, 0.0001), (0.01, 0.0001)])], only_walk=frozenset({1})
    )
    barrier = closed(Point(0.005, 0.0001), modes=frozenset({Mode.DRIVE}))
    assert found(network, barrier, Mode.WALK) == []
    assert found(network, barrier, Mode.DRIVE) == [(0, 0.5, 0.5)]  # the path is nearer, and no way to drive


@pytest.mark.parametrize(
    ("said", "sense"),
    [
        pytest.param({}, 0, id="both"),
        pytest.param({"sense": Sense.FORWARD}, 1, id="along the line of the road"),
        pytest.param({"sense": Sense.BACKWARD}, -1, id="against it"),
        pytest.param({"towards_deg": 80.0}, 1, id="towards the east, as the line runs"),
        pytest.param({"towards_deg": 300.0}, -1, id="towards the north-west"),
    ],
)
def test_a_barrier_acts_in_the_direction_it_names(said: dict[str, object], sense: int) -> None:
    effects = effects_of(one_street(), [closed(Point(0.001, 0.0), **said)], mode=Mode.DRIVE)
    assert effects.sense.tolist() == [sense]


def test_a_slow_point_slows_the_road_between_its_junctions() -> None:
    barrier = Barrier("b", Point(250 * METRE_DEG, 0), Policy.SLOW, factor=3.0)
    effects = effects_of(one_street(), [barrier], mode=Mode.DRIVE)
    assert (effects.from_share[0], effects.to_share[0], effects.factor[0]) == (0.0, 1.0, 3.0)


def test_the_delay_of_an_area_is_paid_where_a_road_leads_into_it() -> None:
    barrier = Barrier("b", box(200 * METRE_DEG, -1, 700 * METRE_DEG, 1), Policy.DELAY, delay_s=60.0)
    effects = effects_of(one_street(), [barrier], mode=Mode.DRIVE)
    assert sorted(zip(effects.from_share.round(6), effects.sense, effects.delay_s, strict=True)) == [
        (0.2, 1, 60.0),
        (0.7, -1, 60.0),
    ]


def test_the_delay_of_a_line_along_a_road_is_spread_over_it() -> None:
    network = street_grid(4, 2)
    line = LineString([(111.0, 0.0), (111.03, 0.0)])
    effects = effects_of(network, [Barrier("b", line, Policy.DELAY, delay_s=90.0)], mode=Mode.DRIVE)
    assert effects.delay_s.round(6).tolist() == [30.0, 30.0, 30.0]


def test_the_area_of_a_closure_is_told_and_that_of_a_slow_one_is_not() -> None:
    area = box(200 * METRE_DEG, -1, 700 * METRE_DEG, 1)
    barriers = [Barrier("slow", area, Policy.SLOW, factor=2.0), closed(area), closed(area, road_id="r")]
    effects = effects_of(one_street(), barriers, mode=Mode.DRIVE)
    assert effects.barrier_ids == ("slow", "b", "b")
    assert effects.barrier.tolist() == [0, 1, 2]
    assert [each is area for each in effects.area] == [False, True, False]


def test_ignored_barriers_do_nothing() -> None:
    barrier = Barrier("b", box(-1, -1, 1, 1), Policy.IGNORE)
    assert effects_of(one_street(), [barrier], mode=Mode.DRIVE).edge.size == 0


def _winding_network(seed: int) -> RoadNetwork:
    random = np.random.default_rng(seed)
    edges = []
    for number in range(80):
        start = random.uniform(0, 0.05, 2)
        steps = random.normal(0, 0.002, (random.integers(1, 9), 2))
        edges.append(
            (f"r{number % 20}", [tuple(place) for place in np.vstack([start, start + np.cumsum(steps, axis=0)])])
        )
    return network_of(edges)


def _random_area(random: np.random.Generator) -> Polygon | MultiPolygon:
    blobs = [Point(*random.uniform(0, 0.05, 2)).buffer(random.uniform(0.001, 0.01), quad_segs=4) for _ in range(4)]
    area = shapely.union_all(blobs[:3]).difference(blobs[3])
    return area if not area.is_empty else blobs[0]


def _length_inside(effects: BarrierEffects, edge: int) -> float:
    mine = effects.edge == edge
    return float(np.sum(effects.to_share[mine] - effects.from_share[mine]))


@pytest.mark.parametrize("seed", range(12))
def test_portions_inside_areas_agree_with_shapely_edge_by_edge(seed: int) -> None:
    random = np.random.default_rng(1000 + seed)
    network = _winding_network(seed)
    area = _random_area(random)
    effects = effects_of(network, [closed(area)], mode=Mode.DRIVE)
    for edge in range(network.edge_count):
        line = LineString(network.vertex_lonlat_deg[network.first_vertex[edge] : network.first_vertex[edge + 1]])
        inside = line.intersection(area)
        # On 0.05 degrees at the equator shares of degrees and of metres differ by some 0.7 % at most.
        assert _length_inside(effects, edge) == pytest.approx(inside.length / line.length, abs=0.01)
        assert (edge in effects.edge) == line.intersects(area)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_larger_area_never_closes_less(seed: int) -> None:
    random = np.random.default_rng(seed)
    network = _winding_network(seed % 7)
    area = _random_area(random)
    small = effects_of(network, [closed(area)], mode=Mode.DRIVE)
    large = effects_of(network, [closed(area.buffer(0.0005))], mode=Mode.DRIVE)
    for edge in np.unique(small.edge):
        assert _length_inside(large, int(edge)) >= _length_inside(small, int(edge)) - 1e-9


@pytest.mark.parametrize("west_deg", [-51.2, 7.4, 111.5, 179.6])
def test_barriers_find_the_roads_of_networks_all_round_the_earth(west_deg: float) -> None:
    places = [(west_deg + step, -30.0) for step in (0.0, 0.1, 0.2)]
    edges = np.array([LineString(places[:2]), LineString(places[1:])], dtype=object)
    times = LineTimes(np.full(2, 600.0), np.full(2, 600.0))
    network, _ = build_network(RoadLines(("a", "b"), edges, {Mode.DRIVE: times}), key="k")
    area = box(west_deg + 0.12, -30.1, west_deg + 0.15, -29.9)
    assert [share for _, *shares in found(network, closed(area)) for share in shares] == pytest.approx([0.2, 0.5])
    assert len(found(network, closed(Point(west_deg + 0.15, -30.0)))) == 1
    assert len(found(network, closed(LineString([(west_deg + 0.15, -30.1), (west_deg + 0.15, -29.9)])))) == 1
