"""Edits by GDAL and by SQLite itself, always in a child process: the store file is opened here by apsw alone."""

import json
import re
from dataclasses import replace

import apsw
import pytest
import shapely
from store_samples import DEPOTS, TEAMS, batch_of, expecting, field, open_store, run_python, team

from geo_ems.errors import ConflictError, StoreError
from geo_ems.model.features import ChangeKind, Feature
from geo_ems.storage.reading import PoisonRow

APPEND_BY_GDAL = """
import warnings, geopandas, shapely
warnings.simplefilter("ignore")
rows = {"name": ["from outside", "named outside"], "geometry": [shapely.Point(113, 24), shapely.Point(114, 25)]}
frame = geopandas.GeoDataFrame(rows, crs=4326)
frame.iloc[:1].to_file(sys.argv[1], layer="response_teams", mode="a")
frame.assign(id="T-own").iloc[1:].to_file(sys.argv[1], layer="response_teams", mode="a")
"""
REPLACE_BY_GDAL = """
import warnings, geopandas, shapely
warnings.simplefilter("ignore")
frame = geopandas.GeoDataFrame({"id": ["a"], "rev": [1], "name": ["x"]}, geometry=[shapely.Point(1, 2)], crs=4326)
frame.to_file(sys.argv[1], layer="response_teams", mode="w")
"""
SQL = """
import apsw
from geo_ems.storage.geometry_blobs import register_spatial_functions
connection = apsw.Connection(sys.argv[1])
register_spatial_functions(connection)
connection.set_busy_timeout(5000)
connection.execute(sys.argv[2])
connection.close()
"""


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS, DEPOTS) as opened:
        opened.commit(batch_of("response_teams", team("a", status="open"), team("b"), team("c")))
        stock = ({"item": "tent", "quantity": 4.0},)
        opened.commit(batch_of("supply_depots", Feature("D-1", None, {"name": "d"}, {"stock": stock})))
        assert opened.notice_foreign_edits() == ()
        yield opened


def edit(store, sql):
    run_python(SQL, store._path, sql)


def log_of(store, seq):
    with store._readers.reading() as connection:
        return connection.execute(
            "SELECT op, id, origin, before IS NOT NULL FROM ems_change_log WHERE seq = ? ORDER BY entry", (seq,)
        ).fetchall()


def test_rows_appended_by_gdal_are_noticed_named_and_sealed(store):
    run_python(APPEND_BY_GDAL, store._path)

    (change,) = store.notice_foreign_edits()
    rows = store.read_rows("response_teams", change.ids)

    assert (change.seq, change.layer, change.whole_layer) == (5, "response_teams", False)
    assert [row.id for row in rows] == ["T-own", "T0002"]
    assert [row.properties["name"] for row in rows] == ["named outside", "from outside"]
    assert {row.rev for row in rows} == {5}
    assert log_of(store, 5) == [("create", "T-own", "external", 0), ("create", "T0002", "external", 0)]
    assert store.integrity_faults() == ()
    assert store.notice_foreign_edits() == ()


def test_edits_made_while_the_store_was_closed_are_noticed_at_the_next_opening(tmp_path):
    path = tmp_path / "s.gpkg"
    with open_store(path, TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
    run_python(APPEND_BY_GDAL, path)

    with open_store(path) as store:
        (change,) = store.notice_foreign_edits()
        assert len(change.ids) == 2
        assert [found.seq for found in store.changes_since(2)] == [3]


def test_updates_and_deletions_keep_what_was_before(store):
    edit(
        store,
        "UPDATE response_teams SET name = 'x' WHERE id = 'a'; UPDATE response_teams SET name = 'y' WHERE id = 'a'",
    )
    edit(store, "DELETE FROM response_teams WHERE id = 'b'")

    (change,) = store.notice_foreign_edits()

    assert change.ids == ("a", "b")
    assert log_of(store, 5) == [("replace", "a", "external", 1), ("delete", "b", "external", 1)]
    with store._readers.reading() as connection:
        ((before,),) = connection.execute("SELECT before FROM ems_change_log WHERE seq = 5 AND id = 'a'").fetchall()
    assert '"name":"team a"' in before
    assert store.read_rows("response_teams", ["a"])[0].properties["name"] == "y"
    assert store.integrity_faults() == ()


def test_a_row_added_and_removed_outside_leaves_no_trace(store):
    edit(store, "INSERT INTO response_teams (name) VALUES ('x'); DELETE FROM response_teams WHERE name = 'x'")

    assert store.notice_foreign_edits() == ()
    assert store.describe().seq == 4


def test_an_edit_outside_makes_an_expected_revision_a_conflict_before_anyone_looked(store):
    edit(store, "UPDATE response_teams SET name = 'x' WHERE id = 'a'")

    with pytest.raises(ConflictError, match="has the revision 5, not 3"):
        store.commit(expecting(batch_of("response_teams", team("a")), 3))

    assert [change.ids for change in store.notice_foreign_edits()] == [("a",)]


def test_our_own_changes_are_not_taken_for_foreign_ones(store):
    store.commit(batch_of("response_teams", team("a"), team("z")))

    assert store.notice_foreign_edits() == ()
    assert [change.seq for change in store.changes_since(4)] == [5]


def test_stock_edited_outside_changes_the_depot(store):
    edit(store, "UPDATE supply_depots__stock SET quantity = 9")

    (change,) = store.notice_foreign_edits()

    assert (change.layer, change.ids) == ("supply_depots", ("D-1",))
    assert store.read_rows("supply_depots", ["D-1"])[0].children["stock"][0]["quantity"] == 9
    assert store.read_rows("supply_depots", ["D-1"])[0].rev == 5


def test_a_depot_renamed_outside_keeps_its_stock_and_a_deleted_one_loses_it(store):
    edit(store, "UPDATE supply_depots SET id = 'D-9'")
    (renamed,) = store.notice_foreign_edits()
    stock = store.read_rows("supply_depots", ["D-9"])[0].children["stock"]
    edit(store, "DELETE FROM supply_depots")
    (removed,) = store.notice_foreign_edits()

    assert (renamed.ids, removed.ids) == (("D-1", "D-9"), ("D-9",))
    assert [line["item"] for line in stock] == ["tent"]
    assert store.read_columns("supply_depots").children["stock"].parent_index.size == 0
    assert store.poison_rows() == ()


NAN_POINT = "x'47500001e61000000101000000000000000000f87f0000000000000040'"
FAR_POINT = "x'47500001e6100000010100000000000000000079400000000000000040'"
HIGH_POINT = "x'47500001e610000001e9030000000000000000f03f00000000000000400000000000000840'"
SPATIALITE = "x'0001e6100000000000000000f03f0000000000000040'"
COLLECTION = "x'47500001e61000000107000000010000000107000000010000000107000000'"
CUT = "x'47500001e6100000010200000005000000000000000000f03f'"


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        pytest.param(NAN_POINT, r"the coordinates \(nan, 2\) are no longitude and latitude|is empty", id="NaN"),
        pytest.param(FAR_POINT, r"the coordinates \(400, 2\) are no longitude", id="longitude 400"),
        pytest.param(HIGH_POINT, "WKB type 1001 is not one of", id="with height"),
        pytest.param(SPATIALITE, "no GeoPackage geometry", id="SpatiaLite blob"),
        pytest.param(COLLECTION, "WKB type 7", id="nested collections"),
        pytest.param(CUT, "ends too early", id="cut off"),
        pytest.param("'POINT (1 2)'", "not a blob", id="text"),
    ],
)
def test_a_row_added_with_an_unusable_geometry_is_kept_aside_and_listed(store, blob, words):
    edit(store, f"INSERT INTO response_teams (id, geom) VALUES ('d', {blob})")  # noqa: S608 - a constant above

    (change,) = store.notice_foreign_edits()
    (poison,) = store.poison_rows()

    assert change.ids == ("d",)
    assert (poison.layer, poison.fid, poison.excluded) == ("response_teams", 4, True)
    assert re.search(words, poison.reason)
    assert store.read_columns("response_teams").ids.tolist() == ["a", "b", "c"]
    assert [row.id for row in store.read_rows("response_teams", ["a", "d"])] == ["a"]


def test_a_row_whose_geometry_was_made_unusable_answers_with_its_last_good_version(store):
    edit(store, f"UPDATE response_teams SET geom = {FAR_POINT}, name = 'x' WHERE id = 'b'")  # noqa: S608 - a constant above
    store.notice_foreign_edits()
    edit(store, f"UPDATE response_teams SET geom = {SPATIALITE} WHERE id = 'b'")  # noqa: S608 - a constant above
    store.notice_foreign_edits()

    columns = store.read_columns("response_teams")
    (row,) = store.read_rows("response_teams", ["b"])
    (poison,) = store.poison_rows()

    assert columns.ids.tolist() == ["a", "b", "c"]
    assert columns.outdated_ids == {"b"}
    assert columns.geometries[1].equals(shapely.Point(113.5, 24.75))
    assert columns.columns["name"].values[1] == row.properties["name"] == "team b"
    assert (columns.revs[1], row.rev) == (6, 6)
    assert store.read_columns("response_teams", ["b"]).outdated_ids == {"b"}
    assert (poison.fid, poison.excluded) == (2, False)
    assert poison.reason.endswith("no GeoPackage geometry; its last good version (revision 3) answers")
    assert store.integrity_faults() == ()


@pytest.mark.parametrize(
    "heal",
    [
        pytest.param("UPDATE response_teams SET geom = NULL WHERE id = 'b'", id="corrected outside"),
        pytest.param("DELETE FROM response_teams WHERE id = 'b'", id="deleted outside"),
    ],
)
def test_a_last_good_version_answers_no_longer_than_the_row_is_unusable(store, heal):
    edit(store, f"UPDATE response_teams SET geom = {SPATIALITE} WHERE id = 'b'")  # noqa: S608 - a constant above
    store.notice_foreign_edits()
    assert store.read_columns("response_teams").outdated_ids == {"b"}

    edit(store, heal)
    store.notice_foreign_edits()

    assert store.read_columns("response_teams").outdated_ids == frozenset()
    assert store.poison_rows() == ()
    with store._reading() as connection:
        assert connection.execute("SELECT count(*) FROM ems_last_good").fetchall() == [(0,)]


def test_a_poisoned_row_is_healed_by_replacing_it(store):
    edit(store, f"UPDATE response_teams SET geom = {SPATIALITE} WHERE id = 'b'")  # noqa: S608 - a constant above

    store.commit(batch_of("response_teams", team("b"), kind=ChangeKind.REPLACE))

    assert store.poison_rows() == ()
    assert store.read_columns("response_teams").geometries[1].equals(shapely.Point(113.5, 24.75))
    assert store.integrity_faults() == ()


def test_a_wrong_value_reads_as_unknown_and_does_not_hide_the_team(store):
    edit(store, "UPDATE response_teams SET status = 'opne' WHERE id = 'a'")
    store.notice_foreign_edits()

    columns = store.read_columns("response_teams")

    assert columns.ids.tolist() == ["a", "b", "c"]
    assert columns.columns["status"].known.tolist() == [False, False, False]
    assert store.poison_rows() == (
        PoisonRow("response_teams", 1, "status: 'opne' is not one of open, standby, closed", excluded=False),
    )
    assert store.read_rows("response_teams", ["a"])[0].properties["status"] is None


def test_an_infinite_number_written_outside_reads_as_unknown(store):
    edit(store, "UPDATE supply_depots__stock SET quantity = 9e999")
    store.notice_foreign_edits()

    quantity = store.read_columns("supply_depots").children["stock"].columns["quantity"]

    assert quantity.known.tolist() == [False]
    assert [(row.reason, row.excluded) for row in store.poison_rows()] == [
        ("quantity: inf is not a finite number", False)
    ]


def test_text_that_is_not_utf8_does_not_take_the_layer_down(store):
    edit(store, "UPDATE response_teams SET name = CAST(x'd0c2b7e1' AS TEXT) WHERE id = 'a'")

    (change,) = store.notice_foreign_edits()

    assert change.ids == ("a",)
    assert store.read_columns("response_teams").columns["name"].values.tolist() == ["", "team b", "team c"]
    assert [(row.fid, row.reason) for row in store.poison_rows()] == [(1, "name: it is not text in UTF-8")]


def test_an_id_no_url_can_carry_does_not_take_the_place_of_the_one_there_was(store):
    edit(store, "UPDATE response_teams SET id = 'a/b' WHERE id = 'a'")
    store.notice_foreign_edits()

    assert store.read_columns("response_teams").ids.tolist() == ["a", "b", "c"]
    assert [row.id for row in store.read_rows("response_teams", ["a", "a/b"])] == ["a"]
    assert store.read_columns("response_teams", ["a", "a/b"]).ids.tolist() == ["a"]
    assert [row.reason for row in store.poison_rows()] == [
        "the id 'a/b' holds a '/'; its last good version (revision 3) answers"
    ]


def test_stock_of_no_depot_is_listed(store):
    edit(store, "INSERT INTO supply_depots__stock (parent_id, item) VALUES ('D-7', 'tent')")

    store.notice_foreign_edits()

    assert [(row.layer, row.reason) for row in store.poison_rows()] == [
        ("supply_depots__stock", "there is no feature with the id 'D-7'")
    ]


def missing_of(store, seq):
    with store._reading() as connection:
        ((op, note),) = connection.execute("SELECT op, note FROM ems_change_log WHERE seq = ?", (seq,)).fetchall()
    assert op == "replaced_outside"
    return json.loads(note)["missing"]


DROP_COLUMN = (
    "DROP TRIGGER ems_response_teams_update; DROP TRIGGER ems_response_teams_delete; "
    "ALTER TABLE response_teams DROP COLUMN status"
)


@pytest.mark.parametrize(
    ("sql", "missing"),
    [
        pytest.param("DROP TRIGGER ems_response_teams_update", ["trigger ems_response_teams_update"], id="trigger"),
        pytest.param(
            "DROP TRIGGER ems_change_log_no_delete", ["trigger ems_change_log_no_delete"], id="log unprotected"
        ),
        pytest.param("DROP TABLE rtree_response_teams_geom", ["table rtree_response_teams_geom"], id="index"),
        pytest.param(
            "DROP TABLE ems_foreign_before_response_teams", ["table ems_foreign_before_response_teams"], id="queue"
        ),
        pytest.param(
            DROP_COLUMN,
            ["column response_teams.status", "trigger ems_response_teams_update", "trigger ems_response_teams_delete"],
            id="column",
        ),
    ],
)
def test_what_another_program_took_from_the_tables_is_put_back_and_logged(store, sql, missing):
    edit(store, sql)

    store.notice_foreign_edits()

    assert missing_of(store, 5) == missing
    assert store.integrity_faults() == ()
    assert store.read_columns("response_teams").ids.tolist() == ["a", "b", "c"]
    edit(store, "UPDATE response_teams SET name = 'x' WHERE id = 'a'")
    assert [change.ids for change in store.notice_foreign_edits()] == [("a",)]
    assert store.commit(batch_of("response_teams", team("z"))).seq == 7
    assert store.integrity_faults() == ()


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda store: store.describe(), id="describe"),
        pytest.param(lambda store: store.read_columns("response_teams"), id="read"),
        pytest.param(lambda store: store.commit(batch_of("response_teams", team("z"))), id="write"),
    ],
)
def test_whoever_comes_first_finds_the_tables_mended(store, ask):
    edit(store, DROP_COLUMN)

    ask(store)

    assert store.read_columns("response_teams").columns["status"].known.tolist()[:3] == [False] * 3
    assert store.integrity_faults() == ()


def test_what_was_edited_while_a_trigger_was_missing_is_seen_as_a_change_of_the_whole_layer(store):
    edit(store, "UPDATE response_teams SET name = 'kept' WHERE id = 'b'; DROP TRIGGER ems_response_teams_update")
    edit(store, "UPDATE response_teams SET name = 'unnoticed' WHERE id = 'a'")

    (change,) = store.notice_foreign_edits()

    assert (change.whole_layer, change.seq) == (True, 5)
    assert store.read_columns("response_teams").columns["name"].values.tolist() == ["unnoticed", "kept", "team c"]
    assert store.read_columns("response_teams").revs.tolist() == [5, 5, 5]
    with store._reading() as connection:
        ((before,),) = connection.execute("SELECT before FROM ems_before_image WHERE seq = 5").fetchall()
    assert '"name":"team b"' in before


def test_a_child_table_dropped_outside_is_refused_with_the_remedy_rather_than_read_wrongly(store):
    edit(store, "DROP TABLE supply_depots__stock")

    for ask in (store.notice_foreign_edits, store.describe, lambda: store.read_columns("response_teams")):
        with pytest.raises(StoreError, match=r"Another program changed the tables of .* is missing.*Restore"):
            ask()
    with pytest.raises(StoreError):
        store.commit(batch_of("response_teams", team("z")))


def test_a_layer_overwritten_by_gdal_is_taken_as_it_is_and_logged(store):
    before = store.read_columns("response_teams")
    run_python(REPLACE_BY_GDAL, store._path)

    (change,) = store.notice_foreign_edits()
    columns = store.read_columns("response_teams")

    assert (change.layer, change.whole_layer) == ("response_teams", True)
    assert "trigger ems_response_teams_insert" in missing_of(store, change.seq)
    assert len(columns) >= 1
    assert all(columns.geometries)
    assert set(columns.revs.tolist()) == {change.seq}
    assert columns.definition == before.definition
    assert store.integrity_faults() == ()
    store.commit(batch_of("response_teams", team("z")))
    edit(store, "DELETE FROM response_teams WHERE id = 'z'")
    assert [change.ids for change in store.notice_foreign_edits()] == [("z",)]


def test_a_column_added_outside_is_kept_and_noted_and_taken_over_by_a_field_of_its_name(store):
    edit(store, "ALTER TABLE response_teams ADD COLUMN remarks TEXT; UPDATE response_teams SET remarks = 'seen'")
    store.notice_foreign_edits()

    assert store.notes() == (
        "layer 'response_teams' has columns of another program, which are kept and not read: remarks",
    )
    assert store.integrity_faults() == ()
    store.apply_definition(replace(TEAMS, fields={**TEAMS.fields, "remarks": field("remarks")}))
    assert store.read_columns("response_teams").columns["remarks"].values.tolist() == ["seen"] * 3
    assert store.notes() == ()
    assert store.integrity_faults() == ()


def test_a_reader_without_the_lock_goes_on_where_only_a_trigger_is_missing(tmp_path):
    path = tmp_path / "r.gpkg"
    with open_store(path, TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
    run_python(SQL, path, "DROP TRIGGER ems_response_teams_update")
    with open_store(path, read_only=True) as reader:
        assert reader.read_columns("response_teams").ids.tolist() == ["a"]
    run_python(SQL, path, DROP_COLUMN.replace("DROP TRIGGER ems_response_teams_update;", ""))

    with pytest.raises(StoreError, match=r"column response_teams\.status.*put back as soon as"):
        open_store(path, read_only=True)
    with open_store(path) as store:
        assert store.read_columns("response_teams").ids.tolist() == ["a"]


REPLACING = """
INSERT OR REPLACE INTO response_teams (fid, id, name, geom) SELECT fid, 'new', 'x', geom FROM response_teams
WHERE id = 'a'"""


@pytest.mark.parametrize(
    ("sql", "ids", "left"),
    [
        pytest.param(REPLACING, ("a", "new"), ["b", "c", "new"], id="a row number that was taken"),
        pytest.param(
            "INSERT OR REPLACE INTO response_teams (id, name) VALUES ('a', 'x')", ("a",), ["a", "b", "c"], id="an id"
        ),
        pytest.param(
            "INSERT OR REPLACE INTO response_teams (fid, id) SELECT fid, 'b' FROM response_teams WHERE id = 'a'",
            ("a", "b"),
            ["b", "c"],
            id="one row in the place of two",
        ),
        pytest.param(
            "UPDATE OR REPLACE response_teams SET id = 'b' WHERE id = 'a'",
            ("a", "b"),
            ["b", "c"],
            id="an id taken over",
        ),
        pytest.param(
            "INSERT INTO response_teams (id, name) VALUES ('a', 'x') ON CONFLICT (id) DO UPDATE SET name = 'x'",
            ("a",),
            ["a", "b", "c"],
            id="an upsert",
        ),
    ],
)
def test_a_row_that_another_program_replaced_is_known_to_be_gone(store, sql, ids, left):
    edit(store, sql)

    (change,) = store.notice_foreign_edits()

    assert change.ids == ids
    assert store.read_columns("response_teams").ids.tolist() == left
    gone = [entry for entry in log_of(store, change.seq) if entry[0] == "delete"]
    assert [entry[1] for entry in gone] == [name for name in ids if name not in left]
    assert all(entry[3] for entry in gone)
    assert store.integrity_faults() == ()


def test_stock_that_another_program_replaced_changes_both_depots(store):
    store.commit(batch_of("supply_depots", Feature("D-2", None, {"name": "e"})))
    edit(store, "INSERT OR REPLACE INTO supply_depots__stock (fid, parent_id, item) VALUES (1, 'D-2', 'boat')")

    (change,) = store.notice_foreign_edits()

    assert change.ids == ("D-1", "D-2")


def test_a_last_good_version_outlives_a_trigger_that_is_put_back(store):
    edit(store, "UPDATE response_teams SET geom = x'00' WHERE id = 'a'")
    store.notice_foreign_edits()
    edit(store, "UPDATE response_teams SET geom = x'00' WHERE id = 'b'; DROP TRIGGER ems_response_teams_update")
    store.notice_foreign_edits()

    columns = store.read_columns("response_teams")

    assert columns.ids.tolist() == ["a", "b", "c"]
    assert columns.outdated_ids == {"a", "b"}


def test_a_row_mended_while_a_trigger_was_missing_answers_for_itself(store):
    edit(store, "UPDATE response_teams SET geom = x'00' WHERE id = 'a'")
    store.notice_foreign_edits()
    edit(store, "DROP TRIGGER ems_response_teams_update; UPDATE response_teams SET geom = NULL WHERE id = 'a'")
    store.notice_foreign_edits()

    columns = store.read_columns("response_teams")

    assert (columns.ids.tolist(), columns.outdated_ids) == (["a", "b", "c"], frozenset())
    assert columns.geometries[0] is None


def test_many_rows_edited_outside_make_one_entry(store):
    lines = [team(f"n{number}") for number in range(5001)]
    store.commit(batch_of("response_teams", *lines, bulk=True))
    edit(store, "UPDATE response_teams SET name = 'x' WHERE id LIKE 'n%'")

    (change,) = store.notice_foreign_edits()

    assert (change.whole_layer, change.ids) == (True, ())
    assert log_of(store, change.seq) == [("bulk", None, "external", 1)]
    assert store.integrity_faults() == ()


def test_the_marker_of_our_own_transactions_is_never_left_behind(store):
    with pytest.raises(ConflictError):
        store.commit(batch_of("response_teams", team("a"), kind=ChangeKind.CREATE))

    assert apsw.Connection(str(store._path)).execute("SELECT actor FROM ems_actor").fetchall() == [(None,)]
