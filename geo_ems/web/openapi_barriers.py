"""The OpenAPI paths of closures."""

from collections.abc import Mapping, Sequence

from geo_ems.web import barrier_parameters as ask
from geo_ems.web.barriers import BODY_TYPES
from geo_ems.web.openapi_operations import Answer, operation
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Parameter
from geo_ems.web.responses import JSON

_OBJECT: Mapping[str, object] = {"type": "object"}
_ONE = Answer(200, (JSON,), _OBJECT, headers=("ETag",))


def add_barrier_paths(paths: dict[str, object]) -> None:
    """Add the paths of `/v1/barriers`."""
    paths["/v1/barriers"] = {
        "get": operation(
            "barriers_acting", "现有阻断 What acts on the roads", ask.LIST_QUERY, [Answer(200, (JSON,), _OBJECT)]
        ),
        "post": operation(
            "barrier_set",
            "设置阻断 Close, slow or delay a road",
            (LANG,),
            [_ONE, Answer(201, (JSON,), _OBJECT, headers=("ETag", "Location"))],
            body=(BODY_TYPES, _body(ask.SETTING)),
            writes=True,
            key=True,
        ),
    }
    paths["/v1/barriers/{id}"] = {
        "get": operation("barrier", "一处阻断 One barrier", ask.LIST_QUERY, [_ONE], in_path=("id",)),
        "patch": operation(
            "barrier_refine",
            "修改阻断 Refine a barrier",
            (LANG,),
            [_ONE],
            in_path=("id",),
            body=(BODY_TYPES, _body(ask.REFINING)),
            writes=True,
            conditional="If-Match",
        ),
    }
    acts: tuple[tuple[str, str, Sequence[Parameter[object]]], ...] = (
        ("lift", "解除阻断 Open the road again", ask.LIFTING),
        ("confirm", "再次确认 Confirm that it still holds", ask.CONFIRMING),
    )
    for name, words, parameters in acts:
        paths[f"/v1/barriers/{{id}}/{name}"] = {
            "post": operation(
                f"barrier_{name}",
                words,
                (LANG,),
                [_ONE],
                in_path=("id",),
                body=(BODY_TYPES, _body(parameters)),
                writes=True,
            )
        }


def _body(parameters: Sequence[Parameter[object]]) -> Mapping[str, object]:
    schema: dict[str, object] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            parameter.name: {**parameter.kind.schema, "description": parameter.description, "nullable": True}
            for parameter in parameters
        },
    }
    required = [parameter.name for parameter in parameters if parameter.required]
    return {**schema, "required": required} if required else schema
