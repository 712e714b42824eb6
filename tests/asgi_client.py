"""A client that calls an ASGI application directly, with every byte of the request in the test's hand."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

HOST = "127.0.0.1:8000"


@dataclass
class Answer:
    status: int
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers = {name.decode().lower(): value.decode("latin-1") for name, value in self.raw_headers}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class AsgiClient:
    """Sends requests as a browser on this machine would, unless told otherwise."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def get(self, target: str, **more: Any) -> Answer:
        return self.call("GET", target, **more)

    def post(self, target: str, **more: Any) -> Answer:
        return self.call("POST", target, **more)

    def call(self, method: str, target: str, **more: Any) -> Answer:
        return asyncio.run(self.send(method, target, **more))

    async def send(
        self,
        method: str,
        target: str | bytes,
        *,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        document: object = None,
        peer: tuple[str, int] | None = ("127.0.0.1", 50000),
        host: str | None = HOST,
    ) -> Answer:
        given = dict(headers or {})
        if document is not None:
            content = json.dumps(document).encode()
            given.setdefault("content-type", "application/json")
        if content is not None:
            given.setdefault("content-length", str(len(content)))
        raw = target if isinstance(target, bytes) else target.encode()
        path, _, query = raw.partition(b"?")
        names = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in given.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path.decode("latin-1")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": ([(b"host", host.encode())] if host is not None else []) + names,
            "client": peer,
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        sent = [{"type": "http.request", "body": content or b"", "more_body": False}]
        got: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if sent:
                return sent.pop(0)
            await asyncio.sleep(3600)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            got.append(message)

        await self.app(scope, receive, send)
        start = next(message for message in got if message["type"] == "http.response.start")
        body = b"".join(message.get("body", b"") for message in got if message["type"] == "http.response.body")
        return Answer(start["status"], list(start["headers"]), body)
