from datetime import timedelta, timezone
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.catalogue.conditions import parse_condition_text, parse_conditions_json, stock_condition
from geo_ems.catalogue.definitions import load_definitions
from geo_ems.errors import NotFoundError, UsageError
from geo_ems.model.conditions import AllOf, Comparison, Condition, Match, Operator, StockAtLeast
from geo_ems.model.definitions import FieldType, LayerDefinition
from geo_ems.model.features import Value
from geo_ems.settings import bundled_folder

FOLDER = bundled_folder() / "layers"


@cache
def layer(name: str) -> LayerDefinition:
    return load_definitions(FOLDER)[name]


@pytest.mark.parametrize(
    ("name", "text", "condition"),
    [
        ("shelters", "capacity_persons>=100", Comparison("capacity_persons", Operator.GE, (100,))),
        ("shelters", " capacity_persons <= 0.05 万人 ", Comparison("capacity_persons", Operator.LE, (500,))),
        ("shelters", "capacity_persons>100人", Comparison("capacity_persons", Operator.GT, (100,))),
        ("shelters", "usable_area_m2>=1ha", Comparison("usable_area_m2", Operator.GE, (10_000.0,))),
        ("shelters", "usable_area_m2<３００㎡", Comparison("usable_area_m2", Operator.LT, (300.0,))),
        ("shelters", "usable_area_m2>1.5e3", Comparison("usable_area_m2", Operator.GT, (1500.0,))),
        ("shelters", "elevation_m>-2.5", Comparison("elevation_m", Operator.GT, (-2.5,))),
        ("shelters", "elevation_m>－１．５米", Comparison("elevation_m", Operator.GT, (-1.5,))),
        ("shelters", "capacity_persons=100,200,100", Comparison("capacity_persons", Operator.EQ, (100, 200))),
        ("shelters", "status=open,备用", Comparison("status", Operator.EQ, ("open", "standby"))),
        ("shelters", "status!=FULL", Comparison("status", Operator.NE, ("full",))),
        ("shelters", "status = 開設", Comparison("status", Operator.EQ, ("open",))),
        ("shelters", "shelter_class>=fixed_medium", Comparison("shelter_class", Operator.GE, ("fixed_medium",))),
        ("shelters", "name=A+B", Comparison("name", Operator.EQ, ("A+B",))),
        ("shelters", "last_maintained_on>=2026-07-01", Comparison("last_maintained_on", Operator.GE, ("2026-07-01",))),
        (
            "response_teams",
            "capabilities=flood_rescue+舟艇",
            Comparison("capabilities", Operator.EQ, ("flood_rescue", "boat"), Match.ALL),
        ),
        (
            "response_teams",
            "capabilities=boat,medical",
            Comparison("capabilities", Operator.EQ, ("boat", "medical"), Match.ANY),
        ),
        ("response_teams", "turnout_s<=2分钟", Comparison("turnout_s", Operator.LE, (120.0,))),
        ("roads", "bridge=是", Comparison("bridge", Operator.EQ, (True,))),
        (
            "incidents",
            "occurred_at>=2026-07-21T03:10:00.9+08:00",
            Comparison("occurred_at", Operator.GE, ("2026-07-20T19:10:00Z",)),
        ),
        ("incidents", "occurred_at<2026-07-21", Comparison("occurred_at", Operator.LT, ("2026-07-20T16:00:00Z",))),
    ],
)
def test_a_condition_is_read_as_it_is_meant(name: str, text: str, condition: Comparison) -> None:
    shanghai = timezone(timedelta(hours=8))

    assert parse_condition_text(text, layer(name), zone=shanghai) == condition


KNOWN_STATUS = "Known: open 开放, standby 备用, full 已满, closed 关闭, damaged 损毁."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("status=opne", f"field 'status': 'opne' is not one of its codes. {KNOWN_STATUS}"),
        ("status>open", "field 'status': A field of type code cannot be compared with '>'. Use = or !=."),
        ("name>=A", "field 'name': A field of type text cannot be compared with '>='. Use = or !=."),
        (
            "suitable_for<fire",
            "field 'suitable_for': A field of type codes cannot be compared with '<'. Use = or !=.",
        ),
        (
            "capacity_persons>=many",
            "field 'capacity_persons': 'many' is not a number. Write a number in 人 (person).",
        ),
        (
            "capacity_persons>=NaN",
            "field 'capacity_persons': 'NaN' is not a finite number. Write a finite number.",
        ),
        ("capacity_persons>=1e999", "field 'capacity_persons': '1e999' is not a finite number. Write a finite number."),
        ("capacity_persons=-inf", "field 'capacity_persons': '-inf' is not a finite number. Write a finite number."),
        ("capacity_persons=1.5", "field 'capacity_persons': '1.5' is not a whole number. Write a whole number."),
        ("capacity_persons=1e17", "field 'capacity_persons': '1e17' is too large. Write at most 9007199254740992."),
        (
            "usable_area_m2>=2km",
            "field 'usable_area_m2': '2km' is not in a unit of area. Known: m2, ha, mu, km2.",
        ),
        ("capacity_persons>=", "field 'capacity_persons': '' is no value. Write a value behind the operator."),
        (
            "capacity_persons>1,2",
            "field 'capacity_persons': '>' does not go with several values. Write one condition for each.",
        ),
        ("name=a\0b", "field 'name': 'a\0b' holds a character that is no text. Leave out NUL and lone surrogates."),
        ("surveyed_on=2026-02-30", "field 'surveyed_on': '2026-02-30' is not a date. Write a date as 2026-07-21."),
        (
            "suitable_for=fire+flood,wind",
            "field 'suitable_for': 'fire+flood,wind' mixes ',' (any of) and '+' (all of). Write two conditions.",
        ),
        (
            "suitable_for!=fire+flood",
            "field 'suitable_for': '!=' does not go with all of several codes. Use '=' with '+'.",
        ),
        ("open", "condition 'open': It is no condition. Write it as field, operator, value: capacity_persons>=100."),
        ("name=" + ",".join("x" * 101), "field 'name': There are 101 values. Give at most 100."),
        (
            "name=" + "x" * 1000,
            (
                f"condition 'name={'x' * 35}...': The condition has 1005 characters. "
                "Write at most 1000, or several conditions."
            ),
        ),
    ],
)
def test_a_wrong_condition_is_told_with_field_value_and_remedy(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_condition_text(text, layer("shelters"))

    assert str(caught.value) == message
    assert caught.value.field
    assert caught.value.value is not None


def test_an_instant_without_offset_needs_a_time_zone() -> None:
    with pytest.raises(UsageError, match="says no time zone"):
        parse_condition_text("occurred_at>2026-07-21T03:10:00", layer("incidents"))


def test_an_unknown_field_lists_those_a_caller_may_ask_about() -> None:
    with pytest.raises(NotFoundError) as caught:
        parse_condition_text("phone=110", layer("facilities"))

    assert str(caught.value) == (
        "There is no field 'phone'. Known: address, beds_count, beds_free_count, code, district_id, kind, "
        "location_precision, "
        "name, name_en, remarks, role_in_plan, source_department, status, surveyed_on."
    )
    assert caught.value.value == "phone"


def test_a_private_field_may_be_asked_by_those_who_may_read_it() -> None:
    condition = parse_condition_text("phone=110", layer("facilities"), include_private=True)

    assert condition == Comparison("phone", Operator.EQ, ("110",))


def test_json_conditions_must_all_hold() -> None:
    condition = parse_conditions_json(
        [
            {"field": "capacity_persons", "op": ">=", "value": 100},
            {"field": "status", "op": "=", "value": ["open", "备用"]},
            {"field": "name", "op": "!=", "value": "甲,乙"},
        ],
        layer("shelters"),
    )

    assert condition == AllOf(
        (
            Comparison("capacity_persons", Operator.GE, (100,)),
            Comparison("status", Operator.EQ, ("open", "standby")),
            Comparison("name", Operator.NE, ("甲,乙",)),
        )
    )
    assert parse_conditions_json([], layer("shelters")) == AllOf(())


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            {"field": "status", "op": "="},
            'where[0]: The key \'value\' is missing. Send {"field": ..., "op": ..., "value": ...}.',
        ),
        (
            {"field": "status", "op": "=", "value": "open", "not": 1},
            'where[0]: There is no key \'not\'. Send {"field": ..., "op": ..., "value": ...}.',
        ),
        ({"field": 5, "op": "=", "value": 1}, "where[0]: '5' is not a field name. Send text."),
        (
            {"field": "status", "op": "like", "value": "o"},
            "where[0]: There is no operator 'like'. Known: = != >= <= > <.",
        ),
        (
            {"field": "status", "op": ["="], "value": "o"},
            "where[0]: There is no operator '['=']'. Known: = != >= <= > <.",
        ),
        ({"field": "status", "op": "=", "value": []}, "field 'status': There is no value. Give one value or more."),
        ({"field": "status", "op": "=", "value": None}, "field 'status': 'None' is not text. Write it in quotes."),
        ({"field": "status", "op": "=", "value": True}, "field 'status': 'True' is not text. Write it in quotes."),
        (
            {"field": "capacity_persons", "op": "=", "value": True},
            "field 'capacity_persons': 'True' is not a number. Write a number.",
        ),
        (
            {"field": "capacity_persons", "op": "=", "value": float("nan")},
            "field 'capacity_persons': 'nan' is not a finite number. Write a finite number.",
        ),
        (
            {"field": "capacity_persons", "op": "=", "value": {"a": 1}},
            "field 'capacity_persons': '{'a': 1}' is not a number. Write a number.",
        ),
        (
            {"field": "name", "op": "=", "value": "x" * 1001},
            f"field 'name': '{'x' * 20}...' is 1001 characters long. Write at most 1000.",
        ),
    ],
)
def test_a_wrong_json_condition_is_told(item: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_conditions_json([item], layer("shelters"))

    assert str(caught.value) == message


def test_numbers_beyond_all_floats_are_refused() -> None:
    with pytest.raises(UsageError, match="is not a finite number"):
        parse_conditions_json([{"field": "usable_area_m2", "op": ">", "value": 10**400}], layer("shelters"))


def test_too_many_json_conditions_are_refused() -> None:
    with pytest.raises(UsageError, match="There are 101 conditions"):
        parse_conditions_json([{"field": "name", "op": "=", "value": "x"}] * 101, layer("shelters"))


def test_stock_is_asked_by_code_or_by_name() -> None:
    assert stock_condition("woven_bag", 500, layer("supply_depots")) == StockAtLeast("woven_bag", 500.0)
    assert stock_condition(" 编织袋", 0.5, layer("supply_depots")) == StockAtLeast("woven_bag", 0.5)


def test_an_unknown_item_lists_the_items() -> None:
    with pytest.raises(NotFoundError) as caught:
        stock_condition("sandbags", 5, layer("supply_depots"))

    assert str(caught.value).startswith(
        "item: There is no item 'sandbags'. Known: woven_bag 编织袋, striped_cloth 彩条布,"
    )


@pytest.mark.parametrize("quantity", [0, -1, float("nan"), float("inf"), True])
def test_a_quantity_is_a_number_above_zero(quantity: float) -> None:
    with pytest.raises(UsageError) as caught:
        stock_condition("woven_bag", quantity, layer("supply_depots"))

    assert str(caught.value) == f"quantity: '{quantity}' is not a quantity. Write a number above 0, in 条 (pieces)."


def test_a_layer_without_stock_says_so() -> None:
    with pytest.raises(UsageError, match="The layer 'shelters' holds no stock"):
        stock_condition("woven_bag", 5, layer("shelters"))


@given(st.sampled_from(["shelters", "response_teams", "incidents", "roads"]), st.data(), st.text(max_size=40))
def test_any_text_is_a_condition_or_a_refusal_with_a_remedy(name: str, data: st.DataObject, value: str) -> None:
    field = data.draw(st.sampled_from(sorted(layer(name).fields)))
    operator = data.draw(st.sampled_from([*Operator]))

    answer = _condition_or_refusal(f"{field}{operator.value}{value}", layer(name))

    if isinstance(answer, UsageError):
        assert answer.remedy
        assert answer.field
    else:
        assert isinstance(answer, Comparison)
        assert answer.values


def _condition_or_refusal(text: str, definition: LayerDefinition) -> Condition | UsageError:
    try:
        return parse_condition_text(text, definition)
    except UsageError as error:
        return error


def _json_value(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


@given(st.sampled_from(["shelters", "response_teams"]), st.data())
def test_text_and_json_say_the_same(name: str, data: st.DataObject) -> None:
    fields = [f for f in layer(name).fields.values() if f.type in {FieldType.CODE, FieldType.REAL, FieldType.INTEGER}]
    field = data.draw(st.sampled_from([f for f in fields if not f.private]))
    if field.codes:
        values: list[Value] = data.draw(st.lists(st.sampled_from(sorted(field.codes)), min_size=1, max_size=3))
    else:
        values = data.draw(st.lists(st.integers(-1000, 1000), min_size=1, max_size=3))

    text = parse_condition_text(f"{field.name}={','.join(str(v) for v in values)}", layer(name))
    json = parse_conditions_json(
        [{"field": field.name, "op": "=", "value": [_json_value(v) for v in values]}], layer(name)
    )

    assert json == AllOf((text,))
