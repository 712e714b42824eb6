"""Rows without coordinates find their village or township by name, or are told what they may have meant."""

import json

import openpyxl
import pytest
from import_layers import Office, found_codes
from shapely.geometry import Polygon, box, mapping

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.errors import UsageError
from geo_ems.services.import_report import summary_lines
from geo_ems.services.place_names import fold_place_name, stem_of
from geo_ems.settings import bundled_folder

LAYERS = bundled_folder() / "layers"
# Two townships side by side; 王庄村 is there twice, once in each.
DISTRICTS = (
    ("C1", "云渡县", "county", None, box(111.0, 31.0, 111.4, 31.2)),
    ("T1", "石桥镇", "township", "C1", box(111.0, 31.0, 111.2, 31.2)),
    ("T2", "白河乡", "township", "C1", box(111.2, 31.0, 111.4, 31.2)),
    ("P1", "云州省", "province", None, box(110.0, 30.0, 113.0, 33.0)),
    ("V9", "李家村", "village", "T1", Polygon([(111.15, 31.15), (111.16, 31.15), (111.155, 31.16)])),
)
VILLAGES = (
    ("V1", "王庄村", 111.05, 31.05),
    ("V2", "王庄村", 111.35, 31.05),
    ("V3", "石桥村", 111.1, 31.1),
    ("V4", "柳林社区", 111.3, 31.15),
    ("V5", "李家村", 111.155, 31.152),
)


@pytest.fixture(scope="module")
def definitions():
    return load_definitions(LAYERS)


@pytest.fixture
def office(tmp_path, definitions):
    office = Office(tmp_path, definitions)
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name, "level": level, "parent_id": parent},
            "geometry": mapping(area),
        }
        for code, name, level, parent, area in DISTRICTS
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    office.import_text(text, "districts", name="d.geojson")
    rows = "".join(f"{code},{name},village,100,{lon},{lat}\n" for code, name, lon, lat in VILLAGES)
    office.import_text("code,name,kind,people_persons,lon,lat\n" + rows, "population", name="p.csv")
    return office


def teams(*rows):
    return "编号,名称,乡镇,村,经度,纬度\n" + "".join(f"D{n},队{n},{row}\n" for n, row in enumerate(rows, 1))


def place(office, code="D1", layer="response_teams"):
    feature = office.features(layer)[code]
    point = None if feature.geometry is None else (feature.geometry.x, feature.geometry.y)
    return point, feature.properties.get("location_precision")


@pytest.mark.parametrize(
    ("names", "point", "precision"),
    [
        pytest.param("石桥镇,王庄村", (111.05, 31.05), "village", id="the township decides between namesakes"),
        pytest.param("白河乡,王庄村", (111.35, 31.05), "village", id="the other one"),
        pytest.param("白河,王庄", (111.35, 31.05), "village", id="without the kinds"),
        pytest.param("石桥镇,王庄村委会", (111.05, 31.05), "village", id="with the committee"),
        pytest.param("石桥镇人民政府,王庄村民委员会", (111.05, 31.05), "village", id="in full"),
        pytest.param("石 桥 镇, 王庄　村 ", (111.05, 31.05), "village", id="with spaces"),
        pytest.param(",柳林", (111.3, 31.15), "village", id="the village alone"),
        pytest.param("石桥镇,李家村", (111.155, 31.152), "village", id="its point, not its area"),
        pytest.param("石桥镇,", (111.1, 31.1), "township", id="the township alone"),
        pytest.param("石桥镇,石桥镇", (111.1, 31.1), "township", id="the township twice"),
        pytest.param(",白河乡王庄村", (111.35, 31.05), "village", id="both in one cell"),
        pytest.param(",云渡县白河乡王庄村", (111.35, 31.05), "village", id="an address"),
        pytest.param("云渡县,", (111.2, 31.1), "county", id="the county"),
        pytest.param("云渡县,石桥村", (111.1, 31.1), "village", id="the county and the village"),
    ],
)
def test_names_lead_to_a_place_and_the_row_says_how_exact_it_is(office, names, point, precision):
    report = office.import_text(teams(f"{names},,"), "response_teams", place_by=("乡镇", "村"))

    assert place(office) == (pytest.approx(point), precision)
    assert found_codes(report) == {2: ["placed_by_name"]}
    assert report.counts.unlocated == 0
    (note,) = [note for note in report.notes if "placed" in note.kind.code]
    words = {"village": "村(社区)", "township": "乡镇(街道)", "county": "县(区)"}
    assert note.problem("zh") == f"1 行没有坐标,按地名落图({words[precision]} 1),位置只准到该级区划"
    assert f"placed by name ({precision} 1);" in note.problem("en")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("王庄村", "王庄"), ("王庄村委会", "王庄"), ("王庄村民委员会", "王庄"), ("张村", "张村"), ("张村委会", "张村"),
        ("张村村委会", "张村"), ("石桥镇人民政府", "石桥"), ("城关街道办事处", "城关"), ("柳林社区居委会", "柳林"),
        ("zhouvillage", "zhou"), ("村", "村"), ("市", "市"),
    ],
)  # fmt: skip
def test_the_stem_of_a_name_is_what_is_left_without_its_kind(name, stem):
    assert stem_of(fold_place_name(name)) == stem


def test_columns_that_rows_are_placed_by_are_not_reported_as_unused(office):
    report = office.import_text(teams("石桥镇,王庄村,,"), "response_teams", place_by=("乡镇", "村"))

    assert report.unused == ()


def test_an_ambiguous_name_is_not_placed_and_every_candidate_is_told(office):
    report = office.import_text(teams(",王庄村,,"), "response_teams", place_by=("乡镇", "村"))

    assert place(office) == (None, None)
    assert found_codes(report) == {2: ["place_ambiguous", "unlocated"]}
    said = report.rows[0].findings[0]
    assert said.problem("en") == (
        "'王庄村' is the name of 2 places, so the row was not placed: V1 王庄村(石桥镇); V2 王庄村(白河乡)"
    )
    assert any("V1 王庄村(石桥镇); V2 王庄村(白河乡)" in line for line in summary_lines(report, "zh"))


def test_a_name_without_its_kind_that_a_township_and_a_village_share_is_ambiguous(office):
    report = office.import_text(teams(",石桥,,"), "response_teams", place_by=("村",))

    assert "T1 石桥镇(云渡县); V3 石桥村(石桥镇)" in report.rows[0].findings[0].problem("zh")
    assert place(office) == (None, None)


def test_an_unknown_name_is_told_with_the_nearest_spellings(office):
    report = office.import_text(
        teams("石桥镇,王家庄村,,", ",柳树社区,,", ",qq,,"), "response_teams", place_by=("乡镇", "村")
    )

    assert [row.findings[0].kind.code for row in report.rows] == ["place_unknown"] * 3
    assert report.rows[0].findings[0].remedy("en").startswith("Similar names: 王庄村")
    assert report.rows[1].findings[0].remedy("zh") == "相近的名称:柳林社区"
    assert place(office) == (None, None)


def test_a_province_is_too_large_to_stand_for_a_place(office):
    report = office.import_text(teams("云州省,,,"), "response_teams", place_by=("乡镇", "村"))

    assert found_codes(report)[2] == ["place_too_coarse", "unlocated"]


def test_rows_with_coordinates_stay_where_they_are_and_without_the_option_nothing_is_placed(office):
    text = teams("石桥镇,王庄村,111.3,31.12", "石桥镇,王庄村,,")

    report = office.import_text(text, "response_teams")
    assert (place(office, "D1")[0], place(office, "D2")[0]) == ((111.3, 31.12), None)
    assert report.counts.unlocated == 1
    office.import_text(text, "response_teams", place_by=("乡镇", "村"))
    assert place(office, "D1") == ((111.3, 31.12), None)
    assert place(office, "D2") == ((111.05, 31.05), "village")


def test_a_known_place_is_never_moved_to_that_of_a_name(office):
    office.import_text(teams("石桥镇,王庄村,111.3,31.12"), "response_teams")

    report = office.import_text(teams("石桥镇,王庄村,,"), "response_teams", place_by=("乡镇", "村"))

    assert place(office) == ((111.3, 31.12), None)
    assert "stored_place_kept" in found_codes(report)[2]
    assert report.counts.unchanged == 1


def test_a_better_name_moves_what_a_name_had_placed_and_coordinates_take_the_mark_away(office):
    office.import_text(teams("石桥镇,,,"), "response_teams", place_by=("乡镇", "村"))
    office.import_text(teams("石桥镇,王庄村,,"), "response_teams", place_by=("乡镇", "村"))
    assert place(office) == ((111.05, 31.05), "village")

    office.import_text(teams("石桥镇,王庄村,111.051,31.052"), "response_teams")

    assert place(office) == ((111.051, 31.052), None)


def test_a_name_that_moved_nothing_is_not_remembered_as_what_the_file_said_of_the_place(office):
    named = teams("石桥镇,,,")
    office.import_text(named, "response_teams", place_by=("乡镇",))
    office.import_text(teams(",,111.02,31.03"), "response_teams")
    again = office.import_text(named, "response_teams", place_by=("乡镇",))

    newer = office.import_text(teams(",,111.04,31.05"), "response_teams")

    assert found_codes(again) == {2: ["placed_by_name", "stored_place_kept"]}
    assert newer.counts.warned == 0
    assert place(office) == ((111.04, 31.05), None)


def test_fields_may_be_named_in_place_of_columns_and_unknown_ones_are_refused(office):
    text = "编号,名称,地址\nD1,队,白河乡王庄村\n"

    office.import_text(text, "response_teams", place_by=("address",))
    assert place(office)[0] == (111.35, 31.05)
    with pytest.raises(UsageError, match="The file has no column 'village'"):
        office.import_text(text, "response_teams", place_by=("village",))
    with pytest.raises(UsageError, match="takes no points"):
        office.import_text("编号,名称,级别\nD1,x,county\n", "districts", place_by=("名称",))


def test_without_districts_and_villages_that_is_said(tmp_path, definitions):
    office = Office(tmp_path, definitions)

    report = office.import_text(teams("石桥镇,王庄村,,"), "response_teams", place_by=("乡镇", "村"))

    assert "no_named_places" in [note.kind.code for note in report.notes]


def test_the_order_of_rows_changes_nothing(office):
    rows = ["石桥镇,王庄村,,", ",王庄村,,", "白河乡,,,", ",不知道,,"]
    office.import_text(teams(*rows), "response_teams", place_by=("乡镇", "村"))
    there = [place(office, f"D{n}") for n in (1, 2, 3, 4)]
    heads, *lines = teams(*rows).splitlines()

    office.import_text("\n".join([heads, *reversed(lines)]), "response_teams", place_by=("乡镇", "村"))

    assert [place(office, f"D{n}") for n in (1, 2, 3, 4)] == there


def test_refused_rows_carry_the_names_to_place_by(office, tmp_path):
    from geo_ems.services.import_workbook import write_refused_xlsx

    text = "编号,名称,乡镇,村,人数\nD1,队,石桥镇,王庄村,约十\n"
    path = tmp_path / "refused.xlsx"
    write_refused_xlsx(office.import_text(text, "response_teams", place_by=("乡镇", "村")), path)
    book = openpyxl.load_workbook(path)
    book.active.cell(2, [cell.value for cell in book.active[1]].index("人数") + 1).value = 10
    book.save(path)

    office.import_path(path, "response_teams")

    assert place(office) == ((111.05, 31.05), "village")


def test_a_precision_column_of_the_file_is_taken(office):
    office.import_text("编号,名称,经度,纬度,位置精度\nD1,队,111.1,31.1,实测\n", "response_teams")

    assert place(office) == ((111.1, 31.1), "surveyed")
