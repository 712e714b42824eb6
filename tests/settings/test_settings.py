from pathlib import Path

import pytest

from geo_ems.errors import FaultsError, UsageError
from geo_ems.settings import bundled_folder, find_project_folder, load_project

GOOD = 'name = { zh = "甲县", en = "A County" }\n'


def project_folder(tmp_path: Path, text: str = GOOD) -> Path:
    (tmp_path / "geo-ems.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_bundled_project_has_layers_and_loads() -> None:
    project = load_project(bundled_folder(), {})
    assert (project.layers_folder / "shelters.toml").is_file()
    assert project.zone.key == "Asia/Shanghai"
    assert project.defaults.k == 5


def test_the_nearest_folder_upwards_is_the_project(tmp_path: Path) -> None:
    folder = project_folder(tmp_path)
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    assert find_project_folder({}, start=below) == folder.resolve()


def test_a_named_folder_without_settings_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_project_folder({"GEO_EMS_PROJECT_DIR": str(tmp_path)}, start=tmp_path)
    assert "geo-ems init" in caught.value.remedy


def test_an_unknown_variable_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_project(project_folder(tmp_path), {"GEO_EMS_STOER": "x"})
    assert str(caught.value) == (
        "environment: There is no setting 'GEO_EMS_STOER'. Known: GEO_EMS_PROJECT_DIR, GEO_EMS_STORE, GEO_EMS_HOST, "
        "GEO_EMS_PORT, GEO_EMS_AUTH, GEO_EMS_LANG."
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("GEO_EMS_PORT", "0", id="port zero"),
        pytest.param("GEO_EMS_PORT", "80a", id="port with a letter"),
        pytest.param("GEO_EMS_LANG", "fr", id="unknown language"),
        pytest.param("GEO_EMS_AUTH", "keys", id="a way of login that is not built"),
    ],
)
def test_a_wrong_value_of_a_variable_is_refused(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"{variable}.*'{value}' is not valid"):
        load_project(project_folder(tmp_path), {variable: value})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(GOOD + 'time_zone = "Asia/Nowhere"', "no IANA time zone", id="unknown zone"),
        pytest.param(GOOD + "colour = 1", "colour", id="unknown key"),
        pytest.param(GOOD + "[defaults]\nk = 0", "defaults.k", id="k of zero"),
        pytest.param(GOOD + "k = = 1", "line 2", id="not TOML"),
    ],
)
def test_a_wrong_project_file_is_refused_with_the_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FaultsError) as caught:
        load_project(project_folder(tmp_path, text), {})
    assert said in str(caught.value)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    folder = project_folder(tmp_path)
    assert load_project(folder, {}).store == str(folder / "geo_ems.gpkg")
    assert load_project(folder, {"GEO_EMS_STORE": "x.gpkg", "GEO_EMS_LANG": "en"}).store == "x.gpkg"
