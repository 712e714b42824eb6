"""The command `dispatch`: what it prints, and how it refuses."""

import json
from pathlib import Path

import pytest

from geo_ems.cli.main import run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert run(["init", str(tmp_path / "county")]) == 0
    monkeypatch.chdir(tmp_path / "county")
    teams = "code,name,status,capabilities,head_count_persons,phone,lon,lat\n"
    teams += "T1,一队,available,boat;flood_rescue,12,110,111.50,31.20\nT2,二队,,boat;flood_rescue,9,111,111.51,31.20\n"
    (tmp_path / "teams.csv").write_text(teams, encoding="utf-8")
    assert run(["import", "response_teams", str(tmp_path / "teams.csv")]) == 0
    return tmp_path / "county"


def test_it_says_who_goes_and_what_is_missing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert run(["dispatch", "--at", "111.5,31.2", "--kind", "flood", "--lang", "en"]) == 0

    said = capsys.readouterr().out
    assert "boat rescue" in said
    assert "一队" in said
    assert "short of evacuation: 1 teams, 20 people" in said
    assert "no team has this capability" in said
    assert "This is a recommendation; nothing was changed." in said


def test_as_json_it_is_the_answer_of_the_api(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert run(["dispatch", "--at", "111.5,31.2", "--kind", "flood", "--format", "json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert [pick["id"] for need in found["needs"] for pick in need["picks"]] == ["T1"]
    assert {"query", "definition", "snapshot_id", "as_of", "support_request", "force", "warnings"} <= set(found)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", "111.5,31.2"], "The kind of the incident is not known"),
        (["--at", "111.5,31.2", "--kind", "floood"], "Did you mean: flood?"),
        (["--at", "111.5,31.2", "--kind", "flood", "--alarm-level", "8"], "the nearest is 3; there are [1, 2, 3]"),
        ([], "Give a place or an incident, one of them"),
        (["--incident", "I9"], "There is no incident 'I9'"),
    ],
)
def test_what_is_wrongly_asked_is_refused_with_code_two(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["dispatch", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_wrong_card_is_told_by_check_with_its_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = project / "rules" / "run_cards" / "flood.toml"
    card.write_text(card.read_text(encoding="utf-8").replace('"boat", ', '"boats", ', 1), encoding="utf-8")
    capsys.readouterr()

    assert run(["check"]) == 1

    assert "! rules/run_cards/flood.toml, line 10" in capsys.readouterr().out
