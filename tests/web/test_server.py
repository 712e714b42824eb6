"""How the server is started, and what of a project it publishes."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.errors import FaultsError, NotFoundError, UsageError
from geo_ems.settings import bundled_folder
from geo_ems.web.asgi import app_from_environment
from geo_ems.web.publishing import Publishing, load_publishing
from geo_ems.web.server import check_bind, server_config


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_the_own_machine_may_be_served(host: str) -> None:
    check_bind(host, "local")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "", "localhost.example.org"])  # noqa: S104 refused
def test_any_other_address_is_refused_with_the_remedy(host: str) -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.1") as refused:
        check_bind(host, "local")
    assert refused.value.field == "host"


def test_header_names_keep_their_spelling_and_the_program_is_not_named(app: FastAPI) -> None:
    config = server_config(app, host="127.0.0.1", port=8000)

    assert isinstance(config.http, type)
    assert issubclass(config.http, H11Protocol)
    assert config.server_header is False
    assert config.access_log is False
    assert config.proxy_headers is False


def write(folder: Path, text: str) -> Path:
    (folder / "publish.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_everything_is_published(tmp_path: Path) -> None:
    assert load_publishing(tmp_path) == Publishing()


def test_the_file_that_comes_with_the_program_says_the_defaults() -> None:
    assert load_publishing(bundled_folder() / "api") == Publishing()


def test_only_the_layers_named_are_published(tmp_path: Path) -> None:
    definitions = load_definitions(bundled_folder() / "layers")
    publishing = load_publishing(write(tmp_path, 'collections = ["shelters", "roads"]'))

    assert list(publishing.published(definitions)) == ["shelters", "roads"]
    with pytest.raises(NotFoundError, match="shelter"):
        Publishing(collections=("shelter",)).published(definitions)


@pytest.mark.parametrize(
    "text",
    [
        "collections = 5",
        "colections = []",
        "[limits]\nitems_max = 0",
        '[limits]\nitems_max = "many"',
        "[limits]\nitems_maximum = 5",
        '[cors]\norigins = ["*"]',
        "not toml",
    ],
)
def test_a_wrong_setting_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FaultsError, match=r"publish\.toml"):
        load_publishing(write(tmp_path, text))


def test_an_asgi_server_gets_the_application_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEO_EMS_STORE", str(tmp_path / "county.gpkg"))
    monkeypatch.chdir(bundled_folder())

    app = app_from_environment()
    try:
        assert "shelters" in app.state.served.layers
    finally:
        app.state.served.application.store.close()


def test_an_asgi_server_is_not_given_to_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEO_EMS_HOST", "0.0.0.0")  # noqa: S104 refused
    monkeypatch.chdir(bundled_folder())

    with pytest.raises(UsageError, match="no login"):
        app_from_environment()
