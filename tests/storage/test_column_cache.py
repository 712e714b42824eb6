"""The column cache: what comes back is what was written, and nothing is believed that the store does not confirm."""

import errno
import os
import shutil
import stat
import sys
from dataclasses import replace

import numpy as np
import pytest
import shapely
from store_samples import NOON, SHELTERS

from geo_ems.catalogue.layer_snapshot import LayerPart
from geo_ems.model.definitions import GeometryKind
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.queries.shapes import nearest_features
from geo_ems.storage.column_cache import ColumnCache
from geo_ems.storage.geopackage_store import open_geopackage

STORE_ID = "n0001"
MIXED = replace(SHELTERS, geometry=(GeometryKind.POINT, GeometryKind.POLYGON))


def shelter(number):
    values = {"name": f"避难所 {number}", "status": "open", "surveyed_on": "2024-01-31", "suitable_for": ("fire",)}
    place = shapely.Point(111 + number / 1000, 31) if number % 7 else None
    return Feature(f"S{number:04d}", place, values)


@pytest.fixture
def store(tmp_path):
    with open_geopackage(tmp_path / "county.gpkg", clock=lambda: NOON, new_id=lambda: STORE_ID) as opened:
        opened.apply_definition(SHELTERS)
        changes = tuple(FeatureChange(ChangeKind.CREATE, f"S{n:04d}", shelter(n)) for n in range(1500))
        opened.commit(ChangeBatch("shelters", changes, "tester", "test"))
        yield opened


@pytest.fixture
def cache(store, tmp_path):
    return ColumnCache(tmp_path / "county.gpkg", seal_of=store.seal_of)


def written(store, cache):
    part = LayerPart(store.read_columns("shelters"))
    done = cache.write(part.columns, part.prepared, store_id=STORE_ID, seq=store.describe().layers["shelters"].last_seq)
    return part, done


def the_file(tmp_path):
    (path,) = (tmp_path / "county.gpkg.cache").iterdir()
    return path


def test_what_was_written_comes_back_with_its_tree(store, cache):
    part, done = written(store, cache)
    assert done
    found = cache.read(SHELTERS, store_id=STORE_ID)
    assert found.key.seq == store.describe().layers["shelters"].last_seq
    assert found.columns.ids.tolist() == part.columns.ids.tolist()
    assert found.columns.revs.tolist() == part.columns.revs.tolist()
    assert shapely.to_wkt(found.columns.geometries).tolist() == shapely.to_wkt(part.columns.geometries).tolist()
    for name, column in part.columns.columns.items():
        np.testing.assert_array_equal(found.columns.columns[name].values, column.values)
        np.testing.assert_array_equal(found.columns.columns[name].known, column.known)
    one, other = (nearest_features(each.prepared, at_lonlat_deg=(111.5, 31.0), k=9) for each in (found, part))
    assert one.index.tolist() == other.index.tolist()
    assert found.prepared.blocks.order.tolist() == part.prepared.blocks.order.tolist()


def test_areas_come_back_from_the_cache_too(tmp_path):
    with open_geopackage(tmp_path / "areas.gpkg", clock=lambda: NOON, new_id=lambda: STORE_ID) as store:
        store.apply_definition(MIXED)
        places = (shapely.box(0, 0, 1, 1), shapely.Point(5, 5), None)
        changes = tuple(
            FeatureChange(ChangeKind.CREATE, f"S{n}", Feature(f"S{n}", place, {"name": "x"}))
            for n, place in enumerate(places)
        )
        store.commit(ChangeBatch("shelters", changes, "tester", "test"))
        cache = ColumnCache(tmp_path / "areas.gpkg", seal_of=store.seal_of)
        written(store, cache)
        found = cache.read(MIXED, store_id=STORE_ID)
    assert [shape and shape.wkt for shape in found.columns.geometries] == [shape and shape.wkt for shape in places]
    assert found.prepared is None


def test_the_folder_and_the_file_are_for_their_owner_alone(store, cache, tmp_path):
    written(store, cache)
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "county.gpkg.cache").stat().st_mode) == 0o700
        assert stat.S_IMODE(the_file(tmp_path).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-1], id="cut by a byte"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut in the middle"),
        pytest.param(lambda data: data[:0], id="empty"),
        pytest.param(lambda data: data + b"x", id="too long"),
        pytest.param(lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:], id="a bit of the head"),
        pytest.param(lambda data: b"GP" + data[2:], id="another kind of file"),
        pytest.param(lambda data: data[:-4000] + bytes(4000), id="its last page never written"),
        pytest.param(lambda data: data[: 1 << 20] + bytes(len(data) - (1 << 20)), id="zeros in place of the arrays"),
    ],
)
def test_a_damaged_cache_is_as_good_as_none(store, cache, tmp_path, damage):
    written(store, cache)
    path = the_file(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.read(SHELTERS, store_id=STORE_ID) is None


def test_the_cache_of_another_store_or_definition_is_not_believed(store, cache):
    written(store, cache)
    assert cache.read(SHELTERS, store_id="another") is None
    assert cache.read(replace(SHELTERS, sha256="another"), store_id=STORE_ID) is None


def test_after_a_restore_the_same_sequence_number_is_not_the_same_data(tmp_path):
    path, backup = tmp_path / "county.gpkg", tmp_path / "backup.gpkg"

    def edited(name):
        with open_geopackage(path, clock=lambda: NOON, new_id=lambda: STORE_ID) as store:
            store.apply_definition(SHELTERS)
            if not backup.exists():
                store.backup_to(backup)
            feature = Feature("S1", shapely.Point(1, 1), {"name": name})
            store.commit(ChangeBatch("shelters", (FeatureChange(ChangeKind.UPSERT, "S1", feature),), "a", "b"))
            cache = ColumnCache(path, seal_of=store.seal_of)
            found = cache.read(SHELTERS, store_id=STORE_ID)
            seq = store.describe().layers["shelters"].last_seq
            if found is None:
                written(store, cache)
            return seq, found

    first_seq, found = edited("before the restore")
    assert found is None
    shutil.copyfile(backup, path)
    second_seq, found = edited("after the restore")
    assert second_seq == first_seq
    assert found is None


def test_a_newer_cache_takes_the_place_of_the_older(store, cache, tmp_path):
    written(store, cache)
    store.commit(ChangeBatch("shelters", (FeatureChange(ChangeKind.DELETE, "S0001"),), "tester", "test"))
    (tmp_path / "county.gpkg.cache" / ".shelters.columns.left_behind").write_bytes(b"half")
    written(store, cache)
    assert len(cache.read(SHELTERS, store_id=STORE_ID).columns) == 1499
    assert the_file(tmp_path).name == "shelters.columns"


def test_a_cache_deleted_while_it_is_in_use_still_answers(store, cache, tmp_path):
    written(store, cache)
    found = cache.read(SHELTERS, store_id=STORE_ID)
    if sys.platform == "win32":
        pytest.skip("Windows does not delete files that are mapped")
    shutil.rmtree(tmp_path / "county.gpkg.cache")
    assert found.columns.id_at(3) == "S0003"
    assert found.columns.columns["name"].values[1499] == "避难所 1499"
    assert cache.read(SHELTERS, store_id=STORE_ID) is None


def test_a_full_disk_leaves_no_cache_and_no_error(store, cache, tmp_path, monkeypatch):
    def no_space(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    assert written(store, cache)[1] is False
    assert list((tmp_path / "county.gpkg.cache").iterdir()) == []


def test_a_folder_that_cannot_be_made_leaves_no_cache_and_no_error(store, cache, tmp_path):
    (tmp_path / "county.gpkg.cache").write_text("a file in its place")
    assert written(store, cache)[1] is False
    assert cache.read(SHELTERS, store_id=STORE_ID) is None
