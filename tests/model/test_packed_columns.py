"""Packed values are the values: all of them, some of them, the smallest and the largest."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.model.cells import PointCells, WkbCells, object_array, packed_days, packed_instants, packed_texts
from geo_ems.model.columns import Column, packed_column, value_at
from geo_ems.model.definitions import FieldDefinition, FieldType
from geo_ems.model.labels import Label

DATES = st.one_of(st.just(""), st.dates().map(lambda day: day.isoformat()))
INSTANTS = st.one_of(st.just(""), st.datetimes().map(lambda at: at.replace(microsecond=0).isoformat() + "Z"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@pytest.mark.parametrize(("values", "pack"), [(TEXTS, packed_texts), (DATES, packed_days), (INSTANTS, packed_instants)])
def test_what_is_packed_comes_out_again(values, pack):
    @given(st.lists(values, max_size=12))
    def check(given_values):
        cells = pack(object_array(given_values))
        assert cells.whole().tolist() == given_values
        rows = np.arange(len(given_values))[::-1]
        assert cells.taken(rows).tolist() == given_values[::-1]
        assert len(cells) == len(given_values)

    check()


def test_a_point_without_coordinates_is_no_geometry():
    cells = PointCells(np.array([[111.5, 31.2], [np.nan, np.nan]]))
    assert [None if point is None else point.wkt for point in cells.whole()] == ["POINT (111.5 31.2)", None]
    assert cells.taken(np.array([1])).tolist() == [None]


def test_lines_and_areas_come_back_from_their_bytes():
    shapes = object_array([shapely.LineString([(0, 0), (1, 1)]), None, shapely.box(0, 0, 1, 1)])
    assert shapely.equals(WkbCells.packed(shapes).whole(), shapes).tolist() == [True, False, True]
    assert WkbCells.packed(shapes).taken(np.array([1])).tolist() == [None]


@pytest.mark.parametrize("is_packed", [True, False])
def test_the_oldest_and_the_newest_leave_the_unknown_out(is_packed):
    field = FieldDefinition("surveyed_on", FieldType.DATE, Label("日期", "date"))
    column = Column(field, object_array(["2024-05-01", "", "2023-01-31"]), np.array([True, False, True]))
    if is_packed:
        column = Column(field, packed_column(column), column.known)
    assert column.extremes() == ("2023-01-31", "2024-05-01")
    assert [value_at(column, row) for row in range(3)] == ["2024-05-01", None, "2023-01-31"]
    assert Column(field, object_array([""]), np.array([False])).extremes() == (None, None)


def test_a_column_does_not_let_its_readers_write():
    field = FieldDefinition("name", FieldType.TEXT, Label("名称", "name"))
    column = Column(field, packed_texts(["a", "b"]), np.array([True, True]))
    for array in (column.values, column.known):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
