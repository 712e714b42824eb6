"""Service areas of a county of streets that can be counted by hand: a chessboard of blocks of 1,113.195 m."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely import LineString, box

from geo_ems.errors import NotFoundError, UsageError
from geo_ems.formats.answers import json_bytes
from geo_ems.formats.area_answers import areas_geojson
from geo_ems.model.area_answers import Nest, Overlap, ServiceAreasAnswer
from geo_ems.model.definitions import Reason
from geo_ems.model.roads import Direction, Metric, Mode, Policy
from geo_ems.routing.local_plane import area_m2
from geo_ems.services.barrier_question import DrawnBarrier, PolicySaid

if TYPE_CHECKING:
    from small_county import SmallCounty

BLOCK_M = 1113.1949  # a hundredth of a degree of the equator
STEP_DEG = 0.01


def chessboard(streets: int) -> dict[str, LineString]:
    """Streets of blocks from (0, 0): h of a row run east, v north."""
    found = {}
    for row in range(streets):
        for column in range(streets - 1):
            ends = [(column * STEP_DEG, row * STEP_DEG), ((column + 1) * STEP_DEG, row * STEP_DEG)]
            found[f"h{row}{column}"] = LineString(ends)
            found[f"v{row}{column}"] = LineString([(y, x) for x, y in ends])
    return found


@pytest.fixture
def town(county: "SmallCounty") -> "SmallCounty":
    """Four by four streets; shelters w in the south-west and e in the south-east corner; people along the south."""
    county.put_roads(chessboard(4))
    county.put("shelters", "w", (0.0, 0.0), status="open", capacity_persons=100)
    county.put("shelters", "e", (0.03, 0.0), status="open", capacity_persons=50)
    for number, people in enumerate((1, 10, 100, 1000)):
        county.put("population", f"p{number}", (number * STEP_DEG, 0.0), people_persons=people)
    return county


def figures(answer: ServiceAreasAnswer) -> list[tuple[str | None, float, float, int]]:
    return [(area.facility_id, area.from_break, area.to_break, area.population) for area in answer.areas]


def test_people_are_counted_by_their_own_cost_the_break_included(town: "SmallCounty") -> None:
    answer = town.service_areas("shelters", ids=("w",), breaks_m=(BLOCK_M, 2 * BLOCK_M + 0.01))
    assert figures(answer) == [("w", 0.0, BLOCK_M, 1), ("w", 0.0, 2 * BLOCK_M + 0.01, 111)]
    first = answer.areas[0]
    assert (first.unit, first.mode, first.direction, first.demand_points) == ("m", "walk", "from_incident", 1)
    within = town.service_areas("shelters", ids=("w",), breaks_m=(BLOCK_M + 0.01,)).areas[0]
    assert within.population == 11
    assert within.reached_road_m == pytest.approx(2 * BLOCK_M, rel=0.01)
    assert within.capacity == 100


def test_time_on_foot_is_four_kilometres_an_hour(town: "SmallCounty") -> None:
    seconds = BLOCK_M / 4000 * 3600
    answer = town.service_areas("shelters", ids=("w",), breaks_s=(seconds - 1, seconds + 1))
    assert [area.population for area in answer.areas] == [1, 11]
    assert (answer.query["metric"], answer.query["mode"], answer.areas[0].unit) == ("travel_time", "walk", "s")


def test_rings_add_up_to_the_disk(town: "SmallCounty") -> None:
    breaks = (1000.0, 1500.0, 2600.0, 4000.0)
    disk = town.service_areas("shelters", breaks_m=breaks).areas
    ring = town.service_areas("shelters", breaks_m=breaks, nest=Nest.RING).areas
    for facility in ("e", "w"):
        whole = [area for area in disk if area.facility_id == facility]
        parts = [area for area in ring if area.facility_id == facility]
        assert [area.from_break for area in parts] == [0.0, *breaks[:-1]]
        for place, area in enumerate(whole):
            own = parts[: place + 1]
            assert sum(part.population for part in own) == area.population
            assert sum(part.demand_points for part in own) == area.demand_points
            assert sum(part.reached_road_m or 0 for part in own) == pytest.approx(area.reached_road_m, abs=0.5)
            assert sum(part.area_m2 or 0 for part in own) == pytest.approx(area.area_m2, rel=1e-6)


def test_a_larger_break_holds_a_smaller_one(town: "SmallCounty") -> None:
    areas = town.service_areas("shelters", ids=("w",), breaks_m=(800.0, 1700.0, 3000.0)).areas
    for smaller, larger in ((areas[0], areas[1]), (areas[1], areas[2])):
        assert larger.geometry.is_valid
        outside = shapely.difference(smaller.geometry, larger.geometry)
        assert area_m2(np.array([outside], dtype=object))[0] < 1.0


def test_a_block_too_far_from_any_reached_road_stays_a_hole(town: "SmallCounty") -> None:
    whole = town.service_areas("shelters", ids=("w",), breaks_m=(20_000.0,)).areas[0]
    assert len(whole.geometry.interiors) == 9
    assert whole.reached_road_m == pytest.approx(24 * BLOCK_M, rel=0.01)


def test_closest_shares_people_and_ground_out(town: "SmallCounty") -> None:
    answer = town.service_areas("shelters", breaks_m=(5000.0, 20_000.0), overlap=Overlap.CLOSEST)
    assert [(facility, people) for facility, _, to, people in figures(answer) if to > 5000] == [("e", 1100), ("w", 11)]
    east, west = (area.geometry for area in answer.areas if area.to_break > 5000)
    assert area_m2(np.array([shapely.intersection(east, west)], dtype=object))[0] < 0.1
    roads = sum(area.reached_road_m for area in answer.areas if area.to_break > 5000)
    assert roads == pytest.approx(24 * BLOCK_M, rel=0.01)


def test_merged_is_one_area_for_all(town: "SmallCounty") -> None:
    answer = town.service_areas("shelters", breaks_m=(1200.0, 20_000.0), overlap=Overlap.MERGED)
    assert figures(answer) == [(None, 0.0, 1200.0, 1111), (None, 0.0, 20_000.0, 1111)]
    assert answer.areas[1].capacity == 150
    alone = town.service_areas("shelters", ids=("w",), breaks_m=(20_000.0,)).areas[0]
    assert answer.areas[1].area_m2 == pytest.approx(alone.area_m2, rel=1e-4)


def test_a_closure_never_adds_people_and_is_named(town: "SmallCounty") -> None:
    before = town.service_areas("shelters", ids=("w",), breaks_m=(1200.0, 2500.0, 4000.0)).areas
    bridge = LineString([(0.005, -0.001), (0.005, 0.001)])
    town.put("barriers", "b", bridge, policy="closed", state="active", confirmed_at="2026-07-01T03:00:00Z")
    answer = town.service_areas("shelters", ids=("w",), breaks_m=(1200.0, 2500.0, 4000.0))
    assert [area.population for area in before] == [11, 111, 1111]
    assert [area.population for area in answer.areas] == [1, 1, 11]
    assert answer.areas[0].barriers == ("b",)
    assert answer.roads is not None
    assert [(barrier.id, barrier.policy) for barrier in answer.roads.barriers] == [("b", "closed")]
    opened = town.service_areas("shelters", ids=("w",), breaks_m=(1200.0,), policy={"b": "ignore"}).areas[0]
    assert opened.population == 11


def test_a_drawn_closure_acts_on_its_question_alone(town: "SmallCounty") -> None:
    drawn = DrawnBarrier("d", box(0.004, -0.001, 0.006, 0.001), PolicySaid(Policy.CLOSED))
    closed = town.service_areas("shelters", ids=("w",), breaks_m=(1200.0,), drawn_barriers=(drawn,))
    assert (closed.areas[0].population, closed.areas[0].barriers) == (1, ("d",))
    assert town.service_areas("shelters", ids=("w",), breaks_m=(1200.0,)).areas[0].population == 11


def test_the_straight_way_to_the_road_counts(town: "SmallCounty") -> None:
    town.put("shelters", "off", (0.005, -0.001), status="open")
    answer = town.service_areas("shelters", ids=("off",), breaks_m=(BLOCK_M / 2 + 112.0,))
    assert answer.facilities[0].access_m == pytest.approx(110.6, abs=0.2)
    assert answer.areas[0].population == 11
    assert town.service_areas("shelters", ids=("off",), breaks_m=(BLOCK_M / 2 + 100.0,)).areas[0].population == 0


def test_turnout_shortens_the_reach_of_a_team(town: "SmallCounty") -> None:
    town.put("response_teams", "t", (0.0, 0.0), status="available", position_mode="base", turnout_s=60.0)
    at_once = town.service_areas("response_teams", breaks_s=(100.0, 240.0))
    later = town.service_areas("response_teams", breaks_s=(160.0, 300.0), with_turnout=True)
    assert [a.reached_road_m for a in at_once.areas] == [a.reached_road_m for a in later.areas]
    assert (at_once.areas[0].turnout_s, later.areas[0].turnout_s) == (0.0, 60.0)
    assert (later.areas[0].mode, later.areas[0].direction) == ("drive", "to_incident")


def test_what_cannot_be_attached_or_is_cut_off_is_listed_with_the_reason(town: "SmallCounty") -> None:
    town.put("shelters", "nowhere", None, status="open")
    town.put("roads", "lane", LineString([(0.1, 0.1), (0.101, 0.1)]), road_class="village")
    town.put("shelters", "island", (0.1, 0.1), status="open")
    answer = town.service_areas("shelters", ids=("nowhere", "island", "w"), breaks_m=(500.0,))
    assert [(row.id, row.reason) for row in answer.facilities] == [
        ("island", Reason.ISOLATED),
        ("nowhere", Reason.POSITION_MISSING),
        ("w", None),
    ]
    assert [area.facility_id for area in answer.areas] == ["island", "w"]
    assert any("cut off" in text and "island" in text for text in answer.warnings)


def test_all_that_qualify_are_taken_and_those_named_whatever_their_state(town: "SmallCounty") -> None:
    town.put("shelters", "e", (0.03, 0.0), status="closed")
    assert {area.facility_id for area in town.service_areas("shelters", breaks_m=(500.0,)).areas} == {"w"}
    named = town.service_areas("shelters", ids=("e",), breaks_m=(500.0,))
    assert [area.facility_id for area in named.areas] == ["e"]
    assert any("would not count by themselves: e (closed)" in text for text in named.warnings)


def test_a_straight_line_is_a_circle_and_says_so(town: "SmallCounty") -> None:
    answer = town.service_areas("shelters", ids=("w",), breaks_m=(1000.0, 2300.0), metric=Metric.STRAIGHT_LINE)
    assert [area.population for area in answer.areas] == [1, 111]
    assert answer.areas[0].area_m2 == pytest.approx(np.pi * 1e6, rel=2e-3)
    assert (answer.areas[0].mode, answer.roads) == (None, None)
    assert any("not travel times" in text for text in answer.warnings)


def test_without_roads_times_are_refused_with_the_remedy(county: "SmallCounty") -> None:
    county.put("shelters", "s", (0.0, 0.0), status="open")
    with pytest.raises(UsageError) as caught:
        county.service_areas("shelters", breaks_s=(600.0,))
    assert "none are loaded" in str(caught.value)
    assert "geo-ems import-roads" in str(caught.value)
    assert county.service_areas("shelters", breaks_m=(600.0,), metric=Metric.STRAIGHT_LINE).areas


def test_without_geometry_the_figures_are_the_same(town: "SmallCounty") -> None:
    drawn = town.service_areas("shelters", breaks_m=(1200.0,))
    plain = town.service_areas("shelters", breaks_m=(1200.0,), with_geometry=False)
    assert figures(drawn) == figures(plain)
    assert [a.reached_road_m for a in drawn.areas] == [a.reached_road_m for a in plain.areas]
    assert {(a.geometry, a.area_m2) for a in plain.areas} == {(None, None)}


def test_one_way_streets_tell_away_from_towards(county: "SmallCounty") -> None:
    county.put("roads", "r", LineString([(0.0, 0.0), (0.02, 0.0)]), road_class="village", oneway="forward")
    county.put("shelters", "s", (0.01, 0.0), status="open")
    county.put("population", "before", (0.005, 0.0), people_persons=1)
    county.put("population", "behind", (0.015, 0.0), people_persons=10)
    asked = {"breaks_m": (2000.0,), "mode": Mode.DRIVE}
    towards = county.service_areas("shelters", direction=Direction.FROM_INCIDENT, **asked).areas[0]
    away = county.service_areas("shelters", direction=Direction.TO_INCIDENT, **asked).areas[0]
    assert (towards.population, away.population) == (1, 10)


def test_the_same_question_gives_the_same_bytes(town: "SmallCounty") -> None:
    asked = [json_bytes(areas_geojson(town.service_areas("shelters", breaks_m=(900.0, 2000.0)))) for _ in range(2)]
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({}, "There are no breaks", id="none"),
        pytest.param({"breaks_m": (1.0,), "breaks_s": (1.0,)}, "in time and in metres", id="two kinds"),
        pytest.param({"breaks_m": (500.0, 400.0)}, "do not ascend", id="descending"),
        pytest.param({"breaks_m": (0.0,)}, "out of range", id="zero"),
        pytest.param({"breaks_s": (float("inf"),)}, "out of range", id="infinite"),
        pytest.param({"breaks_s": (1.0,), "metric": Metric.ROAD_DISTANCE}, "do not fit", id="unit"),
        pytest.param({"breaks_m": (1.0,), "with_turnout": True}, "Turnout is time", id="turnout of metres"),
        pytest.param({"breaks_m": tuple(range(1, 12))}, "at most 10", id="too many breaks"),
        pytest.param({"breaks_m": (1.0,), "buffer_m": 0.0}, "the width is 0.0 m", id="width"),
        pytest.param(
            {"breaks_m": (1.0,), "metric": Metric.STRAIGHT_LINE, "overlap": Overlap.CLOSEST},
            "not shared out",
            id="circles shared out",
        ),
        pytest.param({"breaks_m": (1.0,), "barrier_ids": ("x",)}, "no barrier", id="unknown barrier"),
    ],
)
def test_a_wrong_question_is_refused(town: "SmallCounty", more: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        town.service_areas("shelters", **more)
    assert said in str(caught.value)


def test_a_facility_that_is_not_there_is_refused_with_those_that_are(town: "SmallCounty") -> None:
    with pytest.raises(NotFoundError, match="Known: e, w"):
        town.service_areas("shelters", ids=("x",), breaks_m=(1.0,))


def test_too_many_areas_are_refused(town: "SmallCounty") -> None:
    for number in range(60):
        town.put("shelters", f"s{number}", (0.0, 0.0), status="open")
    with pytest.raises(UsageError, match="more than 500 areas"):
        town.service_areas("shelters", breaks_m=tuple(float(n) for n in range(1, 11)))
