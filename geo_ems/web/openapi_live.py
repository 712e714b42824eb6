"""What the OpenAPI document says of positions and events."""

from collections.abc import Sequence

from geo_ems.web.bodies import JSON_TYPES
from geo_ems.web.device_keys import DEVICE_KEY, DEVICE_KEYS, KEY_BODY
from geo_ems.web.events import EVENT_STREAM, EVENTS, EVENTS_QUERY
from geo_ems.web.openapi_operations import Answer, operation
from geo_ems.web.openapi_schemas import ANY_OBJECT, TEXT, Schema, record
from geo_ems.web.parameters import Parameter
from geo_ems.web.positions import FORM_TYPE, OSMAND, OSMAND_QUERY, POSITION, POSITION_BODY, TRACCAR, TRACK, TRACK_QUERY
from geo_ems.web.responses import JSON

_COUNT: Schema = {"type": "integer", "minimum": 0}
_RECEIPT = record(
    {
        "outcome": {"type": "string", "enum": ["newest", "older", "repeat", "no_fix"]},
        "stored": _COUNT,
        "repeated": _COUNT,
        "without_fix": _COUNT,
        "flags": {"type": "array", "items": TEXT},
        "position_seq": {"type": "integer", "nullable": True},
    }
)
_TRACK = record(
    {
        "team": TEXT,
        "positions": {"type": "array", "items": ANY_OBJECT},
        "next_since": {"type": "string", "nullable": True},
    }
)
_KEY_FIELDS: dict[str, Schema] = {
    "id": TEXT,
    "team": TEXT,
    "name": TEXT,
    "created_at": TEXT,
    "revoked_at": {"type": "string", "nullable": True},
}
_KEY = record(_KEY_FIELDS)
_FORWARDED: Schema = {"oneOf": [ANY_OBJECT, {"type": "array", "items": ANY_OBJECT}]}


def live_paths() -> dict[str, object]:
    """Return the paths of positions and events."""
    taken = [Answer(200, (JSON,), _RECEIPT)]
    osmand = "OsmAnd, Traccar Client"
    return {
        POSITION: {
            "post": _keyed(
                operation(
                    "post_position",
                    "上报位置 Position of a team",
                    (),
                    taken,
                    in_path=("id",),
                    body=(JSON_TYPES, _body_of(POSITION_BODY)),
                    writes=True,
                )
            )
        },
        OSMAND: {
            "get": _keyed(operation("osmand_query", osmand, OSMAND_QUERY, taken, writes=True)),
            "post": _keyed(
                operation(
                    "osmand_form",
                    osmand,
                    OSMAND_QUERY,
                    taken,
                    body=((FORM_TYPE, *JSON_TYPES), ANY_OBJECT),
                    writes=True,
                )
            ),
        },
        TRACCAR: {
            "post": _keyed(
                operation(
                    "traccar_forward",
                    "Traccar 转发 What a Traccar server forwards",
                    (),
                    taken,
                    body=(JSON_TYPES, _FORWARDED),
                    writes=True,
                )
            )
        },
        TRACK: {
            "get": operation(
                "team_track",
                "轨迹 Where a team has been",
                TRACK_QUERY,
                [Answer(200, (JSON,), _TRACK)],
                in_path=("id",),
            )
        },
        DEVICE_KEYS: {
            "get": operation(
                "device_keys",
                "设备密钥 Device keys",
                (),
                [Answer(200, (JSON,), record({"device_keys": {"type": "array", "items": _KEY}}))],
            ),
            "post": operation(
                "add_device_key",
                "新建设备密钥,只显示这一次 Make a device key, shown this once",
                (),
                [Answer(201, (JSON,), record({**_KEY_FIELDS, "key": TEXT}))],
                body=(JSON_TYPES, _body_of(KEY_BODY)),
                writes=True,
            ),
        },
        DEVICE_KEY: {
            "delete": operation(
                "revoke_device_key",
                "撤销设备密钥 Revoke a device key",
                (),
                [Answer(200, (JSON,), _KEY)],
                in_path=("id",),
                writes=True,
            )
        },
        EVENTS: {
            "get": operation(
                "events",
                "实时消息 Every acknowledged change as it happens (Server-Sent Events)",
                EVENTS_QUERY,
                [Answer(200, (EVENT_STREAM,), TEXT)],
            )
        },
    }


def _body_of(members: Sequence[Parameter[object]]) -> Schema:
    return {
        "type": "object",
        "required": [parameter.name for parameter in members if parameter.required],
        "additionalProperties": False,
        "properties": {
            parameter.name: {**parameter.kind.schema, "description": parameter.description} for parameter in members
        },
    }


def _keyed(found: dict[str, object]) -> dict[str, object]:
    responses = found["responses"]
    if isinstance(responses, dict):
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}
        responses["401"] = {"description": "密钥无效 The key is not known", "content": problem}
        found["responses"] = dict(sorted(responses.items()))
    return found
