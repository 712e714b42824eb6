"""Device keys and tracks on the command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from geo_ems.bootstrap import opened
from geo_ems.cli.main import run
from geo_ems.formats.device_values import SentFix
from geo_ems.model.caller import LOCAL
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.model.positions import FixSource
from geo_ems.settings import load_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "county"
    assert run(["init", str(folder)]) == 0
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    with opened(load_project(folder, {})) as application:
        team = Feature("T-01", None, {"name": "一队", "status": "available", "position_mode": "live"})
        change = FeatureChange(ChangeKind.UPSERT, "T-01", team)
        application.store.commit(ChangeBatch("response_teams", (change,), "tester", "test"))
        for at_ms, lon_deg in ((1_780_000_000_000, 111.5), (1_780_000_060_500, 111.501)):
            sent = SentFix(FixSource.JSON, lon_deg, 31.2, device="phone", fix_time_ms=at_ms)
            application.positions.submit([sent], caller=LOCAL, team_id="T-01").result()
    capsys.readouterr()
    return folder


def test_a_key_is_shown_once_listed_without_it_and_revoked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "add-device", "T-01", "--name", "phone", "--lang", "en"]) == 0
    made = capsys.readouterr()
    secret = made.out.strip()
    assert secret.startswith("gek_")
    assert "posts the position of T-01 only" in made.err

    assert run(["keys", "list", "--lang", "en"]) == 0
    listed = capsys.readouterr().out
    key_id, team, name, _, state = listed.split(maxsplit=4)
    assert (team, name, state.strip()) == ("T-01", "phone", "in use")
    assert secret not in listed

    with opened(replace(load_project(project, {}))) as application:
        caller = application.positions.device_caller(secret)
        assert caller is not None
        assert caller.team_id == "T-01"
    assert run(["keys", "revoke", key_id, "--lang", "en"]) == 0
    assert capsys.readouterr().out == "revoked phone (T-01)\n"
    with opened(load_project(project, {})) as application:
        assert application.positions.device_caller(secret) is None
    assert run(["keys", "list", "--lang", "en"]) == 0
    assert "revoked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["keys", "add-device", "T-09", "--name", "x"], 2, "There is no team 'T-09'", id="team"),
        pytest.param(["keys", "add-device", "T-01", "--name", " "], 2, "no name of a device", id="name"),
        pytest.param(["keys", "revoke", "abc"], 2, "There is no device key 'abc'", id="key"),
        pytest.param(["positions", "T-09"], 2, "There is no team 'T-09'", id="track of nobody"),
        pytest.param(["positions", "T-01", "--since", "yesterday"], 2, "is not an instant", id="since"),
        pytest.param(["positions", "T-01", "--format", "gpx"], 2, "Known: table, json, csv", id="format"),
    ],
)
def test_what_is_wrongly_asked_is_refused_with_the_remedy(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert run(arguments) == code
    assert words in capsys.readouterr().err


def test_a_track_is_listed_as_table_json_and_csv(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["positions", "T-01"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-05-28T20:26:40Z  111.500000,31.200000  phone",
        "2026-05-28T20:27:40.500Z  111.501000,31.200000  phone",
    ]
    assert run(["positions", "T-01", "--since", "2026-05-28T20:27:00Z", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [item["lon"] for item in document["positions"]] == [111.501]
    assert run(["positions", "T-01", "--format", "csv", "--limit", "1"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.startswith("lon,lat,time,received_at,device,source")
    assert row.startswith("111.5,31.2,2026-05-28T20:26:40Z,")
