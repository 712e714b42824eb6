"""Networks for tests: from lists of lines, and random ones with loops, parallels, one-ways and dead ends."""

from collections.abc import Sequence

import numpy as np
import shapely

from geo_ems.model.columns import FloatArray, ObjectArray
from geo_ems.model.roads import Metric, Mode
from geo_ems.routing.building import build_network
from geo_ems.routing.costs import Costs, costs_of
from geo_ems.routing.effects import BarrierEffects
from geo_ems.routing.lines import LineTimes, RoadLines, TurnRestriction
from geo_ems.routing.network import RoadNetwork

DRIVE = Mode.DRIVE
INF = float("inf")


def objects(items: Sequence[object]) -> ObjectArray:
    array = np.empty(len(items), dtype=np.object_)
    array[:] = items
    return array


def lines_of(
    roads: dict[str, Sequence[tuple[float, float]]],
    *,
    seconds: dict[str, float | tuple[float, float]] | None = None,
    restrictions: Sequence[TurnRestriction] = (),
) -> RoadLines:
    """Return roads by id as lists of vertices; `seconds` along and against (one number: both), 100 where not said."""
    both = [(seconds or {}).get(name, 100.0) for name in roads]
    pairs = np.array([item if isinstance(item, tuple) else (item, item) for item in both]).reshape(-1, 2)
    return RoadLines(
        list(roads),
        objects([shapely.LineString(vertices) for vertices in roads.values()]),
        {DRIVE: LineTimes(pairs[:, 0].copy(), pairs[:, 1].copy())},
        restrictions=restrictions,
    )


def network_of(roads: dict[str, Sequence[tuple[float, float]]], **options: object) -> RoadNetwork:
    return build_network(lines_of(roads, **options), key="test")[0]


def drive(network: RoadNetwork, effects: BarrierEffects | None = None, metric: Metric = Metric.TRAVEL_TIME) -> Costs:
    return costs_of(network, DRIVE, metric, effects)


def effects_of(
    portions: Sequence[tuple[int, float, float, int, float, float]],
    *,
    barrier: Sequence[int] | None = None,
    area: Sequence[object] = (),
) -> BarrierEffects:
    """Return portions (edge, from, to, sense, factor, delay) as barriers, one each unless numbered."""
    rows = np.array(portions, dtype=np.float64).reshape(-1, 6)
    number = np.arange(len(rows)) if barrier is None else np.array(barrier)
    count = max(int(number.max(initial=-1)) + 1, len(area))
    return BarrierEffects(
        rows[:, 0].astype(np.int32),
        rows[:, 1].copy(),
        rows[:, 2].copy(),
        rows[:, 3].astype(np.int8),
        rows[:, 4].copy(),
        rows[:, 5].copy(),
        number.astype(np.int32),
        tuple(f"barrier {i}" for i in range(count)),
        objects([*area, *[None] * (count - len(area))]),
    )


def edge_named(network: RoadNetwork, road: str) -> int:
    """Return the only edge of a road."""
    (edge,) = np.flatnonzero(network.road_ids[network.edge_road] == road)
    return int(edge)


def random_lines(rng: np.random.Generator, *, places: int, roads: int, side_deg: float = 0.02) -> RoadLines:
    """Return roads between random places: some one-way, some loops, parallels, doubles, some of no length."""
    spots = np.round(rng.uniform(0.0, side_deg, (places, 2)), 6)
    ends = rng.integers(0, places, (roads, 2))
    again = rng.random(roads) < 0.1
    ends[again] = ends[rng.integers(0, roads, int(again.sum()))]
    shapes = []
    for begin, end in ends.tolist():
        between = spots[begin] + rng.normal(0.0, side_deg / 20, 2)
        shapes.append(
            [spots[begin], *([np.round(between, 6)] if begin == end or rng.random() < 0.5 else []), spots[end]]
        )
    metres = np.array([shapely.LineString(shape).length for shape in shapes]) * 111_000.0
    speed = rng.uniform(3.0, 30.0, roads)
    forward, backward = metres / speed, metres / (speed * rng.uniform(0.7, 1.0, roads))
    one_way = rng.random(roads)
    forward[one_way < 0.1] = INF
    backward[one_way > 0.8] = INF
    return RoadLines(
        [f"r{i}" for i in range(roads)],
        objects([shapely.LineString(shape) for shape in shapes]),
        {DRIVE: LineTimes(forward, backward)},
    )


def random_effects(rng: np.random.Generator, network: RoadNetwork, *, count: int) -> BarrierEffects:
    """Return random barriers: closed, slow, delays; points and stretches; one direction or both."""
    portions = []
    for _ in range(count):
        low, high = sorted(rng.choice([0.0, 1.0, *rng.uniform(0.0, 1.0, 3)], 2).tolist())
        kind = rng.integers(0, 3)
        factor = INF if kind == 0 else (float(rng.uniform(1.0, 5.0)) if kind == 1 else 1.0)
        delay = float(rng.uniform(1.0, 300.0)) if kind == 2 else 0.0
        portions.append((int(rng.integers(network.edge_count)), low, high, int(rng.integers(-1, 2)), factor, delay))
    return effects_of(portions)


def spots_on(rng: np.random.Generator, count: int, *, side_deg: float = 0.02) -> FloatArray:
    return rng.uniform(-0.1 * side_deg, 1.1 * side_deg, (count, 2))
