"""`/v1/coverage` and `/v1/service-areas`: who is reached, and how far, by road or in a straight line."""

from typing import Annotated, TypedDict

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.formats.answers import coverage_mapping
from geo_ems.formats.area_answers import areas_geojson, areas_mapping
from geo_ems.model.area_answers import Nest, Overlap
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.conditions import AllOf
from geo_ems.model.definitions import Availability
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.area_question import BUFFER_M, ServiceAreaQuestion
from geo_ems.services.barrier_question import DrawnBarrier
from geo_ems.services.coverage import coverage
from geo_ems.services.drawn_barriers import drawn_barrier
from geo_ems.services.questions import CoverageQuestion
from geo_ems.services.service_areas import service_areas
from geo_ems.web import area_parameters as areas
from geo_ems.web import question_parameters as ask
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.page_parameters import LANG
from geo_ems.web.pages import language_of
from geo_ems.web.parameters import Asked, read_members
from geo_ems.web.questions import conditions_asked, instant, published, question_body
from geo_ems.web.responses import GEOJSON, json_response
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

DEFAULT_DEMAND = "population"

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
NothingAsked = Annotated[Asked, Depends(asking())]


@router.api_route("/v1/coverage", methods=["POST"])
async def post_coverage(request: Request, parts: Parts, caller: Reader, _: NothingAsked) -> Response:
    """Return who has a usable facility within the cutoff."""
    body = await question_body(request, parts)

    def answer() -> Response:
        return _coverage(parts, caller, read_members(parse_json_object(body), areas.COVERAGE_BODY, not_built={}))

    return await parts.reads.run(answer)


@router.api_route("/v1/service-areas", methods=["POST"])
async def post_service_areas(request: Request, parts: Parts, caller: Reader, _: NothingAsked) -> Response:
    """Return what facilities reach within breaks."""
    body = await question_body(request, parts)

    def answer() -> Response:
        asked = read_members(parse_json_object(body), areas.SERVICE_AREAS_BODY, not_built={})
        return _service_areas(parts, caller, asked)

    return await parts.reads.run(answer)


def _coverage(parts: Served, caller: Caller, asked: Asked) -> Response:
    application = parts.application
    definition = published(parts, asked.need(ask.LAYER), "layer")
    demand = published(parts, asked.one(ask.DEMAND) or DEFAULT_DEMAND, "demand")
    tests, texts = conditions_asked(asked, definition, caller, application)
    answer = coverage(
        application.snapshots,
        CoverageQuestion(
            layer=definition.name,
            cutoff_m=asked.one(ask.CUTOFF_M),
            cutoff_s=asked.one(ask.CUTOFF_S),
            where=AllOf(tests),
            where_text=texts,
            demand=demand.name,
            by=asked.one(ask.BY) or "districts",
            as_of_now=asked.one(ask.AS_OF_NOW) or False,
            availability=_availability(asked),
            as_of=instant(asked, application),
            ignore_hazards=asked.one(ask.IGNORE_HAZARDS) or False,
            language=language_of(asked.one(LANG), application.project.language),
            **_of_roads(asked),
        ),
        caller=caller,
        defaults=application.project.defaults,
        zone=application.project.zone,
        clock=application.clock,
        roads=application.roads,
    )
    return json_response(coverage_mapping(answer))


def _service_areas(parts: Served, caller: Caller, asked: Asked) -> Response:
    application = parts.application
    definition = published(parts, asked.need(ask.LAYER), "layer")
    demand = published(parts, asked.one(ask.DEMAND) or DEFAULT_DEMAND, "demand")
    tests, texts = conditions_asked(asked, definition, caller, application)
    with_geometry = asked.one(areas.GEOMETRY)
    answer = service_areas(
        application.snapshots,
        ServiceAreaQuestion(
            layer=definition.name,
            breaks_s=asked.one(areas.BREAKS_S) or (),
            breaks_m=asked.one(areas.BREAKS_M) or (),
            ids=asked.one(areas.IDS) or (),
            overlap=Overlap(asked.one(areas.OVERLAP) or Overlap.EACH),
            nest=Nest(asked.one(areas.NEST) or Nest.DISK),
            with_turnout=asked.one(areas.WITH_TURNOUT) or False,
            buffer_m=asked.one(areas.BUFFER_M) or BUFFER_M,
            with_geometry=with_geometry is not False,
            where=AllOf(tests),
            where_text=texts,
            demand=demand.name,
            as_of_now=asked.one(ask.AS_OF_NOW) or False,
            availability=_availability(asked),
            as_of=instant(asked, application),
            ignore_hazards=asked.one(ask.IGNORE_HAZARDS) or False,
            language=language_of(asked.one(LANG), application.project.language),
            **_of_roads(asked),
        ),
        caller=caller,
        defaults=application.project.defaults,
        zone=application.project.zone,
        clock=application.clock,
        roads=application.roads,
    )
    if asked.one(areas.F_AREAS) == "json":
        return json_response(areas_mapping(answer))
    return json_response(areas_geojson(answer), media_type=GEOJSON)


class _OfRoads(TypedDict):
    """The members of a question that are about roads."""

    metric: Metric | None
    mode: Mode | None
    direction: Direction | None
    drawn_barriers: tuple[DrawnBarrier, ...]
    barrier_ids: tuple[str, ...]
    policy: dict[str, str]


def _of_roads(asked: Asked) -> _OfRoads:
    metric, mode, direction = (asked.one(each) for each in (areas.ROAD_METRIC, areas.ROAD_MODE, areas.ROAD_DIRECTION))
    named = asked.one(areas.DRAWN_BARRIERS) or ()
    features = [item for item in named if isinstance(item, dict)]
    return _OfRoads(
        metric=None if metric is None else Metric(metric),
        mode=None if mode is None else Mode(mode),
        direction=None if direction is None else Direction(direction),
        drawn_barriers=tuple(drawn_barrier(item, number) for number, item in enumerate(features, start=1)),
        barrier_ids=tuple(dict.fromkeys(item for item in named if isinstance(item, str))),
        policy=dict(asked.one(areas.POLICIES) or {}),
    )


def _availability(asked: Asked) -> frozenset[Availability] | None:
    chosen = asked.one(ask.AVAILABILITY)
    return frozenset(Availability(name) for name in chosen) if chosen else None
