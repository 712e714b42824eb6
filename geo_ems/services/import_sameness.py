"""What a file may write otherwise without meaning a change: rounded places and numbers, cleaned text.

Exports round coordinates to 7 decimals, spreadsheets keep 15 digits of a number, and an import cleans
text. A stored value that comes back so is the same value: it is left as it is.
"""

import math
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.record_values import Conversion, build_converter
from geo_ems.catalogue.records import ONE_LINE_FIELDS
from geo_ems.formats.rounded_geometry import are_same_place
from geo_ems.model.definitions import FieldDefinition, FieldType
from geo_ems.model.features import Properties, Value

_FIFTEEN_DIGITS = 1e-14  # the relative step of a number with 15 digits, where it is widest
_TEXTS = (FieldType.TEXT, FieldType.PHONE)
_NO_ZONE_NEEDED = Conversion(ZoneInfo("UTC"), one_line=False)
_ONE_LINE = Conversion(ZoneInfo("UTC"), one_line=True)


def kept_values(read: Properties, stored: Properties, fields: dict[str, FieldDefinition]) -> dict[str, Value]:
    """Return the stored values that `read` writes otherwise without meaning another."""
    return {
        name: stored.get(name)
        for name, value in read.items()
        if name in fields and value != stored.get(name) and means_the_same(value, stored.get(name), fields[name])
    }


def means_the_same(value: Value, stored: Value, field: FieldDefinition) -> bool:
    """Return whether a value that was read stands for the stored one."""
    if value == stored:
        return True
    if isinstance(value, float) and isinstance(stored, float):
        return math.isclose(value, stored, rel_tol=_FIFTEEN_DIGITS)
    if field.type not in _TEXTS or not isinstance(stored, str):
        return False
    conversion = _ONE_LINE if field.name in ONE_LINE_FIELDS else _NO_ZONE_NEEDED
    return build_converter(field, conversion)(stored, []) == value


def kept_geometry(read: BaseGeometry | None, stored: BaseGeometry | None) -> BaseGeometry | None:
    """Return the geometry that stands after a row was read: the stored one where the row says no other."""
    if read is None or (stored is not None and are_same_place(read, stored)):
        return stored
    return read
