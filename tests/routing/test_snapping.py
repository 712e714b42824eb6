"""Points onto edges: the nearest place, to a hundredth of a metre, wherever on Earth."""

import numpy as np
import pytest
import shapely
from networks import drive, edge_named, effects_of, network_of, random_effects, random_lines
from pyproj import Geod

from geo_ems.routing.along import line_between, places_at, shares_at
from geo_ems.routing.building import build_network
from geo_ems.routing.snapping import MAIN_NETWORK_WITHIN_M, attach

GEOD = Geod(ellps="WGS84")
INF = float("inf")


def at(network, effects, *points, **options):
    return attach(network, drive(network, effects), np.array(points, dtype=float), **options)


def test_a_point_beside_a_road_joins_it_at_the_foot_of_the_perpendicular():
    network = network_of({"a": [(113.0, 0.0), (113.02, 0.0)]})
    found = at(network, None, (113.005, 0.001))
    assert found.first.tolist() == [0, 1]
    assert found.share[0] == pytest.approx(0.25, abs=1e-6)
    assert found.straight_m[0] == pytest.approx(110.574, abs=0.01)  # a thousandth of a degree of latitude
    assert found.lonlat_deg[0] == pytest.approx([113.005, 0.0], abs=1e-9)


def test_a_junction_belongs_to_all_edges_that_meet_there():
    network = network_of({"a": [(0, 0), (0.01, 0)], "b": [(0, 0), (0, 0.01)], "c": [(0, 0), (-0.01, 0)]})
    found = at(network, None, (0.0, 0.0), (0.0, -0.001))
    assert np.diff(found.first).tolist() == [3, 3]
    assert sorted(found.edge[:3].tolist()) == [0, 1, 2]


def test_a_road_across_180_degrees_is_near_on_both_sides():
    network = network_of({"a": [(179.99, 10.0), (-179.99, 10.0)]})
    found = at(network, None, (179.999, 10.001), (-179.999, 10.001))
    assert found.share.tolist() == pytest.approx([0.45, 0.55], abs=1e-4)
    assert found.straight_m.tolist() == pytest.approx([110.6, 110.6], abs=0.1)


@pytest.mark.parametrize(
    "middle",
    [
        pytest.param((113.0, 23.0), id="south China"),
        pytest.param((180.0, -17.0), id="across 180 degrees"),
        pytest.param((25.0, 78.0), id="far north"),
    ],
)
@pytest.mark.parametrize("away_deg", [0.02, 1.0, 30.0], ids=["near", "a hundred kilometres off", "far"])
def test_the_nearest_place_is_what_measuring_every_metre_finds(middle, away_deg):
    rng = np.random.default_rng(5)
    lines = random_lines(rng, places=8, roads=12)
    moved = np.array([shapely.transform(line, lambda xy: xy + middle) for line in lines.lines], dtype=object)
    network = build_network(type(lines)(lines.ids, moved, lines.times), key="x")[0]
    points = np.clip(np.array(middle) + rng.uniform(-away_deg, away_deg, (12, 2)), -1e9, [1e9, 89.9])
    found = at(network, None, *points)

    vertices = network.vertex_lonlat_deg
    starts = np.setdiff1d(np.arange(len(vertices)), network.first_vertex[1:] - 1)
    step = vertices[starts + 1] - vertices[starts]
    step[:, 0] -= 360.0 * np.rint(step[:, 0] / 360.0)
    t = np.linspace(0.0, 1.0, 1500)
    dense = (vertices[starts][:, None] + step[:, None] * t[:, None]).reshape(-1, 2)
    for i, point in enumerate(points):
        metres = GEOD.inv(*(np.full(len(dense), value) for value in point), dense[:, 0], dense[:, 1])[2]
        own = found.straight_m[found.first[i] : found.first[i + 1]]
        assert own.min() <= metres.min() + 1e-3
        assert own.max() <= own.min() + 0.002
        assert own.min() >= metres.min() - 2.0  # the dense places lie up to two metres apart
        lon, lat = found.lonlat_deg[found.first[i]]
        assert GEOD.inv(*point, lon, lat)[2] == pytest.approx(own[0], abs=1e-3)


def test_shares_and_places_along_an_edge_are_each_other_s_inverse():
    network = network_of({"a": [(113.0, 60.0), (113.3, 60.1), (113.3, 60.4), (113.35, 60.4)]})
    share = np.linspace(0.0, 1.0, 41)
    edge = np.zeros(share.size, dtype=np.int32)
    vertex, part, lonlat_deg = places_at(network, edge, share)
    again, same_deg = shares_at(network, edge, vertex, part)
    assert again == pytest.approx(share, abs=1e-10)
    assert same_deg == pytest.approx(lonlat_deg, abs=1e-12)
    walked = GEOD.line_length(*line_between(network, 0, 0.2, 0.7).T)
    assert walked == pytest.approx(0.5 * network.length_m[0], rel=2e-4)  # a bent way between far vertices


def test_a_line_between_shares_leads_as_travelled():
    network = network_of({"a": [(0, 0), (0.01, 0), (0.02, 0)]})
    assert line_between(network, 0, 0.75, 0.25)[:, 0].tolist() == pytest.approx([0.015, 0.01, 0.005])
    assert line_between(network, 0, 1.0, 0.5)[:, 0].tolist() == pytest.approx([0.02, 0.01])


def test_a_point_at_a_closed_stretch_joins_where_the_road_is_open():
    network = network_of({"a": [(0, 0), (0.01, 0)]})
    found = at(network, effects_of([(0, 0.4, 0.9, 0, INF, 0.0)]), (0.005, 0.0), (0.0099, 0.0))
    assert found.share.tolist() == pytest.approx([0.4, 0.99])
    assert found.straight_m[0] == pytest.approx(111.3, abs=0.1)


def test_a_road_closed_in_one_direction_is_still_joined_where_it_is():
    network = network_of({"a": [(0, 0), (0.01, 0)]})
    assert at(network, effects_of([(0, 0.4, 0.9, 1, INF, 0.0)]), (0.005, 0.0)).share.tolist() == pytest.approx([0.5])


def test_a_one_way_road_closed_in_its_direction_is_not_joined_there():
    network = network_of({"a": [(0, 0), (0.01, 0)], "b": [(0, 0.1), (0.01, 0.1)]}, seconds={"a": (60.0, INF)})
    found = at(network, effects_of([(edge_named(network, "a"), 0.0, 1.0, 1, INF, 0.0)]), (0.005, 0.0))
    assert found.edge.tolist() == [edge_named(network, "b")]


def test_open_parts_are_found_as_well_as_by_measuring_all_of_them():
    rng = np.random.default_rng(8)
    for _ in range(20):
        network = build_network(random_lines(rng, places=6, roads=8), key="x")[0]
        costs = drive(network, random_effects(rng, network, count=6))
        point = rng.uniform(0.0, 0.02, (1, 2))
        found = attach(network, costs, point)
        whole = np.flatnonzero(costs.edge_state == 1)
        parts = [(int(e), 0.0, 1.0) for e in whole] + list(
            zip(costs.open_edge.tolist(), costs.open_from_share.tolist(), costs.open_to_share.tolist(), strict=True)
        )
        least = INF
        for edge, low, high in parts:
            share = np.linspace(low, high, 800)
            _, _, places = places_at(network, np.full(share.size, edge, dtype=np.int32), share)
            metres = GEOD.inv(*(np.full(share.size, value) for value in point[0]), places[:, 0], places[:, 1])[2]
            least = min(least, float(metres.min()))
        if np.isinf(least):
            assert not found.edge.size
        else:
            assert found.straight_m.min() == pytest.approx(least, abs=1.0)
            assert found.straight_m.min() <= least + 1e-3


def test_a_point_without_a_position_or_a_mode_without_roads_joins_nothing():
    network = network_of({"a": [(0, 0), (0.01, 0)]})
    assert at(network, None, (np.nan, 0.0), (0.0, 0.0)).first.tolist() == [0, 0, 1]
    assert at(network, effects_of([(0, 0.0, 1.0, 0, INF, 0.0)]), (0.0, 0.0)).first.tolist() == [0, 0]


def test_a_point_beside_a_fragment_joins_the_main_network_nearby_as_well():
    roads = {"main": [(0, 0), (0.01, 0)], "more": [(0.01, 0), (0.02, 0)], "lone": [(0.005, 0.01), (0.006, 0.01)]}
    network = network_of(roads)
    point = (0.005, 0.011)
    alone, joined = at(network, None, point), at(network, None, point, main_within_m=MAIN_NETWORK_WITHIN_M)
    assert (alone.is_main.tolist(), joined.is_main.tolist()) == ([False], [True])
    assert joined.edge.tolist() == [edge_named(network, "lone"), edge_named(network, "main")]
    assert joined.straight_m.tolist() == pytest.approx([110.57, 1216.3], abs=0.5)
    assert joined.passed_m[0] == pytest.approx(1105.7, abs=0.5)  # a hundredth of a degree of latitude
    assert at(network, None, point, main_within_m=1000.0).is_main.tolist() == [False]


def test_one_in_a_closed_area_joins_where_open_roads_leave_it():
    cross = {
        "w": [(-0.02, 0), (0, 0)],
        "e": [(0, 0), (0.02, 0)],
        "n": [(0, 0), (0, 0.02)],
        "far": [(0.02, 0), (0.02, 1)],
    }
    network = network_of(cross)
    flood = shapely.box(-0.01, -0.01, 0.01, 0.01)
    inside = {"w": (0.5, 1.0), "e": (0.0, 0.5), "n": (0.0, 0.5)}
    effects = effects_of(
        [(edge_named(network, road), low, high, 0, INF, 0.0) for road, (low, high) in inside.items()],
        barrier=[0, 0, 0],
        area=[flood],
    )
    found = at(network, effects, (0.001, 0.0), (0.015, 0.001))
    assert found.in_area.tolist() == [0, -1]
    assert np.diff(found.first).tolist() == [3, 1]
    assert sorted(found.lonlat_deg[:3].round(6).tolist()) == [[-0.01, 0.0], [0.0, 0.01], [0.01, 0.0]]
    assert sorted(found.straight_m[:3].round(0).tolist()) == [1002.0, 1111.0, 1225.0]


def test_one_in_a_closed_area_without_roads_joins_the_nearest_open_road():
    network = network_of({"a": [(0, 0), (0.01, 0)]})
    effects = effects_of([(0, 0.0, 0.0, 0, 1.0, 0.0)], area=[shapely.box(0.0, 0.001, 0.01, 0.002)])
    found = at(network, effects, (0.005, 0.0015))
    assert (found.in_area.tolist(), found.share.tolist()) == ([0], pytest.approx([0.5]))


def test_an_area_that_ends_at_a_crossing_is_left_there():
    network = network_of({"in": [(0, 0), (0.01, 0)], "out": [(0.01, 0), (0.02, 0)]})
    effects = effects_of(
        [(edge_named(network, "in"), 0.0, 1.0, 0, INF, 0.0)], area=[shapely.box(-0.001, -0.001, 0.01, 0.001)]
    )
    found = at(network, effects, (0.004, 0.0))
    assert found.edge.tolist() == [edge_named(network, "out")]
    assert found.lonlat_deg[0].tolist() == [0.01, 0.0]


def test_points_of_which_some_moved_join_as_if_all_were_looked_up_anew():
    rng = np.random.default_rng(8)
    network = network_of(
        {"a": [(0, 0), (0.01, 0)], "b": [(0, 0), (0, 0.01)], "c": [(0, 0), (-0.01, 0)], "lone": [(0.05, 0), (0.06, 0)]}
    )
    effects = random_effects(rng, network, count=3)
    points = np.vstack([rng.uniform(-0.02, 0.07, (30, 2)), np.zeros((2, 2))])
    before = at(network, effects, *points)
    moved = np.array([0, 7, 29, 31])
    points[moved] = [[0.0, 0.0], [0.055, 0.001], [-0.005, 0.001], [0.02, 0.02]]

    found = before.replaced(at(network, effects, *points[moved]), at=moved)

    anew = at(network, effects, *points)
    for name in ("point_lonlat_deg", "first", "edge", "share", "straight_m", "lonlat_deg", "in_area", "is_main"):
        assert np.array_equal(getattr(found, name), getattr(anew, name)), name
