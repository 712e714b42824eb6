"""The process that holds the store keeps it, whatever it does: every command and every route, run inside it.

Opening and closing the store file by anything but the SQLite that has it open drops the locks of the
whole process (POSIX), and a second writer gets in. So the holder here runs all there is, and after
each a process of its own looks whether the locks are still there.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from osm_text import crossing

from geo_ems.cli.main import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the locks looked at are POSIX")

SHELTERS = "code,name,status,capacity_persons,lon,lat\nS1,中心小学,open,50,111.5,31.2\nS2,二中,open,70,111.6,31.2\n"
TEAMS = "code,name,status,lon,lat\nT1,消防队,available,111.5,31.2\n"
ALERT = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>A1</identifier><sender>x@example.org</sender>
<sent>2026-07-01T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><category>Met</category><event>flood</event><urgency>Immediate</urgency><severity>Severe</severity>
<certainty>Observed</certainty><area><areaDesc>here</areaDesc><circle>31.2,111.5 2</circle></area></info></alert>"""
VILLAGES = "code,name,people_persons,lon,lat\nV1,近村,100,111.501,31.2\n"

# Says whether another process has the lock file (flock) and the database (SQLite's shared lock) locked.
PROBE = """
import fcntl, sys
held = []
with open(sys.argv[1] + ".lock", "r+b") as lock, open(sys.argv[1], "r+b") as database:
    for take in (lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB),
                 lambda: fcntl.lockf(database, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)):
        try:
            take()
            held.append("free")
        except OSError:
            held.append("held")
print(*held)
"""

HOLDER = """
import asyncio, contextlib, io, json, multiprocessing, os, subprocess, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[3]]
from asgi_client import AsgiClient
from geo_ems.bootstrap import current_project, opened
from geo_ems.cli.main import build_cli, run
from geo_ems.web.app import all_routes, create_app
from geo_ems.web.application import web_application
folder = Path(sys.argv[1])
store, found = str(folder / "geo_ems.gpkg"), []
def probe():
    asked = [sys.executable, "-I", "-S", "-c", sys.argv[4], store]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
def note(name, outcome):
    found.append([name, outcome, probe()])
def read_in_child():
    from geo_ems.bootstrap import current_project, opened
    with opened(current_project(), read_only=True) as application:
        assert application.store.describe().seq
COMMANDS = {
    "import": [["shelters", str(folder / "shelters.csv")], ["shelters", str(folder / "shelters.csv"), "--dry-run"],
        ["shelters", str(folder / "backup.gpkg"), "--dry-run"], ["--revert", "3", "--dry-run"]],
    "import-roads": [[str(folder / "roads.osm")], [str(folder / "roads.osm"), "--dry-run"]],
    "import-cap": [[str(folder / "alert.xml")], [str(folder / "alert.xml"), "--dry-run"]],
    "imports": [[]],
    "incidents": [[]],
    "incident": [["open", "--kind", "flood", "--text", "water"]],
    "barriers": [[], ["close", "--at", "111.5,31.2"]],
    "changes": [[]],
    "undo": [["4"]],
    "keys": [["list"], ["add-device", "T1", "--name", "phone"]],
    "positions": [["T1"]],
    "service-area": [["shelters", "--metric", "straight_line", "--breaks", "500m"]],
    "duplicates": [["shelters"], ["shelters", "--merge", "S1,S2", "--dry-run"]],
    "export": [["shelters", str(folder / f"out.{ending}"), "--overwrite"]
        for ending in ("csv", "xlsx", "geojson", "gpkg", "kml", "fgb")],
    "template": [["shelters", "--out", str(folder / "form.xlsx"), "--overwrite"]],
    "layers": [[], ["--format", "json"], ["migrate", "--dry-run"], ["migrate"]],
    "check": [[]],
    "nearest": [["shelters", "--at", "111.5,31.2"], ["shelters", "--at", "111.5,31.2", "--format", "geojson"]],
    "dispatch": [["--at", "111.5,31.2", "--kind", "flood"]],
    "coverage": [["shelters", "--cutoff", "2000m"]],
    "map": [["overview", "--out", str(folder / "map.html")]],
    "init": [[str(folder / "another")]],
    "demo": [["--out", str(folder / "demo"), "--no-serve"]],
    "serve": [["--port", sys.argv[5]]],
    "backup": [["--keep", "2"], ["--out", str(folder / "mine.gpkg")]],
    "restore": [[str(folder / "backup.gpkg")], [str(folder / "backup.gpkg"), "--to", str(folder / "other.gpkg")]],
}
POINT = {"type": "Point", "coordinates": [111.5, 31.3]}
HTTP = {
    ("POST", "/collections/{layer}/items"): {"type": "Feature", "geometry": POINT,
        "properties": {"code": "S3", "name": "three"}},
    ("PUT", "/collections/{layer}/items/{id}"): {"type": "Feature", "geometry": POINT,
        "properties": {"code": "S1", "name": "one"}},
    ("PATCH", "/collections/{layer}/items/{id}"): {"properties": {"remarks": "seen"}},
    ("DELETE", "/collections/{layer}/items/{id}"): None,
    ("POST", "/v1/nearest"): {"layer": "shelters", "lon": 111.5, "lat": 31.2},
    ("POST", "/v1/coverage"): {"layer": "shelters", "cutoff_m": 2000},
}
QUERIES = {"/v1/nearest": "?layer=shelters&lon=111.5&lat=31.2", "/v1/places": "?q=x"}
with opened(current_project()) as application:
    application.embedded.announce("http://127.0.0.1:9")
    note("opened", 0)
    application.embedded.backup_to(folder / "backup.gpkg")
    note("backup inside", 0)
    client = AsgiClient(create_app(web_application(application)))
    content = (folder / "shelters.csv").read_bytes()
    for route in all_routes():
        path = route.path.replace("{layer}", "shelters").replace("{id}", "S1").replace("{name}", "overview")
        for method in sorted(route.methods - {"OPTIONS"}, key=lambda name: name == "DELETE"):
            key = (method, route.path)
            headers = {}
            if method == "PATCH":
                headers = {"content-type": "application/merge-patch+json"}
            elif "/items" in path and method != "GET":
                headers = {"content-type": "application/geo+json"}
            if route.path == "/v1/imports/{layer}":
                answer = client.call(method, path, content=content, headers={"content-type": "text/csv"})
            elif route.path == "/v1/events":  # it goes on until the listener leaves
                with contextlib.suppress(TimeoutError):
                    asyncio.run(asyncio.wait_for(client.send(method, path), 1.0))
            else:
                document = HTTP.get(key, {} if method not in {"GET", "HEAD", "DELETE"} else None)
                answer = client.call(method, path + QUERIES.get(route.path, ""), document=document, headers=headers)
            note(" ".join(key), answer.status)
    cli = build_cli()
    commands = sorted(item.name for item in (*cli.registered_commands, *cli.registered_groups))
    for name in commands:
        for arguments in COMMANDS.get(name, []):
            said, out = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
                code = run([name, *arguments])
            said.flush()
            note(" ".join([name, *arguments]), [code, said.buffer.getvalue().decode()])
    answer = client.call("POST", "/v1/imports/shelters?sheet=shelters&dry_run=true",
        content=(folder / "backup.gpkg").read_bytes(), headers={"content-type": "application/octet-stream"})
    note("POST a GeoPackage, read by GDAL", answer.status)
    spawned = multiprocessing.get_context("spawn").Process(target=os.getcwd)
    spawned.start(), spawned.join()
    note("spawned child", spawned.exitcode)
    child = os.fork()
    if child == 0:
        try:
            read_in_child()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    note("forked child that reads", 0)
    print(json.dumps({"found": found, "uncovered": sorted(set(commands) - set(COMMANDS))}), flush=True)
    sys.stdin.readline()
    with open(store, "rb") as file:
        file.read(16)
    print(probe(), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lock") / "county"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
        assert run(["init", str(folder)]) == 0
        for name, text in (("shelters", SHELTERS), ("population", VILLAGES), ("response_teams", TEAMS)):
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
            assert run(["import", name, str(folder / f"{name}.csv")]) == 0
        crossing().write(folder / "roads.osm")
        (folder / "alert.xml").write_text(ALERT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def held(project: Path):
    """The holder, having run everything; it goes on holding until the tests are done."""
    tests = Path(__file__).parents[1]
    script = project / "holder.py"
    script.write_text("if __name__ == '__main__':\n" + "\n".join(f"    {line}" for line in HOLDER.splitlines()))
    command = [sys.executable, str(script), str(project), str(tests), str(tests.parent), PROBE, "8765"]
    environment = {**os.environ, "GEO_EMS_PROJECT_DIR": str(project)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield process, json.loads(line)
        process.kill()


def test_every_command_is_in_the_table_of_this_test(held) -> None:
    assert held[1]["uncovered"] == [], "say in COMMANDS above how these commands are run"


def test_the_locks_are_still_held_after_every_command_and_every_route(held) -> None:
    lost = [(name, state) for name, _, state in held[1]["found"] if state != "held held"]

    assert lost == []
    assert len(held[1]["found"]) > 40


def test_the_routes_that_write_did_write(held) -> None:
    answers = {name: outcome for name, outcome, _ in held[1]["found"]}

    assert answers["POST /collections/{layer}/items"] == 201
    assert answers["PUT /collections/{layer}/items/{id}"] in {200, 204}
    assert answers["PATCH /collections/{layer}/items/{id}"] == 200
    assert answers["DELETE /collections/{layer}/items/{id}"] in {200, 204}
    assert answers["POST /v1/imports/{layer}"] == 200
    assert answers["POST a GeoPackage, read by GDAL"] == 200


def test_commands_that_write_are_refused_naming_process_and_address_while_those_that_read_work(held) -> None:
    process, told = held
    refusal = f"The store is open for writing in process {process.pid} on "
    outcomes = {name: outcome for name, outcome, _ in told["found"] if isinstance(outcome, list)}
    writers = {
        name
        for name in outcomes
        if name.split()[0] in {"import", "import-roads", "import-cap", "serve", "undo", "incident"}
        or name.startswith(("barriers close", "keys add-device", "layers migrate"))
        or "--merge" in name
    } | {name for name in outcomes if name.startswith("restore") and "--to" not in name}

    assert len(writers) == 17
    for name in writers:
        code, said = outcomes[name]
        assert code == 1, (name, said)
        assert refusal in said, name
        assert "serves at http://127.0.0.1:9" in said, name
    assert {name: outcome for name, outcome in outcomes.items() if name not in writers and outcome[0]} == {}


def test_another_process_is_refused_as_a_writer_and_served_as_a_reader(held, project: Path) -> None:
    process, _ = held

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        asked = [sys.executable, "-m", "geo_ems.cli.main", *arguments]
        environment = {**os.environ, "GEO_EMS_PROJECT_DIR": str(project)}
        return subprocess.run(asked, capture_output=True, text=True, env=environment, check=False)

    written = command("import", "shelters", str(project / "shelters.csv"))
    read = command("layers", "--format", "json")

    assert written.returncode == 1
    assert f"in process {process.pid} on " in written.stderr
    assert "Traceback" not in written.stderr
    assert read.returncode == 0
    assert {item["name"]: item["count"] for item in json.loads(read.stdout)}["shelters"] == 3


def test_the_probe_sees_a_lock_that_was_dropped_and_a_killed_holder_leaves_a_lock_to_take(held, project: Path) -> None:
    process, _ = held

    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "held free"  # a file merely read and closed: the trap itself

    process.kill()
    process.wait()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEO_EMS_PROJECT_DIR", str(project))
        assert run(["import", "shelters", str(project / "shelters.csv")]) == 0
        assert run(["check"]) == 0
    shutil.rmtree(project / "demo")
