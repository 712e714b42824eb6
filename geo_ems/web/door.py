"""What every request passes before any route sees it, and what every response wears (pure ASGI).

In local mode the loopback interface is the only credential, so a page of another site must not be
able to use it through the browser of the person who works here (TRUST T17): the Host must be one of
this machine's names, a write must not come from a foreign Origin, and a request that went through a
proxy is refused, because behind a proxy every caller looks local.
"""

import ipaddress
import logging
import re
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_ems.errors import GeoEmsError
from geo_ems.web.problems import PROBLEM_TYPE, Problem, RefusedError, problem_of

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
MAX_TARGET_BYTES = 8000
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?")
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FORWARDED = ("forwarded", "x-forwarded-", "x-real-ip")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_logger = logging.getLogger(__name__)


class Door:
    """Refuses what no route should see; turns every error into a problem; adds the safe headers."""

    def __init__(self, app: ASGIApp) -> None:
        """Keep the next application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wearing = _Response(scope, send)
        try:
            check_request(scope)
            await self._app(scope, receive, wearing.send)
        except GeoEmsError as error:
            await wearing.tell(problem_of(error))
        except Exception:  # the last resort: told in the log, never to the caller
            _logger.exception("unexpected error at %s", scope.get("path", "")[:200].encode("unicode_escape").decode())
            await wearing.tell(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The server failed; its log says where."))


def check_request(scope: Scope) -> None:
    """Raise RefusedError where the request's line or headers are not acceptable."""
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    _check_peer(scope.get("client"))
    _check_host([value for name, value in headers if name == "host"])
    for name, value in headers:
        if name.startswith(_FORWARDED):
            raise RefusedError(
                HTTPStatus.FORBIDDEN,
                f"The header '{name}' says that a proxy stands in between; in local mode there is none",
                remedy="Ask this server directly, at its loopback address.",
                field=name,
                value=value,
            )
    if scope["method"] in _WRITES:
        check_origin(headers)
    check_target(scope.get("raw_path") or scope["path"].encode(), scope["query_string"])


def check_target(path: bytes, query: bytes) -> None:
    """Raise RefusedError where the address is too long, wrongly escaped, not UTF-8, or holds control characters."""
    if len(path) + len(query) > MAX_TARGET_BYTES:
        raise RefusedError(
            HTTPStatus.REQUEST_URI_TOO_LONG,
            f"The address is {len(path) + len(query)} bytes long",
            remedy=f"Write at most {MAX_TARGET_BYTES}, or send the question as JSON with POST.",
        )
    for part, name in ((path, "path"), (query, "query")):
        decoded = _unescaped(part)
        if decoded is None:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, f"The {name} is not percent-encoded UTF-8", remedy="Encode it.", field=name
            )
        if any(character < " " or character == "\x7f" for character in decoded):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                f"The {name} holds control characters",
                remedy="Leave them out.",
                field=name,
                value=decoded,
            )


def _unescaped(part: bytes) -> str | None:
    if _BAD_ESCAPE.search(part):
        return None
    try:
        return unquote_to_bytes(part).decode("utf-8", errors="strict")
    except UnicodeDecodeError:
        return None


def _check_peer(client: tuple[str, int] | None) -> None:
    """Raise where the caller is another machine: whoever started the server may have bound it to the world."""
    if client is None:  # a socket of this machine
        return
    if not _is_loopback(client[0]):
        raise RefusedError(
            HTTPStatus.FORBIDDEN,
            "This server answers callers on its own machine only: there is no login yet",
            remedy="Bind it to 127.0.0.1.",
            field="client",
        )


@lru_cache(maxsize=16)
def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _check_host(hosts: list[str]) -> None:
    found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if found is None or found.group(1).lower() not in LOCAL_HOSTS:
        raise RefusedError(
            HTTPStatus.MISDIRECTED_REQUEST,
            "This server does not answer under that name",
            remedy=f"Ask for {', '.join(LOCAL_HOSTS)}.",
            field="Host",
            value=", ".join(hosts),
        )


def check_origin(headers: list[tuple[str, str]]) -> None:
    """Raise RefusedError where the browser says that a page of another site sends this."""
    host = next(value for name, value in headers if name == "host").lower()
    for name, value in headers:
        foreign = (name == "origin" and value.lower() not in {f"http://{host}", f"https://{host}"}) or (
            name == "sec-fetch-site" and value not in {"same-origin", "none"}
        )
        if foreign:
            raise RefusedError(
                HTTPStatus.FORBIDDEN,
                "A page of another site may not write here",
                remedy="Open this server's own page.",
                field=name.title(),
                value=value,
            )


class _Response:
    """Sends a response once, with the headers that every response wears; without a body for HEAD."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._started = False

    async def send(self, message: Message) -> None:
        """Pass a message of the response on."""
        if message["type"] == "http.response.start":
            self._started = True
            message = {**message, "headers": _with_safe_headers(message.get("headers", []))}
        elif self._scope["method"] == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    async def tell(self, problem: Problem) -> None:
        """Answer with a problem, unless the answer has begun."""
        if self._started:
            return
        instance = (self._scope.get("raw_path") or self._scope["path"].encode()).decode("latin-1")[:500]
        body = problem.body(instance if instance.isascii() and instance.isprintable() else "/")
        headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(name.encode(), value.encode("latin-1", "replace")) for name, value in problem.headers.items()]
        await self.send({"type": "http.response.start", "status": int(problem.status), "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _with_safe_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    worn = list(headers)
    names = {name.lower() for name, _ in worn}
    defaults = (
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"content-security-policy", PAGE_POLICY.encode()),
        (b"cache-control", b"no-store"),
    )
    return worn + [(name, value) for name, value in defaults if name not in names]
