import apsw
import orjson
import pytest
from store_samples import DEPOTS, TEAMS, batch_of, deletion, open_store, team

from geo_ems.model.features import Feature, LayerChange


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "s.gpkg"
    with open_store(path, TEAMS, DEPOTS) as store:
        store.commit(batch_of("response_teams", team("a", status="open"), team("b")))
        store.commit(batch_of("response_teams", team("a", name="new"), note="moved"))
        store.commit(deletion("response_teams", "b"))
        store.commit(batch_of("response_teams", team("a"), team("c"), bulk=True, note='{"file": "f.csv"}'))
    return path


def tamper(path, sql):
    connection = apsw.Connection(str(path))
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE name GLOB 'ems_*_no_*'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(sql)
    for _, statement in triggers:
        connection.execute(statement)
    connection.close()


def test_changes_are_told_in_order_from_any_number_on(path):
    with open_store(path, read_only=True) as store:
        assert store.changes_since(2) == (
            LayerChange(3, "response_teams", ("a", "b")),
            LayerChange(4, "response_teams", ("a",), note="moved"),
            LayerChange(5, "response_teams", ("b",)),
            LayerChange(6, "response_teams", (), whole_layer=True, note='{"file": "f.csv"}'),
        )
        assert store.changes_since(0)[:2] == (
            LayerChange(1, "response_teams", (), whole_layer=True),
            LayerChange(2, "supply_depots", (), whole_layer=True),
        )
        assert store.changes_since(6) == ()


def test_an_entry_says_who_what_when_and_what_was_before(path):
    rows = apsw.Connection(str(path)).execute(
        "SELECT at, principal, origin, op, id, note, before, after_sha256 IS NULL "
        "FROM ems_change_log WHERE seq IN (4, 5)"
    )
    (*head, before, _), (*gone, _, has_no_after) = rows.fetchall()

    assert head == ["2026-07-01T12:00:00Z", "tester", "api", "replace", "a", "moved"]
    assert orjson.loads(before) == {
        "children": {},
        "geometry": "01010000000000000000605c400000000000c03840",
        "id": "a",
        "properties": {"name": "team a", "status": "open"},
        "rev": 3,
    }
    assert gone[3:5] == ["delete", "b"]
    assert has_no_after


def test_a_bulk_batch_keeps_the_rows_it_replaced(path):
    connection = apsw.Connection(str(path))
    ((note, before),) = connection.execute("SELECT note, before FROM ems_change_log WHERE seq = 6").fetchall()
    images = connection.execute("SELECT id, before FROM ems_before_image WHERE seq = 6").fetchall()

    assert note == '{"file": "f.csv"}'
    assert {name: orjson.loads(before)[name] for name in ("created", "replaced", "deleted")} == {
        "created": 1,
        "replaced": 1,
        "deleted": 0,
    }
    assert [(name, orjson.loads(image)["properties"]["name"]) for name, image in images] == [("a", "new")]


@pytest.mark.parametrize("table", ["ems_change_log", "ems_before_image"])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET seq = seq"])
def test_the_log_can_only_grow(path, table, sql):
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        apsw.Connection(str(path)).execute(sql.format(table))


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        pytest.param(
            "UPDATE ems_change_log SET principal = 'x' WHERE entry = 4",
            "log entry 4 (seq 3): its seal does not fit, it or one before it was changed",
            id="another principal",
        ),
        pytest.param(
            "UPDATE ems_change_log SET before = replace(before, 'team', 'Team') WHERE entry = 5",
            "log entry 5 (seq 4): its seal does not fit, it or one before it was changed",
            id="another past",
        ),
        pytest.param(
            "DELETE FROM ems_change_log WHERE entry = 4",
            "log entry 5 (seq 4): it follows entry 3 (seq 3), entries are missing",
            id="removed in the middle",
        ),
        pytest.param(
            "DELETE FROM ems_change_log WHERE entry = 7",
            "log: layer 'response_teams' has the revision 6, the log ends at 5, entries are missing",
            id="cut off at the end",
        ),
        pytest.param(
            "UPDATE ems_before_image SET before = replace(before, 'new', 'old')",
            "log entry 7 (seq 6): the rows kept from before the bulk change were changed",
            id="kept rows",
        ),
    ],
)
def test_tampering_names_the_first_broken_entry(path, sql, fault):
    tamper(path, sql)

    with open_store(path, read_only=True) as store:
        assert store.integrity_faults() == (fault,)
        assert fault in store.integrity_faults()


def test_an_untouched_log_verifies(path):
    with open_store(path, read_only=True) as store:
        assert store.integrity_faults() == ()


def test_stock_lines_are_part_of_what_is_logged(tmp_path):
    with open_store(tmp_path / "s.gpkg", DEPOTS) as store:
        for quantity in (1.0, 2.0):
            lines = {"stock": ({"item": "tent", "quantity": quantity},)}
            store.commit(batch_of("supply_depots", Feature("D", None, {}, lines)))
    rows = apsw.Connection(str(tmp_path / "s.gpkg")).execute(
        "SELECT before, after_sha256 FROM ems_change_log WHERE seq > 1 ORDER BY entry"
    )
    (_, first), (before, second) = rows.fetchall()

    assert orjson.loads(before)["children"] == {"stock": [{"item": "tent", "quantity": 1.0}]}
    assert first != second
