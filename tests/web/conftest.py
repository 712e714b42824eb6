"""A small county behind the real application: real store, real door, no network."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from api_county import fill
from asgi_client import AsgiClient
from fastapi import FastAPI

from geo_ems.bootstrap import opened
from geo_ems.settings import bundled_folder, load_project
from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication, web_application
from geo_ems.web.server import server_config

NOON = datetime(2026, 7, 1, 4, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebApplication]:
    """One county per test file: a store of its own for each test would take most of the time."""
    project = load_project(bundled_folder(), {})
    folder = tmp_path_factory.mktemp("county")
    with opened(replace(project, store=str(folder / "county.gpkg"))) as opened_project:
        fill(opened_project.store)
        yield replace(web_application(opened_project), clock=lambda: NOON)


@pytest.fixture(scope="module")
def app(application: WebApplication) -> FastAPI:
    return create_app(application)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> AsgiClient:
    return AsgiClient(app)


@pytest.fixture
def live_address(app: FastAPI) -> Iterator[str]:
    """The application behind a real socket on this machine, ended with the test."""
    # Named TCP, or asyncio does not switch off delayed sending and each answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(server_config(app, host="127.0.0.1", port=port))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    waited_until = time.monotonic() + 20
    while not server.started and time.monotonic() < waited_until:
        time.sleep(0.02)
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.fixture
def skip_or_fail(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """The rule about skipping, from the conftest above: its name alone would mean this file."""
    above = request.config.pluginmanager.get_plugin(str(Path(__file__).parents[1] / "conftest.py"))
    return above.skip_or_fail
