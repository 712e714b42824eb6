from dataclasses import replace

import pytest
import shapely
from store_samples import (
    DEPOTS,
    FULL_SHELTER,
    SHELTERS,
    TEAMS,
    batch_of,
    deletion,
    expecting,
    open_store,
    team,
)

from geo_ems.errors import ConflictError, DataError, NotFoundError
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS, SHELTERS, DEPOTS) as opened:
        opened.commit(batch_of("response_teams", team("a", status="open")))
        yield opened


def state_of(store):
    description = store.describe()
    return description.seq, {name: layer.count for name, layer in description.layers.items()}


def test_creating_an_id_that_exists_is_a_conflict(store):
    before = state_of(store)

    with pytest.raises(ConflictError, match=r"response_teams 'a': The id is taken\."):
        store.commit(batch_of("response_teams", team("b"), team("a"), kind=ChangeKind.CREATE))

    assert state_of(store) == before


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        pytest.param(expecting(batch_of("response_teams", team("a")), 3), "has the revision 4, not 3", id="older"),
        pytest.param(deletion("response_teams", "a", expected_rev=9), "has the revision 4, not 9", id="deletion"),
        pytest.param(expecting(batch_of("response_teams", team("z")), 4), "does not exist any more", id="gone"),
        pytest.param(expecting(batch_of("response_teams", team("a")), 0), "has the revision 4, not 0", id="not absent"),
    ],
)
def test_a_change_that_expects_another_revision_is_a_conflict(store, batch, words):
    with pytest.raises(ConflictError, match=words):
        store.commit(batch)

    assert state_of(store) == (4, {"response_teams": 1, "shelters": 0, "supply_depots": 0})


def test_a_change_that_expects_the_stored_revision_is_taken(store):
    commit = store.commit(expecting(batch_of("response_teams", team("a"), kind=ChangeKind.REPLACE), 4))

    assert commit.revs == {"a": 5}


@pytest.mark.parametrize("kind", [ChangeKind.REPLACE, ChangeKind.DELETE])
def test_what_does_not_exist_cannot_be_replaced_or_deleted(store, kind):
    with pytest.raises(NotFoundError, match="There is no feature 'z'"):
        store.commit(batch_of("response_teams", team("z"), kind=kind))


def test_a_batch_is_stored_whole_or_not_at_all(store):
    with pytest.raises(DataError):
        store.commit(batch_of("response_teams", team("b"), team("c", status="opne")))

    assert store.read_columns("response_teams").ids.tolist() == ["a"]


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        pytest.param(shapely.Point(180.1, 0), r"\(180.1, 0\) are no longitude and latitude", id="beyond 180"),
        pytest.param(shapely.Point(0, float("nan")), "no longitude|empty", id="NaN"),
        pytest.param(shapely.Point(0, float("inf")), r"\(0, inf\) are no longitude", id="infinite"),
        pytest.param(shapely.Point(1, 2, 3), "more than two dimensions", id="height"),
        pytest.param(shapely.Point(), "empty", id="empty"),
        pytest.param(shapely.LineString([(0, 0), (1, 1)]), "LineString is not one of Point", id="kind"),
        pytest.param("POINT (1 2)", "is no geometry", id="text"),
        pytest.param(shapely.box(0, 89, 1, 91), "no longitude", id="over the pole"),
    ],
)
def test_geometries_that_would_poison_a_layer_are_refused(store, geometry, words):
    before = state_of(store)

    with pytest.raises(DataError, match=words):
        store.commit(batch_of("shelters", Feature("S", geometry, {})))

    assert state_of(store) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("", "has|is empty", id="empty"),
        pytest.param("a/b", "holds a '/'", id="slash"),
        pytest.param(" a", "begins or ends with a space", id="space before"),
        pytest.param("村\u3000", "begins or ends with a space", id="wide space after"),
        pytest.param("a\x00", "control character", id="NUL"),
        pytest.param("a\ud800", "control character", id="lone surrogate"),
        pytest.param("a\u2028b", "control character", id="line separator"),
        pytest.param("e\u0301", "NFC", id="decomposed"),
        pytest.param("x" * 101, "more than 100 characters", id="long"),
        pytest.param(7, "is not text", id="number"),
    ],
)
def test_ids_that_are_no_names_are_refused(store, name, words):
    with pytest.raises(DataError, match=words):
        store.commit(batch_of("response_teams", team(name)))


@pytest.mark.parametrize("name", ["x" * 100, "村 一", "é", "a.b:c"])
def test_ids_at_the_edge_of_the_rule_are_taken(store, name):
    store.commit(batch_of("response_teams", team(name)))

    assert store.read_rows("response_teams", [name])[0].id == name


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param(
            {"capacity_persons": 1.5},
            "^shelters 'S-1', field 'capacity_persons': 1.5 is not a whole number",
            id="fraction",
        ),
        pytest.param({"capacity_persons": True}, "True is not a whole number", id="true as a number"),
        pytest.param({"capacity_persons": 2**54}, "too large", id="beyond double precision"),
        pytest.param({"usable_area_m2": float("nan")}, "not a finite number", id="NaN"),
        pytest.param({"usable_area_m2": False}, "not a finite number", id="false as a number"),
        pytest.param({"heated": 1}, "neither true nor false", id="one as true"),
        pytest.param({"surveyed_on": "2026-02-30"}, "not a date", id="no such day"),
        pytest.param({"surveyed_on": "20260201"}, "as YYYY-MM-DD", id="compact date"),
        pytest.param({"opened_at": "2026-02-01T00:00:00"}, "in UTC", id="no zone"),
        pytest.param({"status": "opne"}, "not one of open, standby, closed", id="no such code"),
        pytest.param({"suitable_for": ["flood"]}, "not a list of codes", id="list in place of tuple"),
        pytest.param({"suitable_for": (["flood"],)}, "not one of flood", id="list inside a tuple"),
        pytest.param({"suitable_for": ("flood", "x")}, "not one of flood", id="one wrong code"),
        pytest.param({"name": "a\x00"}, "holds a character", id="NUL"),
        pytest.param({"name": "\udcff"}, "holds a character", id="lone surrogate"),
        pytest.param({"nmae": "a"}, "no field 'nmae'", id="unknown field"),
    ],
)
def test_values_that_do_not_fit_their_field_are_refused(store, values, words):
    with pytest.raises(DataError, match=words):
        store.commit(batch_of("shelters", replace(FULL_SHELTER, properties={"name": "x", **values})))


def test_an_unknown_child_table_and_field_are_refused(store):
    depot = Feature("D", None, {}, {"stok": ()})
    with pytest.raises(DataError, match="no child table 'stok'"):
        store.commit(batch_of("supply_depots", depot))
    with pytest.raises(DataError, match="no field 'amount'"):
        store.commit(batch_of("supply_depots", replace(depot, children={"stock": ({"amount": 1},)})))


def test_the_same_id_twice_in_a_batch_is_refused(store):
    with pytest.raises(DataError, match="stands twice"):
        store.commit(batch_of("response_teams", team("b"), team("b")))


def test_a_change_without_its_feature_or_with_another_id_is_refused(store):
    for feature in (None, team("c")):
        batch = ChangeBatch("response_teams", (FeatureChange(ChangeKind.UPSERT, "b", feature),), "tester", "api")
        with pytest.raises(DataError, match=r"no feature to upsert|another id"):
            store.commit(batch)


def test_deleted_ids_are_not_among_the_revisions(store):
    commit = store.commit(deletion("response_teams", "a"))

    assert commit.revs == {}
    assert store.read_rows("response_teams", ["a"]) == ()


def test_an_empty_batch_stores_nothing_and_keeps_the_number(store):
    commit = store.commit(batch_of("response_teams"))

    assert (commit.seq, commit.revs) == (4, {})


def test_a_repeated_request_gets_the_same_answer_and_is_stored_once(store):
    batch = batch_of("response_teams", team("b"), kind=ChangeKind.CREATE)

    first = store.commit(batch, idempotency_key="k-1")
    store.commit(batch_of("response_teams", team("c")))
    again = store.commit(batch, idempotency_key="k-1")

    assert again == first
    assert store.describe().seq == 6


def test_a_key_used_for_another_request_is_a_conflict(store):
    store.commit(batch_of("response_teams", team("b")), idempotency_key="k-1")

    with pytest.raises(ConflictError, match="'k-1' was used for another request"):
        store.commit(batch_of("response_teams", team("b", lon_deg=1.0)), idempotency_key="k-1")


def test_a_refused_request_leaves_its_key_free(store):
    with pytest.raises(ConflictError):
        store.commit(batch_of("response_teams", team("a"), kind=ChangeKind.CREATE), idempotency_key="k-1")

    assert store.commit(batch_of("response_teams", team("b")), idempotency_key="k-1").seq == 5


def test_batches_of_several_layers_are_stored_together_under_consecutive_numbers(store):
    before, _ = state_of(store)

    done = store.commit_together((batch_of("response_teams", team("b")), batch_of("shelters", FULL_SHELTER)))

    assert [commit.seq for commit in done] == [before + 1, before + 2]
    assert state_of(store) == (before + 2, {"response_teams": 2, "shelters": 1, "supply_depots": 0})
    assert [change.layer for change in store.changes_since(before)] == ["response_teams", "shelters"]
    assert store.integrity_faults() == ()


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(expecting(batch_of("response_teams", team("a")), 3), id="a revision differs"),
        pytest.param(batch_of("response_teams", team("a"), kind=ChangeKind.CREATE), id="an id is taken"),
        pytest.param(deletion("response_teams", "z"), id="there is nothing to delete"),
    ],
)
def test_where_one_of_the_batches_cannot_be_stored_none_is(store, second):
    before = state_of(store)

    with pytest.raises((ConflictError, NotFoundError)):
        store.commit_together((batch_of("shelters", FULL_SHELTER), second))

    assert state_of(store) == before
    assert store.integrity_faults() == ()


def test_the_same_key_gives_the_same_commits_of_all_batches_again(store):
    batches = (batch_of("response_teams", team("b")), batch_of("shelters", FULL_SHELTER))

    first = store.commit_together(batches, idempotency_key="k")
    again = store.commit_together(batches, idempotency_key="k")

    assert again == first
    with pytest.raises(ConflictError, match="was used for another request"):
        store.commit_together(batches[::-1], idempotency_key="k")
    with pytest.raises(ConflictError, match="was used for another request"):
        store.commit(batches[0], idempotency_key="k")


def test_an_empty_batch_among_others_is_refused_because_it_would_have_no_number(store):
    before = state_of(store)

    with pytest.raises(DataError, match="The batch changes nothing"):
        store.commit_together((batch_of("response_teams", team("b")), ChangeBatch("shelters", (), "t", "t")))
    with pytest.raises(DataError, match="There is nothing to store"):
        store.commit_together(())

    assert state_of(store) == before
