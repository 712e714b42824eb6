"""What must hold of the repository itself, from the first commit."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).resolve().parents[2]


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 same
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_files() -> list[tuple[Path, str]]:
    found = []
    for path in tracked_files():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_lock_files_hold_names_versions_and_hashes_only() -> None:
    line = re.compile(r"[a-z0-9._-]+==[^ ]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    for name in ("run", "dev", "ci"):
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        assert lines, name
        assert [text for text in lines if not line.fullmatch(text)] == []


def test_nothing_names_a_package_index_or_a_path_of_one_machine() -> None:
    forbidden = [
        re.compile(p) for p in (r"pypi\.org", r"pythonhosted", r"registry\.npm", r"index-url", r"/root/", r"/work/")
    ]
    here = Path(__file__).resolve()
    hits = [
        f"{path.relative_to(ROOT)}: {pattern.pattern}"
        for path, text in text_files()
        if path != here
        for pattern in forbidden
        if pattern.search(text)
    ]
    assert hits == []


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = tomllib.loads(text)["project"]["dependencies"]
    for name in names:
        assert re.search(rf'^    "{re.escape(name)}",\s+# .{{10,}}$', text, re.MULTILINE), name


def test_modules_stay_small_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): len(text.splitlines())
        for path, text in text_files()
        if path.suffix == ".py" and path.is_relative_to(ROOT / "geo_ems") and len(text.splitlines()) > 350
    }
    assert long == {}


def test_no_work_is_left_for_later_in_the_code() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
    here = Path(__file__).resolve()
    hits = [
        str(path.relative_to(ROOT))
        for path, text in text_files()
        if path.suffix in {".py", ".js", ".css"} and path != here and left.search(text)
    ]
    assert hits == []
