import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.formats.answers import spreadsheet_cell
from geo_ems.formats.spreadsheet_safety import defused_text, is_computed, marked_text, restored_text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+86 751 8886666", "'+86 751 8886666"),
        ("-5", "'-5"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("＝1+1", "'＝1+1"),
        ("＋86", "'＋86"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("'=1", "''=1"),
        ("'tis", "'tis"),
        ("5-1", "5-1"),
        ("", ""),
    ],
)
def test_a_csv_cell_that_a_spreadsheet_would_compute_gets_an_apostrophe(text, cell):
    assert defused_text(text) == cell
    assert restored_text(cell) == text


@given(st.text("'=+-@\t\r＝＋－＠a1", max_size=6))
def test_every_text_comes_back_from_csv_and_from_a_cell_declared_as_text(text):
    assert restored_text(defused_text(text)) == text
    assert restored_text(marked_text(text)) == text
    assert not is_computed(defused_text(text))


def test_a_list_that_begins_like_a_formula_is_defused_as_a_whole():
    assert spreadsheet_cell(["=1", "b"]) == "'=1;b"
    assert spreadsheet_cell(-5) == -5  # a number is no text
