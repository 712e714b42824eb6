"""GCJ-02 and BD-09: published points, the way there and back, and where nothing is shifted."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.queries.china_datums import Datum, from_wgs84, is_shifted_region, to_wgs84
from geo_ems.queries.ellipsoid import geodesic_m

SHIFTED = (Datum.GCJ02, Datum.BD09)
inland = st.tuples(st.floats(72.1, 137.7), st.floats(1.0, 55.7))


def places(*lonlat):
    return np.array(lonlat, dtype=np.float64)


# Test points of the eviltransform project, in lon, lat.
@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        pytest.param((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), id="Shanghai"),
        pytest.param((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), id="Shenzhen"),
        pytest.param((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), id="Beijing"),
    ],
)
def test_published_points_of_three_cities_are_met_within_a_millimetre(wgs84, gcj02):
    assert from_wgs84(places(wgs84), Datum.GCJ02)[0] == pytest.approx(gcj02, abs=1e-8)
    assert to_wgs84(places(gcj02), Datum.GCJ02)[0] == pytest.approx(wgs84, abs=1e-8)


def test_the_published_example_of_baidu_is_met():
    # The example of the coordtransform project; its inverse is an approximation, good to about a metre.
    beijing = to_wgs84(places((116.404, 39.915)), Datum.GCJ02)

    assert from_wgs84(beijing, Datum.BD09)[0] == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)
    back = from_wgs84(to_wgs84(places((116.404, 39.915)), Datum.BD09), Datum.GCJ02)
    assert geodesic_m(back, places((116.39762729119315, 39.90865673957631)))[0] < 1.5


@pytest.mark.parametrize("datum", SHIFTED)
@given(place=inland)
def test_there_and_back_again_is_less_than_a_millimetre_away(datum, place):
    start = places(place)

    back = to_wgs84(from_wgs84(start, datum), datum)

    assert geodesic_m(back, start)[0] < 1e-4


@pytest.mark.parametrize("datum", SHIFTED)
@given(place=inland)
def test_the_shift_is_some_hundred_metres(datum, place):
    start = places(place)

    assert 20 < geodesic_m(from_wgs84(start, datum), start)[0] < 2000


@pytest.mark.parametrize("datum", SHIFTED)
@given(place=st.tuples(st.floats(-180, 180), st.floats(-90, 90)))
def test_places_outside_the_rectangle_stay_where_they_are_both_ways(datum, place):
    start = places(place)
    near_edge = math.hypot(*(np.clip(start[0], (72.004, 0.8293), (137.8347, 55.8271)) - start[0])) < 0.1
    if is_shifted_region(start)[0] or near_edge:
        return

    assert np.array_equal(from_wgs84(start, datum), start)
    assert np.array_equal(to_wgs84(start, datum), start)


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.CGCS2000])
def test_wgs84_and_cgcs2000_are_not_shifted_and_the_argument_is_not_the_result(datum):
    start = places((111.5, 31.2))

    moved = to_wgs84(start, datum)

    assert np.array_equal(moved, start)
    assert moved is not start


def test_a_place_that_is_not_known_stays_unknown_and_leaves_the_others_alone():
    mixed = places((np.nan, np.nan), (121.5272106, 31.1774276))

    shifted = from_wgs84(mixed, Datum.GCJ02)

    assert np.isnan(shifted[0]).all()
    assert np.array_equal(shifted[1:], from_wgs84(mixed[1:], Datum.GCJ02))


def test_the_argument_is_not_changed():
    start = places((121.5272106, 31.1774276))
    kept = start.copy()

    to_wgs84(start, Datum.BD09)

    assert np.array_equal(start, kept)
