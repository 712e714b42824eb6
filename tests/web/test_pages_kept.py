"""The start page is made once a minute while nothing changes, and at once where something did."""

from pathlib import Path

import pytest
from asgi_client import AsgiClient

from geo_ems.bootstrap import current_project, opened
from geo_ems.cli.main import run
from geo_ems.web.app import create_app
from geo_ems.web.application import web_application

SHELTERS = "code,name,status,lon,lat\nS1,中心小学,open,111.5,31.2\n"
HTML = {"accept": "text/html"}


def test_a_page_is_kept_until_the_data_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "county"
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    assert run(["init", str(folder)]) == 0
    (folder / "s.csv").write_text(SHELTERS, encoding="utf-8")
    assert run(["import", "shelters", str(folder / "s.csv")]) == 0
    with opened(current_project()) as application:
        client = AsgiClient(create_app(web_application(application)))
        first = client.get("/", headers=HTML)
        assert "中心小学" in first.body.decode()
        assert client.get("/", headers=HTML).body == first.body
        assert client.get("/?lang=en", headers=HTML).body != first.body
        patched = client.call(
            "PATCH",
            "/collections/shelters/items/S1",
            content='{"type": "Feature", "properties": {"name": "改名小学"}}'.encode(),
            headers={"content-type": "application/merge-patch+json"},
        )
        assert patched.status in {200, 204}, patched.body
        assert "改名小学" in client.get("/", headers=HTML).body.decode()
