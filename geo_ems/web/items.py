"""`/collections/{layer}/items`: features as GeoJSON, in pages and one by one, and changes to them."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import NotFoundError
from geo_ems.formats.feature_json import feature_json, features_json
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.definitions import LayerDefinition
from geo_ems.services.edits import (
    Edited,
    EditScope,
    create_feature,
    delete_feature,
    patch_feature,
    read_feature,
    replace_feature,
)
from geo_ems.services.features import FeatureQuery, find_features
from geo_ems.services.provenance import instant_text
from geo_ems.web.bodies import FEATURE_TYPES, PATCH_TYPES, read_body
from geo_ems.web.dependencies import asking, base_address, calling, published_layer
from geo_ems.web.items_query import CRS, F_GEOJSON, feature_query, items_parameters
from geo_ems.web.parameters import Asked, read_query
from geo_ems.web.problems import NoSuchResourceError, RefusedError
from geo_ems.web.responses import (
    CRS84,
    GEOJSON,
    JSON,
    expected_revisions,
    json_response,
    not_modified,
    revision_tag,
    weak_tag,
)
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

ITEMS = "/collections/{layer}/items"
ITEM = "/collections/{layer}/items/{id}"
NO_CACHE = "no-cache"  # may be kept, but must be asked about before each use
_CRS_HEADER = {"Content-Crs": f"<{CRS84}>", "Cache-Control": NO_CACHE}
_KEY_LENGTH = 100
Found = TypeVar("Found")

router = APIRouter()
Layer = Annotated[LayerDefinition, Depends(published_layer)]
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
Writer = Annotated[Caller, Depends(calling(Permission.WRITE))]
NothingAsked = Annotated[Asked, Depends(asking())]


@router.api_route(ITEMS, methods=["GET", "HEAD"])
async def get_items(request: Request, layer: Layer, parts: Parts, caller: Reader) -> Response:
    """Return one page of features."""
    limits = parts.application.publishing.limits
    asked = read_query(request.scope["query_string"], items_parameters(layer, limits), not_built={})
    query = feature_query(asked, layer, limits=limits, zone=parts.application.project.zone)
    return await parts.reads.run(partial(_page, request, layer, parts, caller, query, asked))


@router.api_route(ITEM, methods=["GET", "HEAD"])
async def get_item(  # the parts of one request
    request: Request,
    layer: Layer,
    parts: Parts,
    caller: Reader,
    _: Annotated[Asked, Depends(asking(F_GEOJSON, CRS))],
) -> Response:
    """Return one feature; its entity tag is its revision."""
    feature_id = str(request.path_params["id"])
    return await parts.reads.run(partial(_item, request, layer, parts, caller, feature_id))


@router.api_route(ITEMS, methods=["POST"])
async def post_item(request: Request, layer: Layer, parts: Parts, caller: Writer, _: NothingAsked) -> Response:
    """Store a new feature."""
    body = await _json_body(request, parts, FEATURE_TYPES)
    key = idempotency_key(request)
    scope = _scope(layer, parts, caller)

    def store() -> Edited:
        return create_feature(scope, parse_json_object(body), new_id=parts.application.new_id, idempotency_key=key)

    return _answer(request, scope, await parts.writes.run(store), status=HTTPStatus.CREATED)


@router.api_route(ITEM, methods=["PUT"])
async def put_item(request: Request, layer: Layer, parts: Parts, caller: Writer, _: NothingAsked) -> Response:
    """Replace a feature."""
    body = await _json_body(request, parts, FEATURE_TYPES)
    revisions = expected_revisions(request)
    scope = _scope(layer, parts, caller)
    feature_id = str(request.path_params["id"])

    def store() -> Edited:
        return replace_feature(scope, feature_id, parse_json_object(body), expected_revs=revisions)

    return _answer(request, scope, await parts.writes.run(_or_missing(store)), status=HTTPStatus.OK)


@router.api_route(ITEM, methods=["PATCH"])
async def patch_item(request: Request, layer: Layer, parts: Parts, caller: Writer, _: NothingAsked) -> Response:
    """Change what a merge patch names."""
    body = await _json_body(request, parts, PATCH_TYPES)
    revisions = expected_revisions(request)
    scope = _scope(layer, parts, caller)
    feature_id = str(request.path_params["id"])

    def store() -> Edited:
        return patch_feature(scope, feature_id, parse_json_object(body), expected_revs=revisions)

    return _answer(request, scope, await parts.writes.run(_or_missing(store)), status=HTTPStatus.OK)


@router.api_route(ITEM, methods=["DELETE"])
async def delete_item(request: Request, layer: Layer, parts: Parts, caller: Writer, _: NothingAsked) -> Response:
    """Delete a feature."""
    revisions = expected_revisions(request)
    scope = _scope(layer, parts, caller)
    feature_id = str(request.path_params["id"])
    await parts.writes.run(_or_missing(partial(delete_feature, scope, feature_id, expected_revs=revisions)))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def item_address(request: Request, layer: str, feature_id: str) -> str:
    """Return where a feature is to be had."""
    return f"{base_address(request)}/collections/{layer}/items/{quote(feature_id, safe='')}"


def _page(
    request: Request, layer: LayerDefinition, parts: Served, caller: Caller, query: FeatureQuery, asked: Asked
) -> Response:
    application = parts.application
    pinned = application.snapshots.pin([layer.name])
    snapshot = pinned.layer(layer.name)
    address = f"{base_address(request)}/collections/{layer.name}"
    include_private = caller.may(Permission.READ_PRIVATE)
    tag = weak_tag(pinned.store_id, pinned.catalogue_sha256, snapshot.last_seq, address, asked.values, caller)
    unchanged = not_modified(request, tag, _CRS_HEADER)
    if unchanged is not None:
        return unchanged
    page = find_features(snapshot, query, caller=caller, zone=application.project.zone)
    features = features_json(snapshot.columns, page.rows, include_private=include_private)
    collection = {
        "type": "FeatureCollection",
        "features": features,
        "numberMatched": page.matched_count,
        "numberReturned": len(features),
        "timeStamp": instant_text(application.clock()),
        "links": _page_links(request, address, query, page.matched_count),
    }
    return json_response(collection, media_type=GEOJSON, headers={**_CRS_HEADER, "ETag": tag})


def _page_links(request: Request, address: str, query: FeatureQuery, matched_count: int) -> list[dict[str, str]]:
    def link(rel: str, offset: int, title: str) -> dict[str, str]:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name not in {"offset", "limit"}]
        asked = urlencode([*kept, ("limit", str(query.limit)), *([("offset", str(offset))] if offset else [])])
        return {"href": f"{address}/items?{asked}", "rel": rel, "type": GEOJSON, "title": title}

    links = [link("self", query.offset, "本页 this page")]
    following = query.offset + query.limit
    if following < matched_count:
        links.append(link("next", following, "下一页 next page"))
    if query.offset:
        links.append(link("prev", max(0, query.offset - query.limit), "上一页 previous page"))
    links.append({"href": address, "rel": "collection", "type": JSON, "title": "图层 the collection"})
    return links


def _item(request: Request, layer: LayerDefinition, parts: Served, caller: Caller, feature_id: str) -> Response:
    scope = _scope(layer, parts, caller)
    feature = _or_missing(partial(read_feature, scope, feature_id))()
    tag = revision_tag(feature.rev)
    unchanged = not_modified(request, tag, _CRS_HEADER)
    if unchanged is not None:
        return unchanged
    address = item_address(request, layer.name, feature.id)
    document = feature_json(feature, layer, include_private=scope.sees_private)
    document["links"] = [
        {"href": address, "rel": "self", "type": GEOJSON},
        {"href": f"{base_address(request)}/collections/{layer.name}", "rel": "collection", "type": JSON},
    ]
    return json_response(document, media_type=GEOJSON, headers={**_CRS_HEADER, "ETag": tag})


def _answer(request: Request, scope: EditScope, edited: Edited, *, status: HTTPStatus) -> Response:
    """Return the feature as it is stored now; `Location` is spelled so, because QGIS up to 3.40 looks for that."""
    document = (
        None
        if edited.feature is None
        else feature_json(edited.feature, scope.definition, include_private=scope.sees_private)
    )
    response = json_response(document, media_type=GEOJSON, status=status)
    headers = {"Content-Crs": f"<{CRS84}>", "ETag": revision_tag(edited.rev)}
    if status is HTTPStatus.CREATED:
        headers["Location"] = item_address(request, scope.definition.name, edited.id)
    # Straight into the raw list: the mapping of Starlette writes names in lower case.
    response.raw_headers.extend((name.encode(), value.encode("ascii")) for name, value in headers.items())
    return response


def _scope(layer: LayerDefinition, parts: Served, caller: Caller) -> EditScope:
    return EditScope(parts.application.store, layer, caller, parts.application.project.zone)


async def _json_body(request: Request, parts: Served, types: tuple[str, ...]) -> bytes:
    return await read_body(request, types=types, limit_bytes=parts.application.publishing.limits.json_body_bytes)


def _or_missing(work: Callable[[], Found]) -> Callable[[], Found]:
    """Return the work with a missing feature as 404: here the path names it."""

    def or_missing() -> Found:
        try:
            return work()
        except NotFoundError as error:
            raise NoSuchResourceError(
                error.problem, remedy=error.remedy, field=error.field, value=error.value
            ) from error

    return or_missing


def idempotency_key(request: Request) -> str | None:
    """Return the key that marks repeats of a request, or refuse one that is none."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (1 <= len(key) <= _KEY_LENGTH and key.isascii() and key.isprintable()):
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            "It is no idempotency key",
            remedy=f"Send 1 to {_KEY_LENGTH} ASCII characters, such as a UUID.",
            field="Idempotency-Key",
            value=key,
        )
    return key
