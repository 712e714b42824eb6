"""Backups are checked before they get their name, and restoring never touches a store before the backup is sound."""

import hashlib
import json
import sys
import threading
from datetime import UTC, datetime, timedelta

import apsw
import pytest
from store_samples import DEPOTS, NOON, TEAMS, batch_of, counting_ids, open_store, run_python, team

from geo_ems.errors import StoreError
from geo_ems.model.features import Feature
from geo_ems.storage.backups import Keeping, default_backup_path, manifest_path, remove_old_backups
from geo_ems.storage.restoring import restore_backup


def restore(backup, store, *, at=NOON):
    numbers = counting_ids()
    return restore_backup(backup, store, clock=lambda: at, new_id=lambda: "restored" + numbers())


def hashes_of(path) -> dict[str, str]:
    """Return a hash over all rows of every table of layers."""
    found = {}
    with open_store(path, read_only=True) as store, store._reading() as connection:
        for layer in ("response_teams", "supply_depots", "supply_depots__stock"):
            rows = connection.execute(f'SELECT * FROM "{layer}" ORDER BY fid').fetchall()  # noqa: S608 - constants above
            found[layer] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


@pytest.fixture
def filled(tmp_path):
    path = tmp_path / "s.gpkg"
    with open_store(path, TEAMS, DEPOTS) as store:
        store.commit(batch_of("response_teams", *(team(f"t{number}") for number in range(500)), bulk=True))
        stock = ({"item": "tent", "quantity": 4.0},)
        store.commit(batch_of("supply_depots", Feature("D-1", None, {"name": "d"}, {"stock": stock})))
        store.backup_to(tmp_path / "backup.gpkg")
    return path


def test_the_manifest_says_what_is_in_the_backup(tmp_path, filled):
    backup = tmp_path / "backup.gpkg"
    manifest = json.loads(manifest_path(backup).read_bytes())

    assert manifest["sha256"] == hashlib.sha256(backup.read_bytes()).hexdigest()
    assert manifest["size_bytes"] == backup.stat().st_size
    assert manifest["made_at"] == "2026-07-01T12:00:00Z"
    assert manifest["content"]["layers"] == {"response_teams": 500, "supply_depots": 1}
    assert (manifest["content"]["seq"], manifest["content"]["store_id"]) == (4, "0001")
    if sys.platform != "win32":
        assert [path.stat().st_mode & 0o777 for path in (backup, manifest_path(backup))] == [0o600, 0o600]


def test_a_drill_restores_every_row_of_every_layer_into_a_new_place(tmp_path, filled):
    done = restore(tmp_path / "backup.gpkg", tmp_path / "elsewhere.gpkg")

    assert hashes_of(tmp_path / "elsewhere.gpkg") == hashes_of(filled)
    assert done.replaced is None
    with open_store(tmp_path / "elsewhere.gpkg") as store:
        assert store.integrity_faults() == ()
        assert store.commit(batch_of("response_teams", team("new"))).seq == 6


def test_the_replaced_store_is_kept_with_all_it_had(tmp_path, filled):
    with open_store(filled) as store:
        store.commit(batch_of("response_teams", team("after the backup")))
    before = hashes_of(filled)

    done = restore(tmp_path / "backup.gpkg", filled)

    assert done.replaced == tmp_path / "s.replaced.20260701T120000Z.gpkg"
    assert hashes_of(done.replaced) == before
    with open_store(filled, read_only=True) as store:
        assert "after the backup" not in store.read_columns("response_teams").ids


def test_a_restored_store_is_told_apart_from_the_one_it_was_copied_from(tmp_path, filled):
    with open_store(filled) as store:
        before = store.describe()
        store.commit(batch_of("response_teams", team("lost")))
        lost = store.describe()

    restore(tmp_path / "backup.gpkg", filled)
    with open_store(filled) as store:
        restored = store.describe()
        store.commit(batch_of("response_teams", team("other")))
        after = store.describe()
        with store._reading() as connection:
            seals = connection.execute("SELECT seq, seal FROM ems_change_log").fetchall()
            ((op, note),) = connection.execute("SELECT op, note FROM ems_change_log WHERE seq = 5").fetchall()
        assert store.integrity_faults() == ()

    assert (lost.seq, restored.seq, after.seq) == (5, 5, 6)
    assert len({(item.store_id, item.seq) for item in (before, lost, restored, after)}) == 4
    assert before.store_id == lost.store_id != restored.store_id == after.store_id
    assert restored.store_id[:8] != before.store_id[:8]
    assert op == "restored"
    assert json.loads(note)["backup_sha256"] == hashlib.sha256((tmp_path / "backup.gpkg").read_bytes()).hexdigest()
    assert len(set(seals)) == len(seals)


def test_a_store_in_use_is_not_restored_over(tmp_path, filled):
    with open_store(filled), pytest.raises(StoreError, match="open for writing in process"):
        restore(tmp_path / "backup.gpkg", filled)
    assert not list(tmp_path.glob("*replaced*"))


def cut(backup):
    backup.write_bytes(backup.read_bytes()[:100_000])


def flip(backup):
    content = bytearray(backup.read_bytes())
    content[60_000] ^= 0xFF
    backup.write_bytes(content)


def change_row(backup):
    """A damaged byte inside a text: SQLite cannot see it."""
    content = backup.read_bytes()
    manifest_path(backup).unlink()
    backup.write_bytes(content.replace(b"team t17", b"team tXX"))


def make_newer(backup):
    connection = apsw.Connection(str(backup))
    connection.execute("UPDATE ems_about SET format_version = 99")
    connection.close()


def change_manifest(backup):
    manifest_path(backup).write_text("{}")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        pytest.param(cut, "damaged|no GeoPackage|hash is another", id="cut off"),
        pytest.param(flip, "damaged|hash is another", id="one byte"),
        pytest.param(change_row, "it is not what was written under", id="inside a text"),
        pytest.param(make_newer, "format 99, this program knows formats up to", id="newer"),
        pytest.param(lambda backup: backup.write_text("a,b"), "not a GeoPackage", id="a CSV file"),
        pytest.param(change_manifest, "manifest of the backup cannot be read", id="manifest"),
        pytest.param(lambda backup: (backup.parent / "backup.gpkg-wal").write_text("x"), "write-ahead log", id="live"),
    ],
)
def test_a_backup_that_is_not_sound_is_refused_before_anything_is_touched(tmp_path, filled, harm, words):
    before = filled.read_bytes()
    harm(tmp_path / "backup.gpkg")
    listed = sorted(path.name for path in tmp_path.iterdir())

    with pytest.raises(StoreError, match=words) as refused:
        restore(tmp_path / "backup.gpkg", filled)

    assert refused.value.remedy
    assert filled.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == listed


def test_a_damaged_store_is_replaced_and_kept_with_its_log(tmp_path, filled):
    filled.write_bytes(b"\0" * 5000)
    (tmp_path / "s.gpkg-wal").write_bytes(b"log of the damaged store")

    done = restore(tmp_path / "backup.gpkg", filled)

    assert done.replaced.read_bytes() == b"\0" * 5000
    assert done.replaced.with_name(done.replaced.name + "-wal").exists()
    with open_store(filled) as store:
        assert len(store.read_columns("response_teams")) == 500


def test_a_backup_while_four_threads_write_holds_whole_commits_up_to_one_moment(tmp_path):
    stop = threading.Event()
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:

        def write(thread: int) -> None:
            number = 0
            while not stop.is_set():
                name = f"{thread}-{number}"
                store.commit(batch_of("response_teams", team(name), team(name + "-twin")))
                number += 1

        threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
        for thread in threads:
            thread.start()
        manifests = [store.backup_to(tmp_path / f"b{number}.gpkg") for number in range(5)]
        stop.set()
        for thread in threads:
            thread.join()

    for number, manifest in enumerate(manifests):
        with open_store(tmp_path / f"b{number}.gpkg", read_only=True) as copy:
            names = set(copy.read_columns("response_teams").ids)
            assert {f"{name}-twin" for name in names if "twin" not in name} == {n for n in names if "twin" in n}
            assert copy.describe().seq == manifest.content.seq
            assert copy.integrity_faults() == ()


def test_one_backup_per_day_week_and_month_is_kept(tmp_path):
    store = tmp_path / "s.gpkg"
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    for day in range(100):
        for hour in (0, 6):
            path = default_backup_path(store, noon - timedelta(days=day, hours=hour))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"")
            manifest_path(path).write_bytes(b"")
    (tmp_path / "backups" / "s.backup.mine.gpkg").write_bytes(b"")

    removed = remove_old_backups(store, tmp_path / "backups", Keeping(newest=1, days=7, weeks=4, months=3))

    left = sorted(path.name for path in (tmp_path / "backups").glob("*.gpkg"))
    assert len(removed) == 200 - (len(left) - 1)
    assert [name.split(".")[2][:8] for name in left[:-1]] == [
        "20260531", "20260614", "20260621", "20260625", "20260626", "20260627", "20260628", "20260629", "20260630",
        "20260701",
    ]  # fmt: skip
    assert left[-1] == "s.backup.mine.gpkg"
    assert len(list((tmp_path / "backups").glob("*.json"))) == len(left) - 1


KILLED_RESTORE = """
import os, random, signal, time
from pathlib import Path
from store_samples import NOON, open_store
from geo_ems.storage.restoring import restore_backup
folder, chance = Path(sys.argv[1]), random.Random(7)
for number in range(25):
    child = os.fork()
    if child == 0:
        restore_backup(folder / "backup.gpkg", folder / "s.gpkg", clock=lambda: NOON.replace(minute=number),
            new_id=lambda: f"incarnation{number}")
        os._exit(0)
    time.sleep(chance.uniform(0, 0.12))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with open_store(folder / "s.gpkg") as store:
        assert store.integrity_faults() == (), number
        assert len(store.read_columns("response_teams")) in (500, 501), number
print("whole")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_restore_that_is_killed_leaves_the_old_store_or_the_restored_one(tmp_path, filled):
    with open_store(filled) as store:
        store.commit(batch_of("response_teams", team("after the backup")))

    assert run_python(KILLED_RESTORE, tmp_path).strip() == "whole"
