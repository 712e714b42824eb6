"""The OpenAPI paths of what changes while it happens: incidents, team statuses, undo."""

from collections.abc import Mapping, Sequence

from geo_ems.model.definitions import LayerDefinition
from geo_ems.services.incident_desk import INCIDENT_LAYER
from geo_ems.services.incident_opening import MANAGED_FIELDS
from geo_ems.web import incident_parameters as ask
from geo_ems.web.desk import BODY_TYPES
from geo_ems.web.layer_schemas import field_schema
from geo_ems.web.openapi_operations import Answer, operation
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Parameter
from geo_ems.web.responses import JSON

_OBJECT: Mapping[str, object] = {"type": "object"}
_TEXT_FREE_CODES = frozenset({"kind", "grade"})  # a code or its name
_WHOLE = Answer(200, (JSON,), _OBJECT, headers=("ETag",))


def add_incident_paths(paths: dict[str, object], layers: Mapping[str, LayerDefinition]) -> None:
    """Add the paths of incidents, team statuses, undo and changes."""
    refined = _body(ask.REFINING, _values(layers.get(INCIDENT_LAYER)))
    opened = _body(ask.OPENING, _values(layers.get(INCIDENT_LAYER)))
    listed = [Answer(200, (JSON,), _OBJECT)]
    paths["/v1/incidents"] = {
        "get": operation("incidents_list", "事件列表 Incidents, overdue reports first", ask.INCIDENTS_QUERY, listed),
        "post": operation(
            "incident_open",
            "登记事件 Open an incident",
            (LANG,),
            [_WHOLE, Answer(201, (JSON,), _OBJECT, headers=("ETag", "Location"))],
            body=(BODY_TYPES, opened),
            writes=True,
            key=True,
        ),
    }
    paths["/v1/incidents/{id}"] = {
        "get": operation("incident", "事件 One incident whole", (LANG,), [_WHOLE], in_path=("id",)),
        "patch": operation(
            "incident_refine",
            "补充事件 Refine an incident",
            (LANG,),
            [_WHOLE],
            in_path=("id",),
            body=(BODY_TYPES, refined),
            writes=True,
            conditional="If-Match",
        ),
    }
    acts: tuple[tuple[str, str, Sequence[Parameter[object]]], ...] = (
        ("merge", "并入 Merge into another", ask.MERGING),
        ("terminate", "终止 Terminate", ask.ACTING),
        ("reopen", "重新打开 Reopen", ask.ACTING),
        ("reports", "上报 Report it, or record a receipt", ask.REPORTING),
    )
    for name, words, parameters in acts:
        paths[f"/v1/incidents/{{id}}/{name}"] = {
            "post": operation(
                f"incident_{name}",
                words,
                (LANG,),
                [_WHOLE],
                in_path=("id",),
                body=(BODY_TYPES, _body(parameters, {})),
                writes=True,
                key=True,
            )
        }
    paths["/v1/teams/{id}/status"] = {
        "get": operation("team_chain", "队伍过程 The steps of a team", (LANG,), [_WHOLE], in_path=("id",)),
        "post": operation(
            "team_status",
            "队伍状态 Enter a status of a team",
            (LANG,),
            [_WHOLE],
            in_path=("id",),
            body=(BODY_TYPES, _body(ask.STATUS_BODY, {})),
            writes=True,
            conditional="If-Match",
            key=True,
        ),
    }
    paths["/v1/undo"] = {
        "post": operation(
            "undo",
            "撤销 Take a change back",
            (),
            [Answer(200, (JSON,), _OBJECT)],
            body=(BODY_TYPES, _body(ask.UNDO_BODY, {})),
            writes=True,
        )
    }
    paths["/v1/changes"] = {
        "get": operation("changes", "最近的改动 The last changes", ask.CHANGES_QUERY, [Answer(200, (JSON,), _OBJECT)])
    }


def _values(layer: LayerDefinition | None) -> dict[str, object]:
    """Return the schemas of the values of an incident that may be typed."""
    if layer is None:
        return {}
    text = {"type": "string", "maxLength": 100}
    return {
        name: {**(text if name in _TEXT_FREE_CODES else _with_null(field_schema(field))), "nullable": True}
        for name, field in layer.fields.items()
        if name not in MANAGED_FIELDS
    }


def _with_null(schema: Mapping[str, object]) -> Mapping[str, object]:
    """Return a nullable schema whose list of values holds null: OpenAPI 3.0 asks for both."""
    values = schema.get("enum")
    return {**schema, "enum": [*values, None]} if isinstance(values, list) else schema


def _body(parameters: Sequence[Parameter[object]], more: Mapping[str, object]) -> dict[str, object]:
    named = {
        item.name: {**_with_null(item.kind.schema), "description": item.description, "nullable": not item.required}
        for item in parameters
    }
    schema: dict[str, object] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {**more, **named},
    }
    required = [item.name for item in parameters if item.required]
    if required:  # OpenAPI 3.0 takes no empty list
        schema["required"] = required
    return schema
