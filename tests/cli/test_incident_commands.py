"""Incidents, changes and undo at the command line."""

import json
import re
from pathlib import Path

import pytest

from geo_ems.cli.main import run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "county"
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    assert run(["init", str(folder)]) == 0
    return folder


def test_an_incident_is_opened_listed_and_taken_back(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["incident", "open", "--kind", "洪水", "--text", "三人被困", "--at", "111.5,31.2", "--lang", "en"]
    assert run(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    opened = next(line for line in lines if line.startswith("I"))
    assert "report due in" in "\n".join(lines)
    assert "outside every registered district" in "\n".join(lines)
    incident_id = opened.split()[0]

    assert run(["incidents", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in listed["incidents"]] == [incident_id]
    assert listed["incidents"][0]["clock"]["state"] == "running"
    assert run(["incidents", "--lang", "en"]) == 0
    assert "1 incidents, 0 overdue" in capsys.readouterr().out

    assert run(["changes", "--layer", "incidents", "--lang", "en"]) == 0
    seq = re.search(r"^\s*(\d+) .*open", capsys.readouterr().out, re.MULTILINE)
    assert seq is not None
    assert run(["undo", seq[1], "--by", "王", "--lang", "en"]) == 0
    assert f"{seq[1]} is taken back: incidents {incident_id}" in capsys.readouterr().out
    assert run(["undo", seq[1]]) == 1
    assert "taken back already" in capsys.readouterr().err
    assert run(["incidents", "--lang", "en"]) == 0
    assert "0 incidents" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["incident", "open", "--kind", "洪"], "Nearest known: flood"),
        (["incident", "open", "--kind", "flood", "--occurred-at", "2999-01-01"], "has not come yet"),
        (["incident", "open", "--kind", "flood", "--at", "31.2,111.5"], "There is no place"),
        (["incident", "open", "--kind", "flood", "--district", "D"], "no district 'D'"),
        (["incidents", "--state", "half"], "state one of"),
        (["changes", "--layer", "nothing"], "no layer 'nothing'"),
        (["undo", "99"], "no change 99"),
    ],
)
def test_wrong_use_is_refused_with_the_remedy(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert run(["incident", "open", "--kind", "fire"]) == 0
    capsys.readouterr()

    assert run(arguments) == 2
    assert told in capsys.readouterr().err


def test_wrong_rules_are_told_by_file_and_key(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = project / "rules" / "reporting.toml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("minutes = 60", "minutes = -1"), encoding="utf-8")

    assert run(["incident", "open", "--kind", "fire"]) == 2
    assert "reporting.toml, key 'clock.minutes'" in capsys.readouterr().err
