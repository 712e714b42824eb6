"""What several threads hold is never prepared: GEOS writes into prepared geometries while it answers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely

import geo_ems
from geo_ems.queries.areas import AreaIndex
from geo_ems.queries.ellipsoid import LonLat
from geo_ems.queries.shapes import nearest_features, prepare_geometries
from geo_ems.queries.shared_shapes import is_holding, prepared_copy

SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@pytest.fixture
def area():
    return shapely.Polygon(SQUARE)


@pytest.mark.parametrize("places", [1, 100])
def test_an_area_that_is_asked_stays_as_it_is(area, places):
    lon_deg = np.linspace(-0.5, 0.5, places)
    assert is_holding(area, lon_deg, np.zeros(places)).tolist() == (lon_deg >= 0.0).tolist()
    assert not shapely.is_prepared(area)


def test_no_area_holds_a_place_without_coordinates(area):
    for places in (1, 100):
        assert not is_holding(area, np.full(places, np.nan), np.full(places, 0.5)).any()


def test_the_copy_is_prepared_and_equal(area):
    copy = prepared_copy(area)
    assert shapely.is_prepared(copy)
    assert not shapely.is_prepared(area)
    assert shapely.equals_exact(copy, area)


def test_the_shapes_of_a_layer_are_not_prepared(area):
    geometries = np.array([area, shapely.Point(3, 3)], dtype=object)
    prepared = prepare_geometries(geometries)
    at: LonLat = (0.5, 0.5)
    assert nearest_features(prepared, at_lonlat_deg=at, k=1).straight_m.tolist() == [0.0]
    assert not shapely.is_prepared(geometries).any()


def test_an_index_of_areas_prepares_its_own_copy(area):
    index = AreaIndex(np.array([area], dtype=object))
    assert index.smallest_containing((1.0, 1.0)) == 0
    assert not shapely.is_prepared(area)


def files_with(*words):
    package = Path(geo_ems.__file__).parent
    files = [path for path in sorted(package.rglob("*.py")) if any(word in path.read_text("utf-8") for word in words)]
    names = [path.relative_to(package).as_posix() for path in files]
    return [name for name in names if not name.startswith("_bundled/")]  # scripts of one thread, in the wheel


def test_nothing_else_in_the_house_prepares_a_geometry():
    assert files_with("shapely.prepare") == ["queries/shared_shapes.py"]
    # These ask copies of their own, and arrays, which shapely does not prepare unasked.
    own_copies, arrays = "queries/areas.py", "queries/shapes.py"
    assert files_with("intersects_xy(", "contains_xy(") == [own_copies, arrays, "queries/shared_shapes.py"]


def test_many_threads_may_ask_an_index_of_areas_while_it_changes():
    squares = [shapely.box(i, 0, i + 1, 1) for i in range(200)]
    index = AreaIndex(np.array(squares, dtype=object))

    def ask(turn):
        index.put(turn % 50, squares[turn % 50])
        return [index.smallest_containing((i + 0.5, 0.5)) for i in range(60, 200, 7)]

    with ThreadPoolExecutor(6) as pool:
        assert all(found == list(range(60, 200, 7)) for found in pool.map(ask, range(120)))
