import gzip

import pytest

from geo_ems.errors import DataError
from geo_ems.formats.raw import CountedBy, FileFormat, Limits
from geo_ems.formats.reading import read_records


@pytest.fixture
def read(tmp_path):
    def read_text(text, *, name="data.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_records(path, **options)

    return read_text


def lines(raw):
    return [record.line for record in raw.records]


def skipped(raw):
    return [(line.line, line.finding.kind.code) for line in raw.skipped]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(read, separator):
    raw = read(f"name{separator}lat{separator}lon\nA{separator}30.5{separator}104.1\n")

    assert raw.format is FileFormat.CSV
    assert raw.columns == ("name", "lat", "lon")
    assert raw.cells(raw.records[0]) == {"name": "A", "lat": "30.5", "lon": "104.1"}


def test_decimal_commas_do_not_pass_for_separators(read):
    raw = read("name;lon;lat\nA;104,1;30,5\nB;104,2;30,6\n")

    assert raw.records[1].values == ("B", "104,2", "30,6")


def test_a_row_is_found_again_by_the_line_on_which_it_begins(read):
    raw = read('name,remarks\nA,"two\nlines"\nB,one\n\nC,last\n')

    assert raw.counted_by is CountedBy.LINE
    assert lines(raw) == [2, 4, 6]
    assert raw.records[0].values == ("A", "two\nlines")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_one_line(read, newline):
    raw = read(newline.join(["name,x", "A,1", "B,2", ""]))

    assert lines(raw) == [2, 3]


def test_a_quotation_mark_that_is_never_closed_is_named_with_its_line(read):
    with pytest.raises(DataError, match="row that begins on line 3 cannot be read"):
        read('name,remarks\nA,x\nB,"open\nC,y\n')


def test_gzip_is_seen_in_the_bytes_not_in_the_name(read):
    raw = read(gzip.compress(b"name,lat\nA,1\n"), name="data.csv")

    assert raw.records[0].values == ("A", "1")


@pytest.mark.parametrize(
    "footer",
    [
        "填报单位：应急局 填报人：张三 审核人：李四,,",
        "填报单位：应急局,填报人：张三,审核人：李四",
        "填报人：,张三,2026-02-01",
        "备注：数据截至二月,,",
        "注：含临时点,,",
        "单位负责人（签字）：,王五,",
    ],
)
def test_a_footer_under_the_totals_is_left_out_and_listed(read, footer):
    raw = read(f"名称,容量,备注\nA,1,\n合计,1,\n\n{footer}\n")

    assert lines(raw) == [2]
    assert skipped(raw) == [(3, "total_row"), (5, "note_row")]


@pytest.mark.parametrize("footer", ["填报单位：应急局,,", "填报单位：应急局,填报人：张三,"])
def test_a_footer_is_left_out_without_totals_too(read, footer):
    assert lines(read(f"名称,容量,备注\nA,1,\n{footer}\n")) == [2]


def test_a_row_of_data_is_no_footer(read):
    text = "备注,名称,容量\n注：旧址,A,1\n合计,,1\n填报单位宿舍,B,2\n联系人：张三,C,3\n"

    assert lines(read(text)) == [2, 4, 5]


def test_title_rows_units_totals_and_notes_are_left_out_and_listed(read):
    raw = read(
        "某县避难场所统计表,,\n"
        "名称,容量,面积\n"
        ",人,公顷\n"
        "第一中学,300,1.5\n"
        "合计,300,1.5\n"
        "名称,容量,面积\n"
        "小计：,300,1.5\n"
        "注：数据截至2月,,\n",
        known_headers=["名称", "容量"],
    )

    assert lines(raw) == [4]
    assert raw.units == {"容量": "人", "面积": "公顷"}
    assert skipped(raw) == [
        (1, "title_row"),
        (3, "unit_row"),
        (5, "total_row"),
        (6, "repeated_header"),
        (7, "total_row"),
        (8, "note_row"),
    ]


def test_a_row_with_more_cells_than_the_header_is_refused_since_values_have_moved(read):
    raw = read("name,address,lat\nA,Road 1, left,30.5\n")

    finding = raw.records[0].findings[0]
    assert finding.kind.code == "row_too_long"
    assert finding.problem("en") == "has 4 cells, the header has 3 columns"


def test_empty_cells_beyond_the_header_do_no_harm(read):
    raw = read("name,lat\nA,30.5,,\n")

    assert raw.records[0].findings == ()
    assert raw.records[0].values == ("A", "30.5")


def test_a_short_row_is_filled_and_said(read):
    raw = read("name,lat,lon\nA\n")

    assert raw.records[0].values == ("A", None, None)
    assert raw.records[0].findings[0].kind.code == "row_short"


def test_columns_of_one_name_stay_apart(read):
    raw = read("name,x,x\nA,1,2\n")

    assert raw.columns == ("name", "x", "x (2)")
    assert raw.notes[0].kind.code == "column_renamed"


def test_the_apostrophe_of_our_own_exports_is_taken_off_again(read):
    raw = read("name,x\n'=1+1,'tis\n")

    assert raw.records[0].values == ("=1+1", "'tis")


@pytest.mark.parametrize(
    ("text", "limits", "problem"),
    [
        pytest.param("a,b\n1,2\n3,4\n5,6\n", Limits(rows=2), "more than 2", id="rows"),
        pytest.param("a,b,c\n1,2,3\n", Limits(columns=2), "3 columns are more than 2", id="columns"),
        pytest.param("a,b\n1,2\n", Limits(file_bytes=3), "8 bytes, more than 3", id="bytes"),
    ],
)
def test_what_is_too_large_is_refused(read, text, limits, problem):
    with pytest.raises(DataError, match=problem):
        read(text, limits=limits)


def test_a_cell_that_is_too_long_refuses_its_row_only(read):
    raw = read("a,b\n1,xxxxxx\n2,y\n", limits=Limits(cell_characters=5))

    assert [bool(record.findings) for record in raw.records] == [True, False]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "The file is empty", id="nothing"),
        pytest.param(b"\n  \n", "The file is empty", id="blank lines"),
        pytest.param(b"PAR1....", "a Parquet file, which is not read here", id="parquet"),
        pytest.param(b"SQLite format 3\x00....", "file is not a database", id="broken gpkg"),
        pytest.param(b"<?xml version='1.0'?><kml/>", "The KML has no placemarks", id="empty kml"),
        pytest.param(b"<!DOCTYPE html><html>", "a web page", id="html"),
        pytest.param(b"<svg/>", "XML of another kind \\('svg'\\)", id="svg"),
        pytest.param(b"\x00\x00\x00\x0d\x0a\x09OSMHeader", "an extract of OpenStreetMap", id="osm.pbf"),
        pytest.param(b"II*\x00", "a TIFF picture", id="tiff"),
        pytest.param(b"\xd0\xcf\x11\xe0....", "an old Excel file", id="xls"),
        pytest.param(b"%PDF-1.7", "a PDF file", id="pdf"),
    ],
)
def test_other_formats_are_named_and_the_known_ones_listed(read, content, problem):
    with pytest.raises(DataError, match=problem) as caught:
        read(content)

    assert caught.value.where == "data.csv"
    assert caught.value.remedy


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_records(tmp_path / "missing.csv")


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(read):
    bomb = gzip.compress(b"\x00" * 5_000_000)

    with pytest.raises(DataError, match="too much to read"):
        read(bomb, limits=Limits(unpacked_small_bytes=1_000_000))


@pytest.mark.parametrize("cut", [5, 15, 25])
def test_a_gzip_file_cut_short_is_refused(read, cut):
    whole = gzip.compress(b"name,lat\n" + b"A,1\n" * 100)

    with pytest.raises(DataError, match="gzip file"):
        read(whole[: len(whole) - cut])
