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
