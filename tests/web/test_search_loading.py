"""A server loads the compiled search beside the first questions, and is ready when it is there."""

import asyncio
import logging
import sys
import threading
from pathlib import Path

import pytest
from asgi_client import Answer, AsgiClient
from fastapi import FastAPI

from geo_ems.queries.compiled import Kernels
from geo_ems.web import app as web_app
from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication


def ready_when(app: FastAPI, loaded: threading.Event) -> tuple[Answer, Answer]:
    """Start the application; return what /readyz says before and after the search may be loaded."""

    async def ask() -> tuple[Answer, Answer]:
        client = AsgiClient(app)
        async with app.router.lifespan_context(app):
            before = await client.send("GET", "/readyz")
            loaded.set()
            while app.state.served.starting:  # noqa: ASYNC110 - the application has no event for tests
                await asyncio.sleep(0.01)
            return before, await client.send("GET", "/readyz")

    return asyncio.run(ask())


def test_a_server_is_ready_when_the_search_is_loaded(
    application: WebApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = threading.Event()

    def load() -> Kernels:
        assert loaded.wait(10)
        return Kernels(sys, sys, Path())

    monkeypatch.setattr(web_app, "load_kernels", load)
    routing: list[str] = []
    monkeypatch.setattr(web_app, "load_routing", lambda: routing.append("loaded"))
    before, after = ready_when(create_app(application), loaded)

    assert (before.status, after.status) == (503, 200)
    assert routing == ["loaded"]
    assert before.json["faults"][0] == "the compiled search is being loaded; at the first start it takes some seconds"


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        pytest.param(Kernels(sys, sys, None), "every start compiles it anew", id="nowhere to keep the code"),
        pytest.param(RuntimeError("no such processor"), "no such processor", id="the compiler fails"),
    ],
)
def test_trouble_with_the_compiler_is_told_and_the_server_is_ready(
    application: WebApplication,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    outcome: Kernels | RuntimeError,
    told: str,
) -> None:
    def load() -> Kernels:
        if isinstance(outcome, RuntimeError):
            raise outcome
        return outcome

    monkeypatch.setattr(web_app, "load_kernels", load)
    monkeypatch.setattr(web_app, "load_routing", lambda: None)
    with caplog.at_level(logging.WARNING):
        _, after = ready_when(create_app(application), threading.Event())

    assert after.status == 200
    assert told in caplog.text
