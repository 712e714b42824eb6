"""The river test: closing the bridge of the sample county changes who arrives first, and the answer names it."""

import json
import tomllib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from geo_ems.bootstrap import opened
from geo_ems.cli.main import build_cli
from geo_ems.formats.answers import json_bytes, nearest_mapping
from geo_ems.model.caller import LOCAL
from geo_ems.model.definitions import Reason
from geo_ems.model.roads import Metric
from geo_ems.services.imports import ImportOptions, import_into
from geo_ems.services.nearest import nearest
from geo_ems.services.projects import make_project_folder
from geo_ems.services.questions import NearestQuestion
from geo_ems.settings import load_project

NIGHT = datetime(2026, 7, 13, 19, 10, tzinfo=UTC)  # 03:10 in Yundu
FLOOD, BRIDGE = "SJ-20260714-01", "ZD-01"
NEEDED = ("roads", "response_teams", "shelters", "districts", "barriers", "hazard_areas", "incidents", "population")


@pytest.fixture(scope="module")
def county(county_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("arrivals") / "county"
    make_project_folder(folder)
    project = load_project(folder, {})
    entries = tomllib.loads((county_folder / "manifest.toml").read_text(encoding="utf-8"))["files"]
    with opened(project) as application:
        for entry in entries:
            if entry["layer"] in NEEDED:
                import_into(
                    county_folder / entry["file"],
                    entry["layer"],
                    definitions=application.snapshots.definitions,
                    store=application.store,
                    caller=LOCAL,
                    options=ImportOptions(place_by=tuple(entry.get("place_by", ()))),
                    zone=ZoneInfo("Asia/Shanghai"),
                    new_id=application.new_id,
                )
        yield application


def ask(county, layer="response_teams", **more):
    question = NearestQuestion(layer=layer, incident_id=FLOOD, **{"language": "en", "as_of": NIGHT, **more})
    return nearest(
        county.snapshots,
        question,
        caller=LOCAL,
        defaults=county.project.defaults,
        zone=county.project.zone,
        clock=lambda: NIGHT,
        roads=county.roads,
    )


def ids(rows):
    return [row.id for row in rows]


def test_closing_the_bridge_changes_the_ranking_and_the_answer_names_the_bridge(county):
    usual, closed = ask(county), ask(county, barrier_ids=(BRIDGE,))
    assert "DW001" in ids(usual.results)  # the fire brigade, on the north bank
    assert ids(usual.results) != ids(closed.results)
    brigade = (
        next(row for row in closed.passed_over if row.id == "DW001") if "DW001" in ids(closed.passed_over) else None
    )
    later = ask(county, barrier_ids=(BRIDGE,), k=200)
    row = next(row for row in later.results if row.id == "DW001")
    assert "Yundu Bridge" in [met.road for met in row.arrival.goes_round]
    assert row.arrival.total_s > 2 * usual.results[ids(usual.results).index("DW001")].arrival.total_s
    named = [other.detail for other in closed.passed_over if "Yundu Bridge (ZD-01) closed" in other.detail]
    assert named or (brigade is not None and "Yundu Bridge" in brigade.detail)
    assert BRIDGE in [barrier.id for barrier in closed.roads.barriers]


def test_the_flooded_village_has_a_ranked_list_and_its_own_team(county):
    answer = ask(county, k=200)
    own = [row for row in answer.results if "origin_in" in row.hazard_flags]
    assert {"夏家滩村应急突击队"} <= {row.name for row in own}
    assert all("destination_in" in row.hazard_flags for row in answer.results)
    assert len(answer.results) + sum(answer.excluded_counts.values()) == county.snapshots.count("response_teams")
    totals = [round(row.arrival.total_s, 1) for row in answer.results]
    assert totals == sorted(totals)


def test_a_shelter_is_gone_to_from_the_village_and_none_lies_in_the_flood(county):
    answer = ask(county, "shelters", ignore_hazards=False)
    assert answer.definition["direction"] == "from_incident"
    assert all(row.arrival.turnout_s == 0.0 for row in answer.results)
    assert answer.excluded_counts.get(Reason.INSIDE_HAZARD, 0) >= 1


def test_the_same_question_gives_the_same_bytes_and_k_of_one_heads_k_of_five(county):
    assert json_bytes(nearest_mapping(ask(county))) == json_bytes(nearest_mapping(ask(county)))
    assert ids(ask(county, k=1).results) == ids(ask(county, k=5).results)[:1]


def test_parts_of_every_arrival_add_up(county):
    for metric in (Metric.TRAVEL_TIME, Metric.ROAD_DISTANCE):
        for row in ask(county, k=50, metric=metric).results:
            parts = row.arrival
            assert parts.total_s == pytest.approx(parts.turnout_s + parts.delay_s + parts.travel_s, abs=0.005)
            assert row.distance_m >= row.straight_m - 0.01


def test_the_command_line_asks_the_same(county, monkeypatch):
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(county.project.folder))
    words = ["nearest", "response_teams", "--incident", FLOOD, "--as-of", NIGHT.isoformat(), "--lang", "en"]
    runner = CliRunner()
    asked = [*words, "--barriers", BRIDGE, "--metric", "travel_time", "--cutoff", "2h", "--route"]
    told = json.loads(runner.invoke(build_cli(), [*asked, "--format", "json"]).stdout)
    answer = ask(county, barrier_ids=(BRIDGE,), cutoff_s=7200.0, include_route=True)
    assert [row["id"] for row in told["results"]] == ids(answer.results)
    assert told["results"][0]["total_s"] == answer.results[0].arrival.total_s
    assert {"geometry", "turns"} == set(told["results"][0]["route"])
    table = runner.invoke(build_cli(), asked).stdout
    assert "Yundu Bridge" in table
    lines = json.loads(runner.invoke(build_cli(), [*asked, "--format", "geojson"]).stdout)["features"]
    assert [line["geometry"]["type"] for line in lines[5:]] == ["LineString"] * 5
