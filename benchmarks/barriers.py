"""Closures on a network of half a million junctions: a flood over 62,000 pieces of road, a line, a point.

Call it as `python benchmarks/barriers.py`, or with another number of junctions along each side. The peer asks
shapely for the pieces that meet the flood and cuts each of them at its boundary. Times are medians.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import shapely

from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.barrier_values import Barrier
from geo_ems.routing.barriers import effects_of
from geo_ems.routing.building import build_network
from geo_ems.routing.lines import LineTimes, RoadLines
from geo_ems.routing.network import RoadNetwork

SEED, ROUNDS = 11, 9
SIDE = 708  # junctions: 708 x 708 = 501,264
STEP_DEG = 0.001
EDGES_HIT = 62_000


def main(side: int) -> None:
    """Build the network, then time each kind of barrier."""
    network = street_network(side)
    random = np.random.default_rng(SEED)
    print(f"{len(network.place_lonlat_deg)} junctions, {network.edge_count} pieces of road")
    hits = EDGES_HIT * (side / SIDE) ** 2
    # A shore with many bays: its area holds as many pieces as are to be hit, two for each junction.
    radius_deg = STEP_DEG * np.sqrt(hits / 2.0 / np.pi)
    floods = [Barrier(f"flood {turn}", _shore(side, radius_deg, random), Policy.CLOSED) for turn in range(ROUNDS)]
    far = side * STEP_DEG
    lines = [
        Barrier(f"line {turn}", shapely.LineString(111.0 + random.uniform(0, far, (2, 2))), Policy.CLOSED)
        for turn in range(ROUNDS)
    ]
    lines = [Barrier(each.id, shapely.transform(each.geometry, _north), each.policy) for each in lines]
    points = [
        Barrier(
            f"point {turn}", shapely.Point(111.0 + random.uniform(0, far), 31.0 + random.uniform(0, far)), Policy.CLOSED
        )
        for turn in range(ROUNDS)
    ]
    hit = [np.unique(effects_of(network, [flood], mode=Mode.DRIVE).edge).size for flood in floods]
    print(f"a flood hits {statistics.median(hit):.0f} pieces")
    for name, barriers in (("flood", floods), ("line", lines), ("point", points)):
        print(f"{name}: {_median_ms([_asks(network, barrier) for barrier in barriers]):.1f} ms")
    every = _lines_of(network)
    tree = shapely.STRtree(every)
    print(f"shapely, cutting each piece: {_median_ms([_peer(tree, every, flood) for flood in floods[:3]]):.0f} ms")


def street_network(side: int) -> RoadNetwork:
    """Return streets like a chessboard that has been shaken, `side` x `side` junctions."""
    random = np.random.default_rng(SEED)
    columns, rows = np.meshgrid(np.arange(side), np.arange(side))
    lon = 111.0 + STEP_DEG * (columns + random.uniform(-0.3, 0.3, columns.shape))
    lat = 31.0 + STEP_DEG * (rows + random.uniform(-0.3, 0.3, rows.shape))
    places = np.stack([lon, lat], axis=-1)
    lines = np.array([shapely.LineString(line) for line in (*places, *places.swapaxes(0, 1))], dtype=object)
    ids = tuple(f"r{number}" for number in range(lines.size))
    times = LineTimes(np.full(lines.size, side * 8.0), np.full(lines.size, side * 8.0))
    network, _ = build_network(RoadLines(ids, lines, {Mode.DRIVE: times}), key=f"streets {side}")
    return network


def _shore(side: int, radius_deg: float, random: np.random.Generator) -> shapely.Polygon:
    angle = np.linspace(0.0, 2.0 * np.pi, 2000, endpoint=False)
    waves = sum(0.05 * np.sin(wave * angle + random.uniform(0, 6)) for wave in (3, 7, 19, 53))
    reach = radius_deg * (1.0 + waves)
    middle = np.array([111.0, 31.0]) + side * STEP_DEG * random.uniform(0.35, 0.65, 2)
    return shapely.Polygon(middle + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def _north(lonlat_deg: np.ndarray) -> np.ndarray:
    return lonlat_deg - np.array([0.0, 80.0])


def _asks(network: RoadNetwork, barrier: Barrier) -> Callable[[], object]:
    return lambda: effects_of(network, [barrier], mode=Mode.DRIVE)


def _peer(tree: shapely.STRtree, lines: np.ndarray, flood: Barrier) -> Callable[[], object]:
    def cut() -> object:
        shapely.prepare(flood.geometry)
        met = tree.query(flood.geometry, predicate="intersects")
        return shapely.intersection(lines[met], flood.geometry)

    return cut


def _lines_of(network: RoadNetwork) -> np.ndarray:
    edge = np.repeat(np.arange(network.edge_count), np.diff(network.first_vertex))
    return np.asarray(shapely.linestrings(network.vertex_lonlat_deg, indices=edge))


def _median_ms(calls: list[Callable[[], object]]) -> float:
    taken = []
    for call in calls:
        begun = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begun) * 1000.0)
    return statistics.median(taken)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SIDE)
