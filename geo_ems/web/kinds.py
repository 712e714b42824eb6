"""Kinds of values that cross the boundary: read strictly from a query text or from JSON, and described for OpenAPI.

No value is guessed: `1_0`, ` 5`, full-width digits, `1e400`, `NaN` and `true` are no numbers.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)
Schema = Mapping[str, object]

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EARLIEST, LATEST = datetime(1900, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 compared without a zone


class WrongValueError(Exception):
    """A value that is not of its kind: the problem and how to write it."""

    def __init__(self, problem: str, remedy: str) -> None:
        """Keep both; the place is known to the one who asked for the value."""
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Kind(Generic[T_co]):
    """One kind of value: its OpenAPI schema and its two readers."""

    schema: Schema
    of_text: Callable[[str], T_co]
    of_json: Callable[[object], T_co]


def number(minimum: float, maximum: float, *, above: bool = False) -> Kind[float]:
    """Return finite numbers from `minimum` to `maximum`, both included; with `above` greater than `minimum`."""
    remedy = f"Write a number {'above' if above else 'from'} {minimum:g} {'and up ' if above else ''}to {maximum:g}."

    def in_range(value: float) -> float:
        if not minimum <= value <= maximum or (above and value == minimum):
            raise WrongValueError("is out of range", remedy)
        return value

    def of_text(text: str) -> float:
        if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
            raise WrongValueError("is not a number", remedy)
        return in_range(float(text))

    def of_json(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise WrongValueError("is not a number", remedy)
        return in_range(float(value))

    schema: dict[str, object] = {"type": "number", "minimum": minimum, "maximum": maximum}
    if above:
        schema["exclusiveMinimum"] = True
    return Kind(schema, of_text, of_json)


def integer(minimum: int, maximum: int) -> Kind[int]:
    """Return whole numbers from `minimum` to `maximum`."""
    remedy = f"Write a whole number from {minimum} to {maximum}."

    def in_range(value: int) -> int:
        if not minimum <= value <= maximum:
            raise WrongValueError("is out of range", remedy)
        return value

    def of_text(text: str) -> int:
        if not _INTEGER.fullmatch(text):
            raise WrongValueError("is not a whole number", remedy)
        return in_range(int(text))

    def of_json(value: object) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongValueError("is not a whole number", remedy)
        return in_range(value)

    return Kind({"type": "integer", "minimum": minimum, "maximum": maximum}, of_text, of_json)


def boolean() -> Kind[bool]:
    """Return true and false, spelled so."""

    def of_text(text: str) -> bool:
        if text not in {"true", "false"}:
            raise WrongValueError("is neither true nor false", "Write true or false.")
        return text == "true"

    def of_json(value: object) -> bool:
        if not isinstance(value, bool):
            raise WrongValueError("is neither true nor false", "Write true or false, without quotes.")
        return value

    return Kind({"type": "boolean"}, of_text, of_json)


def text(max_length: int) -> Kind[str]:
    """Return text of 1 to `max_length` characters without control characters."""

    def of_text(value: str) -> str:
        if not value.strip():
            raise WrongValueError("is empty", "Write a value, or leave the parameter out.")
        if len(value) > max_length:
            raise WrongValueError(f"is {len(value)} characters long", f"Write at most {max_length}.")
        if not value.isprintable():
            raise WrongValueError("holds a character that cannot be shown", "Leave out control characters.")
        return value

    def of_json(value: object) -> str:
        if not isinstance(value, str):
            raise WrongValueError("is not text", "Write it in quotes.")
        return of_text(value)

    return Kind({"type": "string", "minLength": 1, "maxLength": max_length}, of_text, of_json)


def choice(names: Sequence[str], *, refused: Mapping[str, tuple[str, str]] | None = None) -> Kind[str]:
    """Return one of `names`; `refused` tells of known words why they cannot be had, and the remedy."""
    remedy = f"Known: {', '.join(names)}."

    def of_text(value: str) -> str:
        if refused and value in refused:
            raise WrongValueError(*refused[value])
        if value not in names:
            raise WrongValueError("is not known", remedy)
        return value

    def of_json(value: object) -> str:
        if not isinstance(value, str):
            raise WrongValueError("is not text", remedy)
        return of_text(value)

    return Kind({"type": "string", "enum": list(names)}, of_text, of_json)


def choices(names: Sequence[str]) -> Kind[tuple[str, ...]]:
    """Return some of `names`: separated by commas in a query, a list in JSON."""
    one = choice(names)

    def of_text(value: str) -> tuple[str, ...]:
        return _without_repeats([one.of_text(part) for part in value.split(",")])

    def of_json(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise WrongValueError("is not a list", f'Write ["{names[0]}"].')
        return _without_repeats([one.of_json(part) for part in value])

    schema: Schema = {"type": "array", "items": one.schema, "minItems": 1, "uniqueItems": True}
    return Kind(schema, of_text, of_json)


def instant() -> Kind[datetime]:
    """Return an instant; without an offset it is naive, for the caller to read in the project's zone."""
    remedy = "Write it as 2026-07-21T03:10:00%2B08:00 (a + in an address is %2B) or 2026-07-20T19:10:00Z."

    def of_text(value: str) -> datetime:
        if not _INSTANT.fullmatch(value):
            raise WrongValueError("is not an instant", remedy)
        try:
            found = datetime.fromisoformat(value.upper())
        except ValueError:
            raise WrongValueError("is not an instant", remedy) from None
        if not EARLIEST <= found.replace(tzinfo=None) < LATEST:
            raise WrongValueError("is out of range", "Write a year from 1900 to 2199.")
        return found

    def of_json(value: object) -> datetime:
        if not isinstance(value, str):
            raise WrongValueError("is not text", "Write an instant as 2026-07-21T03:10:00+08:00, in quotes.")
        return of_text(value)

    return Kind({"type": "string", "format": "date-time"}, of_text, of_json)


def objects(max_items: int, item_schema: Schema) -> Kind[tuple[Mapping[str, object], ...]]:
    """Return a list of JSON objects; their members are checked by the one who reads them."""

    def of_json(value: object) -> tuple[Mapping[str, object], ...]:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise WrongValueError("is not a list of objects", "Write [{...}].")
        if len(value) > max_items:
            raise WrongValueError(f"has {len(value)} items", f"Write at most {max_items}.")
        return tuple(value)

    def of_text(_: str) -> tuple[Mapping[str, object], ...]:
        raise WrongValueError("is not a list of objects", "Send it as JSON.")

    return Kind({"type": "array", "items": item_schema, "maxItems": max_items}, of_text, of_json)


def words(max_items: int, max_length: int) -> Kind[tuple[str, ...]]:
    """Return some texts, each once: separated by commas in a query, a list in JSON."""
    one = text(max_length)

    def of_list(parts: Sequence[object], read: Callable[[str], str]) -> tuple[str, ...]:
        if len(parts) > max_items:
            raise WrongValueError(f"has {len(parts)} items", f"Write at most {max_items}.")
        return tuple(dict.fromkeys(read(part) if isinstance(part, str) else one.of_json(part) for part in parts))

    def of_text(value: str) -> tuple[str, ...]:
        return of_list(value.split(","), one.of_text)

    def of_json(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise WrongValueError("is not a list", 'Write ["a", "b"].')
        return of_list(value, one.of_text)

    return Kind({"type": "array", "items": one.schema, "minItems": 1, "maxItems": max_items}, of_text, of_json)


def words_or_objects(max_items: int, max_length: int, item_schema: Schema) -> Kind[tuple[object, ...]]:
    """Return a list of texts and JSON objects; the objects are checked by the one who reads them."""
    one = text(max_length)

    def of_json(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise WrongValueError("is not a list", 'Write ["id", {...}].')
        if len(value) > max_items:
            raise WrongValueError(f"has {len(value)} items", f"Write at most {max_items}.")
        return tuple(item if isinstance(item, dict) else one.of_json(item) for item in value)

    def of_text(_: str) -> tuple[object, ...]:
        raise WrongValueError("is not a list of texts and objects", "Send it as JSON.")

    schema = {"type": "array", "items": {"anyOf": [one.schema, item_schema]}, "maxItems": max_items}
    return Kind(schema, of_text, of_json)


def text_values(max_items: int, max_length: int) -> Kind[Mapping[str, str]]:
    """Return a JSON object whose members are texts."""
    one = text(max_length)

    def of_json(value: object) -> Mapping[str, str]:
        if not isinstance(value, dict):
            raise WrongValueError("is not an object", 'Write {"name": "value"}.')
        if len(value) > max_items:
            raise WrongValueError(f"has {len(value)} members", f"Write at most {max_items}.")
        return {one.of_json(name): one.of_json(member) for name, member in value.items()}

    def of_text(_: str) -> Mapping[str, str]:
        raise WrongValueError("is not an object", "Send it as JSON.")

    schema = {"type": "object", "additionalProperties": one.schema, "maxProperties": max_items}
    return Kind(schema, of_text, of_json)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A closed stretch of time; None at an end means unbounded."""

    start: datetime | None
    end: datetime | None


def time_span() -> Kind[TimeSpan]:
    """Return the OGC `datetime` parameter: an instant, a date, or `start/end` with `..` for an open end."""
    remedy = "Write 2026-07-21T00:00:00Z, 2026-07-21, or a span such as 2026-07-01/2026-07-21 or ../2026-07-21."

    def of_text(value: str) -> TimeSpan:
        parts = value.split("/")
        if len(parts) == 1:
            return TimeSpan(_span_end(value, remedy, at_end=False), _span_end(value, remedy, at_end=True))
        if len(parts) != 2:  # noqa: PLR2004 start and end
            raise WrongValueError("is not a time span", remedy)
        start, end = (
            None if part in {"", ".."} else _span_end(part, remedy, at_end=place == 1)
            for place, part in enumerate(parts)
        )
        if start is None and end is None:
            raise WrongValueError("is open at both ends", remedy)
        return TimeSpan(start, end)

    def of_json(value: object) -> TimeSpan:
        if not isinstance(value, str):
            raise WrongValueError("is not text", remedy)
        return of_text(value)

    return Kind({"type": "string"}, of_text, of_json)


def _span_end(value: str, remedy: str, *, at_end: bool) -> datetime:
    """Return an instant, or the first or last second of a date (naive: read in the project's zone)."""
    if not _DATE.fullmatch(value):
        return instant().of_text(value)
    try:
        day = datetime.combine(date.fromisoformat(value), datetime.min.time())
    except ValueError:
        raise WrongValueError("is not a date", remedy) from None
    if not EARLIEST <= day < LATEST:
        raise WrongValueError("is out of range", "Write a year from 1900 to 2199.")
    return day + timedelta(days=1, seconds=-1) if at_end else day


@dataclass(frozen=True, slots=True)
class Box:
    """A box in degrees; west is greater than east where it crosses the 180th meridian."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float


def box() -> Kind[Box]:
    """Return the OGC `bbox` parameter in lon,lat: four numbers, or six of which the heights are dropped."""
    lon, lat, height = number(-180, 180), number(-90, 90), number(-1e6, 1e6)
    remedy = "Write west,south,east,north in degrees, longitude first."

    def of_text(value: str) -> Box:
        parts = value.split(",")
        if len(parts) not in {4, 6}:
            raise WrongValueError(f"has {len(parts)} numbers", remedy)
        kinds = (lon, lat) if len(parts) == 4 else (lon, lat, height)  # noqa: PLR2004 two corners of two numbers
        numbers = [kinds[place % len(kinds)].of_text(part) for place, part in enumerate(parts)]
        corner = len(kinds)
        west, south, east, north = numbers[0], numbers[1], numbers[corner], numbers[corner + 1]
        if south > north:
            raise WrongValueError("has its south above its north", remedy)
        return Box(west, south, east, north)

    def of_json(value: object) -> Box:
        if not isinstance(value, str):
            raise WrongValueError("is not text", remedy)
        return of_text(value)

    schema: Schema = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    return Kind(schema, of_text, of_json)


def _without_repeats(values: list[str]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise WrongValueError("names something twice", "Name each once.")
    return tuple(values)
