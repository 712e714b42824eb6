import json

import openpyxl
import pytest
from import_layers import DEFINITIONS, SHELTERS, Office, found_codes

from geo_ems.errors import ConflictError, DataError, NotFoundError, UsageError
from geo_ems.formats.raw import FileFormat
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.features import ChangeBatch, ChangeKind, FeatureChange
from geo_ems.services.import_report import report_mapping, summary_lines
from geo_ems.services.import_workbook import write_refused_xlsx

HEADER = "编号,名称,容量,状态,经度,纬度\n"


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def change(office, identity, **properties):
    """Change a shelter as a dispatcher would."""
    feature = office.features()[identity]
    changed = feature.__class__(identity, feature.geometry, {**feature.properties, **properties}, feature.children)
    office.store.commit(ChangeBatch("shelters", (FeatureChange(ChangeKind.REPLACE, identity, changed),), "desk", "api"))


def test_rows_are_stored_under_their_codes(office):
    report = office.import_text(HEADER + "S1,第一中学,300,开放,104.1,30.5\nS2,体育场,,,,\n")

    first, second = office.features()["S1"], office.features()["S2"]
    assert (first.geometry.x, first.geometry.y) == (104.1, 30.5)
    assert {name: value for name, value in first.properties.items() if value is not None} == {
        "code": "S1",
        "name": "第一中学",
        "capacity_persons": 300,
        "status": "open",
        "kind": "school",
    }
    assert second.geometry is None
    assert second.properties["capacity_persons"] is None
    assert (report.counts.taken, report.counts.created, report.counts.unlocated) == (2, 2, 1)
    assert found_codes(report) == {3: ["unlocated"]}


def test_one_file_is_one_transaction_whose_note_tells_the_file(office):
    report = office.import_text(HEADER + "S1,A,1,,104.1,30.5\nS2,B,x,,104.2,30.5\n", name="避难场所.csv")

    (batch,) = office.store.batches
    note = json.loads(batch.note)
    assert (batch.bulk, batch.origin, batch.principal) == (True, "import", "local")
    assert (note["file"], note["sha256"]) == ("避难场所.csv", report.sha256)
    assert (note["created"], note["refused"]) == (1, 1)
    assert report.seq == office.store.describe().seq


def test_importing_again_by_code_updates_and_leaves_the_rest_alone(office):
    office.import_text(HEADER + "S1,A,100,,104.1,30.5\nS2,B,200,,104.2,30.5\n")

    report = office.import_text("编号,名称,容量\nS1,A,150\nS2,B,200\nS3,C,300\n")

    counts = report.counts
    assert (counts.created, counts.updated, counts.unchanged) == (1, 1, 1)
    assert [c.id for c in office.store.batches[-1].changes] == ["S1", "S3"]
    assert office.features()["S1"].properties["capacity_persons"] == 150
    assert office.features()["S1"].geometry.x == 104.1


def test_the_same_file_again_writes_nothing(office):
    text = HEADER + "S1,A,100,开放,104.1,30.5\n"
    office.import_text(text)

    report = office.import_text(text)

    assert report.seq is None
    assert report.counts.unchanged == 1
    assert len(office.store.batches) == 1


def test_an_update_is_conditional_on_what_was_read(office, monkeypatch):
    office.import_text(HEADER + "S1,A,100,,104.1,30.5\n")
    read_rows = office.store.read_rows

    def read_then_somebody_else_writes(layer, ids):
        features = read_rows(layer, ids)
        monkeypatch.setattr(office.store, "read_rows", read_rows)
        change(office, "S1", name="B")
        return features

    monkeypatch.setattr(office.store, "read_rows", read_then_somebody_else_writes)

    with pytest.raises(ConflictError):
        office.import_text(HEADER + "S1,A,101,,104.1,30.5\n")


def test_a_code_twice_in_a_file_refuses_the_second_naming_the_first(office):
    report = office.import_text("编号,名称\nS1,A\nS2,B\n S1 ,C\n")

    assert report.counts.refused == 1
    assert report.rows[2].findings[-1].problem("en") == "'S1' is already on line 2"
    assert office.features()["S1"].properties["name"] == "A"


@pytest.mark.parametrize("code", ["a/b", "x" * 101, ".."])
def test_a_code_that_cannot_be_an_id_is_refused(office, code):
    report = office.import_text(f"编号,名称\n{code},A\nS2,B\n")

    assert report.counts.refused == 1


def test_a_row_without_code_in_a_file_with_codes_is_taken_with_a_warning(office):
    report = office.import_text("编号,名称\nS1,A\n,B\n")

    assert found_codes(report)[3][-1] == "key_missing"
    assert sorted(office.features()) == ["S1", "X001"]


def test_an_id_that_another_feature_has_is_not_given_twice(office):
    office.import_text("编号,名称\nS1,A\n")
    change(office, "S1", code="S9")

    report = office.import_text("编号,名称\nS1,B\nS9,A2\n")

    assert [row.id for row in report.rows] == ["X001", "S1"]
    assert office.features()["S1"].properties["name"] == "A2"


def test_another_key_may_be_named_by_field_or_by_column(office):
    office.import_text("名称,容量\nA,1\nB,2\n", key="name")
    office.import_text("名称,容量\nA,5\nB,2\n", key="name")
    office.import_text("no,名称\n7,C\n", key="no")

    assert {i: f.properties.get("capacity_persons") for i, f in office.features().items()} == {
        "A": 5,
        "B": 2,
        "7": None,
    }


def test_a_file_without_codes_is_not_taken_twice_unless_asked(office):
    text = "名称,经度,纬度\nA,104.1,30.5\nB,104.2,30.6\n"
    office.import_text(text)

    with pytest.raises(DataError, match="This file was imported before"):
        office.import_text(text)
    office.import_text(text, append=True)

    assert len(office.features()) == 4


def test_the_same_rows_in_another_file_without_codes_are_not_taken_twice(office):
    office.import_text("名称,经度,纬度\nA,104.1,30.5\nB,104.2,30.6\n")

    with pytest.raises(DataError, match="All 2 rows have the name and place of a feature of shelters") as caught:
        office.import_text("名称,经度,纬度\nB,104.20001,30.6\nA,104.1,30.5\n")

    assert "--append" in caught.value.remedy


def test_a_row_that_stands_twice_in_a_file_is_pointed_out(office):
    twice = office.import_text("名称,经度,纬度\nA,104.1,30.5\nB,104.1,30.5\nA,104.1,30.5\nC,,\nC,,\n")
    assert found_codes(twice) == {4: ["same_name_in_file"], 5: ["unlocated"], 6: ["unlocated"]}

    coded = office.import_text("编号,名称,经度,纬度\nS1,D,104.1,30.5\nS2,D,104.1,30.5\n")
    assert found_codes(coded) == {3: ["same_name_in_file"]}


def test_a_twin_within_ten_metres_is_pointed_out(office):
    office.import_text("名称,经度,纬度\nA,104.1,30.5\n")

    report = office.import_text("名称,经度,纬度\nA,104.10009,30.5\nA,104.1002,30.5\nB,104.1,30.5\n")

    assert found_codes(report) == {2: ["same_name_near"]}  # 8.6 m; the next lies 19 m away


def test_states_that_are_known_are_kept_unless_asked(office):
    office.import_text(HEADER + "S1,A,100,开放,104.1,30.5\nS2,B,100,,104.1,30.6\n")
    change(office, "S1", status="full")

    report = office.import_text(HEADER + "S1,A,120,关闭,104.1,30.5\nS2,B,100,关闭,104.1,30.6\n")

    assert office.features()["S1"].properties["status"] == "full"
    assert office.features()["S1"].properties["capacity_persons"] == 120
    assert office.features()["S2"].properties["status"] == "closed"
    assert found_codes(report) == {2: ["live_value_kept"]}

    office.import_text(HEADER + "S1,A,120,关闭,104.1,30.5\n", update_live=True)
    assert office.features()["S1"].properties["status"] == "closed"


def test_positions_of_teams_are_kept_too(office):
    head = "编号,名称,经度,纬度,定位方式,实时经度,实时纬度,定位时间\n"
    office.import_text(head + "T1,A,104.1,30.5,实时,104.2,30.6,2026-02-01 08:00\n", "response_teams")

    report = office.import_text(head + "T1,A,104.1,30.5,驻地,1,2,2025-01-01 00:00\n", "response_teams")

    assert report.counts.unchanged == 1
    assert found_codes(report) == {2: ["live_value_kept"] * 4}


def test_a_blank_cell_clears_a_value_but_never_a_state(office):
    office.import_text(HEADER + "S1,A,100,开放,104.1,30.5\n")

    office.import_text(HEADER + "S1,A,,,104.1,30.5\n")

    assert office.features()["S1"].properties["capacity_persons"] is None
    assert office.features()["S1"].properties["status"] == "open"


@pytest.mark.parametrize("again", [HEADER + "S1,A,101,,,\n", "编号,名称,容量\nS1,A,101\n"])
def test_a_file_without_coordinates_keeps_the_place_that_is_known_and_does_not_warn(office, again):
    office.import_text(HEADER + "S1,A,100,,104.1,30.5\n")

    report = office.import_text(again)

    assert found_codes(report) == {}
    assert office.features()["S1"].geometry.x == 104.1


def test_a_dry_run_reports_and_stores_nothing(office):
    report = office.import_text(HEADER + "S1,A,100,,104.1,30.5\n", dry_run=True)

    assert (report.counts.created, report.seq) == (1, None)
    assert office.features() == {}


def test_a_file_can_be_turned_down_as_a_whole(office):
    report = office.import_text("编号,名称,容量\nS1,A,1\nS2,B,x\n", on_error="reject-file")

    assert (report.rejected, report.seq, report.counts.refused) == (True, None, 1)
    assert office.features() == {}


def test_times_without_zone_are_said_once(office):
    report = office.import_text("编号,名称,更新时间,状态\nS1,A,2026-02-01 08:00,开放\nS2,B,2026-02-01 09:00,开放\n")

    assert [note.problem("en") for note in report.notes] == ["times without an offset were read in Asia/Shanghai"]
    assert office.features()["S2"].properties["updated_at"] == "2026-02-01T01:00:00Z"


def test_yes_no_columns_become_codes_and_limits(office):
    office.import_text("编号,名称,flood_L1,地震\nS1,A,○,△\nS2,B,×,\nS3,C,△,1\n")

    suitable = {
        i: (f.properties["suitable_for"], f.properties["suitable_with_limits"]) for i, f in office.features().items()
    }
    assert suitable == {
        "S1": (("flood",), ("earthquake",)),
        "S2": ((), ()),
        "S3": (("earthquake",), ("flood",)),
    }


def test_yes_outweighs_with_limits_where_two_columns_stand_for_one_code(office):
    office.import_text("编号,名称,flood_L1,洪水\nS1,A,○,△\n")

    properties = office.features()["S1"].properties
    assert (properties["suitable_for"], properties["suitable_with_limits"]) == (("flood",), ())


def test_a_yes_no_cell_that_says_neither_refuses_the_row(office):
    report = office.import_text("编号,名称,flood_L1\nS1,A,maybe\n")

    assert found_codes(report)[2] == ["unknown_flag", "unlocated"]


def test_units_are_converted_and_said(office):
    report = office.import_text("编号,名称,有效面积(公顷),状态\nS1,A,1.5,开放\n")

    assert office.features()["S1"].properties["usable_area_m2"] == 15_000.0
    assert report.columns[2].factor == 10_000.0
    assert [note.problem("en") for note in report.notes] == [
        "column '有效面积(公顷)' was converted from 公顷 to 平方米"
    ]


def test_geojson_is_imported_with_its_geometries(office):
    square = {"type": "Polygon", "coordinates": [[[104, 30], [105, 30], [105, 31], [104, 30]]]}
    feature = {"type": "Feature", "geometry": square, "properties": {"code": "S1", "name": "A"}}

    report = office.import_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), name="a.geojson")

    assert report.format is FileFormat.GEOJSON
    assert office.features()["S1"].geometry.geom_type == "Polygon"


def test_who_may_not_import_is_told_so(office):
    reader = Caller("viewer", frozenset({Permission.READ}))
    confined = Caller("township", frozenset(Permission), areas=("610502",))

    for caller in (reader, confined):
        with pytest.raises(UsageError, match=r"may not import|end at some districts"):
            office.import_text("编号,名称\nS1,A\n", caller=caller)


def test_a_layer_or_child_that_does_not_exist_lists_those_that_do(office):
    with pytest.raises(
        NotFoundError, match=r"There is no layer 'shelter'. Known: response_teams, shelters, supply_depots."
    ):
        office.import_text("编号,名称\nS1,A\n", "shelter")
    with pytest.raises(NotFoundError, match=r"There is no child table 'stok'. Known: stock."):
        office.import_text("编号,名称\nS1,A\n", "supply_depots.stok")


def test_the_summary_says_what_a_person_needs_in_both_languages(office):
    report = office.import_text(HEADER + "S1,A,1.2k,,104.1,30.5\nS2,B,,,,\n合计,,,,,\n", name="shelters.csv")

    assert summary_lines(report, "en") == (
        "shelters.csv → shelters: 1 rows taken (1 new, 0 updated, 0 unchanged), 1 refused; "  # noqa: ISC004 - one line
        "0 repaired, 1 with warnings, 1 without a place",
        "  line 4: is a row of totals ('合计'), left out",
        "  line 2: column '容量', '1.2k' is not a number. Write digits only, such as 1200, without unit or remark",
        "  line 3: has no coordinates: kept, but not on the map. "  # noqa: ISC004 - one line
        "Add longitude and latitude, or use --place-by township,village",
    )
    assert summary_lines(report, "zh") == (
        "shelters.csv → 避难场所:收下 1 行(新增 1,更新 0,未变 0),拒绝 1 行;修正 0,警告 1,无坐标 1",
        "  第 4 行:合计行“合计”,未导入",
        "  第 2 行:列“容量”,“1.2k”不是数字。只写数字,如 1200,不带单位和说明",
        "  第 3 行:没有坐标,已保留但不在图上。请补经纬度,或用 --place-by 乡镇,村",
    )


def test_the_report_is_plain_json_with_every_row(office):
    report = office.import_text(HEADER + "S1,A,1.2k,,104.1,30.5\nS2,B,7,,104.1,30.6\n")

    content = json.loads(json.dumps(report_mapping(report)))

    assert content["counts"]["rows"] == 2
    assert [(row["line"], row["grade"], row["action"], row["id"]) for row in content["rows"]] == [
        (2, "refused", "refused", None),
        (3, "taken", "created", "S2"),
    ]
    assert content["rows"][0]["messages"][0]["field"] == "capacity_persons"
    assert content["columns"][0] == {"column": "编号", "field": "code", "unit": None, "factor": 1.0, "code": None}


def test_refused_rows_come_back_in_their_own_columns_and_can_be_imported_once_corrected(office, tmp_path):
    report = office.import_text("编号,名称,容量,备注\nS1,A,1.2k,=1+1\nS2,B,7,\n")
    path = tmp_path / "refused.xlsx"

    write_refused_xlsx(report, path)

    sheet = openpyxl.load_workbook(path).active
    rows = [[cell.value for cell in row] for row in sheet.rows]
    assert rows[0] == ["编号", "名称", "容量", "备注", "问题", "建议", "原行号"]
    assert rows[1][:5] == ["S1", "A", "1.2k", "=1+1", "容量: “1.2k”不是数字"]
    assert len(rows) == 2
    sheet["C2"] = 1200
    book = sheet.parent
    book.save(path)
    assert office.import_path(path).counts.created == 1
    assert office.features()["S1"].properties["remarks"] == "=1+1"


def test_columns_that_nothing_is_made_of_are_listed(office):
    report = office.import_text("编号,名称,心情\nS1,A,好\n")

    assert [(column, reason.zh) for column, reason in report.unused] == [("心情", "未识别")]


def test_defaults_are_for_new_features_only(office):
    office.import_text("编号,名称,类型\nS1,A,公园、广场\n")
    office.import_text("编号,名称\nS1,A\nS2,B\n")

    assert {i: f.properties["kind"] for i, f in office.features().items()} == {"S1": "park_square", "S2": "school"}


def test_the_fixture_layers_are_those_the_store_knows(office):
    assert set(office.store.describe().layers) == set(DEFINITIONS)
    assert SHELTERS.key == "code"


def test_a_new_code_that_is_a_known_one_written_differently_is_pointed_out(office):
    office.import_text("编号,名称,经度,纬度\nS-01,一,104.1,30.5\n")

    report = office.import_text(
        "编号,名称,经度,纬度\nＳ０１,甲,104.2,30.5\ns1,乙,104.3,30.5\nS-01,一,104.1,30.5\nS10,丙,104.4,30.5\n"
    )

    assert found_codes(report) == {2: ["code_alike"], 3: ["code_alike"]}
    assert report.counts.created == 3


def test_a_row_whose_permanent_id_is_that_of_another_is_pointed_out(office):
    office.import_text("编号,名称,经度,纬度\nS1,一,104.1,30.5\nS2,二,104.2,30.5\n")

    report = office.import_text(
        "永久编号,编号,名称,经度,纬度\nS1,S9,九,104.9,30.5\nS1,S2,二,104.2,30.5\nX7,S1,一,104.1,30.5\n"
    )

    assert found_codes(report) == {2: ["id_of_another"], 3: ["id_of_another"]}
