"""Values at the boundary: nothing is guessed."""

import pytest

from geo_ems.web import kinds
from geo_ems.web.kinds import Box, Kind, WrongValueError

LON, K, FLAG = kinds.number(-180, 180), kinds.integer(1, 1000), kinds.boolean()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(LON, "111.5", 111.5, id="number"),
        pytest.param(LON, "-1e1", -10.0, id="exponent"),
        pytest.param(LON, "180", 180.0, id="the limit itself"),
        pytest.param(K, "1000", 1000, id="whole number"),
        pytest.param(FLAG, "true", True, id="true"),
        pytest.param(kinds.choices(("a", "b")), "b,a", ("b", "a"), id="two choices"),
        pytest.param(kinds.box(), "1,2,3,4", Box(1, 2, 3, 4), id="box"),
        pytest.param(kinds.box(), "1,2,-5,3,4,900", Box(1, 2, 3, 4), id="box with heights"),
        pytest.param(kinds.box(), "170,-10,-170,10", Box(170, -10, -170, 10), id="box across 180 degrees"),
    ],
)
def test_a_sound_text_is_read(kind: Kind[object], text: str, value: object) -> None:
    assert kind.of_text(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param(kind, text, id=f"{name} {text!r}")
        for name, kind, texts in (
            (
                "number",
                LON,
                [
                    "",
                    " 5",
                    "5 ",
                    "1_0",
                    "１２",
                    "٣",
                    "1e400",
                    "NaN",
                    "inf",
                    "-",
                    "+5",
                    ".5",
                    "5.",
                    "0x1",
                    "1,5",
                    "true",
                    "05",
                    "180.1",
                    "1e",
                    "--1",
                    "1" * 400,
                ],
            ),
            ("integer", K, ["1.0", "1e2", "0", "1001", "-1", "1_0", "９", "99999999999999999999", " 1", "1\n"]),
            ("boolean", FLAG, ["True", "1", "yes", "", "TRUE", "是"]),
            ("text", kinds.text(5), ["", "  ", "abcdef", "a\x07"]),
            ("choice", kinds.choice(("a",)), ["A", "b", "", "a "]),
            ("choices", kinds.choices(("a", "b")), ["a,a", "a,", ",", "a;b"]),
            (
                "instant",
                kinds.instant(),
                [
                    "now",
                    "2026",
                    "2026-02-30T00:00:00Z",
                    "2026-07-01",
                    "9999-12-31T23:59:59-12:00",
                    "0001-01-01T00:00:00Z",
                    "2026-07-01T03:10:00 08:00",
                    "2026-07-01T25:00:00Z",
                ],
            ),
            (
                "box",
                kinds.box(),
                ["1,2,3", "a,b,c,d", "1,2,3,4,5", "nan,0,1,1", "0,10,1,5", "-181,0,0,1", "1,2,3,4 ", "0,0,1,1e400"],
            ),
            (
                "time span",
                kinds.time_span(),
                ["..", "../..", "/", "2026-13-01", "a/b", "2026-01-01/2026-01-02/2026-01-03", "0001-01-01"],
            ),
        )
        for text in texts
    ],
)
def test_an_unsound_text_is_refused_with_how_to_write_it(kind: Kind[object], text: str) -> None:
    with pytest.raises(WrongValueError) as wrong:
        kind.of_text(text)
    assert wrong.value.remedy


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(LON, True, id="true is no number"),
        pytest.param(LON, "111.5", id="the text of a number is no number"),
        pytest.param(LON, None, id="null"),
        pytest.param(LON, 200, id="out of range"),
        pytest.param(LON, float("nan"), id="NaN"),
        pytest.param(K, 1.5, id="not whole"),
        pytest.param(K, False, id="false is no number"),
        pytest.param(FLAG, 1, id="1 is not true"),
        pytest.param(FLAG, "true", id="the text true"),
        pytest.param(kinds.text(5), 5, id="a number is no text"),
        pytest.param(kinds.choices(("a",)), "a", id="text is no list"),
        pytest.param(kinds.choices(("a",)), [], id="an empty list"),
        pytest.param(kinds.objects(2, {}), [{}, {}, {}], id="too many objects"),
        pytest.param(kinds.objects(2, {}), [1], id="a list of numbers"),
        pytest.param(kinds.instant(), 1_751_000_000, id="seconds since 1970"),
    ],
)
def test_json_values_are_typed(kind: Kind[object], value: object) -> None:
    with pytest.raises(WrongValueError):
        kind.of_json(value)


def test_a_whole_number_may_be_written_as_a_float_in_json() -> None:
    assert K.of_json(5.0) == 5


def test_a_quantity_must_be_above_its_lower_limit() -> None:
    quantity = kinds.number(0, 10, above=True)

    assert quantity.of_text("0.5") == 0.5
    with pytest.raises(WrongValueError, match="out of range"):
        quantity.of_text("0")


def test_a_date_stands_for_the_whole_day() -> None:
    span = kinds.time_span().of_text("2026-07-01")

    assert span.start is not None
    assert span.end is not None
    assert (span.start.isoformat(), span.end.isoformat()) == ("2026-07-01T00:00:00", "2026-07-01T23:59:59")
