"""Places that move while they are asked about: ours beside rtree and Redis GEO, in turns.

    python benchmarks/moving.py [COUNT]

COUNT is 100,000 unless told otherwise. First, for ten seconds, 1,000 moves and 1,000 questions a second in one
process, from two threads, as they come in a server; then each engine answers in turns, as fast as it can: one
move, one question for the five nearest. rtree holds Earth-centred boxes and gives chords without a proof; Redis
(its own process on 127.0.0.1, started and ended here) takes a radius and gives distances on a sphere. Redis is
left out where redis-server is not installed.
"""

import platform
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from geo_ems.queries.compiled import load_kernels
from geo_ems.queries.ellipsoid import lonlat_to_xyz
from geo_ems.queries.moving import MovingPoints

SEED = 7
K = 5
SECONDS = 10.0
PER_S = 1000
ROUNDS, PAIRS = 5, 300
BOX = ((110.0, 29.0), (114.0, 33.0))


@dataclass(frozen=True, slots=True)
class Engine:
    """How one engine moves a place, and finds the nearest ones."""

    name: str
    move: Callable[[int, tuple[float, float]], object]
    ask: Callable[[tuple[float, float]], object]


def paced(places: MovingPoints, seconds: float) -> tuple[list[float], list[float]]:
    """Move and ask 1,000 times a second each, from two threads; return the times of both, in microseconds."""
    moved_us: list[float] = []
    asked_us: list[float] = []
    end = time.perf_counter() + seconds

    def keep_on(work: Callable[[np.random.Generator], object], taken_us: list[float], seed: int) -> None:
        random, due = np.random.default_rng(seed), time.perf_counter()
        while due < end:
            due += 1 / PER_S
            rest = due - time.perf_counter()
            if rest > 0:
                time.sleep(rest)
            start = time.perf_counter_ns()
            work(random)
            taken_us.append((time.perf_counter_ns() - start) / 1e3)

    def move(random: np.random.Generator) -> None:
        places.move(int(random.integers(len(places))), tuple(random.uniform(*BOX)))

    def ask(random: np.random.Generator) -> None:
        places.nearest(at_lonlat_deg=tuple(random.uniform(*BOX)), k=K)

    mover = threading.Thread(target=keep_on, args=(move, moved_us, 1))
    mover.start()
    keep_on(ask, asked_us, 2)
    mover.join()
    return moved_us, asked_us


def in_turns(engines: list[Engine], count: int) -> dict[str, tuple[float, float]]:
    """Return, by engine, the medians over all rounds of one move and of one question, in microseconds."""
    random = np.random.default_rng(SEED)
    taken: dict[str, tuple[list[float], list[float]]] = {engine.name: ([], []) for engine in engines}
    for _ in range(ROUNDS):
        rows = random.integers(count, size=PAIRS).tolist()
        targets, asked = ([tuple(place) for place in random.uniform(*BOX, (PAIRS, 2)).tolist()] for _ in range(2))
        for engine in engines:
            for row, target, at in zip(rows, targets, asked, strict=True):
                start = time.perf_counter_ns()
                engine.move(row, target)
                between = time.perf_counter_ns()
                engine.ask(at)
                end = time.perf_counter_ns()
                taken[engine.name][0].append((between - start) / 1e3)
                taken[engine.name][1].append((end - between) / 1e3)
    return {name: (statistics.median(moves), statistics.median(asks)) for name, (moves, asks) in taken.items()}


def rtree_engine(lonlat_deg: np.ndarray) -> Engine:
    """Return rtree over boxes in three dimensions, the only ones in which its nearest is not wrong."""
    from rtree import index  # noqa: PLC0415 - a peer

    xyz_m = lonlat_to_xyz(lonlat_deg).T
    tree = index.Index(((row, (*place, *place), None) for row, place in enumerate(xyz_m.tolist())),
                       properties=index.Property(dimension=3))  # fmt: skip
    held = xyz_m.tolist()

    def move(row: int, target: tuple[float, float]) -> None:
        place = lonlat_to_xyz(np.array([target]))[:, 0].tolist()
        tree.delete(row, (*held[row], *held[row]))
        tree.insert(row, (*place, *place))
        held[row] = place

    def ask(at: tuple[float, float]) -> list[int]:
        place = lonlat_to_xyz(np.array([at]))[:, 0].tolist()
        return list(tree.nearest((*place, *place), K))

    return Engine("rtree", move, ask)


@contextmanager
def redis_engine(lonlat_deg: np.ndarray):  # noqa: ANN201 - an engine, or None where there is no server
    """Yield Redis GEO on this machine, in a process of its own that ends with the block."""
    program = shutil.which("redis-server")
    if program is None:
        print("redis-server is not installed: that peer is left out")
        yield None
        return
    import redis  # noqa: PLC0415 - a peer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:
        client = redis.Redis(host="127.0.0.1", port=port)
        until = time.monotonic() + 10
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        for start in range(0, len(lonlat_deg), 5000):
            part = lonlat_deg[start : start + 5000].tolist()
            client.geoadd("places", [value for row, (lon, lat) in enumerate(part, start) for value in (lon, lat, row)])
        # A radius in which there are some fifty: one that is too small would find too few.
        radius_m = float(np.sqrt(50 / len(lonlat_deg) * 4 * 4 * 95_000 * 111_000 / np.pi))
        yield Engine(
            "Redis GEO",
            lambda row, target: client.geoadd("places", [*target, row]),
            lambda at: client.geosearch(
                "places", longitude=at[0], latitude=at[1], radius=radius_m, unit="m", sort="ASC", count=K, withdist=True
            ),
        )
        client.close()
    finally:
        server.terminate()
        server.wait(timeout=10)


def main(count: int) -> int:
    """Print the figures; 1 where a question took longer than promised."""
    load_kernels()
    lonlat_deg = np.random.default_rng(SEED).uniform(*BOX, (count, 2))
    places = MovingPoints(lonlat_deg)
    for at in lonlat_deg[:20].tolist():
        places.nearest(at_lonlat_deg=tuple(at), k=K)
    moved_us, asked_us = paced(places, SECONDS)
    print(
        f"Python {platform.python_version()}, {count} moving places, {places.rebuilt_count - 1} trees built meanwhile"
    )
    for name, taken_us in (("move", moved_us), ("question", asked_us)):
        p50, p99, worst = np.percentile(taken_us, [50, 99, 100])
        print(
            f"{len(taken_us) / SECONDS:6.0f} {name}s/s   p50 {p50:7.1f} us   p99 {p99:7.1f} us   worst {worst:9.1f} us"
        )
    ours = Engine("ours", places.move, lambda at: places.nearest(at_lonlat_deg=at, k=K))
    with redis_engine(lonlat_deg) as redis_peer:
        engines = [ours, rtree_engine(lonlat_deg), *([] if redis_peer is None else [redis_peer])]
        for engine in engines:
            engine.ask((112.0, 31.0))
        found = in_turns(engines, count)
    pair_us = sum(found["ours"])
    print(f"{'in turns, medians':20} {'move us':>10} {'question us':>12} {'pairs/s':>10} {'pairs/s, ours : peer':>22}")
    for name, (move_us, ask_us) in found.items():
        print(
            f"{name:20} {move_us:10.1f} {ask_us:12.1f} {1e6 / (move_us + ask_us):10.0f} "
            f"{(move_us + ask_us) / pair_us:22.1f}"
        )
    return int(np.percentile(asked_us, 99) >= 1000)  # the goal is a millisecond


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
