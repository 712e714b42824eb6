"""Errors as problem details (RFC 9457): what is wrong, where, and the remedy; never a traceback.

References
----------
RFC 9457, Problem Details for HTTP APIs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson

from geo_ems.errors import (
    ConflictError,
    DefinitionError,
    FaultsError,
    GeoEmsError,
    NotFoundError,
    StoreError,
    StoreFullError,
    UsageError,
)
from geo_ems.services.edits import RevisionDiffersError

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
_SHOWN_CHARACTERS = 120
_LISTED = 20


class RefusedError(UsageError):
    """A request that is refused for its form, with the HTTP status that says so."""

    def __init__(
        self,
        status: HTTPStatus,
        problem: str,
        *,
        remedy: str = "",
        field: str = "",
        value: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the status and the headers that go with it, such as `Allow`."""
        super().__init__(problem, remedy=remedy, field=field, value=value)
        self.status = status
        self.headers = dict(headers or {})


class NoSuchResourceError(NotFoundError):
    """The path names something that does not exist: 404, where a wrong parameter is 400."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the body of an error says, before it is written."""

    status: HTTPStatus
    detail: str
    errors: tuple[Mapping[str, object], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, instance: str) -> bytes:
        """Return the JSON; `instance` is the path asked, percent-encoded."""
        return orjson.dumps(
            {
                "type": "about:blank",
                "title": self.status.phrase,
                "status": int(self.status),
                "detail": self.detail,
                "instance": instance,
                "errors": list(self.errors),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )


def problem_of(error: GeoEmsError) -> Problem:
    """Return the problem that an error of geo_ems is for the one who asked."""
    status = status_of(error)
    headers: dict[str, str] = dict(error.headers) if isinstance(error, RefusedError) else {}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    faults = list(_faults_of(error))
    more = len(faults) - _LISTED
    detail = shown_text(error.problem if isinstance(error, FaultsError) else str(error), limit=1000)
    if more > 0:
        detail = f"{detail} ... and {more} more"
    return Problem(status, detail, tuple(_fault_mapping(fault) for fault in faults[:_LISTED]), headers)


def status_of(error: GeoEmsError) -> HTTPStatus:
    """Return the HTTP status of an error; what the one who asks can correct is always a 4xx."""
    match error:
        case RefusedError():
            status = error.status
        case NoSuchResourceError():
            status = HTTPStatus.NOT_FOUND
        case RevisionDiffersError():
            status = HTTPStatus.PRECONDITION_FAILED
        case ConflictError():
            status = HTTPStatus.CONFLICT
        case StoreFullError():
            status = HTTPStatus.INSUFFICIENT_STORAGE
        case StoreError() | DefinitionError():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            status = HTTPStatus.BAD_REQUEST
    return status


def shown_value(value: object) -> object:
    """Return a value that JSON can carry and a person can read: long ones are cut."""
    match value:
        case None | bool():
            return value
        case int() if -(2**53) <= value <= 2**53:
            return value
        case float() if value - value == 0:  # finite
            return value
        case _:
            return shown_text(value if isinstance(value, str) else repr(value))


def shown_text(text: str, *, limit: int = _SHOWN_CHARACTERS) -> str:
    """Return text without surrogates and control characters, at most `limit` characters."""
    sound = "".join(
        "\N{REPLACEMENT CHARACTER}"
        if "\ud800" <= character <= "\udfff" or (character < " " and character != "\n")
        else character
        for character in text[: limit + 1]
    )
    return sound if len(sound) <= limit else f"{sound[: limit - 1]}…"


def _faults_of(error: GeoEmsError) -> Iterator[GeoEmsError]:
    if isinstance(error, FaultsError):
        for fault in error.faults:
            yield from _faults_of(fault)
    else:
        yield error


def _fault_mapping(error: GeoEmsError) -> Mapping[str, object]:
    field, value = (error.field, error.value) if isinstance(error, UsageError) else ("", None)
    return {
        "field": shown_text(field or error.where),
        "value": shown_value(value),
        "problem": shown_text(error.problem, limit=500),
        "remedy": shown_text(error.remedy, limit=1000),
    }
