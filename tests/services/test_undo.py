"""Undo: a change is taken back by another one; the log only grows."""

from pathlib import Path

import pytest
from fake_store import FakeStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from geo_ems.errors import ConflictError, NotFoundError
from geo_ems.model.caller import LOCAL, Caller, Permission
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.services.change_notes import ChangeNote, read_note
from geo_ems.services.undo import recent_changes, undo


def put(
    store: object, feature_id: str, name: str | None, *, layer: str = "shelters", note: str = "", bulk: bool = False
) -> int:
    """Store a feature of a name, or delete it; return the sequence number."""
    if name is None:
        change = FeatureChange(ChangeKind.DELETE, feature_id)
    else:
        change = FeatureChange(ChangeKind.UPSERT, feature_id, Feature(feature_id, Point(1, 2), {"name": name}))
    origin = "import" if bulk else "api"
    return store.commit(ChangeBatch(layer, (change,), "王", origin, note, bulk=bulk)).seq


def name_of(store: object, feature_id: str = "S1", layer: str = "shelters") -> object:
    rows = store.read_rows(layer, [feature_id])
    return rows[0].properties["name"] if rows else None


def taken_back(store: object, seq: int) -> int:
    return undo(store, seq, caller=LOCAL).seqs[-1]


@pytest.fixture(params=["real", "fake"])
def store(request: pytest.FixtureRequest, county: object) -> object:
    """The store of the county, and the one that stands in for it in tests: both keep the promise."""
    return county.store if request.param == "real" else FakeStore(*county.definitions.values())


def test_an_edit_is_taken_back_and_the_undo_too(store: object) -> None:
    put(store, "S1", "旧")
    edited = put(store, "S1", "新")

    first = taken_back(store, edited)
    assert name_of(store) == "旧"
    second = taken_back(store, first)
    assert name_of(store) == "新"
    taken_back(store, second)
    assert name_of(store) == "旧"


def test_creating_and_deleting_are_taken_back(store: object) -> None:
    created = put(store, "S1", "一")
    gone = taken_back(store, created)
    assert name_of(store) is None
    taken_back(store, gone)
    assert name_of(store) == "一"

    deleted = put(store, "S1", None)
    taken_back(store, deleted)
    assert name_of(store) == "一"
    assert store.read_rows("shelters", ["S1"])[0].geometry == Point(1, 2)


def test_steps_are_taken_back_one_after_another(store: object) -> None:
    put(store, "S1", "a")
    second, third = put(store, "S1", "b"), put(store, "S1", "c")

    taken_back(store, third)
    taken_back(store, second)

    assert name_of(store) == "a"


def test_a_later_change_refuses_it_and_is_named(store: object) -> None:
    put(store, "S1", "a")
    second = put(store, "S1", "b")
    note = ChangeNote(action="x", who="李").written()
    third = put(store, "S1", "c", note=note)

    with pytest.raises(ConflictError) as refused:
        undo(store, second, caller=LOCAL)
    assert f"change {third}" in str(refused.value)
    assert "李" in str(refused.value)
    assert name_of(store) == "c"
    reader = Caller("reader", frozenset({Permission.READ}))
    assert "李" not in str(recent_changes(store, caller=reader, limit=3)[1].refused)


def test_a_change_of_another_feature_is_no_hindrance(store: object) -> None:
    put(store, "S1", "a")
    edited = put(store, "S1", "b")
    put(store, "S2", "x")

    taken_back(store, edited)

    assert (name_of(store), name_of(store, "S2")) == ("a", "x")


def test_what_is_taken_back_already_is_not_taken_back_twice(store: object) -> None:
    put(store, "S1", "a")
    edited = put(store, "S1", "b")
    by = taken_back(store, edited)

    with pytest.raises(ConflictError, match=f"already, by change {by}"):
        undo(store, edited, caller=LOCAL)


def test_what_was_done_again_can_be_taken_back_again(store: object) -> None:
    put(store, "S1", "a")
    edited = put(store, "S1", "b")
    taken_back(store, taken_back(store, edited))

    taken_back(store, edited)

    assert name_of(store) == "a"


def test_an_undo_cannot_be_undone_past_a_deeper_one(store: object) -> None:
    put(store, "S1", "a")
    second, third = put(store, "S1", "b"), put(store, "S1", "c")
    of_third = taken_back(store, third)
    of_second = taken_back(store, second)

    with pytest.raises(ConflictError, match=f"change {of_second}"):
        undo(store, of_third, caller=LOCAL)
    taken_back(store, of_second)
    taken_back(store, of_third)
    assert name_of(store) == "c"


def test_an_import_is_taken_back_by_its_own_command(store: object) -> None:
    imported = put(store, "S1", "a", bulk=True)

    with pytest.raises(ConflictError, match=f"import --revert {imported}"):
        undo(store, imported, caller=LOCAL)


def test_an_import_since_refuses_it(store: object) -> None:
    put(store, "S1", "a")
    edited = put(store, "S1", "b")
    put(store, "S1", "c", bulk=True)

    with pytest.raises(ConflictError, match="was changed since"):
        undo(store, edited, caller=LOCAL)


def test_what_a_file_created_anew_is_not_overwritten(store: object) -> None:
    put(store, "S1", "a")
    edited = put(store, "S1", "b")
    deleted = put(store, "S1", None)
    imported = put(store, "S1", "c", bulk=True)

    for seq in (edited, deleted):
        with pytest.raises(ConflictError):
            undo(store, seq, caller=LOCAL)
    assert f"change {imported}" in recent_changes(store, caller=LOCAL, limit=1)[0].refused
    assert name_of(store) == "c"


def test_there_is_no_such_change(store: object) -> None:
    with pytest.raises(NotFoundError, match="no change 4711"):
        undo(store, 4711, caller=LOCAL)


def test_a_district_derived_anew_is_no_change_by_anybody(county: object) -> None:
    from shapely import box

    put(county.store, "S1", "a")
    edited = put(county.store, "S1", "b")
    county.put("districts", "D1", box(0, 0, 5, 5), level="county")
    assert county.store.read_rows("shelters", ["S1"])[0].properties["district_id"] == "D1"

    taken_back(county.store, edited)

    stored = county.store.read_rows("shelters", ["S1"])[0].properties
    assert (stored["name"], stored["district_id"]) == ("a", "D1")


def test_the_list_says_what_can_be_undone_and_why_not(store: object) -> None:
    put(store, "S1", "a")
    put(store, "S1", "b")
    put(store, "T1", "x", layer="response_teams")

    found = recent_changes(store, caller=LOCAL, limit=2)
    assert [(item.edit.id, item.refused == "") for item in found] == [("T1", True), ("S1", True)]
    older = recent_changes(store, caller=LOCAL, layer="shelters", limit=10)
    assert [item.refused == "" for item in older] == [True, False]
    assert recent_changes(store, caller=LOCAL, layer="roads", limit=10) == ()


def test_changes_that_are_left_out_do_not_shorten_the_list(store: object) -> None:
    first = put(store, "S1", "a")
    for number in range(12):
        put(store, "T1", f"x{number}", layer="response_teams")

    found = recent_changes(store, caller=LOCAL, layers={"shelters"}, limit=1)
    assert [item.edit.change.seq for item in found] == [first]
    assert len(recent_changes(store, caller=LOCAL, limit=5)) == 5
    assert len(recent_changes(store, caller=LOCAL, layers={"shelters"}, limit=50)) == 1


def test_a_feature_outside_the_callers_areas_is_not_there(county: object) -> None:
    neighbour = Caller("neighbour", frozenset(Permission), areas=("D2",))
    edited = put(county.store, "S1", "a")

    with pytest.raises(NotFoundError):
        undo(county.store, edited, caller=neighbour)
    assert recent_changes(county.store, caller=neighbour, limit=10) == ()


def test_what_layers_were_given_together_is_taken_back_together(county: object) -> None:
    """Batches stored together have consecutive numbers and one group; so does their undo."""

    class Together:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

        def commit_together(self, batches, *, idempotency_key=None):
            assert idempotency_key is None
            return tuple(self.inner.commit(batch) for batch in batches)

    store = Together(FakeStore(*county.definitions.values()))
    put(store, "S1", "a")
    put(store, "T1", "x", layer="response_teams")
    note = ChangeNote(action="order", group="g1").written()
    put(store, "S1", "b", note=note)
    last = put(store, "T1", "y", layer="response_teams", note=note)

    done = undo(store, last, caller=LOCAL)

    assert (name_of(store), name_of(store, "T1", "response_teams")) == ("a", "x")
    assert sorted(item.id for item in done.features) == ["S1", "T1"]
    again = undo(store, done.seqs[0], caller=LOCAL)
    assert (name_of(store), name_of(store, "T1", "response_teams")) == ("b", "y")
    assert len(again.seqs) == 2


def test_the_note_of_an_undo_says_what_it_took_back_and_who(store: object) -> None:
    created = put(store, "S1", "a")
    done = undo(store, created, caller=LOCAL, who="李")

    note = read_note(store.history.changes_at(done.seqs[0])[0].note)
    assert (note.undoes, note.who, note.action) == (created, "李", "undo")


class Model:
    """What every feature is, worked out from all acts by hand: the acts in force, in their order."""

    def __init__(self) -> None:
        self.acts: dict[int, tuple[str, str | None]] = {}
        self.undoes: dict[int, int] = {}

    def is_in_force(self, seq: int) -> bool:
        return not any(target == seq and self.is_in_force(by) for by, target in self.undoes.items())

    def value(self, feature_id: str) -> str | None:
        held = None
        for seq, (name, value) in sorted(self.acts.items()):
            if name == feature_id and self.is_in_force(seq):
                held = value
        return held


IDS = ("S1", "S2")
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(IDS), st.sampled_from(["a", "b", "c"])),
        st.tuples(st.just("delete"), st.sampled_from(IDS), st.none()),
        st.tuples(st.just("undo"), st.integers(0, 30), st.none()),
    ),
    max_size=20,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_any_sequence_of_edits_and_undos_leaves_what_the_acts_in_force_say(
    acts: list, bundled_definitions: dict
) -> None:
    store, model = FakeStore(bundled_definitions["shelters"]), Model()
    for act, which, value in acts:
        if act == "undo":
            seqs = [*model.acts, *model.undoes]
            if not seqs:
                continue
            target = sorted(seqs)[which % len(seqs)]
            before = {name: model.value(name) for name in IDS}
            try:
                model.undoes[taken_back(store, target)] = target
            except ConflictError:
                assert {name: name_of(store, name) for name in IDS} == before
        elif act == "put" or name_of(store, which) is not None:
            model.acts[put(store, which, value)] = (which, value)
        assert {name: name_of(store, name) for name in IDS} == {name: model.value(name) for name in IDS}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6))
def test_going_back_step_by_step_meets_every_earlier_state(values: list, bundled_definitions: dict) -> None:
    store = FakeStore(bundled_definitions["shelters"])
    seqs = [put(store, "S1", value) for value in values]

    for place in range(len(seqs) - 1, -1, -1):
        taken_back(store, seqs[place])
        assert name_of(store) == (values[place - 1] if place else None)


def test_the_real_store_and_its_stand_in_tell_the_same_history(county: object, tmp_path: Path) -> None:
    del tmp_path
    fake = FakeStore(*county.definitions.values())
    told = []
    for store in (county.store, fake):
        first = put(store, "S1", "a")
        put(store, "S1", "b", bulk=True)
        put(store, "S1", "c")
        put(store, "S1", None)
        edits = store.history.edits_of("shelters", "S1")
        told.append(
            [(e.change.seq - first, e.kind, e.is_bulk, e.before and e.before.properties["name"]) for e in edits]
        )
        told.append([e.id for e in store.history.recent_edits("shelters", limit=2)])
        assert [e.before for e in store.history.edits_at(first)] == [None]
        assert store.history.edits_at(first + 1) == ()
        assert store.history.changes_at(first + 99) == ()
        assert store.history.change_with_key("never") is None

    assert told[:2] == told[2:]


def test_a_key_leads_to_the_change_it_was_stored_under(store: object) -> None:
    change = FeatureChange(ChangeKind.CREATE, "S1", Feature("S1", None, {"name": "a"}))
    seq = store.commit(ChangeBatch("shelters", (change,), "王", "api", '{"action": "x"}'), idempotency_key="k").seq

    found = store.history.change_with_key("k")
    assert (found.seq, found.layer, read_note(found.note).action) == (seq, "shelters", "x")
