"""One value as people and programs write it, turned into what a field holds."""

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo

from geo_ems.errors import UsageError
from geo_ems.model.definitions import Code, FieldDefinition, FieldType
from geo_ems.model.features import Value
from geo_ems.model.units import UNITS, Unit, conversion_factor

MAX_TEXT_CHARACTERS = 1000
_LARGEST_EXACT_INTEGER = 2**53  # columns of numbers are float64
_NUMBER_WITH_UNIT = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)
_BOOLEANS = {
    "true": True,
    "yes": True,
    "1": True,
    "是": True,
    "有": True,
    "false": False,
    "no": False,
    "0": False,
    "否": False,
    "无": False,
}
_NUMBERS = frozenset({FieldType.INTEGER, FieldType.REAL})


def folded(text: str) -> str:
    """Return a name as names are compared: full width, letter case and inner spaces do not matter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def parse_value(raw: object, field: FieldDefinition, *, zone: tzinfo | None = None) -> Value:
    """Return one value of the field; for a list of codes, one of its codes.

    Text is trimmed and brought to NFC. A code may be given by its label in either language or by
    a synonym. A unit may stand behind a number, which is converted to the field's unit. An instant
    without offset is read in `zone`; it is returned in UTC, cut to whole seconds.

    Raises
    ------
    UsageError
        With the field, the value and how to write it.
    """
    if isinstance(raw, str):
        raw = _sound_text(raw, field)
    if field.type in _NUMBERS:
        return _number(raw, field)
    if field.type is FieldType.BOOLEAN:
        return _boolean(raw, field)
    if not isinstance(raw, str):
        raise _wrong(field, raw, "is not text", "Write it in quotes.")
    if field.type in {FieldType.CODE, FieldType.CODES}:
        return _code(raw, field)
    if field.type is FieldType.DATE:
        return _date(raw, field)
    if field.type is FieldType.DATETIME:
        return _instant(raw, field, zone)
    return raw


def find_code(text: str, codes: Mapping[str, Code]) -> str | None:
    """Return the code that a text names: itself, a label or a synonym; None where it names none."""
    if text in codes:
        return text
    sought = folded(text)
    for name, code in codes.items():
        if sought in {folded(word) for word in (name, code.label.zh, code.label.en, *code.synonyms)}:
            return name
    return None


def known_codes(codes: Mapping[str, Code]) -> str:
    """Return the remedy that lists the codes with their Chinese labels."""
    return f"Known: {', '.join(f'{name} {code.label.zh}' for name, code in codes.items())}."


def _sound_text(text: str, field: FieldDefinition) -> str:
    if len(text) > MAX_TEXT_CHARACTERS:
        shown = f"{text[:20]}..."
        raise _wrong(field, shown, f"is {len(text)} characters long", f"Write at most {MAX_TEXT_CHARACTERS}.")
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise _wrong(field, text, "holds a character that is no text", "Leave out NUL and lone surrogates.")
    text = unicodedata.normalize("NFC", text.strip())
    if not text:
        raise _wrong(field, text, "is no value", "Write a value behind the operator.")
    return text


def _number(raw: object, field: FieldDefinition) -> int | float:
    if isinstance(raw, str):
        number = _number_of_text(raw, field)
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        try:
            number = float(raw)
        except OverflowError:
            number = math.inf
    else:
        raise _wrong(field, raw, "is not a number", "Write a number.")
    if not math.isfinite(number):
        raise _wrong(field, raw, "is not a finite number", "Write a finite number.")
    if field.type is FieldType.REAL:
        return number
    if abs(number) > _LARGEST_EXACT_INTEGER:
        raise _wrong(field, raw, "is too large", f"Write at most {_LARGEST_EXACT_INTEGER}.")
    if abs(number - round(number)) > 1e-6:  # noqa: PLR2004 - a converted unit may be off by the last bits
        raise _wrong(field, raw, "is not a whole number", "Write a whole number.")
    return round(number)


def _number_of_text(raw: str, field: FieldDefinition) -> float:
    text = unicodedata.normalize("NFKC", raw)
    if folded(text).lstrip("+-") in {"nan", "inf", "infinity"}:
        return math.nan
    found = _NUMBER_WITH_UNIT.fullmatch(text)
    if found is None:
        raise _wrong(field, raw, "is not a number", f"Write a number{_unit_hint(field)}.")
    number = float(found.group(1))
    if not found.group(2):
        return number
    return round(number * _unit_factor(raw, found.group(2), field), 9)


def _unit_factor(raw: str, written: str, field: FieldDefinition) -> float:
    if field.unit is None:
        raise _wrong(field, raw, "has a unit, but the field has none", "Write the number alone.")
    for unit in UNITS.values():
        factor = conversion_factor(unit, field.unit)
        if factor is not None and folded(written) in _spellings(unit):
            return factor
    allowed = [unit.code for unit in UNITS.values() if conversion_factor(unit, field.unit) is not None]
    raise _wrong(field, raw, f"is not in a unit of {field.unit.quantity}", f"Known: {', '.join(allowed)}.")


def _spellings(unit: Unit) -> set[str]:
    return {folded(word) for word in (unit.code, unit.symbol.zh, unit.symbol.en, *unit.spellings)}


def _unit_hint(field: FieldDefinition) -> str:
    return f" in {field.unit.symbol.zh} ({field.unit.code})" if field.unit else ""


def _boolean(raw: object, field: FieldDefinition) -> bool:
    if isinstance(raw, bool):
        return raw
    known = _BOOLEANS.get(folded(raw)) if isinstance(raw, str) else None
    if known is None:
        raise _wrong(field, raw, "is neither true nor false", "Write true or false (是 or 否).")
    return known


def _code(raw: str, field: FieldDefinition) -> str:
    code = find_code(raw, field.codes)
    if code is None:
        raise _wrong(field, raw, "is not one of its codes", known_codes(field.codes))
    return code


def _date(raw: str, field: FieldDefinition) -> str:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
            return date.fromisoformat(raw).isoformat()
    except ValueError:
        pass
    raise _wrong(field, raw, "is not a date", "Write a date as 2026-07-21.")


def _instant(raw: str, field: FieldDefinition, zone: tzinfo | None) -> str:
    try:
        instant = datetime.fromisoformat(raw)
    except ValueError:
        raise _wrong(field, raw, "is not an instant", "Write it as 2026-07-21T03:10:00+08:00.") from None
    if instant.tzinfo is None:
        if zone is None:
            raise _wrong(field, raw, "says no time zone", "Write it as 2026-07-21T03:10:00+08:00.")
        instant = instant.replace(tzinfo=zone)
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:
        raise _wrong(field, raw, "is out of range", "Write a year from 2 to 9998.") from None
    return instant.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _wrong(field: FieldDefinition, value: object, problem: str, remedy: str) -> UsageError:
    return UsageError(
        f"'{value}' {problem}", where=f"field '{field.name}'", remedy=remedy, field=field.name, value=value
    )
