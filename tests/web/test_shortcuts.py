"""Requests that come a thousand times a second: the short way answers as the long one, and is counted alike."""

import pytest
from api_county import put
from asgi_client import Answer, AsgiClient

from geo_ems.web import app as application_module
from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication

POSITION, OSMAND = "/v1/teams/T9/position", "/v1/positions/osmand"
HERE = {"lon": 111.5, "lat": 31.2, "time": "2026-07-01T03:00:00Z"}


class _NoShortcuts:
    """Stands where the shortcuts stand, and has none."""

    def __init__(self, app) -> None:
        self._app = app

    async def __call__(self, scope, receive, send) -> None:
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def application(application: WebApplication) -> WebApplication:
    put(application.store, "response_teams", "T9", (111.7, 31.4), status="available", position_mode="live")
    return application


@pytest.fixture
def long_way(application: WebApplication, monkeypatch: pytest.MonkeyPatch) -> AsgiClient:
    """The same application, in which every request is led through all routes."""
    monkeypatch.setattr(application_module, "Shortcuts", _NoShortcuts)
    client = AsgiClient(create_app(application))
    assert client.get("/livez").status == 200  # what stands between is put together at the first request
    return client


def told(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    return answer.status, answer.headers, answer.body


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        pytest.param("POST", "/v1/teams/NOBODY/position", {"document": HERE}, id="a team that is not there"),
        pytest.param("POST", POSITION, {"document": {"lon": 500, "lat": 1}}, id="no place on the Earth"),
        pytest.param("POST", POSITION + "?x=1", {"document": HERE}, id="a parameter that is not known"),
        pytest.param(
            "POST", POSITION, {"content": b"{", "headers": {"content-type": "application/json"}}, id="no JSON"
        ),
        pytest.param("POST", POSITION, {"content": b"lon=1&lat=2"}, id="no type"),
        pytest.param(
            "POST", POSITION, {"document": HERE, "headers": {"authorization": "Bearer gek_no"}}, id="a wrong key"
        ),
        pytest.param(
            "POST", POSITION, {"document": HERE, "headers": {"origin": "http://evil.example"}}, id="another site"
        ),
        pytest.param("POST", POSITION, {"document": HERE, "headers": {"x-forwarded-for": "1.2.3.4"}}, id="a proxy"),
        pytest.param("POST", POSITION, {"document": HERE, "peer": ("10.0.0.1", 1)}, id="another machine"),
        pytest.param("GET", POSITION, {}, id="a method that does not fit"),
        pytest.param("DELETE", OSMAND, {}, id="a method that does not fit the protocol"),
        pytest.param("GET", OSMAND + "?id=NOBODY&lat=1&lon=2", {}, id="a device nobody knows"),
        pytest.param(
            "GET", OSMAND + "?id=T9&lat=1&lon=2", {"headers": {"sec-fetch-site": "cross-site"}}, id="a foreign page"
        ),
        pytest.param("POST", "/v1/positions/traccar", {"document": {"position": 1}}, id="no position"),
        pytest.param("POST", "/v1/teams/{id}/position", {"document": HERE}, id="the braces of the template"),
        pytest.param("POST", "/v1/teams/a/b/position", {"document": HERE}, id="a deeper path"),
        pytest.param("GET", "/v1/nearest?layer=shelters", {}, id="a question without a place"),
        pytest.param("GET", "/v1/nearest?layer=nothing&lon=111&lat=31", {}, id="a layer that is not there"),
        pytest.param("GET", "/v1/nearest?layer=shelters&lon=111&lat=31&k=1&k=2", {}, id="a number given twice"),
    ],
)
def test_the_short_way_refuses_in_the_words_of_the_long_one(client, long_way, method, path, more):
    mine, theirs = client.call(method, path, **more), long_way.call(method, path, **more)

    assert mine.status >= 400
    assert told(mine) == told(theirs)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_short_way_answers_a_question_as_the_long_one(client, long_way, method):
    path = "/v1/nearest?layer=shelters&lon=111.5&lat=31.2&k=2&as_of=2026-07-01T03:00:00Z"

    assert client.get(path).json["results"]
    assert told(client.call(method, path)) == told(long_way.call(method, path))


def test_requests_on_the_short_way_are_counted_by_their_route(application):
    client = AsgiClient(create_app(application))
    client.post("/v1/teams/NOBODY/position", document=HERE)
    client.get("/v1/nearest?layer=shelters&lon=111.5&lat=31.2")

    counts = client.get("/metrics").body.decode()

    assert 'geo_ems_requests_total{route="/v1/teams/{id}/position",method="POST",code="404"} 1' in counts
    assert 'geo_ems_requests_total{route="/v1/nearest",method="GET",code="200"} 1' in counts
