"""`/v1/assignments`: orders given by a person, their steps, recall and undo; all they book changes in one commit."""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import GeoEmsError, NotFoundError
from geo_ems.formats.assignment_answers import assignment_mapping
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.features import Feature
from geo_ems.services.assignment_chain import next_steps
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER, Pick
from geo_ems.services.assignment_office import AssignmentOffice, Ordered, listed_assignments
from geo_ems.services.assignment_steps import StatusReport, change_status, recall, undo_status
from geo_ems.services.assignments import Order, give_order, preview_order
from geo_ems.web import dispatch_parameters as ask
from geo_ems.web.application import WebApplication
from geo_ems.web.bodies import JSON_TYPES, read_body
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.items import idempotency_key
from geo_ems.web.parameters import Asked, Parameter, read_members
from geo_ems.web.problems import NoSuchResourceError, shown_text
from geo_ems.web.question_parameters import INCIDENT
from geo_ems.web.responses import expected_revisions, json_response, revision_tag
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

ASSIGNMENTS = "/v1/assignments"
ASSIGNMENT = "/v1/assignments/{id}"
Change = Callable[..., Ordered]

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
Writer = Annotated[Caller, Depends(calling(Permission.WRITE))]
NothingAsked = Annotated[Asked, Depends(asking())]
ListAsked = Annotated[Asked, Depends(asking(*ask.ASSIGNMENTS_QUERY))]


@router.api_route(ASSIGNMENTS, methods=["GET", "HEAD"])
async def get_assignments(parts: Parts, caller: Reader, asked: ListAsked) -> Response:
    """Return the assignments of an incident, of a resource, or all of them; those under way, or also the others."""

    def answer() -> Response:
        found = listed_assignments(
            parts.application.snapshots,
            incident_id=asked.one(INCIDENT),
            resource_id=asked.one(ask.RESOURCE),
            open_only=asked.one(ask.STATE) != "all",
            caller=caller,
        )
        return json_response({"assignments": [_mapping(item, caller) for item in found]})

    return await parts.reads.run(answer)


@router.api_route(ASSIGNMENTS, methods=["POST"])
async def post_assignments(request: Request, parts: Parts, caller: Writer, _: NothingAsked) -> Response:
    """Order what a person picked: all of it is booked, or nothing."""
    body = await _body(request, parts)
    key = idempotency_key(request)

    def work() -> Response:
        asked = read_members(parse_json_object(body), ask.ORDER_BODY, not_built={})
        office, order = _office(parts.application), _order(asked, parts.application)
        if asked.one(ask.PREVIEW):
            return _answer(preview_order(office, order, caller=caller), caller, preview=True)
        done = give_order(office, order, caller=caller, idempotency_key=key)
        return _answer(done, caller, status=HTTPStatus.OK if done.repeated else HTTPStatus.CREATED)

    return await parts.writes.run(work)


@router.api_route(ASSIGNMENT, methods=["GET", "HEAD"])
async def get_assignment(request: Request, parts: Parts, caller: Reader, _: NothingAsked) -> Response:
    """Return one assignment with all its steps."""
    assignment_id = str(request.path_params["id"])

    def answer() -> Response:
        found = parts.application.store.read_rows(ASSIGNMENT_LAYER, [assignment_id])
        if not found or (caller.areas and found[0].properties.get("district_id") not in caller.areas):
            raise _missing(assignment_id)
        return json_response(_mapping(found[0], caller), headers={"ETag": revision_tag(found[0].rev)})

    return await parts.reads.run(answer)


@router.api_route("/v1/assignments/{id}/status", methods=["POST"])
async def post_status(request: Request, parts: Parts, caller: Writer, _: NothingAsked) -> Response:
    """Write the next step: accepted, declined, no answer, departed, on scene, done."""
    return await _step(request, parts, caller, change_status, ask.STATUS_BODY)


@router.api_route("/v1/assignments/{id}/recall", methods=["POST"])
async def post_recall(request: Request, parts: Parts, caller: Writer, _: NothingAsked) -> Response:
    """Call it back: stock and places are booked back, the team is told to come home."""
    return await _step(request, parts, caller, recall, ask.STEP_BODY)


@router.api_route("/v1/assignments/{id}/undo", methods=["POST"])
async def post_undo(request: Request, parts: Parts, caller: Writer, _: NothingAsked) -> Response:
    """Undo the last step as if it had not been; undoing the order itself cancels it."""
    return await _step(request, parts, caller, undo_status, ask.STEP_BODY)


async def _step(
    request: Request, parts: Served, caller: Caller, change: Change, members: tuple[Parameter[object], ...]
) -> Response:
    body, revisions = await _body(request, parts), expected_revisions(request)
    assignment_id = str(request.path_params["id"])

    def work() -> Response:
        asked = read_members(parse_json_object(body), members, not_built={})
        application = parts.application
        report = StatusReport(
            status=asked.one(ask.STATUS) or "",
            occurred_at=_zoned(asked.one(ask.OCCURRED_AT), application),
            reason=asked.one(ask.REASON),
            note=asked.one(ask.NOTE),
            eta=_zoned(asked.one(ask.ETA), application),
            told_by=asked.one(ask.TOLD_BY),
            expected_revs=revisions,
        )
        try:
            return _answer(change(_office(application), assignment_id, report, caller=caller), caller)
        except NotFoundError as error:
            if error.value == assignment_id:
                raise _missing(assignment_id) from error
            raise

    return await parts.writes.run(work)


def _order(asked: Asked, application: WebApplication) -> Order:
    picks = [read_members(_object(item), ask.PICK, not_built={}) for item in asked.need(ask.PICKS)]
    return Order(
        incident_id=asked.need(ask.FOR_INCIDENT),
        picks=tuple(_pick(item, application) for item in picks),
        ordered_by=asked.one(ask.ORDERED_BY),
        occurred_at=_zoned(asked.one(ask.OCCURRED_AT), application),
        note=asked.one(ask.NOTE),
    )


def _pick(asked: Asked, application: WebApplication) -> Pick:
    return Pick(
        layer=asked.need(ask.PICK_LAYER),
        id=asked.need(ask.PICK_ID),
        item=asked.one(ask.PICK_ITEM),
        quantity=asked.one(ask.PICK_QUANTITY),
        places_persons=asked.one(ask.PICK_PLACES),
        requirement=asked.one(ask.REQUIREMENT),
        eta=_zoned(asked.one(ask.ETA), application),
        confirmed=asked.one(ask.CONFIRMED) or False,
        note=asked.one(ask.NOTE),
    )


def _answer(done: Ordered, caller: Caller, *, status: HTTPStatus = HTTPStatus.OK, preview: bool = False) -> Response:
    return json_response(
        {
            "preview": preview,
            "repeated": done.repeated,
            "seq": done.seq,
            "assignments": [_mapping(item, caller) for item in done.assignments],
            "conflicts": [_conflict(error) for error in done.conflicts],
        },
        status=status,
    )


def _mapping(assignment: Feature, caller: Caller) -> dict[str, object]:
    """Return an assignment with the steps that may follow, so that nobody has to know the chain by heart."""
    return {
        **assignment_mapping(assignment, include_private=caller.may(Permission.READ_PRIVATE)),
        "may_follow": list(next_steps(assignment.properties.get("status"))),
    }


def _conflict(error: GeoEmsError) -> dict[str, str]:
    return {
        "resource": shown_text(error.where),
        "problem": shown_text(error.problem, limit=500),
        "remedy": shown_text(error.remedy, limit=1000),
    }


def _office(application: WebApplication) -> AssignmentOffice:
    return AssignmentOffice(
        application.store,
        application.snapshots,
        application.project.zone,
        application.clock,
        application.new_id,
    )


def _missing(assignment_id: str) -> NoSuchResourceError:
    return NoSuchResourceError(
        f"There is no assignment '{assignment_id[:100]}'",
        remedy=f"The list is at {ASSIGNMENTS}.",
        field="id",
        value=assignment_id,
    )


def _zoned(instant: datetime | None, application: WebApplication) -> datetime | None:
    if instant is None or instant.tzinfo is not None:
        return instant
    return instant.replace(tzinfo=application.project.zone)


def _object(item: object) -> Mapping[str, object]:
    return item if isinstance(item, dict) else {}


async def _body(request: Request, parts: Served) -> bytes:
    limit_bytes = parts.application.publishing.limits.json_body_bytes
    return await read_body(request, types=JSON_TYPES, limit_bytes=limit_bytes)
