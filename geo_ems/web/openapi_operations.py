"""One operation of the OpenAPI document: parameters, body, and all the answers it may give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo_ems.web.parameters import Parameter
from geo_ems.web.problems import PROBLEM_TYPE

OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"
_PROBLEM = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/problem"}}}
_ALWAYS = (
    (400, "问题写法有误 The question is wrongly put"),
    (403, "不允许 Not allowed"),
    (404, "没有 There is no such thing"),
    (405, "方法不适用 The method does not fit"),
    (414, "地址过长 The address is too long"),
    (421, "主机名不对 Not this server"),
    (503, "暂时不行,稍后再试 Not now, try again"),
)
_WITH_BODY = (
    (408, "数据到得太慢 The body came too slowly"),
    (413, "数据过大 The body is too large"),
    (415, "数据类型不对 The type of the body is not taken"),
)
_WITH_WRITE = (
    (409, "与已存内容冲突 It conflicts with what is stored"),
    (412, "已被他人修改 Changed meanwhile"),
    (507, "磁盘已满 The disk is full"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One kind of answer; `exact` is the media type where it carries parameters."""

    status: int
    media_types: tuple[str, ...]
    schema: Mapping[str, object] | None
    headers: tuple[str, ...] = ()
    exact: str = ""


def operation(
    name: str,
    summary: str,
    parameters: Sequence[Parameter[object]],
    answers: Sequence[Answer],
    *,
    tag: str = "geo_ems",
    in_path: tuple[str, ...] = (),
    body: tuple[tuple[str, ...], Mapping[str, object]] | None = None,
    writes: bool = False,
    conditional: str = "",
    key: bool = False,
) -> dict[str, object]:
    """Return an operation object; HEAD and OPTIONS go without saying."""
    listed = [_path_parameter(part) for part in in_path] + [_query_parameter(parameter) for parameter in parameters]
    if conditional:
        listed.append(_header_parameter(conditional, 'an ETag as it was given, such as "17"', max_length=200))
    if key:
        listed.append(
            _header_parameter("Idempotency-Key", "the same key with the same body stores it once", max_length=100)
        )
    found: dict[str, object] = {"operationId": name, "summary": summary, "tags": [tag]}
    if listed:
        found["parameters"] = listed
    if body is not None:
        types, schema = body
        found["requestBody"] = {"required": True, "content": {media: {"schema": schema} for media in types}}
    responses = {str(answer.status): _response(answer) for answer in answers}
    if conditional == "If-None-Match":
        responses["304"] = {"description": "未变 Not modified"}
    told = [*_ALWAYS, *(_WITH_BODY if body is not None else ()), *(_WITH_WRITE if writes else ())]
    for status, description in told:
        responses.setdefault(str(status), {"description": description, "content": _PROBLEM})
        if str(status) in {str(answer.status) for answer in answers}:
            content = responses[str(status)]["content"]
            if isinstance(content, dict):
                content.update(_PROBLEM)
    found["responses"] = dict(sorted(responses.items()))
    return found


def _response(answer: Answer) -> dict[str, object]:
    response: dict[str, object] = {"description": "成功 Done" if answer.status < 400 else "未就绪 Not ready"}  # noqa: PLR2004 HTTP
    if answer.schema is not None:
        types = (answer.exact,) if answer.exact else answer.media_types
        response["content"] = {media: {"schema": _schema_for(media, answer.schema)} for media in types}
    if answer.headers:
        response["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    return response


def _schema_for(media_type: str, schema: Mapping[str, object]) -> Mapping[str, object]:
    """Return the schema of a representation: pages and tables are text; GeoJSON of another answer is an object."""
    if media_type.startswith("text/"):
        return {"type": "string"}
    return schema


def _query_parameter(parameter: Parameter[object]) -> dict[str, object]:
    schema = dict(parameter.kind.schema)
    if parameter.repeatable:
        schema = {"type": "array", "items": schema}
    found: dict[str, object] = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "required": parameter.required,
        "schema": schema,
        "style": "form",
        "explode": parameter.repeatable,
    }
    return found


def _path_parameter(name: str) -> dict[str, object]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 100},
    }


def _header_parameter(name: str, description: str, *, max_length: int) -> dict[str, object]:
    schema = {"type": "string", "maxLength": max_length}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}
