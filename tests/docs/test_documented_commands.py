"""What the README and the docs tell people to type works on the demonstration county, to the letter."""

import json
import re
import shlex
from pathlib import Path

import pytest

from geo_ems.cli.main import run
from geo_ems.storage.locking import StoreLock

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).resolve().parents[2]
ASKING = (
    "nearest",
    "dispatch",
    "coverage",
    "service-area",
    "layers",
    "check",
    "map",
    "export",
    "template",
    "imports",
    "duplicates",
    "incidents",
    "changes",
)


def documented_commands() -> list[str]:
    found: list[str] = []
    if not (ROOT / "README.md").is_file():  # the wheel carries no pages; these tests are then deselected
        return found
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        typed = [line for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
        typed += re.findall(r"`(geo-ems [^`]+)`", text)
        found += [line.strip() for line in typed if line.startswith("geo-ems ") and line.split()[1] in ASKING]
    return sorted(set(found))


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "out"
    assert run(["demo", "--out", str(out), "--no-serve"]) == 0
    return out


def test_the_demonstration_leaves_the_files_it_names(demonstration: Path) -> None:
    assert (demonstration / "overview.html").stat().st_size > 100_000
    assert (demonstration / "uncovered.csv").read_bytes().startswith(b"\xef\xbb\xbfid,name,")
    assert (demonstration / "refused_shelters.xlsx").is_file()


def test_the_demonstration_is_made_anew_but_never_over_a_folder_of_somebody_else(
    demonstration: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert run(["demo", "--out", str(tmp_path), "--no-serve"]) == 2
    assert "not a demonstration folder" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt"]


def test_the_demonstration_is_not_made_anew_under_a_server_that_works_on_it(
    demonstration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = demonstration / "project" / "geo_ems.gpkg"
    before = store.stat().st_ino
    held = StoreLock(store)
    try:
        assert run(["demo", "--out", str(demonstration), "--no-serve"]) == 1
    finally:
        held.release()
    assert "The store is open for writing in process" in capsys.readouterr().err
    assert store.stat().st_ino == before


@pytest.mark.parametrize("command", documented_commands())
def test_a_documented_command_answers(
    demonstration: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(demonstration / "project"))
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert run(shlex.split(command)[1:]) == 0
    out = capsys.readouterr().out
    assert out.strip()
    if "--format json" in command:
        assert json.loads(out)


def test_there_are_commands_to_try() -> None:
    assert len(documented_commands()) >= 10
