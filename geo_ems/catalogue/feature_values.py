"""The properties of a GeoJSON feature as a program sends them: strictly typed, every fault told at once.

A number is a number and not its text, a code is a code and not its label: whoever sends JSON is a
program, and what it means must not be guessed.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from geo_ems.catalogue.values import known_codes, parse_value
from geo_ems.errors import GeoEmsError, UsageError
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import ChildRows, Properties, Value

MAX_CHILD_ROWS = 1000
_LARGEST_EXACT_INTEGER = 2**53  # columns of numbers are float64
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def properties_from_json(
    members: Mapping[str, object], definition: LayerDefinition, *, zone: ZoneInfo, include_private: bool
) -> tuple[dict[str, Value], dict[str, tuple[Properties, ...]], list[GeoEmsError]]:
    """Return (values by field, child rows by child, faults) of the members that are given.

    Without `include_private` private fields are as unknown as misspelt ones. A member `id` is
    left to the one who knows the feature's id.
    """
    known = {name: field for name, field in definition.fields.items() if include_private or not field.private}
    faults: list[GeoEmsError] = []
    values: dict[str, Value] = {}
    children: dict[str, tuple[Properties, ...]] = {}
    for name, raw in members.items():
        if name in known:
            values[name] = _value(raw, known[name], name, zone, faults)
        elif name in definition.children:
            child_fields = definition.children[name].fields
            shown = {key: f for key, f in child_fields.items() if include_private or not f.private}
            children[name] = tuple(_child_rows(raw, shown, name, zone, faults))
        elif name != "id":
            listed = ", ".join([*known, *definition.children])
            faults.append(UsageError(f"There is no field '{name}'", remedy=f"Known: {listed}.", field=name))
    return values, children, faults


def completed(
    values: Mapping[str, Value], definition: LayerDefinition, *, with_defaults: bool
) -> tuple[dict[str, Value], list[GeoEmsError]]:
    """Return a value for every field, and a fault for each required one that has none."""
    whole: dict[str, Value] = {}
    faults: list[GeoEmsError] = []
    for name, field in definition.fields.items():
        value = values.get(name)
        if value is None and with_defaults and field.default is not None:
            value = parse_value(field.default, field)
        if value is None and field.required:
            faults.append(_missing(name, field))
        whole[name] = value
    return whole, faults


def all_children(children: ChildRows, definition: LayerDefinition) -> dict[str, tuple[Properties, ...]]:
    """Return the rows of every child table, none where not given."""
    return {name: children.get(name, ()) for name in definition.children}


def _child_rows(
    raw: object, fields: Mapping[str, FieldDefinition], child: str, zone: ZoneInfo, faults: list[GeoEmsError]
) -> Iterator[Properties]:
    if raw is None:
        return
    if not isinstance(raw, list) or len(raw) > MAX_CHILD_ROWS:
        faults.append(_fault(child, raw, "is not a list of rows", f"Write a list of at most {MAX_CHILD_ROWS} objects."))
        return
    for position, row in enumerate(raw):
        place = f"{child}[{position}]"
        if not isinstance(row, dict):
            faults.append(_fault(place, row, "is not an object", "Write {...}."))
            continue
        faults.extend(
            UsageError(f"There is no field '{name}'", remedy=f"Known: {', '.join(fields)}.", field=f"{place}.{name}")
            for name in row
            if name not in fields
        )
        values = {name: _value(row.get(name), field, f"{place}.{name}", zone, faults) for name, field in fields.items()}
        faults.extend(
            _missing(f"{place}.{name}", field)
            for name, field in fields.items()
            if field.required and row.get(name) is None
        )
        yield values


def _value(raw: object, field: FieldDefinition, place: str, zone: ZoneInfo, faults: list[GeoEmsError]) -> Value:
    if raw is None:
        return None
    try:
        match field.type:
            case FieldType.INTEGER | FieldType.REAL:
                return _number(raw, field)
            case FieldType.BOOLEAN:
                return _boolean(raw)
            case FieldType.CODES:
                return _codes(raw, field)
            case _:
                return _text_value(raw, field, zone)
    except _WrongError as error:
        faults.append(_fault(place, raw, error.problem, error.remedy))
        return None


class _WrongError(Exception):
    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def _number(raw: object, field: FieldDefinition) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise _WrongError("is not a number", "Write a number, without quotes and unit.")
    number: int | float = raw
    if field.type is FieldType.INTEGER:
        if isinstance(raw, float) and not raw.is_integer():
            raise _WrongError("is not a whole number", "Write a whole number.")
        number = int(raw)
        if abs(number) > _LARGEST_EXACT_INTEGER:
            raise _WrongError("is too large", f"Write at most {_LARGEST_EXACT_INTEGER}.")
    else:
        number = float(raw)
    if field.minimum is not None and number < field.minimum:
        raise _WrongError("is too small", f"Write {field.minimum:g} or more.")
    if field.maximum is not None and number > field.maximum:
        raise _WrongError("is too large", f"Write {field.maximum:g} or less.")
    return number


def _boolean(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise _WrongError("is neither true nor false", "Write true or false, without quotes.")
    return raw


def _codes(raw: object, field: FieldDefinition) -> tuple[str, ...] | None:
    if not isinstance(raw, list):
        raise _WrongError("is not a list of codes", f'Write a list such as ["{next(iter(field.codes), "")}"].')
    unknown = [item for item in raw if not isinstance(item, str) or item not in field.codes]
    if unknown:
        raise _WrongError(f"holds {unknown[0]!r:.60}, which is not one of its codes", known_codes(field.codes))
    return tuple(sorted(set(raw))) or None


def _text_value(raw: object, field: FieldDefinition, zone: ZoneInfo) -> str | None:
    if not isinstance(raw, str):
        raise _WrongError("is not text", "Write it in quotes.")
    match field.type:
        case FieldType.CODE:
            if raw not in field.codes:
                raise _WrongError("is not one of its codes", known_codes(field.codes))
            return raw
        case FieldType.DATE:
            return _date(raw)
        case FieldType.DATETIME:
            return _instant(raw, zone)
        case _:
            return _plain_text(raw, field)


def _plain_text(raw: str, field: FieldDefinition) -> str | None:
    text = unicodedata.normalize("NFC", raw.strip())
    if len(text) > field.max_length:
        raise _WrongError(f"has {len(text)} characters", f"Write at most {field.max_length}.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t" for character in text):
        raise _WrongError("holds a control character", "Leave it out.")
    return text or None


def _date(raw: str) -> str:
    try:
        if _DATE.fullmatch(raw):
            return date.fromisoformat(raw).isoformat()
    except ValueError:
        pass
    raise _WrongError("is not a date", "Write a date as 2026-07-21.")


def _instant(raw: str, zone: ZoneInfo) -> str:
    """Return an instant in UTC to the second; without an offset it is read in the project's zone."""
    remedy = "Write it as 2026-07-21T03:10:00+08:00."
    try:
        found = datetime.fromisoformat(raw) if _INSTANT.fullmatch(raw) else None
        if found is not None:
            local = found if found.tzinfo is not None else found.replace(tzinfo=zone)
            return local.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
    except (ValueError, OverflowError):
        pass
    raise _WrongError("is not an instant", remedy)


def _missing(place: str, field: FieldDefinition) -> UsageError:
    remedy = f"Write {field.label.zh} ({field.label.en})."
    return UsageError(f"'{place}' is required", remedy=remedy, field=place)


def _fault(place: str, raw: object, problem: str, remedy: str) -> UsageError:
    return UsageError(f"'{place}' {problem}", remedy=remedy, field=place, value=raw)
