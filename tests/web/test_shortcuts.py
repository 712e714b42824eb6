"""Requests that come a thousand times a second: the short way answers as the long one, and is counted alike."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from geo_ems.web import app as application_module
from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication

POSITION = "/v1/teams/T1/position"
HERE = {"lon": 111.5, "lat": 31.2, "time": "2026-07-21T03:00:00Z"}
OSMAND = "/v1/positions/osmand"


class _NoShortcuts:
    """Stands where the shortcuts stand, and has none."""

    def __init__(self, app: object) -> None:
        self._app = app

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        await self._app(scope, receive, send)  # type: ignore[operator]


@pytest.fixture
def short(application: WebApplication) -> Iterator[TestClient]:
    with TestClient(create_app(application), base_url="http://localhost", client=("127.0.0.1", 5)) as client:
        yield client


@pytest.fixture
def long(application: WebApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(application_module, "Shortcuts", _NoShortcuts)
    with TestClient(create_app(application), base_url="http://localhost", client=("127.0.0.1", 5)) as client:
        yield client


REQUESTS = [
    pytest.param("POST", "/v1/teams/NOBODY/position", {"json": HERE}, id="a team that is not there"),
    pytest.param("POST", POSITION, {"json": {"lon": 500, "lat": 1}}, id="no place on the Earth"),
    pytest.param("POST", POSITION + "?x=1", {"json": HERE}, id="a parameter that is not known"),
    pytest.param("POST", POSITION, {"content": b"{", "headers": {"Content-Type": "application/json"}}, id="no JSON"),
    pytest.param("POST", POSITION, {"content": b"lon=1&lat=2"}, id="no type"),
    pytest.param("POST", POSITION, {"json": HERE, "headers": {"Authorization": "Bearer wrong"}}, id="a wrong key"),
    pytest.param("POST", POSITION, {"json": HERE, "headers": {"Origin": "http://evil.example"}}, id="another site"),
    pytest.param("POST", POSITION, {"json": HERE, "headers": {"X-Forwarded-For": "1.2.3.4"}}, id="a proxy"),
    pytest.param("GET", POSITION, {}, id="a method that does not fit"),
    pytest.param("DELETE", OSMAND, {}, id="a method that does not fit the protocol"),
    pytest.param("GET", OSMAND + "?id=NOBODY&lat=1&lon=2", {}, id="a device nobody knows"),
    pytest.param("POST", "/v1/positions/traccar", {"json": {"position": 1}}, id="no position"),
    pytest.param("POST", "/v1/teams/{id}/position", {"json": HERE}, id="the braces of the template"),
    pytest.param("GET", "/v1/nearest?layer=shelters", {}, id="a question without a place"),
    pytest.param("GET", "/v1/nearest?layer=nothing&lon=111&lat=31", {}, id="a layer that is not there"),
    pytest.param("GET", "/v1/nearest?layer=shelters&lon=111&lat=31&k=1&k=2", {}, id="a number given twice"),
]


@pytest.mark.parametrize(("method", "path", "sent"), REQUESTS)
def test_the_short_way_refuses_in_the_words_of_the_long_one(
    short: TestClient, long: TestClient, method: str, path: str, sent: dict[str, object]
) -> None:
    mine, theirs = (client.request(method, path, **sent) for client in (short, long))  # type: ignore[arg-type]

    assert mine.status_code == theirs.status_code >= 400
    assert (mine.content, mine.headers) == (theirs.content, theirs.headers)


def test_the_short_way_answers_a_question_as_the_long_one(short: TestClient, long: TestClient) -> None:
    path = "/v1/nearest?layer=shelters&lon=111.5&lat=31.2&k=2&as_of=2026-07-21T03:00:00Z"

    mine, theirs = short.get(path), long.get(path)

    assert mine.status_code == 200
    assert mine.json() == theirs.json()
    assert mine.json()["results"]


def test_requests_on_the_short_way_are_counted_by_their_route(short: TestClient) -> None:
    short.post("/v1/teams/NOBODY/position", json=HERE)
    short.get("/v1/nearest?layer=shelters&lon=111.5&lat=31.2")

    counts = short.get("/metrics").text

    assert 'geo_ems_requests_total{route="/v1/teams/{id}/position",method="POST",code="404"} 1' in counts
    assert 'geo_ems_requests_total{route="/v1/nearest",method="GET",code="200"} 1' in counts
