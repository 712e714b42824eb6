"""`/v1/dispatch`: a recommendation for one incident, or for several that share one pool; nothing is changed by it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import UsageError
from geo_ems.formats.dispatch_answers import dispatch_mapping
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.roads import Metric
from geo_ems.services.dispatch import dispatch
from geo_ems.services.dispatch_question import DispatchQuestion, SceneAsked
from geo_ems.services.dispatch_rules import load_dispatch_rules
from geo_ems.web import dispatch_parameters as ask
from geo_ems.web import question_parameters as place
from geo_ems.web.bodies import JSON_TYPES, read_body
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.page_parameters import LANG
from geo_ems.web.pages import language_of
from geo_ems.web.parameters import Asked, read_members
from geo_ems.web.responses import json_response
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
NothingAsked = Annotated[Asked, Depends(asking())]


@router.api_route("/v1/dispatch", methods=["POST"])
async def post_dispatch(request: Request, parts: Parts, caller: Reader, _: NothingAsked) -> Response:
    """Return who and what goes to an incident, why, what is missing and what would cure it."""
    limit_bytes = parts.application.publishing.limits.json_body_bytes
    body = await read_body(request, types=JSON_TYPES, limit_bytes=limit_bytes)

    def answer() -> Response:
        return _dispatch(parts, caller, read_members(parse_json_object(body), ask.DISPATCH_BODY, not_built={}))

    return await parts.reads.run(answer)


def _dispatch(parts: Served, caller: Caller, asked: Asked) -> Response:
    application = parts.application
    project = application.project
    as_of, metric = asked.one(place.AS_OF), asked.one(ask.METRIC)
    question = DispatchQuestion(
        scenes=_scenes(asked),
        as_of=as_of if as_of is None or as_of.tzinfo is not None else as_of.replace(tzinfo=project.zone),
        max_position_age_s=asked.one(place.MAX_POSITION_AGE_S),
        own_area_only=asked.one(ask.OWN_AREA_ONLY) or False,
        keep_cover=asked.one(ask.KEEP_COVER),
        metric=None if metric is None else Metric(metric),
        language=language_of(asked.one(LANG), project.language),
    )
    answer = dispatch(
        application.snapshots,
        question,
        load_dispatch_rules(project.rules_folder, application.snapshots.definitions),
        caller=caller,
        defaults=project.defaults,
        zone=project.zone,
        clock=application.clock,
        roads=application.roads,
    )
    return json_response(dispatch_mapping(answer))


def _scenes(asked: Asked) -> tuple[SceneAsked, ...]:
    several = asked.one(ask.INCIDENTS)
    if several is None:
        return (_scene(asked),)
    given = [member.name for member in ask.SCENE if asked.one(member) is not None]
    if given:
        raise UsageError(
            f"'incidents' and '{given[0]}' do not go together",
            remedy="Say it inside each of the incidents.",
            field=given[0],
        )
    if not several:
        raise UsageError("There is no incident", remedy="Name at least one.", field="incidents")
    return tuple(_scene(read_members(_object(item), ask.SCENE, not_built={})) for item in several)


def _object(item: object) -> Mapping[str, object]:
    return item if isinstance(item, dict) else {}


def _scene(asked: Asked) -> SceneAsked:
    lon, lat = asked.one(place.LON), asked.one(place.LAT)
    if (lon is None) != (lat is None):
        raise UsageError("lon and lat go together", remedy="Give both.", field="lon" if lon is None else "lat")
    at_lonlat_deg = None if lon is None or lat is None else (lon, lat)
    return SceneAsked(asked.one(place.INCIDENT), at_lonlat_deg, asked.one(ask.KIND), asked.one(ask.ALARM_LEVEL))
