"""`/v1/incidents`: opened with a kind and a few words, refined, merged, reported, terminated; every answer whole."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import UsageError
from geo_ems.model.caller import Caller, Permission
from geo_ems.services.incident_changes import (
    Changed,
    merge_incident,
    refine_incident,
    reopen_incident,
    terminate_incident,
)
from geo_ems.services.incident_desk import IncidentDesk
from geo_ems.services.incident_opening import Opening, open_incident
from geo_ems.services.incident_places import FoundPlace
from geo_ems.services.incident_reports import Report, acknowledge_report, send_report
from geo_ems.services.incident_view import IncidentQuery, list_incidents, view_incident
from geo_ems.web import incident_parameters as ask
from geo_ems.web.dependencies import asking, base_address, calling
from geo_ems.web.desk import (
    asked_language,
    body_of,
    desk_of,
    idempotency_key,
    named_by_path,
    said_place,
    said_words,
    split_body,
    with_text,
)
from geo_ems.web.incident_answers import list_mapping, place_found_mapping, view_mapping
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Asked, Parameter, read_members
from geo_ems.web.responses import expected_revisions, json_response, revision_tag
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

INCIDENTS, INCIDENT = "/v1/incidents", "/v1/incidents/{id}"

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
Writer = Annotated[Caller, Depends(calling(Permission.WRITE))]
InLanguage = Annotated[Asked, Depends(asking(LANG))]


@router.api_route(INCIDENTS, methods=["GET", "HEAD"])
async def get_incidents(
    parts: Parts, caller: Reader, asked: Annotated[Asked, Depends(asking(*ask.INCIDENTS_QUERY))]
) -> Response:
    """Return the incidents, overdue reports first."""
    desk = desk_of(parts, caller)
    query = IncidentQuery(
        state=asked.one(ask.STATE) or "open",
        kind=asked.one(ask.KIND_FILTER),
        grade=asked.one(ask.GRADE_FILTER),
        district_id=asked.one(ask.DISTRICT_FILTER),
        limit=asked.one(ask.LIST_LIMIT) or 100,
        offset=asked.one(ask.LIST_OFFSET) or 0,
    )

    def answer() -> Response:
        return json_response(list_mapping(list_incidents(desk, query), desk, asked_language(asked, parts)))

    return await parts.reads.run(answer)


@router.api_route(INCIDENT, methods=["GET", "HEAD"])
async def get_incident(request: Request, parts: Parts, caller: Reader, asked: InLanguage) -> Response:
    """Return one incident whole: clock, conditions, jurisdiction, reports, teams, history."""
    incident_id = str(request.path_params["id"])
    desk = desk_of(parts, caller)
    work = partial(_whole, desk, parts, asked, incident_id)
    return await parts.reads.run(named_by_path(work, incident_id))


@router.api_route(INCIDENTS, methods=["POST"])
async def post_incident(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Open an incident."""
    body, key = await body_of(request, parts), idempotency_key(request)
    desk, language = desk_of(parts, caller), asked_language(asked, parts)

    def store() -> Response:
        said, rest, _ = split_body(body, ask.OPENING)
        opening = Opening(
            kind=said.need(ask.KIND),
            properties=with_text(rest, said.one(ask.TEXT)),
            place=said_place(said),
            occurred_at=said.one(ask.OCCURRED_AT),
            received_at=said.one(ask.RECEIVED_AT),
            who=said.one(ask.BY),
        )
        opened = open_incident(desk, opening, language=language, idempotency_key=key)
        status = HTTPStatus.OK if opened.repeated else HTTPStatus.CREATED
        headers = {"Location": f"{base_address(request)}{INCIDENTS}/{quote(opened.edited.id, safe='')}"}
        return _answer(
            desk,
            parts,
            asked,
            opened.edited.id,
            repeated=opened.repeated,
            warnings=opened.warnings,
            place=opened.place,
            status=status,
            headers=headers,
        )

    return await parts.writes.run(store)


@router.api_route(INCIDENT, methods=["PATCH"])
async def patch_incident(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Refine an incident; null clears a value."""
    body, revisions = await body_of(request, parts), expected_revisions(request)
    incident_id = str(request.path_params["id"])
    desk, language = desk_of(parts, caller), asked_language(asked, parts)

    def store() -> Response:
        said, rest, cleared = split_body(body, ask.REFINING)
        properties = with_text(rest, said.one(ask.TEXT))
        if ask.TEXT.name in cleared:
            properties["description"] = None
        changed = refine_incident(
            desk,
            incident_id,
            properties,
            place=said_place(said),
            said=said_words(said),
            language=language,
            clears_place=ask.GEOMETRY.name in cleared,
            expected_revs=revisions,
        )
        return _changed(desk, parts, asked, changed)

    return await parts.writes.run(named_by_path(store, incident_id))


@router.api_route(INCIDENT + "/merge", methods=["POST"])
async def post_merge(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Terminate an incident as the same as another."""

    def act(desk: IncidentDesk, incident_id: str, said: Asked, key: str | None) -> Changed:
        return merge_incident(desk, incident_id, said.need(ask.INTO), said=said_words(said), idempotency_key=key)

    return await _act(request, parts, caller, asked, ask.MERGING, act)


@router.api_route(INCIDENT + "/terminate", methods=["POST"])
async def post_terminate(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """End an incident."""
    language = asked_language(asked, parts)

    def act(desk: IncidentDesk, incident_id: str, said: Asked, key: str | None) -> Changed:
        return terminate_incident(desk, incident_id, said=said_words(said), language=language, idempotency_key=key)

    return await _act(request, parts, caller, asked, ask.ACTING, act)


@router.api_route(INCIDENT + "/reopen", methods=["POST"])
async def post_reopen(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Open an incident again."""

    def act(desk: IncidentDesk, incident_id: str, said: Asked, key: str | None) -> Changed:
        return reopen_incident(desk, incident_id, said=said_words(said), idempotency_key=key)

    return await _act(request, parts, caller, asked, ask.ACTING, act)


@router.api_route(INCIDENT + "/reports", methods=["POST"])
async def post_report(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Record a report that was sent, or when one was received."""
    return await _act(request, parts, caller, asked, ask.REPORTING, _report)


def _report(desk: IncidentDesk, incident_id: str, said: Asked, key: str | None) -> Changed:
    number, received, kind = said.one(ask.NUMBER), said.one(ask.RECEIVED), said.one(ask.REPORT_KIND)
    if kind is None:
        if number is None or received is None:
            raise UsageError(
                "It is neither a report nor a receipt",
                remedy="Give kind (first, follow_up, final), or number and received.",
                field="kind",
            )
        return acknowledge_report(desk, incident_id, number, received, idempotency_key=key)
    if number is not None or received is not None:
        raise UsageError(
            "A report that is sent has no number and no receipts yet",
            remedy="Send those alone, once it was received.",
            field="number",
        )
    report = Report(
        kind=kind,
        sent_at=said.one(ask.SENT_AT),
        sent_by=said.one(ask.BY),
        progress=said.one(ask.PROGRESS),
        cause=said.one(ask.CAUSE),
        measures=said.one(ask.MEASURES),
        result=said.one(ask.RESULT),
        recipients=said.one(ask.RECIPIENTS),
        copies=said.one(ask.COPIES),
    )
    return send_report(desk, incident_id, report, idempotency_key=key)


async def _act(
    request: Request,
    parts: Served,
    caller: Caller,
    asked: Asked,
    parameters: tuple[Parameter[object], ...],
    act: Callable[[IncidentDesk, str, Asked, str | None], Changed],
) -> Response:
    """Read the body of an act on one incident, do it, and answer with the incident whole."""
    body, key = await body_of(request, parts, may_be_empty=True), idempotency_key(request)
    incident_id = str(request.path_params["id"])
    desk = desk_of(parts, caller)

    def store() -> Response:
        said = read_members(parse_json_object(body), parameters, not_built={})
        return _changed(desk, parts, asked, act(desk, incident_id, said, key))

    return await parts.writes.run(named_by_path(store, incident_id))


def _changed(desk: IncidentDesk, parts: Served, asked: Asked, changed: Changed) -> Response:
    return _answer(
        desk,
        parts,
        asked,
        changed.edited.id,
        repeated=changed.repeated,
        warnings=changed.warnings,
        place=changed.place,
    )


def _answer(
    desk: IncidentDesk,
    parts: Served,
    asked: Asked,
    incident_id: str,
    *,
    repeated: bool,
    warnings: tuple[str, ...],
    place: FoundPlace | None,
    status: HTTPStatus = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
) -> Response:
    view = view_incident(desk, incident_id)
    content = {
        **view_mapping(view, desk, asked_language(asked, parts)),
        "place": place_found_mapping(place),
        "repeated": repeated,
        "warnings": list(warnings),
    }
    tag = {"ETag": revision_tag(view.incident.rev)}
    return json_response(content, status=status, headers={**(headers or {}), **tag})


def _whole(desk: IncidentDesk, parts: Served, asked: Asked, incident_id: str) -> Response:
    view = view_incident(desk, incident_id)
    content = view_mapping(view, desk, asked_language(asked, parts))
    return json_response(content, headers={"ETag": revision_tag(view.incident.rev), "Cache-Control": "no-cache"})
