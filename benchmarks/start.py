"""Starting with a large layer: whole processes over a store of a million shelters, made in a temporary folder.

Call it as `make bench-start`, or `python benchmarks/start.py 100000` for another number of features.
Seconds are wall time of this machine with its other work; processor seconds are told beside them.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import shapely

from geo_ems.bootstrap import opened
from geo_ems.cli.main import run
from geo_ems.model.caller import LOCAL
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import NearestQuestion
from geo_ems.settings import Project, load_project

SEED = 7
BATCH = 100_000
ROUNDS = 5
AT = (113.0, 23.0)
_ASK = """
import time
from geo_ems.bootstrap import current_project, opened
from geo_ems.model.caller import LOCAL
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import NearestQuestion
project = current_project()
with opened(project, read_only=True) as application:
    nearest(application.snapshots, NearestQuestion("shelters", (113.0, 23.0)), caller=LOCAL,
            defaults=project.defaults, zone=project.zone, clock=application.clock)
    print(time.time(), flush=True)
"""


def make_project(folder: Path, count: int) -> Project:
    """Return a project with `count` shelters: half in one county, half over the whole Earth, a dozen fields each."""
    run(["init", str(folder)])
    project = load_project(folder, {})
    rng = np.random.default_rng(SEED)
    lonlat_deg = np.column_stack([rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))])
    lonlat_deg[: count // 2] = rng.normal(AT, 0.5, (count // 2, 2))
    with opened(project) as application:
        fields = application.snapshots.definition("shelters").fields
        kinds, states = tuple(fields["kind"].codes), tuple(fields["status"].codes)
        suited = tuple(fields["suitable_for"].codes)
        for start in range(0, count, BATCH):
            changes = []
            for number in range(start, min(count, start + BATCH)):
                code = f"S{number:07d}"
                values = {
                    "code": code,
                    "name": f"第{number}号避难场所",
                    "kind": kinds[number % len(kinds)],
                    "status": states[number * 7 % len(states)],
                    "address": f"解放路{number % 977}号",
                    "capacity_persons": 100 + number % 900,
                    "usable_area_m2": 200.5 + number % 1700,
                    "occupied_persons": number % 80,
                    "suitable_for": tuple(sorted({suited[number % len(suited)], suited[number // 3 % len(suited)]})),
                    "key_holder": f"王{number % 1000}",
                    "phone": f"0000-{number:07d}",
                    "surveyed_on": f"2024-{1 + number % 12:02d}-{1 + number % 28:02d}",
                }
                feature = Feature(code, shapely.Point(lonlat_deg[number]), values)
                changes.append(FeatureChange(ChangeKind.CREATE, code, feature))
            application.store.commit(ChangeBatch("shelters", tuple(changes), "benchmark", "benchmark", bulk=True))
    return project


def process_s(folder: Path, *arguments: str) -> tuple[float, float]:
    """Return wall and processor seconds of one process from its start to its end, or to the time it prints."""
    environment = {**os.environ, "GEO_EMS_PROJECT_DIR": str(folder)}
    environment.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # an installed program is compiled, and so is this from the first run on
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True)
    wall_s = (float(done.stdout) if arguments[1] == _ASK else time.time()) - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def edit_rounds_s(project: Project) -> list[float]:
    """Return the seconds of the question after each of some edits: states, places, features that come and go."""
    taken: list[float] = []
    with opened(project) as application:

        def ask() -> float:
            start = time.perf_counter()
            nearest(
                application.snapshots,
                NearestQuestion("shelters", AT),
                caller=LOCAL,
                defaults=project.defaults,
                zone=project.zone,
                clock=application.clock,
            )
            return time.perf_counter() - start

        def write(change: FeatureChange) -> None:
            application.store.commit(ChangeBatch("shelters", (change,), "benchmark", "benchmark"))
            taken.append(ask())

        ask()
        for number in range(ROUNDS):
            (stored,) = application.store.read_rows("shelters", [f"S{number:07d}"])
            values = {**stored.properties, "status": "closed" if number % 2 else "open"}
            write(FeatureChange(ChangeKind.REPLACE, stored.id, Feature(stored.id, stored.geometry, values)))
            write(FeatureChange(ChangeKind.REPLACE, stored.id, Feature(stored.id, shapely.Point(AT), values)))
            write(FeatureChange(ChangeKind.CREATE, f"S0x{number}", Feature(f"S0x{number}", shapely.Point(AT), values)))
            write(FeatureChange(ChangeKind.DELETE, f"S0x{number}"))
    return taken


def main(count: int) -> None:
    """Print one line per way of starting."""
    with tempfile.TemporaryDirectory(prefix="geo_ems_start_") as temporary:
        folder = Path(temporary) / "county"
        project = make_project(folder, count)
        print(f"{count:,} shelters with twelve fields; store {(folder / 'geo_ems.gpkg').stat().st_size / 1e6:.0f} MB\n")
        print(f"{'':58} {'wall s':>8} {'processor s':>12}")

        def tell(what: str, wall_s: float, processor_s: float | None = None) -> None:
            print(f"{what:58} {wall_s:8.3f} {'' if processor_s is None else f'{processor_s:12.3f}'}", flush=True)

        process_s(folder, "-c", "import geo_ems.bootstrap, geo_ems.services.nearest")
        tell("process to its first answer, without a cache", *process_s(folder, "-c", _ASK))
        for name, arguments in (
            ("process to its first answer, from the cache", ("-c", _ASK)),
            (
                "geo-ems nearest --format json, whole process",
                ("-m", "geo_ems.cli.main", "nearest", "shelters", "--at", "113,23", "--format", "json"),
            ),
        ):
            rounds = [process_s(folder, *arguments) for _ in range(ROUNDS)]
            tell(f"{name}, median of {ROUNDS}", *(statistics.median(column) for column in zip(*rounds, strict=True)))
            tell("  the best of them", *(min(column) for column in zip(*rounds, strict=True)))
        after_edits = edit_rounds_s(project)
        tell(f"the question after an edit, median of {len(after_edits)}", statistics.median(after_edits))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
