"""Values the importing person vouches for: a register without states may be imported as open."""

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from geo_ems.catalogue.record_matching import ColumnPlan
from geo_ems.catalogue.records import ConvertedFile
from geo_ems.catalogue.values import parse_value
from geo_ems.errors import UsageError, known_names
from geo_ems.formats.findings import Finding
from geo_ems.model.definitions import FieldType, LayerDefinition
from geo_ems.services.import_findings import GIVEN_VALUE
from geo_ems.services.import_report import GivenValue


def with_given_values(
    converted: ConvertedFile, given: Mapping[str, str], definition: LayerDefinition, *, zone: ZoneInfo
) -> tuple[ConvertedFile, list[Finding]]:
    """Return the rows with a given value in every cell of its field that the file leaves empty, and notes of it.

    Raises
    ------
    NotFoundError
        Where a field does not exist; the message lists those that do.
    UsageError
        Where a value does not fit its field, or the field is a key, derived or a list of codes.
    """
    notes = []
    records = list(converted.records)
    for name, text in given.items():
        field = definition.field_named(name)
        if field is None:
            raise known_names("field", name, tuple(definition.fields))
        if field.derived or name == definition.key or field.type is FieldType.CODES:
            raise UsageError(
                f"field '{name}' cannot be given for a whole file",
                where="--set",
                remedy="Write it in a column of the file.",
                field="set",
                value=text,
            )
        value = parse_value(text, field, zone=zone)
        empty = [index for index, record in enumerate(records) if record.properties.get(name) is None]
        for index in empty:
            records[index] = replace(records[index], properties={**records[index].properties, name: value})
        if empty:
            shown = field.codes[str(value)].label if str(value) in field.codes else None
            words = {"value": shown.zh if shown else text, "value_en": shown.en if shown else text}
            labels = {"label": field.label.zh, "label_en": field.label.en}
            notes.append(GIVEN_VALUE.found(field=name, count=len(empty), **labels, **words))
    return replace(converted, records=tuple(records)), notes


def given_columns(given: Mapping[str, str], plan: ColumnPlan, definition: LayerDefinition) -> tuple[GivenValue, ...]:
    """Return the given values with the columns they stand for, so that refused rows can be given back with them."""
    column_of = {match.field.name: match.index for match in plan.matches if match.flag is None}
    return tuple(
        GivenValue(column_of.get(name), definition.fields[name].label.zh, text) for name, text in given.items()
    )
