"""Areas round reached roads: their width, their holes, nested, not overlapping, at the 180th meridian."""

import itertools

import numpy as np
import pyproj
import pytest
import shapely
from area_networks import STEP_DEG, network_of_lines, streets

from geo_ems.model.roads import Metric, Mode
from geo_ems.routing.area_shapes import nested_areas, to_lonlat, without_overlaps
from geo_ems.routing.costs import costs_of
from geo_ems.routing.edge_entries import runs_from
from geo_ems.routing.edge_parts import EdgeParts, part_coordinates
from geo_ems.routing.local_plane import LocalPlane, area_m2
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.search import reached_from
from geo_ems.routing.service_areas import reached_parts, shared_runs
from geo_ems.routing.snapping import attach

GEOD = pyproj.Geod(ellps="WGS84")


def whole_edges(network: RoadNetwork) -> EdgeParts:
    count = network.edge_count
    return EdgeParts(np.arange(count), np.zeros(count), np.ones(count))


def drawn(network: RoadNetwork, parts: EdgeParts, *, buffer_m: float = 50.0, lon_deg: float = 0.0):
    return to_lonlat(nested_areas(network, [parts], buffer_m=buffer_m, lon_deg=lon_deg)[0], lon_deg=lon_deg)


def test_the_plane_is_transverse_mercator() -> None:
    for lon_deg, lat_deg in ((111.5, 31.2), (179.9, -17.0), (10.0, 69.0), (0.0, 0.0)):
        rng = np.random.default_rng(3)
        places = np.column_stack([lon_deg + rng.uniform(-3, 3, 200), lat_deg + rng.uniform(-1, 1, 200)])
        peer = pyproj.Transformer.from_pipeline(f"+proj=tmerc +lon_0={lon_deg} +k=1 +ellps=WGS84")
        plane = LocalPlane(lon_deg)
        xy_m = plane.to_plane(places)
        assert np.abs(xy_m - np.column_stack(peer.transform(places[:, 0], places[:, 1]))).max() < 1e-4
        assert np.abs(plane.to_lonlat(xy_m) - places).max() < 1e-8


def test_an_area_in_square_metres_is_that_of_the_ellipsoid() -> None:
    area = shapely.segmentize(shapely.box(111.0, 31.0, 111.3, 31.4), 0.001)
    expected, _ = GEOD.geometry_area_perimeter(area)
    assert area_m2(np.array([area, None], dtype=object)) == pytest.approx([expected, 0.0], rel=1e-9)


def test_the_area_of_one_road_is_a_strip_with_round_ends() -> None:
    network = network_of_lines([[(0.0, 0.0), (STEP_DEG, 0.0)]])
    area = drawn(network, whole_edges(network))
    strip_m2 = 1113.195 * 100.0
    ends_m2 = np.pi * 50.0**2
    assert strip_m2 + 0.95 * ends_m2 < area_m2(np.array([area], dtype=object))[0] < strip_m2 + ends_m2


def test_no_place_of_an_area_is_farther_from_a_reached_road_than_the_width() -> None:
    network = network_of_lines(streets(4, 4))
    area = drawn(network, whole_edges(network), buffer_m=80.0)
    corners = shapely.get_coordinates(area)
    plane = LocalPlane(0.0)
    lines_deg, owner = part_coordinates(network, whole_edges(network))
    roads = shapely.multilinestrings(shapely.linestrings(plane.to_plane(lines_deg), indices=owner))
    distance_m = shapely.distance(shapely.points(plane.to_plane(corners)), roads)
    assert 70.0 < distance_m.min() <= distance_m.max() < 80.01


def test_an_island_that_is_not_reached_stays_a_hole() -> None:
    ring = [[(0, 0), (3, 0)], [(3, 0), (3, 3)], [(3, 3), (0, 3)], [(0, 3), (0, 0)]]
    island = [[(1.2, 1.5), (1.8, 1.5)]]
    lines = [[(x * STEP_DEG, y * STEP_DEG) for x, y in line] for line in ring + island]
    network = network_of_lines(lines)
    costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME)
    starts = attach(network, costs, np.array([[0.0, 0.0]]))
    runs = runs_from(network, costs, reached_from(network, costs, starts))
    area = drawn(network, reached_parts(runs, limit=1e6))
    assert area.is_valid
    assert area.geom_type == "Polygon"
    assert len(area.interiors) == 1
    island_line = shapely.linestrings([(1.2 * STEP_DEG, 1.5 * STEP_DEG), (1.8 * STEP_DEG, 1.5 * STEP_DEG)])
    assert shapely.Polygon(area.interiors[0]).contains(island_line)
    assert not area.intersects(island_line)


def test_a_larger_break_holds_a_smaller_one() -> None:
    network = network_of_lines(streets(6, 6))
    costs = costs_of(network, Mode.DRIVE, Metric.ROAD_DISTANCE)
    starts = attach(network, costs, np.array([[2.3 * STEP_DEG, 2.0 * STEP_DEG]]))
    runs = runs_from(network, costs, reached_from(network, costs, starts))
    parts = [reached_parts(runs, limit=limit) for limit in (300.0, 900.0, 2100.0, 1e6)]
    areas = nested_areas(network, parts, buffer_m=50.0, lon_deg=0.0)
    for smaller, larger in itertools.pairwise(areas):
        assert smaller.area < larger.area
        assert shapely.difference(smaller, larger).area < 1e-6
    assert areas[3].symmetric_difference(nested_areas(network, parts[3:], buffer_m=50.0, lon_deg=0.0)[0]).area < 1.0


def test_an_area_across_the_180th_meridian_is_cut_there() -> None:
    network = network_of_lines([[(179.995, 0.0), (180.005, 0.0)]])
    area = drawn(network, whole_edges(network), lon_deg=179.995)
    assert area.is_valid
    assert area.geom_type == "MultiPolygon"
    west, _, east, _ = area.bounds
    assert (west, east) == (-180.0, 180.0)
    alike = drawn(
        network_of_lines([[(9.995, 0.0), (10.005, 0.0)]]),
        EdgeParts(np.array([0]), np.zeros(1), np.ones(1)),
        lon_deg=9.995,
    )
    sizes = area_m2(np.array([area, alike], dtype=object))
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-9)


def test_two_starts_share_out_the_ground_between_them() -> None:
    network = network_of_lines(streets(7, 7))
    costs = costs_of(network, Mode.DRIVE, Metric.TRAVEL_TIME)
    starts = attach(network, costs, np.array([[0.0, 0.0], [6 * STEP_DEG, 6 * STEP_DEG], [6 * STEP_DEG, 0.0]]))
    runs = runs_from(network, costs, reached_from(network, costs, starts))
    shared = shared_runs(network, costs, runs, limit=1e6).parts(1e6)
    parts = [shared[start] for start in range(3)]
    each = [drawn(network, some) for some in parts]
    own = without_overlaps(network, each, parts, buffer_m=50.0)
    whole_m2, parts_m2 = (
        area_m2(np.array([shapely.union_all(each), *own], dtype=object))[[0]],
        area_m2(np.array(own, dtype=object)),
    )
    assert all(area.is_valid for area in own)
    for i in range(3):
        for j in range(i):
            assert area_m2(np.array([own[i].intersection(own[j])], dtype=object))[0] < 0.01
    assert parts_m2.sum() == pytest.approx(whole_m2[0], rel=1e-6)


def test_where_two_buffers_meet_the_nearer_road_decides() -> None:
    network = network_of_lines([[(0.0, 0.0), (STEP_DEG, 0.0)], [(0.0, 0.0006), (STEP_DEG, 0.0006)]])
    parts = [EdgeParts(np.array([edge]), np.zeros(1), np.ones(1)) for edge in (0, 1)]
    own = without_overlaps(network, [drawn(network, some) for some in parts], parts, buffer_m=50.0)
    rng = np.random.default_rng(1)
    places = np.column_stack([rng.uniform(0.0, STEP_DEG, 400), rng.uniform(0.0, 0.0006, 400)])
    places = places[np.abs(places[:, 1] - 0.0003) > 0.00001]
    lower = shapely.intersects_xy(own[0], places[:, 0], places[:, 1])
    upper = shapely.intersects_xy(own[1], places[:, 0], places[:, 1])
    assert np.array_equal(lower, places[:, 1] < 0.0003)
    assert np.array_equal(upper, places[:, 1] > 0.0003)
