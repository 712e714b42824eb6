"""The start page, what the API conforms to, its description, and the list of its operations for people."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.formats.answers import json_bytes
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.labels import LANGUAGES, Language
from geo_ems.web import html
from geo_ems.web.dependencies import asking, base_address, calling
from geo_ems.web.openapi import OPENAPI_TYPE, openapi_document
from geo_ems.web.page_parameters import F_PAGE
from geo_ems.web.pages import map_response
from geo_ems.web.parameters import Asked
from geo_ems.web.responses import JSON, json_response
from geo_ems.web.state import Served, served

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
)
OVERVIEW = "overview"
_KEPT_DESCRIPTIONS = 8
_REL = "http://www.opengis.net/def/rel/ogc/1.0"

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
PageAsked = Annotated[Asked, Depends(asking(F_PAGE))]
NothingAsked = Annotated[Asked, Depends(asking())]


@router.api_route("/", methods=["GET", "HEAD"])
async def landing(request: Request, parts: Parts, caller: Reader, asked: PageAsked) -> Response:
    """Return the map to a browser, the landing page as JSON to a program."""
    project = parts.application.project
    if wants_html(request, asked):
        if OVERVIEW in parts.application.maps:
            language = language_accepted(request.headers.get("accept-language", ""), project.language)
            response = await parts.reads.run(partial(map_response, parts, OVERVIEW, language, caller))
            response.headers["Vary"] = "Accept, Accept-Language"
            return response
        return _start_page(parts)
    return json_response(
        {
            "title": f"{project.name.zh} {project.name.en}",
            "description": "geo_ems",
            "links": _links(base_address(request)),
        }
    )


@router.api_route("/conformance", methods=["GET", "HEAD"])
async def conformance(_: Reader, __: NothingAsked) -> Response:
    """Return the conformance classes that are built."""
    return json_response({"conformsTo": CONFORMANCE})


@router.api_route("/api", methods=["GET", "HEAD"])
async def api_description(request: Request, parts: Parts, _: Reader, __: NothingAsked) -> Response:
    """Return the OpenAPI 3.0 document."""
    address = base_address(request)
    body = parts.descriptions.get(address)
    if body is None:
        body = json_bytes(openapi_document(parts.layers, parts.application.publishing.limits, address=address))
        if len(parts.descriptions) < _KEPT_DESCRIPTIONS:
            parts.descriptions[address] = body
    return Response(body, media_type=OPENAPI_TYPE)


@router.api_route("/docs", methods=["GET", "HEAD"])
async def operations_page(parts: Parts, _: Reader, __: NothingAsked) -> Response:
    """Return the list of operations for people; it loads nothing."""
    document = openapi_document(parts.layers, parts.application.publishing.limits, address="")
    content = [
        html.paragraph("接口说明 · The API. A parameter that is not listed is refused (400), never ignored."),
        html.links([("/api", "OpenAPI 3.0 (JSON)"), ("/", "地图 map"), ("/collections?f=html", "图层 layers")]),
    ]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content += [html.heading(f"{method.upper()} {path}"), html.paragraph(str(operation["summary"]))]
            listed = operation.get("parameters")
            if isinstance(listed, list):
                rows = [(entry["name"], _required(entry), entry.get("description", "")) for entry in listed]
                content.append(html.table(("参数 parameter", "", "说明 what it is"), rows))
    return html.page("geo_ems API", content)


def _required(entry: Mapping[str, object]) -> str:
    return "必填 required" if entry.get("required") else ""


def wants_html(request: Request, asked: Asked) -> bool:
    """Return whether a page is wanted: `f` decides, else whether HTML stands before JSON in `Accept`."""
    told = asked.one(F_PAGE)
    if told is not None:
        return told == "html"
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return "text/html" in accepted and JSON not in accepted[: accepted.index("text/html")]


def language_accepted(accepted: str, default: Language) -> Language:
    """Return the language a browser likes best (`Accept-Language`, RFC 9110), or the project's."""
    best: Language = default
    best_weight = 0.0
    for part in accepted.split(","):
        tag, _, parameter = part.partition(";")
        language = next((known for known in LANGUAGES if tag.strip().lower().partition("-")[0] == known), None)
        if language is None:
            continue
        weight = _weight(parameter)
        if weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    """Return the q value of a language, 1 where none is given, 0 where it is no number from 0 to 1."""
    name, sign, value = parameter.strip().partition("=")
    if not sign:
        return 1.0
    told = re.fullmatch(r"[01](?:\.[0-9]{0,3})?", value.strip())
    return float(told[0]) if told and name.strip() == "q" else 0.0


def _start_page(parts: Served) -> Response:
    name = parts.application.project.name
    return html.page(
        f"{name.zh} {name.en}",
        [
            html.links(
                [
                    *((f"/v1/maps/{page}", f"地图 map: {page}") for page in parts.application.maps),
                    ("/collections?f=html", "图层 layers"),
                    ("/docs", "接口说明 API"),
                    ("/readyz", "状态 state"),
                ]
            )
        ],
    )


def _links(address: str) -> list[dict[str, str]]:
    def link(path: str, rel: str, media_type: str, title: str) -> dict[str, str]:
        return {"href": f"{address}{path}", "rel": rel, "type": media_type, "title": title}

    return [
        link("/", "self", JSON, "本页 this page"),
        link("/?f=html", "alternate", "text/html", "地图 map"),
        link("/api", "service-desc", OPENAPI_TYPE, "接口描述 API description"),
        link("/docs", "service-doc", "text/html", "接口说明 API for people"),
        link("/conformance", "conformance", JSON, "符合性 conformance"),
        link("/conformance", f"{_REL}/conformance", JSON, "符合性 conformance"),
        link("/collections", "data", JSON, "图层 layers"),
    ]
