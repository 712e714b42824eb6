"""The part of the API description about recommendations and orders."""

from geo_ems.web import dispatch_parameters as ask
from geo_ems.web import openapi_schemas as schemas
from geo_ems.web.bodies import JSON_TYPES
from geo_ems.web.openapi_operations import Answer, operation
from geo_ems.web.responses import JSON

_TAG = "dispatch"


def add_dispatch_paths(paths: dict[str, object]) -> None:
    """Describe `/v1/dispatch` and `/v1/assignments`."""
    found = Answer(200, (JSON,), schemas.ANY_OBJECT)
    paths["/v1/dispatch"] = {
        "post": operation(
            "dispatch",
            "力量推荐 Recommend who and what goes",
            (),
            [found],
            tag=_TAG,
            body=(JSON_TYPES, ask.body_schema(ask.DISPATCH_BODY)),
        )
    }
    paths["/v1/assignments"] = {
        "get": operation("assignments", "派遣列表 Assignments", ask.ASSIGNMENTS_QUERY, [found], tag=_TAG),
        "post": operation(
            "order",
            "下令派遣 Order what was picked",
            (),
            [found, Answer(201, (JSON,), schemas.ANY_OBJECT)],
            tag=_TAG,
            body=(JSON_TYPES, ask.body_schema(ask.ORDER_BODY)),
            writes=True,
            key=True,
        ),
    }
    one = Answer(200, (JSON,), schemas.ANY_OBJECT, headers=("ETag",))
    paths["/v1/assignments/{id}"] = {
        "get": operation("assignment", "一次派遣 One assignment", (), [one], tag=_TAG, in_path=("id",))
    }
    for step, words, members in (
        ("status", "进程 Write the next step", ask.STATUS_BODY),
        ("recall", "召回 Recall", ask.STEP_BODY),
        ("undo", "撤销 Undo the last step", ask.STEP_BODY),
    ):
        paths[f"/v1/assignments/{{id}}/{step}"] = {
            "post": operation(
                f"assignment_{step}",
                words,
                (),
                [found],
                tag=_TAG,
                in_path=("id",),
                body=(JSON_TYPES, ask.body_schema(members)),
                writes=True,
                conditional="If-Match",
            )
        }
