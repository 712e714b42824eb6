"""A disk without room: nothing is half stored, questions are answered, deleting goes on, room is noticed by itself."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from store_samples import TEAMS, batch_of, deletion, open_store, run_python, team

from geo_ems.errors import StoreFullError
from geo_ems.storage.disk_reserve import RESERVE_BYTES, reserve_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="quotas and mounts are POSIX here")

MOUNT, UNMOUNT = shutil.which("mount") or "/bin/mount", shutil.which("umount") or "/bin/umount"

# Fills the store until it refuses; then reads, deletes, makes room, and writes on, all in one process.
FILL = """
import json
from pathlib import Path
import apsw
from store_samples import TEAMS, batch_of, deletion, open_store, team
from geo_ems.errors import StoreFullError
from geo_ems.storage import disk_reserve
folder = Path(sys.argv[1])
def wide(number):
    return team(f"w{number:04d}", name="x" * 4000)
def fill(store, start):
    acked = []
    for number in range(start, start + 3000):
        try:
            store.commit(batch_of("response_teams", wide(number)))
        except StoreFullError as error:
            return acked, str(error)
        acked.append(f"w{number:04d}")
    raise AssertionError("the disk was never full")
found = {}
with open_store(folder / "s.gpkg", TEAMS) as store:
    limit(1)
    acked, found["words"] = fill(store, 0)
    found["reads"] = sorted(set(acked) ^ set(store.read_columns("response_teams").ids))
    try:
        store.check_writing()
        store.commit(batch_of("response_teams", *(wide(n) for n in range(9000, 9100))))
        found["probe"] = "writes"
    except StoreFullError:
        found["probe"] = "full"
    found["sound"] = store.integrity_faults()
    found["had_reserve"] = disk_reserve.reserve_path(store._path).exists()
    with store._reading():  # somebody reads for long: the log cannot begin anew, it has to grow
        while True:  # whatever room the log still has is used up
            try:
                store.commit(batch_of("response_teams", wide(9999)))
                acked.append("w9999")
            except StoreFullError:
                break
        for name in acked[:8]:
            store.commit(deletion("response_teams", name))
        found["has_reserve"] = disk_reserve.reserve_path(store._path).exists()
    found["warned"] = store.warnings()
    limit(2)
    more, _ = fill_some(store)
    found["reserve_again"] = disk_reserve.reserve_path(store._path).exists()
    found["calm"] = store.warnings()
    expected = (set(acked) - set(acked[:8])) | set(more)
    found["all_there"] = expected == set(store.read_columns("response_teams").ids)
    found["count"] = len(acked)
apsw.set_default_vfs("unix")
with open_store(folder / "s.gpkg", read_only=True) as store:
    found["sound_after"] = store.integrity_faults()
    found["there_after"] = expected == set(store.read_columns("response_teams").ids)
print(json.dumps(found))
"""
QUOTA = """
from faulty_disk import QuotaDisk
from pathlib import Path
disk = QuotaDisk(Path(sys.argv[1]))
class Usage:
    @property
    def free(self):
        return disk.free_bytes()
def limit(times):
    from geo_ems.storage import disk_reserve
    disk.limit_bytes = 4_000_000 if times == 1 else 40_000_000
    disk_reserve.shutil = type("Shutil", (), {"disk_usage": staticmethod(lambda _: Usage())})
def fill_some(store):
    names = [f"z{n}" for n in range(20)]
    for name in names:
        store.commit(batch_of("response_teams", team(name, name="x" * 4000)))
    return names, ""
"""
MOUNTED = """
import shutil
import subprocess
def limit(times):
    if times == 2:
        subprocess.run(["mount", "-o", "remount,size=40m", sys.argv[1]], check=True)
def fill_some(store):
    names = [f"z{n}" for n in range(20)]
    for name in names:
        store.commit(batch_of("response_teams", team(name, name="x" * 4000)))
    return names, ""
"""


def check(found):
    assert "The disk is full" in found["words"]
    assert "Free some space on it and repeat; no restart is needed." in found["words"]
    assert found["probe"] == "full"
    assert (found["reads"], found["sound"]) == ([], [])
    assert found["count"] > 50
    assert (found["had_reserve"], found["has_reserve"], found["reserve_again"]) == (True, False, True)
    assert "the reserve for a full disk is used up" in found["warned"][0]
    assert found["calm"] == []
    assert (found["all_there"], found["there_after"], found["sound_after"]) == (True, True, [])


def test_a_store_on_a_disk_with_a_quota_refuses_in_words_keeps_all_and_recovers_without_a_restart(tmp_path):
    check(json.loads(run_python(QUOTA + FILL, tmp_path)))


def test_a_store_on_a_small_real_disk_does_the_same(tmp_path):
    if (
        os.geteuid() != 0
        or subprocess.run(
            [MOUNT, "-t", "tmpfs", "-o", "size=8m", "geo-ems-test", str(tmp_path)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("only root may mount a small disk; the quota above stands in for it")
    try:
        check(json.loads(run_python(MOUNTED + FILL, tmp_path)))
    finally:
        subprocess.run([UNMOUNT, "-l", str(tmp_path)], check=True)


def test_the_reserve_is_a_megabyte_beside_the_store_readable_by_its_user_alone(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS):
        state = reserve_path(tmp_path / "s.gpkg").stat()

    assert state.st_size == RESERVE_BYTES
    assert state.st_mode & 0o777 == 0o600
    assert state.st_blocks * 512 >= RESERVE_BYTES


def test_a_deletion_that_comes_with_changes_in_one_group_is_stored_and_they_are_refused(tmp_path):
    big = [team(f"b{number}", name="x" * 1000) for number in range(2000)]
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
        connection = store._writer._connection
        connection.pragma("max_page_count", connection.pragma("page_count") + 5)

        with pytest.raises(StoreFullError):
            store.commit(batch_of("response_teams", *big))
        store.commit(deletion("response_teams", "a"))

        assert store.read_columns("response_teams").ids.tolist() == []
        assert Path(reserve_path(store._path)).exists()
