import numpy as np
import pytest
import shapely

from geo_ems.errors import UsageError
from geo_ems.queries.areas import (
    AreaIndex,
    area_sizes,
    areas_by_place,
    representative_points,
    smallest_areas_containing,
)


def layer(*geometries):
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array


COUNTY = shapely.box(113, 23, 114, 24)
TOWNSHIP = shapely.box(113, 23, 113.5, 23.5)
VILLAGE = shapely.box(113.1, 23.1, 113.2, 23.2)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param((113.15, 23.15), [2, 1, 0], id="in the village, smallest first"),
        pytest.param((113.3, 23.3), [1, 0], id="in the township"),
        pytest.param((113.2, 23.2), [2, 1, 0], id="a corner is inside"),
        pytest.param((113.5, 23.2), [1, 0], id="an edge is inside"),
        pytest.param((114.0, 24.0), [0], id="the county's corner"),
        pytest.param((112.9, 23.2), [], id="outside"),
    ],
)
def test_nested_levels_are_named_from_the_smallest(at, expected):
    index = AreaIndex(layer(COUNTY, TOWNSHIP, VILLAGE, None))
    assert index.areas_containing(at).tolist() == expected
    assert index.smallest_containing(at) == (expected[0] if expected else -1)


@pytest.mark.parametrize("lon", [180.0, -180.0, 179.5, -179.5])
def test_an_area_across_180_degrees_holds_places_on_both_sides(lon):
    split = shapely.MultiPolygon([shapely.box(179, -1, 180, 1), shapely.box(-180, -1, -179, 1)])
    beyond = shapely.box(179, -1, 181, 1)
    one_side = shapely.box(179, -3, 180, 3)
    index = AreaIndex(layer(split, beyond, one_side))
    expected = {0, 1} if lon == -179.5 else {0, 1, 2}
    assert set(index.areas_containing((lon, 0.0)).tolist()) == expected
    batch = smallest_areas_containing(layer(beyond, one_side), np.array([[lon, 0.0]]))
    assert batch.tolist() == [0]


def test_a_hazard_area_that_moves_is_found_where_it_is_now():
    index = AreaIndex(layer(VILLAGE))
    index.put(0, shapely.box(10, 10, 11, 11))
    index.put(7, TOWNSHIP)
    assert index.areas_containing((113.15, 23.15)).tolist() == [7]
    assert index.areas_containing((10.5, 10.5)).tolist() == [0]
    index.remove(7)
    index.remove(7)
    index.put(0, None)
    assert len(index) == 0
    assert index.areas_containing((10.5, 10.5)).tolist() == []


def test_a_hole_is_outside_and_its_rim_inside():
    ring = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (3, 1), (3, 3), (1, 3)]])
    index = AreaIndex(layer(ring))
    assert index.smallest_containing((2.0, 2.0)) == -1
    assert index.smallest_containing((1.0, 2.0)) == 0


def test_many_places_at_once_equal_one_by_one(rng):
    areas = layer(*[shapely.Point(x, y).buffer(r, 8) for x, y, r in rng.uniform(0.2, 3, (60, 3))], None)
    places = np.vstack([rng.uniform(-1, 5, (500, 2)), [[np.nan, np.nan]]])
    index = AreaIndex(areas)
    expected = [index.smallest_containing(tuple(place)) for place in places[:-1].tolist()]
    assert smallest_areas_containing(areas, places).tolist() == [*expected, -1]
    pairs = [(row, int(key)) for row, place in enumerate(places[:-1]) for key in index.areas_containing(tuple(place))]
    assert list(zip(*map(list, areas_by_place(areas, places)), strict=True)) == sorted(pairs)


def test_equal_areas_give_the_first():
    places = np.array([[113.15, 23.15]])
    assert smallest_areas_containing(layer(VILLAGE, VILLAGE), places).tolist() == [0]
    assert AreaIndex(layer(VILLAGE, VILLAGE)).smallest_containing((113.15, 23.15)) == 0


def test_without_areas_nothing_is_held():
    assert smallest_areas_containing(layer(), np.array([[0.0, 0.0]])).tolist() == [-1]
    assert AreaIndex(layer()).areas_containing((0.0, 0.0)).tolist() == []


def test_a_place_not_on_the_earth_is_refused():
    with pytest.raises(UsageError, match="There is no place"):
        AreaIndex(layer(VILLAGE)).areas_containing((0.0, 91.0))


def test_an_area_near_the_pole_counts_less_than_its_degrees():
    sizes = area_sizes(layer(shapely.box(0, 0, 1, 1), shapely.box(0, 60, 1, 61), None))
    assert sizes[1] / sizes[0] == pytest.approx(0.4924, abs=1e-3)
    assert sizes[2] == 0.0


def test_representative_points_lie_on_their_geometry():
    horseshoe = shapely.Polygon([(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)])
    line = shapely.LineString([(0, 0), (1, 1), (2, 0)])
    places = representative_points(layer(horseshoe, shapely.Point(5, 6), line, None, shapely.Polygon()))
    assert shapely.intersects_xy(horseshoe, *places[0])
    assert places[1].tolist() == [5.0, 6.0]
    assert shapely.distance(line, shapely.Point(places[2])) == 0.0
    assert np.isnan(places[3:]).all()
