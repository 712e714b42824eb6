"""Schemas of what the API sends and takes, in the dialect of OpenAPI 3.0."""

from collections.abc import Mapping

from geo_ems.model.definitions import LayerDefinition
from geo_ems.web.layer_schemas import field_schema

Schema = dict[str, object]
ANY_OBJECT: Schema = {"type": "object"}
TEXT: Schema = {"type": "string"}
BYTES: Schema = {"type": "string", "format": "binary"}
_TEXT_OR_NULL: Schema = {"type": "string", "nullable": True}
_NUMBER: Schema = {"type": "number"}
_NUMBER_OR_NULL: Schema = {"type": "number", "nullable": True}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXTS: Schema = {"type": "array", "items": TEXT}


def reference(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(required: Mapping[str, object], optional: Mapping[str, object] | None = None) -> Schema:
    """Return an object with required and optional members."""
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_LINK = record({"href": TEXT, "rel": TEXT}, {"type": TEXT, "title": TEXT})
_GEOMETRY: Schema = {
    "type": "object",
    "nullable": True,
    "required": ["type", "coordinates"],
    "properties": {"type": TEXT, "coordinates": {"type": "array", "items": {}}},
}
_AGES: Schema = {
    "type": "object",
    "additionalProperties": record(dict.fromkeys(("observed_min", "observed_max", "changed_at"), _TEXT_OR_NULL)),
}
_HEAD = {
    "query": ANY_OBJECT,
    "definition": ANY_OBJECT,
    "snapshot_id": TEXT,
    "as_of": {"type": "string", "format": "date-time"},
    "data_as_of": _AGES,
}
_EXCLUDED = record(
    {
        "id": TEXT,
        "name": _TEXT_OR_NULL,
        "reason": TEXT,
        "detail": TEXT,
        "straight_m": _NUMBER_OR_NULL,
        "geometry": _GEOMETRY,
    },
    {"total_s": _NUMBER_OR_NULL, "distance_m": _NUMBER_OR_NULL},
)
_BARRIER_MET = record({"id": TEXT, "name": _TEXT_OR_NULL, "policy": TEXT, "road": _TEXT_OR_NULL})
_SECONDS_AND_METRES = (
    *("total_s", "turnout_s", "delay_s", "access_s", "network_s", "egress_s", "travel_s", "edge_arrival_s"),
    *("access_m", "egress_m", "snap_m", "beyond_edge_m", "detour_ratio"),
)
_ARRIVAL = {
    **dict.fromkeys(_SECONDS_AND_METRES, _NUMBER_OR_NULL),
    "turnout_assumed": {"type": "boolean"},
    "within_cutoff": {"type": "boolean", "nullable": True},
    "way": {"type": "string", "enum": ["road", "direct", "none"]},
    "has_ferry": {"type": "boolean"},
    "hazard_flags": _TEXTS,
    "barriers_met": _list(_BARRIER_MET),
    "goes_round": _list(_BARRIER_MET),
    "consent": {
        **record(
            {"relation": TEXT},
            dict.fromkeys(("district_id", "name", "level", "common_superior_id"), _TEXT_OR_NULL),
        ),
        "nullable": True,
    },
    "route": record({"geometry": _GEOMETRY, "turns": _list(ANY_OBJECT)}),
}
_ACTING = record(
    {"id": TEXT, "layer": TEXT, "policy": TEXT},
    {**dict.fromkeys(("name", "valid_to", "confirmed_at"), _TEXT_OR_NULL), "roads_hit": _COUNT},
)
_RANKED = record(
    {
        "rank": {"type": "integer", "minimum": 1},
        "id": TEXT,
        "name": _TEXT_OR_NULL,
        "straight_m": _NUMBER,
        "bearing_deg": _NUMBER,
        "distance_m": _NUMBER,
        "status": _TEXT_OR_NULL,
        "tied": {"type": "boolean"},
        "position_age_s": _NUMBER_OR_NULL,
        "geometry": _GEOMETRY,
    },
    _ARRIVAL,
)
_COUNTS: Schema = {"type": "object", "additionalProperties": _COUNT}

LANDING = record({"links": _list(_LINK)}, {"title": TEXT, "description": TEXT})
CONFORMANCE = record({"conformsTo": _TEXTS})
COLLECTION = record(
    {"id": TEXT, "links": _list(_LINK)}, {"title": TEXT, "description": TEXT, "extent": ANY_OBJECT, "itemCount": _COUNT}
)
COLLECTIONS = record({"links": _list(_LINK), "collections": _list(COLLECTION)})
NEAREST = record(
    {
        **_HEAD,
        "passed_over": _list(_EXCLUDED),
        "to_confirm": _list(_EXCLUDED),
        "to_open": _list(_EXCLUDED),
        "excluded_counts": _COUNTS,
        "warnings": _TEXTS,
    },
    {
        "results": _list(_RANKED),
        "features": _list(ANY_OBJECT),
        "excluded": _list(_EXCLUDED),
        "network_version": TEXT,
        "attribution": _TEXT_OR_NULL,
        "barriers": _list(_ACTING),
    },
)
COVERAGE = record(
    {
        **_HEAD,
        "total": record({"people": _COUNT, "reachable": _COUNT, "unreachable": _COUNT}),
        "districts": _list(record({"id": TEXT, "people": _COUNT, "reachable": _COUNT, "unreachable": _COUNT})),
        "facilities": _list(record({"id": TEXT, "people_in_reach": _COUNT, "people_nearest": _COUNT})),
        "demand": _list(record({"id": TEXT, "people": _COUNT, "reachable": {"type": "boolean"}})),
        "excluded_counts": _COUNTS,
        "warnings": _TEXTS,
    }
)
_PLACE = record(
    {
        "id": TEXT,
        "layer": TEXT,
        "name": _TEXT_OR_NULL,
        "name_en": _TEXT_OR_NULL,
        "kind": _TEXT_OR_NULL,
        "kind_label": _TEXT_OR_NULL,
        "district": {**record({"id": TEXT, "name": _TEXT_OR_NULL, "name_en": _TEXT_OR_NULL}), "nullable": True},
        "lon": _NUMBER_OR_NULL,
        "lat": _NUMBER_OR_NULL,
    }
)
PLACES = record({"query": ANY_OBJECT, "snapshot_id": TEXT, "as_of": TEXT, "places": _list(_PLACE)})
READY = record(
    {"status": {"type": "string", "enum": ["ready", "not ready"]}, "faults": _TEXTS, "warnings": _TEXTS},
    {"layers": _COUNTS, "poison_rows": _TEXTS, "sqlite_version": TEXT, "version": TEXT, "free_disk_bytes": _COUNT},
)
PROBLEM = record(
    {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": TEXT,
        "instance": TEXT,
    },
    {"errors": _list(record({"field": TEXT, "problem": TEXT, "remedy": TEXT}, {"value": {"nullable": True}}))},
)


def component_schemas(layers: Mapping[str, LayerDefinition]) -> Schema:
    """Return the named schemas: problems, and the features of each layer as given and as taken."""
    found: Schema = {"problem": PROBLEM}
    for name, layer in layers.items():
        found |= _layer_schemas(name, layer)
    return found


def _layer_schemas(name: str, layer: LayerDefinition) -> Schema:
    kind: Schema = {"type": "string", "enum": ["Feature"]}
    own_id: Schema = {"type": "string", "nullable": True, "maxLength": 100}
    both: Schema = {"geometry": reference(f"{name}_geometry"), "properties": reference(f"{name}_properties")}
    patch: Schema = {
        "type": "object",
        "properties": {"type": kind, "id": own_id, **both},
        "additionalProperties": False,
    }
    return {
        f"{name}_geometry": _geometry_schema(layer),
        f"{name}_properties": {
            "type": "object",
            "nullable": True,
            "properties": _properties(layer),
            "additionalProperties": False,
        },
        f"{name}_feature": record({"type": kind, "id": TEXT, **both}, {"links": _list(_LINK)}),
        f"{name}_features": record(
            {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": _list(reference(f"{name}_feature")),
                "numberMatched": _COUNT,
                "numberReturned": _COUNT,
                "timeStamp": {"type": "string", "format": "date-time"},
                "links": _list(_LINK),
            }
        ),
        f"{name}_feature_sent": {**record({"type": kind, **both}, {"id": own_id}), "additionalProperties": False},
        f"{name}_patch_sent": patch,
    }


def _geometry_schema(layer: LayerDefinition) -> Schema:
    kinds = {"type": "string", "enum": [str(kind) for kind in layer.geometry]}
    return {**_GEOMETRY, "properties": {"type": kinds, "coordinates": {"type": "array", "items": {}}}}


def _properties(layer: LayerDefinition) -> Schema:
    properties: Schema = {name: {**field_schema(field), "nullable": True} for name, field in layer.fields.items()}
    for name, child in layer.children.items():
        rows = {key: {**field_schema(field), "nullable": True} for key, field in child.fields.items()}
        properties[name] = {"type": "array", "nullable": True, "items": {"type": "object", "properties": rows}}
    return {name: _with_null(schema) for name, schema in properties.items()}


def _with_null(schema: object) -> object:
    """Return a nullable schema whose list of values holds null: OpenAPI 3.0 asks for both."""
    if isinstance(schema, dict) and isinstance(schema.get("enum"), list):
        return {**schema, "enum": [*schema["enum"], None]}
    return schema
