"""Coverage on the roads of a town that can be counted by hand, and against costs found pair by pair."""

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from shapely import LineString, box

from geo_ems.errors import UsageError
from geo_ems.formats.answers import coverage_mapping
from geo_ems.model.definitions import Reason
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.model.roads import Direction, Metric, Mode

if TYPE_CHECKING:
    from small_county import SmallCounty

BLOCK_M = 1113.1949
BLOCK_S = BLOCK_M / 4000 * 3600  # on foot


@pytest.fixture
def river_town(county: "SmallCounty") -> "SmallCounty":
    """Two banks of three blocks each, joined by the bridge in the middle; a shelter on the south bank."""
    banks = {
        f"{bank}{n}": LineString([(n * 0.01, y), ((n + 1) * 0.01, y)])
        for bank, y in (("s", 0.0), ("n", 0.01))
        for n in range(2)
    }
    county.put_roads({**banks, "bridge": LineString([(0.01, 0.0), (0.01, 0.01)])})
    county.put("shelters", "s", (0.0, 0.0), status="open", capacity_persons=500)
    county.put("population", "south", (0.02, 0.0), people_persons=10)
    county.put("population", "north", (0.0, 0.01), people_persons=100)
    return county


def test_a_straight_line_crosses_the_river_and_a_road_does_not(river_town: "SmallCounty") -> None:
    straight = river_town.coverage("shelters", cutoff_m=1500.0)
    by_road = river_town.coverage("shelters", cutoff_m=1500.0, metric=Metric.ROAD_DISTANCE)
    assert (straight.query["metric"], straight.total.reachable) == ("straight_line", 100)
    assert (by_road.query["metric"], by_road.total.reachable) == ("road_distance", 0)
    north = by_road.demand[0]
    assert (north.id, north.reason, north.nearest_id) == ("north", "no_shelter_in_cutoff", "s")
    assert north.nearest_cost == pytest.approx(3 * BLOCK_M, abs=10)


def test_a_cutoff_in_time_is_travel_time_on_foot_to_shelters(river_town: "SmallCounty") -> None:
    answer = river_town.coverage("shelters", cutoff_s=2 * BLOCK_S + 1)
    assert (answer.query["metric"], answer.query["mode"], answer.query["direction"]) == (
        "travel_time",
        "walk",
        "from_incident",
    )
    assert answer.total.reachable == 10
    assert answer.definition["units"] == "s"
    assert coverage_mapping(answer)["network_version"]
    assert river_town.coverage("shelters", cutoff_s=3 * BLOCK_S + 1).total.reachable == 110
    assert river_town.coverage("shelters", cutoff_s=3 * BLOCK_S + 1, mode=Mode.DRIVE).total.reachable == 110


def test_a_closed_bridge_leaves_the_other_bank_unreachable(river_town: "SmallCounty") -> None:
    river_town.put("barriers", "b", LineString([(0.009, 0.005), (0.011, 0.005)]), policy="closed", state="active")
    answer = river_town.coverage("shelters", cutoff_s=86_400.0)
    assert [(row.id, row.reachable, row.reason, row.nearest_id) for row in answer.demand] == [
        ("north", False, "unreachable", None),
        ("south", True, None, "s"),
    ]
    assert answer.roads is not None
    assert [barrier.id for barrier in answer.roads.barriers] == ["b"]
    assert river_town.coverage("shelters", cutoff_s=86_400.0, policy={"b": "ignore"}).total.reachable == 110


def test_people_on_a_piece_of_road_cut_off_are_isolated(river_town: "SmallCounty") -> None:
    river_town.put_roads({"lane": LineString([(0.1, 0.1), (0.101, 0.1)])})
    river_town.put("population", "lost", (0.1, 0.1), people_persons=5)
    river_town.put("population", "placeless", None, people_persons=7)
    answer = river_town.coverage("shelters", cutoff_s=86_400.0)
    assert {row.id: row.reason for row in answer.demand if row.reason} == {
        "lost": "isolated",
        "placeless": "unlocated",
    }
    assert (answer.total.people, answer.total.reachable) == (122, 110)


def test_a_shelter_inside_a_flood_does_not_count_and_the_flood_closes_its_roads(river_town: "SmallCounty") -> None:
    river_town.put("shelters", "n", (0.02, 0.01), status="standby")
    river_town.put("hazard_areas", "f", box(-0.005, -0.005, 0.005, 0.005), kind="flood", state="active")
    answer = river_town.coverage("shelters", cutoff_m=50_000.0, metric=Metric.ROAD_DISTANCE)
    assert answer.excluded_counts == {Reason.INSIDE_HAZARD: 1}
    assert [(row.id, row.people_in_reach, row.people_nearest) for row in answer.facilities] == [("n", 110, 110)]


def test_two_shelters_at_one_place_are_a_tie_that_the_first_has(river_town: "SmallCounty") -> None:
    river_town.put("shelters", "a", (0.0, 0.0), status="open")
    answer = river_town.coverage("shelters", cutoff_s=86_400.0)
    assert [(row.nearest_id, row.backup_count) for row in answer.demand] == [("a", 2), ("a", 2)]


def test_teams_come_and_people_go(county: "SmallCounty") -> None:
    county.put("roads", "r", LineString([(0.0, 0.0), (0.02, 0.0)]), road_class="village", oneway="forward")
    county.put("response_teams", "t", (0.01, 0.0), status="available", position_mode="base")
    county.put("population", "before", (0.005, 0.0), people_persons=1)
    county.put("population", "behind", (0.015, 0.0), people_persons=10)
    come = county.coverage("response_teams", cutoff_s=3600.0)
    assert (come.query["mode"], come.query["direction"], come.total.reachable) == ("drive", "to_incident", 10)
    assert county.coverage("response_teams", cutoff_s=3600.0, direction=Direction.FROM_INCIDENT).total.reachable == 1


@pytest.mark.parametrize("seed", range(3))
def test_coverage_equals_costs_found_pair_by_pair(county: "SmallCounty", seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = nx.random_geometric_graph(40, 0.22, seed=seed)
    place = {n: tuple(np.round(np.array(xy) * 0.05, 6)) for n, xy in nx.get_node_attributes(graph, "pos").items()}
    county.put_roads({f"r{i}": LineString([place[a], place[b]]) for i, (a, b) in enumerate(graph.edges)})
    for a, b in graph.edges:
        graph.edges[a, b]["m"] = geodesic(place[a], place[b])
    shelters = rng.choice(40, 5, replace=False).tolist()
    people = {node: int(rng.integers(1, 100)) for node in range(40) if graph.degree[node]}
    shelters = [node for node in shelters if node in people]
    put_many(county, "shelters", {f"s{n:02d}": place[n] for n in shelters}, status="open")
    for node, count in people.items():
        graph.nodes[node]["people"] = count
    put_people(county, {f"p{n:02d}": (place[n], count) for n, count in people.items()})
    cutoff_m = 1800.0
    answer = county.coverage("shelters", cutoff_m=cutoff_m, metric=Metric.ROAD_DISTANCE)
    lengths = {n: nx.single_source_dijkstra_path_length(graph, n, weight="m") for n in shelters}
    for row in answer.demand:
        node = int(row.id[1:])
        costs = {n: lengths[n].get(node, np.inf) for n in shelters}
        least = min(costs.values())
        assert row.backup_count == sum(cost <= cutoff_m for cost in costs.values())
        assert row.reachable == (least <= cutoff_m)
        assert (row.nearest_cost is None) == np.isinf(least)
        if row.nearest_cost is not None:
            assert row.nearest_cost == pytest.approx(least, abs=0.01)
            assert costs[int(str(row.nearest_id)[1:])] == pytest.approx(least, abs=0.01)
    for facility in answer.facilities:
        node = int(facility.id[1:])
        within = [n for n in people if lengths[node].get(n, np.inf) <= cutoff_m]
        assert facility.people_in_reach == sum(people[n] for n in within)
    assert sum(facility.people_nearest for facility in answer.facilities) == answer.total.reachable


def geodesic(one: tuple[float, float], other: tuple[float, float]) -> float:
    from geo_ems.queries.ellipsoid import geodesic_m

    return float(geodesic_m(np.array([one]), np.array([other]))[0])


def put_many(county: "SmallCounty", layer: str, places: dict[str, tuple[float, float]], **values: str) -> None:
    from shapely import Point

    changes = [
        FeatureChange(ChangeKind.UPSERT, name, Feature(name, Point(place), {"name": name, **values}, {}))
        for name, place in places.items()
    ]
    county.store.commit(ChangeBatch(layer, tuple(changes), "tester", "test"))


def put_people(county: "SmallCounty", people: dict[str, tuple[tuple[float, float], int]]) -> None:
    from shapely import Point

    changes = [
        FeatureChange(ChangeKind.UPSERT, name, Feature(name, Point(place), {"name": name, "people_persons": count}, {}))
        for name, (place, count) in people.items()
    ]
    county.store.commit(ChangeBatch("population", tuple(changes), "tester", "test"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"cutoff_m": 1.0, "cutoff_s": 1.0}, "two cutoffs", id="two"),
        pytest.param({"cutoff_m": 1.0, "mode": Mode.WALK}, "'mode' has no meaning in a straight line", id="mode"),
        pytest.param({"cutoff_m": 1.0, "barrier_ids": ("B1",)}, "'barriers' has no meaning", id="barriers"),
        pytest.param({"cutoff_m": 1.0, "policy": {"B1": "ignore"}}, "'policy' has no meaning", id="policy"),
        pytest.param({"cutoff_s": 1.0, "metric": Metric.STRAIGHT_LINE}, "does not fit", id="time in a straight line"),
        pytest.param({"cutoff_s": 1.0, "metric": Metric.ROAD_DISTANCE}, "does not fit", id="time for metres"),
        pytest.param({"cutoff_m": 1.0, "metric": Metric.TRAVEL_TIME}, "does not fit", id="metres for time"),
        pytest.param({"metric": Metric.TRAVEL_TIME}, "no default cutoff", id="no cutoff"),
        pytest.param({"cutoff_s": -1.0}, "the cutoff is -1.0 s", id="negative"),
        pytest.param({"cutoff_s": 60.0}, "none are loaded", id="no roads"),
    ],
)
def test_a_wrong_question_is_refused(county: "SmallCounty", more: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        county.coverage("shelters", **more)
    assert said in str(caught.value)
