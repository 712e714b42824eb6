"""Answers as bytes, with their conditions: entity tags, revisions, not modified."""

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request, Response

from geo_ems.formats.answers import json_bytes
from geo_ems.web.problems import RefusedError

JSON, GEOJSON, SCHEMA_JSON = "application/json", "application/geo+json", "application/schema+json"
HTML, CSV = "text/html; charset=utf-8", "text/csv; charset=utf-8"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]{0,200})"\s*')


def json_response(
    content: object, *, media_type: str = JSON, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return written JSON; nothing checks or converts it again."""
    return Response(json_bytes(content), status_code=status, media_type=media_type, headers=dict(headers or {}))


def weak_tag(*parts: object) -> str:
    """Return a weak entity tag over what an answer depends on (it carries the time of its making besides)."""
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def revision_tag(rev: int) -> str:
    """Return the entity tag of one feature: its revision."""
    return f'"{rev}"'


def not_modified(request: Request, tag: str, headers: Mapping[str, str] | None = None) -> Response | None:
    """Return 304 where the caller holds that state already (RFC 9110, 13.1.2: weak comparison)."""
    header = request.headers.get("if-none-match")
    if header is None:
        return None
    held = _tags(header, "If-None-Match")
    if held is not None and tag.removeprefix("W/").strip('"') not in {name for _, name in held}:
        return None
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={**(headers or {}), "ETag": tag})


def expected_revisions(request: Request) -> frozenset[int] | None:
    """Return the revisions that `If-Match` allows; None where any will do.

    A tag that is no revision, or a weak one, allows nothing: the change is refused with 412.

    Raises
    ------
    RefusedError
        400 where the header is not a list of entity tags.
    """
    header = request.headers.get("if-match")
    tags = None if header is None else _tags(header, "If-Match")
    if tags is None:
        return None
    return frozenset(
        int(name)
        for is_weak, name in tags
        if not is_weak and name.isascii() and name.isdigit() and len(name) < 18  # noqa: PLR2004 digits of a revision
    )


def _tags(header: str, name: str) -> list[tuple[bool, str]] | None:
    """Return (is weak, tag) of each entity tag of a header; None for `*`."""
    if header.strip() == "*":
        return None
    matches = [_TAG.fullmatch(part) for part in header.split(",")]
    found = [(match[1] is not None, match[2]) for match in matches if match is not None]
    if len(found) < len(matches):
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            f"{name} is no list of entity tags",
            remedy='Send the ETag as you got it, with its quotes, such as "17".',
            field=name,
            value=header,
        )
    return found
