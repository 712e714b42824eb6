"""The store of a project, and what lies beside it, is neither read nor written by a command that names files."""

import os
from pathlib import Path

import pytest

from geo_ems.cli.main import run

SHELTERS = "code,name,status,lon,lat\nS1,中心小学,open,111.5,31.2\n"
STORE = "geo_ems.gpkg"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "county"
    assert run(["init", str(folder)]) == 0
    monkeypatch.chdir(folder)
    (folder / "a.csv").write_text(SHELTERS, encoding="utf-8")
    assert run(["import", "shelters", "a.csv"]) == 0
    (folder / "soft.gpkg").symlink_to(STORE)
    os.link(folder / STORE, folder / "hard.gpkg")
    (folder / "gone.json").symlink_to(f"{STORE}-journal")
    (folder / "soft.html").symlink_to(f"{STORE}.lock")
    (folder / "report.xlsx").symlink_to(f"{STORE}.reserve")
    capsys.readouterr()
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        *(["import", "shelters", name, "--sheet", "shelters"] for name in (STORE, f"{STORE}.lock", "soft.gpkg")),
        ["import", "shelters", "a.csv", "./hard.gpkg"],
        ["import", "shelters", "a.csv", "--append", "--report", "gone.json"],
        ["import", "shelters", "a.csv", "--append", "--report", "report.xlsx"],
        ["import", "--revert", "1", "--report", "report.xlsx"],
        *(["export", "shelters", name, "--overwrite"] for name in (STORE, "soft.gpkg", "hard.gpkg")),
        ["export", "--all", f"../county/{STORE}", "--overwrite"],
        ["template", "shelters", "--out", "report.xlsx", "--overwrite"],
        ["duplicates", "shelters", "--format", "json", "--out", f"{STORE}-wal"],
        ["map", "overview", "--out", "soft.html"],
        ["map", "overview", "--out", f"{STORE}.lock"],
        ["backup", "--out", "hard.gpkg"],
    ],
    ids=" ".join,
)
def test_the_store_is_refused_under_every_name(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    names = {path.name: path.stat().st_ino for path in project.iterdir() if path.exists()}

    assert run(arguments) == 2
    assert "is the store of this project, or a part of it" in capsys.readouterr().err
    assert {path.name: path.stat().st_ino for path in project.iterdir() if path.exists()} == names
    assert run(["export", "shelters", "out.csv"]) == 0
    assert "中心小学" in (project / "out.csv").read_text(encoding="utf-8")


def test_the_store_of_another_project_is_refused_as_well(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(tmp_path / "other")]) == 0
    monkeypatch.chdir(tmp_path / "other")
    assert run(["import", "shelters", str(project / "a.csv")]) == 0
    capsys.readouterr()

    assert run(["export", "shelters", str(project / STORE), "--overwrite"]) == 2
    assert "is the store of another project" in capsys.readouterr().err
    monkeypatch.chdir(project)
    assert run(["layers"]) == 0


def test_a_report_does_not_replace_the_file_that_is_imported(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "shelters", "form.xlsx"]) == 0
    content = (project / "form.xlsx").read_bytes()
    (project / "same.xlsx").symlink_to("form.xlsx")

    for name in ("form.xlsx", "same.xlsx"):
        assert run(["import", "shelters", "form.xlsx", "--dry-run", "--report", name]) == 2
        assert "is the file that is read" in capsys.readouterr().err
    assert (project / "form.xlsx").read_bytes() == content
