"""A new TOML in layers/ is a new layer in import, query, map and API, without a line of Python."""

import json
from pathlib import Path

import pytest
from asgi_client import AsgiClient

from geo_ems.bootstrap import current_project, opened
from geo_ems.cli.main import run
from geo_ems.web.app import create_app
from geo_ems.web.application import web_application

SIRENS = """name = "sirens"
label = { zh = "防空警报", en = "Sirens" }
geometry = ["Point"]
key = "code"
role = "other"
status_field = "status"
summary_fields = ["radius_m"]

[symbol]
shape = "diamond"
colour = "#7A0177"

[fields.code]
type = "text"
label = { zh = "编号", en = "Code" }

[fields.name]
type = "text"
label = { zh = "名称", en = "Name" }
required = true

[fields.status]
type = "code"
label = { zh = "状态", en = "Status" }

[fields.status.codes]
working = { zh = "正常", en = "working", availability = "available" }
broken = { zh = "故障", en = "broken", availability = "unavailable" }

[fields.radius_m]
type = "real"
unit = "m"
minimum = 0
label = { zh = "可闻半径", en = "Audible radius" }
"""
ROWS = "编号,名称,状态,可闻半径(公里),经度,纬度\nA1,东山警报,正常,1.5,111.51,31.2\nA2,西山警报,故障,2,111.49,31.2\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "county"
    assert run(["init", str(folder)]) == 0
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    (folder / "layers" / "sirens.toml").write_text(SIRENS, encoding="utf-8")
    (folder / "sirens.csv").write_text(ROWS, encoding="utf-8")
    assert run(["import", "sirens", str(folder / "sirens.csv")]) == 0
    capsys.readouterr()
    return folder


def test_a_new_layer_is_imported_with_its_units_and_asked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["nearest", "sirens", "--at", "111.5,31.2", "--where", "radius_m>=1500", "--format", "json"]
    assert run(asked) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["radius_m"], row["status"]) for row in answer["results"]] == [("A1", 1500.0, "working")]
    assert answer["excluded_counts"] == {"unavailable": 1}


def test_a_new_layer_stands_on_the_map(project: Path) -> None:
    assert run(["map", "overview", "--out", str(project / "map.html")]) == 0
    page = (project / "map.html").read_text(encoding="utf-8")
    assert "防空警报" in page
    assert "东山警报" in page


def test_a_new_layer_is_a_collection_of_the_api(project: Path) -> None:
    with opened(current_project()) as application:
        client = AsgiClient(create_app(web_application(application)))
        assert "sirens" in [item["id"] for item in client.get("/collections").json["collections"]]
        items = client.get("/collections/sirens/items?status=broken").json
        assert [feature["id"] for feature in items["features"]] == ["A2"]
        assert "/collections/sirens/items" in client.get("/api").json["paths"]
