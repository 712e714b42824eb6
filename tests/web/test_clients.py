"""Programs that other people wrote, against the server on a real socket."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from api_county import put

from geo_ems.web.application import WebApplication

GDAL_SCRIPT = """
import sys, json, geopandas, pyogrio
source = "OAPIF:" + sys.argv[1]
layers = [name for name, _ in pyogrio.list_layers(source)]
whole = geopandas.read_file(source, layer="population", PAGE_SIZE="100")
box = geopandas.read_file(source, layer="shelters", bbox=(111, 31, 112, 32))
standby = geopandas.read_file(source, layer="shelters", where="status = 'standby'")
print(json.dumps({
    "layers": layers, "count": len(whole), "ids": len(set(whole["id"])), "people": int(whole["people_persons"].sum()),
    "box": sorted(box["id"]), "standby": sorted(standby["id"]),
    "dates": str(box["surveyed_on"].dtype), "numbers": str(box["open_days"].dtype),
}))
"""
OWSLIB_SCRIPT = """
import sys, json
from owslib.ogcapi.features import Features
service = Features(sys.argv[1])
page = service.collection_items("shelters", limit=2, bbox=[111, 31, 112, 32])
print(json.dumps({
    "collections": service.feature_collections(), "title": service.collection("shelters")["title"],
    "queryables": "status" in service.collection_queryables("shelters")["properties"],
    "matched": page["numberMatched"], "one": service.collection_item("shelters", "S1")["id"],
    "openapi": service.api()["openapi"],
}))
"""


@pytest.fixture
def needs(skip_or_fail: Callable[[str], None]) -> Callable[[str], None]:
    def needs_module(name: str) -> None:
        if find_spec(name) is None:
            skip_or_fail(f"{name} is not installed")

    return needs_module


def run_script(script: str, address: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", script, address], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_gdal_reads_pages_boxes_and_conditions(application: WebApplication, live_address: str) -> None:
    for number in range(350):
        put(application.store, "population", f"G{number:03d}", (111.3, 31.3 + number / 1000), people_persons=2)

    read = run_script(GDAL_SCRIPT, live_address)

    assert "shelters" in read["layers"]
    assert (read["count"], read["ids"], read["people"]) == (352, 352, 850)
    assert read["box"] == ["S1", "S2"]
    assert read["standby"] == ["S2"]
    assert read["dates"].startswith("datetime64")
    assert read["numbers"] == "float64"


def test_owslib_reads_everything(live_address: str, needs: Callable[[str], None]) -> None:
    needs("owslib")

    read = run_script(OWSLIB_SCRIPT, live_address)

    assert "shelters" in read["collections"]
    assert read["title"] == "避难场所 Shelters"
    assert read["queryables"] is True
    assert (read["matched"], read["one"], read["openapi"]) == (2, "S1", "3.0.3")


CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# A stream of events has no end, and is tested apart.
OPERATIONS = r"^/($|v1/(?!events)|conformance|livez|collections$|collections/shelters($|/))"


@pytest.mark.parametrize(
    ("phase", "at_least"),
    [
        pytest.param(["--phases", "coverage"], 2000, id="every boundary of every parameter"),
        pytest.param(["--phases", "fuzzing", "-n", "10", "--max-time", "20"], 20, id="chance, for twenty seconds"),
    ],
)
def test_schemathesis_finds_no_failure_and_no_undocumented_answer(
    phase: list[str], at_least: int, live_address: str, tmp_path: Path, needs: Callable[[str], None]
) -> None:
    needs("schemathesis")
    program = Path(sys.executable).parent / "schemathesis"
    command = [program, "run", f"{live_address}/api", *phase, "--seed", "1", "--include-path-regex", OPERATIONS]
    command += ["-c", CHECKS, "--generation-database", "none", "--no-color", "--continue-on-failure"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=540, check=False)

    assert done.returncode == 0, done.stdout[-6000:]
    counted = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert counted is not None, done.stdout[-2000:]
    assert int(counted[1]) >= at_least
    assert counted[1] == counted[2]
