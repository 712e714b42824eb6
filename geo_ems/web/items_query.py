"""What may be asked of a layer's items: page, box, time, and the value of each public field."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from geo_ems.model.conditions import AllOf, Comparison, Condition, Operator
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Value
from geo_ems.services.features import FeatureQuery, time_fields
from geo_ems.services.provenance import instant_text
from geo_ems.web import kinds
from geo_ems.web.kinds import Kind, WrongValueError
from geo_ems.web.layer_schemas import field_schema, shown_fields
from geo_ems.web.parameters import Asked, Parameter
from geo_ems.web.publishing import Limits
from geo_ems.web.responses import CRS84

MAX_OFFSET = 10_000_000
_LARGEST_EXACT_INTEGER = 2**53
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

OFFSET = Parameter("offset", kinds.integer(0, MAX_OFFSET), "how many features to leave out first")
BBOX = Parameter(
    "bbox", kinds.box(), "west,south,east,north in degrees; west above east crosses 180°", example="111,31,112,32"
)
DATETIME = Parameter("datetime", kinds.time_span(), "an instant, a date, or start/end with .. for an open end")
CRS = Parameter("crs", kinds.choice((CRS84,)), "the coordinate system of the answer: longitude, latitude on WGS84")
BBOX_CRS = Parameter("bbox-crs", kinds.choice((CRS84,)), "the coordinate system of bbox")
F_GEOJSON = Parameter("f", kinds.choice(("json", "geojson")), "the format")


def limit_parameter(limits: Limits) -> Parameter[int]:
    """Return the parameter for the size of a page."""
    return Parameter(
        "limit", kinds.integer(1, limits.items_max), f"features of a page, {limits.items_default} unless told"
    )


def items_parameters(definition: LayerDefinition, limits: Limits) -> tuple[Parameter[object], ...]:
    """Return all parameters of a layer's items."""
    fixed: list[Parameter[object]] = [limit_parameter(limits), OFFSET, BBOX, BBOX_CRS, CRS]
    if time_fields(definition) is not None:
        fixed.append(DATETIME)
    return (*fixed, F_GEOJSON, *field_parameters(definition).values())


def field_parameters(definition: LayerDefinition) -> Mapping[str, Parameter[Value]]:
    """Return one parameter per public field: equality, for codes any of a comma-separated list."""
    return {
        name: Parameter(name, _field_kind(field), f"{field.label.zh} ({field.label.en}) equals")
        for name, field in shown_fields(definition, include_private=False).items()
    }


def feature_query(asked: Asked, definition: LayerDefinition, *, limits: Limits, zone: ZoneInfo) -> FeatureQuery:
    """Return the query that was asked."""
    box = asked.one(BBOX)
    span = asked.one(DATETIME)
    conditions: list[Condition] = []
    for name, parameter in field_parameters(definition).items():
        value = asked.one(parameter)
        if value is not None:
            conditions.append(Comparison(name, Operator.EQ, _values(value, definition.fields[name], zone)))
    return FeatureQuery(
        limit=asked.one(limit_parameter(limits)) or limits.items_default,
        offset=asked.one(OFFSET) or 0,
        boxes_deg=() if box is None else boxes_of(box),
        start=None if span is None or span.start is None else _in_zone(span.start, zone),
        end=None if span is None or span.end is None else _in_zone(span.end, zone),
        where=AllOf(tuple(conditions)),
    )


def boxes_of(box: kinds.Box) -> tuple[tuple[float, float, float, float], ...]:
    """Return the box, or the two on either side of the 180th meridian."""
    if box.west_deg <= box.east_deg:
        return ((box.west_deg, box.south_deg, box.east_deg, box.north_deg),)
    return (
        (box.west_deg, box.south_deg, 180.0, box.north_deg),
        (-180.0, box.south_deg, box.east_deg, box.north_deg),
    )


def _values(value: Value, field: FieldDefinition, zone: ZoneInfo) -> tuple[Value, ...]:
    if isinstance(value, tuple):
        return value
    if field.type is FieldType.DATETIME and isinstance(value, str):
        return (instant_text(_in_zone(datetime.fromisoformat(value), zone)),)
    return (value,)


def _in_zone(instant: datetime, zone: ZoneInfo) -> datetime:
    return (instant if instant.tzinfo is not None else instant.replace(tzinfo=zone)).astimezone(UTC)


def _field_kind(field: FieldDefinition) -> Kind[Value]:
    if field.codes:
        return kinds.choices(tuple(field.codes))
    known: Mapping[FieldType, Kind[Value]] = {
        FieldType.INTEGER: kinds.integer(-_LARGEST_EXACT_INTEGER, _LARGEST_EXACT_INTEGER),
        FieldType.REAL: kinds.number(-1e15, 1e15),
        FieldType.BOOLEAN: kinds.boolean(),
        FieldType.DATE: _date_kind(field),
        FieldType.DATETIME: _instant_kind(),
    }
    return known.get(field.type) or kinds.text(field.max_length)


def _date_kind(field: FieldDefinition) -> Kind[Value]:
    def of_text(value: str) -> str:
        try:
            if _DATE.fullmatch(value):
                return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
        raise WrongValueError("is not a date", "Write a date as 2026-07-21.")

    schema = {key: item for key, item in field_schema(field).items() if key in {"type", "format"}}
    return Kind(schema, of_text, lambda value: of_text(str(value)))


def _instant_kind() -> Kind[Value]:
    one = kinds.instant()
    return Kind(one.schema, lambda value: one.of_text(value).isoformat(), lambda value: one.of_json(value).isoformat())
