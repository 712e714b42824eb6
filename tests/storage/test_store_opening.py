import errno
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import apsw
import pytest
from store_samples import SHELTERS, TEAMS, batch_of, open_store, run_python, start_python, team

from geo_ems.errors import StoreError
from geo_ems.storage.locking import StoreLock

HOLDER = """
import sys, time
from pathlib import Path
from store_samples import open_store
store = open_store(Path(sys.argv[1]))
store.announce("http://127.0.0.1:8000")
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    with start_python(HOLDER, tmp_path / "s.gpkg") as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_a_second_writer_is_refused_naming_process_and_address(tmp_path, holder):
    with pytest.raises(StoreError) as refused:
        open_store(tmp_path / "s.gpkg")

    assert f"process {holder.pid} on " in refused.value.problem
    assert refused.value.problem.endswith("which serves at http://127.0.0.1:8000")
    assert refused.value.remedy == "Make the change through that process, or stop it first."


def test_a_reader_needs_no_lock(tmp_path, holder):
    assert holder.poll() is None
    with open_store(tmp_path / "s.gpkg", read_only=True) as store:
        assert store.describe().seq == 0


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_the_lock_of_a_killed_process_is_taken_over(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        assert store.describe().seq == 1
        assert json.loads((tmp_path / "s.gpkg.lock").read_text())["pid"] == os.getpid()


def test_the_same_process_cannot_open_a_store_twice_for_writing(tmp_path):
    with open_store(tmp_path / "s.gpkg"), pytest.raises(StoreError, match=f"process {os.getpid()} on"):
        open_store(tmp_path / "s.gpkg")
    open_store(tmp_path / "s.gpkg").close()


def test_what_was_acknowledged_is_there_after_reopening(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
        identity = store.describe().store_id

    with open_store(tmp_path / "s.gpkg") as store:
        description = store.describe()
        assert (description.store_id, description.seq) == (identity, 2)
        assert store.read_columns("response_teams").ids.tolist() == ["a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.gpkg", "s.gpkg.lock", "s.gpkg.reserve"]


def test_a_store_opened_for_reading_refuses_changes(tmp_path):
    open_store(tmp_path / "s.gpkg", TEAMS).close()

    with open_store(tmp_path / "s.gpkg", read_only=True) as store:
        assert store.notice_foreign_edits() == ()
        with pytest.raises(StoreError, match=r"open for reading only\. Open it for writing\."):
            store.commit(batch_of("response_teams", team("a")))


def test_reading_a_store_that_is_not_there_creates_nothing(tmp_path):
    with pytest.raises(StoreError, match="There is no store"):
        open_store(tmp_path / "s.gpkg", read_only=True)

    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"There is no folder .*county"):
        open_store(tmp_path / "county" / "s.gpkg")


def test_a_log_without_its_store_is_not_taken_for_a_new_store(tmp_path):
    (tmp_path / "s.gpkg-wal").write_bytes(b"x")

    with pytest.raises(StoreError, match="its write-ahead log is there"):
        open_store(tmp_path / "s.gpkg")

    assert not (tmp_path / "s.gpkg").exists()


def write_text(path):
    path.write_text("name,lon,lat\n" * 100)


def write_database(path):
    apsw.Connection(str(path)).execute("CREATE TABLE t (x)").connection.close()


def write_geopackage(path):
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA application_id = 0x47504B47; CREATE TABLE gpkg_contents (x)")
    connection.close()


def write_newer(path):
    open_store(path).close()
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE ems_about SET format_version = 4")
    connection.close()


@pytest.mark.parametrize(
    ("write", "words"),
    [
        pytest.param(write_text, "not a GeoPackage", id="a CSV file"),
        pytest.param(lambda path: path.write_bytes(b""), "no GeoPackage", id="an empty file"),
        pytest.param(write_database, "no GeoPackage", id="another database"),
        pytest.param(write_geopackage, "not a store of geo_ems", id="another GeoPackage"),
        pytest.param(write_newer, "format 4, this program knows formats up to 3.*Update geo_ems", id="newer"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_files_that_are_no_store_of_ours_are_refused_and_left_as_they_are(tmp_path, write, words, read_only):
    path = tmp_path / "s.gpkg"
    write(path)
    content = path.read_bytes()

    with pytest.raises(StoreError, match=words) as refused:
        open_store(path, read_only=read_only)

    assert refused.value.remedy
    assert path.read_bytes() == content


READ_ONLY_SCRIPT = """
import os, sys
from pathlib import Path
from store_samples import TEAMS, batch_of, open_store, team
from geo_ems.errors import StoreError
import concurrent.futures.thread
if os.geteuid() == 0:
    os.setuid(65534)
path = Path(sys.argv[1])
try:
    with open_store(path, read_only=sys.argv[2] == "r") as store:
        print(store.read_columns("response_teams").ids.tolist())
except StoreError as error:
    print(error.problem)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
@pytest.mark.parametrize(("mode", "answer"), [("r", "['a']"), ("w", "The lock file cannot be written")])
def test_a_store_on_a_read_only_medium_serves_reads_and_says_why_it_takes_no_writes(mode, answer):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_store(folder / "s.gpkg", TEAMS) as store:
            store.commit(batch_of("response_teams", team("a")))
        (folder / "s.gpkg").chmod(0o444)
        folder.chmod(0o555)
        printed = run_python(READ_ONLY_SCRIPT, folder / "s.gpkg", mode)
        folder.chmod(0o755)

    assert printed.startswith(answer)


def test_a_store_that_another_program_took_out_of_wal_mode_is_put_back(tmp_path):
    open_store(tmp_path / "s.gpkg", TEAMS).close()
    connection = apsw.Connection(str(tmp_path / "s.gpkg"))
    assert connection.pragma("journal_mode", "delete") == "delete"
    connection.close()

    with open_store(tmp_path / "s.gpkg") as store:
        assert store._writer._connection.pragma("journal_mode") == "wal"
        assert store._writer._connection.pragma("synchronous") == 2


def test_a_description_names_layers_counts_and_definitions(tmp_path):
    with open_store(tmp_path / "s.gpkg", SHELTERS, TEAMS) as store:
        store.commit(batch_of("response_teams", team("a"), team("b")))

        layers = store.describe().layers

    assert (layers["shelters"].count, layers["shelters"].last_seq, layers["shelters"].changed_at) == (0, 1, None)
    assert layers["shelters"].definition_text == 'name = "shelters"'
    assert (layers["shelters"].definition_sha256, layers["shelters"].definition_seq) == ("5e1f", 1)
    assert (layers["response_teams"].count, layers["response_teams"].last_seq) == (2, 3)
    assert layers["response_teams"].changed_at == "2026-07-01T12:00:00Z"


def test_a_full_disk_leaves_the_lock_without_a_name_but_held(tmp_path, monkeypatch):
    def full(descriptor, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("geo_ems.storage.locking.os.write", full)
    lock = StoreLock(tmp_path / "s.gpkg")
    with pytest.raises(StoreError, match="another process, which has not given its number"):
        StoreLock(tmp_path / "s.gpkg")
    lock.release()
    StoreLock(tmp_path / "s.gpkg").release()
