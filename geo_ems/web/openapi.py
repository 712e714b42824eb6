"""The OpenAPI 3.0.3 document, made from the declared parameters and the layer definitions.

Every collection has concrete paths, because GDAL passes conditions on only where the document
names `/collections/shelters/items` itself and a parameter like the field.
"""

from collections.abc import Iterable, Mapping, Sequence

from geo_ems import __version__
from geo_ems.model.definitions import LayerDefinition
from geo_ems.web import area_parameters
from geo_ems.web import openapi_schemas as schemas
from geo_ems.web import question_parameters as ask
from geo_ems.web.bodies import FEATURE_TYPES, FILE_TYPES, JSON_TYPES, PATCH_TYPES
from geo_ems.web.imports import IMPORT_QUERY, LIST_QUERY, REVERT_QUERY
from geo_ems.web.items_query import CRS, F_GEOJSON, items_parameters
from geo_ems.web.kinds import Kind
from geo_ems.web.openapi_barriers import add_barrier_paths
from geo_ems.web.openapi_dispatch import add_dispatch_paths
from geo_ems.web.openapi_incidents import add_incident_paths
from geo_ems.web.openapi_live import live_paths
from geo_ems.web.openapi_operations import OPENAPI_TYPE, Answer, operation
from geo_ems.web.operations import METRICS_TYPE
from geo_ems.web.page_parameters import F_PAGE, LANG, SCHEMA_OF
from geo_ems.web.parameters import Parameter
from geo_ems.web.publishing import Limits
from geo_ems.web.responses import GEOJSON, JSON, SCHEMA_JSON

__all__ = ["OPENAPI_TYPE", "openapi_document"]

Document = dict[str, dict[str, dict[str, dict[str, object]]]]
_PLAIN, _HTML, _CSV = "text/plain", "text/html", "text/csv"


def openapi_document(layers: Mapping[str, LayerDefinition], limits: Limits, *, address: str) -> Document:
    """Return the document; `address` is where the caller reached the server."""
    paths: dict[str, object] = {}
    _add_common(paths)
    for name, layer in layers.items():
        _add_collection(paths, name, layer, limits)
    _add_questions(paths, tuple(layers))
    add_incident_paths(paths, layers)
    paths.update(live_paths())
    add_barrier_paths(paths)
    add_dispatch_paths(paths)
    _add_operations(paths)
    document: dict[str, object] = {
        "openapi": "3.0.3",
        "info": {
            "title": "geo_ems",
            "version": __version__,
            "description": "Hazards and resources of a county: nearest, coverage, features. "
            "Unknown and repeated parameters are refused (400).",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": address or "/"}],
        "paths": paths,
        "components": {"schemas": schemas.component_schemas(layers)},
    }
    return document  # type: ignore[return-value]  # paths -> path -> method -> operation


def _add_common(paths: dict[str, object]) -> None:
    page = (F_PAGE,)
    paths["/"] = {"get": operation("landing", "起始页 Start page", page, [Answer(200, (JSON, _HTML), schemas.LANDING)])}
    paths["/conformance"] = {
        "get": operation("conformance", "符合性 Conformance classes", (), [Answer(200, (JSON,), schemas.CONFORMANCE)])
    }
    paths["/api"] = {
        "get": operation("api", "接口描述 This document", (), [Answer(200, (OPENAPI_TYPE,), schemas.ANY_OBJECT)])
    }
    paths["/docs"] = {
        "get": operation("docs", "接口说明 Operations for people", (), [Answer(200, (_HTML,), schemas.TEXT)])
    }
    paths["/collections"] = {
        "get": operation("collections", "图层 Layers", page, [Answer(200, (JSON, _HTML), schemas.COLLECTIONS)])
    }


def _add_collection(paths: dict[str, object], name: str, layer: LayerDefinition, limits: Limits) -> None:
    here, label, tag = f"/collections/{name}", f"{layer.label.zh} {layer.label.en}", name
    feature, wanted = schemas.reference(f"{name}_feature"), schemas.reference(f"{name}_feature_sent")
    page = schemas.reference(f"{name}_features")
    read_one = Answer(200, (GEOJSON,), feature, headers=("ETag", "Content-Crs"))
    paths[here] = {
        "get": operation(
            f"{name}_collection",
            f"{label}: 图层 layer",
            (F_PAGE,),
            [Answer(200, (JSON, _HTML), schemas.COLLECTION)],
            tag=tag,
        )
    }
    for part, words, asked in (("schema", "结构 schema", (SCHEMA_OF,)), ("queryables", "可查询字段 queryables", ())):
        answers = [Answer(200, (SCHEMA_JSON,), schemas.ANY_OBJECT)]
        paths[f"{here}/{part}"] = {"get": operation(f"{name}_{part}", f"{label}: {words}", asked, answers, tag=tag)}
    found = Answer(200, (GEOJSON,), page, headers=("ETag", "Content-Crs"))
    created = Answer(201, (GEOJSON,), feature, headers=("ETag", "Location", "Content-Crs"))
    paths[f"{here}/items"] = {
        "get": operation(
            f"{name}_items",
            f"{label}: 要素 features",
            items_parameters(layer, limits),
            [found],
            tag=tag,
            conditional="If-None-Match",
        ),
        "post": operation(
            f"{name}_create",
            f"{label}: 新增 create",
            (),
            [created],
            tag=tag,
            body=(FEATURE_TYPES, wanted),
            writes=True,
            key=True,
        ),
    }
    paths[f"{here}/items/{{id}}"] = {
        "get": operation(
            f"{name}_item",
            f"{label}: 一个要素 one feature",
            (F_GEOJSON, CRS),
            [read_one],
            tag=tag,
            in_path=("id",),
            conditional="If-None-Match",
        ),
        "put": operation(
            f"{name}_replace",
            f"{label}: 替换 replace",
            (),
            [read_one],
            tag=tag,
            in_path=("id",),
            body=(FEATURE_TYPES, wanted),
            writes=True,
            conditional="If-Match",
        ),
        "patch": operation(
            f"{name}_patch",
            f"{label}: 修改 change",
            (),
            [read_one],
            tag=tag,
            in_path=("id",),
            body=(PATCH_TYPES, schemas.reference(f"{name}_patch_sent")),
            writes=True,
            conditional="If-Match",
        ),
        "delete": operation(
            f"{name}_delete",
            f"{label}: 删除 delete",
            (),
            [Answer(204, (), None)],
            tag=tag,
            in_path=("id",),
            writes=True,
            conditional="If-Match",
        ),
    }


def _add_questions(paths: dict[str, object], layers: Sequence[str]) -> None:
    nearest = [Answer(200, (JSON,), schemas.NEAREST)]
    nearest_either = [Answer(200, (JSON, GEOJSON, _CSV), schemas.NEAREST)]
    paths["/v1/nearest"] = {
        "get": operation(
            "nearest", "最近 Nearest features that qualify", _with_layers(ask.NEAREST_QUERY, layers), nearest_either
        ),
        "post": operation(
            "nearest_json",
            "最近 The same question as JSON",
            (),
            nearest,
            body=(JSON_TYPES, _body_schema(ask.NEAREST_BODY, layers)),
        ),
    }
    paths["/v1/coverage"] = {
        "post": operation(
            "coverage",
            "覆盖 Who is covered",
            (),
            [Answer(200, (JSON,), schemas.COVERAGE)],
            body=(JSON_TYPES, _body_schema(area_parameters.COVERAGE_BODY, layers)),
        )
    }
    paths["/v1/service-areas"] = {
        "post": operation(
            "service_areas",
            "服务范围 What facilities reach",
            (),
            [Answer(200, (GEOJSON, JSON), schemas.SERVICE_AREAS)],
            body=(JSON_TYPES, _body_schema(area_parameters.SERVICE_AREAS_BODY, layers)),
        )
    }
    paths["/v1/places"] = {
        "get": operation("places", "地点 Places by name", ask.PLACES_QUERY, [Answer(200, (JSON,), schemas.PLACES)])
    }
    paths["/v1/maps/{name}"] = {
        "get": operation("map", "地图 Map page", (LANG,), [Answer(200, (_HTML,), schemas.TEXT)], in_path=("name",))
    }
    paths["/v1/imports"] = {
        "get": operation("imports", "导入记录 Imports made", LIST_QUERY, [Answer(200, (JSON,), schemas.ANY_OBJECT)])
    }
    paths["/v1/imports/{layer}/revert"] = {
        "post": operation(
            "revert_import",
            "撤销导入 Take an import back",
            REVERT_QUERY,
            [Answer(200, (JSON,), schemas.ANY_OBJECT)],
            in_path=("layer",),
            writes=True,
        )
    }
    paths["/v1/imports/{layer}"] = {
        "post": operation(
            "import",
            "导入 Import a file",
            IMPORT_QUERY,
            [Answer(200, (JSON,), schemas.ANY_OBJECT)],
            in_path=("layer",),
            body=(FILE_TYPES, schemas.BYTES),
            writes=True,
        )
    }


def _add_operations(paths: dict[str, object]) -> None:
    paths["/livez"] = {"get": operation("livez", "存活 Alive", (), [Answer(200, (JSON,), schemas.ANY_OBJECT)])}
    ready = [Answer(200, (JSON,), schemas.READY), Answer(503, (JSON,), schemas.READY)]
    paths["/readyz"] = {"get": operation("readyz", "就绪 Ready", (), ready)}
    paths["/metrics"] = {
        "get": operation("metrics", "计数 Counts", (), [Answer(200, (_PLAIN,), schemas.TEXT, exact=METRICS_TYPE)])
    }


def _with_layers(parameters: Iterable[Parameter[object]], layers: Sequence[str]) -> tuple[Parameter[object], ...]:
    """Return the parameters with the layers that there are as choices of `layer`."""
    return tuple(
        Parameter(p.name, Kind(_layer_schema(layers), p.kind.of_text, p.kind.of_json), p.description, required=True)
        if p.name == ask.LAYER.name
        else p
        for p in parameters
    )


def _body_schema(parameters: Sequence[Parameter[object]], layers: Sequence[str]) -> dict[str, object]:
    members = _with_layers(parameters, layers)
    return {
        "type": "object",
        "required": [parameter.name for parameter in members if parameter.required],
        "additionalProperties": False,
        "properties": {
            parameter.name: {**parameter.kind.schema, "description": parameter.description} for parameter in members
        },
    }


def _layer_schema(layers: Sequence[str]) -> dict[str, object]:
    return {"type": "string", "enum": list(layers)}
