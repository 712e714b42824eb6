"""What the store tells of the past, also where it was written before it kept what files say."""

import orjson
import pytest
import shapely
from store_samples import DEPOTS, TEAMS, open_store, team

from geo_ems.model.features import (
    ChangeBatch,
    ChangeKind,
    Feature,
    FeatureChange,
    ImportImage,
    ImportImages,
    ImportMark,
)


def images(*rows, fields=("name",)):
    return ImportImages(fields, tuple(ImportImage(name, said, ImportMark.KNOWN) for name, said in rows))


def imported(store, *features, **more):
    changes = tuple(FeatureChange(ChangeKind.UPSERT, feature.id, feature) for feature in features)
    return store.commit(ChangeBatch("response_teams", changes, "kim", "import", '{"file": "f"}', bulk=True, **more)).seq


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS, DEPOTS) as opened:
        yield opened


def test_the_newest_image_of_each_feature_counts_and_one_taken_back_is_gone(store):
    first = imported(store, team("a"), team("b"), images=images(("a", '["A"]'), ("b", '["B"]')))
    second = imported(store, images=images(("a", '["A2"]')))

    held = store.history.import_images("response_teams")
    assert {name: (image.seq, image.said) for name, image in held.items()} == {
        "a": (second, '["A2"]'),
        "b": (first, '["B"]'),
    }
    assert list(store.history.import_images("response_teams", ["b", "x"])) == ["b"]
    assert store.history.import_marks("response_teams", second) == {"a": ImportMark.KNOWN}

    imported(store, takes_back=second)
    assert store.history.import_images("response_teams")["a"].said == '["A"]'
    assert store.integrity_faults() == ()


def test_the_word_of_a_file_that_is_taken_back_stays_on_what_was_left_alone(store):
    imported(store, team("a"), team("b"), images=images(("a", '["A"]'), ("b", '["B"]')))
    second = imported(store, team("c"), images=images(("a", '["A2"]'), ("b", '["B2"]'), ("c", '["C2"]')))

    imported(store, takes_back=second, left_alone=("a", "c"))

    held = store.history.import_images("response_teams")
    assert {name: image.said for name, image in held.items()} == {"a": '["A2"]', "b": '["B"]', "c": '["C2"]'}
    assert held["a"].fields


def test_a_store_without_images_knows_none_and_gets_the_table_with_the_first(store):
    assert store.history.import_images("response_teams") == {}
    assert store.history.import_marks("response_teams", 3) == {}

    imported(store, team("a"), takes_back=2)

    assert store.history.import_images("response_teams") == {}
    imported(store, images=images(("a", "[null]")))
    assert list(store.history.import_images("response_teams")) == ["a"]


def test_features_are_told_as_they_were_with_shape_values_and_rows(store):
    depot = Feature(
        "d",
        shapely.Point(111.30000000000001, 31.2),
        {"name": "库"},
        {"stock": ({"item": "tent", "quantity": 0.1}, {"item": "tent", "quantity": 1e-300})},
    )
    batch = ChangeBatch("supply_depots", (FeatureChange(ChangeKind.CREATE, "d", depot),), "kim", "api")
    store.commit(batch)
    (before,) = store.read_rows("supply_depots", ["d"])
    gone = ChangeBatch("supply_depots", (FeatureChange(ChangeKind.DELETE, "d"),), "kim", "import", bulk=True)

    seq = store.commit(gone).seq

    assert store.history.replaced_by("supply_depots", seq) == (before,)
    assert store.history.replaced_by("supply_depots", seq, ["x"]) == ()
    assert store.history.as_left_by("supply_depots", seq - 1, ["d"]) == {"d": before}


def test_who_changed_what_last_is_known_also_of_what_is_gone(store):
    imported(store, team("a"), team("b"))
    edit = ChangeBatch("response_teams", (FeatureChange(ChangeKind.REPLACE, "a", team("a")),), "lee", "api", "moved")
    edited = store.commit(edit).seq
    deleted = store.commit(ChangeBatch("response_teams", (FeatureChange(ChangeKind.DELETE, "b"),), "lee", "api")).seq

    last = store.history.last_changes("response_teams", ["a", "b", "x"])

    assert {name: (change.seq, change.principal, change.origin) for name, change in last.items()} == {
        "a": (edited, "lee", "api"),
        "b": (deleted, "lee", "api"),
    }
    assert last["a"].at == "2026-07-01T12:00:00Z"
    assert last["a"].note == "moved"


def test_bulk_changes_are_listed_by_origin_and_layer(store):
    seq = imported(store, team("a"))

    assert [change.seq for change in store.history.changes_by(["import"])] == [seq]
    assert store.history.changes_by(["import"], "supply_depots") == ()
    assert store.history.changes_by(["api"]) == ()
    assert orjson.loads(store.history.changes_by(["import"])[0].note) == {"file": "f"}


def test_ids_that_were_made_one_by_one_are_known(store):
    imported(store, team("a"))
    batch = ChangeBatch("response_teams", (FeatureChange(ChangeKind.CREATE, "h", team("h")),), "lee", "api")
    store.commit(batch)

    assert store.history.ids_made_one_by_one("response_teams") == {"h"}
