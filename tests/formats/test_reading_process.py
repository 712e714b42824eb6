"""The process that reads foreign files: it is spawned, kept, replaced when it dies, and reaches nothing else."""

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import apsw
import pytest
from foreign_files import frame, write_gdal

from geo_ems.errors import DataError
from geo_ems.formats import gdal_process
from geo_ems.formats.gdal_child import DRIVERS
from geo_ems.formats.raw import DEFAULT_LIMITS, Limits
from geo_ems.formats.reading import read_records

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits: the wait alone is bounded")


@pytest.fixture
def places(tmp_path):
    return write_gdal(tmp_path / "a.gpkg", frame())


def waiting():
    """Return the readers that wait for work."""
    return list(gdal_process._POOL.idle)


def with_view(path, select):
    """Make a view the only layer of a GeoPackage."""
    database = apsw.Connection(str(path))
    database.execute(f"CREATE VIEW v AS {select}")
    database.execute("UPDATE gpkg_contents SET table_name = 'v', data_type = 'attributes'")
    database.close()
    return path


def test_one_process_serves_one_request_after_the_other(places):
    read_records(places)
    (first,) = waiting()
    read_records(places)

    assert waiting() == [first]
    assert first.process.pid != os.getpid()


def test_a_process_that_was_killed_while_it_waited_is_replaced(places):
    read_records(places)
    (first,) = waiting()
    first.process.kill()
    first.process.wait()

    assert len(read_records(places).records) == 3
    assert waiting() != [first]


def test_a_process_that_dies_at_work_gives_an_error_and_the_next_file_is_read(places, tmp_path):
    endless = with_view(
        write_gdal(tmp_path / "b.gpkg", frame()),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, i AS a FROM n",
    )
    read_records(places)
    (reader,) = waiting()
    killer = threading.Timer(0.5, reader.process.kill)
    killer.start()

    with pytest.raises(
        DataError, match=r"could not be read to its end: it ran out of memory, or the data made it fail"
    ):
        read_records(endless)
    killer.join()

    assert reader.process.returncode is not None
    assert len(read_records(places).records) == 3


def test_a_process_that_does_not_answer_is_ended(tmp_path):
    endless = with_view(
        write_gdal(tmp_path / "b.gpkg", frame()),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, i AS a FROM n",
    )

    with pytest.raises(DataError, match=r"it took longer than 1.5 s") as caught:
        read_records(endless, limits=Limits(foreign_wait_s=1.5))

    assert "save it again as GeoPackage, or in smaller parts" in caught.value.remedy


@posix
def test_a_process_that_computes_too_long_is_ended_by_the_system(tmp_path):
    endless = with_view(
        write_gdal(tmp_path / "b.gpkg", frame()),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, i AS a FROM n",
    )

    with pytest.raises(DataError, match=r"it computed longer than is allowed"):
        read_records(endless, limits=Limits(foreign_processor_s=1, foreign_wait_s=60))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux bounds the address space")
def test_a_process_that_wants_too_much_memory_gives_up_and_says_so(tmp_path):
    greedy = with_view(
        write_gdal(tmp_path / "b.gpkg", frame()),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) "
        "SELECT i AS fid, printf('%.*c', 100000000, 'x') AS a FROM n",
    )

    with pytest.raises(DataError, match=r"more memory|out of memory|cannot be read") as caught:
        read_records(greedy, limits=Limits(foreign_memory_bytes=1_200_000_000))

    assert caught.value.remedy


def test_readers_of_several_threads_do_not_get_into_each_others_way(places):
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: len(read_records(places).records), range(12)))

    assert counts == [3] * 12
    assert len(waiting()) == 1


def test_idle_processes_end_and_their_folders_are_gone(places, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "private"))
    (tmp_path / "private").mkdir()
    read_records(places)
    (reader,) = waiting()

    gdal_process._POOL.close()

    assert (waiting(), reader.process.returncode) == ([], 0)
    assert list((tmp_path / "private").iterdir()) == []


def test_a_process_ends_when_the_one_that_asked_is_gone(places):
    program = (
        "import sys, os; sys.path[:] = eval(sys.argv[2]); from pathlib import Path\n"
        "from geo_ems.formats.reading import read_records; from geo_ems.formats import gdal_process\n"
        "read_records(Path(sys.argv[1])); print(gdal_process._POOL.idle[0].process.pid, flush=True); os._exit(1)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", program, str(places), repr([os.path.abspath(p) for p in sys.path])],  # noqa: PTH100 - as the program has it
        capture_output=True,
        check=False,
    )
    pid = int(asked.stdout)

    for _ in range(100):
        if not is_alive(pid):
            break
        time.sleep(0.05)
    assert not is_alive(pid)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - not a file of ours
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_only_the_four_drivers_are_there():
    with gdal_process._POOL.leased(DEFAULT_LIMITS.foreign_memory_bytes) as reader:
        assert reader.ask({"task": "drivers"}, wait_s=20)  # an unknown request is answered with an error
    assert not set(gdal_process._POOL.skipped) & DRIVERS


def test_a_driver_that_nobody_foresaw_is_taken_out_before_a_file_is_opened(places):
    pool = gdal_process._Pool(skipped=tuple(name for name in gdal_process._OTHER_DRIVERS if name != "CSV"))

    with pool.leased(DEFAULT_LIMITS.foreign_memory_bytes) as reader:
        pid = reader.process.pid
    pool.close()

    assert "CSV" in pool.skipped
    assert pid


def test_settings_of_gdal_in_the_environment_change_nothing(places, monkeypatch):
    monkeypatch.setenv("GDAL_SKIP", "GPKG")
    monkeypatch.setenv("OGR_SQLITE_PRAGMA", "query_only=1")
    monkeypatch.setenv("PROJ_DATA", "/nowhere")
    gdal_process._POOL.close()

    raw = read_records(places)
    gdal_process._POOL.close()

    assert (len(raw.records), raw.crs) == (3, "EPSG:4326")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIRTUAL TABLE v USING VirtualOGR('{url}')",
        "CREATE VIRTUAL TABLE v USING VirtualShape('/vsicurl/{url}')",
        "CREATE VIRTUAL TABLE v USING VirtualText('/etc/passwd')",
    ],
)
def test_a_table_that_points_elsewhere_is_refused_and_nothing_is_fetched(places, statement):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        text = statement.format(url=f"http://127.0.0.1:{server.getsockname()[1]}/x.geojson")
        database = apsw.Connection(str(places))
        database.execute("PRAGMA writable_schema = 1")
        database.execute("INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, ?)", (text,))
        database.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('v', 'attributes')")
        database.close()

        with pytest.raises(DataError, match=r"table 'v' is made by 'virtual(ogr|shape|text)', which is not read"):
            read_records(places, sheet="v")
        with pytest.raises(TimeoutError):
            server.accept()


def test_an_answer_that_is_cut_short_or_nonsense_is_no_answer(places, monkeypatch):
    for frames in ([], [{}], [{"layers": 3}], [b"x"], [["a"]]):
        monkeypatch.setattr("geo_ems.formats.gdal_layers.ask_reader", lambda *_, frames=frames, **__: frames)
        with pytest.raises(DataError, match=r"an answer that cannot be understood"):
            read_records(places)
