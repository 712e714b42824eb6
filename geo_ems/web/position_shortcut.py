"""What a thousand devices send once a second goes straight to its route, past the search among a hundred (pure ASGI).

The door stands before this, and the endpoints, their callers and their errors are those of the routes.
"""

import re

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from geo_ems.web.positions import OSMAND, POSITION, TRACCAR, Shortcut, shortcuts

_POSITION = re.compile(POSITION.replace("{id}", "([^/]+)"))


class PositionShortcut:
    """Answers the requests that take in positions; all others go on."""

    def __init__(self, app: ASGIApp) -> None:
        """Keep the next application."""
        self._app = app
        self._shortcuts = shortcuts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        found = self._found(scope) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = found.route  # requests are counted by it
        response = await found.answer(Request(scope, receive))
        await response(scope, receive, send)

    def _found(self, scope: Scope) -> Shortcut | None:
        """Return the route of a request, where it is one of ours and takes its method."""
        path = scope["path"]
        if path in {OSMAND, TRACCAR}:
            found, parts = self._shortcuts[path], {}
        else:
            match = _POSITION.fullmatch(path)
            if match is None:
                return None
            found, parts = self._shortcuts[POSITION], {"id": match[1]}
        if scope["method"] not in (found.route.methods or ()):
            return None
        scope["path_params"] = parts
        return found
