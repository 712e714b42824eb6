"""Service areas and coverage by road over HTTP: the county's one road runs east from (111.4, 31.2)."""

import pytest
from asgi_client import AsgiClient

WHOLE = {"layer": "shelters", "ids": ["S1"], "breaks_m": [500, 2000], "lang": "en"}


def test_areas_come_as_geojson_with_the_rest_beside(client: AsgiClient) -> None:
    answer = client.post("/v1/service-areas", document=WHOLE)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json["features"]
    assert [feature["id"] for feature in features] == ["S1:0-500", "S1:0-2000"]
    assert [feature["properties"]["population"] for feature in features] == [0, 100]
    assert {feature["geometry"]["type"] for feature in features} == {"Polygon"}
    assert set(features[0]["properties"]) == {
        "facility_id",
        "name",
        "from_break",
        "to_break",
        "unit",
        "mode",
        "direction",
        "turnout_s",
        "reached_road_m",
        "area_m2",
        "population",
        "demand_points",
        "capacity",
        "barriers",
    }
    for member in ("query", "definition", "snapshot_id", "as_of", "data_as_of", "network_version", "attribution"):
        assert member in answer.json
    assert [row["id"] for row in answer.json["facilities"]] == ["S1"]


def test_areas_come_as_json_where_asked(client: AsgiClient) -> None:
    answer = client.post("/v1/service-areas", document={**WHOLE, "f": "json", "nest": "ring", "geometry": False}).json
    assert [(area["from_break"], area["to_break"]) for area in answer["areas"]] == [(0, 500), (500, 2000)]
    assert {area["geometry"] for area in answer["areas"]} == {None}


def test_a_drawn_barrier_cuts_the_area(client: AsgiClient) -> None:
    wall = {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [[111.505, 31.19], [111.505, 31.21]]},
        "properties": {"policy": "closed"},
    }
    answer = client.post("/v1/service-areas", document={**WHOLE, "barriers": [wall]}).json
    assert [feature["properties"]["population"] for feature in answer["features"]] == [0, 0]
    assert answer["features"][1]["properties"]["barriers"] == ["drawn-1"]
    assert [barrier["roads_hit"] for barrier in answer["barriers"] if barrier["layer"] == "question"] == [1]


def test_coverage_by_road_tells_what_it_rests_on(client: AsgiClient) -> None:
    answer = client.post("/v1/coverage", document={"layer": "shelters", "cutoff_s": 1200}).json
    assert (answer["query"]["metric"], answer["query"]["mode"]) == ("travel_time", "walk")
    assert answer["total"]["reachable"] == 100
    assert answer["network_version"]
    straight = client.post("/v1/coverage", document={"layer": "shelters", "cutoff_m": 1000}).json
    assert "network_version" not in straight


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param({"layer": "shelters"}, "breaks", id="no breaks"),
        pytest.param({"layer": "shelters", "breaks_m": [0]}, "breaks_m", id="zero"),
        pytest.param({"layer": "shelters", "breaks_m": "500"}, "breaks_m", id="no list"),
        pytest.param({"layer": "shelters", "breaks_m": [500, 500]}, "breaks", id="not ascending"),
        pytest.param({"layer": "shelters", "breaks_m": [1e9]}, "breaks_m", id="too far"),
        pytest.param({"layer": "shelters", "breaks_m": [5], "overlap": "none"}, "overlap", id="overlap"),
        pytest.param({"layer": "shelters", "breaks_m": [5], "ids": ["nobody"]}, "facility", id="no such facility"),
        pytest.param({"layer": "shelters", "breaks_m": [5], "policy": {"x": "closed"}}, "policy", id="no such barrier"),
        pytest.param({"layer": "nothing", "breaks_m": [5]}, "layer", id="no such layer"),
        pytest.param({"layer": "shelters", "breaks_m": [5], "demand": "roads"}, "demand", id="no people"),
        pytest.param({"layer": "shelters", "breaks_m": [5], "buffer_m": 0}, "buffer_m", id="no width"),
    ],
)
def test_a_wrong_question_names_the_member(client: AsgiClient, document: dict[str, object], field: str) -> None:
    answer = client.post("/v1/service-areas", document=document)
    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert answer.json["errors"][0]["remedy"]
