"""A snapshot that took in some changes is the layer read anew; a pinned set never changes."""

from typing import TYPE_CHECKING

import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.model.columns import LayerColumns
from geo_ems.model.features import ChangeBatch, ChangeKind, FeatureChange

if TYPE_CHECKING:
    from small_county import SmallCounty

EDITS = st.lists(
    st.tuples(
        st.sampled_from("abcdefg"),
        st.sampled_from(["put", "put without a place", "delete"]),
        st.lists(st.integers(1, 9), max_size=3),
    ),
    min_size=1,
    max_size=12,
)


def edit(county: "SmallCounty", feature_id: str, what: str, quantities: list[int]) -> None:
    there = feature_id in county.snapshots.pin(["supply_depots"]).layer("supply_depots").row_of
    if what == "delete":
        if there:
            change = FeatureChange(ChangeKind.DELETE, feature_id)
            county.store.commit(ChangeBatch("supply_depots", (change,), "tester", "test"))
        return
    stock = tuple({"item": "tent", "quantity": float(quantity)} for quantity in quantities)
    place = (len(quantities) / 10, 0.0) if what == "put" else None
    county.put("supply_depots", feature_id, place, status="open", floor_area_m2=float(sum(quantities)), stock=stock)


def assert_same(one: LayerColumns, other: LayerColumns) -> None:
    assert list(one.ids) == list(other.ids)
    assert list(one.revs) == list(other.revs)
    assert [shapely.to_wkt(shape) for shape in one.geometries] == [shapely.to_wkt(shape) for shape in other.geometries]
    for row in range(len(one)):
        assert one.row_values(row, include_private=True) == other.row_values(row, include_private=True)
        assert one.row_children(row, include_private=True) == other.row_children(row, include_private=True)
    for name, column in one.columns.items():
        np.testing.assert_array_equal(column.values, other.columns[name].values)
        np.testing.assert_array_equal(column.known, other.columns[name].known)
    for name, table in one.children.items():
        np.testing.assert_array_equal(table.parent_index, other.children[name].parent_index)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_a_snapshot_that_took_in_edits_is_the_layer_read_anew(
    county: "SmallCounty", edits: list[tuple[str, str, list[int]]]
) -> None:
    county.snapshots.pin(["supply_depots"])
    for feature_id, what, quantities in edits:
        edit(county, feature_id, what, quantities)
    taken_in = county.snapshots.pin(["supply_depots"]).layer("supply_depots")
    anew = SnapshotSource(county.store, county.definitions).pin(["supply_depots"]).layer("supply_depots")
    assert_same(taken_in.columns, anew.columns)
    assert taken_in.row_of == anew.row_of
    np.testing.assert_array_equal(taken_in.availability, anew.availability)


def test_a_pinned_set_does_not_change_under_a_question(county: "SmallCounty") -> None:
    county.put("shelters", "a", (0.0, 0.0), status="open")
    pinned = county.snapshots.pin(["shelters"])
    county.put("shelters", "b", (0.1, 0.0), status="open")
    assert list(pinned.layer("shelters").columns.ids) == ["a"]
    now = county.snapshots.pin(["shelters"])
    assert list(now.layer("shelters").columns.ids) == ["a", "b"]
    assert now.snapshot_id != pinned.snapshot_id
