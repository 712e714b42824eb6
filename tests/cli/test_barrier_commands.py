"""Closures and alerts as a person types them."""

import json
import shutil
from pathlib import Path

import pytest

from geo_ems.cli.main import run

ROADS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name, "road_class": "primary", "bridge": bridge},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for code, name, bridge, line in (
            ("R1", "西街", False, [[111.50, 31.20], [111.52, 31.20]]),
            ("R2", "云渡大桥", True, [[111.52, 31.20], [111.53, 31.20]]),
            ("R3", "河堤路", False, [[111.525, 31.19], [111.525, 31.21]]),
        )
    ],
}
ALERT = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>A1</identifier><sender>office</sender>
<sent>2026-07-01T10:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>zh-CN</language><category>Met</category><event>山洪灾害红色预警</event><urgency>Immediate</urgency>
<severity>Extreme</severity><certainty>Likely</certainty><expires>2099-07-01T20:00:00+08:00</expires>
<area><areaDesc>青溪镇</areaDesc><polygon>31.1,111.4 31.1,111.6 31.3,111.6 31.3,111.4 31.1,111.4</polygon></area>
</info></alert>
"""


@pytest.fixture(scope="module")
def with_roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("barrier_commands") / "county"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
        assert run(["init", str(folder)]) == 0
        (folder / "roads.geojson").write_text(json.dumps(ROADS), encoding="utf-8")
        assert run(["import", "roads", str(folder / "roads.geojson")]) == 0
    return folder


@pytest.fixture
def project(tmp_path: Path, with_roads: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "county"
    shutil.copytree(with_roads, folder)
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run(list(arguments)) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def acting(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    barriers: list[dict[str, object]] = json.loads(said(capsys, "barriers", "--format", "json"))["barriers"]
    return barriers


def test_a_bridge_is_closed_by_its_name_confirmed_and_opened_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, "barriers", "close", "--bridge", "云渡", "--reason", "桥面过水", "--lang", "en")
    assert told.endswith("云渡大桥封闭: closed, acts, pieces hit 1 云渡大桥\n")
    (barrier,) = acting(capsys)
    assert (barrier["road_id"], barrier["reason"]) == ("R2", "桥面过水")
    assert "云渡大桥封闭: closed, 生效" in said(capsys, "barriers", "confirm", str(barrier["id"]))
    assert "未生效" in said(capsys, "barriers", "lift", str(barrier["id"]))
    assert acting(capsys) == []


def test_roads_are_slowed_at_a_point_and_delayed_in_an_area(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    area = {"type": "Polygon", "coordinates": [[[111.501, 31.1], [111.51, 31.1], [111.51, 31.3], [111.501, 31.1]]]}
    (project / "area.geojson").write_text(json.dumps({"type": "Feature", "geometry": area}), encoding="utf-8")
    said(capsys, "barriers", "slow", "--at", "111.51,31.2", "--factor", "2", "--mode", "drive")
    said(capsys, "barriers", "delay", "--area", str(project / "area.geojson"), "--seconds", "300", "--to", "2099-01-01")
    assert {(each["policy"], each["edges_hit"]) for each in acting(capsys)} == {("slow", 1), ("delay", 1)}
    assert "slow:2" in said(capsys, "barriers")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param(["close"], "Where is it? There is no place and no road", id="no place"),
        pytest.param(["close", "--bridge", "金门"], "No bridge is called '金门'", id="no bridge"),
        pytest.param(["close", "--road", "R9"], "There is no road 'R9'", id="no road"),
        pytest.param(["close", "--at", "here"], "'here' is not a place", id="no coordinates"),
        pytest.param(["close", "--at", "1,1", "--bridge", "云渡"], "The place is given twice", id="two places"),
        pytest.param(["close", "--at", "111.51,31.2", "--direction", "up"], "'up' is not known", id="direction"),
        pytest.param(["close", "--area", "nowhere.geojson"], "There is no file", id="no file"),
        pytest.param(["lift", "B9"], "has no feature 'B9'", id="lift nothing"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_remedy(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    assert problem in said(capsys, "barriers", *arguments, code=2)


def test_an_alert_is_taken_in_and_closes_no_road(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "alert.xml").write_text(ALERT, encoding="utf-8")
    told = said(capsys, "import-cap", str(project / "alert.xml"), "--lang", "en")
    first, second = told.splitlines()
    assert first == "alert.xml: stored 1 hazard areas, ended 0"
    assert second.split()[1:] == ["山洪灾害红色预警", "flood", "extra_major", "active"]
    assert acting(capsys) == []


def test_whoever_takes_an_alert_in_may_say_that_it_closes_roads(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "alert.xml").write_text(ALERT, encoding="utf-8")
    trial = json.loads(
        said(capsys, "import-cap", str(project / "alert.xml"), "--policy", "closed", "--dry-run", "--format", "json")
    )
    assert (trial["dry_run"], len(trial["stored"])) == (True, 1)
    assert acting(capsys) == []
    said(capsys, "import-cap", str(project / "alert.xml"), "--policy", "closed")
    assert [(each["layer"], each["policy"], each["roads_hit"]) for each in acting(capsys)] == [
        ("hazard_areas", "closed", 3)
    ]


def test_a_list_that_only_links_to_alerts_is_refused_with_the_remedy(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "list.atom").write_text("<feed><entry><link href='x'/></entry></feed>", encoding="utf-8")
    assert "save the alert itself as .xml" in said(capsys, "import-cap", str(project / "list.atom"), code=1)
