"""Names of coordinate systems, ways to WGS84 with their accuracy, and columns of metres."""

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ems.errors import DataError, UsageError
from geo_ems.formats.coordinate_systems import Family, grid_of_zone, meridian_of_zone, read_system
from geo_ems.formats.planar import AxisOrder, are_metres, read_planar, suggest_systems
from geo_ems.formats.transformations import plan_transformation
from geo_ems.queries.china_datums import Datum, from_wgs84

COUNTY = np.array([[111.5, 31.2], [111.6, 31.3], [111.4, 31.25]])
HOME = (111.2, 31.0, 111.8, 31.5)


def projected(code, lonlat=COUNTY):
    """Return x east, y north by pyproj alone, from the degrees of the system itself."""
    crs = pyproj.CRS(code)
    return np.column_stack(pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(*lonlat.T))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EPSG:4546", "EPSG:4546"),
        ("epsg:4490", "EPSG:4490"),
        ("4490", "EPSG:4490"),
        ("OGC:CRS84", "OGC:CRS84"),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
        ("CGCS2000", "EPSG:4490"),
        ("2000国家大地坐标系", "EPSG:4490"),
        ("CGCS2000 3-degree 105E", "EPSG:4544"),
        ("CGCS2000 / 3-degree Gauss-Kruger zone 35", "EPSG:4523"),
        ("CGCS2000_3_Degree_GK_CM_111E", "EPSG:4546"),
        ("CGCS2000 zone 37", "EPSG:4546"),
        ("CGCS2000 zone 19", "EPSG:4508"),
        ("CGCS2000 6-degree 111E", "EPSG:4508"),
        ("国家2000 三度带 中央子午线111度", "EPSG:4546"),
        ("西安80 3度带 37带", "EPSG:2382"),
        ("1980西安坐标系", "EPSG:4610"),
        ("北京54", "EPSG:4214"),
        ("Beijing 1954 / 3-degree Gauss-Kruger CM 108E", "EPSG:2433"),
        ("WGS 84 / UTM zone 49N", "EPSG:32649"),
    ],
)
def test_a_system_is_known_by_its_code_and_by_what_people_call_it(text, code):
    assert read_system(text).code == code


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("CGCS2000 112E", "CGCS2000 3-degree 111E"),
        ("WGS 84 / UTM zne 49N", "EPSG:32649"),
        ("EPSG:45460", "EPSG:4546"),
        ("gcj02", "--datum gcj02"),
        ("百度 BD-09", "--datum bd09"),
        ("qqqqq", "Write EPSG:4490"),
        ("EPSG:5773", "Name a system of longitude and latitude"),
        ("+proj=longlat +nadgrids=/etc/passwd", "Definitions that name files are not read"),
        ("", "Write EPSG:4490"),
    ],
)
def test_an_unknown_system_is_refused_with_what_may_have_been_meant(text, hint):
    with pytest.raises(UsageError) as error:
        read_system(text)

    assert hint in str(error.value)
    assert error.value.field == "crs"


def test_every_zone_number_gives_the_grid_with_its_central_meridian():
    for zone in (*range(13, 24), *range(25, 46)):
        for family in (Family.CGCS2000, Family.XIAN_1980, Family.BEIJING_1954):
            system = grid_of_zone(family, zone)
            assert system.family is family
            assert system.grid.central_meridian_deg == meridian_of_zone(zone)
            assert system.grid.zone == 0
    assert grid_of_zone(Family.CGCS2000, 24) is None


def test_the_gauss_krueger_easting_of_one_degree_beside_the_meridian_by_hand():
    # At 30 N the radius of the parallel is N cos(30) = 6383480.9 m * 0.8660254 = 5528256.6 m, one degree of it
    # 96486.3 m; the projection stretches by A^2 / 6 * (1 - t^2 + e'^2 cos^2) with A = 1 degree * cos(30),
    # t^2 = 1/3: 3.8077e-5 * 0.67172, another 2.468 m. The meridian is 3320113.4 m long up to 30 N, and the parallel
    # rises by N tan(30) A^2 / 2 = 6383480.9 m * 0.5773503 * 1.14232e-4 = 421.0 m on its way.
    reading = read_planar(np.array([[596488.77, 3320534.4]]), read_system("EPSG:4546"))

    assert reading.lonlat_deg[0] == pytest.approx((112.0, 30.0), abs=2e-6)


def test_the_worked_example_of_epsg_for_transverse_mercator():
    # EPSG Guidance Note 7-2, Transverse Mercator, British National Grid: 50 30 00 N, 0 30 00 E.
    system = read_system("EPSG:27700")

    way = plan_transformation(system, np.array([[577274.99, 69740.50]]), accept_accuracy_m=math.inf)

    # The example is in the grid's own datum; WGS84 lies about 100 m from there.
    assert way.apply(np.array([[577274.99, 69740.50]]))[0] == pytest.approx((0.5, 50.5), abs=0.003)
    back = pyproj.Transformer.from_crs(system.crs, system.crs.geodetic_crs, always_xy=True)
    assert back.transform(577274.99, 69740.50) == pytest.approx((0.5, 50.5), abs=1e-7)


@pytest.mark.parametrize("code", [4508, *range(4545, 4548), *range(4524, 4527), 32649, 3857])
def test_places_come_out_where_pyproj_put_them_in(code):
    lonlat = np.add(COUNTY, (0.4, 0.7))
    crs = pyproj.CRS(f"EPSG:{code}")
    xy = projected(crs, lonlat)

    reading = read_planar(xy, read_system(f"EPSG:{code}"))

    if abs(lonlat[:, 0].mean() - (crs.area_of_use.west + crs.area_of_use.east) / 2) < 3.4 or code == 3857:
        assert np.abs(reading.lonlat_deg - lonlat).max() < 1e-9
    else:
        assert np.isnan(reading.lonlat_deg).all()


@pytest.mark.parametrize("zone", [0, 37])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", ["EPSG:4546", "EPSG:4525"])
def test_north_first_or_east_first_with_or_without_zone_number_is_the_same_place(name, swapped, zone):
    xy = np.add(projected("EPSG:4546"), (zone * 1_000_000, 0))
    reading = read_planar(xy[:, ::-1] if swapped else xy, read_system(name))

    assert np.abs(reading.lonlat_deg - COUNTY).max() < 1e-9
    assert reading.order is (AxisOrder.NORTH_FIRST if swapped else AxisOrder.EAST_FIRST)
    assert reading.zone_rows == (3 if (zone == 37) != (name == "EPSG:4525") else 0)


def test_a_row_with_the_number_of_another_zone_is_told_apart():
    xy = np.add(projected("EPSG:4546"), (37_000_000, 0))
    xy[1, 0] += 1_000_000

    reading = read_planar(xy, read_system("EPSG:4525"))

    assert list(reading.wrong_zone) == [False, True, False]
    assert np.isnan(reading.lonlat_deg[1]).all()
    assert np.abs(reading.lonlat_deg[[0, 2]] - COUNTY[[0, 2]]).max() < 1e-9


def test_a_county_in_two_zones_needs_only_the_name_of_the_datum():
    west, east = np.array([[112.4, 31.0]]), np.array([[112.6, 31.0]])
    xy = np.vstack([projected("EPSG:4525", west), projected("EPSG:4526", east)])

    reading = read_planar(xy, read_system("CGCS2000"))

    assert np.abs(reading.lonlat_deg - np.vstack([west, east])).max() < 1e-9
    assert reading.zones == (37, 38)


def test_metres_in_a_system_of_degrees_without_zone_numbers_are_refused():
    with pytest.raises(DataError, match="a system of degrees"):
        read_planar(projected("EPSG:4546"), read_system("CGCS2000"), where="a.csv")


@pytest.mark.parametrize("xy", [(np.nan, 3.45e6), (5e5, np.inf), (1e9, 1e9), (3.45e6, 3.45e6), (2e5, 9.9e6)])
def test_what_is_no_place_of_the_system_is_not_placed(xy):
    rows = np.vstack([projected("EPSG:4546"), [xy]])

    reading = read_planar(rows, read_system("EPSG:4546"))

    assert np.isnan(reading.lonlat_deg[3]).all()
    assert np.isfinite(reading.lonlat_deg[:3]).all()


@settings(max_examples=15)
@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order):
    lonlat = np.vstack([COUNTY, COUNTY + 0.01])
    xy = np.add(projected("EPSG:4546", lonlat)[:, ::-1], (0, 37_000_000))

    reading = read_planar(xy[list(order)], read_system("CGCS2000"))

    assert np.abs(reading.lonlat_deg - lonlat[list(order)]).max() < 1e-9


@settings(max_examples=40)
@given(
    st.integers(25, 45).flatmap(
        lambda zone: st.tuples(st.just(zone), st.floats(3.0 * zone - 1.5, 3.0 * zone + 1.5), st.floats(18.5, 53.0))
    )
)
def test_any_place_in_any_zone_comes_back_from_its_grid(case):
    zone, lon, lat = case
    system = grid_of_zone(Family.CGCS2000, zone)
    if not system.area_deg[1] - 1 <= lat <= system.area_deg[3] + 1:
        return
    lonlat = np.array([[lon, lat]])
    xy = np.add(projected(system.crs, lonlat), (zone * 1_000_000, 0))

    reading = read_planar(xy[:, ::-1], read_system("CGCS2000"))

    assert np.abs(reading.lonlat_deg - lonlat).max() < 1e-9


def test_cgcs2000_counts_as_wgs84_and_says_how_well():
    way = plan_transformation(read_system("CGCS2000"), COUNTY)

    assert np.array_equal(way.apply(COUNTY), COUNTY)
    assert (way.name, way.accuracy_m) == ("CGCS2000 = WGS84", 0.5)


@pytest.mark.parametrize("name", ["EPSG:4610", "EPSG:2382", "EPSG:4214", "EPSG:2434"])
def test_old_chinese_datums_are_refused_until_their_unknown_accuracy_is_accepted(name):
    system = read_system(name)
    xy = projected(system.crs) if system.is_projected else COUNTY

    for accepted in (None, 1.0, 500.0):
        with pytest.raises(DataError) as error:
            plan_transformation(system, xy, accept_accuracy_m=accepted, where="a.csv")
        assert "--accept-accuracy unknown" in str(error.value)
    way = plan_transformation(system, xy, accept_accuracy_m=math.inf)
    assert way.accuracy_m is None
    assert "Ballpark" in way.name


def test_beijing_1954_where_a_transformation_is_published_is_asked_for_all_the_same():
    ordos = np.array([[108.5, 37.0], [108.6, 37.1]])
    system = read_system("EPSG:4214")

    with pytest.raises(DataError) as error:
        plan_transformation(system, ordos)
    way = plan_transformation(system, ordos, accept_accuracy_m=1.0)

    assert "'Beijing 1954 to WGS 84" in str(error.value)
    assert "accurate to 1 m" in str(error.value)
    assert "--accept-accuracy 1 " in str(error.value)
    expected = pyproj.transformer.TransformerGroup(
        4214, 4326, always_xy=True, area_of_interest=pyproj.aoi.AreaOfInterest(108.5, 37.0, 108.6, 37.1)
    )
    assert way.accuracy_m == 1.0
    assert np.abs(way.apply(ordos) - np.column_stack(expected.transformers[0].transform(*ordos.T))).max() < 1e-9
    assert np.abs(way.apply(ordos) - ordos).max() > 3e-4


def test_a_datum_as_good_as_wgs84_is_taken_and_a_worse_one_is_not():
    takamatsu = np.array([[134.05, 34.34]])

    assert plan_transformation(read_system("EPSG:4612"), takamatsu).accuracy_m <= 2.0
    with pytest.raises(DataError, match="accurate to 9 m"):
        plan_transformation(read_system("EPSG:4301"), takamatsu)


def test_a_web_map_in_mercator_with_shifted_places_is_put_right():
    shifted = from_wgs84(COUNTY, Datum.GCJ02)
    xy = projected("EPSG:3857", shifted)

    reading = read_planar(xy, read_system("EPSG:3857"), datum=Datum.GCJ02)

    assert np.abs(reading.lonlat_deg - COUNTY).max() < 1e-9
    assert reading.transformation.name == "GCJ02 → WGS84"


def test_a_datum_that_contradicts_the_system_is_refused():
    with pytest.raises(UsageError, match="Name the system or the datum"):
        plan_transformation(read_system("EPSG:4214"), COUNTY, datum=Datum.GCJ02)


def test_a_projection_without_a_datum_gets_it_from_the_option():
    system = read_system("+proj=tmerc +lat_0=0 +lon_0=111 +k=1 +x_0=500000 +ellps=GRS80")

    with pytest.raises(DataError):
        read_planar(projected("EPSG:4546"), system)
    reading = read_planar(projected("EPSG:4546"), system, datum=Datum.CGCS2000)

    assert np.abs(reading.lonlat_deg - COUNTY).max() < 1e-9


@pytest.mark.parametrize(
    ("code", "shift", "expected"),
    [
        ("EPSG:4546", 0, {"EPSG:4546", "EPSG:32649"}),
        ("EPSG:4546", 37_000_000, {"EPSG:4546"}),
        ("EPSG:4547", 0, {"EPSG:4547"}),
        ("EPSG:3857", 0, {"EPSG:3857"}),
    ],
)
def test_the_systems_that_fit_the_districts_are_suggested(code, shift, expected):
    xy = np.add(projected(code)[:, ::-1], (0, shift))

    systems, count = suggest_systems(xy, home=HOME)

    assert ({system.code for system in systems}, count) == (expected, 3)


def test_without_districts_only_a_zone_number_suggests_anything():
    xy = projected("EPSG:4546")

    assert suggest_systems(xy, home=None) == ((), 0)
    assert [system.code for system in suggest_systems(np.add(xy, (37_000_000, 0)), home=None)[0]] == ["EPSG:4546"]


def test_degrees_are_no_metres():
    assert not are_metres(COUNTY)
    assert are_metres(projected("EPSG:4546"))
    assert not are_metres(np.full((2, 2), np.nan))
    assert not are_metres(np.array([[111.5, 31.2], [1110000.5, 31.2], [111.5, 31.2]]))
