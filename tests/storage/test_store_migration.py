"""A store of any older format becomes one of today's: whole, with a backup beside it, or it stays what it was."""

import re
import sys

import apsw
import pytest
from golden_stores import FOLDER, build_golden, rebuild
from store_samples import NOON, TEAMS, batch_of, counting_ids, open_store, run_python, team

from geo_ems.errors import StoreError
from geo_ems.storage.connections import FORMAT_VERSION
from geo_ems.storage.core_schema import FORMAT_2_TABLES
from geo_ems.storage.locking import StoreLock
from geo_ems.storage.migrating import STEPS, MigrationStep, migrate_store
from geo_ems.storage.positions_table import TABLES as FORMAT_3_TABLES
from geo_ems.storage.restoring import restore_backup

FORMATS = sorted(int(re.search(r"\d+", path.stem)[0]) for path in FOLDER.glob("store_format_*.sql"))
OLD_FORMATS = [version for version in FORMATS if version < FORMAT_VERSION]


def content_of(store) -> dict[str, list[object]]:
    return {
        layer: [(row.id, row.rev, row.properties, row.children, str(row.geometry)) for row in rows]
        for layer in store.describe().layers
        for rows in [store.read_rows(layer, store.read_columns(layer).ids.tolist())]
    }


def format_in(path) -> int:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute("SELECT format_version FROM ems_about").fetchall()[0][0]
    finally:
        connection.close()


def test_there_is_a_golden_store_of_every_format_up_to_this_one_and_a_step_to_each():
    assert list(range(1, FORMAT_VERSION + 1)) == FORMATS
    assert [step.version for step in STEPS] == list(range(2, FORMAT_VERSION + 1))


@pytest.mark.parametrize("version", FORMATS)
def test_a_golden_store_opens_with_all_it_had_and_goes_on(tmp_path, version):
    build_golden(tmp_path / "made_now.gpkg")
    rebuild(version, tmp_path / "s.gpkg")

    with open_store(tmp_path / "made_now.gpkg") as now, open_store(tmp_path / "s.gpkg") as store:
        assert content_of(store) == content_of(now)
        assert store.describe().seq == 9
        assert store.integrity_faults() == ()
        assert store.commit(batch_of("response_teams", team("new"))).seq == 10
        assert store.integrity_faults() == ()
    assert format_in(tmp_path / "s.gpkg") == FORMAT_VERSION


@pytest.mark.parametrize("version", OLD_FORMATS)
def test_the_backup_made_before_is_named_sound_and_of_the_old_format(tmp_path, version):
    rebuild(version, tmp_path / "s.gpkg")

    open_store(tmp_path / "s.gpkg").close()

    (backup,) = tmp_path.glob("*before*")
    assert backup.name == f"s.before-format-{FORMAT_VERSION}.20260701T120000Z.gpkg"
    assert format_in(backup) == version
    with open_store(backup, read_only=True) as store:
        assert store.integrity_faults() == ()
        assert len(store.read_columns("response_teams")) == 5


@pytest.mark.parametrize("version", OLD_FORMATS)
def test_who_only_reads_migrates_nothing(tmp_path, version):
    rebuild(version, tmp_path / "s.gpkg")

    with open_store(tmp_path / "s.gpkg", read_only=True) as store:
        assert len(store.read_columns("response_teams")) == 5
        assert store.integrity_faults() == ()

    assert format_in(tmp_path / "s.gpkg") == version


@pytest.mark.parametrize("version", OLD_FORMATS)
def test_a_backup_of_an_older_format_is_restored_as_a_store_of_this_one(tmp_path, version):
    rebuild(version, tmp_path / "old.gpkg")
    for ending in ("-wal", "-shm"):
        (tmp_path / f"old.gpkg{ending}").unlink(missing_ok=True)

    restore_backup(tmp_path / "old.gpkg", tmp_path / "s.gpkg", clock=lambda: NOON, new_id=counting_ids())

    assert (format_in(tmp_path / "old.gpkg"), format_in(tmp_path / "s.gpkg")) == (version, FORMAT_VERSION)
    with open_store(tmp_path / "s.gpkg") as store:
        assert store.integrity_faults() == ()


def test_a_step_that_fails_leaves_the_old_store_and_its_backup(tmp_path):
    def fail(connection):
        STEPS[0].apply(connection)
        connection.execute("UPDATE response_teams SET name = 'half'")
        raise apsw.SQLError("the step went wrong")

    rebuild(1, tmp_path / "s.gpkg")
    lock = StoreLock(tmp_path / "s.gpkg")
    with pytest.raises(StoreError, match="the step went wrong"):
        migrate_store(tmp_path / "s.gpkg", clock=lambda: NOON, steps=(MigrationStep(2, "fails", fail), *STEPS[1:]))
    lock.release()

    assert format_in(tmp_path / "s.gpkg") == 1
    with open_store(tmp_path / "s.gpkg", read_only=True) as store:
        assert "half" not in store.read_columns("response_teams").columns["name"].values.tolist()


def test_a_store_without_a_way_to_this_format_is_refused_in_words(tmp_path):
    rebuild(1, tmp_path / "s.gpkg")

    with pytest.raises(StoreError, match=f"no way from format 1 to {FORMAT_VERSION}"):
        migrate_store(tmp_path / "s.gpkg", clock=lambda: NOON, steps=())

    assert format_in(tmp_path / "s.gpkg") == 1


# The child counts the statements of the migration and ends itself before the one it was told: first a
# round without an end to learn how many there are, then fifty spread over all of them, the last after all.
KILLED_MIGRATIONS = """
import os, shutil, signal
from pathlib import Path
import apsw
from golden_stores import rebuild
from store_samples import open_store
from geo_ems.storage import migrating
folder, newest = Path(sys.argv[1]), int(sys.argv[4])
connect = migrating.connect
def migrate(store, last):
    count = 0
    def traced(*given, **more):
        connection = connect(*given, **more)
        def trace(*_):
            nonlocal count
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return True
        connection.set_exec_trace(trace)
        return connection
    migrating.connect = traced
    open_store(store)
    if last is None:
        print(count, file=open(store.with_suffix(".count"), "w"))
    os.kill(os.getpid(), signal.SIGKILL)
rebuild(1, folder / "old.gpkg")
found = {1: 0, newest: 0}
total = 0
for number in range(51):
    store = folder / f"s{number}" / "s.gpkg"
    store.parent.mkdir()
    shutil.copyfile(folder / "old.gpkg", store)
    child = os.fork()
    if child == 0:
        migrate(store, 1 + (number - 1) * (total + 1) // 49 if number else None)
    os.waitpid(child, 0)
    if number == 0:
        total = int(store.with_suffix(".count").read_text())
        continue
    connection = apsw.Connection(str(store))
    version = connection.execute("SELECT format_version FROM ems_about").fetchall()[0][0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name IN (" + sys.argv[2] + ")").fetchall()
    connection.close()
    assert tables == [(0,) if version == 1 else (int(sys.argv[3]),)], (number, version, tables)
    found[version] += 1
    with open_store(store) as opened:
        assert opened.integrity_faults() == (), number
        assert len(opened.read_columns("response_teams")) == 5
print(found[1], found[newest])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_fifty_migrations_killed_in_the_middle_leave_the_old_store_or_the_new_one(tmp_path):
    later = [*FORMAT_2_TABLES, *FORMAT_3_TABLES]
    names = ", ".join(f"'{name}'" for name in later)

    old, new = map(int, run_python(KILLED_MIGRATIONS, tmp_path, names, len(later), FORMAT_VERSION).split())

    assert old + new == 50
    assert old > 30
    assert new >= 1


def test_a_golden_store_is_rebuilt_as_it_was_written(tmp_path):
    build_golden(tmp_path / "a.gpkg")
    rebuild(FORMAT_VERSION, tmp_path / "b.gpkg")

    with open_store(tmp_path / "a.gpkg", TEAMS) as made, open_store(tmp_path / "b.gpkg", TEAMS) as rebuilt:
        assert content_of(made) == content_of(rebuilt)
        assert made.describe().layers.keys() == rebuilt.describe().layers.keys()


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("DROP TRIGGER ems_response_teams_update", id="a trigger of a layer"),
        pytest.param("DROP TRIGGER ems_change_log_no_delete", id="a trigger of the log"),
        pytest.param(
            "DROP TRIGGER ems_response_teams_update; DROP TRIGGER ems_response_teams_delete; "
            "ALTER TABLE response_teams DROP COLUMN status",
            id="a column",
        ),
    ],
)
@pytest.mark.parametrize("version", OLD_FORMATS)
def test_a_store_of_an_older_format_from_which_something_was_taken_is_migrated_and_mended(tmp_path, version, sql):
    rebuild(version, tmp_path / "s.gpkg")
    connection = apsw.Connection(str(tmp_path / "s.gpkg"))
    connection.execute(sql)
    connection.close()

    with open_store(tmp_path / "s.gpkg") as store:
        assert len(store.read_columns("response_teams")) == 5
        assert store.integrity_faults() == ()
    assert format_in(tmp_path / "s.gpkg") == FORMAT_VERSION
