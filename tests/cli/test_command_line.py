"""The command line as a person meets it: whole outputs, exit codes, remedies."""

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from geo_ems.cli.main import run
from geo_ems.model.labels import Label
from geo_ems.settings import load_project

TEAMS = """code,name,status,capabilities,phone,lon,lat,kind
T1,河东救援队,available,boat;flood_rescue,0000-0000-0101,111.51,31.2,flood_rescue
T2,山南医疗队,available,medical,0000-0000-0102,111.52,31.2,medical
T3,沉默小队,,boat;flood_rescue,0000-0000-0103,111.505,31.2,flood_rescue
T4,出警中队,on_scene,boat;flood_rescue,0000-0000-0104,111.501,31.2,flood_rescue
"""
VILLAGES = "code,name,people_persons,lon,lat\nV1,近村,100,111.501,31.2\nV2,远村,20,111.6,31.2\n"
SHELTERS = "code,name,status,capacity_persons,lon,lat\nS1,中心小学,open,50,111.5,31.2\n"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with three imported files, to be copied: making it takes longer than most tests."""
    folder = tmp_path_factory.mktemp("cli") / "county"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
        assert run(["init", str(folder)]) == 0
        for name, text in (("response_teams", TEAMS), ("population", VILLAGES), ("shelters", SHELTERS)):
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
            assert run(["import", name, str(folder / f"{name}.csv")]) == 0
    return folder


@pytest.fixture
def project(tmp_path: Path, imported: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "county"
    shutil.copytree(imported, folder)
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    return folder


def test_the_ranked_table_says_who_whom_to_call_and_why_not_the_others(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["nearest", "response_teams", "--at", "111.5,31.2", "--where", "capabilities=flood_rescue+boat"]
    assert run([*asked, "--as-of", "2026-07-02T03:10:00+08:00", "--lang", "en"]) == 0
    lines = [re.sub(r"\s{2,}|─+", " | ", line).strip(" |") for line in capsys.readouterr().out.splitlines()]
    assert [re.sub(r"· \S+$", "· SNAPSHOT", line) for line in lines if line] == [
        "Response teams: 111.5, 31.2 · straight line, not travel time",
        (
            "rank | name | distance | bearing | Status | Tier | Team kind | Capabilities | Leader | Phone | Call sign "
            "| Radio channel | note"
        ),
        (
            "1 | 河东救援队 | 953 m | E 90° | available | unknown | flood rescue | boat, flood rescue | unknown "
            "| 0000-0000-0101 | unknown | unknown"
        ),
        "not confirmed, call: 1",
        "name | distance | reason | Leader | Phone | Call sign | Radio channel",
        "沉默小队 | 477 m | status unknown | unknown | 0000-0000-0103 | unknown | unknown",
        "passed over, though nearer: 1",
        "name | distance | reason | Leader | Phone | Call sign | Radio channel",
        "出警中队 | 95 m | not available (on scene) | unknown | 0000-0000-0104 | unknown | unknown",
        "not listed: lacks the capability 1, not available 1, status unknown 1",
        "! only 1 of 5 qualify",
        "as of 2026-07-02 03:10:00 +08:00 · SNAPSHOT",
    ]


def test_the_same_answer_as_json_geojson_and_csv(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["nearest", "response_teams", "--at", "111.5,31.2", "--format"]
    assert run([*asked, "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in answer["results"]] == ["T1", "T2"]
    assert answer["excluded_counts"] == {"unavailable": 1, "status_unknown": 1}
    assert answer["results"][0]["geometry"] == {"type": "Point", "coordinates": [111.51, 31.2]}
    assert run([*asked, "geojson"]) == 0
    collection = json.loads(capsys.readouterr().out)
    assert [feature["id"] for feature in collection["features"]] == ["T1", "T2"]
    assert run([*asked, "csv"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("rank,id,name,")
    assert [row.split(",")[1] for row in rows[1:]] == ["T1", "T2"]


def test_coverage_names_people_and_share(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["coverage", "shelters", "--cutoff", "2km", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "Shelters within 2.00 km (straight line)" in out
    assert "people 120, reachable 100 (83.3 %), not covered 20" in out
    assert run(["coverage", "shelters", "--cutoff", "2km", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == {"people": 120, "reachable": 100, "unreachable": 20}


def test_layers_lists_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", "--format", "json"]) == 0
    listed = {item["name"]: item["count"] for item in json.loads(capsys.readouterr().out)}
    assert (listed["response_teams"], listed["shelters"], listed["roads"]) == (4, 1, 0)


def test_check_finds_nothing_wrong(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 0
    out = capsys.readouterr().out
    assert "Nothing is wrong with the store. 数据库没有问题。" in out
    assert "? 应急队伍: 1 个状态未知" in out


def test_a_map_is_one_file_without_phones_unless_asked(project: Path) -> None:
    for more, there in (([], False), (["--include-private"], True)):
        assert run(["map", "overview", "--out", str(project / "map.html"), *more]) == 0
        page = (project / "map.html").read_text(encoding="utf-8")
        assert ("0000-0000-0101" in page) is there
        assert "河东救援队" in page


def test_a_refused_row_gives_exit_code_one_and_a_file_to_correct(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = project / "bad.csv"
    bad.write_text(SHELTERS + "S2,坏行,open,许多,111.5,31.2\n", encoding="utf-8")
    assert run(["import", "shelters", str(bad), "--report", str(project / "refused.xlsx"), "--lang", "en"]) == 1
    assert (
        "'许多'" in capsys.readouterr().out or "许多" in capsys.readouterr().err or (project / "refused.xlsx").is_file()
    )
    assert (project / "refused.xlsx").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["nearest", "shelters", "--at", "31.2"], "Write LON,LAT", id="half a place"),
        pytest.param(["nearest", "shelters", "--at", "31.2,111.5"], "Longitude comes first", id="swapped"),
        pytest.param(["nearest", "shelters"], "Write --at LON,LAT or --incident ID", id="no place"),
        pytest.param(["nearest", "shelter", "--at", "1,1"], "There is no layer 'shelter'", id="unknown layer"),
        pytest.param(
            ["nearest", "shelters", "--at", "1,1", "--cutoff", "15min"], "needs a road network", id="cutoff in time"
        ),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--metric", "fastest"], "travel_time", id="no such metric"),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--mode", "fly"], "drive, walk", id="no such mode"),
        pytest.param(
            ["nearest", "shelters", "--at", "1,1", "--direction", "up"], "to_incident", id="no such direction"
        ),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--policy", "closed"], "ID=closed", id="policy of nothing"),
        pytest.param(
            ["nearest", "shelters", "--at", "1,1", "--barriers", "b.geojson"], "no file", id="no barrier file"
        ),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--cutoff", "1000"], "with its unit", id="no unit"),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--where", "beds=3"], "no field 'beds'", id="no field"),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--k", "0"], "k is 0", id="k of zero"),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--format", "xml"], "Known: table", id="unknown format"),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--as-of", "soon"], "not an instant", id="no instant"),
        pytest.param(
            ["nearest", "shelters", "--at", "1,1", "--as-of", "0001-01-01T00:00:00"], "not an instant", id="too early"
        ),
        pytest.param(["coverage", "shelters", "--as-of", "9999-12-31T23:59:59-08:00"], "not an instant", id="too late"),
        pytest.param(["nearest", "shelters", "--at", "1,1", "--item", "tent"], "go together", id="half a stock"),
        pytest.param(["import", "shelters", "nothing.csv"], "There is no file", id="no file"),
        pytest.param(["map", "other", "--out", "o.html"], "There is no map 'other'. Known: overview", id="no map"),
        pytest.param(["map", "overview", "--out", "/"], "names no file", id="a folder as the file to write"),
        pytest.param(["coverage", "shelters", "--by", "roads"], "Write districts", id="by roads"),
        pytest.param(["serve", "--host", "0.0.0.0"], "Serve on 127.0.0.1", id="a public address"),  # noqa: S104 it is refused
        pytest.param(["fly"], "fly", id="unknown command"),
        pytest.param(["nearest", "shelters", "--speed", "9"], "--speed", id="unknown option"),
    ],
)
def test_wrong_use_gives_exit_code_two_and_the_remedy(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        "init",
        "demo",
        "serve",
        "import",
        "layers",
        "check",
        "nearest",
        "coverage",
        "map",
        "import-roads",
        "imports",
        "duplicates",
    ):
        assert run([command, "--help"]) == 0
        assert f"Example: geo-ems {command}" in re.sub(r"\s+", " ", capsys.readouterr().out)


def test_nearest_loads_no_heavy_library(project: Path) -> None:
    program = (
        "import sys; from geo_ems.cli.main import run; "
        "code = run(['nearest', 'shelters', '--at', '111.5,31.2', '--format', 'json']); "
        "heavy = {'pandas', 'geopandas', 'fastapi', 'folium', 'scipy', 'pyogrio', 'openpyxl'} & set(sys.modules); "
        "print(sorted(heavy), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_port_in_use_is_said_before_anything_is_served(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"--port: port {port} on 127.0.0.1 cannot be served on" in captured.err


def test_outside_every_project_folder_nothing_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GEO_EMS_PROJECT_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.csv").write_text(SHELTERS, encoding="utf-8")
    assert run(["import", "shelters", "s.csv"]) == 2
    assert "There is no project folder here. Change into one (cd my-county)" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


def test_a_map_that_cannot_be_written_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["map", "overview", "--out", "/proc/geo-ems/map.html"]) == 2
    assert "'/proc/geo-ems/map.html' cannot be written" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error(project: Path) -> None:
    program = "from geo_ems.cli.main import main; main(['layers'])"
    with subprocess.Popen(
        [sys.executable, "-c", program],  # own code
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""


@pytest.mark.parametrize("name", ["南山县", 'the "other" county'])
def test_a_new_project_bears_its_own_name_and_not_that_of_the_demonstration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A duty officer must not read the name of another county over the own map."""
    assert run(["init", str(tmp_path / name)]) == 0
    out = capsys.readouterr().out
    assert "geo-ems.toml: 改名称和时区 put your county's name and time zone" in out
    assert load_project(tmp_path / name, {}).name == Label(name, name)
    assert "demonstration" not in (tmp_path / name / "geo-ems.toml").read_text(encoding="utf-8")


def test_a_missing_store_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(tmp_path / "new")]) == 0
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(tmp_path / "new"))
    capsys.readouterr()
    assert run(["nearest", "shelters", "--at", "1,1"]) == 1
    assert "Import a file first: geo-ems import LAYER FILE" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["init", "a" * 300], ["import", "shelters", "a" * 300]])
def test_what_the_system_refuses_is_said_in_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(arguments) == 1
    assert capsys.readouterr().err.strip() == f"The system refuses: File name too long ({'a' * 300})."


def test_a_folder_is_no_store_and_gets_no_lock_beside_it(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("GEO_EMS_STORE", str(tmp_path / "folder"))
    for arguments in (["layers"], ["import", "shelters", str(project / "shelters.csv")]):
        assert run(arguments) == 2
        assert "is a folder" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["county", "folder"]


def test_a_list_in_gcj02_and_one_in_metres_lie_where_they_should(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shifted, metres = project / "amap.csv", project / "grid.csv"
    shifted.write_text("code,name,status,高德经度,高德纬度\nG1,甲,open,111.505556,31.197654\n", encoding="utf-8")
    metres.write_text("code,name,status,X,Y\nM1,乙,open,3453256.272,37547652.461\n", encoding="utf-8")

    assert run(["import", "shelters", str(shifted), "--lang", "en"]) == 0
    assert "the headings say that the coordinates are gcj02" in capsys.readouterr().out
    assert run(["import", "shelters", str(metres), "--lang", "en"]) == 1
    assert "nothing says in which system and zone" in capsys.readouterr().err
    assert run(["import", "shelters", str(metres), "--crs", "CGCS2000", "--lang", "en"]) == 0
    assert "CGCS2000 = WGS84" in capsys.readouterr().out
    assert run(["nearest", "shelters", "--at", "111.5,31.2", "--format", "json"]) == 0
    found = {row["id"]: row["straight_m"] for row in json.loads(capsys.readouterr().out)["results"]}
    assert found["M1"] < 0.1
    assert found["G1"] < 600


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--crs", "CGCS2000 112E"], "Did you mean CGCS2000"),
        (["--datum", "gcj-02"], "There is no datum 'gcj-02'. Known: bd09, cgcs2000, gcj02, wgs84."),
        (["--accept-accuracy", "much"], "--accept-accuracy: 'much' is no accuracy. Write metres"),
        (["--place-by", "乡镇"], "--place-by: The file has no column '乡镇'. Its columns:"),
    ],
)
def test_options_for_places_that_are_wrong_are_refused_with_the_remedy(
    project: Path, capsys: pytest.CaptureFixture[str], option: list[str], said: str
) -> None:
    assert run(["import", "shelters", str(project / "shelters.csv"), *option]) == 2
    assert said in capsys.readouterr().err


def test_a_place_that_is_only_known_to_the_village_is_told_in_the_table(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teams = project / "named.csv"
    teams.write_text("code,name,status,村\nT9,近村队,available,近村委会\n", encoding="utf-8")

    assert run(["import", "response_teams", str(teams), "--place-by", "村", "--lang", "en"]) == 0
    assert "1 rows without coordinates were placed by name (village 1)" in capsys.readouterr().out
    assert run(["nearest", "response_teams", "--at", "111.5,31.2", "--k", "9", "--lang", "en"]) == 0
    assert "placed by village only" in re.sub(r"\s+", " ", capsys.readouterr().out)
