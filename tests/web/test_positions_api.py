"""Positions over HTTP: what each client sends, who may send it, what is refused, and what questions then see."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from api_county import put
from asgi_client import AsgiClient
from fastapi.routing import APIRoute

from geo_ems.model.caller import Permission
from geo_ems.settings.position_settings import PositionSettings
from geo_ems.web.app import all_routes, create_app
from geo_ems.web.application import WebApplication

FORM = {"content-type": "application/x-www-form-urlencoded"}
OSMAND = "/v1/positions/osmand"
JSON_FIX = {"lon": 111.51, "lat": 31.21}


@pytest.fixture(scope="module")
def application(application: WebApplication) -> WebApplication:
    application.positions.clock = application.clock
    for number, mode in ((2, "live"), (3, "live"), (4, "base")):
        put(application.store, "response_teams", f"T{number}", (111.7, 31.4), status="available", position_mode=mode)
    return application


@pytest.fixture
def team(application: WebApplication) -> Callable[[], str]:
    """A new live team for each test: tracks stay."""
    name = f"N{application.store.describe().seq}"
    put(application.store, "response_teams", name, (111.7, 31.4), status="available", position_mode="live")
    return name


def last_of(client: AsgiClient, team: str) -> dict[str, object]:
    return client.get(f"/v1/teams/{team}/positions").json["positions"][-1]


def client_location(**coords: float) -> dict[str, object]:
    return {"timestamp": "2026-07-01T03:59:00.000Z", "coords": {"latitude": 31.25, "longitude": 111.55, **coords}}


def forwarded(device: str, **position: object) -> dict[str, object]:
    return {
        "position": {"latitude": 31.25, "longitude": 111.55, "fixTime": "2026-07-01T03:59:00.000+00:00", **position},
        "device": {"id": 7, "uniqueId": device, "name": "pump 7"},
    }


def test_a_posted_position_is_where_the_team_is_ranked_from_at_once_and_no_revision_changes(client, team):
    target = f"/v1/nearest?layer=response_teams&lon=111.51&lat=31.21&k=1&where=name={team}"
    before, rev = client.get(target).json, client.get(f"/collections/response_teams/items/{team}").headers["etag"]

    told = client.post(f"/v1/teams/{team}/position", document={**JSON_FIX, "time": "2026-07-01T11:58:00+08:00"})
    after = client.get(target).json

    assert before["excluded_counts"]["position_missing"] == 1
    assert (told.status, told.json["outcome"], told.json["flags"]) == (200, "newest", [])
    (row,) = after["results"]
    assert (row["id"], row["straight_m"], row["position_source"]) == (team, 0.0, "live")
    assert (row["position_time"], row["position_age_s"]) == ("2026-07-01T03:58:00Z", 120)
    assert after["snapshot_id"] == f"{before['snapshot_id'].split('~')[0]}~{told.json['position_seq']}"
    assert client.get(f"/collections/response_teams/items/{team}").headers["etag"] == rev


def test_the_same_snapshot_id_gives_the_same_answer_and_an_answer_about_shelters_does_not_count_positions(client, team):
    target = "/v1/nearest?layer=response_teams&lon=111.51&lat=31.21&as_of=2026-07-01T04:00:00Z"
    client.post(f"/v1/teams/{team}/position", document=JSON_FIX)

    assert client.get(target).body == client.get(target).body
    assert "~" in client.get(target).json["snapshot_id"]
    assert "~" not in client.get("/v1/nearest?layer=shelters&lon=111.51&lat=31.21").json["snapshot_id"]


def test_a_team_in_base_mode_that_is_available_stays_at_its_base(client):
    client.post("/v1/teams/T4/position", document=JSON_FIX)
    answer = client.get("/v1/nearest?layer=response_teams&lon=111.7&lat=31.4&where=name=T4&k=1").json

    assert answer["results"][0]["position_source"] == "home_base"
    assert answer["results"][0]["straight_m"] == 0.0


def test_of_a_fix_and_a_position_typed_by_hand_the_newer_one_counts(client, application, team):
    target = f"/v1/nearest?layer=response_teams&lon=111.51&lat=31.21&k=1&where=name={team}"
    typed = {"status": "available", "position_mode": "live", "position_lon_deg": 111.9, "position_lat_deg": 31.9}

    client.post(f"/v1/teams/{team}/position", document={**JSON_FIX, "time": "2026-07-01T03:50:00Z"})
    put(application.store, "response_teams", team, (111.7, 31.4), **typed, position_time="2026-07-01T03:55:00Z")
    by_hand = client.get(target).json["results"][0]["position_time"]
    client.post(f"/v1/teams/{team}/position", document={**JSON_FIX, "time": "2026-07-01T03:56:00Z"})
    by_device = client.get(target).json["results"][0]["position_time"]

    assert (by_hand, by_device) == ("2026-07-01T03:55:00Z", "2026-07-01T03:56:00Z")


def test_a_jump_is_kept_flagged_and_told_beside_the_answer_that_is_ranked_from_it(client, team):
    near, far = (
        {**JSON_FIX, "time": "2026-07-01T03:50:00Z"},
        {"lon": 113.5, "lat": 31.2, "time": "2026-07-01T03:51:00Z"},
    )
    told = [client.post(f"/v1/teams/{team}/position", document=fix).json["flags"] for fix in (near, far)]
    answer = client.get(f"/v1/nearest?layer=response_teams&lon=113.5&lat=31.2&k=1&lang=en&where=name={team}").json

    assert told == [[], ["impossible_jump"]]
    assert answer["results"][0]["straight_m"] == 0.0
    assert [text for text in answer["warnings"] if "jumped" in text and team in text]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("lat=31.2&lon=111.5", {"time": "2026-07-01T04:00:00Z"}, id="place alone: now"),
        pytest.param("location=31.2,111.5", {"lon": 111.5, "lat": 31.2}, id="location"),
        pytest.param("lat=31.2&lon=111.5&timestamp=1782878340", {"time": "2026-07-01T03:59:00Z"}, id="seconds"),
        pytest.param("lat=31.2&lon=111.5&timestamp=1782878340500", {"time": "2026-07-01T03:59:00.500Z"}, id="ms"),
        pytest.param(
            "lat=31.2&lon=111.5&timestamp=2026-07-01T11:59:00%2B08:00", {"time": "2026-07-01T03:59:00Z"}, id="ISO"
        ),
        pytest.param(
            "lat=31.2&lon=111.5&timestamp=2026-07-01%2003:59:00", {"time": "2026-07-01T03:59:00Z"}, id="plain"
        ),
        pytest.param("lat=31.2&lon=111.5&speed=10", {"speed_kmh": 18.52}, id="knots"),
        pytest.param("lat=31.2&lon=111.5&bearing=90", {"bearing_deg": 90}, id="bearing"),
        pytest.param("lat=31.2&lon=111.5&heading=360", {"bearing_deg": 0}, id="heading"),
        pytest.param("lat=31.2&lon=111.5&bearing=-1&speed=-1", {"bearing_deg": None, "speed_kmh": None}, id="unknown"),
        pytest.param(
            "lat=31.2&lon=111.5&altitude=250.5&accuracy=8&hdop=1.2&batt=77&driverUniqueId=d&alarm=sos&x=y",
            {"altitude_m": 250.5, "accuracy_m": 8},
            id="all names",
        ),
    ],
)
@pytest.mark.parametrize("how", ["GET", "POST query", "POST form"])
def test_osmand_and_traccar_client_before_9(client, team, query, expected, how):
    query = f"{'deviceid' if 'location' in query else 'id'}={team}&{query}"
    match how:
        case "GET":
            answer = client.get(f"{OSMAND}?{query}")
        case "POST query":
            answer = client.post(f"{OSMAND}?{query}")
        case _:
            answer = client.post(OSMAND, content=query.encode(), headers=FORM)

    assert answer.status == 200
    found = last_of(client, team)
    assert {name: pytest.approx(value) if isinstance(value, float) else value for name, value in expected.items()} == {
        name: found[name] for name in expected
    }
    assert (found["source"], found["device"]) == ("osmand", team)


def test_traccar_client_9_sends_json_with_metres_per_second_and_a_buffer_in_one_message(client, team):
    location = client_location(speed=10, heading=-1, accuracy=5, altitude=99)
    one = client.post(OSMAND, document={"device_id": team, "location": location, "battery": {"level": 0.5}})
    older = {**location, "timestamp": "2026-07-01T03:58:00Z"}
    many = client.post(OSMAND, document={"device_id": team, "location": [location, older]})

    found = last_of(client, team)
    assert one.json["outcome"] == "newest"
    assert (found["speed_kmh"], found["bearing_deg"], found["source"]) == (36.0, None, "traccar_client")
    assert (many.json["stored"], many.json["repeated"]) == (1, 1)


def test_a_traccar_server_forwards_one_position_or_a_list(client, team):
    one = client.post("/v1/positions/traccar", document=forwarded(team, speed=10, course=45, accuracy=0, valid=True))
    both = client.post("/v1/positions/traccar", document=[forwarded("T2"), forwarded("T3")])

    found = last_of(client, team)
    assert (one.status, both.json["stored"]) == (200, 2)
    assert (found["speed_kmh"], found["bearing_deg"], found["accuracy_m"]) == (18.52, 45, None)


@pytest.mark.parametrize(
    ("method", "target", "document", "field"),
    [
        pytest.param("POST", "/v1/teams/T2/position", {"lon": 111.5}, "lat", id="no latitude"),
        pytest.param("POST", "/v1/teams/T2/position", {"lon": 31.2, "lat": 111.5}, "lat", id="swapped"),
        pytest.param("POST", "/v1/teams/T2/position", {"lon": 0, "lat": 0}, "lon", id="nowhere"),
        pytest.param("POST", "/v1/teams/T2/position", {"lon": "111", "lat": 31}, "lon", id="text"),
        pytest.param("POST", "/v1/teams/T2/position", {**JSON_FIX, "speed": 3}, "speed", id="unknown member"),
        pytest.param("POST", "/v1/teams/T2/position", {**JSON_FIX, "time": "2026-07-01T05:00:00Z"}, "time", id="ahead"),
        pytest.param("POST", "/v1/teams/T2/position", {**JSON_FIX, "time": "1999-01-01T05:00:00Z"}, "time", id="1999"),
        pytest.param("GET", f"{OSMAND}?id=T2&lat=31.2", None, "lon", id="osmand no longitude"),
        pytest.param("GET", f"{OSMAND}?id=T2&lat=NaN&lon=111", None, "lat", id="NaN"),
        pytest.param("GET", f"{OSMAND}?id=T2&lat=1e400&lon=111", None, "lat", id="beyond a double"),
        pytest.param("GET", f"{OSMAND}?id=T2&lat=91&lon=111", None, "lat", id="beyond the pole"),
        pytest.param("GET", f"{OSMAND}?id=T2&location=31.2", None, "location", id="half a location"),
        pytest.param("GET", f"{OSMAND}?id=T2&lat=31&lon=111&timestamp=yesterday", None, "timestamp", id="no instant"),
        pytest.param("GET", f"{OSMAND}?id=T2&lat=31&lon=111&timestamp=5", None, "timestamp", id="1970"),
        pytest.param("GET", f"{OSMAND}?id=T2&lat=31&lon=111&accuracy=x", None, "accuracy", id="accuracy"),
        pytest.param("GET", f"{OSMAND}?id=T2&lat=31&lat=32&lon=111", None, "lat", id="twice"),
        pytest.param("GET", f"{OSMAND}?id=nobody&lat=31&lon=111", None, "id", id="unknown device"),
        pytest.param("GET", f"{OSMAND}?lat=31&lon=111", None, "id", id="no device"),
        pytest.param("POST", OSMAND, {"device_id": "T2"}, "location", id="no location"),
        pytest.param("POST", OSMAND, {"device_id": "T2", "location": {}}, "coords", id="no coords"),
        pytest.param("POST", OSMAND, {"device_id": {}, "location": client_location()}, "device_id", id="device object"),
        pytest.param("POST", "/v1/positions/traccar", {"device": {}}, "position", id="no position"),
        pytest.param("POST", "/v1/positions/traccar", [], "body", id="empty list"),
        pytest.param("POST", "/v1/positions/traccar", [forwarded("T2"), forwarded("T3", latitude="x")],
                     "position.latitude", id="one of two is wrong"),
    ],
)  # fmt: skip
def test_bad_values_are_refused_with_400_and_nothing_of_the_message_is_stored(
    client, application, method, target, document, field
):
    before = application.positions.store.latest()

    answer = client.call(method, target, document=document) if document is not None else client.call(method, target)

    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == field
    assert application.positions.store.latest() is before


@pytest.mark.parametrize("query", ["lat=0&lon=0", "lat=31.2&lon=111.5&valid=false"])
def test_a_device_that_does_not_know_where_it_is_is_answered_200_or_it_would_send_the_same_for_ever(client, query):
    answer = client.get(f"{OSMAND}?id=T2&{query}")

    assert (answer.status, answer.json["outcome"], answer.json["stored"]) == (200, "no_fix", 0)


def test_a_team_that_does_not_exist_is_404_where_the_path_names_it(client):
    assert client.post("/v1/teams/nobody/position", document=JSON_FIX).status == 404
    assert client.get("/v1/teams/nobody/positions").status == 404


def test_a_track_is_given_from_an_instant_on_in_portions(client, team):
    for minute in (1, 3, 2):
        client.post(f"/v1/teams/{team}/position", document={**JSON_FIX, "time": f"2026-07-01T03:0{minute}:00Z"})

    all_of_it = client.get(f"/v1/teams/{team}/positions").json
    part = client.get(f"/v1/teams/{team}/positions?since=2026-07-01T03:01:30Z&limit=1").json

    times = ["2026-07-01T03:01:00Z", "2026-07-01T03:02:00Z", "2026-07-01T03:03:00Z"]
    assert [item["time"] for item in all_of_it["positions"]] == times
    assert all_of_it["next_since"] is None
    assert [item["time"] for item in part["positions"]] == times[1:2]
    assert part["next_since"] == times[2]


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_an_image_on_a_page_of_another_site_moves_no_team(client, application, headers):
    before = application.positions.store.latest()

    assert client.get(f"{OSMAND}?id=T2&lat=31.2&lon=111.5", headers=headers).status == 403
    assert application.positions.store.latest() is before


@pytest.fixture(scope="module")
def secret(application: WebApplication) -> str:
    return application.positions.add_device("T2", name="phone-2")[1]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


POSTING = {"/v1/teams/{id}/position", OSMAND, "/v1/positions/traccar"}
CASES = [
    pytest.param(route.path, method, id=f"{method} {route.path}")
    for route in all_routes()
    for method in sorted(route.methods or ())
    if route.path not in POSTING
]


@pytest.mark.parametrize(("path", "method"), CASES)
def test_a_device_key_opens_no_other_route(client, secret, path, method):
    target = path.replace("{layer}", "shelters").replace("{id}", "T2").replace("{name}", "overview")
    if "{" in target:
        target = target.replace("{part}", "schema")
    answer = client.call(
        method, target, headers=bearer(secret), document={} if method in {"POST", "PUT", "PATCH"} else None
    )

    assert answer.status == 403, target


def test_the_routes_that_a_device_may_use_are_those_that_ask_for_posting():
    found = {
        route.path
        for route in all_routes()
        if isinstance(route, APIRoute)
        for inner in route.dependant.dependencies
        if getattr(inner.call, "permission", None) is Permission.POST_POSITION
    }
    assert found == POSTING


def test_a_device_key_posts_its_own_team_in_every_form_and_no_other_team(client, secret):
    own = [
        client.post("/v1/teams/T2/position", document=JSON_FIX, headers=bearer(secret)),
        client.get(f"{OSMAND}?id=whatever&lat=31.2&lon=111.5", headers=bearer(secret)),
        client.get(f"{OSMAND}?lat=31.2&lon=111.5&key={secret}"),
        client.post(OSMAND, document={"device_id": "x", "location": client_location()}, headers=bearer(secret)),
        client.post("/v1/positions/traccar", document=forwarded("T2"), headers=bearer(secret)),
        client.get(f"{OSMAND}?id=phone-2&lat=31.2&lon=111.5"),
    ]
    others = [
        client.post("/v1/teams/T3/position", document=JSON_FIX, headers=bearer(secret)),
        client.get(f"{OSMAND}?id=T3&lat=31.2&lon=111.5&key={secret}"),
        client.post("/v1/positions/traccar", document=[forwarded("T2"), forwarded("T3")], headers=bearer(secret)),
    ]

    assert [answer.status for answer in own] == [200] * 6
    assert [answer.status for answer in others] == [403] * 3


def test_an_unknown_or_revoked_key_is_401_everywhere_and_never_told_back(client, application):
    key, secret = application.positions.add_device("T3", name="lost")
    application.positions.keys.revoke(key.key_id, at="2026-07-01T00:00:00Z")

    answers = [
        client.get("/v1/nearest?layer=shelters&lon=111&lat=31", headers=bearer(secret)),
        client.post("/v1/teams/T3/position", document=JSON_FIX, headers=bearer(secret)),
        client.get(f"{OSMAND}?id=T3&lat=31.2&lon=111.5&key={secret}"),
    ]

    assert [answer.status for answer in answers] == [401] * 3
    assert all(secret not in answer.body.decode() for answer in answers)
    assert answers[0].headers["www-authenticate"] == "Bearer"


def test_where_keys_are_required_the_person_at_this_machine_needs_one_too(application, secret):
    desk = replace(application.positions, settings=PositionSettings(keys_required=True))
    strict = AsgiClient(create_app(replace(application, positions=desk)))

    assert strict.post("/v1/teams/T2/position", document=JSON_FIX).status == 401
    assert strict.get(f"{OSMAND}?id=T2&lat=31.2&lon=111.5").status == 401
    assert strict.post("/v1/teams/T2/position", document=JSON_FIX, headers=bearer(secret)).status == 200
    assert strict.get("/v1/nearest?layer=shelters&lon=111&lat=31").status == 200


def test_nothing_is_acknowledged_that_the_store_did_not_take(client, application, monkeypatch):
    from geo_ems.errors import StoreError

    def fail(*_: object, **__: object) -> None:
        raise StoreError("Another program holds the store")

    monkeypatch.setattr(application.positions.store, "_write", fail)
    answer = client.post("/v1/teams/T2/position", document={**JSON_FIX, "time": "2026-07-01T03:00:01Z"})

    assert answer.status == 503
    assert json.loads(answer.body)["errors"]
