"""The store under simulated power cuts: `python tests/storage/power_cuts.py CUTS SEED [SYNC]` prints what was found.

One run writes a store with several threads on a recording disk. Then the power is cut at random
moments of the record, what would be found on the disk is put into a folder and opened by the store
as after a real cut: every acknowledged commit must be there, the pages sound, the log sealed.
"""

import itertools
import json
import random
import sys
import tempfile
import threading
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

import apsw  # noqa: E402 - the folders above come first
from faulty_disk import STORE_ENDINGS, SYSTEM, RecordingDisk, disk_after_power_cut  # noqa: E402
from store_samples import TEAMS, batch_of, open_store, team  # noqa: E402

from geo_ems.errors import StoreError  # noqa: E402

THREADS, COMMITS = 4, 12
CHECKPOINT_PAGES = 30  # so small that cuts meet checkpoints and logs that begin anew


def write_store(disk: RecordingDisk, folder: Path, sync: str) -> tuple[dict[str, bytes], dict[str, int]]:
    """Write a store by several threads; return its files at the beginning, and after which step each id was acked."""
    path = folder / "s.gpkg"
    open_store(path, TEAMS).close()
    start = {path.name + ending: path.with_name(path.name + ending).read_bytes() for ending in ("",)}
    disk.steps.clear()
    acked: dict[str, int] = {}
    numbers = itertools.count()

    def write(store) -> None:
        for _ in range(COMMITS):
            number = next(numbers)
            name = f"t{number:03d}"
            store.commit(batch_of("response_teams", team(name, name="x" * (number * 311 % 3000))))
            acked[name] = len(disk.steps)

    store = open_store(path)
    store._writer._connection.pragma("synchronous", sync)
    store._writer._connection.pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
    threads = [threading.Thread(target=write, args=(store,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorded = list(disk.steps)
    store.close()
    disk.steps[:] = recorded  # the store is never closed in order: the power is cut
    return start, acked


def faults_after(files: dict[str, bytearray], acked: set[str], folder: Path) -> tuple[bool, bool]:
    """Return whether the store found on the disk is corrupt, and whether it lost something acknowledged."""
    path = folder / "s.gpkg"
    for item in folder.iterdir():
        item.unlink()
    for name, content in files.items():
        if name in {path.name + ending for ending in STORE_ENDINGS}:
            (folder / name).write_bytes(content)
    try:
        with open_store(path) as store:
            if store.integrity_faults():
                return True, False
            return False, not acked <= set(store.read_columns("response_teams").ids)
    except (StoreError, apsw.Error):
        return True, False


def cut_power(cuts: int, seed: int, sync: str) -> dict[str, int]:
    """Cut the power so often; return how often something was corrupt or lost, and the first cut that was."""
    disk = RecordingDisk()
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    found = {"cuts": cuts, "corrupt": 0, "lost": 0, "first_bad": -1}
    with tempfile.TemporaryDirectory() as written, tempfile.TemporaryDirectory() as rebuilt:
        start, acked = write_store(disk, Path(written), sync)
        steps = list(disk.steps)
        apsw.set_default_vfs(SYSTEM)
        for number in range(cuts):
            at = chance.randrange(1, len(steps) + 1)
            files = disk_after_power_cut(start, steps, at, chance)
            corrupt, lost = faults_after(files, {name for name, step in acked.items() if step <= at}, Path(rebuilt))
            found["corrupt"] += corrupt
            found["lost"] += lost
            if (corrupt or lost) and found["first_bad"] < 0:
                found["first_bad"] = number
    return {**found, "steps": len(steps), "acked": len(acked)}


if __name__ == "__main__":
    asked_cuts, asked_seed, asked_sync = int(sys.argv[1]), int(sys.argv[2]), (sys.argv[3:] or ["FULL"])[0]
    outcome = cut_power(asked_cuts, asked_seed, asked_sync)
    sys.stdout.write(json.dumps({"seed": asked_seed, "synchronous": asked_sync, **outcome}) + "\n")
    sys.exit(1 if asked_sync == "FULL" and (outcome["corrupt"] or outcome["lost"]) else 0)
