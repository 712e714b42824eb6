import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_layers import SHELTERS, ZONE
from shapely import wkt

from geo_ems.catalogue.record_geometry import checked_geometry
from geo_ems.catalogue.record_places import PlaceFaultError, parse_degrees
from geo_ems.catalogue.records import convert_records
from geo_ems.errors import DataError
from geo_ems.formats.raw import CountedBy, FileFormat, RawFile, RawRecord
from geo_ems.model.definitions import GeometryKind


@pytest.mark.parametrize(
    ("cell", "degrees", "axis"),
    [
        pytest.param("34.2815", 34.2815, None, id="decimal"),
        pytest.param(-34, -34.0, None, id="whole number"),
        pytest.param("34°20'51.2\"N", 34.347556, "lat", id="degrees, minutes, seconds"),
        pytest.param("34°20′51.2″N", 34.347556, "lat", id="typographic marks"),
        pytest.param("34°20''", None, None, id="seconds without minutes"),
        pytest.param("34º20'", 34.333333, None, id="wrong degree sign"),
        pytest.param("北纬34度20分51.2秒", 34.347556, "lat", id="Chinese"),
        pytest.param("東経134.05", 134.05, "lon", id="Japanese"),
        pytest.param("W 51.5", -51.5, "lon", id="west"),
        pytest.param("30°30'S", -30.5, "lat", id="south"),
        pytest.param("１３４．０５", 134.05, None, id="full width"),
        pytest.param("34°61'00\"", None, None, id="61 minutes"),
        pytest.param("34.5°20'", None, None, id="fraction of a degree with minutes"),
        pytest.param("-30S", None, None, id="sign and letter"),
        pytest.param("N30S", None, None, id="two letters"),
        pytest.param("34,2815", None, None, id="decimal comma"),
        pytest.param("不明", None, None, id="words"),
        pytest.param("nan", None, None, id="nan"),
        pytest.param("", None, None, id="nothing"),
    ],
)
def test_degrees_as_people_write_them(cell, degrees, axis):
    if degrees is None:
        with pytest.raises(PlaceFaultError):
            parse_degrees(cell)
    else:
        assert parse_degrees(cell) == (pytest.approx(degrees, abs=1e-6), axis)


@given(st.floats(-180, 180))
def test_minutes_and_seconds_mean_the_same_as_decimals(degrees):
    total_ms = round(abs(degrees) * 3_600_000)
    whole, rest = divmod(total_ms, 3_600_000)
    minutes, milliseconds = divmod(rest, 60_000)
    sign = "-" if degrees < 0 else ""

    read, _ = parse_degrees(f"{sign}{whole}°{minutes}'{milliseconds / 1000:.3f}\"")

    assert read == pytest.approx(degrees, abs=2e-7)


def table(columns, *rows):
    records = tuple(RawRecord(line, tuple(row)) for line, row in enumerate(rows, start=2))
    return RawFile("a.csv", "0", FileFormat.CSV, "utf-8", CountedBy.LINE, tuple(columns), records)


def placed(columns, *rows, definition=SHELTERS, field_map=None):
    converted = convert_records(
        table(("name", *columns), *(("A", *row) for row in rows)), definition, zone=ZONE, field_map=field_map
    )
    places = [None if record.geometry is None else record.geometry.coords[0] for record in converted.records]
    return places, [[f.kind.code for f in record.findings] for record in converted.records], converted


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        pytest.param("0", "0.0", "null_island", id="null island"),
        pytest.param("134061645.6", "34.3", "coordinate_out_of_range", id="lost point"),
        pytest.param("181", "91", "coordinate_out_of_range", id="both"),
        pytest.param("34.3", "134.05", "coordinates_swapped", id="swapped"),
        pytest.param("34.3N", "60E", "coordinates_swapped", id="swapped by their letters"),
        pytest.param("不明", "34.3", "not_a_coordinate", id="no number"),
        pytest.param(None, None, "unlocated", id="nothing"),
        pytest.param(None, "34.3", "half_located", id="half"),
        pytest.param("-", "-", "unlocated", id="dashes"),
    ],
)
def test_a_wrong_place_is_named(lon, lat, code):
    places, codes, _ = placed(("lon", "lat"), (lon, lat), ("104.1", "30.5"))

    assert places == [None, (104.1, 30.5)]
    assert codes == [[code], []]


def test_where_most_rows_are_swapped_the_advice_is_the_option_that_swaps_the_columns():
    *_, converted = placed(("longitude", "latitude"), ("34.3", "134.05"), ("34.4", "134.1"), ("135", "34"))

    assert [record.findings[0].remedy("en") for record in converted.records[:2]] == [
        "Most rows are so: swap the two columns (--map lon=latitude --map lat=longitude)"
    ] * 2


def test_where_one_row_is_swapped_the_advice_is_to_correct_that_row():
    *_, converted = placed(("longitude", "latitude"), ("34.3", "134.05"), ("134.1", "34.4"))

    assert converted.records[0].findings[0].remedy("en") == "Swap longitude and latitude in this row"
    assert converted.records[0].findings[0].remedy("zh") == "请对调此行的经度和纬度"


def test_swapped_places_in_one_cell_are_not_told_to_swap_columns():
    *_, converted = placed(("where",), ("34.3N 60E",), definition=SHELTERS, field_map={"latlon": "where"})
    *_, wrong = placed(("lonlat",), ("104.1 30.5",), ("104.1 30.5",), ("30.5 104.1",))

    assert converted.records[0].findings == ()
    assert wrong.records[2].findings[0].remedy("en") == "Swap longitude and latitude in this row"


def test_decimal_commas_are_read_where_the_whole_column_has_them():
    places, codes, converted = placed(("lon", "lat"), ("117,28", "31.8"), ("118,37", "31.3"))

    assert places == [(117.28, 31.8), (118.37, 31.3)]
    assert codes == [[], []]
    assert [note.problem("en") for note in converted.notes] == ["column 'lon' is written with decimal commas"]


def test_a_single_decimal_comma_is_refused_with_what_to_write():
    places, codes, converted = placed(("lon", "lat"), ("117,28", "31.8"), ("118.37", "31.3"))

    assert places == [None, (118.37, 31.3)]
    assert codes == [["decimal_comma"], []]
    assert converted.records[0].findings[0].remedy("en") == "Write a decimal point: 117.28"


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        pytest.param(["34.34,134.05"], (134.05, 34.34), id="by range, latitude first"),
        pytest.param(["134.05,34.34"], (134.05, 34.34), id="by range, longitude first"),
        pytest.param(["47.1,9.5"], (9.5, 47.1), id="by name: location has latitude first"),
        pytest.param(["(47.1 9.5)"], (9.5, 47.1), id="brackets and a space"),
        pytest.param(["E9.5, N47.1"], (9.5, 47.1), id="by letters"),
        pytest.param(["47°06'N,9°30'E"], (9.5, 47.1), id="minutes"),
    ],
)
def test_one_cell_may_hold_both(cells, place):
    places, codes, _ = placed(("location",), *((cell,) for cell in cells))

    assert places == [pytest.approx(place)]
    assert codes == [[]]


def test_the_order_that_most_rows_show_holds_for_all():
    places, codes, converted = placed(("location",), ("134.05,34.34",), ("120,31",), ("80.5,30.2",), ("34.3,134.0",))

    assert places == [(134.05, 34.34), (120.0, 31.0), (80.5, 30.2), None]
    assert codes == [[], [], [], ["coordinates_swapped"]]
    assert "lon, lat" in converted.notes[-1].problem("en")


def test_one_cell_with_one_number_is_no_place():
    assert placed(("location",), ("34.3",))[1] == [["not_a_coordinate"]]


def test_points_are_refused_by_a_layer_of_areas():
    areas = SHELTERS.__class__(
        **{**{n: getattr(SHELTERS, n) for n in SHELTERS.__slots__}, "geometry": (GeometryKind.POLYGON,)}
    )

    assert placed(("lon", "lat"), ("104.1", "30.5"), definition=areas)[:2] == ([None], [["geometry_kind_not_allowed"]])


KINDS = (GeometryKind.POINT, GeometryKind.POLYGON, GeometryKind.LINE)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("MULTIPOINT (1 2)", "geometry_kind_not_allowed", id="kind"),
        pytest.param("POLYGON ((1 1, 2 2, 2 1, 1 2, 1 1))", "invalid_geometry", id="bow-tie"),
        pytest.param("LINESTRING (1 1, 1 1)", "invalid_geometry", id="line without length"),
        pytest.param("LINESTRING (1 1, 200 1)", "coordinate_out_of_range", id="out of range"),
        pytest.param("LINESTRING (30 104, 31 105)", "coordinates_swapped", id="swapped"),
        pytest.param("POINT (0 0)", "null_island", id="null island"),
        pytest.param("LINESTRING (1 1, 0 0)", "null_island", id="vertex on null island"),
        pytest.param("POINT (1 NaN)", "coordinate_out_of_range", id="nan"),
    ],
)
def test_a_wrong_geometry_is_refused(text, code):
    findings = []

    assert checked_geometry(wkt.loads(text), KINDS, findings) is None
    assert [finding.kind.code for finding in findings] == [code]


def test_the_reason_of_an_invalid_area_is_told():
    findings = []

    checked_geometry(wkt.loads("POLYGON ((1 1, 2 2, 2 1, 1 2, 1 1))"), KINDS, findings)

    assert findings[0].problem("en") == "the geometry is not valid: Self-intersection[1.5 1.5]"


def test_a_height_is_dropped():
    findings = []

    assert checked_geometry(wkt.loads("POINT Z (1 2 3)"), KINDS, findings).wkt == "POINT (1 2)"
    assert [finding.kind.code for finding in findings] == ["height_dropped"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param("POLYGON ((179 1, -179 1, -179 2, 179 2, 179 1))", ["edge_wider_than_half_the_earth"], id="area"),
        pytest.param(
            "POLYGON ((-180 -80, 180 -80, 180 80, -180 80, -180 -80), (179 1, 179 2, -179 2, -179 1, 179 1))",
            ["edge_wider_than_half_the_earth"],
            id="hole",
        ),
        pytest.param("LINESTRING (-170 1, 170 1)", ["edge_wider_than_half_the_earth"], id="line"),
        pytest.param("POLYGON ((0 1, 180 1, 180 2, 0 2, 0 1))", [], id="half the Earth"),
        pytest.param(
            "MULTIPOLYGON (((179 1, 180 1, 180 2, 179 2, 179 1)), ((-180 1, -179 1, -179 2, -180 2, -180 1)))",
            [],
            id="cut at the meridian",
        ),
        pytest.param("POINT (179 1)", [], id="point"),
    ],
)
def test_an_area_drawn_across_180_degrees_is_said_to_go_the_long_way_round(text, codes):
    findings = []

    assert checked_geometry(wkt.loads(text), tuple(GeometryKind), findings) is not None
    assert [finding.kind.code for finding in findings] == codes


def test_a_required_field_without_a_column_refuses_the_file_with_the_remedy():
    with pytest.raises(DataError) as caught:
        convert_records(table(("title", "lon"), ("A", 1)), SHELTERS, zone=ZONE)

    assert str(caught.value) == (
        "a.csv: There is no column for name (名称); the columns are title, lon. "
        "Say which column it is: --map name=COLUMN."
    )
