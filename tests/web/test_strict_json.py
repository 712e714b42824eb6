"""JSON that other readers let pass."""

import pytest

from geo_ems.web.problems import RefusedError
from geo_ems.web.strict_json import MAX_DEPTH, parse_json, parse_json_object


def test_ordinary_json_is_read_as_it_stands() -> None:
    text = '{"名称": "漳村", "list": [1, 2.5, true, null, "\\u6f33"], "inner": {"a": -9223372036854775808}}'

    assert parse_json(text.encode()) == {
        "名称": "漳村",
        "list": [1, 2.5, True, None, "漳"],
        "inner": {"a": -(2**63)},
    }


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b" \n", "empty", id="blank"),
        pytest.param(b"{", "not JSON", id="unfinished"),
        pytest.param(b"{} {}", "not JSON", id="two values"),
        pytest.param(b"{'a': 1}", "not JSON", id="single quotes"),
        pytest.param(b'{"a": 1,}', "not JSON", id="trailing comma"),
        pytest.param(b'{"a": 01}', "not JSON", id="leading zero"),
        pytest.param(b'{"a": NaN}', "NaN", id="NaN"),
        pytest.param(b'{"a": -Infinity}', "Infinity", id="minus infinity"),
        pytest.param(b'{"a": 1e400}', "too large", id="beyond a double"),
        pytest.param(b'{"a": 9223372036854775808}', "64 bits", id="one beyond 64 bits"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "64 bits", id="five thousand digits"),
        pytest.param(b'{"a": 1, "a": 2}', "twice", id="a name twice"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', "twice", id="a name twice, once escaped"),
        pytest.param(b'{"a": "\\ud800"}', "surrogate", id="lone surrogate"),
        pytest.param(b'{"\\udc00": 1}', "surrogate", id="lone surrogate in a name"),
        pytest.param(b'[1, "\\udc00"]', "surrogate", id="lone surrogate behind a number"),
        pytest.param(b'{"a": "\\u0000"}', "NUL", id="escaped NUL"),
        pytest.param(b'{"a": "\x00"}', "NUL", id="raw NUL"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', "byte order mark", id="byte order mark"),
        pytest.param('{"a": 1}'.encode("utf-16"), "byte order mark", id="UTF-16"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), "NUL", id="UTF-16 without a mark"),
        pytest.param('{"a": "漳"}'.encode("gb18030"), "not UTF-8", id="GB18030"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', "not UTF-8", id="surrogate in bytes"),
        pytest.param(b"[" * 100_000, "deeper", id="a hundred thousand brackets"),
        pytest.param(b'{"a":' * 40 + b"1" + b"}" * 40, "deeper", id="forty objects"),
    ],
)
def test_unsound_json_is_refused_with_the_reason(body: bytes, said: str) -> None:
    with pytest.raises(RefusedError, match=said) as refused:
        parse_json(body)
    assert refused.value.status == 400


def test_nesting_is_taken_up_to_the_limit_and_brackets_in_text_do_not_count() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert parse_json(b'["' + b"[" * 100 + b'\\"{{"]') == ["[" * 100 + '"{{']
    with pytest.raises(RefusedError):
        parse_json(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError, match="not a JSON object"):
        parse_json_object(body)
