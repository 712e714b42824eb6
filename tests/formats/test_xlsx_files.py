import datetime as dt
import io
import re
import zipfile

import openpyxl
import pytest

from geo_ems.errors import DataError, NotFoundError
from geo_ems.formats.raw import CountedBy, Limits
from geo_ems.formats.reading import read_records
from geo_ems.formats.xlsx_writing import SheetContents, write_workbook


@pytest.fixture
def workbook(tmp_path):
    def write(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "book.xlsx"
        book.save(path)
        return path

    return write


def test_cells_keep_their_types_and_whole_numbers_are_whole(workbook):
    day, moment = dt.date(2026, 2, 1), dt.datetime(2026, 2, 1, 8, 30)  # noqa: DTZ001 - a sheet has no zones
    path = workbook(Sheet1=[["name", "n", "x", "yes", "day", "at"], ["A", 300, 1.5, True, day, moment]])

    raw = read_records(path)

    assert raw.records[0].values == ("A", 300, 1.5, True, day, moment)
    assert isinstance(raw.records[0].values[1], int)
    assert raw.counted_by is CountedBy.ROW


def test_a_phone_that_became_a_number_keeps_all_digits(workbook):
    raw = read_records(workbook(Sheet1=[["name", "phone"], ["A", 8.7834e9]]))

    assert raw.records[0].values == ("A", 8783400000)


def test_the_header_is_found_below_title_rows_and_rows_count_as_in_the_sheet(workbook):
    path = workbook(Sheet1=[["某县物资表"], [], ["编号", "名称"], ["1", "甲库"], [], ["2", "乙库"]])

    raw = read_records(path, known_headers=["编号", "名称"])

    assert [record.line for record in raw.records] == [4, 6]
    assert [(line.line, line.finding.kind.code) for line in raw.skipped] == [(1, "title_row")]


def test_without_known_headings_the_first_row_of_words_is_the_header(workbook):
    raw = read_records(workbook(Sheet1=[["统计表", None, None], ["甲", "乙", "丙"], [1, 2, 3]]))

    assert raw.columns == ("甲", "乙", "丙")


def test_the_sheet_that_fits_best_is_taken_and_the_other_is_named(workbook):
    path = workbook(说明=[["本表", "用途"], ["a", "b"], ["c", "d"]], 数据=[["编号", "名称"], ["1", "甲"]])

    raw = read_records(path, known_headers=["编号", "名称"])

    assert raw.columns == ("编号", "名称")
    assert raw.sheets == ("说明", "数据")
    assert [line.finding.value for line in raw.skipped] == ["说明"]


def test_sheets_with_the_same_header_are_one_table(workbook):
    path = workbook(东=[["编号", "名称"], ["1", "甲"]], 西=[["编号", "名称"], ["2", "乙"]])

    raw = read_records(path)

    assert [(record.sheet, record.line, record.values[0]) for record in raw.records] == [("东", 2, "1"), ("西", 2, "2")]


def test_a_sheet_can_be_named_and_an_unknown_one_lists_those_that_exist(workbook):
    path = workbook(A=[["x", "y"], [1, 2]], B=[["u", "v"], [3, 4]])

    assert read_records(path, sheet="B").columns == ("u", "v")
    with pytest.raises(NotFoundError, match=r"There is no sheet 'C'. Known: A, B."):
        read_records(path, sheet="C")


def test_an_ignored_sheet_is_read_only_when_named(workbook):
    path = workbook(库存=[["编号", "数量"], ["1", 5], ["1", 6]], 数据=[["编号", "名称"], ["1", "甲"]])

    assert read_records(path, ignored_sheets=["库存"]).columns == ("编号", "名称")
    assert read_records(path, ignored_sheets=["库存"], sheet="库存").columns == ("编号", "数量")


def test_a_column_without_a_heading_is_kept_under_its_number(workbook):
    raw = read_records(workbook(Sheet1=[["编号", "名称"], ["1", "甲", "手写备注"]]))

    assert raw.columns == ("编号", "名称", "column 3")
    assert raw.records[0].findings == ()


def test_a_workbook_without_rows_is_refused(workbook):
    with pytest.raises(DataError, match="The workbook has no rows"):
        read_records(workbook(Sheet1=[]))


def repacked(path, change):
    """Rewrite a workbook member by member; `change` maps a name and its bytes to other bytes."""
    source = zipfile.ZipFile(path)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    path.write_bytes(out.getvalue())
    return path


def test_a_stray_cell_far_away_is_refused_and_does_not_fill_the_memory(workbook):
    path = workbook(Sheet1=[["a", "b"], [1, 2]])
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    repacked(path, lambda name, data: data.replace(b"</sheetData>", far) if "sheet1" in name else data)

    with pytest.raises(DataError, match="reaches to row 1048576, column 16384"):
        read_records(path)


def test_a_formula_without_a_value_is_refused_and_not_read_as_empty(workbook):
    path = workbook(Sheet1=[["name", "capacity"], ["a", "=50*2"]])

    with pytest.raises(DataError, match="Cell B2 holds a formula that no program has calculated yet"):
        read_records(path)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        pytest.param(b'<c r="B2"><f>50*2</f><v>100</v></c>', 100, id="number"),
        pytest.param(b'<c r="B2"><f t="shared" si="0"/><v>100</v></c>', 100, id="shared"),
        pytest.param(b'<c r="B2" t="str"><f>IF(1,"","")</f><v></v></c>', None, id="empty text"),
    ],
)
def test_a_formula_is_read_as_its_value(workbook, cell, value):
    path = workbook(Sheet1=[["name", "capacity"], ["a", "=50*2"]])
    # As openpyxl writes it: with lxml or, where that is missing, with the interpreter's own XML.
    empty = re.compile(rb'<c r="B2"><f>50\*2</f><v ?(/>|></v>)</c>')
    repacked(path, lambda name, data: empty.sub(cell, data) if "sheet1" in name else data)

    assert read_records(path).records[0].values == ("a", value)


def test_a_zip_bomb_is_refused(workbook):
    path = workbook(Sheet1=[["a", "b"], [1, 2]])
    repacked(path, lambda name, data: data + b" " * 3_000_000 if "sheet1" in name else data)

    with pytest.raises(DataError, match="too much to read"):
        read_records(path, limits=Limits(unpacked_small_bytes=1_000_000))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_workbook_cut_short_is_refused(workbook, share):
    path = workbook(Sheet1=[["a", "b"], [1, 2]])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(DataError):
        read_records(path)


def test_an_archive_of_other_files_is_named(tmp_path):
    path = tmp_path / "data.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.pptx", b"x")

    with pytest.raises(DataError, match="an archive of other files"):
        read_records(path)


def test_what_we_write_a_spreadsheet_never_runs_and_we_read_back(tmp_path):
    path = tmp_path / "out.xlsx"
    values = ("=HYPERLINK(1)", "+86 10", "-5", "@x", "plain", "bell\x07")

    write_workbook(path, [SheetContents("a/b", ("c1", "c2", "c3", "c4", "c5", "c6"), [values])])

    cells = openpyxl.load_workbook(path).active[2]
    assert [cell.value for cell in cells] == ["=HYPERLINK(1)", "+86 10", "-5", "@x", "plain", "bell"]
    assert {cell.data_type for cell in cells} == {"s"}  # none is a formula
    assert [cell.quotePrefix for cell in cells] == [True, True, True, True, False, False]
    assert read_records(path).records[0].values == ("=HYPERLINK(1)", "+86 10", "-5", "@x", "plain", "bell")


def test_a_workbook_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(DataError, match="cannot be written"):
        write_workbook(tmp_path / "no such folder" / "out.xlsx", [SheetContents("a", ("b",), [])])


def test_a_formula_error_is_the_text_it_shows_and_no_blank(workbook):
    path = workbook(Sheet1=[["名称", "容量", "备注"], ["甲", "#DIV/0!", "#N/A"], ["#REF!", 5, "t='e'"]])

    raw = read_records(path)

    assert [record.values for record in raw.records] == [("甲", "#DIV/0!", "#N/A"), ("#REF!", 5, "t='e'")]


def test_a_hidden_sheet_with_rows_is_told_and_lists_to_choose_from_are_not(workbook):
    path = workbook(
        Now=[["编号", "名称"], ["1", "甲"]],
        Old=[["编号", "名称"], ["2", "乙"], ["3", "丙"]],
        Lists=[["开放"], ["名称"]],
    )
    book = openpyxl.load_workbook(path)
    book["Old"].sheet_state, book["Lists"].sheet_state = "veryHidden", "hidden"
    book.save(path)

    raw = read_records(path, known_headers=["编号", "名称"])

    assert [record.values for record in raw.records] == [("1", "甲")]
    assert [line.finding.problem("en") for line in raw.skipped] == ["the hidden sheet 'Old' with 2 rows was not used"]
    assert len(read_records(path, sheet="Old", known_headers=["编号", "名称"]).records) == 2
