"""Recommendations and orders over HTTP: what may be asked, 409 with who and when, repeats, steps, undo."""

import asyncio

import pytest
from api_county import put
from asgi_client import Answer, AsgiClient

from geo_ems.web.application import WebApplication


@pytest.fixture(scope="module", autouse=True)
def scene(application: WebApplication) -> None:
    store = application.store
    put(store, "incidents", "I1", (111.52, 31.21), name="漳村洪水", kind="flood", grade="general", state="open")
    put(store, "incidents", "I2", (111.55, 31.25), name="火情", kind="fire", grade="larger", state="open")
    for number in range(1, 7):
        put(
            store,
            "response_teams",
            f"B{number}",
            (111.52 + number / 1000, 31.21),
            name=f"舟艇{number}队",
            status="available",
            capabilities=("boat", "evacuation", "flood_rescue"),
            head_count_persons=12,
            position_mode="base",
            phone=f"000{number}",
        )


def order(client: AsgiClient, body: dict, key: str | None = None):
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/v1/assignments", document=body, headers=headers)


def one(team: str, incident: str = "I1") -> dict:
    return {"incident": incident, "picks": [{"layer": "response_teams", "id": team}], "ordered_by": "王值班"}


def test_a_recommendation_names_who_goes_why_and_what_is_missing(client: AsgiClient) -> None:
    answer = client.post("/v1/dispatch", document={"incident": "I1", "lang": "en"})

    assert answer.status == 200
    found = answer.json
    boats = next(need for need in found["needs"] if need["name"] == "boats")
    assert [pick["id"] for pick in boats["picks"]] == ["B1"]
    assert boats["picks"][0]["contact"]["phone"] == "0001"
    assert boats["shortfall"] is None
    assert found["card"]["source"] == "rules/run_cards/flood.toml"
    assert (found["alarm_level"], found["levels"]) == (1, [1, 2, 3])  # what else may be asked for
    jackets = next(need for need in found["needs"] if need["name"] == "life_jacket")
    assert jackets["shortfall"]["reasons"][0]["code"] == "none_holds"
    assert found["support_request"]["needed"] is True
    assert found["snapshot_id"]
    assert found["as_of"] == "2026-07-01T04:00:00Z"


def test_a_kind_may_be_said_by_its_name(client: AsgiClient) -> None:
    place = {"lon": 111.5, "lat": 31.2}

    by_name = client.post("/v1/dispatch", document={**place, "kind": "洪水"})

    assert by_name.status == 200
    assert by_name.json["kind"] == "flood"
    assert by_name.json["needs"] == client.post("/v1/dispatch", document={**place, "kind": "flood"}).json["needs"]


def test_the_same_question_gives_the_same_bytes_and_changes_nothing(
    client: AsgiClient, application: WebApplication
) -> None:
    before = application.store.describe().seq
    body = {"lon": 111.52, "lat": 31.21, "kind": "flood", "alarm_level": 2}

    first, second = (client.post("/v1/dispatch", document=body) for _ in range(2))

    assert first.body == second.body
    assert application.store.describe().seq == before


def test_several_incidents_share_one_pool_and_no_team_goes_twice(client: AsgiClient) -> None:
    answer = client.post("/v1/dispatch", document={"incidents": [{"incident": "I1"}, {"incident": "I2"}]})

    assert answer.status == 200
    scenes = answer.json["incidents"]
    picks = [
        pick["id"]
        for scene in scenes
        for need in scene["needs"]
        for pick in need["picks"]
        if "teams" in pick["amounts"]
    ]
    assert len(picks) == len(set(picks))
    assert [scene["incident"] for scene in scenes] == ["I1", "I2"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"lon": 111.5, "lat": 31.2}, "The kind of the incident is not known"),
        ({"lon": 111.5, "lat": 31.2, "kind": "floood"}, "There is no incident kind 'floood'"),
        ({"lon": 111.5, "lat": 31.2, "kind": "flood", "alarm_level": 9}, "has no alarm level 9"),
        ({"incident": "I9"}, "There is no incident 'I9'"),
        ({"incident": "I1", "lon": 1.0, "lat": 1.0}, "Give a place or an incident, one of them"),
        ({"incidents": []}, "There is no incident"),
        ({"incidents": [{"incident": "I1"}, {"incident": "I1"}]}, "The incident 'I1' stands twice"),
        ({"incidents": [{"incident": "I1"}], "kind": "fire"}, "do not go together"),
        ({"incidents": [{"incidant": "I1"}]}, "There is no member 'incidant'"),
        ({"lon": 111.5, "kind": "flood"}, "lon and lat go together"),
    ],
)
def test_what_is_wrongly_asked_is_refused_with_the_remedy(client: AsgiClient, body: dict, said: str) -> None:
    answer = client.post("/v1/dispatch", document=body)

    assert answer.status == 400
    assert said in answer.body.decode()


def test_an_order_is_given_once_however_often_it_is_sent(client: AsgiClient) -> None:
    first = order(client, one("B1"), key="order-1")
    again = order(client, one("B1"), key="order-1")

    assert (first.status, again.status) == (201, 200)
    assert again.json["assignments"] == first.json["assignments"]
    (assignment,) = first.json["assignments"]
    assert assignment["status"] == "ordered"
    assert assignment["ordered_by"] == "王值班"
    assert assignment["may_follow"][:3] == ["accepted", "declined", "no_answer"]
    assert "cancelled" not in assignment["may_follow"]
    listed = client.get("/v1/assignments?resource=B1").json["assignments"]
    assert [item["id"] for item in listed] == [assignment["id"]]


def test_the_second_dispatcher_is_told_who_took_the_team_when_and_for_what(client: AsgiClient) -> None:
    order(client, one("B2"))

    answer = order(client, one("B2", "I2"))

    assert answer.status == 409
    said = answer.json["errors"][0]["problem"]
    assert said == "'舟艇2队' was taken by '王值班' at 2026-07-01 12:00:00 +08:00 for incident 'I1'"


def test_of_many_at_once_one_gets_the_team_and_the_others_409(client: AsgiClient) -> None:
    async def all_at_once() -> list[Answer]:
        sent = [client.send("POST", "/v1/assignments", document=one("B3", f"I{n % 2 + 1}")) for n in range(4)]
        return await asyncio.gather(*sent)

    answers = asyncio.run(all_at_once())

    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]


def test_a_preview_books_nothing(client: AsgiClient, application: WebApplication) -> None:
    before = application.store.describe().seq

    answer = order(client, {**one("B4"), "preview": True})

    assert answer.status == 200
    assert answer.json["preview"] is True
    assert answer.json["assignments"][0]["resource_id"] == "B4"
    assert application.store.describe().seq == before


def test_the_steps_of_an_order_recall_and_undo(client: AsgiClient) -> None:
    (made,) = order(client, one("B5")).json["assignments"]
    here = f"/v1/assignments/{made['id']}"

    departed = client.post(f"{here}/status", document={"status": "departed", "occurred_at": "2026-07-01T11:50:00"})
    assert departed.json["assignments"][0]["occurred_at"] == "2026-07-01T03:50:00Z"
    assert client.get("/collections/response_teams/items/B5").json["properties"]["status"] == "departed"
    assert client.post(f"{here}/status", document={"status": "accepted"}).status == 409
    assert client.post(f"{here}/recall", document={"reason": "险情解除"}).status == 200
    assert client.get("/collections/response_teams/items/B5").json["properties"]["status"] == "recalled"
    undone = client.post(f"{here}/undo", document={})
    assert undone.json["assignments"][0]["status"] == "departed"
    tag = client.get(here).headers["etag"]
    assert client.post(f"{here}/undo", document={}, headers={"If-Match": '"1"'}).status == 412
    assert client.post(f"{here}/undo", document={}, headers={"If-Match": tag}).status == 200
    assert [step["status"] for step in client.get(here).json["history"]] == [
        "ordered",
        "departed",
        "recalled",
        "departed",
        "ordered",
    ]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/assignments", {"incident": "I1", "picks": []}, 400),
        ("/v1/assignments", {"incident": "I1", "picks": [{"layer": "response_teams"}]}, 400),
        ("/v1/assignments", {"incident": "I9", "picks": [{"layer": "response_teams", "id": "B6"}]}, 400),
        ("/v1/assignments", {"incident": "I1", "picks": [{"layer": "roads", "id": "B6"}]}, 400),
        (
            "/v1/assignments",
            {"incident": "I1", "picks": [{"layer": "response_teams", "id": "B6", "item": "tent"}]},
            400,
        ),
        ("/v1/assignments/none/status", {"status": "departed"}, 404),
        ("/v1/assignments/none/undo", {}, 404),
    ],
)
def test_what_is_wrongly_ordered_is_refused(client: AsgiClient, path: str, body: dict, status: int) -> None:
    assert client.post(path, document=body).status == status


def test_orders_cannot_be_edited_past_their_bookings(client: AsgiClient) -> None:
    assert client.get("/collections/assignments/items").status == 404
