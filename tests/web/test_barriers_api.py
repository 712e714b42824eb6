"""`/v1/barriers`: a road is closed, told, confirmed and opened again, and every change acts at once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from api_county import put
from asgi_client import AsgiClient
from shapely import LineString, box

from geo_ems.bootstrap import opened
from geo_ems.settings import bundled_folder, load_project
from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication, web_application

NOON = "2026-07-01T04:00:00Z"
Json = dict[str, object]


@pytest.fixture
def application(tmp_path: Path) -> Iterator[WebApplication]:
    """A river with a bridge over a road, and a way round: its own store for each test, because each changes it."""
    project = load_project(bundled_folder(), {})
    with opened(replace(project, store=str(tmp_path / "county.gpkg"))) as opened_project:
        store = opened_project.store
        for road_id, line, values in (
            ("R1", [(111.50, 31.20), (111.52, 31.20)], {}),
            ("R2", [(111.52, 31.20), (111.53, 31.20)], {"bridge": True, "name": "云渡大桥", "name_en": "Yundu Bridge"}),
            ("R3", [(111.53, 31.20), (111.55, 31.20)], {}),
            ("R4", [(111.525, 31.19), (111.525, 31.21)], {"name": "河堤路"}),
            ("R5", [(111.54, 31.21), (111.54, 31.22)], {"bridge": True, "name": "小河大桥"}),
        ):
            put(store, "roads", road_id, LineString(line), **{"road_class": "primary", **values})
        yield replace(web_application(opened_project), clock=lambda: datetime.fromisoformat(NOON))


@pytest.fixture
def client(application: WebApplication) -> AsgiClient:
    return AsgiClient(create_app(application))


def post(client: AsgiClient, body: Mapping[str, object], path: str = "/v1/barriers", **headers: str) -> Json:
    answer = client.post(path, document=body, headers=headers or None)
    assert answer.status in {200, 201}, answer.json
    told: Json = answer.json
    return told


def acting(client: AsgiClient, more: str = "") -> list[Json]:
    return client.get(f"/v1/barriers?lang=en{more}").json["barriers"]


def test_a_bridge_closed_by_its_name_leaves_the_road_beneath_open(client: AsgiClient) -> None:
    told = post(client, {"bridge": "云渡", "policy": "closed", "reason": "桥面过水"})["barrier"]
    assert (told["name"], told["acts"], told["edges_hit"]) == ("云渡大桥封闭", True, 1)
    assert told["roads"] == [{"id": "R2", "name": "云渡大桥"}]
    assert (told["road_id"], told["confirmed_at"]) == ("R2", NOON)


def test_a_closure_acts_in_the_very_next_answer_and_no_more_once_lifted(client: AsgiClient) -> None:
    assert acting(client) == []
    barrier = post(client, {"at": [111.51, 31.2], "policy": "closed"})["barrier"]
    assert [each["id"] for each in acting(client)] == [barrier["id"]]
    lifted = post(client, {}, f"/v1/barriers/{barrier['id']}/lift")["barrier"]
    assert (lifted["state"], lifted["acts"]) == ("lifted", False)
    assert acting(client) == []
    assert post(client, {}, f"/v1/barriers/{barrier['id']}/lift")["unchanged"] is True


def test_an_area_and_an_active_hazard_are_listed_with_the_roads_they_meet(
    client: AsgiClient, application: WebApplication
) -> None:
    put(application.store, "hazard_areas", "H1", box(111.54, 31.19, 111.56, 31.205), kind="flood", state="active")
    polygon = {"type": "Polygon", "coordinates": [[[111.51, 31.1], [111.53, 31.1], [111.53, 31.3], [111.51, 31.3],
                                                  [111.51, 31.1]]]}  # fmt: skip
    post(client, {"geometry": polygon, "policy": "slow", "slow_factor": 3})
    told = {each["layer"]: (each["policy"], each["roads_hit"]) for each in acting(client)}
    assert told["barriers"] == ("slow", 3)
    assert told["hazard_areas"] == ("closed", 1)


def test_the_same_request_sent_twice_closes_once(client: AsgiClient) -> None:
    body = {"at": [111.51, 31.2], "policy": "closed"}
    first = client.post("/v1/barriers", document=body, headers={"Idempotency-Key": "k1"})
    again = client.post("/v1/barriers", document=body, headers={"Idempotency-Key": "k1"})
    assert (first.status, again.status) == (201, 200)
    assert first.json["barrier"]["id"] == again.json["barrier"]["id"]
    other = client.post("/v1/barriers", document={**body, "reason": "x"}, headers={"Idempotency-Key": "k1"})
    assert other.status == 409
    assert len(acting(client)) == 1


def test_a_barrier_is_refined_and_a_stale_reader_is_refused(client: AsgiClient) -> None:
    created = client.post("/v1/barriers", document={"at": [111.51, 31.2], "policy": "closed", "reason": "水"})
    address, tag = f"/v1/barriers/{created.json['barrier']['id']}", created.headers["etag"]
    changed = client.call(
        "PATCH", address, document={"policy": "slow", "slow_factor": 2, "reason": None}, headers={"If-Match": tag}
    )
    assert changed.status == 200
    told = changed.json["barrier"]
    assert (told["policy"], told["slow_factor"], told["reason"]) == ("slow", 2, None)
    assert client.call("PATCH", address, document={"reason": "x"}, headers={"If-Match": tag}).status == 412
    moved = client.call("PATCH", address, document={"bridge": "小河大桥"}).json["barrier"]
    assert moved["roads"] == [{"id": "R5", "name": "小河大桥"}]


def test_a_barrier_may_leave_its_road_but_never_its_place(client: AsgiClient) -> None:
    barrier = post(client, {"bridge": "云渡", "policy": "closed"})["barrier"]
    address = f"/v1/barriers/{barrier['id']}"
    refused = client.call("PATCH", address, document={"geometry": None})
    assert (refused.status, refused.json["errors"][0]["field"]) == (400, "geometry")
    freed = client.call("PATCH", address, document={"road_id": None}).json["barrier"]
    assert (freed["road_id"], freed["roads_hit"]) == (None, 2)


def test_confirming_moves_the_time_of_confirmation(client: AsgiClient) -> None:
    body = {"at": [111.51, 31.2], "policy": "closed", "confirmed_at": "2026-06-30T00:00:00Z"}
    barrier = post(client, body)["barrier"]
    listed = client.get("/v1/barriers?lang=en").json
    assert listed["warnings"][0].startswith("1 barriers were confirmed long ago")
    confirmed = post(client, {}, f"/v1/barriers/{barrier['id']}/confirm")["barrier"]
    assert (confirmed["confirmed_at"], confirmed["confirmed_age_s"]) == (NOON, 0)


def test_a_lapsed_closure_is_told_and_needs_a_new_end_to_act_again(client: AsgiClient) -> None:
    body = {"at": [111.51, 31.2], "policy": "closed", "valid_to": "2026-07-01T03:00:00Z"}
    barrier = post(client, body)["barrier"]
    assert barrier["acts"] is False
    assert "past their time" in client.get("/v1/barriers?lang=en").json["warnings"][0]
    address = f"/v1/barriers/{barrier['id']}/confirm"
    assert client.post(address, document={}).status == 400
    assert post(client, {"valid_to": None}, address)["barrier"]["acts"] is True


def test_a_closure_far_from_any_road_says_so(client: AsgiClient) -> None:
    told = client.post("/v1/barriers?lang=en", document={"at": [111.9, 31.9], "policy": "closed"}).json
    assert told["barrier"]["edges_hit"] == 0
    assert told["warnings"] == ["1 barriers act on no road (a point must be within 30 m of one): 道路封闭"]


def test_closures_for_vehicles_are_not_listed_for_walkers(client: AsgiClient) -> None:
    post(client, {"at": [111.51, 31.2], "policy": "closed", "mode": "drive"})
    assert len(acting(client, "&mode=drive")) == 1
    assert acting(client, "&mode=walk") == []


def test_validity_is_judged_at_the_instant_asked(client: AsgiClient) -> None:
    post(client, {"at": [111.51, 31.2], "policy": "closed", "valid_from": "2026-07-02T00:00:00Z"})
    assert acting(client) == []
    assert len(acting(client, "&as_of=2026-07-02T01:00:00Z")) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"policy": "closed"}, "geometry", id="no place"),
        pytest.param({"at": [111.5, 31.2]}, "policy", id="no policy"),
        pytest.param({"at": [111.5, 31.2], "policy": "shut"}, "policy", id="unknown policy"),
        pytest.param({"at": [111.5, 31.2], "policy": "ignore"}, "policy", id="nothing done"),
        pytest.param({"at": [111.5, 31.2], "policy": "slow"}, "slow_factor", id="slow by how much"),
        pytest.param({"at": [111.5, 31.2], "policy": "slow", "slow_factor": 0.5}, "slow_factor", id="faster"),
        pytest.param({"at": [111.5, 31.2], "policy": "delay"}, "delay_s", id="delay by how much"),
        pytest.param({"at": [31.2, 111.5], "policy": "closed"}, "at", id="swapped"),
        pytest.param({"at": "111.5,31.2", "policy": "closed"}, "at", id="text"),
        pytest.param({"at": [111.5, 31.2], "bridge": "云渡", "policy": "closed"}, "", id="two places"),
        pytest.param({"bridge": "大桥", "policy": "closed"}, "bridge", id="two bridges"),
        pytest.param({"bridge": "金门", "policy": "closed"}, "bridge", id="no such bridge"),
        pytest.param({"road_id": "R99", "policy": "closed"}, "road_id", id="no such road"),
        pytest.param({"at": [111.5, 31.2], "policy": "closed", "colour": "red"}, "colour", id="unknown member"),
        pytest.param({"geometry": {"type": "Point"}, "policy": "closed"}, "geometry", id="no coordinates"),
        pytest.param({"at": [111.5, 31.2], "policy": "closed", "towards_deg": 400}, "towards_deg", id="bearing"),
        pytest.param({"at": [111.5, 31.2], "policy": "closed", "valid_to": "soon"}, "valid_to", id="no instant"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_nothing_is_stored(client: AsgiClient, body: Json, field: str) -> None:
    answer = client.post("/v1/barriers", document=body)
    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == field
    assert acting(client) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/barriers/none"), ("PATCH", "/v1/barriers/none"), ("POST", "/v1/barriers/none/lift"),
     ("POST", "/v1/barriers/none/confirm")],
)  # fmt: skip
def test_a_barrier_that_is_not_there_is_404(client: AsgiClient, method: str, path: str) -> None:
    answer = client.call(method, path, document=None if method == "GET" else {})
    assert answer.status == 404
