"""Sheets as offices write them: titles, two rows of merged headings, units, totals, several sheets, footers."""

import openpyxl
import pytest
from import_layers import Office, found_codes

from geo_ems.formats.reading import read_records

TITLE = "云渡县应急避难场所登记表"
KNOWN = ("编号", "名称", "经度", "纬度", "容量", "电话", "负责人", "负责人电话", "地址", "状态")


@pytest.fixture
def sheet(tmp_path):
    """Write rows with merged ranges; several sheets by name."""

    def write(rows, *, merged=(), **more):
        book = openpyxl.Workbook()
        book.active.title = "Sheet1"
        for title, contents, ranges in [("Sheet1", rows, merged), *((n, r, ()) for n, r in more.items())]:
            target = book[title] if title in book.sheetnames else book.create_sheet(title)
            for row in contents:
                target.append(row)
            for cells in ranges:
                target.merge_cells(cells)
        path = tmp_path / "登记表.xlsx"
        book.save(path)
        return path

    return write


def test_two_rows_of_headings_with_groups_become_one(sheet):
    rows = [
        [TITLE],
        ["编号", "名称", "位置", None, "联系方式", None, "容量"],
        [None, None, "经度", "纬度", "负责人", "电话", None],
        ["S1", "一小", 111.5, 31.2, "甲", 13800000000, 300],
    ]
    path = sheet(rows, merged=("A1:G1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:G3"))

    raw = read_records(path, known_headers=KNOWN)

    assert raw.columns == ("编号", "名称", "经度", "纬度", "负责人", "电话", "容量")
    assert [(line.line, line.finding.kind.code) for line in raw.skipped] == [(1, "title_row")]
    assert [record.line for record in raw.records] == [4]
    assert raw.records[0].values == ("S1", "一小", 111.5, 31.2, "甲", 13800000000, 300)


def test_a_group_stands_in_front_where_that_is_known_or_where_the_word_needs_it(sheet):
    rows = [
        ["编号", "名称", "负责人", None, "主管部门", None],
        [None, None, "姓名", "电话", "名称", "电话"],
        ["S1", "一小", "甲", "1", "教育局", "2"],
    ]

    raw = read_records(sheet(rows), known_headers=KNOWN)

    assert raw.columns == ("编号", "名称", "负责人 姓名", "负责人电话", "主管部门 名称", "电话")


def test_a_title_above_and_data_below_are_no_second_header_row(sheet):
    rows = [[TITLE, None, None], ["编号", "名称", "状态"], ["电话", "名称一", "开放"], ["S2", "地址", None]]

    raw = read_records(sheet(rows), known_headers=KNOWN)

    assert raw.columns == ("编号", "名称", "状态")
    assert [record.line for record in raw.records] == [3, 4]


def test_two_rows_of_headings_then_units_then_totals_and_signatures(sheet):
    rows = [
        [TITLE],
        ["填报单位:应急管理局", None, None, None, "单位:人"],
        ["编号", "名称", "位置", None, "容量"],
        [None, None, "经度", "纬度", None],
        [None, None, "度", "度", "人"],
        ["S1", "一小", 111.5, 31.2, 300],
        ["编号", "名称", "位置", None, "容量"],
        [None, None, "经度", "纬度", None],
        ["S2", "二小", 111.6, 31.3, 200],
        ["合 计", None, None, None, 500],
        ["填表人:张三", None, "审核人:李四", None, None],
    ]

    raw = read_records(sheet(rows), known_headers=KNOWN)

    assert [record.values[0] for record in raw.records] == ["S1", "S2"]
    assert [(line.line, line.finding.kind.code) for line in raw.skipped] == [
        (1, "title_row"),
        (2, "title_row"),
        (5, "unit_row"),
        (7, "repeated_header"),
        (8, "repeated_header"),
        (10, "total_row"),
        (11, "note_row"),
    ]
    assert raw.units == {"经度": "度", "纬度": "度", "容量": "人"}


def test_sheets_of_townships_with_the_same_two_rows_are_one_table_and_a_legend_is_named(sheet):
    heads = [["编号", "名称", "位置", None], [None, None, "经度", "纬度"]]
    path = sheet(
        [*heads, ["S1", "一小", 111.5, 31.2]],
        石桥镇=[*heads, ["S2", "二小", 111.6, 31.3]],
        说明=[["填写说明"], ["一、"]],
    )

    raw = read_records(path, known_headers=KNOWN)

    assert [(record.sheet, record.values[0]) for record in raw.records] == [("Sheet1", "S1"), ("石桥镇", "S2")]
    assert [line.finding.kind.code for line in raw.skipped] == ["sheet_not_used"]


def test_such_a_form_is_imported_and_its_refused_row_comes_back_importable(tmp_path, sheet):
    from geo_ems.services.import_report import write_refused_xlsx

    office = Office(tmp_path)
    rows = [
        [TITLE],
        ["编号", "名称", "位置", None, "联系", "容量"],
        [None, None, "经度", "纬度", "电话", None],
        ["S1", "一小", 111.5, 31.2, 8712345, 300],
        ["S2", "二小", 111.6, 31.3, 13800000000, "约三百"],
        ["合计", None, None, None, None, 600],
    ]
    report = office.import_path(sheet(rows, merged=("A1:F1", "A2:A3", "B2:B3", "C2:D2", "F2:F3")))
    path = tmp_path / "refused.xlsx"
    write_refused_xlsx(report, path)
    book = openpyxl.load_workbook(path)
    heads = [cell.value for cell in book.active[1]]
    book.active.cell(2, heads.index("容量") + 1).value = 280
    book.save(path)

    again = office.import_path(path)

    assert found_codes(report) == {5: ["not_a_number"]}
    assert (again.counts.created, again.counts.refused) == (1, 0)
    assert office.features()["S1"].properties["phone"] == "8712345"
    assert office.features()["S2"].properties["phone"] == "13800000000"
    assert office.features()["S2"].geometry.x == 111.6


def test_metres_under_a_group_of_coordinates(tmp_path, sheet):
    office = Office(tmp_path)
    rows = [
        ["编号", "名称", "CGCS2000坐标(米)", None],
        [None, None, "X", "Y"],
        ["S1", "一小", 3452934.05, 37547648.28],
    ]

    report = office.import_path(sheet(rows), crs="CGCS2000")

    assert report.counts.refused == 0
    place = office.features()["S1"].geometry
    assert (place.x, place.y) == (pytest.approx(111.5, abs=0.05), pytest.approx(31.2, abs=0.05))
