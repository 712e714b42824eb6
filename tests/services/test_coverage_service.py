"""Coverage of a county of four villages that can be counted by hand."""

from typing import TYPE_CHECKING

import pytest
from shapely import MultiPolygon, box

from geo_ems.errors import UsageError
from geo_ems.formats.answers import coverage_mapping, json_bytes
from geo_ems.model.definitions import Availability, Reason

if TYPE_CHECKING:
    from small_county import SmallCounty

DEGREE_M = 111_319.490793  # on the equator


@pytest.fixture
def four_villages(county: "SmallCounty") -> "SmallCounty":
    """One shelter at 0°, villages at 0°, 0.01°, 0.02° and one without a place; two townships."""
    county.put("districts", "county", box(-1, -1, 1, 1), level="county")
    county.put("districts", "west", box(-1, -1, 0.015, 1), level="township")
    county.put("districts", "east", box(0.015, -1, 1, 1), level="township")
    county.put("population", "a", (0.0, 0.0), people_persons=100)
    county.put("population", "b", (0.01, 0.0), people_persons=20)
    county.put("population", "c", (0.02, 0.0), people_persons=3)
    county.put("population", "d", None, people_persons=7)
    county.put("shelters", "s", (0.0, 0.0), status="open", capacity_persons=50)
    return county


def test_people_within_the_cutoff_are_counted_and_the_others_named(four_villages: "SmallCounty") -> None:
    answer = four_villages.coverage("shelters", cutoff_m=0.01 * DEGREE_M + 0.001)
    assert (answer.total.people, answer.total.reachable, answer.total.unreachable) == (130, 120, 10)
    assert [(row.id, row.reachable, row.reason, row.backup_count) for row in answer.demand] == [
        ("a", True, None, 1),
        ("b", True, None, 1),
        ("c", False, "no_shelter_in_cutoff", 0),
        ("d", False, "unlocated", 0),
    ]
    assert [(row.id, row.people_in_reach, row.people_nearest, row.capacity) for row in answer.facilities] == [
        ("s", 120, 120, 50)
    ]


def test_districts_are_figured_at_each_level(four_villages: "SmallCounty") -> None:
    answer = four_villages.coverage("shelters", cutoff_m=2000.0)
    assert [(row.id, row.level, row.people, row.reachable, row.share_reachable) for row in answer.districts] == [
        ("county", "county", 123, 120, round(120 / 123, 6)),
        ("east", "township", 3, 0, 0.0),
        ("west", "township", 120, 120, 1.0),
    ]
    assert answer.warnings == ("7 people have no place and are counted as not reached",)


def test_a_second_shelter_is_a_backup_and_takes_over_the_nearer_people(four_villages: "SmallCounty") -> None:
    four_villages.put("shelters", "t", (0.012, 0.0), status="standby")
    answer = four_villages.coverage("shelters", cutoff_m=1500.0)
    assert [(row.id, row.nearest_id, row.backup_count) for row in answer.demand[:3]] == [
        ("a", "s", 2),
        ("b", "t", 2),
        ("c", "t", 1),
    ]
    assert [(row.id, row.people_in_reach, row.people_nearest) for row in answer.facilities] == [
        ("s", 120, 100),
        ("t", 123, 23),
    ]


def test_planning_counts_standby_and_now_counts_only_open(four_villages: "SmallCounty") -> None:
    four_villages.put("shelters", "s", (0.0, 0.0), status="standby")
    assert four_villages.coverage("shelters", cutoff_m=100.0).total.reachable == 100
    now = four_villages.coverage("shelters", cutoff_m=100.0, as_of_now=True)
    assert now.total.reachable == 0
    assert now.excluded_counts == {Reason.UNAVAILABLE: 1}
    assert "no facility is usable" in now.warnings


def test_a_shelter_of_unknown_status_covers_nobody(four_villages: "SmallCounty") -> None:
    four_villages.put("shelters", "s", (0.0, 0.0))
    answer = four_villages.coverage("shelters", cutoff_m=100.0)
    assert (answer.total.reachable, answer.excluded_counts) == (0, {Reason.STATUS_UNKNOWN: 1})


def test_a_shelter_inside_an_active_flood_covers_nobody(four_villages: "SmallCounty") -> None:
    flood = box(-0.001, -0.001, 0.001, 0.001)
    four_villages.put("hazard_areas", "f", flood, kind="flood", state="active")
    answer = four_villages.coverage("shelters", cutoff_m=100.0)
    assert (answer.total.reachable, answer.excluded_counts) == (0, {Reason.INSIDE_HAZARD: 1})
    assert "1 facilities lie inside an active hazard area and do not count: s" in answer.warnings


def test_a_condition_restricts_the_shelters_that_count(four_villages: "SmallCounty") -> None:
    answer = four_villages.coverage("shelters", where=("suitable_for=flood",), cutoff_m=100.0)
    assert (answer.total.reachable, answer.excluded_counts) == (0, {Reason.LACKS_CAPABILITY: 1})


def test_the_distance_to_a_shelter_ground_is_to_its_edge(four_villages: "SmallCounty") -> None:
    four_villages.put("shelters", "s", box(0.005, -0.001, 0.006, 0.001), status="open")
    answer = four_villages.coverage("shelters", cutoff_m=2000.0)
    assert answer.demand[0].nearest_cost == round(0.005 * DEGREE_M, 3)


def test_a_population_area_counts_at_a_place_inside_it(four_villages: "SmallCounty") -> None:
    two_far_parts = MultiPolygon([box(0.5, 0.5, 0.51, 0.51), box(0.0, 0.0, 0.001, 0.001)])
    four_villages.put("population", "c", two_far_parts, people_persons=3)
    row = four_villages.coverage("shelters", cutoff_m=2000.0).demand[2]
    assert (row.reachable, row.nearest_cost is not None and row.nearest_cost > 50_000) == (False, True)


def test_nobody_is_lost_outside_the_districts(county: "SmallCounty") -> None:
    county.put("districts", "town", box(0, 0, 1, 1), level="township")
    county.put("population", "inside", (0.5, 0.5), people_persons=10)
    county.put("population", "outside", (5.0, 5.0), people_persons=4)
    answer = county.coverage("shelters", cutoff_m=100.0)
    assert answer.total.people == 14
    assert "4 people live outside every district" in answer.warnings


def test_villages_and_the_cells_in_them_are_told_to_count_twice(four_villages: "SmallCounty") -> None:
    said = "the demand layer holds villages and grid cells"
    four_villages.put("population", "a", (0.0, 0.0), people_persons=100, kind="village")
    assert not any(said in text for text in four_villages.coverage("shelters").warnings)
    four_villages.put("population", "a1", (0.0, 0.0), people_persons=60, kind="grid")
    assert any(said in text for text in four_villages.coverage("shelters").warnings)


def test_the_same_question_gives_the_same_bytes(four_villages: "SmallCounty") -> None:
    asked = [json_bytes(coverage_mapping(four_villages.coverage("shelters"))) for _ in range(2)]
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("layer", "more", "said"),
    [
        pytest.param("shelters", {"cutoff_m": -1.0}, "the cutoff is -1.0 m", id="negative"),
        pytest.param("shelters", {"cutoff_m": float("nan")}, "the cutoff is nan m", id="not a number"),
        pytest.param("shelters", {"demand": "shelters"}, "carries no people", id="demand without people"),
        pytest.param("shelters", {"by": "roads"}, "Write districts", id="by something else"),
        pytest.param("facilities", {}, "no default cutoff", id="no default"),
        pytest.param(
            "shelters",
            {"as_of_now": True, "availability": frozenset({Availability.UNKNOWN})},
            "in two ways",
            id="two ways at once",
        ),
    ],
)
def test_a_wrong_coverage_question_is_refused(
    county: "SmallCounty", layer: str, more: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        county.coverage(layer, **more)
    assert said in str(caught.value)
