"""`/collections`: which layers there are, what they hold, and the schemas of their features."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

import numpy as np
import shapely
from fastapi import APIRouter, Depends, Request, Response

from geo_ems.catalogue.snapshots import LayerSnapshot
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.definitions import LayerDefinition
from geo_ems.services.eligibility import visible_rows
from geo_ems.services.features import time_fields
from geo_ems.services.provenance import data_as_of
from geo_ems.web import html
from geo_ems.web.dependencies import asking, base_address, calling, published_layer
from geo_ems.web.landing import wants_html
from geo_ems.web.layer_schemas import feature_schema, layer_schema, queryables_schema
from geo_ems.web.page_parameters import F_PAGE, SCHEMA_OF
from geo_ems.web.parameters import Asked
from geo_ems.web.responses import CRS84, GEOJSON, JSON, SCHEMA_JSON, json_response, not_modified, weak_tag
from geo_ems.web.state import Served, served

_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_NO_CACHE = {"Cache-Control": "no-cache"}

router = APIRouter()
Layer = Annotated[LayerDefinition, Depends(published_layer)]
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
PageAsked = Annotated[Asked, Depends(asking(F_PAGE))]
NothingAsked = Annotated[Asked, Depends(asking())]


@router.api_route("/collections", methods=["GET", "HEAD"])
async def get_collections(request: Request, parts: Parts, caller: Reader, asked: PageAsked) -> Response:
    """Return all published layers."""
    return await parts.reads.run(partial(_collections, request, parts, caller, asked))


@router.api_route("/collections/{layer}", methods=["GET", "HEAD"])
async def get_collection(request: Request, layer: Layer, parts: Parts, caller: Reader, asked: PageAsked) -> Response:
    """Return one layer."""
    return await parts.reads.run(partial(_collection, request, parts, layer, caller, asked))


@router.api_route("/collections/{layer}/schema", methods=["GET", "HEAD"])
async def get_schema(
    request: Request, layer: Layer, caller: Reader, asked: Annotated[Asked, Depends(asking(SCHEMA_OF))]
) -> Response:
    """Return the schema of a layer's fields, or of its GeoJSON features."""
    of_feature = asked.one(SCHEMA_OF) == "feature"
    address = f"{base_address(request)}/collections/{layer.name}/schema{'?of=feature' if of_feature else ''}"
    write = feature_schema if of_feature else layer_schema
    schema = write(layer, address, include_private=caller.may(Permission.READ_PRIVATE))
    return json_response(schema, media_type=SCHEMA_JSON)


@router.api_route("/collections/{layer}/queryables", methods=["GET", "HEAD"])
async def get_queryables(request: Request, layer: Layer, _: Reader, __: NothingAsked) -> Response:
    """Return what may be asked of a layer's items."""
    address = f"{base_address(request)}/collections/{layer.name}/queryables"
    return json_response(queryables_schema(layer, address), media_type=SCHEMA_JSON)


def _collections(request: Request, parts: Served, caller: Caller, asked: Asked) -> Response:
    pinned = parts.application.snapshots.pin(parts.layers)
    address = base_address(request)
    seqs = [pinned.layer(name).last_seq for name in parts.layers]
    as_html = wants_html(request, asked)
    tag = weak_tag(pinned.store_id, pinned.catalogue_sha256, seqs, address, as_html, caller)
    headers = {**_NO_CACHE, "ETag": tag, "Vary": "Accept"}
    unchanged = not_modified(request, tag, headers)
    if unchanged is not None:
        return unchanged
    listed = [_collection_mapping(pinned.layer(name), address, caller) for name in parts.layers]
    if as_html:
        return _collections_page(parts.layers, {name: _count(pinned.layer(name), caller) for name in parts.layers})
    links = [
        {"href": f"{address}/collections", "rel": "self", "type": JSON, "title": "本页 this page"},
        {"href": f"{address}/collections?f=html", "rel": "alternate", "type": "text/html", "title": "网页 as a page"},
    ]
    return json_response({"links": links, "collections": listed}, headers=headers)


def _collection(request: Request, parts: Served, layer: LayerDefinition, caller: Caller, asked: Asked) -> Response:
    pinned = parts.application.snapshots.pin([layer.name])
    snapshot = pinned.layer(layer.name)
    address = base_address(request)
    as_html = wants_html(request, asked)
    tag = weak_tag(pinned.store_id, pinned.catalogue_sha256, snapshot.last_seq, address, as_html, caller)
    headers = {**_NO_CACHE, "ETag": tag, "Vary": "Accept"}
    unchanged = not_modified(request, tag, headers)
    if unchanged is not None:
        return unchanged
    if as_html:
        return _collection_page(layer, _count(snapshot, caller))
    return json_response(_collection_mapping(snapshot, address, caller), headers=headers)


def _collection_mapping(snapshot: LayerSnapshot, address: str, caller: Caller) -> dict[str, object]:
    definition = snapshot.definition
    here = f"{address}/collections/{definition.name}"
    described = definition.description or definition.label
    age = data_as_of(snapshot)

    def link(path: str, rel: str, media_type: str, title: str) -> dict[str, str]:
        return {"href": f"{here}{path}", "rel": rel, "type": media_type, "title": title}

    return {
        "id": definition.name,
        "title": f"{definition.label.zh} {definition.label.en}",
        "description": f"{described.zh} {described.en}",
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "extent": _extent(snapshot, caller),
        "itemCount": _count(snapshot, caller),
        "data_as_of": {
            "observed_min": age.observed_min,
            "observed_max": age.observed_max,
            "changed_at": age.changed_at,
        },
        "links": [
            link("", "self", JSON, "本图层 this layer"),
            link("?f=html", "alternate", "text/html", "网页 as a page"),
            link("/items", "items", GEOJSON, "要素 features"),
            link("/schema?of=feature", "describedby", SCHEMA_JSON, "结构 schema"),
            link("/schema", f"{_REL}/schema", SCHEMA_JSON, "结构 schema"),
            link("/queryables", f"{_REL}/queryables", SCHEMA_JSON, "可查询字段 queryables"),
        ],
    }


def _extent(snapshot: LayerSnapshot, caller: Caller) -> dict[str, object]:
    """Return where and when the features that the caller may see lie; without any: everywhere, at any time."""
    visible = visible_rows(snapshot, caller)
    bounds_deg = shapely.bounds(snapshot.columns.geometries[visible])
    bounds_deg = bounds_deg[~np.isnan(bounds_deg[:, 0])]
    box = [-180.0, -90.0, 180.0, 90.0]
    if bounds_deg.size:
        box = [round(float(deg), 7) for deg in (*bounds_deg[:, :2].min(axis=0), *bounds_deg[:, 2:].max(axis=0))]
    extent: dict[str, object] = {"spatial": {"bbox": [box], "crs": CRS84}}
    named = time_fields(snapshot.definition)
    if named is not None:
        begins, ends = (snapshot.columns.columns[name] for name in named)
        first = min((str(value) for value in begins.values[begins.known & visible]), default=None)
        last = max((str(value) for value in ends.values[ends.known & visible]), default=None)
        extent["temporal"] = {"interval": [[_as_instant(first), _as_instant(last)]]}
    return extent


def _as_instant(value: str | None) -> str | None:
    return value if value is None or "T" in value else f"{value}T00:00:00Z"


def _count(snapshot: LayerSnapshot, caller: Caller) -> int:
    return int(np.count_nonzero(visible_rows(snapshot, caller)))


def _collections_page(layers: Mapping[str, LayerDefinition], counts: Mapping[str, int]) -> Response:
    items = [
        (f"/collections/{name}?f=html", f"{layer.label.zh} {layer.label.en} ({counts[name]})")
        for name, layer in layers.items()
    ]
    return html.page("图层 Layers", [html.links(items)])


def _collection_page(layer: LayerDefinition, count: int) -> Response:
    described = layer.description or layer.label
    rows = [
        (field.name, field.label.zh, field.label.en, str(field.type), field.unit.code if field.unit else "")
        for field in layer.fields.values()
    ]
    return html.page(
        f"{layer.label.zh} {layer.label.en}",
        [
            html.paragraph(f"{described.zh} · {described.en} · {count}"),
            html.links(
                [
                    (f"/collections/{layer.name}/items", "要素 features (GeoJSON)"),
                    (f"/collections/{layer.name}/schema", "结构 schema"),
                    ("/collections?f=html", "全部图层 all layers"),
                ]
            ),
            html.table(("字段 field", "中文", "English", "类型 type", "单位 unit"), rows),
        ],
    )
