from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from places import GEOD, geod_distances, random_places, ranking

from geo_ems.errors import DataError, UsageError
from geo_ems.queries import shapes
from geo_ems.queries.shapes import (
    distance_to_all,
    distances_below,
    nearest_features,
    nearest_shapes,
    prepare_geometries,
)

DEGREE_OF_EQUATOR_M = 6_378_137.0 * np.pi / 180


def layer(*geometries):
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array


def distance(geometry, at):
    return nearest_shapes(layer(geometry), at_lonlat_deg=at, k=1).straight_m[0]


def sampled_distance(geometry, at, *, rounds=9):
    """Return the distance to a geometry by sampling its edges ever more densely around the best place."""
    if any(shapely.intersects_xy(geometry, at[0] + turn, at[1]) for turn in (-360, 0, 360)):
        return 0.0
    edges = geometry.boundary if geometry.geom_type.endswith("Polygon") else geometry
    best_m = np.inf
    for line in shapely.get_parts(edges):
        corners = shapely.get_coordinates(line)
        for start, end in pairwise(corners):
            low, high = 0.0, 1.0
            for _ in range(rounds):
                share = np.linspace(low, high, 101)
                places = start + share[:, None] * (end - start)
                distance_m = GEOD.inv(np.full(101, at[0]), np.full(101, at[1]), places[:, 0], places[:, 1])[2]
                lowest = int(np.argmin(distance_m))
                low, high = share[max(lowest - 2, 0)], share[min(lowest + 2, 100)]
                best_m = min(best_m, float(distance_m[lowest]))
    return best_m


def test_a_line_along_the_equator_is_as_far_as_the_meridian_arc():
    line = shapely.LineString([(-5, 0), (5, 0)])
    answer = nearest_shapes(layer(line), at_lonlat_deg=(1.0, 1.0), k=1)
    assert answer.straight_m[0] == pytest.approx(110_574.3886, abs=1e-3)
    np.testing.assert_allclose(answer.nearest_lonlat_deg, [[1.0, 0.0]], atol=1e-9)
    assert answer.bearing_deg[0] == pytest.approx(180.0)


def test_beyond_the_end_of_a_line_the_end_counts():
    answer = nearest_shapes(layer(shapely.LineString([(-5, 0), (5, 0)])), at_lonlat_deg=(7.0, 0.0), k=1)
    assert answer.straight_m[0] == pytest.approx(2 * DEGREE_OF_EQUATOR_M)
    assert answer.nearest_lonlat_deg.tolist() == [[5.0, 0.0]]


@pytest.mark.parametrize("at", [(0.5, 0.5), (0.0, 0.5), (1.0, 1.0)], ids=["inside", "on an edge", "on a corner"])
def test_inside_an_area_the_distance_is_zero_and_the_boundary_is_inside(at):
    answer = nearest_shapes(layer(shapely.box(0, 0, 1, 1)), at_lonlat_deg=at, k=1)
    assert (answer.straight_m[0], answer.bearing_deg[0]) == (0.0, 0.0)
    assert answer.nearest_lonlat_deg.tolist() == [list(at)]


def test_in_a_hole_the_distance_is_that_to_the_edge_of_the_hole():
    ring = shapely.Polygon([(0, -2), (4, -2), (4, 2), (0, 2)], [[(1, -1), (3, -1), (3, 1), (1, 1)]])
    assert distance(ring, (2.9, 0.0)) == pytest.approx(0.1 * DEGREE_OF_EQUATOR_M, abs=1e-3)


def test_an_edge_straight_in_lonlat_is_not_the_geodesic():
    # The 60th parallel from 0 to 90 E: at 45 E the place itself is on it, while the geodesic runs far north.
    parallel = shapely.LineString([(0, 60), (90, 60)])
    assert distance(parallel, (45.0, 60.0)) == pytest.approx(0.0, abs=1e-6)


def test_a_query_just_across_180_degrees_sees_the_area_near():
    west = shapely.box(178.0, -1, 180.0, 1)
    assert distance(west, (-179.9, 0.0)) == pytest.approx(0.1 * DEGREE_OF_EQUATOR_M, abs=1e-3)
    assert distance(west, (-180.0, 0.0)) == 0.0


def test_an_area_split_at_180_degrees_equals_one_written_beyond_it():
    split = shapely.MultiPolygon([shapely.box(179, -1, 180, 1), shapely.box(-180, -1, -179, 1)])
    beyond = shapely.box(179, -1, 181, 1)
    for at in ((-179.5, 0.0), (179.5, 0.5), (180.0, 3.0), (-178.0, 0.0), (177.0, -2.0)):
        assert distance(split, at) == pytest.approx(distance(beyond, at), abs=1e-6)


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_ring_round_a_pole_is_equally_far_from_it_everywhere(pole):
    ring = shapely.LineString([(lon, pole * 0.999) for lon in (-180, -90, 0, 90, 180)])
    arc_m = abs(GEOD.inv(0.0, pole, 0.0, pole * 0.999)[2])
    assert distance(ring, (17.0, pole)) == pytest.approx(arc_m, abs=1e-4)


def test_one_edge_all_round_the_pole_is_nearest_on_the_query_s_meridian():
    ring = shapely.LineString([(-180, 89.999), (180, 89.999)])
    answer = nearest_shapes(layer(ring), at_lonlat_deg=(100.0, 89.9995), k=1)
    assert answer.straight_m[0] == pytest.approx(GEOD.inv(100, 89.9995, 100, 89.999)[2], abs=1e-4)
    assert answer.nearest_lonlat_deg[0] == pytest.approx([100.0, 89.999], abs=1e-3)


def test_long_lines_whose_balls_hold_the_place_do_not_hide_a_near_point():
    lines = [shapely.LineString([(-3, 1 + 0.01 * i), (3, 1 + 0.01 * i)]) for i in range(12)]
    answer = nearest_shapes(layer(*lines, shapely.Point(0.01, 0.0)), at_lonlat_deg=(0.0, 0.0), k=1)
    assert answer.index.tolist() == [12]


def test_a_cap_over_the_pole_holds_the_pole():
    cap = shapely.box(-180, 80, 180, 90)
    assert distance(cap, (12.0, 90.0)) == 0.0
    assert distance(cap, (12.0, 79.0)) == pytest.approx(GEOD.inv(12.0, 79.0, 12.0, 80.0)[2], abs=1e-4)


def test_an_area_of_half_the_earth_is_found_from_inside():
    half = shapely.box(-170, -80, 170, 80)
    answer = nearest_features(
        prepare_geometries(layer(*[shapely.Point(1 + i, 1) for i in range(20)], half)), at_lonlat_deg=(0.5, 0.5), k=1
    )
    assert answer.index.tolist() == [20]


@pytest.mark.parametrize(
    ("centre", "size_deg"),
    [
        ((113, 23), 0.01),
        ((113, 60), 1.0),
        ((179.995, -35), 0.02),
        ((-40, 89.9), 0.05),
        ((10, -89.99), 0.005),
        ((0, 0), 5.0),
    ],
)
def test_areas_and_lines_equal_dense_sampling(rng, centre, size_deg):
    widen = 1.0 / max(np.cos(np.radians(centre[1])), 0.01)
    for _ in range(12):
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
        radius_deg = size_deg * rng.uniform(0.3, 1.0, angle.size)
        corners = np.column_stack(
            [centre[0] + widen * radius_deg * np.cos(angle), centre[1] + radius_deg * np.sin(angle)]
        )
        corners[:, 1] = corners[:, 1].clip(-90, 90)
        geometry = shapely.LineString(corners) if rng.random() < 0.5 else shapely.Polygon(corners)
        if not geometry.is_valid:
            continue
        far_m = size_deg * 111e3 * 10 ** rng.uniform(-2, 1.5)
        at = GEOD.fwd(*corners[0], rng.uniform(-180, 180), far_m)[:2]
        assert distance(geometry, at) == pytest.approx(sampled_distance(geometry, at), abs=1e-3)


def test_a_far_away_country_is_exact_too(rng):
    country = shapely.box(100, 20, 125, 42)
    for at in random_places(rng, 40).tolist():
        assert distance(country, at) == pytest.approx(sampled_distance(country, at), abs=1e-2)


def mixed_layer(rng, n):
    geometries = []
    for lon, lat in random_places(rng, n).tolist():
        near_pole = abs(lat) > 89
        kind = rng.integers(0, 6)
        size = 0.001 if near_pole else 0.05
        if kind <= 1 or abs(lat) > 89.9:
            geometries.append(shapely.Point(lon, lat))
        elif kind == 2:
            geometries.append(shapely.LineString([(lon, lat), (lon + 2 * size, lat + size), (lon, lat - size)]))
        elif kind == 3:
            geometries.append(shapely.box(lon - size, lat - size, lon + size, lat + size))
        elif kind == 4:
            geometries.append(shapely.MultiPoint([(lon, lat), (lon + size, lat)]))
        else:
            geometries.append(None if rng.random() < 0.5 else shapely.Polygon())
    return layer(*geometries)


def test_points_lines_and_areas_rank_in_one_list_as_brute_force_has_it(rng):
    geometries = mixed_layer(rng, 250)
    prepared = prepare_geometries(geometries)
    for number, at in enumerate(random_places(rng, 60).tolist()):
        distance_m = distance_to_all(prepared, at_lonlat_deg=at)
        candidates = prepared.is_located & (rng.random(250) < 0.7)
        expected = ranking(distance_m, candidates)
        k = (1, 6, 400)[number % 3]
        answer = nearest_features(prepared, at_lonlat_deg=at, k=k, candidates=candidates)
        assert answer.index.tolist() == expected[:k]
        assert answer.straight_m.tolist() == distance_m[expected[:k]].tolist()
        assert answer.proven_exact
        limit_m = float(distance_m[expected[min(30, len(expected) - 1)]])
        below = distances_below(prepared, at_lonlat_deg=at, limit_m=limit_m, candidates=candidates)
        assert below.index.tolist() == [i for i in expected if distance_m[i] < limit_m]


def test_the_distance_to_all_agrees_with_sampling_and_is_infinite_where_unlocated(rng):
    geometries = mixed_layer(rng, 60)
    prepared = prepare_geometries(geometries)
    at = (113.1, 23.05)
    distance_m = distance_to_all(prepared, at_lonlat_deg=at)
    for geometry, found_m in zip(geometries, distance_m.tolist(), strict=True):
        if geometry is None or geometry.is_empty:
            assert found_m == np.inf
        elif geometry.geom_type.endswith("Point"):
            expected_m = geod_distances(at, shapely.get_coordinates(geometry)).min()
            assert found_m == pytest.approx(expected_m, abs=1e-6)
        else:
            assert found_m == pytest.approx(sampled_distance(geometry, at), abs=1e-2)


def test_a_layer_of_points_with_gaps_uses_blocks_and_answers_alike(rng, monkeypatch):
    monkeypatch.setattr(shapes, "BLOCKS_FROM", 100)
    geometries = layer(*shapely.points(random_places(rng, 900)))
    geometries[::7] = None
    prepared = prepare_geometries(geometries)
    assert prepared.blocks is not None
    for at in random_places(rng, 30).tolist():
        distance_m = distance_to_all(prepared, at_lonlat_deg=at)
        expected = ranking(distance_m, prepared.is_located)
        assert nearest_features(prepared, at_lonlat_deg=at, k=5).index.tolist() == expected[:5]
        below = distances_below(prepared, at_lonlat_deg=at, limit_m=distance_m[expected[9]])
        assert below.index.tolist() == [i for i in expected if distance_m[i] < distance_m[expected[9]]]


def test_two_areas_that_hold_the_place_are_tied():
    answer = nearest_shapes(layer(shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2)), at_lonlat_deg=(1.5, 1.5), k=1)
    assert (answer.index.tolist(), answer.tie_cut_at_k) == ([0], True)


def test_a_layer_without_features_answers_nothing():
    prepared = prepare_geometries(layer())
    assert len(nearest_features(prepared, at_lonlat_deg=(0, 0), k=5)) == 0
    assert distance_to_all(prepared, at_lonlat_deg=(0, 0)).size == 0


def test_a_layer_of_unlocated_features_answers_nothing():
    prepared = prepare_geometries(layer(None, None))
    assert len(nearest_features(prepared, at_lonlat_deg=(0, 0), k=5)) == 0
    assert len(distances_below(prepared, at_lonlat_deg=(0, 0), limit_m=1e9)) == 0


def test_a_collection_is_refused():
    with pytest.raises(DataError, match="No distance is defined to a GeometryCollection"):
        prepare_geometries(layer(shapely.GeometryCollection([shapely.Point(0, 0)])))


def test_a_k_below_one_is_refused():
    with pytest.raises(UsageError, match="k is 0"):
        nearest_shapes(layer(shapely.box(0, 0, 1, 1)), at_lonlat_deg=(0, 0), k=0)


lon = st.floats(-170, 170)
lat = st.floats(-85, 85)


@given(st.lists(st.tuples(lon, lat), min_size=2, max_size=5, unique=True), st.tuples(lon, lat))
def test_no_corner_and_no_middle_of_an_edge_is_nearer_than_the_distance(corners, at):
    line = shapely.LineString(corners)
    ends = shapely.get_coordinates(line)
    checked = np.concatenate([ends, 0.5 * (ends[1:] + ends[:-1]), 0.25 * ends[1:] + 0.75 * ends[:-1]])
    answer = nearest_shapes(layer(line), at_lonlat_deg=at, k=1)
    assert answer.straight_m[0] <= geod_distances(at, checked).min() + 1e-3
    assert geod_distances(at, answer.nearest_lonlat_deg)[0] == pytest.approx(answer.straight_m[0], abs=1e-6)


@given(st.lists(st.tuples(lon, lat), min_size=2, max_size=5, unique=True), st.tuples(lon, lat))
def test_a_line_walked_the_other_way_is_equally_far(corners, at):
    there, back = shapely.LineString(corners), shapely.LineString(corners[::-1])
    assert distance(there, at) == pytest.approx(distance(back, at), abs=1e-3)
