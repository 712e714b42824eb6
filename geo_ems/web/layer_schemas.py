"""JSON Schemas of layers, from their definitions: for clients (`/schema`, `/queryables`) and the OpenAPI document."""

from collections.abc import Mapping

from geo_ems.model.definitions import FieldDefinition, FieldType, GeometryKind, LayerDefinition

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, object]
_SIMPLE: Mapping[FieldType, Mapping[str, object]] = {
    FieldType.INTEGER: {"type": "integer"},
    FieldType.REAL: {"type": "number"},
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.DATETIME: {"type": "string", "format": "date-time"},
}
_FORMATS: Mapping[frozenset[GeometryKind], str] = {
    frozenset({GeometryKind.POINT}): "geometry-point",
    frozenset({GeometryKind.LINE}): "geometry-linestring",
    frozenset({GeometryKind.LINE, GeometryKind.MULTI_LINE}): "geometry-multilinestring",
    frozenset({GeometryKind.POLYGON}): "geometry-polygon",
    frozenset({GeometryKind.POLYGON, GeometryKind.MULTI_POLYGON}): "geometry-multipolygon",
}


def field_schema(field: FieldDefinition) -> Schema:
    """Return the schema of one field: type, range, codes with their labels, unit."""
    schema: Schema = {"title": field.label.zh, "description": field.label.en}
    match field.type:
        case FieldType.CODE:
            schema |= _code_schema(field)
        case FieldType.CODES:
            schema |= {"type": "array", "items": _code_schema(field)}
        case FieldType.TEXT | FieldType.PHONE:
            schema |= {"type": "string", "maxLength": field.max_length}
        case _:
            schema |= _SIMPLE[field.type]
    if field.minimum is not None:
        schema["minimum"] = field.minimum
    if field.maximum is not None:
        schema["maximum"] = field.maximum
    if field.unit is not None:
        schema["x-unit"] = field.unit.code
    return schema


def shown_fields(definition: LayerDefinition, *, include_private: bool) -> dict[str, FieldDefinition]:
    """Return the fields that a caller may know of."""
    return {name: field for name, field in definition.fields.items() if include_private or not field.private}


def layer_schema(definition: LayerDefinition, address: str, *, include_private: bool) -> Schema:
    """Return the schema of a layer's features as OGC API - Features Part 5 wants it: geometry beside the fields."""
    properties: Schema = {"geometry": _geometry_role(definition)}
    for name, field in shown_fields(definition, include_private=include_private).items():
        properties[name] = field_schema(field) | ({"x-ogc-role": "id"} if name == definition.key else {})
    for name, child in definition.children.items():
        rows = {key: field_schema(field) for key, field in child.fields.items() if include_private or not field.private}
        title = {"title": child.label.zh, "description": child.label.en}
        properties[name] = {**title, "type": "array", "items": {"type": "object", "properties": rows}}
    required = [name for name, field in definition.fields.items() if field.required]
    return {**_head(definition, address), "properties": properties, "required": required, "additionalProperties": False}


def feature_schema(definition: LayerDefinition, address: str, *, include_private: bool) -> Schema:
    """Return the schema of a whole GeoJSON feature: the shape from which GDAL learns the types of the fields."""
    fields = layer_schema(definition, address, include_private=include_private)["properties"]
    inside = {name: schema for name, schema in fields.items() if name != "geometry"} if isinstance(fields, dict) else {}
    properties = {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {"type": "object"},
        "properties": {"type": "object", "properties": inside},
    }
    return {**_head(definition, address), "properties": properties, "required": ["type", "geometry", "properties"]}


def queryables_schema(definition: LayerDefinition, address: str) -> Schema:
    """Return what may be asked of a layer: the place and the fields that are not private."""
    fields = shown_fields(definition, include_private=False)
    properties: Schema = {"geometry": _geometry_role(definition)}
    properties |= {name: field_schema(field) for name, field in fields.items()}
    return {**_head(definition, address), "properties": properties, "additionalProperties": False}


def _head(definition: LayerDefinition, address: str) -> Schema:
    return {"$schema": DRAFT, "$id": address, "type": "object", "title": definition.label.zh}


def _geometry_role(definition: LayerDefinition) -> Schema:
    named = _FORMATS.get(frozenset(definition.geometry), "geometry-any")
    return {"x-ogc-role": "primary-geometry", "format": named}


def _code_schema(field: FieldDefinition) -> Schema:
    labels = {code: {"zh": item.label.zh, "en": item.label.en} for code, item in field.codes.items()}
    return {"type": "string", "enum": list(field.codes), "x-labels": labels}
