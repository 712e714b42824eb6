"""`/v1/barriers`: roads closed, slowed and opened again while it happens; each change acts in the very next answer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.errors import NotFoundError, UsageError
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.roads import Mode
from geo_ems.routing.network import RoadNetwork
from geo_ems.services.barrier_desk import (
    BarrierDesk,
    Changed,
    confirm_barrier,
    lift_barrier,
    refine_barrier,
    set_barrier,
)
from geo_ems.services.barrier_question import BarrierQuestion
from geo_ems.services.barrier_roads import BarrierPlace, place_of_bridge, place_on_road
from geo_ems.services.barrier_rows import BARRIER_LAYER, HAZARD_LAYER
from geo_ems.services.barrier_view import barrier_view, barriers_acting
from geo_ems.services.edits import read_feature
from geo_ems.services.provenance import instant_text
from geo_ems.web import barrier_parameters as ask
from geo_ems.web.bodies import read_body
from geo_ems.web.dependencies import asking, base_address, calling
from geo_ems.web.items import idempotency_key
from geo_ems.web.page_parameters import LANG
from geo_ems.web.pages import language_of
from geo_ems.web.parameters import Asked, Parameter, read_members
from geo_ems.web.problems import NoSuchResourceError
from geo_ems.web.responses import expected_revisions, json_response, revision_tag
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

BARRIERS, BARRIER = "/v1/barriers", "/v1/barriers/{id}"
BODY_TYPES = ("application/json", "application/merge-patch+json")
_LAYERS = ("roads", BARRIER_LAYER, HAZARD_LAYER)
Found = TypeVar("Found")

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
Writer = Annotated[Caller, Depends(calling(Permission.WRITE))]
Listed = Annotated[Asked, Depends(asking(*ask.LIST_QUERY))]
InLanguage = Annotated[Asked, Depends(asking(LANG))]


@router.api_route(BARRIERS, methods=["GET", "HEAD"])
async def get_barriers(parts: Parts, _: Reader, asked: Listed) -> Response:
    """Return what acts on the roads."""

    def answer() -> Response:
        pinned, network = _pinned(parts)
        question = _question(parts, asked)
        return json_response(barriers_acting(pinned, network, question).mapping(question.language))

    return await parts.reads.run(answer)


@router.api_route(BARRIERS, methods=["POST"])
async def post_barrier(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Set a barrier."""
    body, key = await _body(request, parts), idempotency_key(request)
    desk = _desk(parts, caller)

    def store() -> Response:
        members = parse_json_object(body)
        said = read_members(members, ask.SETTING, not_built={})
        place = _place(desk, said) or BarrierPlace()
        changed = set_barrier(desk, place, _values(desk, said, members), idempotency_key=key)
        status = HTTPStatus.CREATED if changed.is_new else HTTPStatus.OK
        address = f"{base_address(request)}{BARRIERS}/{quote(changed.feature.id, safe='')}"
        return _told(parts, asked, changed, status=status, headers={"Location": address})

    return await parts.writes.run(store)


@router.api_route(BARRIER, methods=["GET", "HEAD"])
async def get_barrier(request: Request, parts: Parts, caller: Reader, asked: Listed) -> Response:
    """Return one barrier, whether it acts or not."""
    barrier_id, desk = str(request.path_params["id"]), _desk(parts, caller)

    def answer() -> Response:
        return _told(parts, asked, Changed(read_feature(desk.scope, barrier_id)))

    return await parts.reads.run(_or_missing(answer, barrier_id))


@router.api_route(BARRIER, methods=["PATCH"])
async def patch_barrier(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Refine a barrier; null clears a value."""
    body, revisions = await _body(request, parts), expected_revisions(request)
    barrier_id, desk = str(request.path_params["id"]), _desk(parts, caller)

    def store() -> Response:
        members = parse_json_object(body)
        said = read_members(members, ask.REFINING, not_built={})
        place, values = _place(desk, said), _values(desk, said, members)
        emptied = [each.name for each in ask.PLACE if each.name in members and members[each.name] is None]
        if place is None and emptied == [ask.ROAD_ID.name]:
            values[ask.ROAD_ID.name] = None  # no more limited to one road, and where it is
        elif emptied:
            raise UsageError(
                "A barrier keeps a place", remedy="Give another one, or lift the barrier.", field=emptied[0]
            )
        changed = refine_barrier(desk, barrier_id, values, place=place, expected_revs=revisions)
        return _told(parts, asked, changed)

    return await parts.writes.run(_or_missing(store, barrier_id))


@router.api_route(BARRIER + "/lift", methods=["POST"])
async def post_lift(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Lift a barrier: the road is open again."""

    def act(desk: BarrierDesk, barrier_id: str, said: Asked, _: Mapping[str, object]) -> Changed:
        return lift_barrier(desk, barrier_id, reason=said.one(ask.REASON))

    return await _acted(request, parts, caller, asked, ask.LIFTING, act)


@router.api_route(BARRIER + "/confirm", methods=["POST"])
async def post_confirm(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Confirm that a barrier still holds."""

    def act(desk: BarrierDesk, barrier_id: str, said: Asked, members: Mapping[str, object]) -> Changed:
        return confirm_barrier(desk, barrier_id, _values(desk, said, members))

    return await _acted(request, parts, caller, asked, ask.CONFIRMING, act)


async def _acted(
    request: Request,
    parts: Served,
    caller: Caller,
    asked: Asked,
    parameters: Sequence[Parameter[object]],
    act: Callable[[BarrierDesk, str, Asked, Mapping[str, object]], Changed],
) -> Response:
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    body = await _body(request, parts) if has_body else b"{}"
    barrier_id, desk = str(request.path_params["id"]), _desk(parts, caller)

    def store() -> Response:
        members = parse_json_object(body)
        said = read_members(members, parameters, not_built={})
        return _told(parts, asked, act(desk, barrier_id, said, members))

    return await parts.writes.run(_or_missing(store, barrier_id))


def _pinned(parts: Served) -> tuple[SnapshotSet, RoadNetwork | None]:
    application = parts.application
    pinned = application.snapshots.pin([name for name in _LAYERS if name in application.snapshots.definitions])
    return pinned, application.roads.network(pinned)


def _question(parts: Served, asked: Asked) -> BarrierQuestion:
    application = parts.application
    as_of = asked.one(ask.AS_OF) or application.clock()
    return BarrierQuestion(
        as_of=as_of if as_of.tzinfo is not None else as_of.replace(tzinfo=application.project.zone),
        mode=Mode(asked.one(ask.MODE) or Mode.DRIVE),
        language=language_of(asked.one(LANG), application.project.language),
        stale_after_s=application.project.defaults.closure_stale_after_s,
    )


def _told(
    parts: Served,
    asked: Asked,
    changed: Changed,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the barrier as it is stored now, and which roads it meets."""
    pinned, network = _pinned(parts)
    question = _question(parts, asked)
    view, warnings = barrier_view(changed.feature, pinned, network, question)
    content = {
        "as_of": instant_text(question.as_of),
        "barrier": view.mapping(question.language),
        "unchanged": changed.unchanged,
        "warnings": list(warnings),
    }
    tag = {"ETag": revision_tag(changed.feature.rev)}
    return json_response(content, status=status, headers={**tag, **(headers or {})})


def _desk(parts: Served, caller: Caller) -> BarrierDesk:
    application = parts.application
    return BarrierDesk(
        application.store,
        application.snapshots,
        caller,
        application.project.zone,
        application.clock,
        application.new_id,
    )


def _place(desk: BarrierDesk, said: Asked) -> BarrierPlace | None:
    """Return the place that a body names; None where it names none."""
    geometry, at = said.one(ask.GEOMETRY), said.one(ask.AT)
    road_id, bridge = said.one(ask.ROAD_ID), said.one(ask.BRIDGE)
    if sum(each is not None for each in (geometry, at, bridge)) > 1 or (road_id is not None and bridge is not None):
        raise UsageError(
            "The place is given twice", remedy="Give one of geometry, at, bridge; road_id may go with the first two."
        )
    if bridge is not None:
        return place_of_bridge(desk.snapshots, bridge)
    drawn = {"type": "Point", "coordinates": list(at)} if at is not None else geometry
    if road_id is not None:
        return place_on_road(desk.snapshots, road_id, drawn)
    return None if drawn is None else BarrierPlace(drawn)


def _values(desk: BarrierDesk, said: Asked, members: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of the layer that a body gives; null clears."""
    values: dict[str, object] = {}
    for name in ask.VALUES & members.keys():
        given = said.values.get(name)
        value = None if given is None else given[0]
        if isinstance(value, datetime):
            zoned = value if value.tzinfo is not None else value.replace(tzinfo=desk.zone)
            value = instant_text(zoned.astimezone(UTC))
        values[name] = value
    return values


async def _body(request: Request, parts: Served) -> bytes:
    limit_bytes = parts.application.publishing.limits.json_body_bytes
    return await read_body(request, types=BODY_TYPES, limit_bytes=limit_bytes)


def _or_missing(work: Callable[[], Found], path_id: str) -> Callable[[], Found]:
    """Return the work with a missing barrier as 404 where the path names it; another missing name stays 400."""

    def or_missing() -> Found:
        try:
            return work()
        except NotFoundError as error:
            if error.field != "id" or error.value != path_id:
                raise
            raise NoSuchResourceError(
                error.problem, remedy=error.remedy, field=error.field, value=error.value
            ) from error

    return or_missing
