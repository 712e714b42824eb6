"""Lines and areas in a column of WKT, and features known by nothing but their permanent id."""

import pytest
import shapely
from export_layers import EVERYTHING, put
from import_layers import SHELTERS, Office, found_codes

from geo_ems.formats.spreadsheet_safety import MARK
from geo_ems.model.features import Feature

HOLE = "POLYGON ((0 1, 4 1, 4 5, 0 5, 0 1), (1 2, 1 3, 2 3, 2 2, 1 2))"


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path, {"everything": EVERYTHING, "shelters": SHELTERS})


@pytest.mark.parametrize("heading", ["几何WKT", "WKT", "geometry", "几何"])
def test_an_area_with_a_hole_is_read_from_its_column(office, heading):
    office.import_text(f'编号,名称,{heading}\nA,甲,"{HOLE}"\nB,乙,"LINESTRING (1 2, 3 4)"\n', "everything")

    places = {identity: feature.geometry for identity, feature in office.features("everything").items()}
    assert places == {"A": shapely.from_wkt(HOLE), "B": shapely.LineString([(1, 2), (3, 4)])}


def test_coordinates_and_wkt_stand_side_by_side(office):
    report = office.import_text(
        f'编号,名称,经度,纬度,WKT\nA,甲,113,24,\nB,乙,,,"{HOLE}"\nC,丙,,,\nD,丁,113,,\n', "everything"
    )

    kinds = {i: f.geometry and f.geometry.geom_type for i, f in office.features("everything").items()}
    assert kinds == {"A": "Point", "B": "Polygon", "C": None, "D": None}
    assert found_codes(report) == {4: ["unlocated"], 5: ["half_located"]}
    assert [column.field for column in report.columns][-1] == "geometry"


def test_a_long_wkt_goes_on_in_the_next_columns(office):
    office.import_text('编号,名称,WKT,WKT 2,WKT 3\nA,甲,"LINESTRING (1 ","2, 3",\' 4)\n'.replace("'", ""), "everything")

    assert office.features("everything")["A"].geometry == shapely.LineString([(1, 2), (3, 4)])


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON ((0 1, 4 1, 4 5))",
        "POINT (1)",
        "POINT EMPTY",
        "CIRCLE (1 2)",
        "GEOMETRYCOLLECTION (POINT (1 2))",
        "POLYGON " + "(" * 5000 + "0 1" + ")" * 5000,
        "LINESTRING (1 2, 3 4",
        "LINESTRING 1 2, 3 4)(",
        "POINT (nan 1)",
        "<wkt>",
    ],
)
def test_what_is_no_wkt_refuses_its_row_only(office, text):
    report = office.import_text(f'编号,名称,WKT\nA,甲,"{text}"\nB,乙,POINT (1 2)\n', "everything")

    assert (report.counts.refused, report.counts.created) == (1, 1)
    assert report.rows[0].findings[0].kind.code == "geometry_malformed"


def test_a_shape_that_the_layer_does_not_take_is_refused(office):
    report = office.import_text('编号,名称,WKT\nA,甲,"LINESTRING (1 2, 3 4)"\n', "shelters")

    assert found_codes(report) == {2: ["geometry_kind_not_allowed"]}


def test_a_feature_without_a_code_is_known_by_its_permanent_id(office):
    put(office.store, SHELTERS, [Feature("Xabc", shapely.Point(113, 24), {"name": "甲"})])
    text = "永久编号,编号,名称,容量\nXabc,,甲,7\n"

    first, second = office.import_text(text), office.import_text(text)

    assert (first.counts.updated, first.counts.created) == (1, 0)
    assert (second.counts.unchanged, second.counts.created) == (1, 0)
    assert office.features()["Xabc"].properties["capacity_persons"] == 7


def test_an_id_that_is_a_code_is_never_taken_for_a_permanent_id(office):
    put(office.store, SHELTERS, [Feature("7", shapely.Point(113, 24), {"code": "7", "name": "甲"})])

    report = office.import_text("id,编号,名称\n7,,乙\n")

    assert (report.counts.created, report.counts.updated) == (1, 0)
    assert office.features()["7"].properties["name"] == "甲"


def test_a_code_given_to_a_feature_that_had_none_does_not_move_or_double_anything(office):
    put(office.store, SHELTERS, [Feature("Xabc", shapely.Point(113.00000001, 24), {"name": "甲"})])

    report = office.import_text("永久编号,编号,名称,经度,纬度\nXabc,,甲,113,24\n")

    assert report.counts.unchanged == 1
    assert office.features()["Xabc"].geometry == shapely.Point(113.00000001, 24)


def test_a_stored_text_that_an_import_would_clean_is_no_change(office):
    stored = {"code": "A", "name": "甲", "remarks": "-", "phone": "０７５１－1"}
    put(office.store, SHELTERS, [Feature("A", None, stored)])

    report = office.import_text(f"编号,名称,备注,电话\nA,甲,{MARK}-,０７５１－1\n")

    assert report.counts.unchanged == 1
    assert office.features()["A"].properties["phone"] == "０７５１－1"


def test_a_file_of_our_own_keeps_rows_that_look_like_totals_and_units(office):
    put(office.store, SHELTERS, [Feature("m", None, {"code": "m", "name": "人"})])

    report = office.import_text("永久编号,名称,编号\nm,人,m\n合计,合计,合计\n")

    assert (report.counts.unchanged, report.counts.created, report.skipped) == (1, 1, ())


def test_a_list_of_codes_as_a_geopackage_holds_it_is_read(office):
    office.import_text('编号,名称,适用灾种\nA,甲,"[""flood"",""fire""]"\nB,乙,[]\n')

    values = {i: f.properties["suitable_for"] for i, f in office.features().items()}
    assert values == {"A": ("fire", "flood"), "B": None}
