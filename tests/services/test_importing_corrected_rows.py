"""Refused rows come back as a workbook; corrected, it is imported as it is."""

import openpyxl
import pytest
from import_layers import Office

from geo_ems.services.import_workbook import write_refused_xlsx


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def corrected(office, report, **cells):
    """Return the path of the refused rows, with some cells written anew."""
    path = office.folder / "refused.xlsx"
    write_refused_xlsx(report, path)
    book = openpyxl.load_workbook(path)
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return path


def headings(path):
    return [cell.value for cell in openpyxl.load_workbook(path).active[1]]


def test_columns_that_were_chosen_come_back_under_the_labels_of_their_fields(office):
    text = "no,title,X轴,Y轴,room(万人)\nS1,A,104.1,30.5,0.01\nS2,B,104.2,30.6,many\n"
    chosen = {"code": "no", "name": "title", "lon": "X轴", "lat": "Y轴", "capacity_persons": "room(万人)"}
    path = corrected(office, office.import_text(text, column_map=chosen), E2=0.02)

    report = office.import_path(path)

    assert headings(path)[:5] == ["编号", "名称", "经度", "纬度", "容量(万人)"]
    assert (report.unused, report.counts.created, report.counts.refused) == ((), 1, 0)
    feature = office.features()["S2"]
    assert (feature.geometry.x, feature.geometry.y) == (104.2, 30.6)
    assert feature.properties["capacity_persons"] == 200


def test_headings_that_are_known_stay_and_those_left_aside_do_not_come_into_play(office):
    text = "编号,名称,title,地震,心情\nS1,x,A,○,好\nS2,y,B,maybe,好\n"
    path = corrected(office, office.import_text(text, column_map={"name": "title"}), D2="○")

    report = office.import_path(path)

    assert headings(path)[:5] == ["编号", "原列 名称", "名称", "地震", "心情"]
    assert [column for column, _ in report.unused] == ["原列 名称", "心情"]
    assert office.features()["S2"].properties["name"] == "B"
    assert office.features()["S2"].properties["suitable_for"] == ("earthquake",)


@pytest.mark.parametrize("order", ["latlon", "lonlat"])
def test_places_in_one_cell_come_back_in_the_order_that_was_chosen(office, order):
    cell = "30.5 60.1" if order == "latlon" else "60.1 30.5"  # both orders are in range
    text = f"编号,名称,where,容量\nS1,A,{cell},many\n"
    path = corrected(office, office.import_text(text, column_map={order: "where"}), D2=7)

    office.import_path(path)

    assert (office.features()["S1"].geometry.x, office.features()["S1"].geometry.y) == (60.1, 30.5)


def test_a_unit_that_stood_under_the_header_comes_back_in_the_heading(office):
    text = "编号,名称,有效面积\n-,-,公顷\nS1,A,1.5\nS2,B,much\n"
    path = corrected(office, office.import_text(text), C2=2)

    office.import_path(path)

    assert headings(path)[2] == "有效面积(公顷)"
    assert office.features()["S2"].properties["usable_area_m2"] == 20_000.0


@pytest.mark.parametrize("options", [{"key": "no"}, {"column_map": {"code": "no"}}, {"key": "name"}])
def test_a_corrected_row_of_a_feature_that_exists_updates_it(office, options):
    known = "no,名称,容量\n7,A,1\n"
    office.import_text(known, **options)
    path = corrected(office, office.import_text("no,名称,容量\n7,A,many\n", **options), C2=9)

    report = office.import_path(path)

    assert (report.counts.created, report.counts.updated) == (0, 1)
    assert [feature.properties["capacity_persons"] for feature in office.features().values()] == [9]


def test_rows_refused_once_more_come_back_with_the_added_columns_once(office):
    first = corrected(office, office.import_text("no,名称,容量\n7,A,many\n", key="name"))
    path = corrected(office, office.import_path(first))

    assert headings(path)[1:] == ["名称", "容量", "问题", "建议", "原行号", "识别字段"]


def test_child_rows_come_back_with_the_column_of_their_feature(office):
    office.import_text("编号,名称\nD1,县库\nD2,乡库\n", "supply_depots")
    text = "where,编号,thing,数量\nD1,D2,帐篷,many\n"
    chosen = {"parent": "where", "item": "thing"}
    path = corrected(office, office.import_text(text, "supply_depots.stock", column_map=chosen), D2=4)

    report = office.import_path(path, "supply_depots.stock")

    assert headings(path)[:4] == ["物资储备库", "原列 编号", "物资名称", "数量"]
    assert report.counts.child_rows == 1
    assert [row["quantity"] for row in office.features("supply_depots")["D1"].children["stock"]] == [4.0]


@pytest.mark.parametrize("head", ["编号,名称,容量\n", "编号,名称,容量,状态\n"])
def test_values_that_were_given_for_the_file_come_back_with_the_rows(office, head):
    blank = "," if "状态" in head else ""
    path = corrected(
        office, office.import_text(f"{head}S1,A,7{blank}\nS2,B,many{blank}\n", given={"status": "open"}), C2=8
    )

    report = office.import_path(path)

    assert (report.counts.created, report.counts.refused) == (1, 0)
    assert office.features()["S2"].properties["status"] == "open"
    assert office.features()["S2"].properties["capacity_persons"] == 8


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5", "shift_jis"])
def test_rows_of_a_file_in_another_encoding_come_back_readable(office, encoding):
    path = office.folder / "old.csv"
    path.write_bytes("編號,名稱,容量\nS1,中心校,many\n".encode(encoding))
    path = corrected(office, office.import_path(path, encoding=encoding, column_map=CHOSEN), C2=5)

    office.import_path(path)

    assert office.features()["S1"].properties["name"] == "中心校"


CHOSEN = {"code": "編號", "name": "名稱"}


def test_refused_rows_of_two_sheets_come_back_on_two_sheets(office):
    book = openpyxl.Workbook()
    book.active.title = "数据"
    for row in (["编号", "名称"], ["D1", "县库"], ["D2", None]):
        book.active.append(row)
    sheet = book.create_sheet("库存")
    for row in (["编号", "物资名称", "数量"], ["D1", "帐篷", 50], ["D1", "棉被", "很多"], ["D2", "帐篷", 3]):
        sheet.append(row)
    book.save(office.folder / "both.xlsx")
    first = office.import_path(office.folder / "both.xlsx", "supply_depots")
    path = office.folder / "refused.xlsx"
    write_refused_xlsx(first, path)
    book = openpyxl.load_workbook(path)
    book["supply_depots"]["B2"] = "乡点"
    assert [row[2].value for row in book["stock"].iter_rows(min_row=2)] == [50, "很多", 3]  # all of a depot
    book["stock"]["C3"] = 20
    book.save(path)

    report = office.import_path(path, "supply_depots")

    assert (first.counts.refused, report.counts.refused) == (4, 0)
    depots = office.features("supply_depots")
    assert [row["quantity"] for row in depots["D1"].children["stock"]] == [50.0, 20.0]
    assert [row["quantity"] for row in depots["D2"].children["stock"]] == [3.0]


def test_rows_with_warnings_stand_on_a_sheet_of_their_own_and_are_read_only_where_it_is_named(office):
    text = "编号,名称,容量,经度,纬度\nS1,A,1,104.1,30.5\nS2,A,2,104.1,30.5\nS3,B,many,104.2,30.5\n"
    report = office.import_text(text)
    path = office.folder / "refused.xlsx"
    write_refused_xlsx(report, path, with_warned=True)
    book = openpyxl.load_workbook(path)
    assert [[cell.value for cell in row] for row in book["有警告的行"].iter_rows(min_row=2)] == [
        ["S2", "A", "2", "104.1", "30.5", "“A”与第 2 行同名,相距 10 米内", "请核对是否重复", 3]
    ]
    book["shelters"]["C2"] = 3
    book["有警告的行"]["B2"] = "A2"
    book.save(path)

    assert office.import_path(path).counts.rows == 1
    named = office.import_path(path, sheet="有警告的行")
    assert (named.counts.updated, office.features()["S2"].properties["name"]) == (1, "A2")
