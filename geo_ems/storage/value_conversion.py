"""A stored value of one field turned into a value of another: a field retyped, in another unit, with other codes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from geo_ems.model.definitions import FieldDefinition, FieldType
from geo_ems.model.features import Value
from geo_ems.model.units import conversion_factor

_TRUE = frozenset({"true", "yes", "1", "是", "有"})
_FALSE = frozenset({"false", "no", "0", "否", "无"})
_TEXTS = frozenset({FieldType.TEXT, FieldType.PHONE})
_NUMBERS = frozenset({FieldType.INTEGER, FieldType.REAL})
_SEPARATORS = str.maketrans({"、": ";", ",": ";", "，": ";", "；": ";"})


@dataclass(frozen=True, slots=True)
class Converted:
    """What a value becomes; `loss` says why not all of it can be kept, "" where nothing is lost."""

    value: Value
    loss: str = ""


def converted(value: Value, old: FieldDefinition, new: FieldDefinition) -> Converted:
    """Return what a value of `old` becomes as one of `new`; an unknown value stays unknown."""
    match new.type:
        case _ if value is None:
            result = Converted(None)
        case FieldType.TEXT | FieldType.PHONE:
            result = Converted(_text_of(value))
        case FieldType.INTEGER | FieldType.REAL:
            result = _number(value, old, new)
        case FieldType.BOOLEAN:
            result = _boolean(value)
        case FieldType.DATE:
            result = _date(value, old)
        case FieldType.DATETIME:
            result = _instant(value, old)
        case _:
            result = _codes(value, new)
    return result


def unfit_reason(value: Value, new: FieldDefinition) -> str:
    """Return why a value that is kept is outside what the field allows now, "" where it is not."""
    if isinstance(value, str) and new.type in _TEXTS and len(value) > new.max_length:
        return f"it is longer than {new.max_length} characters"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if new.minimum is not None and value < new.minimum:
            return f"it is below {new.minimum:g}"
        if new.maximum is not None and value > new.maximum:
            return f"it is above {new.maximum:g}"
    return ""


def renamed_from(new: FieldDefinition, removed: Mapping[str, FieldDefinition]) -> str | None:
    """Return the removed field that a new one continues, None where it begins empty.

    It continues one that it names among its synonyms, or one of the same name but for the unit:
    `area_m2` becomes `area_ha`.
    """
    named = [name for name in removed if any(synonym.name == name for synonym in new.synonyms)]
    if not named and new.unit is not None:
        stem = new.name.removesuffix(new.unit.suffix)
        named = [
            name
            for name, old in removed.items()
            if old.unit is not None
            and old.type in _NUMBERS
            and new.type in _NUMBERS
            and name.removesuffix(old.unit.suffix) == stem
            and conversion_factor(old.unit, new.unit) is not None
        ]
    return named[0] if len(named) == 1 else None


def _text_of(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return ";".join(value)
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def _number(value: Value, old: FieldDefinition, new: FieldDefinition) -> Converted:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        return Converted(None, "it is no number")
    if old.unit is not None and new.unit is not None and old.unit != new.unit:
        factor = conversion_factor(old.unit, new.unit)
        if factor is None:
            return Converted(None, f"{old.unit.code} cannot be converted to {new.unit.code}")
        number *= factor
    elif (old.unit is None) != (new.unit is None) and old.type in _NUMBERS:
        return Converted(None, "its unit was another, or is not known")
    if new.type is FieldType.REAL:
        return Converted(number)
    # A whole number of people that passed through another unit is whole but for rounding.
    if abs(number - round(number)) > 1e-9 * max(1.0, abs(number)):
        return Converted(None, "it is no whole number")
    return Converted(round(number))


def _boolean(value: Value) -> Converted:
    text = _text_of(value).strip().casefold()
    if text in _TRUE or text in _FALSE:
        return Converted(text in _TRUE)
    return Converted(None, "it says neither yes nor no")


def _date(value: Value, old: FieldDefinition) -> Converted:
    if old.type is FieldType.DATETIME and isinstance(value, str):
        return Converted(value[:10], "the time of day is cut off")
    if isinstance(value, str):
        return Converted(value)
    return Converted(None, "it is no date")


def _instant(value: Value, old: FieldDefinition) -> Converted:
    if old.type in {FieldType.DATETIME, *_TEXTS}:
        return Converted(value)
    return Converted(None, "it does not say the time of day and its offset from UTC")


def _codes(value: Value, new: FieldDefinition) -> Converted:
    """Return the codes of the new field that the value stands for, by code, label or synonym."""
    if isinstance(value, str):
        parts = [value] if new.type is FieldType.CODE else value.translate(_SEPARATORS).split(";")
    else:
        parts = list(value) if isinstance(value, tuple) else [_text_of(value)]
    known = {
        name.strip().casefold(): code.code
        for code in reversed(list(new.codes.values()))
        for name in (*code.synonyms, code.label.zh, code.label.en, code.code)
    }
    wanted = [part.strip() for part in parts if part.strip()]
    found = sorted({known[part.casefold()] for part in wanted if part.casefold() in known})
    lost = [part for part in wanted if part.casefold() not in known]
    loss = f"there is no code '{', '.join(lost)}'" if lost else ""
    if new.type is FieldType.CODES:
        return Converted(tuple(found) if found or not lost else None, loss)
    if len(found) == 1:
        return Converted(found[0], loss)
    return Converted(None, loss or ("there are several codes" if found else "there is no code"))
