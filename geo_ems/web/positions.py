"""Where teams are: posted by devices and by hand, forwarded by a Traccar server; and where a team has been.

A device key opens the three routes that post, for its own team, and no other route.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import UsageError
from geo_ems.formats.device_payloads import osmand_fix, traccar_client_fixes, traccar_fixes
from geo_ems.formats.device_values import DEVICE_CHARACTERS, SentFix, is_nowhere, time_of
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.positions import FixSource, text_of_ms
from geo_ems.services.positions import NoSuchTeamError, NotYourTeamError, fix_mapping, receipt_mapping
from geo_ems.web import kinds
from geo_ems.web.bodies import JSON_TYPES, read_body
from geo_ems.web.dependencies import asking, calling, key_caller
from geo_ems.web.door import check_origin
from geo_ems.web.parameters import MAX_PARAMETERS, Asked, Parameter, read_members
from geo_ems.web.problems import NoSuchResourceError, RefusedError
from geo_ems.web.responses import json_response
from geo_ems.web.state import Served, served
from geo_ems.web.strict_json import parse_json, parse_json_object

POSITION = "/v1/teams/{id}/position"
TRACK = "/v1/teams/{id}/positions"
OSMAND, TRACCAR = "/v1/positions/osmand", "/v1/positions/traccar"
FORM_TYPE = "application/x-www-form-urlencoded"
BODY_BYTES = 1_000_000
DEFAULT_LIMIT, MAX_LIMIT = 1000, 10_000

LON = Parameter("lon", kinds.number(-180, 180), "longitude, WGS84 degrees", required=True, example=111.53)
LAT = Parameter("lat", kinds.number(-90, 90), "latitude, WGS84 degrees", required=True, example=31.23)
TIME = Parameter("time", kinds.instant(), "when the device was there; now where it is left out")
ACCURACY = Parameter("accuracy_m", kinds.number(0, 1_000_000), "radius of the accuracy, metres")
SPEED = Parameter("speed_kmh", kinds.number(0, 10_000), "speed")
BEARING = Parameter("bearing_deg", kinds.number(0, 360), "heading, clockwise from north")
ALTITUDE = Parameter("altitude_m", kinds.number(-100_000, 100_000), "height")
DEVICE = Parameter("device", kinds.text(DEVICE_CHARACTERS), "which of the team's devices sends")
POSITION_BODY: tuple[Parameter[object], ...] = (LON, LAT, TIME, ACCURACY, SPEED, BEARING, ALTITUDE, DEVICE)
# Names that the protocol knows; any further ones are taken and not kept.
OSMAND_QUERY: tuple[Parameter[object], ...] = tuple(
    Parameter(name, kinds.text(200), description)
    for name, description in (
        ("id", "team id, or a registered device name (also deviceid)"),
        ("deviceid", "same as id"),
        ("lat", "latitude, WGS84 degrees"),
        ("lon", "longitude, WGS84 degrees"),
        ("location", "lat,lon instead of the two"),
        ("timestamp", "Unix seconds or milliseconds, or ISO 8601; now where it is left out"),
        ("speed", "knots"),
        ("bearing", "degrees (also heading)"),
        ("heading", "same as bearing"),
        ("altitude", "metres"),
        ("accuracy", "metres"),
        ("valid", "true or 1: the device knows where it is"),
        ("key", "device key, for clients that cannot send headers"),
    )
)
SINCE = Parameter("since", kinds.instant(), "from when on; all that is kept where it is left out")
LIMIT = Parameter("limit", kinds.integer(1, MAX_LIMIT), f"how many fixes, {DEFAULT_LIMIT} where it is left out")
TRACK_QUERY: tuple[Parameter[object], ...] = (SINCE, LIMIT)

router = APIRouter()
Poster = Annotated[Caller, Depends(calling(Permission.POST_POSITION))]


@router.api_route(POSITION, methods=["POST"])
async def post_position(request: Request, caller: Poster, _: Annotated[Asked, Depends(asking())]) -> Response:
    """Take in the position of a team."""
    body = await read_body(request, types=JSON_TYPES, limit_bytes=BODY_BYTES)
    asked = read_members(parse_json_object(body), POSITION_BODY, not_built={})
    sent = _sent_fix(asked, served(request).application.project.zone)
    return await _stored(request, [sent], caller, team_id=str(request.path_params["id"]))


@router.api_route(OSMAND, methods=["GET", "POST"])
async def post_osmand(request: Request, caller: Annotated[Caller, Depends(key_caller)]) -> Response:
    """Take in what OsmAnd or Traccar Client sends: in the query, as a form, or as JSON."""
    # A GET that writes: a page of another site must not send it through the browser of who works here.
    check_origin(
        [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.scope["headers"]]
    )
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    pairs, sent = _pairs(request.scope["query_string"]), None
    if request.method == "POST" and media_type:
        body = await read_body(request, types=(FORM_TYPE, *JSON_TYPES), limit_bytes=BODY_BYTES)
        if media_type == FORM_TYPE:
            pairs += _pairs(body)
        elif body.strip():
            sent = traccar_client_fixes(parse_json_object(body))
    return await _stored(request, (osmand_fix(_once(pairs)),) if sent is None else sent, caller)


@router.api_route(TRACCAR, methods=["POST"])
async def post_traccar(request: Request, caller: Poster, _: Annotated[Asked, Depends(asking())]) -> Response:
    """Take in what a Traccar server forwards."""
    body = await read_body(request, types=JSON_TYPES, limit_bytes=BODY_BYTES)
    return await _stored(request, traccar_fixes(parse_json(body)), caller)


@router.api_route(TRACK, methods=["GET", "HEAD"])
async def get_track(
    request: Request,
    _: Annotated[Caller, Depends(calling(Permission.READ_PRIVATE))],
    asked: Annotated[Asked, Depends(asking(*TRACK_QUERY))],
) -> Response:
    """Return where a team has been, oldest first: as long as tracks are kept."""
    parts, team_id = served(request), str(request.path_params["id"])
    return await parts.reads.run(partial(_track, parts, team_id, asked))


def _track(parts: Served, team_id: str, asked: Asked) -> Response:
    application = parts.application
    since, limit = asked.one(SINCE), asked.one(LIMIT) or DEFAULT_LIMIT
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=application.project.zone)
    try:
        found = application.positions.track(team_id, since=since, limit=limit + 1)
    except NoSuchTeamError as error:
        raise _missing(error) from error
    return json_response(
        {
            "team": team_id,
            "positions": [fix_mapping(stored) for stored in found[:limit]],
            "next_since": text_of_ms(found[limit].fix.fix_time_ms) if len(found) > limit else None,
        }
    )


async def _stored(request: Request, sent: Sequence[SentFix], caller: Caller, *, team_id: str | None = None) -> Response:
    """Answer once the fixes are durable and seen by every question: the client may forget them then."""
    parts = served(request)
    async with parts.positions.slot():
        try:
            promise = parts.application.positions.submit(sent, caller=caller, team_id=team_id)
        except NotYourTeamError as error:
            raise RefusedError(
                HTTPStatus.FORBIDDEN, error.problem, remedy=error.remedy, field=error.field, value=error.value
            ) from error
        except NoSuchTeamError as error:
            if team_id is None:
                raise  # 400: the clients of these protocols know no other answer
            raise _missing(error) from error
        receipts = await parts.promises.kept(promise)
    return json_response(receipt_mapping(len(sent), receipts))


def _missing(error: NoSuchTeamError) -> NoSuchResourceError:
    return NoSuchResourceError(error.problem, remedy=error.remedy, field=error.field, value=error.value)


def _sent_fix(asked: Asked, zone: ZoneInfo) -> SentFix:
    lon_deg, lat_deg, instant = asked.need(LON), asked.need(LAT), asked.one(TIME)
    if is_nowhere(lon_deg, lat_deg):
        raise UsageError(
            "0, 0 is what a device says that does not know where it is", remedy="Send a fix.", field="lon", value=0
        )
    if instant is not None and instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    bearing_deg = asked.one(BEARING)
    return SentFix(
        source=FixSource.JSON,
        lon_deg=lon_deg,
        lat_deg=lat_deg,
        device=asked.one(DEVICE),
        fix_time_ms=None if instant is None else time_of(instant.isoformat(), field=TIME.name),
        accuracy_m=asked.one(ACCURACY),
        speed_kmh=asked.one(SPEED),
        bearing_deg=None if bearing_deg is None else bearing_deg % 360.0,
        altitude_m=asked.one(ALTITUDE),
    )


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict")
    except ValueError:
        raise UsageError("The parameters are not written as name=value&name=value", remedy="Correct it.") from None


def _once(pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"'{twice[:50]}' is given twice", remedy="Give it once.", field=twice)
    return values
