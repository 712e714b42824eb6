import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_layers import SHELTERS, ZONE, field

from geo_ems.catalogue.record_numbers import NumberFaultError, has_decimal_commas, has_mixed_commas, parse_number
from geo_ems.catalogue.record_times import parse_instant, stored_instant
from geo_ems.catalogue.record_values import Conversion, Flag, build_converter, read_flag
from geo_ems.model.units import UNITS


def convert(cell, definition, **conversion):
    findings = []
    value = build_converter(definition, Conversion(**{"zone": ZONE, **conversion}))(cell, findings)
    return value, [finding.kind.code for finding in findings]


PERSONS = SHELTERS.fields["capacity_persons"]
AREA = SHELTERS.fields["usable_area_m2"]
PHONE = SHELTERS.fields["phone"]
STATUS = SHELTERS.fields["status"]
SUITABLE = SHELTERS.fields["suitable_for"]
KIND = SHELTERS.fields["kind"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("238", (238, []), id="digits"),
        pytest.param("238.0", (238, []), id="whole, written with a point"),
        pytest.param(238, (238, []), id="whole cell"),
        pytest.param("1,530", (1530, ["number_repaired"]), id="thousands"),
        pytest.param("１２００", (1200, ["number_repaired"]), id="full width"),
        pytest.param("1.2k", (None, ["not_a_number"]), id="1.2k"),
        pytest.param("約300人", (None, ["not_a_number"]), id="about 300"),
        pytest.param("5²", (None, ["not_a_number"]), id="a superscript is no digit"),
        pytest.param("12.5", (None, ["not_whole"]), id="half a person"),
        pytest.param("-5", (None, ["below_minimum"]), id="less than none"),
        pytest.param("1,5", (None, ["comma_unclear"]), id="comma that could be a point"),
        pytest.param(True, (None, ["not_a_number"]), id="yes is no number"),
        pytest.param("1" * 30, (None, ["not_whole"]), id="30 digits"),
        pytest.param("nan", (None, ["not_a_number"]), id="nan"),
        pytest.param("1e999", (None, ["not_a_number"]), id="overflow"),
        pytest.param("#N/A", (None, ["spreadsheet_error"]), id="formula error"),
        pytest.param("-", (None, ["dash_as_empty"]), id="dash"),
        pytest.param(None, (None, []), id="nothing"),
    ],
)
def test_whole_numbers(cell, expected):
    assert convert(cell, PERSONS) == expected


BEDS = field("beds_count", "integer", "床位数", unit=UNITS["count"], minimum=0)
QUANTITY = field("quantity", "real", "数量", minimum=0)


@pytest.mark.parametrize(
    ("cell", "definition", "value"),
    [
        pytest.param("856人", PERSONS, 856, id="persons"),
        pytest.param("1,200人", PERSONS, 1200, id="thousands of persons"),
        pytest.param("１２００ 人", PERSONS, 1200, id="full width"),
        pytest.param("300床", BEDS, 300, id="beds"),
        pytest.param("500平方米", AREA, 500.0, id="square metres"),
        pytest.param("500 ㎡", AREA, 500.0, id="square metres as a sign"),
        pytest.param("0.12万", PERSONS, 1200, id="a part of ten thousand"),
        pytest.param("3万", QUANTITY, 30_000.0, id="tens of thousands"),
        pytest.param("0.12万人", PERSONS, 1200, id="tens of thousands of persons"),
    ],
)
def test_a_number_with_the_word_of_its_unit_is_taken_and_said(cell, definition, value):
    assert convert(cell, definition) == (value, ["number_repaired"])


@pytest.mark.parametrize(
    ("cell", "definition", "conversion"),
    [
        pytest.param("300床", PERSONS, {}, id="beds are no persons"),
        pytest.param("1.5公顷", AREA, {}, id="another unit of the same quantity"),
        pytest.param("300件", QUANTITY, {}, id="a field without a unit"),
        pytest.param("3万", PERSONS, {"factor": 10_000.0, "unit": UNITS["wan_person"]}, id="twice ten thousand"),
        pytest.param("856人", PERSONS, {"factor": 10_000.0, "unit": UNITS["wan_person"]}, id="not the column's unit"),
        pytest.param("300人左右", PERSONS, {}, id="about"),
    ],
)
def test_a_number_with_another_word_is_refused(cell, definition, conversion):
    assert convert(cell, definition, **conversion) == (None, ["not_a_number"])


def test_the_word_of_the_columns_unit_is_understood_in_its_cells():
    conversion = {"factor": 10_000.0, "unit": UNITS["wan_person"]}

    assert convert("0.3万人", PERSONS, **conversion) == (3000, ["number_repaired"])


@pytest.mark.parametrize("cell", ["防汛+抗震", "防汛 抗震", "防汛＋earthquake", "flood 抗震"])
def test_codes_with_plus_or_spaces_between_them_are_taken_and_said(cell):
    assert convert(cell, SUITABLE) == (("earthquake", "flood"), ["codes_separated"])


@pytest.mark.parametrize("separator", ["、", "，", ",", "/", ";"])
def test_codes_with_marks_between_them_are_a_list(separator):
    assert convert(f"防汛{separator}抗震", SUITABLE) == (("earthquake", "flood"), [])


@pytest.mark.parametrize("cell", ["防汛+海啸", "防汛 海啸", "+", "防汛/海啸"])
def test_a_list_with_one_part_unknown_is_refused(cell):
    assert convert(cell, SUITABLE) == (None, ["unknown_code"])


def test_a_number_is_converted_once_to_the_unit_of_the_field():
    assert convert("1.5", AREA, factor=10_000.0) == (15_000.0, [])
    assert convert("0.1", AREA, factor=10_000.0) == (1000.0, [])
    assert convert("1.2", PERSONS, factor=10_000.0) == (12_000, [])


def test_decimal_commas_hold_for_a_whole_column_or_not_at_all():
    assert has_decimal_commas(["1,5", "2", "3,25", None])
    assert not has_decimal_commas(["1,530", "2"])
    assert not has_decimal_commas(["1,5", "1,530"])
    assert has_mixed_commas(["1,5", "1,530"])
    assert convert("3,25", AREA, comma_is_decimal=True) == (3.25, [])
    assert convert("1,530", AREA, commas_unclear=True) == (None, ["comma_unclear"])


@given(st.integers(-(10**15), 10**15))
def test_thousands_separators_never_change_a_number(number):
    value, repaired = parse_number(f"{number:,}", comma_is_decimal=False)

    assert value == number
    assert repaired == (abs(number) >= 1000)


@given(st.text(max_size=20))
def test_no_text_becomes_a_number_that_is_not_finite(text):
    try:
        value, _ = parse_number(text, comma_is_decimal=False)
    except NumberFaultError:
        return
    assert abs(value) < float("inf")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("open", "open", id="code"),
        pytest.param("开放", "open", id="label"),
        pytest.param(" ＯＰＥＮ ", "open", id="width and case"),
    ],
)
def test_codes_are_known_by_code_and_label(cell, expected):
    assert convert(cell, STATUS) == (expected, [])


def test_an_unknown_code_lists_the_known_ones():
    findings = []

    build_converter(STATUS, Conversion(ZONE))("维修", findings)

    assert findings[0].problem("zh") == "“维修”不在可选值中"
    assert findings[0].remedy("en") == "Possible: 开放 (open)、已满 (full)、关闭 (closed)"


@pytest.mark.parametrize("cell", ["防汛;抗震", "flood, earthquake", "抗震、防汛、防汛", "earthquake/flood"])
def test_lists_of_codes_are_sorted_and_without_repeats(cell):
    assert convert(cell, SUITABLE) == (("earthquake", "flood"), [])


def test_three_codes_are_sorted():
    assert convert("抗震;防汛;火灾", SUITABLE) == (("earthquake", "fire", "flood"), [])


def test_a_label_that_holds_a_separator_is_one_code():
    assert convert("公园、广场", KIND) == ("park_square", [])


def test_one_unknown_code_refuses_the_list():
    assert convert("防汛;防晒", SUITABLE) == (None, ["unknown_code"])


@pytest.mark.parametrize(
    ("cell", "flag"),
    [
        *((cell, Flag.YES) for cell in ("○", "1", 1, "是", "有", "yes", "YES", "true", True, "√")),
        ("△", Flag.LIMITED),
        *((cell, Flag.NO) for cell in ("×", "0", 0, "否", "无", "no", False, None)),
        *((cell, None) for cell in ("maybe", "?", "2", "部分")),
    ],
)
def test_yes_no_cells(cell, flag):
    assert read_flag(cell) is flag


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("087-839-2611", ("087-839-2611", []), id="as written"),
        pytest.param("+86 10 6552-1234", ("+86 10 6552-1234", []), id="international"),
        pytest.param("0878-1234 / 13800000000", ("0878-1234 / 13800000000", []), id="two numbers"),
        pytest.param("０８７－８３９", ("087-839", ["number_repaired"]), id="full width"),
        pytest.param(13800000000, ("13800000000", []), id="mobile as a number"),
        pytest.param(878392611, ("878392611", ["phone_zero_lost"]), id="landline as a number"),
        pytest.param("8.7834E+09", ("8.7834E+09", ["digits_lost"]), id="digits already lost"),
        pytest.param(4.206251001234568e17, ("4.206251001234568e+17", ["digits_lost"]), id="more than a sheet keeps"),
        pytest.param("见备注", ("见备注", ["phone_doubtful"]), id="words"),
        pytest.param("119", ("119", []), id="short number"),
    ],
)
def test_phones_stay_text(cell, expected):
    assert convert(cell, PHONE) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("  第一中学 ", ("第一中学", []), id="trimmed"),
        pytest.param("e\u0301", ("\u00e9", []), id="NFC"),
        pytest.param("a\x00b\x07", ("ab", ["text_cleaned"]), id="control characters"),
        pytest.param("a\u202eb", ("ab", ["text_cleaned"]), id="direction override"),
        pytest.param("a\ud800b", ("ab", ["text_cleaned"]), id="half a surrogate pair"),
        pytest.param("two\r\nlines", ("two\nlines", []), id="line break"),
        pytest.param(7, ("7", []), id="number"),
        pytest.param(dt.date(2026, 2, 1), ("2026-02-01", []), id="date"),
        pytest.param("\x00", (None, ["text_cleaned"]), id="nothing left"),
    ],
)
def test_text_is_cleaned(cell, expected):
    assert convert(cell, SHELTERS.fields["remarks"]) == expected


def test_a_name_is_one_line():
    assert convert("two\nlines", SHELTERS.fields["name"], one_line=True) == ("two lines", ["line_break_replaced"])


def test_text_longer_than_the_field_is_refused():
    assert convert("xxxx", field("a", "text", "甲", max_length=3)) == (None, ["text_too_long"])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *((cell, ("2026-02-01", [])) for cell in ("2026-02-01", "2026/2/1", "2026年2月1日", "2026.2.1", "20260201")),
        (dt.date(2026, 2, 1), ("2026-02-01", [])),
        (dt.datetime(2026, 2, 1), ("2026-02-01", [])),  # noqa: DTZ001 - a sheet has no zones
        ("2026-02-01 08:30", ("2026-02-01", ["time_dropped"])),
        ("2026-02-30", (None, ["not_a_date"])),
        ("1/2/2026", (None, ["not_a_date"])),
        ("2026-2/1", (None, ["not_a_date"])),
        ("45000", (None, ["not_a_date"])),
        ("去年", (None, ["not_a_date"])),
    ],
)
def test_dates(cell, expected):
    assert convert(cell, SHELTERS.fields["surveyed_on"]) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-02-01 08:30", ("2026-02-01T00:30:00Z", ["zone_assumed"])),
        ("2026/2/1 8:30:15", ("2026-02-01T00:30:15Z", ["zone_assumed"])),
        ("2026年2月1日8时30分", ("2026-02-01T00:30:00Z", ["zone_assumed"])),
        ("2026年2月1日8时", ("2026-02-01T00:00:00Z", ["zone_assumed"])),
        ("2026-02-01T08:30:00Z", ("2026-02-01T08:30:00Z", [])),
        ("2026-02-01T08:30:00.999+09:00", ("2026-01-31T23:30:00Z", [])),
        ("2026-02-01T08:30:00-0500", ("2026-02-01T13:30:00Z", [])),
        (dt.datetime(2026, 2, 1, 8, 30), ("2026-02-01T00:30:00Z", ["zone_assumed"])),  # noqa: DTZ001 - same
        ("2026-02-01", ("2026-01-31T16:00:00Z", ["zone_assumed", "midnight_taken"])),
        ("2026-02-01 25:00", (None, ["not_an_instant"])),
        ("2026-02-01T08:30:00+99:00", (None, ["not_an_instant"])),
        ("0001-01-01 00:00", (None, ["not_an_instant"])),
        ("soon", (None, ["not_an_instant"])),
    ],
)
def test_instants_are_stored_in_utc(cell, expected):
    assert convert(cell, SHELTERS.fields["updated_at"]) == expected


def test_an_hour_that_the_clocks_skip_is_refused():
    assert convert("2026-03-08 02:30", SHELTERS.fields["updated_at"], zone=ZoneInfo("America/New_York")) == (
        None,
        ["no_such_local_time"],
    )


@given(st.datetimes(min_value=dt.datetime(1995, 1, 1), max_value=dt.datetime(2100, 1, 1)))  # noqa: DTZ001 - local
def test_what_is_written_in_the_zone_comes_back_in_the_zone(moment):
    instant, _, _ = parse_instant(moment.strftime("%Y-%m-%d %H:%M:%S"), zone=ZONE)

    assert instant.astimezone(ZONE).replace(tzinfo=None) == moment.replace(microsecond=0)
    assert stored_instant(instant).endswith("Z")


def test_a_boolean_is_yes_or_no():
    assert convert("是", SHELTERS.fields["is_indoor"]) == (True, [])
    assert convert("否", SHELTERS.fields["is_indoor"]) == (False, [])
    assert convert("△", SHELTERS.fields["is_indoor"]) == (None, ["not_yes_no"])


def test_a_maximum_is_kept():
    depth = field("depth_m", "real", "水深", unit=UNITS["m"], maximum=50)

    assert convert("51", depth) == (None, ["above_maximum"])
