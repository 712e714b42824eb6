"""Imports of files in metres, in shifted datums and in old ones: every place ends in WGS84, or is refused in words."""

import json
import math

import numpy as np
import openpyxl
import pyproj
import pytest
from import_layers import SHELTERS, Office, field, found_codes, layer
from shapely.geometry import LineString, Point, Polygon, mapping

from geo_ems.catalogue.place_systems import AskedSystem, geometries_in_wgs84
from geo_ems.errors import DataError, UsageError
from geo_ems.formats.raw import CountedBy, FileFormat, RawFile, RawRecord
from geo_ems.model.definitions import GeometryKind
from geo_ems.queries.china_datums import Datum, from_wgs84
from geo_ems.services.import_report import report_mapping
from geo_ems.services.import_workbook import write_refused_xlsx

LONLAT = np.array([[111.5, 31.2], [111.6, 31.3], [111.4, 31.25]])
DISTRICTS = layer(
    "districts",
    [field("code", "text", "编号"), field("name", "text", "名称", required=True), field("level", "text", "级别")],
    geometry=(GeometryKind.POLYGON,),
)
LINES = layer(
    "roads", [field("code", "text", "编号"), field("name", "text", "名称")], geometry=(GeometryKind.LINE,), key="code"
)
COUNTY = Polygon([(111.2, 31.0), (111.8, 31.0), (111.8, 31.5), (111.2, 31.5)])


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path, {d.name: d for d in (SHELTERS, DISTRICTS, LINES)})


def grid(code):
    return np.column_stack(pyproj.Transformer.from_crs(4326, code, always_xy=True).transform(*LONLAT.T))


def table(heads, pairs, *, decimals=3):
    lines = [f"编号,名称,{heads}"]
    lines += [f"S{n},{n}号,{first:.{decimals}f},{second:.{decimals}f}" for n, (first, second) in enumerate(pairs, 1)]
    return "\n".join(lines) + "\n"


def placed(office, layer_name="shelters"):
    features = office.features(layer_name)
    return np.array([[features[key].geometry.x, features[key].geometry.y] for key in sorted(features)])


def off_m(found, expected=LONLAT):
    return float(np.abs((found - expected) * [95_000, 111_000]).max())


def add_districts(office):
    feature = {
        "type": "Feature", "properties": {"code": "D1", "name": "县", "level": "county"}, "geometry": mapping(COUNTY),
    }  # fmt: skip
    office.import_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "districts", name="d.json")


@pytest.mark.parametrize(
    ("heads", "north_first"),
    [
        ("X,Y", True),
        ("X,Y", False),
        ("X坐标,Y坐标", True),
        ("X(米),Y(米)", True),
        ("easting,northing", False),
        ("northing,easting", True),
        ("东坐标,北坐标", False),
        ("纵坐标X,横坐标Y", True),
        ("北座標,東座標", True),
        ("POINT_X,POINT_Y", False),
        ("经度,纬度", False),
    ],
)
@pytest.mark.parametrize("zone", [0, 37_000_000])
def test_metres_are_read_whatever_the_columns_are_called_and_whichever_points_north(office, heads, north_first, zone):
    pairs = np.add(grid(4546), (zone, 0))
    report = office.import_text(table(heads, pairs[:, ::-1] if north_first else pairs), crs="CGCS2000 3-degree 111E")

    assert report.counts.refused == 0
    assert off_m(placed(office)) < 0.01
    codes = [note.kind.code for note in report.notes]
    assert "coordinate_system_read" in codes
    assert ("zone_numbers" in codes) == (zone > 0)


def test_eastings_with_their_zone_need_no_more_than_the_datum(office):
    pairs = np.add(grid(4546), (37_000_000, 0))[:, ::-1]

    office.import_text(table("X,Y", pairs), datum=Datum.CGCS2000)

    assert off_m(placed(office)) < 0.01


def test_metres_without_a_system_are_refused_with_the_one_that_fits_the_districts(office):
    add_districts(office)

    with pytest.raises(DataError) as error:
        office.import_text(table("X,Y", grid(4546)[:, ::-1]))

    assert "The coordinates are metres, and nothing says in which system" in str(error.value)
    assert "--crs EPSG:4546 (CGCS2000 / 3-degree Gauss-Kruger CM 111E)" in str(error.value)
    assert "would put 3 of 3 places into your districts" in str(error.value)
    assert office.features() == {}


def test_metres_without_a_system_and_without_districts_ask_for_the_central_meridian(office):
    with pytest.raises(DataError, match="with your own central meridian"):
        office.import_text(table("X,Y", grid(4546)[:, ::-1]), crs="CGCS2000")
    with pytest.raises(DataError, match="with your own central meridian"):
        office.import_text(table("X,Y", grid(4546)[:, ::-1]))
    with pytest.raises(DataError, match=r"By the zone numbers it may be --crs EPSG:4546"):
        office.import_text(table("X,Y", np.add(grid(4546)[:, ::-1], (0, 37_000_000))))


def test_both_numbers_in_one_cell_may_be_metres(office):
    lines = [f'S{n},{n}号,"{x:.2f},{y:.2f}"' for n, (x, y) in enumerate(grid(4546), 1)]

    office.import_text("编号,名称,坐标\n" + "\n".join(lines) + "\n", crs="EPSG:4546")

    assert off_m(placed(office)) < 0.02


def test_thousands_separators_and_decimal_commas_in_metres(office):
    lines = [f"S{n};{n}号;{x:.2f};{y:,.2f}" for n, (x, y) in enumerate(grid(4546), 1)]
    office.import_text("编号;名称;东坐标;北坐标\n" + "\n".join(lines) + "\n", crs="EPSG:4546")

    assert off_m(placed(office)) < 0.02


def test_degrees_win_over_metres_in_a_sheet_that_has_both(office):
    rows = [
        f"S{n},{n}号,{x:.1f},{y:.1f},{lon},{lat}"
        for n, ((x, y), (lon, lat)) in enumerate(zip(grid(4546), LONLAT, strict=True), 1)
    ]

    office.import_text("编号,名称,X,Y,经度,纬度\n" + "\n".join(rows) + "\n")

    assert off_m(placed(office)) == 0


def test_rows_that_are_no_place_of_the_system_are_refused_and_never_stored(office):
    text = table("东坐标,北坐标", grid(4546)) + "S4,四,38550000,3450000\nS5,五,5,3450000\nS6,六,nan,3450000\nS7,七,,\n"

    report = office.import_text(text, crs="EPSG:4546")

    assert found_codes(report) == {
        5: ["wrong_zone_number"],
        6: ["outside_coordinate_system"],
        7: ["not_a_coordinate"],
        8: ["unlocated"],
    }
    assert sorted(office.features()) == ["S1", "S2", "S3", "S7"]


@pytest.mark.parametrize(
    ("heads", "datum"),
    [
        ("经度(GCJ02),纬度(GCJ02)", Datum.GCJ02),
        ("lng_gcj02,lat_gcj02", Datum.GCJ02),
        ("高德经度,高德纬度", Datum.GCJ02),
        ("火星坐标系经度,火星坐标系纬度", Datum.GCJ02),
        ("lng_bd09,lat_bd09", Datum.BD09),
        ("bd_lon,bd_lat", Datum.BD09),
        ("百度经度,百度纬度", Datum.BD09),
        ("经度（百度坐标系）,纬度（百度坐标系）", Datum.BD09),
        ("WGS84经度,WGS84纬度", Datum.WGS84),
        ("经度(CGCS2000),纬度(CGCS2000)", Datum.CGCS2000),
        ("gps_lon,gps_lat", Datum.WGS84),
        ("经度(度),纬度(度)", Datum.WGS84),
    ],
)
def test_headings_that_name_their_datum_are_understood(office, heads, datum):
    report = office.import_text(table(heads, from_wgs84(LONLAT, datum), decimals=9))

    assert off_m(placed(office)) < 0.001
    assert any(note.kind.code == "datum_of_headings" for note in report.notes) == ("(度)" not in heads)


def test_one_cell_with_both_numbers_may_name_its_datum_too(office):
    lines = [f'S{n},{n}号,"{x:.9f},{y:.9f}"' for n, (x, y) in enumerate(from_wgs84(LONLAT, Datum.GCJ02), 1)]

    office.import_text("编号,名称,高德坐标\n" + "\n".join(lines) + "\n")

    assert off_m(placed(office)) < 0.001


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_the_option_names_the_datum_of_plain_headings(office, datum):
    report = office.import_text(table("经度,纬度", from_wgs84(LONLAT, datum), decimals=9), datum=datum)

    assert off_m(placed(office)) < 0.001
    said = next(note for note in report.notes if note.kind.code == "coordinate_system_read")
    way = f"{datum.value.upper()} → WGS84, ±2 m"
    title = {Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}[datum]
    assert said.problem("en") == f"the coordinates were read as {title} and turned into WGS84 ({way})"


def test_headings_of_two_datums_are_refused_unless_the_option_decides(office):
    text = table("经度(GCJ02),纬度(BD09)", LONLAT)

    with pytest.raises(DataError, match="name different datums: bd09, gcj02"):
        office.import_text(text)
    report = office.import_text(text, datum=Datum.WGS84)

    assert off_m(placed(office)) == 0
    assert "datum_of_headings_not_used" in [note.kind.code for note in report.notes]


def test_a_sheet_with_two_pairs_is_read_by_the_pair_whose_datum_is_named(office):
    shifted = from_wgs84(LONLAT, Datum.BD09)
    both = enumerate(zip(LONLAT, shifted, strict=True), 1)
    rows = [f"S{n},{n},{a},{b},{c:.9f},{d:.9f}" for n, ((a, b), (c, d)) in both]

    office.import_text("编号,名称,WGS84经度,WGS84纬度,百度经度,百度纬度\n" + "\n".join(rows))

    assert off_m(placed(office)) == 0


def test_a_degree_table_in_cgcs2000_keeps_its_numbers_and_says_so(office):
    report = office.import_text(table("经度,纬度", LONLAT, decimals=6), crs="CGCS2000")

    assert off_m(placed(office)) == 0
    assert any("CGCS2000 = WGS84" in note.problem("zh") for note in report.notes)


@pytest.mark.parametrize("name", ["西安80 3度带 111E", "EPSG:2434"])
def test_old_datums_need_acceptance_and_the_report_says_who_accepted_what(office, name):
    pairs = grid(2382 if name.startswith("西安") else 2434)

    with pytest.raises(DataError, match="--accept-accuracy unknown"):
        office.import_text(table("X,Y", pairs), crs=name, accept_accuracy_m=50.0)
    assert office.features() == {}
    report = office.import_text(table("X,Y", pairs), crs=name, accept_accuracy_m=math.inf)

    note = next(note for note in report.notes if note.kind.code == "coordinate_accuracy_accepted")
    assert "unknown" in note.problem("en")
    assert note.grade.value == "warned"
    assert report_mapping(report)["notes"]
    assert off_m(placed(office)) < 300


def test_an_unknown_system_and_degrees_under_a_system_of_metres_are_refused(office):
    with pytest.raises(UsageError, match="CGCS2000 3-degree 111E"):
        office.import_text(table("X,Y", grid(4546)), crs="CGCS2000 112E")
    with pytest.raises(DataError, match="look like degrees"):
        office.import_text(table("经度,纬度", LONLAT), crs="EPSG:4546")


def test_refused_rows_in_metres_come_back_importable_as_they_are(office, tmp_path):
    pairs = np.add(grid(4546), (37_000_000, 0))[:, ::-1]
    text = table("X,Y,容量", np.column_stack([pairs, [1, 2, 3]])[:, :2]).replace("\nS", "\nS")
    text = "\n".join(line + tail for line, tail in zip(text.splitlines(), ["", ",10", ",约三百", ",30"], strict=True))
    report = office.import_text(text + "\n", crs="CGCS2000")
    path = tmp_path / "refused.xlsx"
    write_refused_xlsx(report, path)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, heads.index("容量") + 1).value = 20
    book.save(path)

    again = office.import_path(path)

    assert json.loads(sheet.cell(2, heads.index("导入选项") + 1).value) == {"crs": "CGCS2000"}
    assert (report.counts.refused, again.counts.created, again.counts.refused) == (1, 1, 0)
    assert off_m(placed(office)) < 0.01


def test_refused_rows_in_gcj02_headings_come_back_in_gcj02(office, tmp_path):
    shifted = from_wgs84(LONLAT, Datum.GCJ02)
    lines = [f"S{n},{n}号,{x:.9f},{y:.9f},{'x' if n == 2 else n}" for n, (x, y) in enumerate(shifted, 1)]
    report = office.import_text(
        "编号,名称,a,b,容量\n" + "\n".join(lines), column_map={"lon": "a", "lat": "b"}, datum=Datum.GCJ02
    )
    path = tmp_path / "refused.xlsx"
    write_refused_xlsx(report, path)
    book = openpyxl.load_workbook(path)
    heads = [cell.value for cell in book.active[1]]
    book.active.cell(2, heads.index("容量") + 1).value = 20
    book.save(path)

    assert office.import_path(path).counts.refused == 0
    assert off_m(placed(office)) < 0.001


def test_geojson_is_wgs84_unless_the_option_says_that_it_is_shifted(office):
    shifted = from_wgs84(LONLAT, Datum.GCJ02)
    features = [
        {"type": "Feature", "properties": {"code": f"S{n}", "name": f"{n}"}, "geometry": mapping(Point(place))}
        for n, place in enumerate(shifted.tolist(), 1)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})

    office.import_text(text, name="a.geojson")
    assert off_m(placed(office), shifted) == 0
    office.import_text(text, name="a.geojson", datum=Datum.GCJ02)
    assert off_m(placed(office)) < 0.001


def test_geojson_in_metres_that_names_no_system_is_refused_with_the_one_that_fits(office):
    add_districts(office)
    feature = {"type": "Feature", "properties": {"code": "S1", "name": "1"}, "geometry": mapping(Point(grid(4546)[0]))}

    with pytest.raises(DataError, match=r"--crs EPSG:4546"):
        office.import_text(json.dumps(feature), name="a.geojson")
    office.import_text(json.dumps(feature), name="a.geojson", crs="EPSG:4546")

    assert off_m(placed(office), LONLAT[:1]) < 0.01


def geo_file(geometries, crs, *, file_format=FileFormat.CSV):
    records = tuple(RawRecord(n, (f"R{n}",), geometry) for n, geometry in enumerate(geometries, 1))
    return RawFile(
        "a.shp", "0" * 64, file_format, None, CountedBy.FEATURE, ("code",), records, has_geometry=True, crs=crs
    )


def test_geometries_of_a_projected_file_become_wgs84_vertex_by_vertex():
    xy = grid(4546)
    raw, notes = geometries_in_wgs84(geo_file([LineString(xy), Polygon(xy), None], pyproj.CRS(4546).to_wkt()))

    line, area, nothing = (record.geometry for record in raw.records)
    assert off_m(np.array(line.coords)) < 0.001
    assert off_m(np.array(area.exterior.coords)[:3]) < 0.001
    assert nothing is None
    assert [note.kind.code for note in notes] == ["coordinate_system_read"]


def test_geometries_that_carry_zone_numbers_or_stand_north_first_are_put_right():
    xy = np.add(grid(4546), (37_000_000, 0))[:, ::-1]

    raw, notes = geometries_in_wgs84(geo_file([LineString(xy)], "EPSG:4546"))

    assert off_m(np.array(raw.records[0].geometry.coords)) < 0.001
    assert [note.kind.code for note in notes] == ["axes_swapped", "zone_numbers", "coordinate_system_read"]


def test_one_vertex_that_is_no_place_takes_the_geometry_off_its_row_alone():
    xy = grid(4546)
    bad = np.vstack([xy, [[9e9, 1.0]]])

    raw, _ = geometries_in_wgs84(geo_file([LineString(xy), LineString(bad)], "EPSG:4546"))

    assert raw.records[0].findings == ()
    assert raw.records[1].geometry is None
    assert [finding.kind.code for finding in raw.records[1].findings] == ["wrong_zone_number"]


def test_a_file_without_a_system_is_wgs84_with_a_warning_or_refused():
    raw, notes = geometries_in_wgs84(geo_file([Point(place) for place in LONLAT], None))
    assert [note.kind.code for note in notes] == ["wgs84_assumed"]
    assert raw.records[0].geometry.equals(Point(LONLAT[0]))

    with pytest.raises(DataError, match="nothing says in which system"):
        geometries_in_wgs84(geo_file([LineString(grid(4546))], None))
    with pytest.raises(DataError, match="would put 3 of 3 places"):
        geometries_in_wgs84(geo_file([LineString(grid(4546))], None), AskedSystem(home=COUNTY.bounds))


def test_the_option_wins_over_what_the_file_says_and_that_is_told():
    raw, notes = geometries_in_wgs84(geo_file([LineString(grid(4546))], "EPSG:4547"), AskedSystem(crs="EPSG:4546"))

    assert off_m(np.array(raw.records[0].geometry.coords)) < 0.001
    assert "system_of_file_not_used" in [note.kind.code for note in notes]
    same = geometries_in_wgs84(geo_file([LineString(grid(4546))], "EPSG:4546"), AskedSystem(crs="CGCS2000 zone 37"))[1]
    assert [note.kind.code for note in same] == ["coordinate_system_read"]


@pytest.mark.parametrize("text", ["EPSG:99999", 'LOCAL_CS["x"]', "EPSG:5773", "+proj=longlat +nadgrids=x.gsb"])
def test_a_file_that_names_a_system_nobody_knows_is_refused_unless_the_option_names_one(text):
    with pytest.raises(DataError, match="which is no system known here"):
        geometries_in_wgs84(geo_file([LineString(grid(4546))], text))

    raw, _ = geometries_in_wgs84(geo_file([LineString(grid(4546))], text), AskedSystem(crs="EPSG:4546"))

    assert off_m(np.array(raw.records[0].geometry.coords)) < 0.001


def test_heights_of_a_projected_file_are_dropped_and_told():
    raw, _ = geometries_in_wgs84(geo_file([Point(*grid(4546)[0], 55.0)], "EPSG:4546"))

    assert not raw.records[0].geometry.has_z
    assert [finding.kind.code for finding in raw.records[0].findings] == ["height_dropped"]


@pytest.mark.parametrize(
    ("heading", "cells", "options", "is_refused"),
    [
        pytest.param("坐标系", ("GCJ02", "WGS84"), {}, True, id="one row in another"),
        pytest.param("坐标类型", ("高德", "高德"), {}, True, id="all rows in another"),
        pytest.param("坐标系统", ("西安80", ""), {}, True, id="an old datum"),
        pytest.param("坐标系", ("GCJ02", "GCJ02"), {"datum": Datum.GCJ02}, False, id="named by who imports"),
        pytest.param("坐标系", ("CGCS2000", "国家2000"), {}, False, id="the same as WGS84"),
        pytest.param("坐标系", ("经纬度", ""), {}, False, id="not understood"),
    ],
)
def test_a_column_that_names_the_system_of_each_row_is_not_passed_over(tmp_path, heading, cells, options, is_refused):
    office = Office(tmp_path)
    rows = "".join(f"S{n},场所{n},104.{n},30.5,{cell}\n" for n, cell in enumerate(cells, 1))
    text = f"编号,名称,经度,纬度,{heading}\n{rows}"

    if is_refused:
        with pytest.raises(DataError, match=f"Column '{heading}' names another system for"):
            office.import_text(text, **options)
        assert office.features() == {}
    else:
        assert office.import_text(text, **options).counts.taken == 2
