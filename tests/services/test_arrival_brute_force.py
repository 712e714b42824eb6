"""Random small worlds: every answer against the ways of networkx, pair by pair, with closures, statuses and cutoffs."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from pyproj import Geod
from road_county import DEFAULT_KMH, RoadCounty
from shapely import Point
from small_county import SmallCounty

from geo_ems.model.definitions import LayerDefinition, Reason
from geo_ems.model.roads import Direction, Metric

SIDE = 5
STEP_DEG = 0.01
GEOD = Geod(ellps="WGS84")
WORLDS = 12


class RandomWorld:
    """A grid of streets, some missing, some one-way, of several speeds; teams at junctions, closures on streets."""

    def __init__(self, county: RoadCounty, seed: int) -> None:
        self.county = county
        self.random = np.random.default_rng(seed)
        self.streets: list[tuple[int, int, float, str]] = []
        self.closed: set[int] = set()
        self.teams: dict[str, tuple[int, float, str | None]] = {}
        self._lay_streets()
        self._place_teams()

    def place(self, node: int) -> tuple[float, float]:
        return (0.1 + node % SIDE * STEP_DEG, 0.1 + node // SIDE * STEP_DEG)

    def metres(self, a: int, b: int) -> float:
        return float(GEOD.inv(*self.place(a), *self.place(b))[2])

    def _lay_streets(self) -> None:
        pairs = [(n, n + 1) for n in range(SIDE * SIDE) if n % SIDE < SIDE - 1]
        pairs += [(n, n + SIDE) for n in range(SIDE * (SIDE - 1))]
        kept = self.random.random(len(pairs)) < 0.75
        for number, (a, b) in enumerate(pair for pair, keep in zip(pairs, kept, strict=True) if keep):
            speed_kmh = float(self.random.choice([18.0, DEFAULT_KMH, 72.0]))
            oneway = str(self.random.choice(["no", "no", "no", "forward", "backward"]))
            self.streets.append((a, b, speed_kmh, oneway))
            ends = (self.place(a), self.place(b))
            self.county.road(f"R{number:03d}", *ends, speed_kmh=speed_kmh, oneway=oneway)
            if self.random.random() < 0.15:
                self.closed.add(number)
                middle = Point((ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2)
                self.county.closure(f"B{number:03d}", middle)

    def _place_teams(self) -> None:
        used = sorted({node for a, b, *_ in self.streets for node in (a, b)})
        for number in range(12):
            node = int(self.random.choice(used))
            turnout_s = float(self.random.integers(0, 600))
            status = self.random.choice(["available", "available", "available", "on_scene", "unset"])
            self.teams[f"T{number:02d}"] = (node, turnout_s, None if status == "unset" else str(status))
            known = {"status": None if status == "unset" else str(status)}
            self.county.team(f"T{number:02d}", self.place(node), turnout_s=turnout_s, **known)

    def graph(self, weight: str, *, open_only: bool = True) -> nx.DiGraph:
        graph = nx.DiGraph()
        graph.add_nodes_from({node for a, b, *_ in self.streets for node in (a, b)})
        for number, (a, b, speed_kmh, oneway) in enumerate(self.streets):
            if open_only and number in self.closed:
                continue
            cost = self.metres(a, b) / (speed_kmh / 3.6 if weight == "time" else 1.0)
            if oneway != "backward":
                graph.add_edge(a, b, cost=cost)
            if oneway != "forward":
                graph.add_edge(b, a, cost=cost)
        return graph

    def main_nodes(self) -> set[int]:
        """Return the junctions of the streets that belong to the largest part where all reach all."""
        whole = self.graph("time", open_only=False)
        largest = max(nx.strongly_connected_components(whole), key=lambda part: (len(part), -min(part)))
        return {n for a, b, *_ in self.streets if a in largest and b in largest for n in (a, b)}


@pytest.fixture
def fresh(tmp_path: Path, empty_store: Path, bundled_definitions: Mapping[str, LayerDefinition]):
    made: list[SmallCounty] = []

    def make() -> RoadCounty:
        path = tmp_path / f"county{len(made)}.gpkg"
        shutil.copyfile(empty_store, path)
        made.append(SmallCounty(path, bundled_definitions))
        return RoadCounty(made[-1])

    yield make
    for county in made:
        county.embedded.close()


def expected_totals(world: RandomWorld, target: int, metric: Metric, *, coming: bool) -> dict[str, float]:
    graph = world.graph("time" if metric is Metric.TRAVEL_TIME else "metres")
    totals = {}
    for team, (node, turnout_s, _) in world.teams.items():
        ends = (node, target) if coming else (target, node)
        try:
            cost = nx.dijkstra_path_length(graph, *ends, weight="cost")
        except nx.NetworkXNoPath:
            continue
        totals[team] = cost + (turnout_s if metric is Metric.TRAVEL_TIME else 0.0)
    return totals


@pytest.mark.parametrize("metric", [Metric.TRAVEL_TIME, Metric.ROAD_DISTANCE])
@pytest.mark.parametrize("seed", range(WORLDS))
def test_the_answer_is_that_of_every_pair_looked_up_alone(fresh, seed: int, metric: Metric) -> None:
    world = RandomWorld(fresh(), seed)
    main = world.main_nodes()
    target = int(world.random.choice(sorted(main)))
    direction = Direction.TO_INCIDENT if seed % 2 else Direction.FROM_INCIDENT
    totals = expected_totals(world, target, metric, coming=direction is Direction.TO_INCIDENT)
    cutoff = float(np.median(list(totals.values()))) + 0.5 if seed % 3 == 0 and totals else None
    k = 1 + seed % 4
    limit = {} if cutoff is None else {"cutoff_s" if metric is Metric.TRAVEL_TIME else "cutoff_m": cutoff}
    answer = world.county.ask(
        at=world.place(target), k=k, metric=metric, direction=direction, include_excluded=True, **limit
    )

    eligible = [team for team, (_, _, status) in world.teams.items() if status == "available"]
    reached = {team: totals[team] for team in eligible if team in totals}
    within = [team for team, total in reached.items() if cutoff is None or total <= cutoff]
    ranked = sorted(
        within, key=lambda team: (round(reached[team], 1), round(world.metres(world.teams[team][0], target), 3), team)
    )
    assert [row.id for row in answer.results] == ranked[:k]
    for row in answer.results:
        told = row.arrival.total_s if metric is Metric.TRAVEL_TIME else row.distance_m
        assert told == pytest.approx(reached[row.id], abs=0.01)
    unreached = [team for team in eligible if team not in reached]
    counts = {
        Reason.UNAVAILABLE: sum(status == "on_scene" for _, _, status in world.teams.values()),
        Reason.STATUS_UNKNOWN: sum(status is None for _, _, status in world.teams.values()),
        Reason.ISOLATED: sum(world.teams[team][0] not in main for team in unreached),
        Reason.UNREACHABLE: sum(world.teams[team][0] in main for team in unreached),
        Reason.BEYOND_CUTOFF: len(reached) - len(within),
        Reason.BELOW_RANK_K: len(within) - len(answer.results),
    }
    assert answer.excluded_counts == {reason: count for reason, count in counts.items() if count}
    assert len(answer.results) + sum(answer.excluded_counts.values()) == len(world.teams)
    known = {row.id: row.total_s if metric is Metric.TRAVEL_TIME else row.distance_m for row in answer.excluded}
    for team, total in known.items():
        assert total == pytest.approx(totals[team], abs=0.01) if team in totals else total is None


@pytest.mark.parametrize("seed", range(4))
def test_closing_one_more_street_brings_nobody_nearer(fresh, seed: int) -> None:
    world = RandomWorld(fresh(), 100 + seed)
    target = world.place(int(world.random.choice(sorted(world.main_nodes()))))
    before = {row.id: row.arrival.total_s for row in world.county.ask(at=target, k=50).results}
    a, b, *_ = world.streets[int(world.random.integers(len(world.streets)))]
    middle = Point(*(np.array([world.place(a), world.place(b)]).mean(axis=0)))
    world.county.closure("more", middle)
    after = {row.id: row.arrival.total_s for row in world.county.ask(at=target, k=50).results}
    assert set(after) <= set(before)
    assert all(total >= before[team] - 0.002 for team, total in after.items())
