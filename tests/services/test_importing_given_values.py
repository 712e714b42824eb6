"""A register without states may be imported as open by somebody who vouches for it."""

from pathlib import Path

import pytest
from import_layers import Office, codes, field, found_codes, layer

from geo_ems.errors import DataError, NotFoundError, UsageError

ROWS = "编号,名称,状态,经度,纬度\nS1,A,,104.1,30.5\nS2,B,关闭,104.2,30.6\n"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_empty_cells_take_the_given_value_and_written_ones_stay(office: Office) -> None:
    report = office.import_text(ROWS, given={"status": "开放"})
    stored = {feature.id: feature.properties["status"] for feature in office.store.read_rows("shelters", ["S1", "S2"])}
    assert stored == {"S1": "open", "S2": "closed"}
    assert [note.kind.code for note in report.notes] == ["given_value"]
    assert found_codes(report) == {}


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        pytest.param({"state": "open"}, NotFoundError, "There is no field 'state'", id="unknown field"),
        pytest.param({"status": "maybe"}, UsageError, "maybe", id="unknown code"),
        pytest.param({"code": "S9"}, UsageError, "cannot be given for a whole file", id="the key"),
    ],
)
def test_a_given_value_that_does_not_fit_is_refused(
    office: Office, given: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as caught:
        office.import_text(ROWS, given=given)
    assert said in str(caught.value)


MARKS = layer(
    "hazard_points",
    [
        field("code", "text", "编号"),
        field("name", "text", "名称", required=True),
        field("kind", "code", "隐患类别", required=True, codes=codes(geological="地质灾害", fire="火灾")),
    ],
    zh="隐患点",
)


@pytest.fixture
def marks_office(tmp_path: Path) -> Office:
    return Office(tmp_path, {"hazard_points": MARKS})


def test_a_required_field_that_the_file_lacks_may_be_given(marks_office: Office) -> None:
    """Marks made on a phone have a name and a place; what they are is known to the one who imports them."""
    marks = "编号,名称,经度,纬度\nH1,后山滑坡,104.1,30.5\n"
    report = marks_office.import_text(marks, "hazard_points", given={"kind": "地质灾害"})
    assert found_codes(report) == {}
    assert marks_office.store.read_rows("hazard_points", ["H1"])[0].properties["kind"] == "geological"


def test_empty_cells_of_a_required_field_take_the_given_value_and_wrong_ones_are_refused(marks_office: Office) -> None:
    marks = "编号,名称,隐患类别,经度,纬度\nH1,A,,104.1,30.5\nH2,B,不知道,104.2,30.6\n"
    report = marks_office.import_text(marks, "hazard_points", given={"kind": "geological"})
    assert found_codes(report) == {3: ["unknown_code"]}
    assert marks_office.store.read_rows("hazard_points", ["H1"])[0].properties["kind"] == "geological"


def test_a_file_without_a_required_column_is_told_that_its_value_may_be_given(marks_office: Office) -> None:
    with pytest.raises(DataError, match=r"--map kind=COLUMN, or give one value for all rows: --set kind=VALUE"):
        marks_office.import_text("名称,经度,纬度\n后山滑坡,104.1,30.5\n", "hazard_points")
