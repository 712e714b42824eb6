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


def test_a_report_never_replaces_the_file_that_is_imported(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The taken rows would be gone from the office's own workbook, and nobody would have said so."""
    (project / "again.xlsx").write_bytes(b"the only copy")
    (project / "link.xlsx").symlink_to("again.xlsx")
    for report in ("again.xlsx", "./again.xlsx", "link.xlsx"):
        assert run(["import", "shelters", "again.xlsx", "--report", report]) == 2
        assert "writing it would replace the data" in capsys.readouterr().err
    assert (project / "again.xlsx").read_bytes() == b"the only copy"


def test_an_import_says_where_the_refused_rows_are_and_what_to_do_with_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.csv").write_text(FIRST.replace("100", "约一百"), encoding="utf-8")
    assert run(["import", "shelters", "bad.csv", "--report", "r.xlsx"]) == 1
    assert "1 行被拒绝,见 r.xlsx。改好后:geo-ems import shelters r.xlsx\n" in capsys.readouterr().out
    assert run(["import", "shelters", "a.csv", "--report", "r.json", "--lang", "en"]) == 0
    assert capsys.readouterr().out.endswith("wrote r.json\n")
    assert run(["import", "shelters", "a.csv", "--report", "r.xlsx", "--lang", "en"]) == 0
    assert capsys.readouterr().out.endswith("wrote r.xlsx (no row was refused)\n")


def test_everything_wrong_with_a_refused_row_is_told_at_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "bad.csv").write_text("编号,名称,容量,状态,经度,纬度\nS9,乡,约三百,哪样,111.3,31.3\n", encoding="utf-8")
    assert run(["import", "shelters", "bad.csv"]) == 1
    line = next(line for line in capsys.readouterr().out.splitlines() if "第 2 行" in line)
    assert "“约三百”不是数字" in line
    assert "“哪样”不在可选值中" in line


def test_a_register_that_would_retire_too_much_is_not_said_to_have_refused_rows(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "c.csv").write_text("编号,名称\nS1,一中\n", encoding="utf-8")
    assert run(["import", "shelters", "c.csv", "--retire-missing"]) == 1
    out = capsys.readouterr().out
    assert "有行被拒绝" not in out
    assert "\n整个文件未写入\n" in out


def test_a_kept_state_is_told_by_its_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "d.csv").write_text(FIRST.replace("开放", "关闭"), encoding="utf-8")
    assert run(["import", "shelters", "d.csv"]) == 0
    assert "“状态”保留已有值“开放 open”,未用文件中的“关闭 closed”" in capsys.readouterr().out


def test_where_nothing_was_imported_it_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["imports", "roads"]) == 0
    assert capsys.readouterr().out == "还没有导入过\n"
    assert run(["imports", "roads", "--lang", "en"]) == 0
    assert capsys.readouterr().out == "Nothing was imported yet\n"


def test_duplicates_are_headed_in_the_language_asked_and_say_how_to_merge(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["duplicates", "roads"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1  # none: no empty table
    (project / "d.csv").write_text("编号,名称,经度,纬度\nS4,公园,111.4001,31.3\n", encoding="utf-8")
    assert run(["import", "shelters", "d.csv"]) == 0
    capsys.readouterr()
    assert run(["duplicates", "shelters"]) == 0
    out = capsys.readouterr().out
    assert "距离(米)" in out
    assert "合并(先写留下的):geo-ems duplicates shelters --merge S3,S4" in out
    assert run(["duplicates", "shelters", "--format", "xlsx", "--out", "d.xlsx"]) == 0
    assert "已写出 d.xlsx" in capsys.readouterr().out
    head = [cell.value for cell in openpyxl.load_workbook(project / "d.xlsx").worksheets[0][1]]
    assert head[:3] == ["组", "编号 1", "名称 1"]
    assert run(["duplicates", "shelters", "--lang", "en"]) == 0
    assert "distance (m)" in capsys.readouterr().out


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
