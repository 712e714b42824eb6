import numpy as np
import pytest
import shapely
from places import random_places

from geo_ems.errors import UsageError
from geo_ems.queries.coverage import coverage
from geo_ems.queries.shapes import distance_to_all, prepare_geometries


def facilities(*geometries):
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return prepare_geometries(array)


def every(prepared):
    return np.ones(len(prepared), dtype=bool)


# Four villages on the equator, 0.01 degrees = 1,113.195 m apart, and two shelters.
VILLAGES = np.array([[0.00, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]])
PEOPLE = np.array([100, 200, 300, 400])
STEP_M = 1_113.1949079


def test_a_county_of_four_villages():
    shelters = facilities(shapely.Point(0.00, 0.0), shapely.Point(0.02, 0.0))
    answer = coverage(VILLAGES, PEOPLE, shelters, usable=every(shelters), cutoff_m=1_000.0)
    assert answer.is_reachable.tolist() == [True, False, True, False]
    assert answer.nearest_index.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(answer.nearest_m, [0, STEP_M, 0, STEP_M], atol=1e-6)
    assert (answer.people, answer.people_reachable, answer.people_unreachable) == (1000, 400, 600)
    assert answer.people_in_reach.tolist() == [100, 300]
    assert answer.people_nearest.tolist() == [100, 300]


def test_the_cutoff_itself_is_included():
    shelters = facilities(shapely.Point(0.00, 0.0), shapely.Point(0.02, 0.0))
    answer = coverage(VILLAGES, PEOPLE, shelters, usable=every(shelters), cutoff_m=6_378_137.0 * np.radians(0.01))
    assert answer.backup_count.tolist() == [1, 2, 1, 1]
    assert answer.people_unreachable == 0
    assert answer.people_in_reach.tolist() == [300, 900]
    assert answer.people_nearest.tolist() == [300, 700]


def test_a_closed_shelter_covers_nobody():
    shelters = facilities(shapely.Point(0.00, 0.0), shapely.Point(0.02, 0.0))
    answer = coverage(VILLAGES, PEOPLE, shelters, usable=np.array([True, False]), cutoff_m=1_000.0)
    assert answer.people_reachable == 100
    assert answer.people_in_reach.tolist() == [100, 0]
    assert answer.nearest_index.tolist() == [0, 0, 0, 0]


def test_a_park_covers_from_its_edge():
    park = shapely.box(0.005, -0.01, 0.015, 0.01)
    shelters = facilities(shapely.Point(0.00, 0.0), park)
    answer = coverage(VILLAGES, PEOPLE, shelters, usable=every(shelters), cutoff_m=600.0)
    assert answer.nearest_index.tolist() == [0, 1, 1, 1]
    np.testing.assert_allclose(answer.nearest_m, [0, 0, STEP_M / 2, 1.5 * STEP_M], atol=1e-3)
    assert answer.backup_count.tolist() == [2, 1, 1, 0]
    assert answer.people_in_reach.tolist() == [100, 600]
    assert answer.people_nearest.tolist() == [100, 500]


def test_without_any_facility_everyone_is_unreachable():
    nothing = facilities()
    answer = coverage(VILLAGES, PEOPLE, nothing, usable=every(nothing), cutoff_m=1_000.0)
    assert (answer.people_reachable, answer.people_unreachable) == (0, 1000)
    assert answer.nearest_index.tolist() == [-1] * 4
    assert answer.nearest_m.tolist() == [np.inf] * 4


def test_a_demand_point_without_a_place_is_counted_and_unreachable():
    shelters = facilities(shapely.Point(0.0, 0.0), None)
    places = np.array([[0.0, 0.0], [np.nan, np.nan]])
    answer = coverage(places, np.array([5, 7]), shelters, usable=every(shelters), cutoff_m=10.0)
    assert (answer.people, answer.people_reachable) == (12, 5)
    assert answer.nearest_index.tolist() == [0, -1]


def test_a_negative_cutoff_is_refused():
    shelters = facilities(shapely.Point(0.0, 0.0))
    with pytest.raises(UsageError, match=r"The cutoff is -1\.0 m"):
        coverage(VILLAGES, PEOPLE, shelters, usable=every(shelters), cutoff_m=-1.0)


@pytest.mark.parametrize("kinds", ["points", "areas", "mixed"])
@pytest.mark.parametrize("cutoff_m", [3_000.0, 60_000.0])
def test_coverage_equals_every_pair_measured(rng, monkeypatch, kinds, cutoff_m):
    monkeypatch.setattr("geo_ems.queries.coverage._DEMAND_AT_ONCE", 90)
    monkeypatch.setattr("geo_ems.queries.coverage._BOUNDS_AT_ONCE", 500)
    geometries = []
    for number, (lon, lat) in enumerate(random_places(rng, 60).tolist()):
        as_area = kinds == "areas" or (kinds == "mixed" and number % 2 == 0)
        size = rng.uniform(0.001, 0.2)
        corners = (lon - size, max(lat - size, -90), lon + size, min(lat + size, 90))
        geometries.append(shapely.box(*corners) if as_area else shapely.Point(lon, lat))
    geometries[10] = None
    shelters = facilities(*geometries)
    usable = rng.random(60) < 0.8
    demand, people = random_places(rng, 200), rng.integers(0, 5000, 200)
    answer = coverage(demand, people, shelters, usable=usable, cutoff_m=cutoff_m)

    every_m = np.array([distance_to_all(shelters, at_lonlat_deg=tuple(at)) for at in demand.tolist()])
    every_m[:, ~usable] = np.inf
    within = every_m <= cutoff_m
    nearest = every_m.argmin(axis=1)
    assert answer.nearest_index.tolist() == nearest.tolist()
    np.testing.assert_allclose(answer.nearest_m, every_m.min(axis=1), rtol=0, atol=1e-6)
    assert answer.backup_count.tolist() == within.sum(axis=1).tolist()
    assert answer.is_reachable.tolist() == within.any(axis=1).tolist()
    assert answer.people_in_reach.tolist() == (within * people[:, None]).sum(axis=0).tolist()
    catchment = [int(people[within.any(axis=1) & (nearest == j)].sum()) for j in range(60)]
    assert answer.people_nearest.tolist() == catchment
    assert answer.people_reachable + answer.people_unreachable == answer.people == int(people.sum())
    assert answer.people_nearest.sum() == answer.people_reachable


def test_a_longer_cutoff_never_reaches_fewer(rng):
    shelters = facilities(*shapely.points(random_places(rng, 40)))
    demand, people = random_places(rng, 300), rng.integers(0, 100, 300)
    reached = [
        coverage(demand, people, shelters, usable=every(shelters), cutoff_m=cutoff_m).people_reachable
        for cutoff_m in (0.0, 1e3, 1e4, 1e5, 1e6, 1e7, 2.1e7)
    ]
    assert reached == sorted(reached)
    assert reached[-1] == people.sum()
