"""The road network is prepared when a server starts, and /readyz says so meanwhile."""

import asyncio
import threading
from pathlib import Path

import pytest
from asgi_client import AsgiClient

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.errors import DefinitionError
from geo_ems.routing.network import RoadNetwork
from geo_ems.services.roads import RoadSource
from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication

ROADS = "the road network is being prepared; questions by road wait for it"


def faults_of(application: WebApplication, go: threading.Event) -> tuple[list[str], list[str]]:
    """Return the faults that /readyz names before and after the network may be prepared."""
    app = create_app(application)

    async def ask() -> tuple[list[str], list[str]]:
        client = AsgiClient(app)
        async with app.router.lifespan_context(app):
            before = await client.send("GET", "/readyz")
            go.set()
            while app.state.served.starting:  # noqa: ASYNC110 - the application has no event for tests
                await asyncio.sleep(0.01)
            after = await client.send("GET", "/readyz")
            return before.json["faults"], after.json["faults"]

    return asyncio.run(ask())


def test_a_server_says_that_it_prepares_the_roads_until_they_are_there(
    application: WebApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, asked = threading.Event(), []
    network = RoadSource.network

    def waiting(self: RoadSource, pinned: SnapshotSet) -> RoadNetwork | None:
        assert go.wait(10)
        asked.append(sorted(pinned.layers))
        return network(self, pinned)

    monkeypatch.setattr(RoadSource, "network", waiting)
    before, after = faults_of(application, go)
    assert ROADS in before
    assert not after
    assert asked == [["roads"]]
    assert list(Path(application.project.store).parent.glob("*.cache/roads.network"))


def test_a_wrong_speed_table_is_told_in_the_log_and_the_server_is_ready(
    application: WebApplication, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wrong(_: RoadSource, __: SnapshotSet) -> RoadNetwork | None:
        raise DefinitionError("walk_kmh is no speed", where="rules/speeds.toml, line 5")

    monkeypatch.setattr(RoadSource, "network", wrong)
    _, after = faults_of(application, threading.Event())
    assert not after
    assert "rules/speeds.toml, line 5" in caplog.text
