"""The incident desk as a request meets it: its caller, the rules, the places, and how a body is read."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar

from fastapi import Request

from geo_ems.errors import NotFoundError, UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.labels import Language
from geo_ems.services.incident_changes import Said
from geo_ems.services.incident_desk import IncidentDesk
from geo_ems.services.incident_places import SaidPlace
from geo_ems.web import incident_parameters as ask
from geo_ems.web.bodies import read_body
from geo_ems.web.page_parameters import LANG
from geo_ems.web.pages import language_of
from geo_ems.web.parameters import Asked, Parameter, read_members
from geo_ems.web.problems import NoSuchResourceError, RefusedError
from geo_ems.web.question_parameters import LAT, LON
from geo_ems.web.state import Served
from geo_ems.web.strict_json import parse_json_object

BODY_TYPES = ("application/json", "application/merge-patch+json")
_KEY_LENGTH = 100
_MAX_LON_DEG, _MAX_LAT_DEG = 180, 90
Found = TypeVar("Found")


def desk_of(parts: Served, caller: Caller) -> IncidentDesk:
    """Return the desk for a caller."""
    application = parts.application
    return IncidentDesk(
        store=application.store,
        snapshots=application.snapshots,
        rules=application.reporting,
        caller=caller,
        zone=application.project.zone,
        clock=application.clock,
        new_id=application.new_id,
        defaults=application.project.defaults,
        places=parts.places,
        roads=application.roads,
    )


async def body_of(request: Request, parts: Served, *, may_be_empty: bool = False) -> bytes:
    """Return the JSON body of a request; an act that needs no words may come without any."""
    length = request.headers.get("content-length", "0" if "transfer-encoding" not in request.headers else "1")
    if may_be_empty and length == "0":
        return b"{}"
    limit_bytes = parts.application.publishing.limits.json_body_bytes
    return await read_body(request, types=BODY_TYPES, limit_bytes=limit_bytes)


def split_body(body: bytes, parameters: Sequence[Parameter[object]]) -> tuple[Asked, dict[str, object], frozenset[str]]:
    """Return what a body says of `parameters`, its other members, and the names given null."""
    members = parse_json_object(body)
    names = {parameter.name for parameter in parameters}
    own = {name: value for name, value in members.items() if name in names}
    rest: dict[str, object] = {name: value for name, value in members.items() if name not in names}
    cleared = frozenset(name for name, value in own.items() if value is None)
    _refuse_swapped(own.get(LON.name), own.get(LAT.name))
    return read_members(own, parameters, not_built={}), rest, cleared


def _refuse_swapped(lon: object, lat: object) -> None:
    """Refuse coordinates that are only possible the other way round."""
    if not isinstance(lon, int | float) or not isinstance(lat, int | float):
        return
    if _MAX_LAT_DEG < abs(lat) <= _MAX_LON_DEG and abs(lon) <= _MAX_LAT_DEG:
        raise UsageError(
            f"latitude {lat} is outside -90 to 90: longitude and latitude look swapped",
            remedy=f"lon is east-west, lat north-south; perhaps lon {lat}, lat {lon}.",
            field="lat",
            value=lat,
        )


def said_place(asked: Asked) -> SaidPlace:
    """Return the place that a body names."""
    lon, lat = asked.one(LON), asked.one(LAT)
    if (lon is None) != (lat is None):
        raise UsageError("lon and lat go together", remedy="Give both.", field="lon" if lon is None else "lat")
    return SaidPlace(
        lonlat_deg=None if lon is None or lat is None else (lon, lat),
        geometry=asked.one(ask.GEOMETRY),
        district_id=asked.one(ask.DISTRICT),
        name=asked.one(ask.PLACE),
    )


def said_words(asked: Asked) -> Said:
    """Return who says it, why, and since when."""
    return Said(who=asked.one(ask.BY), text=asked.one(ask.NOTE), as_of=asked.one(ask.AS_OF))


def with_text(rest: Mapping[str, object], text: str | None) -> dict[str, object]:
    """Return the values of the layer that a body gives, its `text` being the description."""
    if text is None:
        return dict(rest)
    if "description" in rest:
        raise UsageError("'text' is the description", remedy="Give one of both.", field="text")
    return {**rest, "description": text}


def asked_language(asked: Asked, parts: Served) -> Language:
    """Return the language of the answer."""
    return language_of(asked.one(LANG), parts.application.project.language)


def idempotency_key(request: Request) -> str | None:
    """Return the key that marks repeats of a request, or refuse one that is none."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (1 <= len(key) <= _KEY_LENGTH and key.isascii() and key.isprintable()):
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            "It is no idempotency key",
            remedy=f"Send 1 to {_KEY_LENGTH} ASCII characters, such as a UUID.",
            field="Idempotency-Key",
            value=key,
        )
    return key


def named_by_path(work: Callable[[], Found], path_id: str) -> Callable[[], Found]:
    """Return the work with a missing feature as 404 where the path names it; another missing name stays 400."""

    def or_missing() -> Found:
        try:
            return work()
        except NotFoundError as error:
            if error.value != path_id or error.field != "id":
                raise
            raise NoSuchResourceError(
                error.problem, remedy=error.remedy, field=error.field, value=error.value
            ) from error

    return or_missing
