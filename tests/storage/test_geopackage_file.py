import subprocess
import sys
from pathlib import Path

import apsw
import pytest
import shapely
from needed_components import skip_or_fail
from store_samples import DEPOTS, FULL_SHELTER, ROADS, SHELTERS, TEAMS, batch_of, deletion, open_store, run_python, team

from geo_ems.errors import StoreError
from geo_ems.model.features import Feature

VALIDATOR = Path("/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py")
SYSTEM_PYTHON = Path("/usr/bin/python3")
LIST_BY_GDAL = """
import pyogrio
print([name for name, _ in pyogrio.list_layers(sys.argv[1]).tolist()])
print(pyogrio.read_info(sys.argv[1], layer="shelters")["features"])
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "s.gpkg"
    with open_store(path, TEAMS, SHELTERS, DEPOTS, ROADS) as store:
        square = Feature("S-2", shapely.box(113, 24, 113.01, 24.01), {"name": "广场"})
        store.commit(batch_of("shelters", FULL_SHELTER, square, Feature("S-3", None, {})))
        store.commit(batch_of("response_teams", team("a"), team("b"), bulk=True))
        store.commit(batch_of("supply_depots", Feature("D", None, {}, {"stock": ({"item": "tent"},)})))
        store.commit(batch_of("roads", Feature("r", shapely.LineString([(113, 24), (114, 25)]), {})))
        store.commit(deletion("response_teams", "a"))
    return path


@pytest.mark.gdal_validator
def test_the_store_is_a_valid_geopackage(path):
    if not VALIDATOR.exists() or not SYSTEM_PYTHON.exists():
        skip_or_fail("GDAL's validate_gpkg.py is not installed (Debian: python3-gdal)")
    run = subprocess.run(
        [SYSTEM_PYTHON, VALIDATOR, "--extra", "--warning-as-error", path], capture_output=True, text=True, check=False
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_other_programs_see_the_layers_and_of_our_bookkeeping_tables_without_places(path):
    assert run_python(LIST_BY_GDAL, path) == (
        "['response_teams', 'shelters', 'supply_depots', 'roads', "
        "'ems_about', 'layer_styles', 'supply_depots__stock']\n3\n"
    )


def test_the_file_says_it_is_geopackage_1_3(path):
    connection = apsw.Connection(str(path))

    assert (connection.pragma("application_id"), connection.pragma("user_version")) == (0x47504B47, 10300)


def test_types_instants_and_labels_are_written_as_geopackage_wants_them(path):
    connection = apsw.Connection(str(path))
    kinds = connection.execute("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns").fetchall()
    values = connection.execute("SELECT opened_at, suitable_for, heated FROM shelters WHERE id = 'S-1'").fetchall()
    alias = connection.execute(
        "SELECT title, description, constraint_name FROM gpkg_data_columns WHERE column_name = 'capacity_persons'"
    ).fetchall()
    codes = connection.execute(
        "SELECT value, description FROM gpkg_data_column_constraints "
        "WHERE constraint_name = 'shelters_status' ORDER BY rowid"
    ).fetchall()

    assert dict(kinds) == {
        "response_teams": "POINT",
        "shelters": "GEOMETRY",
        "supply_depots": "POINT",
        "roads": "LINESTRING",
    }
    assert values == [("2026-06-30T23:59:59.000Z", '["earthquake","flood"]', 0)]
    assert alias == [("capacity_persons_字段 (人)", "capacity_persons", None)]
    assert codes == [("open", "开放"), ("standby", "备用"), ("closed", "关闭")]


def test_our_own_tables_are_declared_as_an_extension(path):
    connection = apsw.Connection(str(path))
    declared = connection.execute(
        "SELECT table_name FROM gpkg_extensions WHERE extension_name = 'ems_store'"
    ).fetchall()
    present = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'ems_*'").fetchall()

    assert {*declared, ("ems_about",)} == set(present)


def bounds_of(store, layer):
    with store._readers.reading() as connection:
        return connection.execute(
            "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?", (layer,)
        ).fetchall()[0]


def test_the_box_of_a_layer_grows_and_shrinks_with_it(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        assert bounds_of(store, "response_teams") == (None, None, None, None)
        store.commit(batch_of("response_teams", team("a", 1, 2), team("b", 3, 5), team("c", 2, 2.5)))
        assert bounds_of(store, "response_teams") == (1, 2, 3, 5)
        store.commit(deletion("response_teams", "c"))
        assert bounds_of(store, "response_teams") == (1, 2, 3, 5)
        store.commit(deletion("response_teams", "b"))
        assert bounds_of(store, "response_teams") == (1, 2, 1, 2)
        store.commit(deletion("response_teams", "a"))
        assert bounds_of(store, "response_teams") == (None, None, None, None)


def test_a_backup_is_a_whole_store_and_the_original_goes_on(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
        (tmp_path / "backup.gpkg").write_bytes(b"SQLite format 3\x00 an older backup")
        store.backup_to(tmp_path / "backup.gpkg")
        store.commit(batch_of("response_teams", team("b")))
        identity = store.describe().store_id

    with open_store(tmp_path / "backup.gpkg", read_only=True) as copy:
        assert copy.read_columns("response_teams").ids.tolist() == ["a"]
        assert copy.describe().store_id == identity
        assert copy.integrity_faults() == ()
    if sys.platform != "win32":
        assert (tmp_path / "backup.gpkg").stat().st_mode & 0o777 == 0o600


def test_a_backup_that_cannot_be_written_leaves_nothing(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store, open_store(tmp_path / "other.gpkg", TEAMS):
        for target, words in (
            (tmp_path / "s.gpkg", "overwrite a store in use"),
            (tmp_path / "other.gpkg", "overwrite a store in use"),
            (tmp_path / "nowhere" / "b.gpkg", "cannot be written"),
            (Path(__file__), "The file is no backup"),
        ):
            with pytest.raises(StoreError, match=words):
                store.backup_to(target)


def test_an_index_that_lost_an_entry_is_told(path):
    connection = apsw.Connection(str(path))
    connection.execute(
        "DELETE FROM rtree_shelters_geom WHERE id = 1; INSERT INTO rtree_roads_geom VALUES (9, 0, 1, 0, 1)"
    )
    connection.close()

    with open_store(path, read_only=True) as store:
        assert store.integrity_faults() == (
            "index of roads: 1 entries belong to no feature",
            "index of shelters: 1 features are missing in it",
        )


def test_damaged_pages_are_told_in_words(path):
    content = bytearray(path.read_bytes())
    content[4096 * 4 : 4096 * 60] = b"\x5a" * (4096 * 56)
    path.write_bytes(content)

    with pytest.raises(StoreError, match=r"damaged|missing"), open_store(path, read_only=True) as store:
        raise StoreError(f"damaged: {store.integrity_faults()[0]}")
