"""Nearest, coverage and places over HTTP: the question as it was put, the answer as the services give it."""

import csv
import io

import pytest
from asgi_client import AsgiClient

PLACE = "lon=111.5&lat=31.2"
HERE = f"{PLACE}&metric=straight_line"


def nearest(client: AsgiClient, query: str) -> dict[str, object]:
    answer = client.get(f"/v1/nearest?{query}")
    assert answer.status == 200, answer.body
    return answer.json


def test_the_nearest_open_shelter_and_what_became_of_the_others(client: AsgiClient) -> None:
    answer = nearest(client, f"layer=shelters&{HERE}&k=1")

    assert [row["id"] for row in answer["results"]] == ["S1"]
    assert answer["results"][0]["straight_m"] == pytest.approx(952.6, abs=1.0)  # 0.01 degrees of longitude at 31.2 N
    assert len(answer["results"]) + sum(answer["excluded_counts"].values()) == 5
    assert [row["id"] for row in answer["to_open"]] == ["S2"]
    assert answer["query"]["lon"] == 111.5


def test_answers_are_never_kept_and_never_called_travel_time(client: AsgiClient) -> None:
    answer = client.get(f"/v1/nearest?layer=shelters&{HERE}")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json["query"]["metric"] == "straight_line"


@pytest.mark.parametrize(
    ("query", "results"),
    [
        pytest.param("layer=shelters&where=suitable_for=flood", ["S1"], id="a condition"),
        pytest.param("layer=shelters&where=suitable_for=flood%2Bearthquake", ["S1"], id="all of two codes"),
        pytest.param("layer=shelters&suitable_for=earthquake", ["S1"], id="suitable for"),
        pytest.param("layer=shelters&where=status=open&where=capacity_persons%3E299", ["S1"], id="two conditions"),
        pytest.param("layer=shelters&where=capacity_persons%3E300&availability=delayed", ["S2"], id="another class"),
        pytest.param("layer=shelters&cutoff_m=500", [], id="a cutoff"),
        pytest.param("layer=response_teams&capability=boat", ["T1"], id="a capability"),
        pytest.param("layer=response_teams&capability=boat%2Bflood_rescue", ["T1"], id="both capabilities"),
        pytest.param("layer=response_teams&capability=boat+flood_rescue", ["T1"], id="a + not escaped between codes"),
        pytest.param("layer=response_teams&capability=boat%2Bhazchem", [], id="one capability it lacks"),
        pytest.param("layer=supply_depots&item=tent&quantity=60", ["P1"], id="enough tents"),
        pytest.param("layer=supply_depots&item=tent&quantity=60.5", [], id="not enough tents"),
    ],
)  # fmt: skip
def test_conditions_narrow_the_answer(client: AsgiClient, query: str, results: list[str]) -> None:
    assert [row["id"] for row in nearest(client, f"{query}&{HERE}&k=1")["results"]] == results


def test_the_same_question_as_query_and_as_json_has_the_same_answer(client: AsgiClient) -> None:
    document = {
        "layer": "shelters", "lon": 111.5, "lat": 31.2, "k": 2, "metric": "straight_line",
        "as_of": "2026-07-01T03:00:00Z", "include_excluded": True,
        "where": [{"field": "suitable_for", "op": "=", "value": "flood"}], "availability": ["available", "delayed"],
    }  # fmt: skip
    query = f"layer=shelters&{HERE}&k=2&as_of=2026-07-01T03:00:00Z&include_excluded=true"
    query += "&where=suitable_for=flood&availability=available,delayed"

    assert client.post("/v1/nearest", document=document).body == client.get(f"/v1/nearest?{query}").body


def test_a_naive_instant_is_read_in_the_projects_zone(client: AsgiClient) -> None:
    assert nearest(client, f"layer=shelters&{HERE}&as_of=2026-07-01T03:10:00")["as_of"] == "2026-06-30T19:10:00Z"


def test_the_place_of_an_incident_is_taken(client: AsgiClient) -> None:
    assert nearest(client, "layer=shelters&incident=I1&k=1")["query"]["lat"] == 31.21


def test_excluded_ones_are_listed_on_request_only(client: AsgiClient) -> None:
    assert "excluded" not in nearest(client, f"layer=shelters&{HERE}")
    listed = nearest(client, f"layer=shelters&{HERE}&include_excluded=true")["excluded"]
    assert {row["id"]: row["reason"] for row in listed}["S4"] == "closed"


def test_the_answer_as_geojson_and_as_csv(client: AsgiClient) -> None:
    whole = client.get(f"/v1/nearest?layer=shelters&{HERE}&f=geojson")
    table = client.get(f"/v1/nearest?layer=shelters&{HERE}&f=csv")

    assert whole.headers["content-type"] == "application/geo+json"
    assert [feature["id"] for feature in whole.json["features"]] == ["S1", "S3"]
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row["id"] for row in csv.DictReader(io.StringIO(table.body.decode()))] == ["S1", "S3"]


def test_with_roads_the_answer_is_by_arrival_and_says_what_it_rests_on(client: AsgiClient) -> None:
    answer = nearest(client, f"layer=response_teams&{PLACE}")
    assert (answer["query"]["metric"], answer["query"]["direction"]) == ("travel_time", "to_incident")
    first = answer["results"][0]
    parts = [first[name] for name in ("turnout_s", "delay_s", "access_s", "network_s", "egress_s")]
    assert first["total_s"] == pytest.approx(sum(parts), abs=0.005)
    assert answer["network_version"]
    assert answer["data_as_of"]["roads"]["changed_at"]
    assert len(answer["results"]) + sum(answer["excluded_counts"].values()) == 1


def test_a_cutoff_has_the_unit_of_the_metric(client: AsgiClient) -> None:
    assert nearest(client, f"layer=shelters&{PLACE}&cutoff_m=5000")["query"]["metric"] == "road_distance"
    assert nearest(client, f"layer=shelters&{PLACE}&cutoff_s=5000")["query"]["metric"] == "travel_time"
    wrong = client.get(f"/v1/nearest?layer=shelters&{PLACE}&cutoff_m=5&metric=travel_time")
    assert (wrong.status, wrong.json["errors"][0]["field"]) == (400, "cutoff_m")


def test_barriers_are_drawn_named_and_given_a_policy(client: AsgiClient) -> None:
    feature = {
        "type": "Feature",
        "id": "mine",
        "geometry": {"type": "Point", "coordinates": [111.505, 31.2]},
        "properties": {"policy": "delay:300", "name": "checkpoint"},
    }
    document = {"layer": "response_teams", "lon": 111.5, "lat": 31.2, "barriers": [feature], "include_route": True}
    answer = client.post("/v1/nearest", document=document).json
    acting = [(row["id"], row["layer"], row["policy"]) for row in answer["barriers"]]
    assert acting == [("H1", "hazard_areas", "closed"), ("mine", "question", "delay")]
    assert all(row["route"]["geometry"]["type"] == "LineString" for row in answer["results"])
    ignored = client.post("/v1/nearest", document={**document, "policy": {"mine": "ignore", "H1": "ignore"}}).json
    assert ignored["barriers"] == []
    told = client.get(f"/v1/nearest?layer=shelters&{PLACE}&policy=hazard_areas=ignore&policy=barriers=slow:2")
    assert told.json["query"]["policy"] == {"hazard_areas": "ignore", "barriers": "slow:2"}


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        pytest.param("barriers", ["nobody"], "no barrier and no hazard area 'nobody'", id="an unknown id"),
        pytest.param("barriers", [{"type": "Point"}], "'type' of a barrier is not Feature", id="no feature"),
        pytest.param("barriers", [{"type": "Feature"}], "'geometry' of a barrier is missing", id="no place"),
        pytest.param(
            "barriers",
            [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"speed": 3}}],
            "no member 'speed'",
            id="an unknown member",
        ),
        pytest.param(
            "barriers",
            [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [1, 2]},
                    "properties": {"policy": "slow"},
                }
            ],
            "'slow_factor' of a barrier is missing",
            id="slow by how much",
        ),
        pytest.param(
            "policy", {"nobody": "closed"}, "no barrier and no hazard area 'nobody'", id="an unknown policy id"
        ),
        pytest.param("policy", {"barriers": "open"}, "'open' is no policy", id="an unknown policy"),
        pytest.param("direction", "up", "is not known", id="an unknown direction"),
        pytest.param("mode", "fly", "is not known", id="an unknown mode"),
    ],
)
def test_a_road_question_wrongly_put_is_refused_with_a_remedy(
    client: AsgiClient, member: str, value: object, said: str
) -> None:
    document = {"layer": "shelters", "lon": 111.5, "lat": 31.2, member: value}
    answer = client.post("/v1/nearest", document=document)
    assert answer.status == 400
    error = answer.json["errors"][0]
    assert error["field"] == member
    assert said in error["problem"]
    assert error["remedy"]


def test_routes_come_as_lines_in_geojson(client: AsgiClient) -> None:
    answer = client.get(f"/v1/nearest?layer=response_teams&{PLACE}&include_route=true&f=geojson").json
    kinds = [feature["geometry"]["type"] for feature in answer["features"]]
    assert kinds == ["Point"] * (len(kinds) // 2) + ["LineString"] * (len(kinds) // 2)


def test_all_faults_of_a_question_are_told_at_once(client: AsgiClient) -> None:
    errors = client.get("/v1/nearest?lon=200&lat=x&statu=open").json["errors"]

    assert {error["field"] for error in errors} == {"layer", "lon", "lat", "statu"}


def test_coverage_counts_people(client: AsgiClient) -> None:
    answer = client.post("/v1/coverage", document={"layer": "shelters", "cutoff_m": 1000}).json

    assert answer["total"] == {"people": 150, "reachable": 100, "unreachable": 50}
    assert [(row["id"], row["reachable"]) for row in answer["districts"]] == [("D1", 100)]


def test_coverage_counts_unknown_states_where_asked(client: AsgiClient) -> None:
    asked = {"layer": "shelters", "cutoff_m": 2000, "availability": ["available", "delayed", "unknown"]}
    answer = client.post("/v1/coverage", document=asked)
    assert answer.status == 200
    assert answer.json["query"]["availability"] == ["available", "delayed", "unknown"]
    assert "status_unknown" not in answer.json["excluded_counts"]
    both_ways = client.post("/v1/coverage", document={**asked, "as_of_now": True})
    assert (both_ways.status, both_ways.json["errors"][0]["field"]) == (400, "availability")


def test_coverage_takes_conditions(client: AsgiClient) -> None:
    where = [{"field": "capacity_persons", "op": ">=", "value": 500}]

    answer = client.post(
        "/v1/coverage", document={"layer": "shelters", "cutoff_m": 1000, "where": where, "lang": "en"}
    ).json

    assert answer["total"]["reachable"] == 0


def test_places_are_found_by_name_initials_code_and_coordinates(client: AsgiClient) -> None:
    def found(text: str) -> list[str]:
        return [place["id"] for place in client.get(f"/v1/places?q={text}").json["places"]]

    assert found("qx") == ["D1", "S1"]
    assert found("qxx") == ["D1", "S1"]
    assert found("T1") == ["T1"]
    assert found("111.5,31.2") == ["111.5,31.2"]


def test_a_place_comes_with_kind_and_district_in_the_language_asked(client: AsgiClient) -> None:
    place = client.get("/v1/places?q=%E7%8E%8B%E5%AE%B6&lang=en").json["places"][0]

    assert place == {
        "id": "V2",
        "layer": "population",
        "name": "王家湾",
        "name_en": None,
        "kind": "village",
        "kind_label": place["kind_label"],
        "district": {"id": "D1", "name": "青溪县", "name_en": "Qingxi"},
        "lon": 111.6,
        "lat": 31.3,
    }
    assert place["kind_label"].isascii()


def test_a_map_page_is_served_in_the_language_asked(client: AsgiClient) -> None:
    page = client.get("/v1/maps/overview?lang=en")

    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/v1/maps/nothing").status == 404
