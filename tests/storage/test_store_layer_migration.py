"""A definition that retypes, removes or narrows: values are converted, and none is lost unless somebody agreed."""

from dataclasses import replace

import pytest
import shapely
from store_samples import DEPOTS, FULL_SHELTER, SHELTERS, STATUS, STOCK, batch_of, field, layer, open_store

from geo_ems.errors import DefinitionError
from geo_ems.model.definitions import Code, FieldDefinition, FieldType, GeometryKind, LayerDefinition, Synonym
from geo_ems.model.features import Feature
from geo_ems.model.labels import Label
from geo_ems.model.units import UNITS
from geo_ems.storage.definition_migrating import MigrationNotDoneError
from geo_ems.storage.value_conversion import converted


def with_fields(
    definition: LayerDefinition, *fields: FieldDefinition, without: tuple[str, ...] = ()
) -> LayerDefinition:
    kept = {name: item for name, item in definition.fields.items() if name not in without}
    return replace(definition, fields={**kept, **{item.name: item for item in fields}})


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "s.gpkg", SHELTERS, DEPOTS) as opened:
        second = Feature("S-2", shapely.Point(1, 2), {"name": "1200", "capacity_persons": 30, "usable_area_m2": 5000.0})
        opened.commit(batch_of("shelters", FULL_SHELTER, second))
        stock = ({"item": "tent", "quantity": 4.0}, {"item": "boat", "quantity": 1.5})
        opened.commit(batch_of("supply_depots", Feature("D-1", None, {"name": "d"}, {"stock": stock})))
        yield opened


def values_of(store, name):
    rows = store.read_rows("shelters", ["S-1", "S-2"])
    return [row.properties[name] for row in rows]


def sound(store):
    assert store.integrity_faults() == ()
    assert store.poison_rows() == ()


def test_a_retyped_field_keeps_every_value_that_can_be_said_in_the_new_type(store):
    new = with_fields(SHELTERS, field("capacity_persons"), field("heated"))
    with pytest.raises(DefinitionError, match="geo-ems layers migrate"):
        store.apply_definition(new)

    report = store.migrate_definition(new)

    assert report.lost == ()
    assert report.converted == 3
    assert values_of(store, "capacity_persons") == ["1200", "30"]
    assert values_of(store, "heated") == ["false", None]
    assert values_of(store, "phone") == ["+86 751 2250000", None]
    assert store.apply_definition(new) == report.seq
    sound(store)


def test_a_value_that_cannot_be_converted_is_listed_and_stops_the_migration(store):
    new = with_fields(SHELTERS, field("name", FieldType.INTEGER))
    before = store.read_rows("shelters", ["S-1", "S-2"])

    with pytest.raises(MigrationNotDoneError, match="would lose 1 values") as refused:
        store.migrate_definition(new)

    (lost,) = refused.value.report.lost
    assert (lost.feature_id, lost.field, lost.value, lost.reason) == ("S-1", "name", "新丰一中", "it is no number")
    assert store.read_rows("shelters", ["S-1", "S-2"]) == before
    assert store.describe().seq == 4
    sound(store)


def test_a_loss_that_was_agreed_to_is_logged_with_the_row_as_it_was(store):
    new = with_fields(SHELTERS, field("name", FieldType.INTEGER))

    report = store.migrate_definition(new, accept_loss=True)

    assert values_of(store, "name") == [None, 1200]
    with store._reading() as connection:
        images = [text for (text,) in connection.execute("SELECT before FROM ems_before_image ORDER BY id")]
        ops = connection.execute("SELECT op FROM ems_change_log WHERE seq = ?", (report.seq,)).fetchall()
    assert ops == [("definition",), ("bulk",)]
    assert "新丰一中" in images[0]
    assert [change.whole_layer for change in store.changes_since(report.seq - 1)] == [True]
    sound(store)


def test_a_plan_changes_nothing_and_says_what_would_be_done(store):
    new = with_fields(SHELTERS, field("remarks"), without=("phone",))

    with pytest.raises(MigrationNotDoneError) as planned:
        store.migrate_definition(new, dry_run=True)

    assert planned.value.report.changes == ("Field 'shelters.remarks' is new.", "Field 'shelters.phone' is removed.")
    assert [item.value for item in planned.value.report.lost] == ["+86 751 2250000"]
    assert store.held_definition("shelters") == SHELTERS
    sound(store)


def test_an_empty_field_is_removed_without_a_loss_and_a_full_one_only_when_agreed(store):
    more = with_fields(SHELTERS, field("remarks"))
    store.apply_definition(more)

    assert store.migrate_definition(SHELTERS).lost == ()
    store.migrate_definition(with_fields(SHELTERS, without=("phone",)), accept_loss=True)

    assert "phone" not in store.read_rows("shelters", ["S-1"])[0].properties
    sound(store)


def test_a_field_in_another_unit_continues_the_one_it_replaces(store):
    new = with_fields(SHELTERS, field("usable_area_ha", FieldType.REAL, unit=UNITS["ha"]), without=("usable_area_m2",))

    report = store.migrate_definition(new)

    assert (report.lost, report.converted) == ((), 2)
    assert values_of(store, "usable_area_ha") == pytest.approx([0.18005, 0.5])
    sound(store)


def test_a_renamed_field_that_names_its_old_name_among_its_synonyms_keeps_its_values(store):
    renamed = field("telephone", FieldType.PHONE, synonyms=(Synonym("phone"),), private=True)

    report = store.migrate_definition(with_fields(SHELTERS, renamed, without=("phone",)))

    assert report.lost == ()
    assert values_of(store, "telephone") == ["+86 751 2250000", None]
    sound(store)


def test_a_removed_code_moves_to_the_code_that_has_it_as_a_synonym_and_is_a_loss_without_one(store):
    fewer = {"closed": STATUS["closed"], "usable": Code("usable", Label("可用", "usable"), synonyms=("open",))}
    report = store.migrate_definition(with_fields(SHELTERS, field("status", FieldType.CODE, codes=fewer)))
    assert (report.lost, values_of(store, "status")) == ((), ["usable", None])

    none = {"closed": STATUS["closed"]}
    with pytest.raises(MigrationNotDoneError) as refused:
        store.migrate_definition(with_fields(SHELTERS, field("status", FieldType.CODE, codes=none)))
    assert [(item.value, item.reason) for item in refused.value.report.lost] == [
        ("usable", "there is no code 'usable'")
    ]
    sound(store)


def test_a_narrowed_range_keeps_values_outside_it_and_lists_them(store):
    new = with_fields(SHELTERS, field("capacity_persons", FieldType.INTEGER, unit=UNITS["person"], maximum=100))

    report = store.migrate_definition(new)

    assert report.lost == ()
    assert [(item.feature_id, item.value, item.reason) for item in report.unfit] == [("S-1", "1200", "it is above 100")]
    assert values_of(store, "capacity_persons") == [1200, 30]
    sound(store)


def test_a_geometry_that_is_allowed_no_longer_is_a_loss_and_one_part_of_one_is_not(tmp_path):
    many = layer(
        "areas", field("name"), geometry=(GeometryKind.POINT, GeometryKind.POLYGON, GeometryKind.MULTI_POLYGON)
    )
    box = shapely.box(1, 1, 2, 2)
    with open_store(tmp_path / "a.gpkg", many) as store:
        shapes = (box, shapely.MultiPolygon([box]), shapely.Point(1, 2))
        store.commit(batch_of("areas", *(Feature(f"a{i}", shape, {"name": "x"}) for i, shape in enumerate(shapes))))
        polygons = replace(many, geometry=(GeometryKind.POLYGON,))

        with pytest.raises(MigrationNotDoneError) as refused:
            store.migrate_definition(polygons)
        assert [(item.feature_id, item.value) for item in refused.value.report.lost] == [("a2", "Point")]
        store.migrate_definition(polygons, accept_loss=True)

        geometries = store.read_columns("areas").geometries
        assert [None if item is None else item.geom_type for item in geometries] == ["Polygon", "Polygon", None]
        sound(store)


def test_stock_lines_are_converted_and_a_removed_table_is_a_loss(store):
    whole = replace(STOCK, fields={**STOCK.fields, "quantity": field("quantity", FieldType.INTEGER)})
    with pytest.raises(MigrationNotDoneError) as refused:
        store.migrate_definition(replace(DEPOTS, children={"stock": whole}))
    assert [(item.feature_id, item.value) for item in refused.value.report.lost] == [("D-1", "1.5")]

    store.migrate_definition(replace(DEPOTS, children={"stock": whole}), accept_loss=True)
    lines = store.read_rows("supply_depots", ["D-1"])[0].children["stock"]
    assert [dict(line) for line in lines] == [{"item": "tent", "quantity": 4}, {"item": "boat", "quantity": None}]
    sound(store)

    with pytest.raises(MigrationNotDoneError, match="would lose 2 values"):
        store.migrate_definition(replace(DEPOTS, children={}))
    store.migrate_definition(replace(DEPOTS, children={}), accept_loss=True)
    assert store.read_rows("supply_depots", ["D-1"])[0].children == {}
    sound(store)


def test_a_key_that_the_ids_do_not_follow_is_refused_whatever_was_agreed(store):
    with pytest.raises(DefinitionError, match="ids are permanent"):
        store.migrate_definition(replace(SHELTERS, key="phone"), accept_loss=True)
    sound(store)


def test_writing_and_foreign_edits_go_on_after_a_migration(store):
    store.migrate_definition(with_fields(SHELTERS, field("capacity_persons")))

    store.commit(batch_of("shelters", Feature("S-3", shapely.Point(3, 3), {"name": "x", "capacity_persons": "many"})))

    assert store.read_columns("shelters").ids.tolist() == ["S-1", "S-2", "S-3"]
    sound(store)


@pytest.mark.parametrize(
    ("value", "old", "new", "expected", "loss"),
    [
        pytest.param("12", FieldType.TEXT, FieldType.INTEGER, 12, "", id="digits"),
        pytest.param("1.5", FieldType.TEXT, FieldType.INTEGER, None, "it is no whole number", id="fraction"),
        pytest.param("nan", FieldType.TEXT, FieldType.REAL, None, "it is no number", id="NaN"),
        pytest.param(1.5, FieldType.REAL, FieldType.TEXT, "1.5", "", id="text of a number"),
        pytest.param("是", FieldType.TEXT, FieldType.BOOLEAN, True, "", id="yes in Chinese"),
        pytest.param("maybe", FieldType.TEXT, FieldType.BOOLEAN, None, "it says neither yes nor no", id="neither"),
        pytest.param(("a", "b"), FieldType.CODES, FieldType.TEXT, "a;b", "", id="codes as text"),
        pytest.param("2026-07-01T12:00:00Z", FieldType.DATETIME, FieldType.DATE, "2026-07-01",
                     "the time of day is cut off", id="instant to date"),
        pytest.param("2026-07-01", FieldType.DATE, FieldType.DATETIME, None,
                     "it does not say the time of day and its offset from UTC", id="date to instant"),
        pytest.param("open", FieldType.CODE, FieldType.CODES, ("open",), "", id="one code as a list"),
        pytest.param("开放、关闭", FieldType.TEXT, FieldType.CODES, ("closed", "open"), "", id="labels as codes"),
        pytest.param("开放、x", FieldType.TEXT, FieldType.CODES, ("open",), "there is no code 'x'", id="in part"),
        pytest.param(("closed", "open"), FieldType.CODES, FieldType.CODE, None, "there are several codes",
                     id="several"),
    ],
)  # fmt: skip
def test_values_between_types(value, old, new, expected, loss):
    outcome = converted(value, field("f", old, codes=STATUS), field("f", new, codes=STATUS))

    assert (outcome.value, outcome.loss) == (expected, loss)
