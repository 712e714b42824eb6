"""What comes a thousand times a second goes straight to its route, past the search among a hundred (pure ASGI).

The door stands before this. Endpoints, who is let in, how the query is read and all errors are those of the routes;
only the work of finding and preparing each call anew is left out.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from geo_ems.model.caller import Permission
from geo_ems.web import positions, questions
from geo_ems.web.dependencies import calling, key_caller
from geo_ems.web.parameters import Asked, read_query
from geo_ems.web.positions import OSMAND, POSITION, TRACCAR
from geo_ems.web.question_parameters import NEAREST_QUERY
from geo_ems.web.state import served

NEAREST = "/v1/nearest"
_POSITION = re.compile(POSITION.replace("{id}", "([^/]+)"))

Answering = Callable[[Request], Awaitable[Response]]
_poster, _reader = calling(Permission.POST_POSITION), calling(Permission.READ)


class Shortcuts:
    """Answers positions of devices and questions for the nearest; all other requests go on."""

    def __init__(self, app: ASGIApp) -> None:
        """Keep the next application."""
        self._app = app
        self._position = Shortcut(_route(positions.router.routes, POSITION, "POST"), _answer_position)
        self._others = {
            ("POST", TRACCAR): Shortcut(_route(positions.router.routes, TRACCAR, "POST"), _answer_traccar),
            ("POST", OSMAND): Shortcut(_route(positions.router.routes, OSMAND, "POST"), _answer_osmand),
            ("GET", OSMAND): Shortcut(_route(positions.router.routes, OSMAND, "GET"), _answer_osmand),
            ("GET", NEAREST): Shortcut(_route(questions.router.routes, NEAREST, "GET"), _answer_nearest),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        found = self._found(scope) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = found.route  # requests are counted by it
        response = await found.answer(Request(scope, receive))
        await response(scope, receive, send)

    def _found(self, scope: Scope) -> "Shortcut | None":
        method, path = scope["method"], scope["path"]
        match = _POSITION.fullmatch(path) if method == "POST" else None
        if match is None:
            return self._others.get((method, path))
        scope["path_params"] = {"id": match[1]}
        return self._position


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A route, and how a request for it is answered."""

    route: APIRoute
    answer: Answering


def _route(routes: Sequence[BaseRoute], path: str, method: str) -> APIRoute:
    return next(
        route
        for route in routes
        if isinstance(route, APIRoute) and route.path == path and method in (route.methods or ())
    )


async def _answer_position(request: Request) -> Response:
    caller = await _poster(request)
    return await positions.post_position(request, caller, _nothing_asked(request))


async def _answer_traccar(request: Request) -> Response:
    caller = await _poster(request)
    return await positions.post_traccar(request, caller, _nothing_asked(request))


async def _answer_osmand(request: Request) -> Response:
    return await positions.post_osmand(request, await key_caller(request))


async def _answer_nearest(request: Request) -> Response:
    caller = await _reader(request)
    asked = read_query(request.scope["query_string"], NEAREST_QUERY, not_built={})
    return await questions.get_nearest(served(request), caller, asked)


def _nothing_asked(request: Request) -> Asked:
    return read_query(request.scope["query_string"], (), not_built={})
