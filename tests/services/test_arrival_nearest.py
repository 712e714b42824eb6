"""Who arrives first on the roads: worked out by hand on tiny networks on the equator (SEMANTICS 0, 1.1)."""

import pytest
from road_county import CENTIDEGREE_M, RoadCounty
from shapely import LineString, Point, box
from small_county import SmallCounty

from geo_ems.errors import UsageError
from geo_ems.formats.answers import json_bytes, nearest_csv, nearest_geojson, nearest_mapping
from geo_ems.model.answers import NearestAnswer
from geo_ems.model.definitions import Reason
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.barrier_question import DrawnBarrier, policy_said

PIECE_S = CENTIDEGREE_M / 10.0  # a hundredth of a degree at 36 km/h
WALK_S_PER_M = 3.6 / 4.0


@pytest.fixture
def world(county: SmallCounty) -> RoadCounty:
    return RoadCounty(county)


@pytest.fixture
def street(world: RoadCounty) -> RoadCounty:
    """A street along the equator from 0 to 0.05 degrees, cut at every hundredth."""
    for number in range(5):
        world.road(f"R{number}", (number / 100, 0.0), ((number + 1) / 100, 0.0), name=f"Main {number}")
    return world


@pytest.fixture
def valley(world: RoadCounty) -> RoadCounty:
    """The incident at 0, a bridge of one piece to the west bank, and a way round of five pieces of its length.

    The team `west` stands beyond the bridge, `east` three pieces to the other side.
    """
    world.road("bridge", (-0.01, 0.0), (0.0, 0.0), name="Old Bridge", bridge=True)
    world.road("round", (-0.01, 0.0), (-0.01, 0.02), (0.0, 0.02), (0.0, 0.0), name="Hill Road")
    world.road("east", (0.0, 0.0), (0.03, 0.0), name="East Road")
    world.team("west", (-0.01, 0.0))
    world.team("east", (0.03, 0.0))
    return world


def ids(rows: tuple[object, ...]) -> list[str]:
    return [row.id for row in rows]


def accounted(answer: NearestAnswer) -> int:
    return len(answer.results) + sum(answer.excluded_counts.values())


def test_a_team_that_leaves_sooner_overtakes_a_nearer_one(street: RoadCounty) -> None:
    street.team("slow_to_leave", (0.01, 0.0), turnout_s=300.0)
    street.team("ready", (0.02, 0.0), turnout_s=60.0)
    answer = street.ask()
    assert ids(answer.results) == ["ready", "slow_to_leave"]
    first, second = (row.arrival for row in answer.results)
    assert (first.total_s, first.turnout_s) == (pytest.approx(60 + 2 * PIECE_S, abs=0.002), 60.0)
    assert second.total_s == pytest.approx(300 + PIECE_S, abs=0.002)
    assert [row.straight_m for row in answer.results] == [
        pytest.approx(2 * CENTIDEGREE_M, abs=0.002),
        pytest.approx(CENTIDEGREE_M, abs=0.002),
    ]


def test_the_parts_add_up_with_the_straight_bits_on_foot(street: RoadCounty) -> None:
    street.team("aside", (0.02, 0.001), turnout_s=45.0)
    row = street.ask(at=(0.0, -0.0005)).results[0]
    arrival = row.arrival
    beside_m, below_m = 110.574, 55.287  # a thousandth of a degree of latitude at the equator, and half of it
    assert (arrival.access_m, arrival.egress_m) == (pytest.approx(beside_m, abs=0.01), pytest.approx(below_m, abs=0.01))
    assert arrival.access_s == pytest.approx(beside_m * WALK_S_PER_M, abs=0.01)
    assert arrival.network_s == pytest.approx(2 * PIECE_S, abs=0.01)
    assert arrival.travel_s == pytest.approx(arrival.access_s + arrival.network_s + arrival.egress_s, abs=0.003)
    assert arrival.total_s == pytest.approx(arrival.turnout_s + arrival.delay_s + arrival.travel_s, abs=0.003)
    assert row.distance_m == pytest.approx(2 * CENTIDEGREE_M + beside_m + below_m, abs=0.02)
    assert arrival.detour_ratio == pytest.approx(row.distance_m / row.straight_m, abs=0.001)
    assert arrival.snap_m == arrival.access_m


@pytest.mark.parametrize(
    ("values", "expected_s"),
    [
        pytest.param({"kind": "fire_brigade"}, 60.0, id="fire"),
        pytest.param({"kind": "militia"}, 1200.0, id="militia"),
        pytest.param({"kind": "village_assault"}, 1200.0, id="village"),
        pytest.param({"kind": "flood_rescue", "tier": "grassroots"}, 1200.0, id="by its tier"),
        pytest.param({"kind": "power_repair"}, 600.0, id="all others"),
        pytest.param({}, 600.0, id="kind unknown"),
    ],
)
def test_a_turnout_that_is_not_known_is_assumed_by_kind_and_marked(
    street: RoadCounty, values: dict[str, str], expected_s: float
) -> None:
    street.team("own", (0.01, 0.0), turnout_s=90.0, **values)
    street.team("assumed", (0.01, 0.0), turnout_s=None, **values)
    told = {row.id: (row.arrival.turnout_s, row.arrival.turnout_assumed) for row in street.ask().results}
    assert told == {"own": (90.0, False), "assumed": (expected_s, True)}


def test_what_is_no_team_leaves_at_once(street: RoadCounty) -> None:
    street.put("shelters", "S", (0.01, 0.0), status="open")
    answer = street.ask("shelters")
    assert answer.results[0].arrival.turnout_s == 0.0
    assert answer.results[0].arrival.turnout_assumed is False
    assert answer.definition["direction"] == "from_incident"
    assert answer.results[0].consent is None


def test_closing_the_bridge_changes_the_ranking_and_the_answer_names_it(valley: RoadCounty) -> None:
    assert ids(valley.ask().results) == ["west", "east"]
    valley.closure("B1", Point(-0.005, 0.0), name="Bridge closed")
    answer = valley.ask()
    assert ids(answer.results) == ["east", "west"]
    west = answer.results[1].arrival
    assert [(met.id, met.road, met.policy) for met in west.goes_round] == [("B1", "Old Bridge", "closed")]
    assert answer.results[0].arrival.goes_round == ()
    assert [(barrier.id, barrier.policy, barrier.roads_hit) for barrier in answer.roads.barriers] == [
        ("B1", "closed", 1)
    ]


def test_the_team_passed_over_is_told_with_the_bridge_that_is_closed(valley: RoadCounty) -> None:
    valley.closure("B1", Point(-0.005, 0.0), name="Bridge closed")
    answer = valley.ask(k=1)
    assert ids(answer.results) == ["east"]
    (west,) = answer.passed_over
    minutes = round((west.total_s - answer.results[0].arrival.total_s) / 60)
    assert (west.id, west.reason) == ("west", Reason.BELOW_RANK_K)
    assert west.detail == f"arrives {minutes} min later: Old Bridge (B1) closed, the way goes round"
    assert west.total_s == pytest.approx((2 * 0.02 + 0.01) * 100 * PIECE_S, rel=0.01)


def test_a_team_behind_closed_roads_is_unreachable_because_of_them(valley: RoadCounty) -> None:
    valley.closure("B1", Point(-0.005, 0.0))
    valley.closure("B2", Point(-0.01, 0.01))
    answer = valley.ask()
    assert ids(answer.results) == ["east"]
    assert answer.excluded_counts == {Reason.UNREACHABLE: 1}
    assert answer.passed_over[0].detail == "Old Bridge (B1) closed"
    assert answer.passed_over[0].total_s is None


def test_a_team_on_a_road_that_joins_no_other_is_isolated(street: RoadCounty) -> None:
    street.road("island", (0.2, 0.2), (0.21, 0.2))
    street.team("lost", (0.2, 0.2))
    street.team("found", (0.01, 0.0))
    answer = street.ask(include_excluded=True)
    assert answer.excluded_counts == {Reason.ISOLATED: 1}
    assert [(row.id, row.total_s) for row in answer.excluded] == [("lost", None)]


def test_an_incident_beside_an_isolated_road_joins_the_main_network_with_a_warning(street: RoadCounty) -> None:
    street.road("yard", (0.01, 0.001), (0.011, 0.001))
    street.team("t", (0.03, 0.0))
    answer = street.ask(at=(0.01, 0.001))
    assert ids(answer.results) == ["t"]
    assert any("not joined to the rest" in text for text in answer.warnings)


def test_every_reason_counts_once_and_all_of_them_make_up_the_layer(valley: RoadCounty) -> None:
    valley.road("island", (0.2, 0.2), (0.21, 0.2))
    valley.team("isolated", (0.2, 0.2))
    valley.team("busy", (0.001, 0.0), status="on_scene")
    valley.team("silent", (0.001, 0.0), status=None)
    valley.team("late", (0.03, 0.0), turnout_s=5000.0)
    valley.team("third", (0.03, 0.0), turnout_s=1.0)
    valley.put("response_teams", "nowhere", None, status="available")
    valley.closure("B1", Point(-0.005, 0.0))
    valley.closure("B2", Point(-0.01, 0.01))
    answer = valley.ask(k=1, cutoff_s=4000.0)
    assert answer.excluded_counts == {
        Reason.UNAVAILABLE: 1,
        Reason.STATUS_UNKNOWN: 1,
        Reason.POSITION_MISSING: 1,
        Reason.ISOLATED: 1,
        Reason.UNREACHABLE: 1,
        Reason.BEYOND_CUTOFF: 1,
        Reason.BELOW_RANK_K: 1,
    }
    assert list(answer.excluded_counts) == sorted(answer.excluded_counts, key=list(Reason).index)
    assert accounted(answer) == 8


def test_the_cutoff_is_inclusive_and_counts_the_turnout(street: RoadCounty) -> None:
    street.team("t", (0.01, 0.0), turnout_s=60.0)
    total_s = street.ask().results[0].arrival.total_s
    at_the_limit = street.ask(cutoff_s=total_s + 0.001)
    assert (ids(at_the_limit.results), at_the_limit.results[0].arrival.within_cutoff) == (["t"], True)
    below = street.ask(cutoff_s=total_s - 1.0)
    assert (below.results, below.excluded_counts) == ((), {Reason.BEYOND_CUTOFF: 1})
    assert below.passed_over[0].detail.startswith("3 min")


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        pytest.param({"metric": Metric.TRAVEL_TIME, "cutoff_m": 5.0}, "travel_time is in seconds", id="metres"),
        pytest.param({"metric": Metric.ROAD_DISTANCE, "cutoff_s": 5.0}, "road_distance is in metres", id="seconds"),
        pytest.param({"metric": Metric.STRAIGHT_LINE, "cutoff_s": 5.0}, "straight_line is in metres", id="straight"),
        pytest.param({"cutoff_s": 5.0, "cutoff_m": 5.0}, "two cutoffs", id="both"),
        pytest.param({"cutoff_s": -1.0}, "the cutoff is -1.0 s", id="negative"),
        pytest.param({"cutoff_s": float("nan")}, "the cutoff is nan s", id="no number"),
        pytest.param({"barrier_ids": ("B9",)}, "no barrier and no hazard area 'B9'", id="unknown barrier"),
        pytest.param({"policy": {"B9": "closed"}}, "no barrier and no hazard area 'B9'", id="unknown policy name"),
        pytest.param({"policy": {"barriers": "open"}}, "'open' is no policy", id="unknown policy"),
    ],
)
def test_a_question_wrongly_put_is_refused(street: RoadCounty, asked: dict[str, object], problem: str) -> None:
    street.team("t", (0.01, 0.0))
    with pytest.raises(UsageError, match=problem):
        street.ask(**asked)


def test_a_cutoff_in_metres_alone_asks_for_road_distance(street: RoadCounty) -> None:
    street.team("t", (0.01, 0.0), turnout_s=900.0)
    answer = street.ask(cutoff_m=1200.0)
    assert (answer.definition["metric"], ids(answer.results)) == ("road_distance", ["t"])


def test_road_distance_ranks_by_metres_and_still_tells_the_time(world: RoadCounty) -> None:
    world.road("short", (0.0, 0.0), (0.01, 0.0), speed_kmh=18.0)
    world.road("long", (0.0, 0.0), (0.0, 0.02), speed_kmh=72.0)
    world.team("short_way", (0.01, 0.0), turnout_s=100.0)
    world.team("fast_way", (0.0, 0.02))
    answer = world.ask(metric=Metric.ROAD_DISTANCE)
    assert ids(answer.results) == ["short_way", "fast_way"]
    assert answer.results[0].distance_m == pytest.approx(CENTIDEGREE_M, abs=0.01)
    assert answer.results[0].arrival.total_s == pytest.approx(100 + 2 * PIECE_S, abs=0.01)
    assert ids(world.ask().results) == ["fast_way", "short_way"]


def test_a_one_way_street_counts_for_the_way_that_is_travelled(world: RoadCounty) -> None:
    world.road("one", (0.0, 0.0), (0.02, 0.0), oneway="forward")
    world.road("back", (0.02, 0.0), (0.02, 0.01), (0.0, 0.01), (0.0, 0.0))
    world.put("shelters", "S", (0.02, 0.0), status="open")
    to_shelter = world.ask("shelters").results[0]
    from_shelter = world.ask("shelters", direction=Direction.TO_INCIDENT).results[0]
    assert to_shelter.distance_m == pytest.approx(2 * CENTIDEGREE_M, abs=0.01)
    assert from_shelter.distance_m == pytest.approx(4 * CENTIDEGREE_M, rel=0.01)


def test_on_foot_the_speed_is_that_of_walking(street: RoadCounty) -> None:
    street.team("t", (0.01, 0.0))
    walked = street.ask(mode=Mode.WALK).results[0].arrival
    assert walked.network_s == pytest.approx(CENTIDEGREE_M * WALK_S_PER_M, abs=0.01)


def test_slow_and_delayed_passages_are_met_and_counted_apart(street: RoadCounty) -> None:
    street.team("t", (0.02, 0.0))
    street.put("barriers", "slow", box(0.0, -0.001, 0.01, 0.001), policy="slow", slow_factor=3.0, state="active")
    street.put("barriers", "wait", Point(0.015, 0.0), policy="delay", delay_s=120.0, state="active")
    arrival = street.ask().results[0].arrival
    assert arrival.network_s == pytest.approx((3 + 1) * PIECE_S, abs=0.01)
    assert arrival.delay_s == 120.0
    assert arrival.total_s == pytest.approx(4 * PIECE_S + 120, abs=0.01)
    assert [met.id for met in arrival.barriers_met] == ["wait", "slow"]
    assert arrival.goes_round == ()


def test_a_policy_of_the_question_overrules_the_barrier(valley: RoadCounty) -> None:
    valley.closure("B1", Point(-0.005, 0.0))
    assert ids(valley.ask(policy={"B1": "ignore"}).results) == ["west", "east"]
    assert ids(valley.ask(policy={"barriers": "ignore"}).results) == ["west", "east"]
    delayed = valley.ask(policy={"B1": "delay:30"}).results[0]
    assert (delayed.id, delayed.arrival.delay_s) == ("west", 30.0)


def test_what_if_a_lifted_barrier_stood_and_one_were_drawn(valley: RoadCounty) -> None:
    valley.closure("B1", Point(-0.005, 0.0), state="lifted")
    assert ids(valley.ask().results) == ["west", "east"]
    assert ids(valley.ask(barrier_ids=("B1",)).results) == ["east", "west"]
    drawn = DrawnBarrier("mine", LineString([(-0.005, -0.001), (-0.005, 0.001)]), policy_said("closed"))
    answer = valley.ask(drawn_barriers=(drawn,))
    assert ids(answer.results) == ["east", "west"]
    assert [(barrier.id, barrier.layer) for barrier in answer.roads.barriers] == [("mine", "question")]


@pytest.fixture
def flooded(street: RoadCounty) -> RoadCounty:
    """The incident at 0.025 lies in a flooded village from 0.022 to 0.028; a team stands inside, one at each end."""
    street.put("hazard_areas", "flood", box(0.022, -0.002, 0.028, 0.002), kind="flood", state="active", policy="closed")
    street.team("own", (0.027, 0.0), turnout_s=10.0)
    street.team("west", (0.0, 0.0), turnout_s=60.0)
    street.team("east", (0.05, 0.0), turnout_s=90.0)
    return street


def test_a_flooded_village_still_gets_a_ranked_list_and_its_own_team(flooded: RoadCounty) -> None:
    answer = flooded.ask(at=(0.025, 0.0))
    rows = {row.id: row for row in answer.results}
    assert set(rows) == {"own", "west", "east"}
    own, west = rows["own"], rows["west"]
    assert own.hazard_flags == ("origin_in", "destination_in")
    assert own.arrival.way == "direct"
    assert own.arrival.total_s == pytest.approx(10 + 0.2 * CENTIDEGREE_M * WALK_S_PER_M, abs=0.01)
    assert west.hazard_flags == ("destination_in",)
    assert west.arrival.beyond_edge_m == pytest.approx(0.3 * CENTIDEGREE_M, abs=0.01)
    assert west.arrival.edge_arrival_s == pytest.approx(60 + 2.2 * PIECE_S, abs=0.01)
    assert west.arrival.total_s == pytest.approx(60 + 2.2 * PIECE_S + 0.3 * CENTIDEGREE_M * WALK_S_PER_M, abs=0.01)
    assert west.arrival.goes_round == ()
    assert any("flood" in text for text in answer.warnings)


def test_a_shelter_in_the_flood_is_no_shelter(flooded: RoadCounty) -> None:
    flooded.put("shelters", "wet", (0.026, 0.0), status="open")
    flooded.put("shelters", "dry", (0.04, 0.0), status="open")
    answer = flooded.ask("shelters", at=(0.025, 0.0))
    assert (ids(answer.results), answer.excluded_counts) == (["dry"], {Reason.INSIDE_HAZARD: 1})
    assert answer.results[0].arrival.beyond_edge_m == pytest.approx(0.3 * CENTIDEGREE_M, abs=0.01)


def test_nobody_reaches_the_closed_area_but_the_list_is_not_empty(flooded: RoadCounty) -> None:
    flooded.put("response_teams", "own", (0.027, 0.0), status="on_scene")
    flooded.closure("C1", Point(0.015, 0.0))
    flooded.closure("C2", Point(0.035, 0.0))
    answer = flooded.ask(at=(0.025, 0.0))
    assert ids(answer.results) == ["east", "west"]
    assert {row.arrival.way for row in answer.results} == {"none"}
    assert [row.arrival.total_s for row in answer.results] == [None, None]
    assert any("listed by straight line" in text for text in answer.warnings)
    assert accounted(answer) == 3


def test_a_way_through_slow_water_is_flagged(street: RoadCounty) -> None:
    street.put(
        "hazard_areas",
        "wet",
        box(0.01, -0.001, 0.02, 0.001),
        kind="flood",
        state="active",
        policy="slow",
        slow_factor=2.0,
    )
    street.team("beyond", (0.03, 0.0))
    street.team("before", (0.005, 0.0))
    flags = {row.id: row.hazard_flags for row in street.ask().results}
    assert flags == {"beyond": ("path_through",), "before": ()}


def test_equal_arrivals_are_tied_and_go_by_straight_line_then_id(world: RoadCounty) -> None:
    for number, end in enumerate([(0.01, 0.0), (0.0, 0.01), (-0.01, 0.0)]):
        world.road(f"R{number}", (0.0, 0.0), end, speed_kmh=36.0)
    world.team("b", (0.01, 0.0))
    world.team("a", (-0.01, 0.0))
    answer = world.ask(k=1)
    assert [(row.id, row.tied) for row in answer.results] == [("a", True)]
    assert any("tie at rank k" in text for text in answer.warnings)
    assert [(row.id, row.rank, row.tied) for row in world.ask(k=2).results] == [("a", 1, True), ("b", 2, True)]


def test_those_to_confirm_are_ranked_by_arrival_too(valley: RoadCounty) -> None:
    valley.team("silent_near", (-0.009, 0.0), status=None, turnout_s=1000.0)
    valley.team("silent_ready", (0.02, 0.0), status=None, turnout_s=0.0)
    answer = valley.ask()
    assert ids(answer.to_confirm) == ["silent_ready", "silent_near"]
    assert answer.to_confirm[0].total_s == pytest.approx(2 * PIECE_S, abs=0.01)
    assert answer.excluded_counts == {Reason.STATUS_UNKNOWN: 2}


def test_standby_shelters_are_offered_by_arrival(valley: RoadCounty) -> None:
    valley.closure("B1", Point(-0.005, 0.0))
    valley.put("shelters", "west", (-0.01, 0.0), status="standby")
    valley.put("shelters", "east", (0.02, 0.0), status="standby")
    assert ids(valley.ask("shelters").to_open) == ["east", "west"]


def test_routes_and_turns_are_told_on_request(valley: RoadCounty) -> None:
    valley.closure("B1", Point(-0.005, 0.0))
    route = valley.ask(include_route=True).results[1].arrival.route
    assert [turn.road for turn in route.turns] == ["Hill Road"]
    assert route.turns[0].distance_m == pytest.approx(5 * CENTIDEGREE_M, rel=0.01)
    assert (route.line.coords[0], route.line.coords[-1]) == ((-0.01, 0.0), (0.0, 0.0))
    assert valley.ask().results[1].arrival.route is None


def test_json_geojson_and_csv_tell_the_same_arrivals(valley: RoadCounty) -> None:
    valley.closure("B1", Point(-0.005, 0.0), name="Bridge closed")
    answer = valley.ask(include_route=True)
    whole = nearest_mapping(answer)
    assert whole["results"][1]["goes_round"] == [
        {"id": "B1", "name": "Bridge closed", "policy": "closed", "road": "Old Bridge"}
    ]
    assert whole["barriers"][0]["id"] == "B1"
    assert whole["network_version"] == answer.roads.network_version
    features = nearest_geojson(answer)["features"]
    assert [feature["id"] for feature in features] == ["east", "west", "route-east", "route-west"]
    assert features[3]["geometry"]["type"] == "LineString"
    header, _, row = nearest_csv(answer).splitlines()[:3]
    assert {"total_s", "distance_m", "goes_round", "consent", "route"} <= set(header.split(","))
    assert "B1 Old Bridge" in row


def test_the_same_question_gives_the_same_bytes(valley: RoadCounty) -> None:
    valley.closure("B1", Point(-0.005, 0.0))
    first, again = (json_bytes(nearest_mapping(valley.ask(include_excluded=True))) for _ in range(2))
    assert first == again


def test_without_roads_the_straight_line_answers_and_says_so(world: RoadCounty) -> None:
    world.team("t", (0.01, 0.0))
    answer = world.ask(metric=Metric.TRAVEL_TIME)
    assert (answer.definition["metric"], answer.definition["detour_factor"]) == ("straight_line", 1.35)
    assert answer.results[0].arrival is None
    assert any("not travel time" in text for text in answer.warnings)
    assert world.ask().warnings == ("only 1 of 5 qualify",)
    with pytest.raises(UsageError, match="needs a road network"):
        world.ask(cutoff_s=60.0)


def test_a_straight_line_is_still_to_be_had_with_roads(valley: RoadCounty) -> None:
    answer = valley.ask(metric=Metric.STRAIGHT_LINE)
    assert (answer.roads, answer.results[0].arrival) == (None, None)
    assert "total_s" not in nearest_mapping(answer)["results"][0]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        pytest.param((0.02, 0.006), "663 m from the nearest road", id="far from a road"),
        pytest.param((5.0, 5.0), "outside the network", id="at sea"),
    ],
)
def test_a_place_far_from_the_roads_is_warned_of(street: RoadCounty, at: tuple[float, float], said: str) -> None:
    street.team("t", (0.01, 0.0))
    answer = street.ask(at=at)
    assert ids(answer.results) == ["t"]
    assert any(said in text for text in answer.warnings)


def test_swapped_coordinates_are_noticed(world: RoadCounty) -> None:
    world.road("R", (50.0, 10.0), (50.1, 10.1))
    world.team("t", (50.0, 10.0))
    assert any("may be swapped" in text for text in world.ask(at=(10.05, 50.05)).warnings)


def test_an_incident_without_a_place_says_what_can_be_asked(street: RoadCounty) -> None:
    street.put("incidents", "I", None, kind="flood", state="open")
    with pytest.raises(UsageError, match="has no place yet") as refused:
        street.ask(at=None, incident_id="I")
    assert "--at LON,LAT" in refused.value.remedy


def test_an_incident_that_is_an_area_is_reached_at_a_point_inside(street: RoadCounty) -> None:
    street.put("incidents", "I", box(0.02, -0.001, 0.03, 0.001), kind="flood", state="open")
    street.team("t", (0.0, 0.0))
    answer = street.ask(at=None, incident_id="I")
    assert answer.definition["incident_place"] == "a point inside the incident's area"
    assert 0.02 <= answer.query["lon"] <= 0.03


def test_k_of_one_heads_k_of_five(valley: RoadCounty) -> None:
    for number in range(6):
        valley.team(f"t{number}", (0.004 * number, 0.0), turnout_s=float((number * 7) % 5) * 60)
    five = ids(valley.ask(k=5).results)
    assert ids(valley.ask(k=1).results) == five[:1]
    assert ids(valley.ask(k=3).results) == five[:3]


@pytest.fixture
def two_counties(street: RoadCounty) -> RoadCounty:
    def district(key: str, level: str, parent: str | None, west: float, east: float) -> None:
        street.put("districts", key, box(west, -0.1, east, 0.1), level=level, parent_id=parent)

    district("city", "city", None, -1.0, 1.0)
    district("A", "county", "city", -0.5, 0.025)
    district("A1", "township", "A", -0.4, 0.015)
    district("A2", "township", "A", 0.015, 0.025)
    district("B", "county", "city", 0.025, 0.5)
    for key, lon, values in (
        ("village", 0.011, {"tier": "grassroots"}),
        ("brigade", 0.012, {"tier": "fire_rescue"}),
        ("next_village", 0.02, {"tier": "grassroots"}),
        ("next_county", 0.03, {"tier": "fire_rescue"}),
    ):
        street.team(key, (lon, 0.0), **values)
    return street


def test_consent_is_a_label_of_who_is_asked_and_never_the_order(two_counties: RoadCounty) -> None:
    answer = two_counties.ask()
    assert ids(answer.results) == ["village", "brigade", "next_village", "next_county"]
    told = {row.id: (row.consent.relation, row.consent.district_id) for row in answer.results}
    assert told == {
        "village": ("own_area", "A1"),
        "brigade": ("upper_level", "A"),
        "next_village": ("neighbour", "A2"),
        "next_county": ("neighbour", "B"),
    }
    assert [row.consent.common_superior_id for row in answer.results] == [None, None, "A", "city"]


@pytest.mark.parametrize("metric", [Metric.TRAVEL_TIME, Metric.STRAIGHT_LINE])
def test_a_switch_leaves_out_what_does_not_belong_to_the_own_area(two_counties: RoadCounty, metric: Metric) -> None:
    answer = two_counties.ask(own_area_only=True, metric=metric)
    assert ids(answer.results) == ["village"]
    assert answer.excluded_counts == {Reason.WRONG_TYPE: 3}
    assert answer.passed_over == ()
    excluded = two_counties.ask(own_area_only=True, metric=metric, include_excluded=True).excluded
    assert {row.detail for row in excluded} == {"does not belong to the incident's own area"}


def test_a_station_beside_a_yard_of_its_own_is_ranked_by_the_street_next_to_it(street: RoadCounty) -> None:
    street.road("yard", (0.01, 0.0012), (0.0105, 0.0012))
    street.team("station", (0.01, 0.0011), turnout_s=60.0)
    street.team("farther", (0.03, 0.0), turnout_s=60.0)
    answer = street.ask(include_excluded=True)
    assert ids(answer.results) == ["station", "farther"]
    assert answer.results[0].arrival.access_m == pytest.approx(121.6, abs=0.1)


def test_a_team_on_an_island_reaches_an_incident_there_and_nobody_else_does(street: RoadCounty) -> None:
    street.road("island", (0.01, 0.01), (0.02, 0.01))
    street.team("islander", (0.02, 0.01), turnout_s=60.0)
    answer = street.ask(at=(0.01, 0.01))
    assert ids(answer.results) == ["islander"]
    assert answer.results[0].arrival.travel_s == pytest.approx(PIECE_S, abs=0.01)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"barrier_ids": ("B1",)}, "barriers"),
        ({"policy": {"B1": "ignore"}}, "policy"),
        ({"include_route": True}, "include_route"),
    ],
)
def test_what_only_roads_know_is_refused_in_a_straight_line(
    street: RoadCounty, given: dict[str, object], named: str
) -> None:
    with pytest.raises(UsageError, match=f"'{named}' means nothing in a straight line"):
        street.ask(metric=Metric.STRAIGHT_LINE, **given)


def test_a_district_is_not_travelled_to_unless_that_is_asked(street: RoadCounty) -> None:
    street.put("districts", "D1", box(-0.005, -0.005, 0.005, 0.005), level="township")
    straight, asked = street.ask("districts"), street.ask("districts", metric=Metric.TRAVEL_TIME)
    assert (straight.definition["metric"], straight.results[0].straight_m) == ("straight_line", 0.0)
    assert asked.definition["metric"] == "travel_time"
