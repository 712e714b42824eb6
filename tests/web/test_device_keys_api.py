"""Device keys over HTTP: made while the server runs, shown once, revoked at once."""

import pytest
from api_county import put
from asgi_client import AsgiClient

from geo_ems.web.application import WebApplication

KEYS = "/v1/device-keys"
HERE = {"lon": 111.5, "lat": 31.2}


@pytest.fixture(scope="module")
def application(application: WebApplication) -> WebApplication:
    for team in ("T8", "T9"):
        put(application.store, "response_teams", team, (111.7, 31.4), status="available", position_mode="live")
    return application


def position_of(client: AsgiClient, team: str, key: str) -> int:
    posted = client.post(f"/v1/teams/{team}/position", document=HERE, headers={"authorization": f"Bearer {key}"})
    return posted.status


def test_a_new_key_opens_its_team_at_once_and_nothing_after_it_was_revoked(client):
    made = client.post(KEYS, document={"team": "T9", "name": " phone 9 "})
    key, key_id = made.json["key"], made.json["id"]

    assert (made.status, made.json["team"], made.json["name"]) == (201, "T9", "phone 9")
    assert made.headers["cache-control"] == "no-store"
    assert (position_of(client, "T9", key), position_of(client, "T8", key)) == (200, 403)

    revoked = client.call("DELETE", f"{KEYS}/{key_id}")

    assert (revoked.status, revoked.json["revoked_at"]) == (200, "2026-07-01T04:00:00Z")
    assert position_of(client, "T9", key) == 401


def test_the_list_holds_every_key_and_no_secret(client):
    made = client.post(KEYS, document={"team": "T8", "name": "tablet 8"}).json

    listed = client.get(KEYS)

    assert {"id": made["id"], "team": "T8", "name": "tablet 8", "revoked_at": None}.items() <= next(
        key.items() for key in listed.json["device_keys"] if key["id"] == made["id"]
    )
    assert made["key"].encode() not in listed.body


def test_a_device_makes_no_keys_and_a_page_of_another_site_neither(client):
    key = client.post(KEYS, document={"team": "T9", "name": "phone of a stranger"}).json["key"]
    bearer = {"authorization": f"Bearer {key}"}

    assert client.post(KEYS, document={"team": "T9", "name": "x"}, headers=bearer).status == 403
    assert client.get(KEYS, headers=bearer).status == 403
    assert client.post(KEYS, document={"team": "T9", "name": "x"}, headers={"origin": "http://a.example"}).status == 403


@pytest.mark.parametrize(
    ("document", "status", "field"),
    [
        pytest.param({"team": "NOBODY", "name": "x"}, 404, "team", id="no such team"),
        pytest.param({"team": "T9"}, 400, "name", id="no name"),
        pytest.param({"team": "T9", "name": "a\nb"}, 400, "name", id="a name that cannot be shown"),
        pytest.param({"team": "T9", "name": "x" * 101}, 400, "name", id="a long name"),
        pytest.param({"team": "T9", "name": "x", "key": "mine"}, 400, "key", id="a key of one's own"),
    ],
)
def test_what_is_wrong_with_a_key_is_said(client, document, status, field):
    answer = client.post(KEYS, document=document)

    assert answer.status == status
    assert field in answer.body.decode()


def test_two_devices_in_use_have_no_name_in_common_and_a_missing_key_is_missing(client):
    client.post(KEYS, document={"team": "T9", "name": "radio"})

    assert client.post(KEYS, document={"team": "T8", "name": "radio"}).status == 409
    assert client.call("DELETE", f"{KEYS}/00000000").status == 404
