"""The refused rows of an import as a workbook that is corrected and imported again."""

from collections.abc import Sequence
from pathlib import Path

from geo_ems.formats.column_names import (
    KEY_COLUMN,
    LINE_COLUMN,
    OPTIONS_COLUMN,
    PROBLEM_COLUMN,
    REMEDY_COLUMN,
    report_columns,
)
from geo_ems.formats.findings import Grade
from geo_ems.formats.raw import Cell
from geo_ems.formats.xlsx_writing import SheetContents, write_workbook
from geo_ems.services.import_report import ImportReport, RowAction, RowReport

# Sheets that are for reading: an import passes them over unless they are named.
WARNED_SHEET, RETIRED_SHEET = "有警告的行", "停用的记录"


def write_refused_xlsx(report: ImportReport, path: Path, *, with_warned: bool = False) -> None:
    """Write the refused rows in their own columns, with what is wrong and what to do.

    Corrected there, the file can be imported as it is, without options: its headings are known to
    the layer, and the added columns to the reader. `with_warned` adds the rows that were taken with
    a warning, on a sheet of their own that an import reads only where it is named (`--sheet`);
    features that a full register names no more stand on another one.

    Raises
    ------
    DataError
        Where the file cannot be written.
    """
    sheets = []
    for child, headings in report.headings.items():
        refused = [row for row in report.rows if row.action is RowAction.REFUSED and row.child == child]
        if refused or not child:
            header, rows = _sheet_rows(report, refused, headings, Grade.REFUSED, has_key=not child)
            sheets.append(SheetContents(child or report.layer, header, rows))
    if with_warned:
        told = [row for row in report.rows if row.grade is Grade.WARNED and not row.child]
        header, rows = _sheet_rows(report, told, report.headings.get("", ()), Grade.WARNED, has_key=True)
        sheets.append(SheetContents(WARNED_SHEET, header, rows))
    if report.retired:
        gone = [[item.id, item.name, item.status or "删除 deleted"] for item in report.retired]
        sheets.append(SheetContents(RETIRED_SHEET, ("编号 id", "名称 name", "状态 status"), gone))
    write_workbook(path, sheets)


def _sheet_rows(
    report: ImportReport, rows: Sequence[RowReport], headings: tuple[str, ...], grade: Grade, *, has_key: bool
) -> tuple[tuple[str, ...], list[list[Cell]]]:
    ours = set(report_columns(headings).values())
    kept = [index for index in range(len(headings)) if index not in ours]
    carried = ((KEY_COLUMN, report.key), (OPTIONS_COLUMN, report.carried_options or None))
    added = [(name, value) for name, value in carried if value is not None and has_key]
    given = report.given if has_key else ()
    texts = {value.index: value.text for value in given if value.index is not None}
    lacking = [value for value in given if value.index is None]
    header = (
        *(headings[index] for index in kept),
        *(value.heading for value in lacking),
        PROBLEM_COLUMN,
        REMEDY_COLUMN,
        LINE_COLUMN,
        *(name for name, _ in added),
    )
    return header, [
        [
            *(texts.get(index) if row.cells[index] is None else row.cells[index] for index in kept),
            *(value.text for value in lacking),
            *(_told(row, grade, part) for part in ("problem", "remedy")),
            row.line,
            *(value for _, value in added),
        ]
        for row in rows
    ]


def _told(row: RowReport, grade: Grade, part: str) -> str:
    texts: list[str] = []
    for finding in row.findings:
        if finding.grade is grade:
            column = f"{finding.column}: " if finding.column and part == "problem" else ""
            texts.append(column + (finding.problem("zh") if part == "problem" else finding.remedy("zh")))
    return "; ".join(text for text in texts if text)
