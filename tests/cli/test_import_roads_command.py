"""`geo-ems import-roads`: what it prints, what it leaves with, and that a bad file loses nothing."""

import json
from pathlib import Path

import pytest
from osm_text import OsmText, crossing

from geo_ems.cli.main import run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "county"
    assert run(["init", str(folder)]) == 0
    monkeypatch.chdir(folder)
    crossing().write(folder / "county.osm")
    capsys.readouterr()
    return folder


def test_an_extract_is_imported_and_its_network_told_with_progress_aside(project, capsys):
    assert run(["import-roads", "county.osm", "--lang", "en", "--report", "roads.json"]) == 0
    out, err = capsys.readouterr()
    assert "5 rows taken" in out
    assert "Network: 7 nodes, 5 edges" in out
    assert err.splitlines()[0] == "reading the file ..."
    assert json.loads(Path("roads.json").read_text())["roads"]["edges"] == 5
    assert next(project.glob("*.cache/roads.network")).stat().st_size > 0  # the next question finds it made


def test_json_is_all_that_stands_in_the_output(project, capsys):
    assert run(["import-roads", "county.osm", "--format", "json", "--dry-run"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["dry_run"], told["seq"], told["roads"]["nodes"]) == (True, None, 7)
    assert run(["imports", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_list_of_imports_shows_the_network_and_takes_it_back(project, capsys):
    run(["import-roads", "county.osm"])
    capsys.readouterr()
    assert run(["imports", "--lang", "en"]) == 0
    assert "7 nodes, 5 edges" in capsys.readouterr().out
    run(["imports", "--format", "json"])
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["roads"]["attribution"].startswith("© OpenStreetMap")
    assert run(["import", "--revert", str(listed["seq"])]) == 0


def test_another_place_is_refused_until_it_is_meant(project, capsys):
    run(["import-roads", "county.osm"])
    OsmText().node(11, 5.0, 5.0).node(12, 5.01, 5.0).way(40, 11, 12, highway="primary").write(project / "other.osm")
    assert run(["import-roads", "other.osm", "--lang", "en"]) == 1
    told = capsys.readouterr().out
    assert "add --replace" in told
    assert "--retire-at-most" not in told
    assert "the network of the file, which was not stored:" in told
    assert run(["import-roads", "other.osm", "--add"]) == 0
    assert run(["import-roads", "other.osm", "--replace"]) == 0
    run(["layers", "--format", "json"])
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert next(item["count"] for item in listed if item["name"] == "roads") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["missing.osm"], 2, "There is no file"),
        (["layers"], 2, "'layers' is a folder. Name one file in it."),
        (["broken.osm"], 1, "fetch or copy it again"),
        (["county.osm", "--crs", "EPSG:4546"], 2, "is for tables"),
        (["county.osm", "--add", "--replace"], 2, "Either"),
        (["county.osm", "--format", "csv"], 2, "not known"),
        (["county.osm", "--report", "a.txt"], 2, "neither .json nor .xlsx"),
        (["geo_ems.gpkg"], 2, ""),
    ],
)
def test_wrong_use_and_bad_files_end_with_their_codes(project, capsys, arguments, code, says):
    Path("broken.osm").write_text(crossing().text[:500], encoding="utf-8")
    run(["import-roads", "county.osm"])
    capsys.readouterr()
    assert run(["import-roads", *arguments]) == code
    assert says in capsys.readouterr().err
    run(["layers", "--format", "json"])
    listed = json.loads(capsys.readouterr().out)
    assert next(item["count"] for item in listed if item["name"] == "roads") == 5


def test_a_wrong_speed_table_is_told_with_its_line_before_anything_is_read(project, capsys):
    path = project / "rules" / "speeds.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("walk_kmh = 4.0", "walk_kmh = -4"), encoding="utf-8")
    assert run(["import-roads", "county.osm"]) == 2
    assert "rules/speeds.toml, line 5" in capsys.readouterr().err
    assert run(["check"]) == 2
    assert "rules/speeds.toml, line 5" in capsys.readouterr().err


def test_an_older_project_folder_has_the_speeds_of_the_program(project):
    (project / "rules" / "speeds.toml").unlink()
    assert run(["import-roads", "county.osm"]) == 0


def test_the_help_has_an_example(project, capsys):
    run(["import-roads", "--help"])
    assert "geo-ems import-roads county.osm.pbf" in capsys.readouterr().out
