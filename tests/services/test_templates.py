"""Blank forms: every layer gets one, an unfilled one imports nothing, a filled one imports without a warning."""

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from import_layers import DEPOTS, Office, codes, field, layer

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.errors import UsageError
from geo_ems.formats.findings import Grade
from geo_ems.model.definitions import GeometryKind
from geo_ems.model.units import UNITS
from geo_ems.services.import_report import summary_lines
from geo_ems.services.templates import write_template
from geo_ems.settings import bundled_folder

LAYERS = load_definitions(bundled_folder() / "layers")
MADE_UP = layer(
    "made_up",
    [
        field(
            "kind", "code", "类别", required=True, codes=codes(**{f"kind_{n}": f"类别{n},又名 {n}" for n in range(40)})
        ),
        field("name", "text", "名称", required=True),
        field("also_name", "text", "名称"),
        field("risk", "code", "等级", codes=codes(**{f"grade_{n}": f"很长的等级名称之{n}" for n in range(40)})),
        field("suits", "codes", "适用", codes=codes(fire="火、烟", flood="洪水", wind="风")),
        field("share_percent", "real", "比例(旧)", unit=UNITS["percent"], minimum=0, maximum=5),
        field("is_open", "boolean", "开放"),
        field("seen_at", "datetime", "见到时间"),
        field("computed", "text", "系统", derived=True),
    ],
    zh="第十三层/样",
    key=None,
    geometry=(GeometryKind.POLYGON,),
    children=DEPOTS.children,
)
ALL = {**LAYERS, "made_up": MADE_UP}


def template(folder, name, language="zh") -> Path:
    path = folder / f"{name}.xlsx"
    write_template(ALL[name], path, language=language)
    return path


def filled(path: Path, definition) -> Path:
    """Fill one row of every sheet with what the example shows."""
    workbook = openpyxl.load_workbook(path)
    for sheet in workbook.worksheets[: 1 + len(definition.children)]:
        for example in sheet[2]:
            sheet.cell(3, example.column).value = example.value
        sheet.cell(3, 1).value = "N1"
    if definition.key is None:
        workbook.worksheets[0].cell(3, 1).value = next(iter(definition.fields["kind"].codes))
        workbook.worksheets[1].cell(3, 1).value = workbook.worksheets[0].cell(3, 2).value
    workbook.save(path)
    return path


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ALL)
def test_the_form_of_every_layer_imports_nothing_empty_and_everything_filled(tmp_path, name, language):
    office = Office(tmp_path, ALL)
    path = template(tmp_path, name, language)

    empty = office.import_path(path, name)
    lines = summary_lines(empty, "en")
    taken = office.import_path(filled(path, ALL[name]), name)

    assert (empty.counts.rows, empty.seq) == (0, None)
    assert any("0 rows were imported" in line for line in lines)
    assert [line.line for line in empty.skipped] == [2] * (1 + len(ALL[name].children))  # each example is listed
    assert empty.unused == ()
    assert (taken.counts.created, taken.counts.child_rows) == (1, len(ALL[name].children))
    assert [f.problem("en") for row in taken.rows for f in row.findings if f.grade is not Grade.TAKEN] == []
    assert [note.problem("en") for note in taken.notes if note.grade is not Grade.TAKEN] == []
    feature = next(iter(office.features(name).values()))
    asked = [f.name for f in ALL[name].fields.values() if not f.derived and f.type != "text"]
    assert {n: feature.properties[n] for n in asked if feature.properties[n] is None} == {}


def test_headings_say_both_languages_the_unit_and_what_is_required(tmp_path):
    sheet = openpyxl.load_workbook(template(tmp_path, "shelters"))["避难场所"]
    heads = [cell.value for cell in sheet[1]]

    assert heads[:2] == ["编号 Code", "名称 Name*"]
    assert "容纳人数 Capacity (人)" in heads
    assert heads[-2:] == ["经度", "纬度"]
    assert sheet.freeze_panes == "B2"
    assert all(cell.alignment.wrap_text for cell in sheet[1])


def test_lists_that_are_long_or_hold_commas_lie_in_a_hidden_sheet(tmp_path):
    workbook = openpyxl.load_workbook(template(tmp_path, "made_up"))
    rules = {str(rule.sqref): rule for rule in workbook.worksheets[0].data_validations.dataValidation}

    assert workbook["_lists"].sheet_state == "hidden"
    assert [cell.value for cell in workbook["_lists"]["A"]][:2] == ["类别0,又名 0", "类别1,又名 1"]
    assert rules["A2:A2002"].formula1 == "'_lists'!$A$1:$A$40"
    assert rules["D2:D2002"].formula1 == "'_lists'!$B$1:$B$40"
    assert rules["G2:G2002"].formula1 == '"是,否"'
    assert rules["E2:E2002"].type is None  # several may be written: only told which
    assert "fire; 洪水; 风" in rules["E2:E2002"].prompt


def test_phones_are_text_dates_are_dates_and_notes_explain(tmp_path):
    workbook = openpyxl.load_workbook(template(tmp_path, "supply_depots", "en"))
    sheet = workbook.worksheets[0]
    columns = {cell.value: cell.column_letter for cell in sheet[1]}
    notes = {row[0].value: [cell.value for cell in row] for row in workbook["说明 notes"].iter_rows()}

    phone = sheet[f"{columns['联系电话 Phone']}2"]
    assert (phone.value, phone.data_type, phone.quotePrefix) == ("+86 751 8886666", "s", True)
    assert sheet.column_dimensions[columns["联系电话 Phone"]].number_format == "@"
    assert sheet.column_dimensions[columns["调查日期 Surveyed on"]].number_format == "yyyy-mm-dd"
    assert notes["名称 Name*"][1] == "*"
    assert "m2" in notes["库房面积 Floor area (m2)"][2]
    assert "onsite_stockpile" in notes["储备级别 Depot level"][3]
    assert any("pieces" in str(row[3]) or "piece" in str(row[3]) for row in notes.values())
    assert [s.title for s in workbook.worksheets[:3]] == ["Supply depots", "Stock", "说明 notes"]


def test_a_form_is_never_written_over_a_file_or_under_another_extension(tmp_path):
    path = template(tmp_path, "shelters")
    with pytest.raises(UsageError, match="exists already"):
        write_template(LAYERS["shelters"], path, language="zh")
    with pytest.raises(UsageError, match=r"not \.xlsx"):
        write_template(LAYERS["shelters"], tmp_path / "a.csv", language="zh")
    with pytest.raises(UsageError, match="cannot be written"):
        write_template(LAYERS["shelters"], tmp_path / "no" / "a.xlsx", language="zh")
    write_template(replace(LAYERS["shelters"]), path, language="zh", overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["shelters.xlsx"]
