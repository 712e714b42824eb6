"""Changes by callers who may not see everything."""

from zoneinfo import ZoneInfo

import pytest

from geo_ems.errors import FaultsError, NotFoundError, UsageError
from geo_ems.model.caller import LOCAL, Caller, Permission
from geo_ems.services.edits import EditScope, create_feature, patch_feature, read_feature, replace_feature

EDITOR = Caller("editor", frozenset({Permission.READ, Permission.WRITE}))
NEIGHBOUR = Caller("neighbour", frozenset(Permission), areas=("D2",))


def scope(county: object, caller: Caller) -> EditScope:
    return EditScope(county.store, county.definitions["shelters"], caller, ZoneInfo("Asia/Shanghai"))


def document(**properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": None, "properties": {"name": "x", **properties}}


def test_a_field_that_is_hidden_from_the_caller_is_as_unknown_as_a_misspelt_one(county: object) -> None:
    with pytest.raises(FaultsError) as refused:
        create_feature(scope(county, EDITOR), document(key_holder="x"), new_id=lambda: "1")
    assert "There is no field 'key_holder'" in str(refused.value)
    assert "key_holder_phone" not in str(refused.value)


def test_a_replacement_keeps_what_its_author_cannot_see(county: object) -> None:
    county.put("shelters", "S1", (111.5, 31.5), key_holder="王", remarks="alt")

    replace_feature(scope(county, EDITOR), "S1", document(name="neu"))

    stored = read_feature(scope(county, LOCAL), "S1").properties
    assert (stored["name"], stored["remarks"], stored["key_holder"]) == ("neu", None, "王")


def test_another_area_is_neither_seen_nor_changed_nor_added_to(county: object) -> None:
    county.put("shelters", "S1", (111.5, 31.5), district_id="D1")

    with pytest.raises(NotFoundError):
        read_feature(scope(county, NEIGHBOUR), "S1")
    with pytest.raises(NotFoundError):
        patch_feature(scope(county, NEIGHBOUR), "S1", {"properties": {"name": "x"}})
    with pytest.raises(UsageError, match="outside your areas"):
        create_feature(scope(county, NEIGHBOUR), document(district_id="D1"), new_id=lambda: "1")
