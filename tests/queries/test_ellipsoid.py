import csv

import numpy as np
import pytest
from places import random_places

from geo_ems.errors import UsageError
from geo_ems.queries import ellipsoid


def lonlat(*pairs):
    return np.array(pairs, dtype=float)


@pytest.mark.parametrize(
    ("start", "end", "expected_m"),
    [
        pytest.param((0, 0), (1, 0), 6_378_137.0 * np.pi / 180, id="one degree of the equator"),
        pytest.param((0, 0), (0, 90), 10_001_965.729, id="the quarter meridian"),
        pytest.param((179.5, 0), (-179.5, 0), 6_378_137.0 * np.pi / 180, id="across 180 degrees"),
        pytest.param((10, 89), (-170, 89), 2 * 111_693.865, id="over the pole"),
        pytest.param((113, 23), (113, 23), 0.0, id="the same place"),
    ],
)
def test_known_arcs_have_their_lengths(start, end, expected_m):
    assert ellipsoid.geodesic_m(lonlat(start), lonlat(end))[0] == pytest.approx(expected_m, abs=1e-3)


def test_the_equator_and_the_pole_lie_at_the_two_radii():
    xyz_m = ellipsoid.lonlat_to_xyz(lonlat((0, 0), (90, 0), (0, 90), (12, -90)))
    np.testing.assert_allclose(
        xyz_m.T,
        [[6_378_137.0, 0, 0], [0, 6_378_137.0, 0], [0, 0, 6_356_752.314245], [0, 0, -6_356_752.314245]],
        atol=1e-6,
    )


def test_bearings_run_clockwise_from_north_and_are_zero_at_the_place_itself():
    around = lonlat((0, 1), (1, 0), (0, -1), (-1, 0), (0, 0), (360, 0))
    _, bearing_deg = ellipsoid.distance_and_bearing((0.0, 0.0), around)
    np.testing.assert_allclose(bearing_deg, [0, 90, 180, 270, 0, 0], atol=1e-9)


def test_a_place_at_180_degrees_is_the_place_at_minus_180():
    distance_m, bearing_deg = ellipsoid.distance_and_bearing((180.0, 40.0), lonlat((-180, 40)))
    assert (distance_m[0], bearing_deg[0]) == (0.0, 0.0)


def test_chords_bound_geodesics_from_both_sides_everywhere(rng):
    start, end = random_places(rng, 4000), random_places(rng, 4000)[::-1]
    end[:500] = np.column_stack([start[:500, 0] + 180 + rng.normal(0, 0.3, 500), -start[:500, 1]])
    geodesic_m = ellipsoid.geodesic_m(start, end)
    chord_m = np.linalg.norm(ellipsoid.lonlat_to_xyz(start) - ellipsoid.lonlat_to_xyz(end), axis=0)
    assert (ellipsoid.shortest_geodesic_m(chord_m) <= geodesic_m + ellipsoid.ROUNDING_M).all()
    assert (geodesic_m <= ellipsoid.longest_geodesic_m(chord_m) + ellipsoid.ROUNDING_M).all()


@pytest.mark.parametrize("limit_m", [0.0, 1.0, 5e4, 1e6, 1e7, 1.9e7, 2.1e7])
def test_no_place_within_a_limit_lies_beyond_its_largest_chord(rng, limit_m):
    start, end = random_places(rng, 4000), random_places(rng, 4000)[::-1]
    chord_m = np.linalg.norm(ellipsoid.lonlat_to_xyz(start) - ellipsoid.lonlat_to_xyz(end), axis=0)
    near = ellipsoid.geodesic_m(start, end) <= limit_m
    assert (chord_m[near] <= ellipsoid.largest_chord_m(limit_m)).all()


@pytest.mark.parametrize("length_m", [0.001, 1.0, 100.0, 10_000.0, 50_000.0])
def test_the_short_formula_agrees_with_geod_within_20_nanometres(rng, length_m):
    start = random_places(rng, 5000)
    azimuth_deg = rng.uniform(-180, 180, 5000)
    lon, lat, _ = ellipsoid._wgs84().fwd(start[:, 0], start[:, 1], azimuth_deg, np.full(5000, length_m))
    end = np.column_stack([lon, lat])
    short_m = ellipsoid.short_geodesic_m(ellipsoid.lonlat_to_xyz(start), ellipsoid.lonlat_to_xyz(end))
    np.testing.assert_allclose(short_m, ellipsoid.geodesic_m(start, end), rtol=0, atol=20e-9)


def test_pairs_of_any_length_agree_with_geod(rng):
    start, end = random_places(rng, 3000), random_places(rng, 3000)
    pair_m = ellipsoid.pair_geodesic_m(ellipsoid.lonlat_to_xyz(start), start, ellipsoid.lonlat_to_xyz(end), end)
    np.testing.assert_allclose(pair_m, ellipsoid.geodesic_m(start, end), rtol=0, atol=20e-9)


def test_a_place_laid_out_at_exactly_the_cutoff_is_within():
    assert ellipsoid.is_within(np.array([1000.0, 1000.0 + 4e-9, 1000.001]), cutoff_m=1000.0).tolist() == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("at", [(0.0, 90.1), (0.0, float("nan")), (float("inf"), 0.0), (400.0, 0.0)])
def test_a_place_not_on_the_earth_is_refused(at):
    with pytest.raises(UsageError, match="There is no place at longitude"):
        ellipsoid.checked_position(at)


@pytest.mark.shared_data
def test_karneys_twenty_cases_agree_within_a_micrometre(shared_data):
    # The published table gives distances to 1 nm and azimuths to 1e-13 degrees; 1 um and 1e-9 degrees are kept.
    with (shared_data / "known_answers" / "geodesic" / "karney_20_cases.csv").open(encoding="utf-8") as file:
        cases = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]
    assert len(cases) == 20
    start = lonlat(*((case["lon1"], case["lat1"]) for case in cases))
    end = lonlat(*((case["lon2"], case["lat2"]) for case in cases))
    distance_m, forward_deg, _ = ellipsoid.inverse_geodesic(start, end)
    np.testing.assert_allclose(distance_m, [case["s12"] for case in cases], rtol=0, atol=1e-6)
    np.testing.assert_allclose(forward_deg, [case["azi1"] for case in cases], rtol=0, atol=1e-9)
