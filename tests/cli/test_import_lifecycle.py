"""Imports on the command line: again, full registers, taken back; duplicates found and merged."""

import json
from pathlib import Path

import openpyxl
import pytest

from geo_ems.cli.main import run

FIRST = (
    "编号,名称,容量,状态,经度,纬度\nS1,一中,100,开放,111.30,31.30\n"
    "S2,第1中学,,开放,111.3001,31.30\nS3,公园,50,开放,111.4,31.3\n"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "county"
    assert run(["init", str(folder)]) == 0
    monkeypatch.chdir(folder)
    (folder / "a.csv").write_text(FIRST, encoding="utf-8")
    (folder / "b.csv").write_text("".join(FIRST.splitlines(keepends=True)[:3]).replace("100", "120"), encoding="utf-8")
    assert run(["import", "shelters", "a.csv"]) == 0
    capsys.readouterr()
    return folder


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run(["imports", "shelters", "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_full_register_is_imported_listed_and_taken_back(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "shelters", "b.csv", "--retire-missing", "--report", "r.xlsx", "--lang", "en"]) == 0
    assert "1 features that the file names no more were retired:\n    S3 公园" in capsys.readouterr().out
    assert "停用的记录" in openpyxl.load_workbook(project / "r.xlsx").sheetnames

    first, second = listed(capsys)
    assert (second["file"], second["counts"]["retired"], second["counts"]["updated"]) == ("b.csv", 1, 1)
    assert run(["import", "--revert", str(second["seq"]), "--lang", "en", "--report", "back.json"]) == 0
    assert "1 restored, 1 back, 0 left alone" in capsys.readouterr().out
    assert json.loads((project / "back.json").read_text())["counts"]["returned"] == 1
    assert listed(capsys)[1]["reverted_by"] is not None
    assert run(["import", "--revert", str(second["seq"])]) == 1
    assert run(["imports"]) == 0
    assert "b.csv" in capsys.readouterr().out
    assert run(["import", "shelters", "--revert", str(first["seq"]), "--dry-run"]) == 0


def test_too_much_is_not_retired_unless_confirmed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "c.csv").write_text("编号,名称\nS1,一中\n", encoding="utf-8")

    assert run(["import", "shelters", "c.csv", "--retire-missing", "--lang", "en"]) == 1
    assert "--retire-at-most 2" in capsys.readouterr().out
    assert run(["import", "shelters", "c.csv", "--retire-missing", "--retire-at-most", "2"]) == 0


def test_duplicates_are_told_and_merged_and_merging_is_taken_back(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "d.csv").write_text("编号,名称,经度,纬度\nS4,公园 ,111.4001,31.3\n", encoding="utf-8")
    assert run(["import", "shelters", "d.csv"]) == 0
    capsys.readouterr()

    assert run(["duplicates", "shelters", "--format", "json"]) == 0
    clusters = json.loads(capsys.readouterr().out)["clusters"]
    assert [[m["id"] for m in cluster["members"]] for cluster in clusters] == [["S3", "S4"]]
    assert run(["duplicates", "shelters", "--format", "xlsx", "--out", "d.xlsx"]) == 0
    assert run(["duplicates", "shelters", "--format", "csv"]) == 0
    assert "S3,公园,S4,公园" in capsys.readouterr().out
    assert run(["duplicates", "shelters", "--lang", "en"]) == 0
    assert "1 groups of probable duplicates among 4" in capsys.readouterr().out

    assert run(["duplicates", "shelters", "--merge", "S3,S4", "--dry-run"]) == 0
    assert run(["duplicates", "shelters", "--merge", "S3,S4", "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "S4 merged into S3" in told
    number = told.strip().rsplit(" ", 1)[1]
    assert run(["import", "--revert", number]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["import", "shelters", "a.csv", "--revert", "1"], "takes no file", id="revert with a file"),
        pytest.param(["import"], "Which file goes into which layer?", id="nothing"),
        pytest.param(["import", "--revert", "1"], "Change 1 is no import", id="no import"),
        pytest.param(
            ["import", "shelters", "a.csv", "b.csv", "--retire-missing"], "full register is one file", id="two"
        ),
        pytest.param(["imports", "nothing"], "There is no layer", id="no layer"),
        pytest.param(["duplicates", "shelters", "--within", "9km"], "Write 1m to 5000m", id="too far"),
        pytest.param(["duplicates", "shelters", "--format", "xlsx"], "A workbook needs a file", id="no file"),
        pytest.param(["duplicates", "shelters", "--merge", "S1"], "nothing to merge", id="one id"),
        pytest.param(["duplicates", "shelters", "--merge", "S1,S9"], "has no feature 'S9'", id="unknown id"),
    ],
)
def test_wrong_use_is_refused_with_the_remedy(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert run(arguments) == 2
    assert says in capsys.readouterr().err


def test_child_rows_are_imported_and_the_command_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "depots.csv").write_text("编号,名称,经度,纬度\nD1,县库,111.3,31.3\n", encoding="utf-8")
    (project / "stock.csv").write_text("parent,item,quantity\nD1,tent,20\n", encoding="utf-8")
    assert run(["import", "supply_depots", "depots.csv"]) == 0

    assert run(["import", "supply_depots.stock", "stock.csv"]) == 0
    assert capsys.readouterr().err == ""


def test_files_after_one_that_fails_are_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "bad.csv").write_text("x,y\n1,2\n", encoding="utf-8")

    assert run(["import", "shelters", "a.csv", "bad.csv", "b.csv", "--lang", "en"]) == 1
    assert "Not imported, after the file that failed: b.csv" in capsys.readouterr().err
