"""Columns whose names a Shapefile has cut."""

import pytest
from import_layers import SHELTERS, Office, field, layer

from geo_ems.catalogue.record_matching import plan_columns
from geo_ems.formats.raw import CountedBy, FileFormat, RawFile
from geo_ems.model.definitions import Synonym
from geo_ems.model.units import UNITS


def raw(*columns, encoding="utf-8", cut=10):
    return RawFile(
        "a.shp",
        "0",
        FileFormat.SHAPEFILE,
        encoding,
        CountedBy.FEATURE,
        columns,
        (),
        has_geometry=True,
        names_cut_at_bytes=cut,
    )


def matched(file, definition=SHELTERS):
    plan = plan_columns(file, fields=definition.fields, definition=definition)
    return {match.column: match.field.name for match in plan.matches}


def test_the_beginning_of_one_fields_name_is_that_field():
    assert matched(raw("CAPACITY_P", "usable_are")) == {
        "CAPACITY_P": "capacity_persons",
        "usable_are": "usable_area_m2",
    }


def test_other_formats_keep_names_whole():
    assert matched(raw("capacity_p", cut=None)) == {}


def test_a_beginning_that_two_fields_share_is_neither():
    assert matched(raw("suitable_f", "suitable_w")) == {
        "suitable_f": "suitable_for",
        "suitable_w": "suitable_with_limits",
    }
    two = layer("a", [field("suitable_for_a", "text", "甲"), field("suitable_for_b", "text", "乙")])
    assert matched(raw("suitable_f"), two) == {}


@pytest.mark.parametrize(("encoding", "column"), [("gb18030", "应急避难场"), ("utf-8", "应急避")])
def test_chinese_names_are_cut_by_the_bytes_of_their_encoding(encoding, column):
    shelters = layer("a", [field("name", "text", "应急避难场所名称")])

    assert matched(raw(column, encoding=encoding), shelters) == {column: "name"}


def test_a_whole_name_wins_over_a_beginning():
    two = layer(
        "a",
        [
            field("population_persons", "integer", "人口"),
            field("inhabitants", "integer", "居民", synonyms=["population"]),
        ],
    )

    assert matched(raw("population"), two) == {"population": "inhabitants"}


def test_the_unit_of_a_cut_synonym_counts():
    areas = layer(
        "a", [field("area_m2", "real", "面积", unit=UNITS["m2"], synonyms=[Synonym("area_in_hectares", UNITS["ha"])])]
    )

    plan = plan_columns(raw("area_in_he"), fields=areas.fields, definition=areas)

    assert [(match.field.name, match.factor) for match in plan.matches] == [("area_m2", 10_000.0)]


def test_refused_rows_of_a_shapefile_go_back_under_whole_names(tmp_path):
    import geopandas
    import pyogrio
    from shapely.geometry import Point

    data = geopandas.GeoDataFrame(
        {"name": ["A", "B"], "capacity_p": ["12", "many"]}, geometry=[Point(104, 30), Point(105, 31)], crs="EPSG:4326"
    )
    pyogrio.write_dataframe(data, tmp_path / "a.shp")

    report = Office(tmp_path).import_path(tmp_path / "a.shp")

    assert (report.counts.taken, report.counts.refused) == (1, 1)
    assert report.headings[""] == ("name", "容量")
