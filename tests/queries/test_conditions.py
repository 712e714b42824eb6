import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.errors import NotFoundError, UsageError
from geo_ems.model.columns import ChildTable, Column, LayerColumns
from geo_ems.model.conditions import AllOf, Comparison, Match, Operator, StockAtLeast
from geo_ems.model.definitions import (
    ChildDefinition,
    Code,
    FieldDefinition,
    FieldType,
    GeometryKind,
    LayerDefinition,
    Reason,
    StockRule,
    Symbol,
)
from geo_ems.model.labels import Label
from geo_ems.queries.conditions import comparison_reason, condition_mask, condition_tests

L = Label("标签", "label")
KINDS = ("city", "county", "township")
SKILLS = ("flood_rescue", "boat", "fire_fighting")
GRADES = {"general": 1, "larger": 2, "major": 3}


def field(name, type_, codes=(), orders=None, reason=Reason.WRONG_TYPE):
    ordered = {code: Code(code, L, order=(orders or {}).get(code, 0)) for code in codes}
    return FieldDefinition(name, type_, L, codes=ordered, reason=reason)


FIELDS = {
    f.name: f
    for f in (
        field("kind", FieldType.CODE, KINDS, reason=Reason.WRONG_KIND),
        field("grade", FieldType.CODE, tuple(GRADES), GRADES),
        field("skills", FieldType.CODES, SKILLS, reason=Reason.LACKS_CAPABILITY),
        field("beds_count", FieldType.INTEGER),
        field("speed_kmh", FieldType.REAL),
        field("bridge", FieldType.BOOLEAN),
        field("name", FieldType.TEXT),
        field("surveyed_on", FieldType.DATE),
        field("phone", FieldType.PHONE),
    )
}
STOCK_FIELDS = {
    f.name: f
    for f in (
        field("item", FieldType.CODE, ("boat", "sandbag")),
        field("quantity", FieldType.REAL),
        field("expires_on", FieldType.DATE),
    )
}
DEFINITION = LayerDefinition(
    name="supply_depots",
    label=L,
    geometry=(GeometryKind.POINT,),
    fields=FIELDS,
    symbol=Symbol("square", "#000000"),
    children={"stock": ChildDefinition("stock", L, STOCK_FIELDS)},
    stock=StockRule("stock", "item", "quantity", "expires_on"),
)


def column(definition, values):
    """Return a column from plain values, None where unknown."""
    known = np.array([value is not None for value in values], dtype=bool)
    codes = tuple(definition.codes)
    if definition.type is FieldType.CODE:
        array = np.array([-1 if value is None else codes.index(value) for value in values], dtype=np.int16)
    elif definition.type is FieldType.CODES:
        array = np.array([sum(1 << codes.index(code) for code in value or ()) for value in values], dtype=np.uint64)
    elif definition.type in {FieldType.INTEGER, FieldType.REAL}:
        array = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    elif definition.type is FieldType.BOOLEAN:
        array = np.array([bool(value) for value in values], dtype=bool)
    else:
        array = np.array([value or "" for value in values], dtype=object)
    return Column(definition, array, known)


def layer(rows, stock=()):
    n = len(rows)
    geometries = np.full(n, None, dtype=object)
    lines = {name: column(f, [line.get(name) for _, line in stock]) for name, f in STOCK_FIELDS.items()}
    return LayerColumns(
        definition=DEFINITION,
        ids=np.array([f"D{i}" for i in range(n)], dtype=object),
        revs=np.zeros(n, dtype=np.int64),
        geometries=geometries,
        columns={name: column(f, [row.get(name) for row in rows]) for name, f in FIELDS.items()},
        children={"stock": ChildTable(np.array([parent for parent, _ in stock], dtype=np.int64), lines)},
    )


def which(condition, rows, stock=(), at_date="2024-06-01"):
    return np.flatnonzero(condition_mask(condition, layer(rows, stock), at_date=at_date)).tolist()


def compare(name, op, *values, match=Match.ANY):
    return Comparison(name, Operator(op), values, match)


TEAMS = [
    {
        "kind": "city",
        "skills": ("boat", "flood_rescue"),
        "beds_count": 10,
        "grade": "general",
        "name": "东江",
        "bridge": True,
    },
    {"kind": "county", "skills": ("boat",), "beds_count": 20, "grade": "major", "name": "Dong", "bridge": False},
    {"kind": None, "skills": (), "beds_count": None, "grade": "larger", "surveyed_on": "2024-05-01"},
    {"kind": "township", "skills": None, "beds_count": 30, "grade": None, "surveyed_on": "2023-12-31", "phone": "110"},
]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(compare("kind", "=", "city", "county"), [0, 1], id="any of several codes"),
        pytest.param(compare("kind", "!=", "city"), [1, 3], id="not equal leaves the unknown out"),
        pytest.param(compare("kind", "!=", "city", "county"), [3], id="not equal to several is none of them"),
        pytest.param(compare("grade", ">=", "larger"), [1, 2], id="codes with an order"),
        pytest.param(compare("grade", "<", "larger"), [0], id="below in the order of codes"),
        pytest.param(compare("skills", "=", "boat", "fire_fighting"), [0, 1], id="any of a list of codes"),
        pytest.param(compare("skills", "=", "boat", "flood_rescue", match=Match.ALL), [0], id="all of a list of codes"),
        pytest.param(compare("skills", "!=", "flood_rescue"), [1, 2], id="an empty list is known to lack it"),
        pytest.param(compare("skills", "!=", "boat", "flood_rescue", match=Match.ALL), [1, 2], id="not all of them"),
        pytest.param(compare("beds_count", ">=", 20), [1, 3], id="number, boundary included"),
        pytest.param(compare("beds_count", ">", 20), [3], id="number, boundary left out"),
        pytest.param(compare("beds_count", "!=", 20), [0, 3], id="number not equal"),
        pytest.param(compare("bridge", "=", False), [1], id="no is known, missing is not"),
        pytest.param(compare("name", "=", "dong"), [], id="text is compared with case"),
        pytest.param(compare("name", "=", "东江", "Dong"), [0, 1], id="any of several texts"),
        pytest.param(compare("surveyed_on", ">=", "2024-01-01"), [2], id="dates as ISO text"),
        pytest.param(compare("surveyed_on", "<", "2024-05-01"), [3], id="unknown dates are not early"),
        pytest.param(compare("phone", "=", "110"), [3], id="phone"),
        pytest.param(AllOf((compare("skills", "=", "boat"), compare("beds_count", "<=", 10))), [0], id="both"),
        pytest.param(AllOf(()), [0, 1, 2, 3], id="no condition"),
    ],
)
def test_conditions_select_the_teams_that_are_known_to_satisfy_them(condition, expected):
    assert which(condition, TEAMS) == expected


def test_a_text_written_with_combining_marks_equals_the_composed_one():
    composed = "Liège"
    rows = [{"name": composed}, {"name": unicodedata.normalize("NFD", composed)}, {"name": "Liege"}]
    assert which(compare("name", "=", unicodedata.normalize("NFD", composed)), rows) == [0, 1]


STOCK = [
    (0, {"item": "boat", "quantity": 2.0, "expires_on": "2024-06-01"}),
    (1, {"item": "boat", "quantity": 5.0, "expires_on": "2024-05-31"}),
    (0, {"item": "boat", "quantity": 1.0}),
    (2, {"item": "sandbag", "quantity": 900.0}),
    (2, {"item": "boat"}),
]


@pytest.mark.parametrize(
    ("quantity", "at_date", "expected"),
    [
        pytest.param(3, "2024-06-01", [0], id="lines add up, good through the day of expiry"),
        pytest.param(3, "2024-06-01T23:00:00Z", [0], id="an instant means its day"),
        pytest.param(3, "2024-06-02", [], id="expired the day after"),
        pytest.param(1, "2024-06-02", [0], id="a line without expiry stays"),
        pytest.param(3, "2024-05-31", [0, 1], id="before either expires"),
        pytest.param(0, "2024-06-01", [0, 1, 2, 3], id="nothing asked"),
    ],
)
def test_stock_adds_the_lines_that_have_not_expired(quantity, at_date, expected):
    assert which(StockAtLeast("boat", quantity), TEAMS, STOCK, at_date) == expected


def test_tenths_add_up_exactly_in_any_order_of_lines():
    parts = [0.7, 0.1, 0.1, 0.1]
    for order in (parts, parts[::-1]):
        stock = [(0, {"item": "boat", "quantity": part}) for part in order]
        assert which(StockAtLeast("boat", 1.0), TEAMS[:1], stock) == [0]


@pytest.mark.parametrize(
    ("condition", "error", "message"),
    [
        pytest.param(compare("size", "=", 1), NotFoundError, "no field 'size'", id="field"),
        pytest.param(compare("kind", "=", "village"), NotFoundError, "no code 'village'", id="code"),
        pytest.param(StockAtLeast("tent", 1), NotFoundError, "no code 'tent'", id="item"),
        pytest.param(compare("skills", ">=", "boat"), UsageError, "does not take '>='", id="order of a list"),
        pytest.param(compare("kind", ">", "city"), UsageError, "does not take '>'", id="order of unordered codes"),
        pytest.param(compare("bridge", "<", True), UsageError, "does not take '<'", id="order of yes and no"),
        pytest.param(compare("beds_count", "=", "ten"), UsageError, "'ten'", id="text for a number"),
        pytest.param(compare("beds_count", "=", True), UsageError, "True", id="yes for a number"),
        pytest.param(compare("bridge", "=", 1), UsageError, "value 1", id="number for a yes"),
        pytest.param(compare("name", "!=", None), UsageError, "None", id="nothing for a text"),
        pytest.param(compare("beds_count", "="), UsageError, "without a value", id="no value"),
        pytest.param(compare("kind", "=", "city", "county", match=Match.ALL), UsageError, "'all of'", id="all of one"),
    ],
)
def test_conditions_that_cannot_be_meant_are_refused(condition, error, message):
    with pytest.raises(error, match=message):
        which(condition, TEAMS, STOCK)


def test_a_layer_without_stock_is_named_when_asked_for_items():
    columns = layer(TEAMS)
    bare = LayerDefinition("shelters", L, (GeometryKind.POINT,), FIELDS, Symbol("square", "#000000"))
    without = LayerColumns(bare, columns.ids, columns.revs, columns.geometries, columns.columns)
    with pytest.raises(UsageError, match="Layer 'shelters' keeps no stock"):
        condition_mask(StockAtLeast("boat", 1), without, at_date="2024-06-01")


def test_each_condition_is_counted_under_the_reason_of_its_field():
    condition = AllOf((compare("kind", "=", "city"), AllOf((compare("skills", "=", "boat"), StockAtLeast("boat", 3)))))
    tests = condition_tests(condition, layer(TEAMS, STOCK), at_date="2024-06-01")
    assert [(reason, passes.tolist()) for reason, passes in tests] == [
        (Reason.WRONG_KIND, [True, False, False, False]),
        (Reason.LACKS_CAPABILITY, [True, True, False, False]),
        (Reason.LACKS_ITEM, [True, False, False, False]),
    ]
    with pytest.raises(NotFoundError, match="no field 'size'"):
        comparison_reason(compare("size", "=", 1), DEFINITION)


def naive(condition, row, lines):
    """Return what a person would answer for one feature."""
    if isinstance(condition, AllOf):
        return all(naive(part, row, lines) for part in condition.conditions)
    if isinstance(condition, StockAtLeast):
        return (
            sum(
                line["quantity"] or 0
                for line in lines
                if line["item"] == condition.item and (line["expires_on"] is None or line["expires_on"] >= "2024-06-01")
            )
            >= condition.quantity
        )
    value, wanted = row[condition.field], condition.values
    if value is None:
        return False
    if condition.field == "skills":
        has = [code in value for code in wanted]
        equal = all(has) if condition.match is Match.ALL else any(has)
        return equal is (condition.op is Operator.EQ)
    rank = GRADES.get if condition.field == "grade" else (lambda x: x)
    outcomes = {
        Operator.EQ: value in wanted,
        Operator.NE: value not in wanted,
        Operator.GE: any(rank(value) >= rank(w) for w in wanted) if condition.field != "kind" else None,
        Operator.LT: any(rank(value) < rank(w) for w in wanted) if condition.field != "kind" else None,
    }
    return outcomes[condition.op]


def maybe(strategy):
    return st.one_of(st.none(), strategy)


dates = st.sampled_from(["2023-01-01", "2024-05-31", "2024-06-01", "2024-06-02"])
texts = st.sampled_from(["东江", "Dong", "dong", "a"])
rows = st.fixed_dictionaries(
    {
        "kind": maybe(st.sampled_from(KINDS)),
        "grade": maybe(st.sampled_from(sorted(GRADES))),
        "skills": maybe(st.sets(st.sampled_from(SKILLS)).map(lambda s: tuple(sorted(s)))),
        "beds_count": maybe(st.integers(-3, 3)),
        "name": maybe(texts),
        "surveyed_on": maybe(dates),
    }
)
line_rows = st.fixed_dictionaries(
    {"item": st.sampled_from(["boat", "sandbag"]), "quantity": maybe(st.integers(0, 4)), "expires_on": maybe(dates)}
)
plain = st.sampled_from([Operator.EQ, Operator.NE])
ordered = st.sampled_from([Operator.EQ, Operator.NE, Operator.GE, Operator.LT])


ANY = st.just(Match.ANY)


def comparisons(name, operators, values, matches=ANY):
    several = st.lists(values, min_size=1, max_size=3).map(tuple)
    return st.builds(Comparison, st.just(name), operators, several, matches)


single = st.one_of(
    comparisons("kind", plain, st.sampled_from(KINDS)),
    comparisons("grade", ordered, st.sampled_from(sorted(GRADES))),
    comparisons("skills", plain, st.sampled_from(SKILLS), st.sampled_from(Match)),
    comparisons("beds_count", ordered, st.integers(-3, 3)),
    comparisons("name", ordered, texts),
    comparisons("surveyed_on", ordered, dates),
    st.builds(StockAtLeast, st.sampled_from(["boat", "sandbag"]), st.integers(0, 6)),
)


@given(
    st.lists(rows, min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), line_rows), max_size=12),
    st.lists(single, max_size=3).map(lambda parts: AllOf(tuple(parts))),
)
def test_conditions_equal_a_naive_evaluation_row_by_row(features, stock, condition):
    stock = [(parent % len(features), line) for parent, line in stock]
    expected = [
        i for i, row in enumerate(features) if naive(condition, row, [line for parent, line in stock if parent == i])
    ]
    assert which(condition, features, stock) == expected
