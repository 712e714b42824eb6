"""Backup, restore and migration as a person types them; and a store nobody may write."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from geo_ems.cli.main import run

SHELTERS = """code,name,status,capacity_persons,lon,lat,remarks
S1,中心小学,open,50,111.5,31.2,
S2,二中,open,70,111.6,31.2,wet
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store_commands") / "county"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
        assert run(["init", str(folder)]) == 0
        (folder / "shelters.csv").write_text(SHELTERS, encoding="utf-8")
        assert run(["import", "shelters", str(folder / "shelters.csv")]) == 0
    return folder


@pytest.fixture
def project(tmp_path: Path, imported: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "county"
    shutil.copytree(imported, folder)
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    return folder


def names(project: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    capsys.readouterr()
    assert run(["layers", "--format", "json"]) == 0
    return {item["name"]: item["count"] for item in json.loads(capsys.readouterr().out)}


def test_a_backup_says_what_it_holds_and_is_restored_with_the_replaced_store_kept(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["backup", "--lang", "en"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    (backup,) = (project / "backups").glob("*.gpkg")
    assert re.fullmatch(r".*: 13 layers, 2 rows, sequence number 14, checked", first)
    assert second == f"sha256 {json.loads(backup.with_name(backup.name + '.json').read_bytes())['sha256']}"
    (project / "more.csv").write_text(SHELTERS.replace("S2", "S9"), encoding="utf-8")
    assert run(["import", "shelters", str(project / "more.csv")]) == 0
    assert names(project, capsys)["shelters"] == 3

    assert run(["restore", str(backup), "--lang", "en"]) == 0

    said = capsys.readouterr().out
    assert "restored, 13 layers, 2 rows, sequence number 14" in said
    (replaced,) = project.glob("geo_ems.replaced.*.gpkg")
    assert f"the replaced store is kept at {replaced}" in said
    assert names(project, capsys)["shelters"] == 2
    assert run(["check"]) == 0


def test_a_backup_that_was_changed_is_refused_in_one_line_and_nothing_is_touched(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backup", "--out", str(project / "b.gpkg")]) == 0
    content = bytearray((project / "b.gpkg").read_bytes())
    content[len(content) // 2] ^= 1
    (project / "b.gpkg").write_bytes(content)
    before = (project / "geo_ems.gpkg").read_bytes()
    capsys.readouterr()

    assert run(["restore", str(project / "b.gpkg")]) == 1

    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "Take another backup" in error
    assert (project / "geo_ems.gpkg").read_bytes() == before
    assert not list(project.glob("*replaced*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["backup", "--keep", "7x"], "does not say which backups to keep", id="keep"),
        pytest.param(["backup", "--keep", "3", "--out", "b.gpkg"], "--keep looks after backups/", id="keep with out"),
        pytest.param(["restore", "nothing.gpkg"], "There is no file 'nothing.gpkg'", id="no file"),
        pytest.param(["layers", "migrat"], "Known: migrate", id="action"),
        pytest.param(["layers", "migrate", "shelter"], "There is no layer 'shelter'", id="layer"),
        pytest.param(["layers", "--accept-loss"], "geo-ems layers migrate", id="option without its action"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    capsys.readouterr()
    assert run(arguments) == 2
    assert words in capsys.readouterr().err


def test_a_removed_field_is_planned_refused_and_migrated_when_agreed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = project / "layers" / "shelters.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(re.sub(r"(?ms)^\[fields\.remarks\]\n.*?(?=^\[|\Z)", "", text), encoding="utf-8")
    capsys.readouterr()
    assert run(["layers"]) == 2
    assert "geo-ems layers migrate" in capsys.readouterr().err

    assert run(["layers", "migrate", "--dry-run", "--lang", "en"]) == 1
    plan = capsys.readouterr().out
    assert "Field 'shelters.remarks' is removed." in plan
    assert "! S2, remarks = wet: would be lost (the field is removed)" in plan
    assert run(["layers", "migrate", "--lang", "en"]) == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert not list(project.glob("*before-migration*"))

    assert run(["layers", "migrate", "--accept-loss", "--lang", "en"]) == 0
    (backup,) = project.glob("geo_ems.before-migration.*.gpkg")
    assert f"backup {backup}" in capsys.readouterr().out
    assert names(project, capsys)["shelters"] == 2
    assert run(["check"]) == 0
    assert run(["layers", "migrate", "--lang", "en"]) == 0
    assert "No layer needs a migration." in capsys.readouterr().out


def test_a_store_that_is_not_there_is_said_in_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEO_EMS_STORE", str(project / "nowhere" / "s.gpkg"))
    for arguments in (["layers"], ["backup"], ["check"], ["import", "shelters", str(project / "shelters.csv")]):
        capsys.readouterr()
        assert run(arguments) == 1
        error = capsys.readouterr().err
        assert len(error.splitlines()) == 1
        assert "There is no" in error


# The commands run once with all rights, so that everything is imported, then as a user with none.
POWERLESS = """
import contextlib, io, json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from geo_ems.cli.main import run
folder, mode = Path(sys.argv[1]), sys.argv[3]
COMMANDS = [["layers", "--lang", "en"], ["nearest", "shelters", "--at", "111.5,31.2"], ["check"],
    ["import", "shelters", str(folder / "shelters.csv")], ["backup", "--out", str(folder / "b.gpkg")]]
def said():
    found = {}
    for arguments in COMMANDS:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(arguments)
        err.flush()
        found[arguments[0]] = [code, err.buffer.getvalue().decode()]
    return found
said()
(folder / "b.gpkg").unlink(), (folder / "b.gpkg.json").unlink()
(folder / "geo_ems.gpkg").chmod(0o000 if mode == "none" else 0o444)
(folder / "geo_ems.gpkg.lock").chmod(0o444)
folder.chmod(0o555)
if os.geteuid() == 0:
    os.setuid(65534)
print(json.dumps(said()))
"""


def powerless(imported: Path, mode: str) -> dict[str, list[object]]:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "county"
        shutil.copytree(imported, folder)
        asked = [sys.executable, "-c", POWERLESS, str(folder), str(Path(__file__).parents[2]), mode]
        environment = {**os.environ, "GEO_EMS_PROJECT_DIR": str(folder)}
        done = subprocess.run(asked, capture_output=True, text=True, env=environment, check=False)
        folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_a_store_that_may_only_be_read_answers_questions_and_says_why_it_takes_nothing(imported: Path) -> None:
    found = powerless(imported, "read")

    assert [found[name] for name in ("layers", "nearest", "check")] == [[0, ""]] * 3
    for name, words in (("import", "The lock file cannot be written"), ("backup", "The backup cannot be written")):
        code, error = found[name]
        assert (code, len(error.splitlines())) == (1, 1)
        assert words in error


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_a_store_that_may_not_be_read_is_said_in_one_line_by_every_command(imported: Path) -> None:
    for name, (code, error) in powerless(imported, "none").items():
        assert (name, code, len(error.splitlines())) == (name, 1, 1), error
        assert "Traceback" not in error
