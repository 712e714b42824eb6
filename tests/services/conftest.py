"""A small county in a real store, copied for each test."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from small_county import NOON, SmallCounty

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.model.definitions import LayerDefinition
from geo_ems.settings import bundled_folder
from geo_ems.storage.geopackage_store import open_geopackage


@pytest.fixture(scope="session")
def bundled_definitions() -> Mapping[str, LayerDefinition]:
    return load_definitions(bundled_folder() / "layers")


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory, bundled_definitions: Mapping[str, LayerDefinition]) -> Path:
    """A store with all layers and no feature, to be copied: making it takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "county.gpkg"
    store = open_geopackage(path, clock=lambda: NOON, new_id=lambda: "n0000")
    for definition in bundled_definitions.values():
        store.apply_definition(definition)
    store.close()
    return path


@pytest.fixture
def county(
    tmp_path: Path, empty_store: Path, bundled_definitions: Mapping[str, LayerDefinition]
) -> Iterator[SmallCounty]:
    shutil.copyfile(empty_store, tmp_path / "county.gpkg")
    small = SmallCounty(tmp_path / "county.gpkg", bundled_definitions)
    yield small
    small.embedded.close()
