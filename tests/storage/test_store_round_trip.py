import numpy as np
import pytest
import shapely
from store_samples import DEPOTS, FULL_SHELTER, ROADS, SHELTERS, TEAMS, batch_of, open_store, team

from geo_ems.errors import NotFoundError
from geo_ems.model.features import Feature

BOX = shapely.box(113.0, 24.0, 113.1, 24.1)


def test_every_field_type_comes_back_as_it_was_stored(tmp_path):
    with open_store(tmp_path / "s.gpkg", SHELTERS) as store:
        commit = store.commit(batch_of("shelters", FULL_SHELTER))

        (read,) = store.read_rows("shelters", ["S-1"])

    assert read.properties == FULL_SHELTER.properties
    assert read.geometry.equals(FULL_SHELTER.geometry)
    assert read.rev == commit.revs["S-1"] == commit.seq


def test_unknown_values_come_back_as_unknown_for_every_field(tmp_path):
    with open_store(tmp_path / "s.gpkg", SHELTERS) as store:
        store.commit(batch_of("shelters", Feature("S-2", None, {"name": "无"})))

        (read,) = store.read_rows("shelters", ["S-2"])
        columns = store.read_columns("shelters")

    assert read.geometry is None
    assert read.properties == dict.fromkeys(SHELTERS.fields) | {"name": "无"}
    assert columns.geometries[0] is None
    assert {name for name, column in columns.columns.items() if column.known[0]} == {"name"}


def test_columns_hold_what_their_docstring_says(tmp_path):
    with open_store(tmp_path / "s.gpkg", SHELTERS) as store:
        store.commit(batch_of("shelters", Feature("S-2", None, {"suitable_for": ()}), FULL_SHELTER))

        columns = store.read_columns("shelters")

    values = {name: column.values for name, column in columns.columns.items()}
    assert columns.ids.tolist() == ["S-1", "S-2"]
    assert columns.revs.tolist() == [2, 2]
    assert values["capacity_persons"].dtype == np.float64
    assert values["capacity_persons"][0] == 1200
    assert np.isnan(values["usable_area_m2"][1])
    assert values["heated"].tolist() == [False, False]
    assert columns.columns["heated"].known.tolist() == [True, False]
    assert values["surveyed_on"].tolist() == ["2026-02-28", ""]
    assert values["opened_at"].tolist() == ["2026-06-30T23:59:59Z", ""]
    assert values["status"].dtype == np.int16
    assert values["status"].tolist() == [0, -1]
    assert values["suitable_for"].dtype == np.uint64
    assert values["suitable_for"].tolist() == [0b011, 0]
    assert columns.columns["suitable_for"].known.tolist() == [True, True]


def test_columns_cannot_be_changed_by_their_readers(tmp_path):
    with open_store(tmp_path / "s.gpkg", SHELTERS) as store:
        store.commit(batch_of("shelters", FULL_SHELTER))

        columns = store.read_columns("shelters")

    arrays = [columns.ids, columns.revs, columns.geometries]
    arrays += [array for column in columns.columns.values() for array in (column.values, column.known)]
    assert not any(array.flags.writeable for array in arrays)


def test_an_empty_layer_has_columns_of_length_zero(tmp_path):
    with open_store(tmp_path / "s.gpkg", SHELTERS, DEPOTS) as store:
        columns = store.read_columns("shelters")
        depots = store.read_columns("supply_depots")

    assert len(columns) == 0
    assert columns.columns["status"].values.dtype == np.int16
    assert depots.children["stock"].parent_index.size == 0


@pytest.mark.parametrize(
    "geometry",
    [
        pytest.param(shapely.Point(-180, 90), id="point at the corner of the world"),
        pytest.param(BOX, id="polygon"),
        pytest.param(shapely.Polygon(BOX.exterior, [shapely.box(113.02, 24.02, 113.05, 24.05).exterior]), id="hole"),
        pytest.param(shapely.MultiPolygon([BOX, shapely.box(114, 25, 115, 26)]), id="two parts"),
    ],
)
def test_geometries_come_back_to_the_last_bit(tmp_path, geometry):
    with open_store(tmp_path / "s.gpkg", SHELTERS) as store:
        store.commit(batch_of("shelters", Feature("S-1", geometry, {}), Feature("S-2", None, {})))

        columns = store.read_columns("shelters")

    assert shapely.to_wkb(columns.geometries[0]) == shapely.to_wkb(geometry)


def test_stock_lines_come_back_in_order_and_point_to_their_depot(tmp_path):
    stock = ({"item": "tent", "quantity": 40.0}, {"item": "boat", "quantity": None}, {"item": "tent", "quantity": 1.5})
    full = Feature("D-2", None, {"name": "b"}, {"stock": stock})
    with open_store(tmp_path / "s.gpkg", DEPOTS) as store:
        store.commit(batch_of("supply_depots", Feature("D-1", None, {"name": "a"}), full))

        table = store.read_columns("supply_depots").children["stock"]
        rows = store.read_rows("supply_depots", ["D-2", "D-1"])

    assert table.parent_index.tolist() == [1, 1, 1]
    assert table.columns["item"].values.tolist() == ["tent", "boat", "tent"]
    assert table.columns["quantity"].known.tolist() == [True, False, True]
    assert rows[0].children == {"stock": stock}
    assert rows[1].children == {"stock": ()}


def test_replacing_a_depot_replaces_its_stock_and_deleting_it_removes_it(tmp_path):
    first = Feature("D-1", None, {}, {"stock": ({"item": "tent"}, {"item": "boat"})})
    second = Feature("D-1", None, {}, {"stock": ({"item": "pump"},)})
    with open_store(tmp_path / "s.gpkg", DEPOTS) as store:
        store.commit(batch_of("supply_depots", first))
        store.commit(batch_of("supply_depots", second))

        (read,) = store.read_rows("supply_depots", ["D-1"])

    assert [line["item"] for line in read.children["stock"]] == ["pump"]


def test_rows_are_returned_in_the_order_asked_and_missing_ones_are_left_out(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a"), team("b"), team("c")))

        read = store.read_rows("response_teams", ["c", "nobody", "a"])

    assert [feature.id for feature in read] == ["c", "a"]


def test_ids_are_ordered_by_code_point(tmp_path):
    names = ["b", "B", "村二", "村一", "10", "9"]
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", *(team(name) for name in names)))

        assert store.read_columns("response_teams").ids.tolist() == sorted(names)


def test_a_bulk_batch_of_lines_beyond_the_trigger_limit_keeps_the_index_whole(tmp_path):
    lines = [Feature(f"r{i}", shapely.LineString([(i / 100, 0), (i / 100, 1)]), {"name": str(i)}) for i in range(5001)]
    with open_store(tmp_path / "s.gpkg", ROADS) as store:
        store.commit(batch_of("roads", *lines, bulk=True))
        store.commit(batch_of("roads", *lines[:-1], Feature("r5000", None, {}), bulk=True))

        assert store.integrity_faults() == ()
        assert store.describe().layers["roads"].count == 5001
        assert store.read_rows("roads", ["r4999"])[0].geometry.equals(lines[4999].geometry)


def test_an_unknown_layer_is_named_with_those_that_exist(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store, pytest.raises(NotFoundError) as refused:
        store.read_columns("teams")

    assert str(refused.value) == "There is no layer 'teams'. Known: response_teams."
