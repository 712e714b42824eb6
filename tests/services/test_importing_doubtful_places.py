"""Places and rows that are taken, but that somebody should look at."""

import json

import pytest
from import_layers import DEFINITIONS, Office, field, found_codes, layer
from shapely.geometry import box

from geo_ems.errors import DataError
from geo_ems.model.definitions import GeometryKind
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.services.import_report import summary_lines

DISTRICTS = layer(
    "districts",
    [field("code", "text", "编号"), field("name", "text", "名称", required=True)],
    geometry=(GeometryKind.POLYGON,),
)
HEADER = "编号,名称,状态,经度,纬度\n"


@pytest.fixture
def office(tmp_path):
    """An office whose county reaches from 111 to 112 degrees east and from 30 to 31 degrees north."""
    office = Office(tmp_path, {**DEFINITIONS, "districts": DISTRICTS})
    county = Feature("county", box(111, 30, 112, 31), {"code": "county", "name": "county"})
    change = FeatureChange(ChangeKind.CREATE, county.id, county)
    office.store.commit(ChangeBatch("districts", (change,), "desk", "api"))
    return office


def test_a_mistyped_longitude_is_warned_of_with_the_place(office):
    report = office.import_text(HEADER + "S1,A,开放,111.25,30.5\nS2,B,开放,11.25,30.5\nS3,C,开放,112,31\n")

    assert found_codes(report) == {3: ["outside_districts"]}
    finding = report.rows[1].findings[0]
    assert finding.problem("zh") == "位于所有区划之外(经度 11.25,纬度 30.5)"
    assert finding.problem("en") == "lies outside every district (longitude 11.25, latitude 30.5)"
    assert (report.counts.taken, report.counts.warned) == (3, 1)


def test_a_file_of_one_row_is_warned_of_too(office):
    report = office.import_text(HEADER + "S2,B,开放,11.25,30.5\n")

    assert found_codes(report) == {2: ["outside_districts"]}


def test_where_most_rows_lie_outside_it_is_said_once_of_the_file(office):
    report = office.import_text(HEADER + "S1,A,开放,111.25,30.5\nS2,B,开放,13,30.5\nS3,C,开放,14,31\nS4,D,开放,,\n")

    assert found_codes(report) == {5: ["unlocated"]}
    assert [note.problem("en") for note in report.notes] == ["2 of the 3 rows with a place lie outside every district"]


def test_districts_themselves_and_a_store_without_any_are_not_compared(tmp_path):
    report = Office(tmp_path, {**DEFINITIONS, "districts": DISTRICTS}).import_text(HEADER + "S1,A,开放,1.25,30.5\n")

    assert (found_codes(report), report.notes) == ({}, ())


def test_the_same_name_within_ten_metres_in_one_file_names_the_earlier_line(office):
    rows = "S1,A,开放,111.1,30.5\nS2,B,开放,111.1,30.5\nS3,A,开放,111.10009,30.5\nS4,A,开放,111.1003,30.5\n"

    report = office.import_text(HEADER + rows)

    assert found_codes(report) == {4: ["same_name_in_file"]}  # 8.6 m; the last one lies 20 m further
    assert report.rows[2].findings[0].problem("zh") == "“A”与第 2 行同名,相距 10 米内"
    assert report.rows[2].findings[0].problem("en") == "'A' lies within 10 m of the one on line 2"


def test_the_pieces_of_one_road_are_no_twins(tmp_path):
    roads = layer(
        "roads", [field("code", "text", "编号"), field("name", "text", "名称")], geometry=(GeometryKind.LINE,)
    )
    pieces = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [[lon, 30.5], [lon + 0.00005, 30.5]]},
            "properties": {"code": f"R{lon}", "name": "村道"},
        }
        for lon in (111.1, 111.10005)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": pieces})

    report = Office(tmp_path, {"roads": roads}).import_text(text, "roads", name="roads.geojson")

    assert (report.counts.created, found_codes(report)) == (2, {})


@pytest.mark.parametrize("lat", [29.99995, 30.00005])
def test_twins_are_found_on_both_sides_of_a_band_of_latitude(office, lat):
    report = office.import_text(HEADER + f"S1,A,开放,111.1,30.0\nS2,A,开放,111.1,{lat}\n")  # 5.6 m

    assert "same_name_in_file" in found_codes(report)[3]


def test_a_file_without_a_status_column_is_told_what_that_means(office):
    office.import_text("编号,名称,经度,纬度\nS1,A,111.1,30.5\n")

    report = office.import_text("编号,名称,经度,纬度\nS1,A,111.1,30.5\nS2,B,111.2,30.5\nS3,C,111.3,30.5\n")
    again = office.import_text("编号,名称,容量\nS1,A,7\n")

    assert (
        "  没有状态列:2 处状态未知,查询时不会当作可用。请补“状态”列;您能担保的话,导入时写 --set status=…"
        in summary_lines(report, "zh")
    )
    assert [note.problem("en") for note in report.notes] == [
        "there is no column for the status: 2 have no known status and will not count as available"
    ]
    assert again.notes == ()


def test_a_file_imported_without_its_codes_is_not_taken_again_with_them(office):
    text = "no,名称,状态,经度,纬度\n1,A,开放,111.1,30.5\n2,B,开放,111.2,30.6\n"
    office.import_text(text)

    with pytest.raises(DataError, match="This file was imported before without codes") as caught:
        office.import_text(text, column_map={"code": "no"})

    assert caught.value.problem.endswith("2 of its 2 rows have the name of a feature within 10 m")
    assert caught.value.remedy == (
        "Match them by name (--key name; with --map code=COLUMN they get their codes), "
        "or add them once more (--append)."
    )
    office.import_text(text, column_map={"code": "no"}, key="name")
    assert sorted(feature.properties["code"] for feature in office.features().values()) == ["1", "2"]


def test_new_rows_near_others_of_a_like_name_are_summed_up_in_one_note(tmp_path):
    office = Office(tmp_path)
    office.import_text("编号,名称,经度,纬度\nS1,第一中学,104.1,30.5\nS2,公园,104.2,30.5\n")

    report = office.import_text(
        "编号,名称,经度,纬度\nS3,高桥镇第一中学,104.1002,30.5\nS4,第1中学,104.1003,30.5\n"
        "S5,第二中学,104.1002,30.5\nS6,公园,104.21,30.5\n"
    )

    (note,) = [note for note in report.notes if note.kind.code == "similar_names_near"]
    assert note.problem("en") == (
        "2 new rows have the same or a similar name as another feature within 50 m, such as "
        "高桥镇第一中学 (S3) – 第一中学 (S1); 第1中学 (S4) – 第一中学 (S1)"
    )
    assert note.remedy("zh") == "请核对:geo-ems duplicates shelters"
    assert office.import_text("编号,名称,经度,纬度\nS3,高桥镇第一中学,104.1002,30.5\n").notes == ()
