"""JSON bodies read strictly: what other readers let pass silently is refused here, before anything uses it.

Refused: other encodings than UTF-8, a byte order mark, NUL, lone surrogates, NaN and Infinity,
numbers beyond a double or 64 bits, names given twice, and nesting deeper than 32.
"""

import json
import math
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import NoReturn

from geo_ems.web.problems import RefusedError

MAX_DEPTH = 32
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_INT_DIGITS = 20
_INT_LIMIT = 2**63

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def parse_json(body: bytes) -> Json:
    """Return the value of a JSON text.

    Raises
    ------
    RefusedError
        400, saying what is wrong with the text and where.
    """
    text = _decoded(body)
    _refuse_deep_nesting(body)
    decoder = json.JSONDecoder(
        object_pairs_hook=_members, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_number
    )
    try:
        value: Json = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise _refused(f"The body is not JSON: {error.msg}, line {error.lineno}, column {error.colno}") from error
    _refuse_unsound_text(value, "")
    return value


def parse_json_object(body: bytes) -> dict[str, Json]:
    """Return the members of a JSON text that must be an object."""
    value = parse_json(body)
    if not isinstance(value, dict):
        raise _refused("The body is not a JSON object", remedy="Write {...}.")
    return value


def _decoded(body: bytes) -> str:
    if not body.strip():
        raise _refused("The body is empty", remedy="Send a JSON object.")
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _refused("The body begins with a byte order mark", remedy="Send UTF-8 without one.")
    if b"\0" in body:
        raise _refused("The body holds NUL bytes", remedy="Send UTF-8; UTF-16 and UTF-32 are not JSON on the web.")
    try:
        return body.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise _refused(f"The body is not UTF-8 at byte {error.start}", remedy="Send UTF-8.") from error


def _refuse_deep_nesting(body: bytes) -> None:
    """Count brackets outside strings, before the parser recurses into them."""
    depth = 0
    for bracket in _STRINGS.sub(b"", body).translate(None, _ALL_BUT_BRACKETS):
        if bracket in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _refused(f"The body is nested deeper than {MAX_DEPTH}", remedy="Send it flatter.")
        else:
            depth -= 1


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused("A name appears twice in one object", remedy="Leave one of them.", field=twice)
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise _refused(f"{name} is not a JSON number", remedy="Leave the value out, or write null.", value=name)


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) <= _INT_DIGITS else _INT_LIMIT
    if not -_INT_LIMIT <= number < _INT_LIMIT:
        raise _refused("A whole number needs more than 64 bits", remedy="Write a smaller one.", value=digits)
    return number


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _refused("A number is too large", remedy="Write a smaller one.", value=digits)
    return number


def _refuse_unsound_text(value: Json, place: str) -> None:
    check: Callable[[str, str], None] = _refuse_unsound_characters
    match value:
        case str():
            check(value, place)
        case list():
            if all(isinstance(item, int | float) for item in value):
                return  # positions: the bulk of a large body
            for index, item in enumerate(value):
                _refuse_unsound_text(item, f"{place}[{index}]")
        case dict():
            for name, item in value.items():
                check(name, place)
                _refuse_unsound_text(item, f"{place}.{name}" if place else name)
        case _:
            pass


def _refuse_unsound_characters(text: str, place: str) -> None:
    if "\0" in text:
        raise _refused("A text holds NUL", remedy="Leave it out.", field=place, value=text)
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _refused("A text holds half a character (a lone surrogate)", remedy="Write it out.", field=place)


def _refused(problem: str, *, remedy: str = "", field: str = "", value: object = None) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, problem, remedy=remedy, field=field, value=value)
