"""Bodies of requests: the type is required, the size is checked while it arrives, the time is bounded."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import BinaryIO

from fastapi import Request
from starlette.requests import ClientDisconnect

from geo_ems.web.problems import RefusedError

JSON_TIME_S, FILE_TIME_S = 20.0, 300.0
_INT64_DIGITS = 18
JSON_TYPES = ("application/json",)
FEATURE_TYPES = ("application/geo+json", "application/json")
PATCH_TYPES = ("application/merge-patch+json", "application/geo+json", "application/json")
# Types that a form of a foreign page could send without asking are not among them (TRUST T17).
FILE_TYPES = (
    "application/octet-stream",
    "application/json",
    "application/geo+json",
    "application/zip",
    "application/geopackage+sqlite3",
    "application/flatgeobuf",
    "application/vnd.google-earth.kml+xml",
    "application/vnd.google-earth.kmz",
    "application/gpx+xml",
    "application/gzip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
)


async def read_body(request: Request, *, types: tuple[str, ...], limit_bytes: int) -> bytes:
    """Return the whole body.

    Raises
    ------
    RefusedError
        415 for another type, 413 where it is too large, 408 where it comes too slowly.
    """
    check_type(request, types)
    chunks: list[bytes] = []
    await _receive(request, chunks.append, limit_bytes=limit_bytes, time_s=JSON_TIME_S)
    return b"".join(chunks)


async def receive_file(request: Request, file: BinaryIO, *, limit_bytes: int) -> int:
    """Write the body into a file as it arrives and return its size in bytes.

    Raises
    ------
    RefusedError
        As `read_body`.
    """
    check_type(request, FILE_TYPES)
    return await _receive(request, file.write, limit_bytes=limit_bytes, time_s=FILE_TIME_S)


def check_type(request: Request, types: tuple[str, ...]) -> None:
    """Raise 415 where the body is of none of the types; a charset other than UTF-8 is another type."""
    given = request.headers.getlist("content-type")
    media_type, _, options = (given[0] if len(given) == 1 else "").partition(";")
    charset = options.strip().lower().removeprefix("charset=").strip('"')
    sound = charset in {"", "utf-8", "utf8"} or not options.strip().lower().startswith("charset=")
    if media_type.strip().lower() not in types or not sound or request.headers.get("content-encoding"):
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "The body is of a type that is not taken here" if given else "The request does not say of what type it is",
            remedy=f"Send the header Content-Type: {types[0]}; taken: {', '.join(types)}; not compressed.",
            field="Content-Type",
            value=", ".join(given),
            headers={"Accept-Post": ", ".join(types)},
        )


async def _receive(request: Request, take: Callable[[bytes], object], *, limit_bytes: int, time_s: float) -> int:
    announced = request.headers.get("content-length", "0")
    if not (announced.isascii() and announced.isdigit()):
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "Content-Length is no number", field="Content-Length", value=announced
        )
    if len(announced) > _INT64_DIGITS or int(announced) > limit_bytes:
        raise _too_large(limit_bytes)
    size = 0
    try:
        async with asyncio.timeout(time_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit_bytes:
                    raise _too_large(limit_bytes)
                take(chunk)
    except TimeoutError:
        raise RefusedError(
            HTTPStatus.REQUEST_TIMEOUT, f"The body did not arrive within {time_s:g} s", remedy="Send it again."
        ) from None
    except ClientDisconnect:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The body ends before it is complete") from None
    return size


def _too_large(limit_bytes: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The body is larger than {limit_bytes} bytes",
        remedy="Send less at once; files go to POST /v1/imports/{layer}.",
        field="body",
    )
