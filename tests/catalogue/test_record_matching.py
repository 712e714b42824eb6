import pytest
from import_layers import SHELTERS, field

from geo_ems.catalogue.record_matching import Place, plan_columns
from geo_ems.errors import NotFoundError, UsageError
from geo_ems.formats.raw import CountedBy, FileFormat, RawFile
from geo_ems.model.definitions import Synonym
from geo_ems.model.units import UNITS


def file_with(*columns, units=None, has_geometry=False):
    return RawFile(
        "a.csv", "0", FileFormat.CSV, "utf-8", CountedBy.LINE, columns, (), units=units or {}, has_geometry=has_geometry
    )


def matched(*columns, fields=SHELTERS.fields, **options):
    plan = plan_columns(file_with(*columns, **options), fields=fields, definition=SHELTERS)
    return {match.column: (match.field.name, match.factor) for match in plan.matches}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        pytest.param("capacity_persons", ("capacity_persons", 1.0), id="field name"),
        pytest.param("容量", ("capacity_persons", 1.0), id="Chinese label"),
        pytest.param("Capacity Persons", ("capacity_persons", 1.0), id="English label, case and spaces"),
        pytest.param("ＣＡＰＡＣＩＴＹ", ("capacity_persons", 1.0), id="full width"),
        pytest.param("容量（人）", ("capacity_persons", 1.0), id="unit in brackets"),
        pytest.param("容量 (万人)", ("capacity_persons", 10_000.0), id="unit that converts"),
        pytest.param("有效面积(公顷)", ("usable_area_m2", 10_000.0), id="hectares"),
        pytest.param("有效面积[亩]", ("usable_area_m2", pytest.approx(2000 / 3)), id="mu"),
        pytest.param("名称*", ("name", 1.0), id="mark of a required column"),
        pytest.param("名称(必填)", ("name", 1.0), id="filler in brackets"),
    ],
)
def test_a_column_is_known_by_its_name(column, expected):
    assert matched(column) == {column: expected}


def test_a_unit_of_another_quantity_is_not_taken_for_the_field():
    plan = plan_columns(file_with("容量(平方米)"), fields=SHELTERS.fields, definition=SHELTERS)

    assert plan.matches == ()
    assert [(column.column, column.reason.en) for column in plan.unused] == [
        ("容量(平方米)", "its unit does not fit the field")
    ]


def test_a_row_of_units_under_the_header_counts_like_brackets():
    assert matched("有效面积", units={"有效面积": "公顷"}) == {"有效面积": ("usable_area_m2", 10_000.0)}


def test_a_synonym_may_carry_its_own_unit():
    fields = {
        "area_m2": field("area_m2", "real", "面积", unit=UNITS["m2"], synonyms=[Synonym("hectares", UNITS["ha"])])
    }

    assert matched("hectares", fields=fields) == {"hectares": ("area_m2", 10_000.0)}


def test_the_better_name_wins_and_the_other_column_is_listed():
    plan = plan_columns(
        file_with("场所名称", "name", "district_id", "foo"), fields=SHELTERS.fields, definition=SHELTERS
    )

    assert [match.column for match in plan.matches] == ["name"]
    assert {column.column: column.reason.en for column in plan.unused} == {
        "场所名称": "another column is already used for this field",
        "district_id": "computed by the system",
        "foo": "not known to this layer",
    }


def test_a_column_serves_one_field_even_where_two_would_take_it():
    fields = {
        "phone": field("phone", "phone", "电话", synonyms=["tel"]),
        "key_holder_phone": field("key_holder_phone", "phone", "管理人电话", synonyms=["tel"]),
    }

    assert matched("tel", "管理人电话", fields=fields) == {
        "tel": ("phone", 1.0),
        "管理人电话": ("key_holder_phone", 1.0),
    }
    assert [match.field.name for match in plan_columns(file_with("tel"), fields=fields).matches] == ["phone"]


def test_yes_no_columns_are_matched_to_their_codes():
    plan = plan_columns(file_with("flood_L1", "地震"), fields=SHELTERS.fields, definition=SHELTERS)

    assert [(match.column, match.field.name, match.flag) for match in plan.matches] == [
        ("flood_L1", "suitable_for", "flood"),
        ("地震", "suitable_for", "earthquake"),
    ]


@pytest.mark.parametrize(
    ("columns", "places"),
    [
        pytest.param(("经度", "纬度"), {Place.LON: 0, Place.LAT: 1}, id="Chinese"),
        pytest.param(("緯度", "経度"), {Place.LAT: 0, Place.LON: 1}, id="Japanese"),
        pytest.param(("Y", "X"), {Place.LAT: 0, Place.LON: 1}, id="x and y"),
        pytest.param(("lat_dms", "lon_dms"), {Place.LAT: 0, Place.LON: 1}, id="degrees and minutes"),
        pytest.param(("location",), {Place.LATLON: 0}, id="one cell"),
        pytest.param(("location", "lon", "lat"), {Place.LON: 1, Place.LAT: 2}, id="two columns win over one"),
        pytest.param(("lon",), {}, id="half a place is none"),
    ],
)
def test_coordinate_columns_are_found(columns, places):
    assert dict(plan_columns(file_with(*columns), fields=SHELTERS.fields, definition=SHELTERS).places) == places


def test_a_file_with_geometries_does_not_use_its_coordinate_columns():
    plan = plan_columns(file_with("lon", "lat", has_geometry=True), fields=SHELTERS.fields, definition=SHELTERS)

    assert plan.places == {}
    assert {column.reason.en for column in plan.unused} == {"the file has geometries of its own"}


def test_an_explicit_choice_wins_over_names():
    plan = plan_columns(
        file_with("name", "正式名", "e", "n"),
        fields=SHELTERS.fields,
        definition=SHELTERS,
        field_map={"name": "正式名", "lon": "e", "lat": "n"},
    )

    assert [(match.field.name, match.column) for match in plan.matches] == [("name", "正式名")]
    assert dict(plan.places) == {Place.LON: 2, Place.LAT: 3}
    assert [column.column for column in plan.unused] == ["name"]


def test_an_explicit_choice_of_what_does_not_exist_lists_what_does():
    with pytest.raises(NotFoundError, match=r"There is no field 'nam'. Known: capacity_persons, code, easting"):
        plan_columns(file_with("a"), fields=SHELTERS.fields, definition=SHELTERS, field_map={"nam": "a"})
    with pytest.raises(UsageError, match=r"The file has no column 'b'. Its columns: a."):
        plan_columns(file_with("a"), fields=SHELTERS.fields, definition=SHELTERS, field_map={"name": "b"})
