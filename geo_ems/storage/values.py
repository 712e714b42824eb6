"""Values of fields as SQLite holds them, and back.

integer, real -> number; boolean -> 0 or 1; date -> YYYY-MM-DD; datetime -> YYYY-MM-DDTHH:MM:SS.000Z
(as GeoPackage wants it); text, phone, code -> text; codes -> sorted JSON text.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

import orjson

from geo_ems.model.definitions import FieldDefinition, FieldType
from geo_ems.model.features import Value
from geo_ems.storage.statements import SqlValue

SQL_TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: "TEXT",
    FieldType.INTEGER: "INTEGER",
    FieldType.REAL: "REAL",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.DATE: "DATE",
    FieldType.DATETIME: "DATETIME",
    FieldType.CODE: "TEXT",
    FieldType.CODES: "TEXT",
    FieldType.PHONE: "TEXT",
}

# Whole numbers are held as double precision in memory: beyond 2**53 they would change.
_INTEGER_LIMIT = 2**53
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ID_LENGTH = 100


class ValueFaultError(ValueError):
    """A value that does not fit its field; the text says why."""


def encode_value(field: FieldDefinition, value: Value) -> SqlValue:
    """Return the value as the store holds it.

    Raises
    ------
    ValueFaultError
        Where the value is not one of the field's type and codes.
    """
    return None if value is None else _ENCODERS[field.type](field, value)


def decode_value(field: FieldDefinition, raw: SqlValue) -> Value:
    """Return the value that `raw` stands for; other programs may have written it.

    Raises
    ------
    ValueFaultError
        Where it is none of the field's type and codes.
    """
    if raw is None:
        return None
    match field.type:
        case FieldType.BOOLEAN:
            if raw not in (0, 1):
                raise ValueFaultError(f"{raw!r} is neither true nor false")
            return bool(raw)
        case FieldType.DATETIME:
            return _foreign_instant(raw)
        case FieldType.CODES:
            return _decoded_codes(field, raw)
        case _:
            if isinstance(raw, bytes):
                raise ValueFaultError("it is not text in UTF-8")
            encoded = encode_value(field, raw)
            return encoded if not isinstance(encoded, bytes) else None


def encode_column(field: FieldDefinition, values: Sequence[Value]) -> list[SqlValue]:
    """Return the values of one field of many features as the store holds them.

    Columns whose values are all plain text or finite numbers are taken as they are: the check of
    the whole costs a tenth of the check of each.

    Raises
    ------
    ValueFaultError
        With `index`, for the first value that does not fit.
    """
    kinds = set(map(type, values))
    if field.type in {FieldType.TEXT, FieldType.PHONE} and kinds <= {str, type(None)}:
        joined = "".join(value for value in values if isinstance(value, str))
        if is_storable_text(joined):
            return list(values)  # type: ignore[arg-type]  # only str and None are in it
    if field.type is FieldType.REAL and kinds <= {float, int, type(None)}:
        numbers = [value for value in values if isinstance(value, int | float)]
        if all(map(math.isfinite, numbers)):
            # As SQLite gives them back: whole numbers as floats, no negative zero.
            return [None if value is None else value + 0.0 for value in values]  # type: ignore[operator]  # numbers only
    # Only of texts and tuples: 1, 1.0 and True are one key of a dict, and a list is none.
    memo: dict[Value, SqlValue] | None = {} if kinds <= {str, tuple, type(None)} else None
    encoded: list[SqlValue] = []
    for index, value in enumerate(values):
        try:
            encoded.append(encode_value(field, value) if memo is None else _remembered(field, value, memo))
        except ValueFaultError as error:
            raise IndexedFaultError(index, str(error)) from error
    return encoded


def _remembered(field: FieldDefinition, value: Value, memo: dict[Value, SqlValue]) -> SqlValue:
    try:
        known = value in memo
    except TypeError:  # a tuple that holds a list
        return encode_value(field, value)
    if not known:
        memo[value] = encode_value(field, value)
    return memo[value]


class IndexedFaultError(ValueFaultError):
    """A value that does not fit, with its place in the column."""

    def __init__(self, index: int, reason: str) -> None:
        """Keep the place."""
        super().__init__(reason)
        self.index = index


def id_fault(identifier: object) -> str | None:
    """Return what is wrong with an id, None where nothing is (ARCHITECTURE 4)."""
    if not isinstance(identifier, str):
        return f"the id {identifier!r} is not text"
    if _is_plain_id(identifier):
        return None
    tests = (
        (not identifier, "is empty"),
        (len(identifier) > _ID_LENGTH, f"has more than {_ID_LENGTH} characters"),
        (not identifier.isascii() and not unicodedata.is_normalized("NFC", identifier), "is not in Unicode form NFC"),
        (_holds_control(identifier), "holds a control character"),
        ("/" in identifier, "holds a '/'"),
        (identifier != identifier.strip(), "begins or ends with a space"),
    )
    return next((f"the id {identifier[:_ID_LENGTH]!r} {fault}" for is_so, fault in tests if is_so), None)


def _is_plain_id(identifier: str) -> bool:
    """Return whether an id is of the common kind, for which no test below can fail."""
    return (
        identifier.isascii()
        and identifier.isprintable()
        and 0 < len(identifier) <= _ID_LENGTH
        and "/" not in identifier
        and identifier[0] != " " != identifier[-1]
    )


def is_storable_text(text: str) -> bool:
    """Return whether SQLite and JSON both take the text: no NUL, no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _holds_control(text: str) -> bool:
    if text.isprintable():
        return False
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)


def _checked_text(_: FieldDefinition, value: Value) -> str:
    if not isinstance(value, str):
        raise ValueFaultError(f"{value!r} is not text")
    if not is_storable_text(value):
        raise ValueFaultError(f"{value!r} holds a character that no text may hold")
    return value


def _checked_integer(_: FieldDefinition, value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueFaultError(f"{value!r} is not a whole number")
    if abs(value) > _INTEGER_LIMIT:
        raise ValueFaultError(f"{value!r} is too large for a whole number")
    return value


def _checked_real(_: FieldDefinition, value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueFaultError(f"{value!r} is not a finite number")
    return float(value) + 0.0  # no negative zero: SQLite gives it back as 0


def _checked_boolean(_: FieldDefinition, value: Value) -> int:
    if not isinstance(value, bool):
        raise ValueFaultError(f"{value!r} is neither true nor false")
    return int(value)


def _checked_date(_: FieldDefinition, value: Value) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise ValueFaultError(f"{value!r} is not a date ({error})") from error
        return value
    raise ValueFaultError(f"{value!r} is not a date as YYYY-MM-DD")


def _stored_instant(_: FieldDefinition, value: Value) -> str:
    return _checked_instant(value)[:-1] + ".000Z"


def _checked_instant(value: Value) -> str:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueFaultError(f"{value!r} is not an instant ({error})") from error
        return value
    raise ValueFaultError(f"{value!r} is not an instant as YYYY-MM-DDTHH:MM:SSZ in UTC")


def _foreign_instant(raw: SqlValue) -> str:
    if not isinstance(raw, str):
        raise ValueFaultError(f"{raw!r} is not an instant")
    if raw.endswith(".000Z") and _INSTANT.fullmatch(raw[:-5] + "Z"):
        return _checked_instant(raw[:-5] + "Z")
    try:
        instant = datetime.fromisoformat(raw)
        in_utc = None if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueFaultError(f"{raw!r} is not an instant") from error
    if in_utc is None:
        raise ValueFaultError(f"{raw!r} does not say its offset from UTC")
    return in_utc.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _checked_code(field: FieldDefinition, value: Value) -> str:
    if not isinstance(value, str) or value not in field.codes:
        raise ValueFaultError(f"{value!r} is not one of {', '.join(field.codes) or 'no codes'}")
    return value


def _stored_codes(field: FieldDefinition, value: Value) -> str:
    if not isinstance(value, tuple):
        raise ValueFaultError(f"{value!r} is not a list of codes")
    return orjson.dumps(sorted({_checked_code(field, code) for code in value})).decode()


def _decoded_codes(field: FieldDefinition, raw: SqlValue) -> tuple[str, ...]:
    try:
        codes = orjson.loads(raw) if isinstance(raw, str) else None
    except orjson.JSONDecodeError:
        codes = None
    if not isinstance(codes, list):
        raise ValueFaultError(f"{raw!r} is not a JSON list of codes")
    return tuple(sorted({_checked_code(field, code) for code in codes}))


_ENCODERS: Mapping[FieldType, Callable[[FieldDefinition, Value], SqlValue]] = {
    FieldType.TEXT: _checked_text,
    FieldType.INTEGER: _checked_integer,
    FieldType.REAL: _checked_real,
    FieldType.BOOLEAN: _checked_boolean,
    FieldType.DATE: _checked_date,
    FieldType.DATETIME: _stored_instant,
    FieldType.CODE: _checked_code,
    FieldType.CODES: _stored_codes,
    FieldType.PHONE: _checked_text,
}
