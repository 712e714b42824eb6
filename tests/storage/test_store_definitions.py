from dataclasses import replace

import pytest
import shapely
from store_samples import (
    DEPOTS,
    FULL_SHELTER,
    HAZARDS,
    SHELTERS,
    STATUS,
    TEAMS,
    batch_of,
    field,
    layer,
    open_store,
    team,
)

from geo_ems.errors import DefinitionError, StoreError
from geo_ems.model.definitions import (
    CapacityRule,
    ChildDefinition,
    Code,
    FieldType,
    GeometryKind,
    PositionRule,
    StockRule,
    Synonym,
)
from geo_ems.model.features import Feature
from geo_ems.model.labels import Label
from geo_ems.model.units import UNITS
from geo_ems.storage.definition_codec import decode_definition, encode_definition

RICH = replace(
    DEPOTS,
    title=Label("物资", "Supplies"),
    fields={
        **DEPOTS.fields,
        "area_ha": field(
            "area_ha", FieldType.REAL, unit=UNITS["ha"], minimum=0.5, synonyms=(Synonym("亩", UNITS["mu"]),)
        ),
        "status": field("status", FieldType.CODE, codes=STATUS, flags={"开": "open"}, description=Label("状", "state")),
    },
    stock=StockRule("stock", "item", "quantity", None),
    position=PositionRule("mode", "lon", "lat", "time"),
    capacity=CapacityRule("persons", None, 1.5, None),
    synonyms_lon=("经度", "x"),
)


@pytest.mark.parametrize("definition", [TEAMS, SHELTERS, DEPOTS, RICH], ids=lambda item: item.name)
def test_a_definition_survives_being_kept_as_json(definition):
    decoded = decode_definition(encode_definition(definition), text=definition.text)

    assert decoded == replace(definition, source="")
    assert list(decoded.fields) == list(definition.fields)
    assert [list(item.codes) for item in decoded.fields.values()] == [list(f.codes) for f in definition.fields.values()]


@pytest.mark.parametrize("content", ["{", '{"name": 1}', '{"name": "x", "colour_of_sky": "blue"}'])
def test_json_that_is_no_definition_is_refused(content):
    with pytest.raises(StoreError, match="newer geo_ems, or is damaged"):
        decode_definition(content)


def test_applying_the_same_definition_again_changes_nothing(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))

        assert store.apply_definition(replace(TEAMS, source="elsewhere.toml")) == 1
        assert store.describe().seq == 2


def test_new_fields_codes_child_tables_and_geometry_kinds_are_added_to_stored_data(tmp_path):
    wider = replace(
        TEAMS,
        geometry=(GeometryKind.POINT, GeometryKind.POLYGON),
        fields={
            **TEAMS.fields,
            "status": replace(TEAMS.fields["status"], codes={"full": Code("full", Label("满", "full")), **STATUS}),
            "boats_count": field("boats_count", FieldType.INTEGER),
        },
        children={"vehicles": ChildDefinition("vehicles", Label("车", "v"), {"plate": field("plate")})},
    )
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a", status="open"), team("b")))
        seq = store.apply_definition(wider)
        area = Feature("c", shapely.box(1, 1, 2, 2), {"boats_count": 2}, {"vehicles": ({"plate": "粤F"},)})
        store.commit(batch_of("response_teams", area))

        columns = store.read_columns("response_teams")
        assert seq == 3
        assert columns.columns["status"].values.tolist() == [1, -1, -1]
        assert columns.columns["boats_count"].known.tolist() == [False, False, True]
        assert columns.children["vehicles"].parent_index.tolist() == [2]
        assert columns.definition == wider
        assert store.integrity_faults() == ()

    with open_store(tmp_path / "s.gpkg") as store:
        assert store.read_columns("response_teams").revs.tolist() == [2, 2, 4]


def test_a_row_number_is_not_given_out_again_after_the_table_was_rebuilt(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a"), team("b")))
        store._writer.call(lambda context: context.connection.execute("DELETE FROM response_teams WHERE id = 'b'"))
        store.apply_definition(replace(TEAMS, geometry=(GeometryKind.POINT, GeometryKind.POLYGON)))
        store.commit(batch_of("response_teams", team("c")))

        with store._readers.reading() as connection:
            rows = connection.execute("SELECT fid, id FROM response_teams ORDER BY fid").fetchall()
    assert rows == [(1, "a"), (3, "c")]


def test_a_field_that_is_required_from_now_on_gets_its_default_in_stored_rows(tmp_path):
    wider = replace(TEAMS, fields={**TEAMS.fields, "tier": field("tier", required=True, default="social")})
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
        seq = store.apply_definition(wider)

        (read,) = store.read_rows("response_teams", ["a"])

    assert (read.properties["tier"], read.rev) == ("social", seq)


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(replace(TEAMS, fields={"name": TEAMS.fields["name"]}), id="field removed"),
        pytest.param(
            replace(TEAMS, fields={**TEAMS.fields, "name": field("name", FieldType.INTEGER)}), id="field retyped"
        ),
        pytest.param(
            replace(TEAMS, fields={**TEAMS.fields, "status": field("status", FieldType.CODE, codes={})}),
            id="codes gone",
        ),
        pytest.param(replace(TEAMS, geometry=(GeometryKind.POLYGON,)), id="geometry kind gone"),
    ],
)
def test_what_stored_data_cannot_follow_is_refused_and_nothing_changes(tmp_path, definition):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a", status="open")))

        with pytest.raises(DefinitionError, match=r"cannot follow [13] changes.*take it back"):
            store.apply_definition(definition)

        assert store.read_columns("response_teams").definition == TEAMS
        assert store.describe().seq == 2


@pytest.mark.parametrize(
    "name", ["gpkg_contents", "ems_about", "Teams", "a__b", "a b", 'x"; DROP TABLE y', "", "rtree_x"]
)
def test_names_that_cannot_be_tables_are_refused(tmp_path, name):
    with (
        open_store(tmp_path / "s.gpkg") as store,
        pytest.raises(DefinitionError, match="cannot be the name of a layer"),
    ):
        store.apply_definition(layer(name, field("name")))


@pytest.mark.parametrize("name", ["fid", "geom", "id", "rev", "Name", "a-b"])
def test_names_that_cannot_be_columns_are_refused(tmp_path, name):
    with (
        open_store(tmp_path / "s.gpkg") as store,
        pytest.raises(DefinitionError, match="cannot be the name of a field"),
    ):
        store.apply_definition(layer("x", field(name)))


@pytest.mark.parametrize("name", ["fid", "parent_id", "line", "Name"])
def test_names_that_cannot_be_columns_of_child_tables_are_refused(tmp_path, name):
    child = ChildDefinition("y", Label("y", "y"), {name: field(name)})
    with open_store(tmp_path / "s.gpkg") as store, pytest.raises(DefinitionError, match="the name of a child field"):
        store.apply_definition(layer("x", field("name"), children={"y": child}))


def test_a_district_may_name_its_parent_and_two_fields_may_have_one_label(tmp_path):
    twins = (
        field("parent_id"),
        replace(field("line"), label=Label("同", "same")),
        replace(field("b"), label=Label("同", "same")),
    )
    with open_store(tmp_path / "s.gpkg", layer("districts", *twins)) as store:
        store.commit(batch_of("districts", Feature("1", None, {"parent_id": "0", "line": "a"})))

        assert store.read_rows("districts", ["1"])[0].properties == {"parent_id": "0", "line": "a", "b": None}


def test_more_codes_than_a_mask_has_bits_are_refused(tmp_path):
    codes = {f"c{i}": Code(f"c{i}", Label("c", "c")) for i in range(65)}
    with open_store(tmp_path / "s.gpkg") as store, pytest.raises(DefinitionError, match="has 65 codes"):
        store.apply_definition(layer("x", field("cc", FieldType.CODES, codes=codes)))


def test_a_list_of_codes_uses_all_sixty_four_bits(tmp_path):
    codes = {f"c{i}": Code(f"c{i}", Label("c", "c")) for i in range(64)}
    with open_store(tmp_path / "s.gpkg", layer("x", field("cc", FieldType.CODES, codes=codes))) as store:
        store.commit(batch_of("x", Feature("1", None, {"cc": ("c0", "c63")})))

        assert store.read_columns("x").columns["cc"].values.tolist() == [(1 << 63) + 1]


def test_a_layer_without_fields_is_a_layer(tmp_path):
    with open_store(tmp_path / "s.gpkg", layer("x")) as store:
        store.commit(batch_of("x", Feature("1", shapely.Point(1, 2), {})))
        store.commit(batch_of("x", Feature("1", shapely.Point(1, 2), {})))
        assert len(store.read_columns("x")) == 1


def test_several_definitions_live_beside_each_other(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS, SHELTERS, DEPOTS) as store:
        store.commit(batch_of("shelters", FULL_SHELTER))

        assert sorted(store.describe().layers) == ["response_teams", "shelters", "supply_depots"]
        assert store.read_columns("shelters").definition.fields["suitable_for"].codes == HAZARDS
