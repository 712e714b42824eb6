"""What a file may write otherwise without meaning a change: rounded places and numbers, cleaned text.

Exports round coordinates to 7 decimals, spreadsheets keep 15 digits of a number, and an import cleans
text. A stored value that comes back so is the same value: it is left as it is.
"""

import math
from dataclasses import replace
from zoneinfo import ZoneInfo

from geo_ems.catalogue.record_values import Conversion, build_converter
from geo_ems.catalogue.records import ONE_LINE_FIELDS, ConvertedRecord
from geo_ems.formats.rounded_geometry import are_same_place
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Feature, Value

_FIFTEEN_DIGITS = 1e-14  # the relative step of a number with 15 digits, where it is widest
_TEXTS = (FieldType.TEXT, FieldType.PHONE)
_NO_ZONE_NEEDED = Conversion(ZoneInfo("UTC"), one_line=False)
_ONE_LINE = Conversion(ZoneInfo("UTC"), one_line=True)


def as_stored(record: ConvertedRecord, stored: Feature, definition: LayerDefinition) -> ConvertedRecord:
    """Return a row with the stored value, and place, wherever it writes that one otherwise without meaning another."""
    kept = {
        name: stored.properties.get(name)
        for name, value in record.properties.items()
        if value != stored.properties.get(name)
        and means_the_same(value, stored.properties.get(name), definition.fields[name])
    }
    place = record.geometry
    if place is not None and stored.geometry is not None and are_same_place(place, stored.geometry):
        place = stored.geometry
    if not kept and place is record.geometry:
        return record
    return replace(record, geometry=place, properties={**record.properties, **kept} if kept else record.properties)


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
