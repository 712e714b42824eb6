"""A layer read at once is the layer read row by row, and what does not look like ours is left to the careful way."""

import sqlite3

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import NOON, SHELTERS

from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.storage.connections import ReaderPool, connect
from geo_ems.storage.geopackage_store import open_geopackage
from geo_ems.storage.reading import read_layer
from geo_ems.storage.whole_layers import read_packed

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
IDS = st.text(st.sampled_from("abcA-1 é中"), min_size=1, max_size=11).map(str.strip).filter(bool)
PLACES = st.one_of(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(shapely.Point),
    st.just(shapely.box(0, 0, 1, 1)),
    st.none(),
)
ROWS = st.dictionaries(
    IDS,
    st.tuples(
        PLACES,
        st.fixed_dictionaries(
            {"name": TEXTS},
            optional={
                "capacity_persons": st.integers(0, 2**53),
                "usable_area_m2": st.one_of(
                    st.floats(0, 1e300, allow_nan=False),
                    st.integers(0, 10**12).map(lambda thousandths: thousandths / 1000),
                ),
                "heated": st.booleans(),
                "surveyed_on": st.dates().map(lambda day: day.isoformat()),
                "opened_at": st.datetimes().map(lambda at: at.replace(microsecond=0).isoformat() + "Z"),
                "status": st.sampled_from(["open", "standby", "closed"]),
                "suitable_for": st.sets(st.sampled_from(["flood", "fire"])).map(lambda codes: tuple(sorted(codes))),
                "phone": TEXTS,
            },
        ),
    ),
    max_size=8,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "county.gpkg"


def fill(path, rows):
    with open_geopackage(path, clock=lambda: NOON, new_id=lambda: "n0001") as store:
        store.apply_definition(SHELTERS)
        there = tuple(str(item) for item in store.read_columns("shelters").ids)
        changes = [FeatureChange(ChangeKind.DELETE, item) for item in there]
        changes += [
            FeatureChange(ChangeKind.UPSERT, item, Feature(item, place, values))
            for item, (place, values) in rows.items()
        ]
        changes = list({change.id: change for change in changes}.values())
        store.commit(ChangeBatch("shelters", tuple(changes), "tester", "test"))


def assert_both_ways_agree(path):
    """Compare `read_layer` of the whole with `read_layer` by ids, which goes row by row."""
    connection = connect(path, read_only=True)
    at_once, _ = read_layer(connection, SHELTERS)
    by_row, _ = read_layer(connection, SHELTERS, list(at_once.ids))
    connection.close()
    assert at_once.ids.tolist() == by_row.ids.tolist() == sorted(at_once.ids)
    assert at_once.revs.tolist() == by_row.revs.tolist()
    assert shapely.to_wkt(at_once.geometries).tolist() == shapely.to_wkt(by_row.geometries).tolist()
    for name, column in at_once.columns.items():
        np.testing.assert_array_equal(column.values, by_row.columns[name].values, err_msg=name)
        np.testing.assert_array_equal(column.known, by_row.columns[name].known, err_msg=name)
        assert column.values.dtype == by_row.columns[name].values.dtype


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_a_layer_read_at_once_is_the_layer_read_row_by_row(path, rows):
    fill(path, rows)
    assert_both_ways_agree(path)


def packed(path):
    connection = connect(path, read_only=True)
    found = read_packed(connection, SHELTERS)
    connection.close()
    return found


def foreign(path, change, *values):
    """Edit the file as another program does, past the triggers."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute(change, values)
    connection.commit()
    connection.close()


ONE = {"b": (shapely.Point(1, 2), {"name": "x", "surveyed_on": "2024-02-28"}), "a": (shapely.Point(3, 4), {"name": ""})}


def test_what_geo_ems_wrote_is_read_at_once(path):
    fill(path, ONE)
    assert packed(path).ids.whole().tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE shelters SET name = x'c4e3' WHERE id = 'b'", id="bytes in place of text"),
        pytest.param("UPDATE shelters SET name = CAST(x'c4e3' AS TEXT) WHERE id = 'b'", id="text in GB18030"),
        pytest.param("UPDATE shelters SET name = 'a' || char(0) || 'b' WHERE id = 'b'", id="a NUL in a text"),
        pytest.param("UPDATE shelters SET surveyed_on = '2024-02-30' WHERE id = 'b'", id="no such day"),
        pytest.param("UPDATE shelters SET surveyed_on = '2024/02/28' WHERE id = 'b'", id="a day in another form"),
        pytest.param("UPDATE shelters SET surveyed_on = '0000-02-28' WHERE id = 'b'", id="the year 0"),
        pytest.param("UPDATE shelters SET surveyed_on = '+024-02-28' WHERE id = 'b'", id="a year with a sign"),
        pytest.param("UPDATE shelters SET opened_at = '2024-02-28T10:00:00+08:00' WHERE id = 'b'", id="with offset"),
        pytest.param("UPDATE shelters SET status = 'burnt' WHERE id = 'b'", id="no such code"),
        pytest.param("UPDATE shelters SET status = '' WHERE id = 'b'", id="an empty code"),
        pytest.param("UPDATE shelters SET capacity_persons = 1.5 WHERE id = 'b'", id="half a person"),
        pytest.param("UPDATE shelters SET capacity_persons = 'many' WHERE id = 'b'", id="a word in place of a number"),
        pytest.param("UPDATE shelters SET usable_area_m2 = 9e999 WHERE id = 'b'", id="infinity"),
        pytest.param("UPDATE shelters SET id = 'a/c' WHERE id = 'b'", id="an id with a slash"),
        pytest.param("UPDATE shelters SET id = ' b' WHERE id = 'b'", id="an id that begins with a space"),
        pytest.param("UPDATE shelters SET geom = x'00' WHERE id = 'b'", id="no geometry"),
    ],
)
def test_what_another_program_wrote_is_judged_row_by_row(path, change):
    fill(path, ONE)
    foreign(path, change)
    assert packed(path) is None
    assert_both_ways_agree(path)


def test_a_point_outside_the_earth_is_judged_row_by_row(path):
    fill(path, ONE)
    blob = sqlite3.connect(path).execute("SELECT geom FROM shelters WHERE id = 'b'").fetchone()[0]
    wrong = blob[:-16] + np.array([500.0, 2.0]).tobytes()
    foreign(path, "UPDATE shelters SET geom = ? WHERE id = 'b'", wrong)
    assert packed(path) is None
    assert_both_ways_agree(path)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(thousandths=st.lists(st.integers(0, 10**15 - 1), min_size=1, max_size=5), part=st.sampled_from([0.0, 1e-4, 0.5]))
def test_numbers_with_three_decimals_keep_their_last_bit(path, thousandths, part):
    areas = [number / 1000 for number in thousandths]
    rows = {f"s{index}": (None, {"name": "x", "usable_area_m2": area}) for index, area in enumerate(areas)}
    rows["z"] = (None, {"name": "y", "usable_area_m2": part})
    rows["zz"] = (None, {"name": "unknown"})
    fill(path, rows)
    found = packed(path).columns["usable_area_m2"]
    assert found.values[:-1].tolist() == [*areas, part]
    assert not found.known[-1]


def test_two_connections_side_by_side_read_what_one_reads(path):
    fill(path, ONE)
    pool = ReaderPool(path)
    with pool.reading_beside() as (first, second):
        assert second is not None
        both, alone = read_packed(first, SHELTERS, second=second), read_packed(first, SHELTERS)
    pool.close()
    assert both.ids.whole().tolist() == alone.ids.whole().tolist()
    for name, column in alone.columns.items():
        np.testing.assert_array_equal(both.columns[name].values, column.values)
        np.testing.assert_array_equal(both.columns[name].known, column.known)


def test_where_somebody_writes_between_the_two_there_is_no_second_connection(path, monkeypatch):
    fill(path, ONE)
    pool = ReaderPool(path)
    reading, begun = pool.reading, []

    def reading_after_a_write():
        if begun:
            fill(path, {"c": (None, {"name": "new"})})
        begun.append(True)
        return reading()

    monkeypatch.setattr(pool, "reading", reading_after_a_write)
    with pool.reading_beside() as (_, second):
        assert second is None
    pool.close()
