"""`geo-ems nearest` as a process of its own: light, from the cache, and the same bytes as the server's search gives."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo_ems.bootstrap import current_project, opened
from geo_ems.cli.main import run
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.queries.compiled import load_kernels
from geo_ems.storage.column_cache import CACHED_FROM_ROWS
from geo_ems.storage.locking import StoreLock

HEAVY = ("pandas", "geopandas", "fastapi", "scipy", "numba", "uvicorn", "folium", "pyogrio", "rich", "pyarrow")
ASKED = ["nearest", "shelters", "--at", "113,23", "--k", "7", "--as-of", "2026-07-01T00:00:00Z", "--format", "json"]
STATES = ("open", "standby", "full", "closed", None)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a layer large enough for the cache."""
    folder = tmp_path_factory.mktemp("large") / "county"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
        assert run(["init", str(folder)]) == 0
        places = np.random.default_rng(5).normal([113.0, 23.0], 0.3, (CACHED_FROM_ROWS, 2)).round(3)
        changes = tuple(
            FeatureChange(
                ChangeKind.CREATE,
                f"S{number}",
                Feature(
                    f"S{number}",
                    shapely.Point(place),
                    {"name": f"避难所 {number}", "status": STATES[number % 5], "capacity_persons": number % 50},
                ),
            )
            for number, place in enumerate(places)
        )
        with opened(current_project()) as application:
            application.store.commit(ChangeBatch("shelters", changes, "tester", "test", bulk=True))
            application.snapshots.pin(["shelters"])
    assert list((folder / "geo_ems.gpkg.cache").iterdir())
    return folder


@pytest.fixture
def project(large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "county"
    shutil.copytree(large, folder)
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    return folder


EDIT = """
import sys, apsw
from geo_ems.storage.geometry_blobs import register_spatial_functions
connection = apsw.Connection(sys.argv[1])
register_spatial_functions(connection)
connection.execute(sys.argv[2])
"""


def edit_outside(project: Path, sql: str) -> None:
    """Edit the store by another process, which is none of ours."""
    subprocess.run([sys.executable, "-c", EDIT, str(project / "geo_ems.gpkg"), sql], check=True)


def asked_of_a_process(*more: str) -> tuple[bytes, set[str]]:
    """Return what one command prints, and the modules it has loaded."""
    code = (
        "import sys; from geo_ems.cli.main import run; code = run(sys.argv[1:]); sys.stdout.flush();"
        "print(' '.join(sys.modules), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *ASKED, *more], capture_output=True, check=True)
    return done.stdout, set(done.stderr.decode().split())


def test_one_question_loads_no_heavy_library_and_answers_as_the_compiled_search_does(
    project: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    del project
    printed, modules = asked_of_a_process("--include-excluded")
    assert not {name for name in HEAVY if name in modules}
    load_kernels()
    assert run([*ASKED, "--include-excluded"]) == 0
    assert capfdbinary.readouterr().out == printed
    answer = json.loads(printed)
    assert len(answer["results"]) == 7
    assert len(answer["results"]) + sum(answer["excluded_counts"].values()) == CACHED_FROM_ROWS


@pytest.mark.parametrize("what", ["deleted", "cut", "read-only", "a file in its place"])
def test_the_answer_is_the_same_whatever_became_of_the_cache(project: Path, what: str) -> None:
    expected, _ = asked_of_a_process()
    folder = project / "geo_ems.gpkg.cache"
    match what:
        case "cut":
            path = folder / "shelters.columns"
            path.write_bytes(path.read_bytes()[:-5000])
        case "read-only":
            (folder / "shelters.columns").unlink()
            folder.chmod(0o500)
        case _:
            shutil.rmtree(folder)
            if what != "deleted":
                folder.write_text("not ours")
    assert asked_of_a_process()[0] == expected
    if what == "read-only":
        folder.chmod(0o700)


def test_who_reads_a_large_layer_whole_leaves_it_in_the_cache(project: Path) -> None:
    shutil.rmtree(project / "geo_ems.gpkg.cache")
    asked_of_a_process()
    assert [path.name for path in (project / "geo_ems.gpkg.cache").iterdir()] == ["shelters.columns"]


def test_an_edit_after_the_cache_was_written_is_in_the_answer(project: Path) -> None:
    del project
    before, _ = asked_of_a_process()
    nearest = json.loads(before)["results"][0]["id"]
    with opened(current_project()) as application:
        change = FeatureChange(ChangeKind.DELETE, nearest)
        application.store.commit(ChangeBatch("shelters", (change,), "tester", "test"))
    after, _ = asked_of_a_process()
    assert json.loads(after)["results"][0]["id"] == json.loads(before)["results"][1]["id"]


@pytest.mark.parametrize(
    ("sql", "goes_on"),
    [
        pytest.param("UPDATE shelters SET status = 'closed' WHERE id = '{id}'", False, id="edited"),
        pytest.param("DELETE FROM shelters WHERE id = '{id}'", False, id="deleted"),
        pytest.param("UPDATE shelters SET geom = x'00' WHERE id = '{id}'", True, id="made unusable"),
        pytest.param(
            "INSERT OR REPLACE INTO shelters (fid, id, name) SELECT fid, 'other', 'x' FROM shelters WHERE id = '{id}'",
            False,
            id="replaced",
        ),
        pytest.param(
            "DROP TRIGGER ems_shelters_update; UPDATE shelters SET status = 'closed' WHERE id = '{id}'",
            False,
            id="edited while nobody could notice",
        ),
        pytest.param("ALTER TABLE shelters ADD COLUMN theirs TEXT", True, id="with a column of its own"),
    ],
)
def test_what_another_program_did_while_nobody_served_is_in_the_next_answer(
    project: Path, sql: str, *, goes_on: bool
) -> None:
    before = json.loads(asked_of_a_process()[0])
    nearest = before["results"][0]["id"]
    edit_outside(project, sql.format(id=nearest))

    after = json.loads(asked_of_a_process()[0])
    shutil.rmtree(project / "geo_ems.gpkg.cache")

    assert (nearest in [result["id"] for result in after["results"]]) is goes_on
    assert [text for text in after["warnings"] if nearest in text] == (
        [f"避难场所: 1 条被其他程序改坏,按最后可用的版本回答: {nearest}"] if "x'00'" in sql else []
    )
    assert json.loads(asked_of_a_process()[0]) == after


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("DELETE FROM shelters WHERE id = '{id}'", id="noticed"),
        pytest.param("DROP TRIGGER ems_shelters_delete; DELETE FROM shelters WHERE id = '{id}'", id="unnoticed"),
    ],
)
def test_edits_that_nobody_could_take_into_the_log_are_answered_from_the_file_with_a_warning(
    project: Path, sql: str
) -> None:
    nearest = json.loads(asked_of_a_process()[0])["results"][0]["id"]
    edit_outside(project, sql.format(id=nearest))
    lock = StoreLock(project / "geo_ems.gpkg")  # a process that hangs

    answer = json.loads(asked_of_a_process()[0])
    lock.release()

    assert nearest not in [result["id"] for result in answer["results"]]
    assert answer["warnings"] == ["避难场所: 其他程序的改动还没有记入日志,这次回答可能不含这些改动"]
