"""`/v1/nearest`, `/v1/coverage`, `/v1/places`: questions read strictly, asked of the services, answers dressed."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.catalogue.conditions import parse_condition_text, parse_conditions_json, stock_condition
from geo_ems.errors import UsageError
from geo_ems.formats.answers import nearest_csv, nearest_geojson, nearest_mapping
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.conditions import AllOf, Condition
from geo_ems.model.definitions import Availability, LayerDefinition
from geo_ems.services.nearest import nearest
from geo_ems.services.places import Place
from geo_ems.services.questions import NearestQuestion
from geo_ems.web import question_parameters as ask
from geo_ems.web.application import WebApplication
from geo_ems.web.bodies import JSON_TYPES, read_body
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.page_parameters import LANG
from geo_ems.web.pages import language_of
from geo_ems.web.parameters import Asked, read_members
from geo_ems.web.responses import CSV, GEOJSON, json_response
from geo_ems.web.road_questions import road_question
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

DEFAULT_PLACES = 20
CAPABILITY_FIELD, SUITABLE_FIELD = "capabilities", "suitable_for"

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
NothingAsked = Annotated[Asked, Depends(asking())]


@router.api_route("/v1/nearest", methods=["GET", "HEAD"])
async def get_nearest(
    parts: Parts,
    caller: Reader,
    asked: Annotated[Asked, Depends(asking(*ask.NEAREST_QUERY))],
) -> Response:
    """Return the nearest features that qualify, and account for all others."""
    return await parts.reads.run(partial(_nearest, parts, caller, asked))


@router.api_route("/v1/nearest", methods=["POST"])
async def post_nearest(request: Request, parts: Parts, caller: Reader, _: NothingAsked) -> Response:
    """Answer the same question, sent as JSON."""
    body = await question_body(request, parts)

    def answer() -> Response:
        asked = read_members(parse_json_object(body), ask.NEAREST_BODY, not_built={})
        return _nearest(parts, caller, asked)

    return await parts.reads.run(answer)


@router.api_route("/v1/places", methods=["GET", "HEAD"])
async def get_places(
    parts: Parts, caller: Reader, asked: Annotated[Asked, Depends(asking(*ask.PLACES_QUERY))]
) -> Response:
    """Return the places that a text may mean."""
    return await parts.reads.run(partial(_places, parts, caller, asked))


def _nearest(parts: Served, caller: Caller, asked: Asked) -> Response:
    application = parts.application
    definition = published(parts, asked.need(ask.LAYER), "layer")
    conditions, texts = conditions_asked(asked, definition, caller, application)
    chosen = asked.one(ask.AVAILABILITY)
    question = NearestQuestion(
        layer=definition.name,
        at_lonlat_deg=_place(asked),
        incident_id=asked.one(ask.INCIDENT),
        k=asked.one(ask.K),
        where=AllOf(conditions),
        where_text=texts,
        availability=frozenset(Availability(name) for name in chosen or (Availability.AVAILABLE,)),
        cutoff_m=asked.one(ask.CUTOFF_M),
        as_of=instant(asked, application),
        max_position_age_s=asked.one(ask.MAX_POSITION_AGE_S),
        include_excluded=asked.one(ask.INCLUDE_EXCLUDED) or False,
        ignore_hazards=asked.one(ask.IGNORE_HAZARDS) or False,
        language=language_of(asked.one(LANG), application.project.language),
        **road_question(asked),
    )
    answer = nearest(
        application.snapshots,
        question,
        caller=caller,
        defaults=application.project.defaults,
        zone=application.project.zone,
        clock=application.clock,
        roads=application.roads,
    )
    match asked.one(ask.F_NEAREST):
        case "geojson":
            return json_response(nearest_geojson(answer), media_type=GEOJSON)
        case "csv":
            return Response(nearest_csv(answer), media_type=CSV)
        case _:
            return json_response(nearest_mapping(answer))


def _places(parts: Served, caller: Caller, asked: Asked) -> Response:
    text, limit = asked.need(ask.Q), asked.one(ask.PLACES_LIMIT) or DEFAULT_PLACES
    language = language_of(asked.one(LANG), parts.application.project.language)
    answer = parts.places.find(text, limit=limit, language=language, caller=caller)
    return json_response(
        {
            "query": {"q": text, "limit": limit, "lang": language},
            "snapshot_id": answer.snapshot_id,
            "as_of": answer.as_of,
            "places": [place_mapping(place) for place in answer.places],
        }
    )


def place_mapping(place: Place) -> dict[str, object]:
    """Return a place as JSON has it."""
    return {
        "id": place.id,
        "layer": place.layer,
        "name": place.name,
        "name_en": place.name_en,
        "kind": place.kind,
        "kind_label": place.kind_label,
        "district": place.district,
        "lon": place.lon_deg,
        "lat": place.lat_deg,
    }


def published(parts: Served, name: str, field: str) -> LayerDefinition:
    """Return the published layer of a name, or refuse it listing those there are."""
    found = parts.layers.get(name)
    if found is None:
        remedy = f"Known: {', '.join(parts.layers)}."
        raise UsageError(f"There is no layer '{name}'", remedy=remedy, field=field, value=name)
    return found


def _place(asked: Asked) -> tuple[float, float] | None:
    lon, lat = asked.one(ask.LON), asked.one(ask.LAT)
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        raise UsageError("lon and lat go together", remedy="Give both.", field="lon" if lon is None else "lat")
    return lon, lat


def _refuse_seconds(asked: Asked) -> None:
    seconds = asked.one(ask.CUTOFF_S)
    if seconds is not None:
        raise UsageError(
            "A cutoff in time needs a road network, and none is loaded",
            remedy="Give cutoff_m, in metres.",
            field="cutoff_s",
            value=seconds,
        )


def conditions_asked(
    asked: Asked, definition: LayerDefinition, caller: Caller, application: WebApplication
) -> tuple[tuple[Condition, ...], tuple[str, ...]]:
    """Return all conditions of a question, and how each is written, for the echo."""
    private, zone = caller.may(Permission.READ_PRIVATE), application.project.zone
    texts = [text for text in asked.many(ask.WHERE) if isinstance(text, str)]
    if len(texts) > ask.MAX_CONDITIONS:
        raise UsageError(
            f"There are {len(texts)} conditions", remedy=f"Give at most {ask.MAX_CONDITIONS}.", field="where"
        )
    items = [item for item in asked.one(ask.WHERE_JSON) or () if isinstance(item, dict)]
    # A space stands for the + that an address spells %2B: codes hold none.
    capability, suitable = asked.one(ask.CAPABILITY), asked.one(ask.SUITABLE_FOR)
    for field, value in ((CAPABILITY_FIELD, capability), (SUITABLE_FIELD, suitable)):
        if value is not None:
            texts.append(f"{field}={'+'.join(value.split())}")
    conditions = [parse_condition_text(text, definition, include_private=private, zone=zone) for text in texts]
    if items:
        conditions.append(parse_conditions_json(items, definition, include_private=private, zone=zone))
        texts += [f"{item['field']}{item['op']}{_listed(item['value'])}" for item in items]
    item, quantity = asked.one(ask.ITEM), asked.one(ask.QUANTITY)
    if (item is None) != (quantity is None):
        raise UsageError("An item and a quantity go together", remedy="Give both.", field="item", value=item)
    if item is not None and quantity is not None:
        conditions.append(stock_condition(item, quantity, definition))
        texts.append(f"stock: {item} >= {quantity:g}")
    return tuple(conditions), tuple(texts)


def _listed(value: object) -> str:
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)


def instant(asked: Asked, application: WebApplication) -> datetime | None:
    """Return the instant asked for; without an offset it is read in the project's zone."""
    instant = asked.one(ask.AS_OF)
    if instant is None or instant.tzinfo is not None:
        return instant
    return instant.replace(tzinfo=application.project.zone)


async def question_body(request: Request, parts: Served) -> bytes:
    """Return the JSON body of a question."""
    limit_bytes = parts.application.publishing.limits.json_body_bytes
    return await read_body(request, types=JSON_TYPES, limit_bytes=limit_bytes)
