"""A full register: what it names no more is retired, never silently and never too much."""

from dataclasses import replace

import pytest
from import_layers import TEAMS, found_codes
from kept_office import LAYERS, RETIRING_SHELTERS, KeptOffice

from geo_ems.errors import UsageError
from geo_ems.model.definitions import Availability
from geo_ems.services.import_report import report_mapping, summary_lines

HEADER = "编号,名称,容量,状态,经度,纬度\n"
ROWS = [f"S{n},名{n},{n}00,开放,104.{n},30.5\n" for n in range(1, 6)]
FULL = HEADER + "".join(ROWS)


@pytest.fixture
def office(tmp_path):
    kept = KeptOffice(tmp_path)
    yield kept
    kept.store.close()


def statuses(office):
    return {identity: feature.properties["status"] for identity, feature in office.features().items()}


def test_what_a_full_register_names_no_more_gets_the_status_of_what_is_gone(office):
    office.import_text(FULL)

    report = office.import_text(HEADER + "".join(ROWS[:3]), retire_missing=True)

    assert [(item.id, item.name, item.status) for item in report.retired] == [
        ("S4", "名4", "closed"),
        ("S5", "名5", "closed"),
    ]
    assert statuses(office) == {"S1": "open", "S2": "open", "S3": "open", "S4": "closed", "S5": "closed"}
    assert report_mapping(report)["retired"][0] == {"id": "S4", "name": "名4", "status": "closed"}
    assert "    S5 名5" in summary_lines(report, "zh")


def test_a_layer_without_such_a_status_loses_them_and_gets_them_back_with_their_stock(office):
    office.import_text("编号,名称\nD1,县库\nD2,乡点\n", "supply_depots")
    office.import_text("编号,物资名称,数量\nD2,帐篷,50\n", "supply_depots.stock")
    before = office.state()

    report = office.import_text("编号,名称\nD1,县库\n", "supply_depots", retire_missing=True)

    assert [(item.id, item.status) for item in report.retired] == [("D2", None)]
    assert sorted(office.features("supply_depots")) == ["D1"]
    office.revert(report.seq)
    assert office.state() == before


def test_a_retired_one_that_is_named_again_is_back_with_the_status_it_had(office):
    office.import_text(FULL)
    office.edit("S5", status="full")
    office.import_text(HEADER + "".join(ROWS[:4]), retire_missing=True)
    assert statuses(office)["S5"] == "closed"

    report = office.import_text("编号,名称\nS5,名5\n")

    assert statuses(office)["S5"] == "full"
    assert found_codes(report) == {2: ["returned"]}


def test_a_deleted_one_that_is_named_again_is_back_with_its_stock(office):
    office.import_text("编号,名称\nD1,县库\nD2,乡点\n", "supply_depots")
    office.import_text("编号,物资名称,数量\nD2,帐篷,50\n", "supply_depots.stock")
    office.import_text("编号,名称\nD1,县库\n", "supply_depots", retire_missing=True)

    report = office.import_text("编号,名称\nD1,县库\nD2,乡镇点\n", "supply_depots")

    depot = office.features("supply_depots")["D2"]
    assert (depot.properties["name"], len(depot.children["stock"])) == ("乡镇点", 1)
    assert found_codes(report)[3] == ["unlocated", "returned"]


def test_a_refused_row_counts_as_present_by_code_or_by_name(office):
    office.import_text(FULL)

    report = office.import_text(
        HEADER + ROWS[0] + ROWS[1] + ROWS[2] + "S4,名4,很多,,,\n,名5,很多,,,\n", retire_missing=True
    )

    assert report.counts.refused == 2
    assert report.retired == ()
    assert statuses(office)["S4"] == "open"


def test_with_a_row_that_cannot_be_recognised_nothing_is_retired(office):
    office.import_text(FULL)

    report = office.import_text(HEADER + "".join(ROWS[:3]) + ",,5,,,\n", retire_missing=True)

    assert report.retired == ()
    assert [note.kind.code for note in report.notes] == ["retired_not_keyed"]
    assert report.notes[0].problem("en").startswith("1 rows have neither code nor name (5)")


def test_more_than_half_is_refused_whole_with_the_list_unless_confirmed(office):
    office.import_text(FULL)
    few = HEADER + ROWS[0].replace("100", "111") + ROWS[1]

    refused = office.import_text(few, retire_missing=True)

    assert (refused.rejected, refused.seq, len(refused.retired)) == (True, None, 3)
    assert "--retire-at-most 3" in refused.notes[-1].remedy("en")
    assert office.features()["S1"].properties["capacity_persons"] == 100
    assert len(office.import_text(few, retire_missing=True, retire_at_most="3").retired) == 3
    assert office.features()["S1"].properties["capacity_persons"] == 111


@pytest.mark.parametrize("limit", ["", "x", "-1", "101%", "1.5", "%"])
def test_a_limit_that_is_none_is_refused(office, limit):
    office.import_text(FULL)

    with pytest.raises(UsageError, match="is no limit"):
        office.import_text(HEADER + ROWS[0], retire_missing=True, retire_at_most=limit)


def test_what_was_added_by_hand_is_not_retired_but_told(office):
    office.import_text(FULL)
    office.add("H1", name="临时点")

    report = office.import_text(FULL, retire_missing=True)

    assert report.retired == ()
    assert [note.problem("en") for note in report.notes] == [
        "1 features were added by hand and are not in the file; they were not retired: H1"
    ]


def test_who_is_on_the_way_or_houses_people_is_not_retired(tmp_path):
    status = TEAMS.fields["status"]
    ordered = replace(status.codes["ordered"], availability=Availability.COMMITTED)
    teams = replace(
        TEAMS, fields={**TEAMS.fields, "status": replace(status, codes={**status.codes, "ordered": ordered})}
    )
    shelters = RETIRING_SHELTERS  # how many it takes stands for how many are in it
    office = KeptOffice(tmp_path, {**LAYERS, "response_teams": teams, "shelters": shelters})
    office.import_text("编号,名称,状态\nT1,一队,待命\nT2,二队,待命\nT3,三队,待命\n", "response_teams")
    office.edit("T3", "response_teams", status="ordered")
    office.import_text(HEADER + "S1,A,,,,\nS2,B,20,,,\n")

    report = office.import_text("编号,名称\nT1,一队\n", "response_teams", retire_missing=True)
    housed = office.import_text("编号,名称\nS1,A\n", retire_missing=True)

    assert [item.id for item in report.retired] == ["T2"]
    assert [note.problem("en") for note in report.notes] == ["'三队' (T3) is in use and was not retired"]
    assert [note.kind.code for note in housed.notes] == ["no_status_column", "retired_in_use"][1:]
    office.store.close()


def test_what_is_retired_already_is_not_retired_again(office):
    office.import_text(FULL)
    three = HEADER + "".join(ROWS[:3])
    office.import_text(three, retire_missing=True)

    again = office.import_text(three, retire_missing=True)

    assert (again.retired, again.seq) == ((), None)


def test_a_dry_run_lists_and_stores_nothing(office):
    office.import_text(FULL)

    report = office.import_text(HEADER + "".join(ROWS[:3]), retire_missing=True, dry_run=True)

    assert [item.id for item in report.retired] == ["S4", "S5"]
    assert set(statuses(office).values()) == {"open"}


@pytest.mark.parametrize(
    ("text", "layer", "options", "problem"),
    [
        pytest.param("名称\nA\n", "shelters", {}, "can only be told by codes", id="no codes"),
        pytest.param(FULL, "shelters", {"append": True}, "full register or something to add", id="append"),
        pytest.param("编号,物资名称,数量\nD1,帐篷,1\n", "supply_depots.stock", {}, "child table", id="child"),
    ],
)
def test_a_file_that_cannot_be_a_full_register_is_refused(office, text, layer, options, problem):
    with pytest.raises(UsageError, match=problem):
        office.import_text(text, layer, retire_missing=True, **options)


def test_in_a_rejected_file_nothing_is_retired(office):
    office.import_text(FULL)

    report = office.import_text(
        HEADER + ROWS[0] + ROWS[1] + ROWS[2] + "S4,名4,x,,,\n", retire_missing=True, on_error="reject-file"
    )

    assert report.rejected
    assert statuses(office)["S5"] == "open"
