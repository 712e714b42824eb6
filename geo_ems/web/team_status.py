"""`/v1/teams/{id}/status` and `/v1/undo`: what a team says of itself, and what was entered by mistake."""

from functools import partial
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import known_names
from geo_ems.model.caller import Caller, Permission
from geo_ems.services.team_status import Channel, StatusEntry, enter_status, team_chain
from geo_ems.services.undo import recent_changes, undo
from geo_ems.web import incident_parameters as ask
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.desk import asked_language, body_of, desk_of, idempotency_key, named_by_path
from geo_ems.web.incident_answers import chain_mapping, changes_mapping, status_mapping, undone_mapping
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Asked, read_members
from geo_ems.web.responses import expected_revisions, json_response, revision_tag
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

STATUS, UNDO, CHANGES = "/v1/teams/{id}/status", "/v1/undo", "/v1/changes"
DEFAULT_CHANGES = 50

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
Writer = Annotated[Caller, Depends(calling(Permission.WRITE))]
InLanguage = Annotated[Asked, Depends(asking(LANG))]


@router.api_route(STATUS, methods=["GET", "HEAD"])
async def get_status(request: Request, parts: Parts, caller: Reader, asked: InLanguage) -> Response:
    """Return the steps of a team and what may follow."""
    team_id, desk = str(request.path_params["id"]), desk_of(parts, caller)

    def answer() -> Response:
        chain = team_chain(desk, team_id)
        content = chain_mapping(
            chain, desk.teams.definition, asked_language(asked, parts), include_private=desk.include_private
        )
        return json_response(content, headers={"ETag": revision_tag(chain.team.rev), "Cache-Control": "no-cache"})

    return await parts.reads.run(named_by_path(answer, team_id))


@router.api_route(STATUS, methods=["POST"])
async def post_status(request: Request, parts: Parts, caller: Writer, asked: InLanguage) -> Response:
    """Enter a status of a team, by itself or on its behalf."""
    body, key, revisions = await body_of(request, parts), idempotency_key(request), expected_revisions(request)
    team_id, desk = str(request.path_params["id"]), desk_of(parts, caller)
    language = asked_language(asked, parts)

    def store() -> Response:
        said = read_members(parse_json_object(body), ask.STATUS_BODY, not_built={})
        entry = StatusEntry(
            status=said.need(ask.STATUS),
            occurred_at=said.one(ask.STATUS_AT),
            channel=cast("Channel", said.one(ask.CHANNEL) or "team"),
            who=said.one(ask.BY),
            incident_id=said.one(ask.STATUS_INCIDENT),
            text=said.one(ask.NOTE),
            expected=said.one(ask.EXPECTED),
        )
        changed = enter_status(desk, team_id, entry, language=language, expected_revs=revisions, idempotency_key=key)
        content = status_mapping(changed, desk.teams.definition, language, include_private=desk.include_private)
        return json_response(content, headers={"ETag": revision_tag(changed.chain.team.rev)})

    return await parts.writes.run(named_by_path(store, team_id))


@router.api_route(UNDO, methods=["POST"])
async def post_undo(request: Request, parts: Parts, caller: Writer, _: Annotated[Asked, Depends(asking())]) -> Response:
    """Take back one change of the log by another."""
    body = await body_of(request, parts)

    def store() -> Response:
        said = read_members(parse_json_object(body), ask.UNDO_BODY, not_built={})
        done = undo(parts.application.store, said.need(ask.SEQ), caller=caller, who=said.one(ask.BY))
        return json_response(undone_mapping(done))

    return await parts.writes.run(store)


@router.api_route(CHANGES, methods=["GET", "HEAD"])
async def get_changes(
    parts: Parts, caller: Reader, asked: Annotated[Asked, Depends(asking(*ask.CHANGES_QUERY))]
) -> Response:
    """Return the last changes of single features, and which can be undone."""
    return await parts.reads.run(partial(_changes, parts, caller, asked))


def _changes(parts: Served, caller: Caller, asked: Asked) -> Response:
    layer = asked.one(ask.CHANGES_LAYER)
    if layer is not None and layer not in parts.layers:
        raise known_names("layer", layer, tuple(parts.layers))
    found = recent_changes(
        parts.application.store,
        caller=caller,
        layer=layer,
        layers=parts.layers,
        limit=asked.one(ask.CHANGES_LIMIT) or DEFAULT_CHANGES,
    )
    return json_response(changes_mapping(found, include_private=caller.may(Permission.READ_PRIVATE)))
