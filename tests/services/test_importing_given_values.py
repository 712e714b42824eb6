"""A register without states may be imported as open by somebody who vouches for it."""

from pathlib import Path

import pytest
from import_layers import Office, found_codes

from geo_ems.errors import NotFoundError, UsageError

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
