"""Which columns hold the place: names in three languages, units in brackets, the datum in the heading."""

import pytest
from import_layers import SHELTERS

from geo_ems.catalogue.record_place_columns import Place, datum_of_heading, find_places
from geo_ems.errors import DataError
from geo_ems.formats.raw import CountedBy, FileFormat, RawFile
from geo_ems.queries.china_datums import Datum


def found(*columns, chosen=None, taken=()):
    raw = RawFile("a.csv", "", FileFormat.CSV, None, CountedBy.LINE, columns, ())
    places, datum = find_places(raw, SHELTERS, taken=taken, chosen=chosen or {})
    return {place.value: columns[index] for place, index in places.items()}, datum


@pytest.mark.parametrize(
    ("columns", "places", "datum"),
    [
        (("经度", "纬度"), ("lon", "lat"), None),
        (("Longitude", "LATITUDE"), ("lon", "lat"), None),
        (("経度", "緯度"), ("lon", "lat"), None),
        (("经度(度)", "纬度(度)"), ("lon", "lat"), None),
        (("X", "Y"), ("lon", "lat"), None),
        (("X坐标（米）", "Y坐标（米）"), ("lon", "lat"), None),
        (("Easting", "Northing"), ("easting", "northing"), None),
        (("横坐标(m)", "纵坐标(m)"), ("easting", "northing"), None),
        (("lng_gcj02", "lat_gcj02"), ("lon", "lat"), Datum.GCJ02),
        (("GCJ-02经度", "GCJ-02纬度"), ("lon", "lat"), Datum.GCJ02),
        (("腾讯地图经度", "腾讯地图纬度"), ("lon", "lat"), Datum.GCJ02),
        (("BD09LL_lng", "BD09LL_lat"), ("lon", "lat"), Datum.BD09),
        (("经度(百度)", "纬度(百度)"), ("lon", "lat"), Datum.BD09),
        (("天地图经度", "天地图纬度"), ("lon", "lat"), Datum.CGCS2000),
        (("经度(2000国家大地坐标系)", "纬度(2000国家大地坐标系)"), ("lon", "lat"), Datum.CGCS2000),
        (("经度(WGS-84)", "纬度"), ("lon", "lat"), Datum.WGS84),
        (("经度(WGS84)", "纬度(CGCS2000)"), ("lon", "lat"), Datum.WGS84),
    ],
)  # fmt: skip
def test_pairs_of_columns_are_found_with_their_datum(columns, places, datum):
    assert found("编号", *columns) == (dict(zip(places, columns, strict=True)), datum)


def test_degrees_win_over_metres_and_two_columns_over_one():
    assert found("X", "Y", "经度", "纬度", "坐标")[0] == {"lon": "经度", "lat": "纬度"}
    assert found("X", "Y", "东坐标", "北坐标")[0] == {"easting": "东坐标", "northing": "北坐标"}
    assert found("坐标", "X")[0] == {"lonlat": "坐标"}


def test_wgs84_wins_over_a_shifted_pair_and_a_named_datum_over_none():
    shifted = ("高德经度", "高德纬度")
    assert found(*shifted, "WGS84经度", "WGS84纬度") == ({"lon": "WGS84经度", "lat": "WGS84纬度"}, Datum.WGS84)
    assert found("经度", "纬度", *shifted) == ({"lon": "高德经度", "lat": "高德纬度"}, Datum.GCJ02)


def test_two_datums_in_one_pair_are_refused():
    with pytest.raises(DataError, match="name different datums: bd09, gcj02"):
        found("高德经度", "百度纬度")


def test_the_partner_of_a_chosen_column_is_found():
    assert found("aa", "北坐标", chosen={Place.EASTING: 0})[0] == {"easting": "aa", "northing": "北坐标"}
    assert found("aa", "纬度", chosen={Place.LON: 0})[0] == {"lon": "aa", "lat": "纬度"}


@pytest.mark.parametrize("heading", ["bd09mc_x", "高度", "经度", "东坐标", "百货", "gp"])
def test_headings_without_a_datum_name_none(heading):
    assert datum_of_heading(heading) is None
