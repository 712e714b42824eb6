"""Questions at the limits: every answer accounts for all, holds no NaN, and is the same when asked again."""

import math

import pytest
from road_county import RoadCounty
from shapely import box
from small_county import SmallCounty

from geo_ems.formats.answers import json_bytes, nearest_mapping
from geo_ems.model.roads import Direction, Metric, Mode

TEAMS = {"at": (0.0, 0.0), "near": (0.01, 0.0), "twin": (0.01, 0.0), "beside": (0.005, 0.001), "far": (0.04, 0.0)}
ROADS = {
    "street": [(0.0, 0.0), (0.01, 0.0), (0.02, 0.0)],
    "bridge": [(0.02, 0.0), (0.03, 0.0)],
    "beyond": [(0.03, 0.0), (0.04, 0.0)],
    "island": [(0.0, 0.1), (0.01, 0.1)],
    "loop": [(0.0, 0.0), (0.0, 0.01), (0.01, 0.01), (0.0, 0.0)],
}


@pytest.fixture
def world(county: SmallCounty) -> RoadCounty:
    made = RoadCounty(county)
    for name, places in ROADS.items():
        made.road(name, *places, oneway="forward" if name == "loop" else "no")
    for name, place in TEAMS.items():
        made.team(name, place)
    made.team("lonely", (0.005, 0.1))
    return made


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, (list, tuple)):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, float) else []


def soundly(world: RoadCounty, **asked: object) -> object:
    answer = world.ask(**asked)
    told = nearest_mapping(answer)
    assert json_bytes(nearest_mapping(world.ask(**asked))) == json_bytes(told)
    assert all(math.isfinite(number) for number in numbers(told))
    assert len(answer.results) + sum(answer.excluded_counts.values()) == 6
    return answer


PLACES = {
    "a node": (0.02, 0.0),
    "a bridge": (0.025, 0.0),
    "the place of a team": (0.01, 0.0),
    "an island": (0.007, 0.1),
    "the one-way loop": (0.0, 0.005),
    "200 km off": (1.8, 0.0),
    "the other side of the Earth": (180.0, 0.0),
    "180 degrees west": (-180.0, 10.0),
    "the pole": (0.0, 90.0),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("closed", ["nothing", "the bridge", "all"])
def test_a_place_at_the_limits_is_answered_soundly(world: RoadCounty, place: str, closed: str) -> None:
    if closed != "nothing":
        area = box(0.022, -0.001, 0.028, 0.001) if closed == "the bridge" else box(-1, -1, 1, 1)
        world.closure("Z1", area)
    for direction in Direction:
        for metric in (Metric.TRAVEL_TIME, Metric.ROAD_DISTANCE):
            soundly(world, at=PLACES[place], direction=direction, metric=metric, k=3)
    soundly(world, at=PLACES[place], mode=Mode.WALK, k=20, include_excluded=True, include_route=True)


def test_teams_at_one_place_tie_and_come_in_the_order_of_their_ids(world: RoadCounty) -> None:
    answer = soundly(world, at=(0.01, 0.0), k=2)
    assert [row.id for row in answer.results] == ["near", "twin"]
    assert [row.arrival.distance_m for row in answer.results] == [0.0, 0.0]


def test_an_incident_where_a_closed_bridge_begins_is_reached_from_its_own_side(world: RoadCounty) -> None:
    world.closure("Z1", box(0.02, -0.001, 0.03, 0.001))
    answer = soundly(world, at=(0.02, 0.0), k=20)
    reached = {row.id: row.arrival.total_s for row in answer.results}
    assert reached["near"] == pytest.approx(111.32, abs=0.01)
    assert reached["near"] < reached["far"]


def test_everything_closed_still_lists_who_there_is(world: RoadCounty) -> None:
    world.closure("Z1", box(-1, -1, 1, 1))
    assert soundly(world, at=(0.01, 0.0), k=3).results


def test_a_one_way_loop_is_gone_round_to_a_place_behind(world: RoadCounty) -> None:
    answer = soundly(world, at=(0.0, 0.009), k=1, direction=Direction.TO_INCIDENT)
    assert answer.results[0].id == "at"
