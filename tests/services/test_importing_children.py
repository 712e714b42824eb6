import openpyxl
import pytest
from import_layers import Office, found_codes

from geo_ems.errors import DataError
from geo_ems.services.import_workbook import write_refused_xlsx


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def stock(office, identity):
    return [(row["item"], row["quantity"]) for row in office.features("supply_depots")[identity].children["stock"]]


def workbook(office, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = office.folder / "depots.xlsx"
    book.save(path)
    return path


DEPOTS = [["编号", "名称"], ["D1", "县库"], ["D2", "乡点"]]


def test_a_second_sheet_holds_the_stock(office):
    lines = [["编号", "物资名称", "数量"], ["D1", "帐篷", 50], ["乡点", "棉被", 80], ["D1", "棉被", 20]]

    report = office.import_path(workbook(office, 数据=DEPOTS, 库存=lines), "supply_depots")

    assert stock(office, "D1") == [("tent", 50.0), ("quilt", 20.0)]
    assert stock(office, "D2") == [("quilt", 80.0)]
    assert (report.counts.created, report.counts.child_rows, report.counts.taken) == (2, 3, 5)
    assert len(office.store.batches) == 1


def test_a_file_of_its_own_replaces_all_rows_of_a_feature_and_says_so(office):
    office.import_text("编号,名称\nD1,县库\nD2,乡点\n", "supply_depots")
    office.import_text("编号,物资名称,数量\nD1,帐篷,50\nD1,棉被,20\n", "supply_depots.stock")

    report = office.import_text("编号,物资名称,数量\nD1,帐篷,40\n", "supply_depots.stock")

    assert stock(office, "D1") == [("tent", 40.0)]
    assert [note.problem("en") for note in report.notes] == ["the 2 rows of 库存 Stock of '县库' were replaced by 1"]
    assert report.layer == "supply_depots.stock"


def test_the_rows_of_a_feature_are_taken_together_or_not_at_all(office, tmp_path):
    office.import_text("编号,名称\nD1,县库\nD2,乡点\n", "supply_depots")
    office.import_text("编号,物资名称,数量\nD1,帐篷,50\nD1,棉被,20\n", "supply_depots.stock")

    report = office.import_text("编号,物资名称,数量\nD1,帐篷,40\nD1,棉被,很多\nD2,帐篷,3\n", "supply_depots.stock")

    assert found_codes(report) == {2: ["rows_go_together"], 3: ["not_a_number"]}
    assert (report.counts.refused, report.counts.child_rows, report.notes) == (2, 1, ())
    assert stock(office, "D1") == [("tent", 50.0), ("quilt", 20.0)]
    assert stock(office, "D2") == [("tent", 3.0)]

    write_refused_xlsx(report, tmp_path / "refused.xlsx")
    book = openpyxl.load_workbook(tmp_path / "refused.xlsx")
    book.worksheets[0]["C3"] = 21
    book.save(tmp_path / "refused.xlsx")
    office.import_path(tmp_path / "refused.xlsx", "supply_depots.stock")

    assert stock(office, "D1") == [("tent", 40.0), ("quilt", 21.0)]
    assert stock(office, "D2") == [("tent", 3.0)]


def test_the_same_stock_again_changes_nothing(office):
    office.import_text("编号,名称\nD1,县库\n", "supply_depots")
    text = "编号,物资名称,数量\nD1,帐篷,50\n"
    office.import_text(text, "supply_depots.stock")

    report = office.import_text(text, "supply_depots.stock")

    assert (report.seq, report.notes) == (None, ())


def test_rows_without_a_feature_are_refused_with_the_reason(office):
    office.import_text("编号,名称\nD1,同名\nD2,同名\n", "supply_depots")

    report = office.import_text(
        "编号,物资名称,数量\nD9,帐篷,1\n,帐篷,2\n同名,帐篷,3\nD1,帐篷,-4\n", "supply_depots.stock"
    )

    assert found_codes(report) == {
        2: ["parent_unknown"],
        3: ["parent_missing"],
        4: ["parent_ambiguous"],
        5: ["below_minimum"],
    }
    assert stock(office, "D1") == []


def test_stock_of_a_refused_depot_is_refused_too(office):
    depots = [["编号", "名称"], ["D1", None], ["D2", "乡点"]]
    lines = [["编号", "物资名称", "数量"], ["D1", "帐篷", 50]]

    report = office.import_path(workbook(office, 数据=depots, 库存=lines), "supply_depots")

    assert [finding.kind.code for finding in report.rows[-1].findings] == ["parent_refused"]


def test_updating_a_depot_keeps_its_stock(office):
    office.import_text("编号,名称\nD1,县库\n", "supply_depots")
    office.import_text("编号,物资名称,数量\nD1,帐篷,50\n", "supply_depots.stock")

    office.import_text("编号,名称\nD1,县中心库\n", "supply_depots")

    assert stock(office, "D1") == [("tent", 50.0)]


def test_a_file_that_does_not_say_whose_stock_it_is_is_refused(office):
    with pytest.raises(DataError, match="No column says which of the supply_depots a row belongs to"):
        office.import_text("物资名称,数量\n帐篷,1\n", "supply_depots.stock")


def test_the_column_of_the_depot_may_be_named(office):
    office.import_text("编号,名称\nD1,县库\n", "supply_depots")

    office.import_text("where,物资名称,数量\nD1,帐篷,1\n", "supply_depots.stock", column_map={"parent": "where"})

    assert stock(office, "D1") == [("tent", 1.0)]


def test_refused_stock_comes_back_on_a_sheet_of_its_own(office):
    lines = [["编号", "物资名称", "数量"], ["D1", "火箭", 1]]
    report = office.import_path(workbook(office, 数据=DEPOTS, 库存=lines), "supply_depots")
    path = office.folder / "refused.xlsx"

    write_refused_xlsx(report, path)

    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["supply_depots", "stock"]
    assert [cell.value for cell in book["stock"][2]][:3] == ["D1", "火箭", 1]


def test_a_column_of_units_is_compared_with_the_unit_of_each_item(office):
    office.import_text("编号,名称\nD1,县库\n", "supply_depots")
    text = "编号,物资名称,数量,计量单位\nD1,帐篷,50,顶\nD1,帐篷,60,吨\nD1,棉被,7,吨\nD1,帐篷,8,\n"

    report = office.import_text(text, "supply_depots.stock")

    assert found_codes(report) == {3: ["other_unit"]}
    assert report.unused == ()
    finding = report.rows[1].findings[0]
    assert finding.problem("zh") == "“帐篷”以“顶”计,文件写的是“吨”,数量未换算"
    assert finding.problem("en") == "tent are counted in pieces, the file says '吨'; the quantity was not converted"
    assert stock(office, "D1") == [("tent", 50.0), ("tent", 60.0), ("quilt", 7.0), ("tent", 8.0)]
