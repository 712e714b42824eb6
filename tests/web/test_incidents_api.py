"""Incidents, team statuses and undo as a dispatcher's page uses them."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from api_county import put
from asgi_client import Answer, AsgiClient
from shapely import Polygon

from geo_ems.web.application import WebApplication

INCIDENTS = "/v1/incidents"


def opened(client: AsgiClient, **members: object) -> Answer:
    answer = client.post(INCIDENTS + "?lang=en", document={"kind": "flood", "text": "water in the houses", **members})
    assert answer.status == 201, answer.body
    return answer


def act(client: AsgiClient, incident_id: str, what: str, **members: object) -> Answer:
    return client.post(f"{INCIDENTS}/{incident_id}/{what}?lang=en", document=members)


def id_of(answer: Answer) -> str:
    return answer.json["incident"]["id"]


def refine(client: AsgiClient, incident_id: str, **members: object) -> Answer:
    return client.call("PATCH", f"{INCIDENTS}/{incident_id}?lang=en", document=members)


def team(application: WebApplication, team_id: str, **values: object) -> str:
    """Put a free team into the county under a name of this test alone."""
    given = {"status": "available", "capabilities": ("boat",), "position_mode": "base", **values}
    put(application.store, "response_teams", team_id, (111.50, 31.22), **given)
    return team_id


def enter(client: AsgiClient, team_id: str, status: str, **members: object) -> Answer:
    return client.post(f"/v1/teams/{team_id}/status?lang=en", document={"status": status, **members})


def test_a_kind_and_a_few_words_are_enough(client: AsgiClient) -> None:
    answer = client.post(INCIDENTS, document={"kind": "洪水", "text": "水进村了"})

    stored = answer.json["incident"]["properties"]
    assert answer.status == 201
    assert stored["kind"] == "flood"
    assert stored["event_class"] == "natural_disaster"
    assert stored["name"] == "地点待定洪水 07-01 12:00"
    assert stored["name_en"] == "river flood, place unknown, 07-01 12:00"
    assert (stored["state"], stored["received_at"]) == ("open", "2026-07-01T04:00:00Z")
    assert answer.json["incident"]["geometry"] is None
    assert answer.json["clock"]["deadline"] == "2026-07-01T05:00:00Z"
    assert answer.json["jurisdiction"]["basis"] == "none"
    assert answer.json["warnings"] == ["尚无地点:请问清地点"]
    assert answer.headers["location"].endswith(f"/v1/incidents/{id_of(answer)}")


def test_an_incident_at_sea_is_stored_and_its_place_is_doubted(client: AsgiClient) -> None:
    answer = client.post(f"{INCIDENTS}?lang=en", document={"kind": "flood", "text": "boat", "lon": 125, "lat": 28})

    assert answer.status == 201
    assert answer.json["incident"]["geometry"]["coordinates"] == [125.0, 28.0]
    assert answer.json["incident"]["properties"]["name"] == "区划外洪水 07-01 12:00"
    assert answer.json["incident"]["properties"]["name_en"] == "river flood, outside all districts, 07-01 12:00"
    assert answer.json["warnings"] == [
        "the place lies in no district that is known: stored, but check longitude and latitude"
    ]


def test_a_place_name_that_means_one_village_is_taken(client: AsgiClient) -> None:
    answer = opened(client, place="王家湾")

    assert answer.json["place"]["taken"]["id"] == "V2"
    assert answer.json["incident"]["geometry"]["coordinates"] == [111.6, 31.3]
    assert answer.json["incident"]["properties"]["location_precision"] == "village"
    assert answer.json["jurisdiction"]["leads"]["id"] == "D1"
    assert answer.json["incident"]["properties"]["name"] == "青溪县洪水 07-01 12:00"


def test_a_name_of_several_places_is_not_guessed(client: AsgiClient) -> None:
    answer = opened(client, place="青溪")

    assert answer.json["place"]["basis"] == "ambiguous"
    assert {"D1", "S1"} <= {place["id"] for place in answer.json["place"]["candidates"]}
    assert answer.json["incident"]["geometry"] is None
    assert "several places" in answer.json["warnings"][0]


def test_a_name_nobody_knows_loses_nothing(client: AsgiClient) -> None:
    answer = opened(client, place="桃花源")

    assert (answer.json["place"]["basis"], answer.json["incident"]["geometry"]) == ("not_found", None)


def test_a_district_stands_in_for_a_place(client: AsgiClient) -> None:
    answer = opened(client, district_id="D1")

    assert answer.json["incident"]["properties"]["district_id"] == "D1"
    assert answer.json["jurisdiction"]["basis"] == "district_id"


def test_an_incident_at_sea_is_stored_and_said_to_be_outside(client: AsgiClient) -> None:
    answer = opened(client, lon=150.0, lat=5.0)

    assert answer.json["jurisdiction"]["outside"] is True


@pytest.mark.parametrize(
    ("document", "field", "told"),
    [
        pytest.param({"text": "x"}, "kind", "is missing", id="no kind"),
        pytest.param({"kind": "洪"}, "kind", "flood (洪水, river flood)", id="an unknown kind: the nearest are named"),
        pytest.param({"kind": "floood"}, "kind", "flood (", id="a misspelt kind"),
        pytest.param(
            {"kind": "flood", "occurred_at": "2026-07-02T00:00:00Z"}, "occurred_at", "has not come yet", id="tomorrow"
        ),
        pytest.param({"kind": "flood", "received_at": "2026-07-01T04:03:00Z"}, "received_at", "not come", id="ahead"),
        pytest.param({"kind": "flood", "occurred_at": "yesterday"}, "occurred_at", "instant", id="no instant"),
        pytest.param({"kind": "flood", "lon": 31.2, "lat": 111.5}, "lat", "look swapped", id="swapped coordinates"),
        pytest.param({"kind": "flood", "lon": 111.5}, "lat", "Give both", id="half a place"),
        pytest.param({"kind": "flood", "lon": 1e400, "lat": 1}, "body", "", id="no number at all"),
        pytest.param({"kind": "flood", "lon": 1, "lat": 1, "place": "漳村"}, "place", "several ways", id="two places"),
        pytest.param({"kind": "flood", "geometry": {"type": "Pint"}}, "geometry", "", id="no geometry"),
        pytest.param({"kind": "flood", "geometry": 5}, "geometry", "is not a geometry", id="a number as geometry"),
        pytest.param({"kind": "flood", "district_id": "D9"}, "district_id", "Known: D1", id="an unknown district"),
        pytest.param({"kind": "flood", "trapped_persons": -1}, "trapped_persons", "too small", id="fewer than none"),
        pytest.param({"kind": "flood", "trapped_persons": "3"}, "trapped_persons", "not a number", id="text"),
        pytest.param({"kind": "flood", "state": "open"}, "state", "terminate", id="a state by hand"),
        pytest.param({"kind": "flood", "reported_at": None}, "reported_at", "reports", id="a report by hand"),
        pytest.param({"kind": "flood", "colour": "red"}, "colour", "There is no field", id="an unknown value"),
        pytest.param({"kind": "flood", "text": "a", "description": "b"}, "text", "one of both", id="two texts"),
        pytest.param({"kind": 5}, "kind", "is not text", id="a number as kind"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(
    client: AsgiClient, document: dict[str, object], field: str, told: str
) -> None:
    before = client.get(INCIDENTS + "?state=all").json["matched"]

    answer = client.post(INCIDENTS, document=document)

    assert answer.status == 400, answer.body
    if field != "body":
        assert field in {item["field"] for item in answer.json["errors"]}
    assert told in answer.body.decode()
    assert client.get(INCIDENTS + "?state=all").json["matched"] == before


def test_the_same_key_opens_it_once(client: AsgiClient) -> None:
    document = {"kind": "fire", "text": "smoke", "lon": 111.3, "lat": 31.3}
    headers = {"idempotency-key": "open-1"}
    first = client.post(INCIDENTS, document=document, headers=headers)
    again = client.post(INCIDENTS, document=document, headers=headers)
    other = client.post(INCIDENTS, document={**document, "text": "flames"}, headers=headers)

    assert (first.status, again.status, other.status) == (201, 200, 409)
    assert (id_of(first), again.json["repeated"]) == (id_of(again), True)
    assert "another request" in other.body.decode()


def test_open_incidents_near_it_are_shown_the_same_kind_first(client: AsgiClient) -> None:
    fire = id_of(opened(client, kind="fire", lon=111.2000, lat=31.8000))
    far_flood = id_of(opened(client, lon=111.2200, lat=31.8000))
    old = id_of(opened(client, lon=111.2001, lat=31.8, received_at="2026-06-30T21:59:59Z"))
    beyond = id_of(opened(client, lon=111.2400, lat=31.8000))
    over = id_of(opened(client, lon=111.2001, lat=31.8000))
    act(client, over, "terminate")

    near = opened(client, lon=111.2001, lat=31.8000).json["nearby_open"]
    near = [item for item in near if item["straight_m"] is not None]  # and those of the district without a place

    found = [item["id"] for item in near]
    assert found == [far_flood, fire]
    assert [item["same_kind"] for item in near] == [True, False]
    assert {old, beyond, over}.isdisjoint(found)
    assert near[1]["straight_m"] == pytest.approx(9.5, abs=0.2)


def test_without_a_point_those_of_the_district_are_shown(client: AsgiClient, application: WebApplication) -> None:
    square = Polygon([(120, 40), (121, 40), (121, 41), (120, 41)])
    put(application.store, "districts", "D7", square, name="北镇", level="township", duty_phone="0-7")
    placed = id_of(opened(client, lon=120.5, lat=40.5))
    placeless = id_of(opened(client, district_id="D7"))

    answer = opened(client, district_id="D7")

    assert {item["id"] for item in answer.json["nearby_open"]} == {placed, placeless}
    assert all(item["straight_m"] is None for item in answer.json["nearby_open"])
    assert "0-7" in answer.json["jurisdiction"]["words"]


def test_refining_keeps_who_when_and_from_what_to_what(client: AsgiClient) -> None:
    incident_id = id_of(opened(client, by="王五"))

    answer = refine(
        client,
        incident_id,
        grade="较大",
        trapped_persons=3,
        wind_from_deg=270,
        wind_time="2026-07-01T03:50:00Z",
        by="李四",
        note="called back",
        as_of="2026-07-01T03:55:00Z",
    )

    first, second = answer.json["history"]
    assert answer.status == 200
    assert (first["action"], first["who"]) == ("open", "王五")
    assert (second["action"], second["who"], second["text"]) == ("refine", "李四", "called back")
    assert second["occurred_at"] == "2026-07-01T03:55:00Z"
    assert second["recorded_at"].endswith("Z")
    changes = {change["field"]: change for change in second["changes"]}
    assert (changes["trapped_persons"]["from"], changes["trapped_persons"]["to"]) == (None, 3)
    assert changes["grade"]["words"] == "- → larger"
    assert answer.json["must_report"]["province_banner"] is not None


def test_a_place_is_added_later_and_null_clears_a_value(client: AsgiClient) -> None:
    incident_id = id_of(opened(client, trapped_persons=2))

    placed = refine(client, incident_id, lon=111.5, lat=31.2, trapped_persons=None)

    assert placed.json["incident"]["geometry"]["coordinates"] == [111.5, 31.2]
    assert placed.json["incident"]["properties"]["trapped_persons"] is None
    assert placed.json["jurisdiction"]["leads"]["id"] == "D1"


def test_a_place_that_was_wrong_is_taken_away_and_a_wind_has_a_time(client: AsgiClient) -> None:
    incident_id = id_of(opened(client, lon=111.5, lat=31.2))

    cleared = refine(client, incident_id, geometry=None, wind_from_deg=90)

    assert cleared.json["incident"]["geometry"] is None
    assert cleared.json["incident"]["properties"]["wind_time"] == "2026-07-01T04:00:00Z"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "body"),
        ({"merged_into": "I1"}, "merged_into"),
        ({"grade": "huge"}, "grade"),
        ({"wind_time": "2027-01-01T00:00:00Z"}, "wind_time"),
        ({"wind_from_deg": 361}, "wind_from_deg"),
        ({"ongoing": "yes"}, "ongoing"),
    ],
)
def test_a_wrong_refinement_changes_nothing(client: AsgiClient, document: dict[str, object], field: str) -> None:
    incident_id = id_of(opened(client))
    before = client.get(f"{INCIDENTS}/{incident_id}").json["rev"]

    answer = refine(client, incident_id, **document)

    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == field
    assert client.get(f"{INCIDENTS}/{incident_id}").json["rev"] == before


def test_a_stale_revision_is_refused(client: AsgiClient) -> None:
    first = opened(client)
    path = f"{INCIDENTS}/{id_of(first)}"
    client.call("PATCH", path, document={"fog": True}, headers={"if-match": first.headers["etag"]})

    late = client.call("PATCH", path, document={"fog": False}, headers={"if-match": first.headers["etag"]})

    assert late.status == 412
    assert client.get(path).json["incident"]["properties"]["fog"] is True


def test_the_first_report_stops_the_clock_and_receipts_are_kept(client: AsgiClient) -> None:
    incident_id = id_of(opened(client, received_at="2026-07-01T02:30:00Z", seriously_injured_persons=1))
    assert client.get(f"{INCIDENTS}/{incident_id}?lang=en").json["clock"]["words"] == (
        "overdue by 30 min, not reported"
    )

    assert act(client, incident_id, "reports", kind="follow_up").status == 409
    first = act(
        client, incident_id, "reports", kind="first", sent_at="2026-07-01T03:00:00Z", by="王", progress="rising\nfast"
    )
    assert act(client, incident_id, "reports", kind="first").status == 409
    act(client, incident_id, "reports", kind="follow_up", cause="rain", recipients=["police"], copies=[])
    received = act(client, incident_id, "reports", number=1, received={"emergency_bureau": "2026-07-01T03:05:00Z"})

    assert first.json["clock"]["state"] == "met"
    assert {item["recipient"] for item in first.json["reports"][0]["deliveries"]} == {
        *("committee_duty_office", "government_duty_office", "emergency_bureau"),
        *("police", "fire_rescue", "health_commission"),
    }
    reports = received.json["reports"]
    assert [(row["number"], row["kind"]) for row in reports] == [(1, "first"), (2, "follow_up")]
    assert [item["recipient"] for item in reports[1]["deliveries"]] == ["police"]
    times = {item["recipient"]: item["received_at"] for item in reports[0]["deliveries"]}
    assert (times["emergency_bureau"], times["police"]) == ("2026-07-01T03:05:00Z", None)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "second"},
        {"kind": "first", "recipients": ["nobody"]},
        {"kind": "first", "sent_at": "2026-07-03T00:00:00Z"},
        {"kind": "first", "number": 1},
        {"number": 9, "received": {"police": "2026-07-01T03:00:00Z"}},
        {"number": 1, "received": {}},
        {"kind": "first", "copies": ["police", "police"]},
    ],
)
def test_a_report_that_makes_no_sense_is_refused(client: AsgiClient, document: dict[str, object]) -> None:
    incident_id = id_of(opened(client))

    answer = act(client, incident_id, "reports", **document)

    assert answer.status == 400, answer.body
    assert client.get(f"{INCIDENTS}/{incident_id}").json["reports"] == []


def test_merging_ends_one_and_shows_its_history_with_the_other_and_can_be_undone(client: AsgiClient) -> None:
    kept, twin = id_of(opened(client, lon=111.4, lat=31.4)), id_of(opened(client, lon=111.4001, lat=31.4))

    merged = act(client, twin, "merge", into=kept, note="same call")

    assert merged.json["incident"]["properties"]["state"] == "terminated"
    assert merged.json["incident"]["properties"]["merged_into"] == kept
    assert merged.json["clock"]["state"] == "merged"
    assert act(client, twin, "merge", into=kept).json["repeated"] is True
    assert act(client, twin, "reports", kind="first").status == 409
    shown = client.get(f"{INCIDENTS}/{kept}").json["merged"]
    assert [item["id"] for item in shown] == [twin]
    assert [entry["action"] for entry in shown[0]["history"]] == ["open", "merge"]
    seq = merged.json["history"][-1]["seq"]
    assert client.post("/v1/undo", document={"seq": seq}).status == 200
    assert client.get(f"{INCIDENTS}/{twin}").json["incident"]["properties"]["state"] == "open"
    assert client.get(f"{INCIDENTS}/{kept}").json["merged"] == []


def test_what_cannot_be_merged(client: AsgiClient) -> None:
    one, two, three = (id_of(opened(client)) for _ in range(3))
    act(client, one, "merge", into=two)

    assert act(client, one, "merge", into=three).status == 409
    assert act(client, three, "merge", into=one).status == 409
    assert act(client, two, "merge", into=two).status == 400
    assert act(client, two, "merge", into="nothing").status == 400
    assert act(client, "nothing", "merge", into=two).status == 404
    assert act(client, two, "merge").status == 400


def test_ending_tells_what_is_still_out_and_it_opens_again(client: AsgiClient, application: WebApplication) -> None:
    incident_id = id_of(opened(client, lon=111.5, lat=31.2))
    enter(client, team(application, "T-end"), "ordered", incident=incident_id)

    ended = act(client, incident_id, "terminate", note="water fell")

    assert ended.json["warnings"] == ["teams are still with it: T-end", "it has not been reported yet"]
    assert [row["id"] for row in ended.json["teams"]] == ["T-end"]
    assert client.post(f"{INCIDENTS}/{incident_id}/terminate").json["repeated"] is True
    assert act(client, incident_id, "reopen").json["incident"]["properties"]["state"] == "open"


def test_the_list_has_the_overdue_first(client: AsgiClient) -> None:
    late = id_of(opened(client, received_at="2026-06-29T00:00:00Z"))
    fresh = id_of(opened(client))
    ended = id_of(opened(client))
    act(client, ended, "terminate")

    found = client.get(INCIDENTS).json
    ids = [row["id"] for row in found["incidents"]]

    assert ids[0] == late
    assert ids.index(fresh) > ids.index("I1")
    assert ended not in ids
    assert found["overdue"] >= 2
    whole = client.get(f"{INCIDENTS}/{late}").json
    assert found["incidents"][0]["ask"] == whole["must_report"]["ask"]  # what is to be asked stands in the list
    assert "trapped_persons" in whole["must_report"]["ask"]
    assert ended in [row["id"] for row in client.get(INCIDENTS + "?state=terminated").json["incidents"]]
    assert client.get(f"{INCIDENTS}?kind={quote('地震')}").json["matched"] == 0
    assert client.get(INCIDENTS + "?kind=nothing").status == 400
    assert client.get(INCIDENTS + "?limit=0").status == 400
    assert len(client.get(INCIDENTS + "?limit=1&offset=1").json["incidents"]) == 1


def test_a_missing_incident_is_404_everywhere(client: AsgiClient) -> None:
    assert client.get(f"{INCIDENTS}/nothing").status == 404
    assert refine(client, "nothing", fog=True).status == 404
    for what in ("terminate", "reopen"):
        assert act(client, "nothing", what).status == 404
    assert act(client, "nothing", "reports", kind="first").status == 404


def test_a_team_goes_its_way_told_by_itself_and_on_its_behalf(client: AsgiClient, application: WebApplication) -> None:
    incident_id, name = id_of(opened(client, lon=111.5, lat=31.2)), team(application, "T-way")

    ordered = enter(client, name, "ordered", incident=incident_id, by="值班员")
    on_scene = enter(
        client, name, "on_scene", channel="radio", by="张三", occurred_at="2026-07-01T03:58:00Z", note="bridge passable"
    )

    assert (ordered.status, on_scene.status) == (200, 200)
    assert on_scene.json["skipped"] == ["accepted", "departed", "staged"]
    assert on_scene.json["warnings"] == [
        "passed over: accepted, departed, staged",
        "earlier than the status before it (2026-07-01T04:00:00Z): check the time",
    ]
    last = on_scene.json["chain"][-1]
    assert (last["status"], last["occurred_at"]) == ("on_scene", "2026-07-01T03:58:00Z")
    assert (last["channel"], last["who"], last["note"]) == ("radio", "张三", "bridge passable")
    assert (last["incident"], last["label"]) == (incident_id, "on scene")
    enter(client, name, "done")
    enter(client, name, "returning")
    home = enter(client, name, "available")
    assert home.json["team"]["properties"]["incident_id"] is None
    assert [step["status"] for step in home.json["chain"]][-3:] == ["done", "returning", "available"]
    assert client.get(f"/v1/teams/{name}/status").json["chain"] == [
        {**step, "label": zh["label"]}
        for step, zh in zip(home.json["chain"], client.get(f"/v1/teams/{name}/status").json["chain"], strict=True)
    ]


def test_back_is_for_undo_alone(client: AsgiClient, application: WebApplication) -> None:
    incident_id, name = id_of(opened(client)), team(application, "T-back")
    enter(client, name, "ordered", incident=incident_id)
    departed = enter(client, name, "departed")

    back = enter(client, name, "accepted")
    seq = departed.json["chain"][-1]["seq"]

    assert back.status == 409
    assert f"undo change {seq}" in back.body.decode()
    assert client.post("/v1/undo", document={"seq": seq, "by": "王"}).status == 200
    chain = client.get(f"/v1/teams/{name}/status").json
    assert chain["team"]["properties"]["status"] == "ordered"
    assert [step["undone_by"] for step in chain["chain"]][-2] == chain["chain"][-1]["seq"]


@pytest.mark.parametrize("refusal", ["declined", "no_answer"])
def test_a_refusal_keeps_its_reason_and_the_next_team_is_proposed(
    client: AsgiClient, application: WebApplication, refusal: str
) -> None:
    incident_id = id_of(opened(client, lon=111.5, lat=31.2))
    name = team(application, f"T-{refusal}", capabilities=("boat", "search"))
    near, able = team(application, f"T-{refusal}-near"), f"T-{refusal}-able"
    put(
        application.store,
        "response_teams",
        able,
        (111.55, 31.25),
        status="available",
        capabilities=("boat", "search"),
        position_mode="base",
        phone="0-1",
    )
    enter(client, name, "ordered", incident=incident_id)

    answer = enter(client, name, refusal, note="boat broken", channel="phone", by="赵")
    enter(client, able, "out_of_service")
    second = enter(
        client, team(application, f"T-{refusal}-2", capabilities=("search", "boat")), refusal, incident=incident_id
    )
    enter(client, near, "out_of_service")

    assert answer.json["team"]["properties"]["status_note"] == "boat broken"
    assert answer.json["team"]["properties"]["incident_id"] == incident_id
    assert (answer.json["next_proposal"]["team"]["id"], answer.json["next_proposal"]["team"]["phone"]) == (able, "0-1")
    assert "same capabilities" in answer.json["next_proposal"]["why"]
    assert "check what it can do" in second.json["next_proposal"]["why"]
    assert name in [row["id"] for row in client.get(f"{INCIDENTS}/{incident_id}").json["teams"]]


def test_two_dispatchers_cannot_send_the_same_team(client: AsgiClient, application: WebApplication) -> None:
    here, there = id_of(opened(client)), id_of(opened(client))
    name = team(application, "T-two")
    first = enter(client, name, "ordered", incident=here, by="早班王")

    other = enter(client, name, "ordered", incident=there, by="晚班李")
    stale = enter(client, name, "accepted", expected_status="available")
    again = enter(client, name, "ordered", incident=here)

    assert first.status == 200
    assert (other.status, stale.status) == (409, 409)
    for refused in (other, stale):
        assert "早班王" in refused.body.decode()
        assert datetime.now(tz=UTC).strftime("%Y-%m-%dT%H") in refused.body.decode()
    assert again.json["repeated"] is True


def test_the_same_key_enters_a_status_once(client: AsgiClient, application: WebApplication) -> None:
    incident_id, name = id_of(opened(client)), team(application, "T-key")
    target, headers = f"/v1/teams/{name}/status", {"idempotency-key": "status-1"}
    document = {"status": "ordered", "incident": incident_id}

    first = client.post(target, document=document, headers=headers)
    enter(client, name, "accepted")
    again = client.post(target, document=document, headers=headers)
    other = client.post(target, document={"status": "departed"}, headers=headers)

    assert (first.status, again.status, other.status) == (200, 200, 409)
    assert again.json["repeated"] is True
    assert again.json["team"]["properties"]["status"] == "accepted"


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ({"status": "flying"}, 400),
        ({"status": "ordered"}, 400),
        ({"status": "ordered", "incident": "nothing"}, 400),
        ({"status": "departed", "occurred_at": "2026-07-02T00:00:00Z"}, 400),
        ({"status": "departed", "channel": "smoke"}, 400),
        ({"status": "departed", "colour": 1}, 400),
        ({"status": "recalled"}, 409),
        ({"status": "returning"}, 409),
    ],
)
def test_a_wrong_status_changes_nothing(
    client: AsgiClient, application: WebApplication, document: dict[str, object], status: int
) -> None:
    name = team(application, "T-wrong")
    before = client.get(f"/v1/teams/{name}/status").json["rev"]

    assert client.post(f"/v1/teams/{name}/status", document=document).status == status
    assert client.get(f"/v1/teams/{name}/status").json["rev"] == before


def test_no_team_is_ordered_to_what_is_over_and_a_missing_team_is_404(
    client: AsgiClient, application: WebApplication
) -> None:
    incident_id = id_of(opened(client))
    act(client, incident_id, "terminate")

    assert enter(client, team(application, "T-over"), "ordered", incident=incident_id).status == 409
    assert enter(client, "nobody", "ordered", incident=incident_id).status == 404
    assert client.get("/v1/teams/nobody/status").status == 404


@pytest.mark.parametrize("document", [{}, {"seq": 0}, {"seq": "1"}, {"seq": 1.5}, {"seq": 10**9}, {"seq": 1, "x": 1}])
def test_what_cannot_be_undone_is_refused(client: AsgiClient, document: dict[str, object]) -> None:
    assert client.post("/v1/undo", document=document).status == 400


def test_undo_is_refused_where_somebody_changed_it_since_and_is_listed_so(client: AsgiClient) -> None:
    incident_id = id_of(opened(client))
    refine(client, incident_id, fog=True)
    last = refine(client, incident_id, fog=False, by="周")
    _, second, third = (entry["seq"] for entry in last.json["history"])

    refused = client.post("/v1/undo", document={"seq": second})

    assert refused.status == 409
    assert f"change {third}" in refused.body.decode()
    listed = client.get("/v1/changes?layer=incidents&limit=2").json["changes"]
    assert [(item["seq"], item["can_undo"]) for item in listed] == [(third, True), (second, False)]
    assert client.get("/v1/changes?layer=nothing").status == 400


def test_an_open_fault_in_the_collection_api_can_be_undone_too(client: AsgiClient) -> None:
    incident_id = id_of(opened(client, text="first words"))
    changed = client.call(
        "PATCH",
        f"/collections/incidents/items/{incident_id}",
        document={"properties": {"description": "other words"}},
        headers={"content-type": "application/merge-patch+json"},
    )
    seq = int(changed.headers["etag"].strip('"'))

    client.post("/v1/undo", document={"seq": seq})

    found = client.get(f"{INCIDENTS}/{incident_id}").json
    assert found["incident"]["properties"]["description"] == "first words"
    assert [entry["action"] for entry in found["history"]] == ["open", "api", "undo"]


def test_an_area_counts_the_people_who_live_in_it(client: AsgiClient) -> None:
    ring = [[111.45, 31.15], [111.65, 31.15], [111.65, 31.35], [111.45, 31.35], [111.45, 31.15]]
    answer = opened(client, geometry={"type": "Polygon", "coordinates": [ring]}, attention=False)

    eighth = next(item for item in answer.json["must_report"]["conditions"] if item["number"] == 8)
    assert eighth["matched"] is True
    assert "150 people" in eighth["why"]
