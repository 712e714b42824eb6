"""Keys of devices: made, listed and revoked by who works here, also while the server holds the store open."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import NotFoundError
from geo_ems.formats.device_values import DEVICE_CHARACTERS
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.positions import DeviceKey
from geo_ems.services.positions import NoSuchTeamError
from geo_ems.web import kinds
from geo_ems.web.bodies import JSON_TYPES, read_body
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.parameters import Asked, Parameter, read_members
from geo_ems.web.problems import NoSuchResourceError
from geo_ems.web.responses import json_response
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json_object

DEVICE_KEYS, DEVICE_KEY = "/v1/device-keys", "/v1/device-keys/{id}"
BODY_BYTES = 10_000
TEAM = Parameter("team", kinds.text(200), "the id of the team", required=True, example="T-01")
NAME = Parameter(
    "name", kinds.text(DEVICE_CHARACTERS), "what the device is called, or the id it sends of itself", required=True
)
KEY_BODY: tuple[Parameter[object], ...] = (TEAM, NAME)
_NOT_KEPT = {"Cache-Control": "no-store"}

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Writer = Annotated[Caller, Depends(calling(Permission.WRITE))]
NothingAsked = Annotated[Asked, Depends(asking())]


@router.api_route(DEVICE_KEYS, methods=["GET", "HEAD"])
async def get_device_keys(parts: Parts, _: Writer, __: NothingAsked) -> Response:
    """Return all keys, revoked ones too; never what is secret of them."""

    def answer() -> Response:
        found = [key_mapping(key) for key in parts.application.positions.keys.all_keys()]
        return json_response({"device_keys": found}, headers=_NOT_KEPT)

    return await parts.reads.run(answer)


@router.api_route(DEVICE_KEYS, methods=["POST"])
async def post_device_key(request: Request, parts: Parts, _: Writer, __: NothingAsked) -> Response:
    """Make a key for a device of a team; it is shown in this answer and never again."""
    body = await read_body(request, types=JSON_TYPES, limit_bytes=BODY_BYTES)

    def make() -> Response:
        asked = read_members(parse_json_object(body), KEY_BODY, not_built={})
        try:
            key, secret = parts.application.positions.add_device(asked.need(TEAM), name=asked.need(NAME).strip())
        except NoSuchTeamError as error:
            raise NoSuchResourceError(error.problem, remedy=error.remedy, field=TEAM.name, value=error.value) from error
        return json_response({**key_mapping(key), "key": secret}, status=201, headers=_NOT_KEPT)

    return await parts.writes.run(make)


@router.api_route(DEVICE_KEY, methods=["DELETE"])
async def delete_device_key(request: Request, parts: Parts, _: Writer, __: NothingAsked) -> Response:
    """Revoke a key; it stays listed."""
    key_id = str(request.path_params["id"])

    def revoke() -> Response:
        keys, now = parts.application.positions.keys, parts.application.clock()
        try:
            keys.revoke(key_id, at=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        except NotFoundError as error:
            raise NoSuchResourceError(error.problem, remedy=error.remedy, field="id", value=key_id) from error
        return json_response(next(key_mapping(key) for key in keys.all_keys() if key.key_id == key_id))

    return await parts.writes.run(revoke)


def key_mapping(key: DeviceKey) -> dict[str, object]:
    """Return a key as JSON has it."""
    return {
        "id": key.key_id,
        "team": key.team_id,
        "name": key.name,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }
