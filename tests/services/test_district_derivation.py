"""Which district a feature lies in, when districts change and somebody pulls the plug or edits meanwhile."""

from dataclasses import replace
from typing import TYPE_CHECKING

from shapely import box

from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange, LayerChange
from geo_ems.services.districts import DistrictStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from small_county import SmallCounty


def a_district(district_id: str) -> ChangeBatch:
    feature = Feature(district_id, box(-1, -1, 1, 1), {"name": district_id, "level": "county"})
    return ChangeBatch("districts", (FeatureChange(ChangeKind.UPSERT, district_id, feature),), "tester", "test")


def the_shelter(county: "SmallCounty") -> Feature:
    return county.store.read_rows("shelters", ["s"])[0]


def test_districts_stored_by_a_process_that_was_killed_are_derived_by_the_next(county: "SmallCounty") -> None:
    county.put("shelters", "s", (0.0, 0.0), status="open")
    county.embedded.commit(a_district("d"))  # the process ends before it derives
    assert the_shelter(county).properties["district_id"] is None
    DistrictStore(county.embedded, county.definitions).derive_missed()
    assert the_shelter(county).properties["district_id"] == "d"


def test_nothing_is_written_where_all_districts_are_derived(county: "SmallCounty") -> None:
    county.put("shelters", "s", (0.0, 0.0), status="open")
    county.store.commit(a_district("d"))
    before = county.embedded.describe().seq
    DistrictStore(county.embedded, county.definitions).derive_missed()
    assert county.embedded.describe().seq == before


def test_what_another_program_adds_or_moves_gets_its_district_and_all_do_where_it_edits_districts(
    county: "SmallCounty",
) -> None:
    county.store.commit(a_district("d"))
    for feature_id in "st":  # as an edit from outside is: past the derivation
        feature = Feature(feature_id, box(0, 0, 0.1, 0.1), {"name": feature_id})
        change = FeatureChange(ChangeKind.UPSERT, feature_id, feature)
        county.embedded.commit(ChangeBatch("shelters", (change,), "external", "external"))

    county.store.derive_noticed([LayerChange(9, "shelters", ("s",)), LayerChange(9, "roads", ("r",))])
    districts = {row.id: row.properties["district_id"] for row in county.store.read_rows("shelters", ["s", "t"])}
    assert districts == {"s": "d", "t": None}  # only those that were edited

    county.store.derive_noticed([LayerChange(10, "districts", ("d",))])
    districts = {row.id: row.properties["district_id"] for row in county.store.read_rows("shelters", ["s", "t"])}
    assert districts == {"s": "d", "t": "d"}


def test_what_was_added_outside_while_nobody_served_gets_its_district_at_the_next_opening(
    county: "SmallCounty",
) -> None:
    county.store.commit(a_district("d"))
    change = FeatureChange(ChangeKind.CREATE, "s", Feature("s", box(0, 0, 0.1, 0.1), {"name": "s"}))
    county.embedded.commit(ChangeBatch("shelters", (change,), "external", "external"))

    DistrictStore(county.embedded, county.definitions).derive_missed()

    assert the_shelter(county).properties["district_id"] == "d"


def test_an_edit_made_while_districts_are_derived_is_not_undone(
    county: "SmallCounty", monkeypatch: "pytest.MonkeyPatch"
) -> None:
    county.put("shelters", "s", (0.0, 0.0), status="open")
    county.put("shelters", "t", (0.0, 0.1), status="open")
    read_rows = county.embedded.read_rows

    def read_while_somebody_edits(layer: str, ids: "Sequence[str]") -> tuple[Feature, ...]:
        monkeypatch.undo()
        rows = read_rows(layer, ids)
        full = replace(rows[0], properties={**rows[0].properties, "status": "full"})
        changes = (FeatureChange(ChangeKind.REPLACE, "s", full), FeatureChange(ChangeKind.DELETE, "t"))
        county.embedded.commit(ChangeBatch("shelters", changes, "dispatcher", "test"))
        return rows

    monkeypatch.setattr(county.embedded, "read_rows", read_while_somebody_edits)
    county.store.commit(a_district("d"))
    assert the_shelter(county).properties["status"] == "full"
    assert the_shelter(county).properties["district_id"] == "d"
    assert county.store.read_rows("shelters", ["t"]) == ()
