"""What a person corrected after an import stays when the file comes again, and is always listed."""

import pytest
from import_layers import found_codes
from kept_office import KeptOffice

from geo_ems.services.import_report import summary_lines

HEADER = "编号,名称,容量,状态,经度,纬度\n"
FIRST = HEADER + "S1,A,100,开放,104.1,30.5\nS2,B,200,,104.2,30.5\n"


@pytest.fixture
def office(tmp_path):
    kept = KeptOffice(tmp_path)
    yield kept
    kept.store.close()


def value(office, identity, name="capacity_persons"):
    return office.features()[identity].properties[name]


def test_a_correction_stays_where_the_file_says_what_it_said_and_is_listed(office):
    office.import_text(FIRST)
    office.edit("S1", capacity_persons=120)

    report = office.import_text(FIRST)

    assert value(office, "S1") == 120
    assert found_codes(report) == {2: ["correction_kept"]}
    (kept,) = report.rows[0].findings
    assert kept.problem("en") == "容量: the correction by hand '120' was kept; the file still says '100'".replace(
        "容量", "capacity persons"
    )
    assert [note.problem("zh") for note in report.notes] == ["保留了 1 条记录的 1 处人工更正(文件未改动这些值)"]
    assert (report.counts.unchanged, report.counts.warned, report.seq) == (2, 0, None)


def test_where_the_file_says_something_new_the_correction_stays_and_the_row_is_warned_with_both(office):
    office.import_text(FIRST)
    office.edit("S1", capacity_persons=120)

    report = office.import_text(FIRST.replace("A,100", "A,150"))

    assert value(office, "S1") == 120
    assert found_codes(report) == {2: ["correction_conflict"]}
    (conflict,) = report.rows[0].findings
    assert (conflict.value, dict(conflict.details)["kept"]) == ("150", "120")
    assert any("--overwrite-corrections" in line for line in summary_lines(report, "zh"))


def test_a_conflict_is_told_once_and_kept_silently_while_the_file_stays_so(office):
    office.import_text(FIRST)
    office.edit("S1", capacity_persons=120)
    new = FIRST.replace("A,100", "A,150")
    first = office.import_text(new)

    again = office.import_text(new)

    assert first.seq is not None  # what the file said is remembered, though nothing of the feature changed
    assert (found_codes(again), again.seq) == ({2: ["correction_kept"]}, None)


def test_overwriting_takes_the_file_and_lists_what_was_lost(office):
    office.import_text(FIRST)
    office.edit("S1", capacity_persons=120, name="第一")

    report = office.import_text(FIRST, overwrite_corrections=True)

    assert (value(office, "S1"), value(office, "S1", "name")) == (100, "A")
    assert sorted(dict(finding.details)["kept"] for finding in report.rows[0].findings) == ["120", "第一"]
    assert found_codes(report) == {2: ["correction_overwritten"] * 2}
    assert found_codes(office.import_text(FIRST)) == {}


def test_a_file_that_comes_to_say_what_was_corrected_ends_the_correction(office):
    office.import_text(FIRST)
    office.edit("S1", capacity_persons=120)
    office.import_text(FIRST.replace("A,100", "A,120"))

    report = office.import_text(FIRST.replace("A,100", "A,130"))

    assert value(office, "S1") == 130
    assert found_codes(report) == {}


def test_a_corrected_place_does_not_jump_back(office):
    office.import_text(FIRST)
    office.edit("S1", place=(104.15, 30.55))

    same = office.import_text(FIRST)
    moved = office.import_text(FIRST.replace("104.1,30.5", "104.3,30.5"))

    assert office.features()["S1"].geometry.coords[0] == (104.15, 30.55)
    assert found_codes(same) == {2: ["correction_kept"]}
    assert found_codes(moved) == {2: ["correction_conflict"]}
    office.import_text(FIRST.replace("104.1,30.5", "104.3,30.5"), overwrite_corrections=True)
    assert office.features()["S1"].geometry.coords[0] == (104.3, 30.5)


def test_a_value_that_was_cleared_or_filled_by_hand_is_a_correction_too(office):
    office.import_text(HEADER + "S1,A,100,,104.1,30.5\nS2,B,,,104.2,30.5\n")
    office.edit("S1", capacity_persons=None)
    office.edit("S2", capacity_persons=80)

    report = office.import_text(HEADER + "S1,A,100,,104.1,30.5\nS2,B,,,104.2,30.5\n")

    assert (value(office, "S1"), value(office, "S2")) == (None, 80)
    assert found_codes(report) == {2: ["correction_kept"], 3: ["correction_kept"]}


def test_what_nobody_corrected_follows_the_file(office):
    office.import_text(FIRST)
    office.edit("S1", remarks="看过")

    report = office.import_text(FIRST.replace("A,100", "A,150").replace("B,200", "B,"))

    assert (value(office, "S1"), value(office, "S2"), value(office, "S1", "remarks")) == (150, None, "看过")
    assert found_codes(report) == {}


def test_a_field_that_no_file_named_yet_and_a_person_filled_is_kept(office):
    office.import_text(FIRST)
    office.edit("S1", remarks="地下室进水")

    report = office.import_text("编号,名称,备注\nS1,A,无\nS2,B,好\n")

    assert (value(office, "S1", "remarks"), value(office, "S2", "remarks")) == ("地下室进水", "好")
    assert found_codes(report) == {2: ["correction_conflict"]}


def test_a_default_is_no_correction(office):
    office.import_text(FIRST)

    report = office.import_text("编号,名称,类型\nS1,A,公园\nS2,B,\n".replace("公园", "公园、广场"))

    assert [value(office, i, "kind") for i in ("S1", "S2")] == ["park_square", "school"]
    assert found_codes(report) == {}


def test_a_feature_added_by_hand_keeps_its_values_and_takes_what_it_lacks(office):
    office.add("S1", place=(104.0, 30.0), name="临时点", phone="1")

    report = office.import_text(FIRST)

    assert (value(office, "S1", "name"), value(office, "S1")) == ("临时点", 100)
    assert found_codes(report) == {2: ["correction_conflict"] * 2}


def test_what_a_file_does_not_name_is_remembered_from_the_one_before(office):
    office.import_text(FIRST)
    office.edit("S1", capacity_persons=120)
    office.import_text("编号,名称\nS1,A\nS2,B2\n")

    report = office.import_text(FIRST.replace("S2,B,", "S2,B2,"))

    assert found_codes(report) == {2: ["correction_kept"]}


def test_a_live_value_overwritten_by_wish_is_listed(office):
    office.import_text(FIRST)
    office.edit("S1", status="full")

    report = office.import_text(FIRST, update_live=True)

    assert value(office, "S1", "status") == "open"
    assert found_codes(report) == {2: ["correction_overwritten"]}
    assert dict(report.rows[0].findings[0].details)["kept"] == "已满 full"


def test_a_feature_deleted_by_hand_comes_back_with_a_warning(office):
    office.import_text(FIRST)
    office.delete("S1")

    report = office.import_text(FIRST)

    assert sorted(office.features()) == ["S1", "S2"]
    assert found_codes(report) == {2: ["deleted_since"]}


def test_corrections_are_known_after_a_restart_and_to_edits_by_another_program(office):
    import sqlite3

    office.import_text(FIRST)
    office.store.close()
    with sqlite3.connect(office.path) as qgis:
        qgis.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            qgis.create_function(name, 1, lambda _: 0.0)
        qgis.execute("UPDATE shelters SET capacity_persons = 99 WHERE id = 'S1'")
    qgis.close()
    office.reopen()

    report = office.import_text(FIRST)

    assert value(office, "S1") == 99
    assert found_codes(report) == {2: ["correction_kept"]}


def test_corrected_stock_stays_unless_the_file_is_preferred(office):
    office.import_text("编号,名称\nD1,县库\n", "supply_depots")
    stock = "编号,物资名称,数量\nD1,帐篷,50\nD1,棉被,20\n"
    office.import_text(stock, "supply_depots.stock")
    by_hand = {"stock": ({"item": "tent", "quantity": 45.0}, {"item": "quilt", "quantity": 20.0})}
    office.edit("D1", "supply_depots", children=by_hand)

    same = office.import_text(stock, "supply_depots.stock")
    new = office.import_text(stock.replace("50", "60"), "supply_depots.stock")

    def tents():
        return office.features("supply_depots")["D1"].children["stock"][0]["quantity"]

    assert [note.kind.code for note in same.notes] == ["children_correction_kept"]
    assert [note.kind.code for note in new.notes] == ["children_correction_conflict"]
    assert tents() == 45.0
    last = office.import_text(stock, "supply_depots.stock", overwrite_corrections=True)
    assert [note.kind.code for note in last.notes] == ["children_correction_overwritten"]
    assert tents() == 50.0
