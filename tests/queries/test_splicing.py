"""Rows put into, replaced in and taken out of a base: against lists, where it is plain what has to come out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.model.cells import ArrayCells, DayCells, packed_texts
from geo_ems.queries.splicing import Splice, SplicedCells


@st.composite
def edited(draw):
    """A base of ids, ids deleted, and ids put in: edited ones and new ones."""
    base = sorted(draw(st.sets(st.integers(0, 60), max_size=25)))
    touched = sorted(draw(st.sets(st.integers(0, 60), max_size=20)))
    there = sorted(draw(st.sets(st.sampled_from(touched)))) if touched else []
    removed = [row for row, key in enumerate(base) if key in set(touched)]
    ahead = [sum(key < put for key in base if key not in set(touched)) for put in there]
    splice = Splice(len(base), np.array(removed, dtype=np.int64), np.array(ahead, dtype=np.int64))
    return base, touched, there, splice


def test_a_row_put_in_the_middle_moves_the_rows_behind_it():
    splice = Splice(3, np.array([], dtype=np.int64), np.array([1]))
    assert splice.whole(np.array([10, 30, 40]), np.array([20])).tolist() == [10, 20, 30, 40]
    assert splice.new_rows(np.array([0, 1, 2])).tolist() == [0, 2, 3]
    assert not splice.is_in_place


def test_where_an_edit_changed_nothing_in_a_column_the_column_is_shared():
    splice = Splice(3, np.array([1]), np.array([1]))
    base = np.array([10.0, np.nan, 30.0])
    assert splice.is_in_place
    assert splice.whole(base, np.array([np.nan])) is base
    assert splice.whole(base, np.array([20.0])).tolist() == [10.0, 20.0, 30.0]


@given(edited())
def test_the_result_is_the_sorted_list_without_the_removed_and_with_the_changed(case):
    base, touched, there, splice = case
    expected = sorted([(key, "kept") for key in base if key not in set(touched)] + [(key, "put") for key in there])
    keys = splice.whole(np.array(base, dtype=np.int64), np.array(there, dtype=np.int64))
    assert keys.tolist() == [key for key, _ in expected]
    assert len(splice) == len(expected)
    is_changed, source = splice.sources(np.arange(len(expected)))
    assert ["put" if changed else "kept" for changed in is_changed] == [what for _, what in expected]
    told = [there[row] if changed else base[row] for changed, row in zip(is_changed, source, strict=True)]
    assert told == keys.tolist()
    rows = {key: row for row, (key, what) in enumerate(expected) if what == "kept"}
    assert splice.new_rows(np.arange(len(base))).tolist() == [rows.get(key, -1) for key in base]
    mask = np.arange(len(expected)) % 2 == 0
    of_base = [key in rows and bool(mask[rows[key]]) for key in base]
    assert splice.to_base(mask).tolist() == of_base


@given(edited(), st.randoms(use_true_random=False))
def test_values_taken_by_row_are_those_of_the_whole(case, random):
    base, _, there, splice = case
    packed = SplicedCells(
        packed_texts([str(key) for key in base]), packed_texts([f"new {key}" for key in there]), splice
    )
    whole = packed.whole().tolist()
    rows = [random.randrange(len(whole)) for _ in range(5)] if whole else []
    assert packed.taken(np.array(rows, dtype=np.int64)).tolist() == [whole[row] for row in rows]


def test_days_stay_numbers_where_both_parts_are_days():
    splice = Splice(2, np.array([1]), np.array([1]))
    days = SplicedCells(DayCells(np.array([0, 1], dtype=np.int32)), DayCells(np.array([400], dtype=np.int32)), splice)
    assert days.numbers().tolist() == [0, 400]
    assert days.whole().tolist() == ["1970-01-01", "1971-02-05"]
    mixed = SplicedCells(days.base, ArrayCells(np.array(["1971-02-05"], dtype=object)), splice)
    assert mixed.numbers() is None
