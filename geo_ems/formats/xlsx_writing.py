"""XLSX workbooks out: plain sheets with a header, safe to open in a spreadsheet program."""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import openpyxl
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from geo_ems.errors import DataError
from geo_ems.formats.raw import Cell
from geo_ems.formats.spreadsheet_safety import is_computed, marked_text

TEXT_FORMAT = "@"
MOST_ROWS = 1_048_575  # of a sheet, below its header
LONGEST_CELL = 32_767
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # _x0041_ in a workbook means A
_NOT_IN_SHEET_NAMES = re.compile(r"[\\/*?:\[\]]")
_LONGEST_SHEET_NAME = 31
_WIDEST = 60.0


@dataclass(frozen=True, slots=True)
class SheetContents:
    """One sheet: its name, its header, its rows.

    `text_columns` are the indices of columns in which what a person types stays text, such as
    telephone numbers. `widths` are in characters; without them columns are as wide as they come.
    """

    name: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    text_columns: frozenset[int] = frozenset()
    widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkbookFacts:
    """What the properties of a workbook say of its contents."""

    title: str
    description: str
    made_at: datetime


def write_workbook(path: Path, sheets: Sequence[SheetContents]) -> None:
    """Write a workbook; the file appears whole or not at all.

    Raises
    ------
    DataError
        Where the file cannot be written.
    """
    content = workbook_bytes(sheets)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise DataError(
            f"The file cannot be written: {error.strerror or error}", where=path.name, remedy="Choose another place."
        ) from error


def workbook_bytes(sheets: Sequence[SheetContents], facts: WorkbookFacts | None = None) -> bytes:
    """Return a workbook of plain sheets.

    Raises
    ------
    DataError
        Where a sheet has more rows than the format holds.
    """
    workbook = openpyxl.Workbook(write_only=True)
    if facts is not None:
        state_facts(workbook, facts)
    taken: set[str] = set()
    for contents in sheets:
        if len(contents.rows) > MOST_ROWS:
            raise DataError(
                f"{len(contents.rows)} rows are more than a sheet holds ({MOST_ROWS})",
                where=contents.name,
                remedy="Write .csv or .gpkg, or fewer of them with --where.",
            )
        sheet = workbook.create_sheet(sheet_name(contents.name, taken))
        sheet.freeze_panes = "A2"
        for index, width in enumerate(contents.widths, start=1):
            sheet.column_dimensions[get_column_letter(index)].width = min(width, _WIDEST)
        sheet.append(_header(sheet, contents.header))
        for row in contents.rows:
            sheet.append(_cells(sheet, row, contents.text_columns))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def state_facts(workbook: openpyxl.Workbook, facts: WorkbookFacts) -> None:
    """Write the properties of a workbook."""
    properties = workbook.properties
    properties.title, properties.description, properties.creator = facts.title, facts.description, "geo_ems"
    properties.created = properties.modified = facts.made_at.replace(tzinfo=None)


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name that a sheet may have, no other sheet of the workbook has, and note it as taken."""
    base = _NOT_IN_SHEET_NAMES.sub(" ", wanted).strip("'")[:_LONGEST_SHEET_NAME] or "-"
    name, number = base, 2
    while name.casefold() in taken:
        ending = f" {number}"
        name, number = base[: _LONGEST_SHEET_NAME - len(ending)] + ending, number + 1
    taken.add(name.casefold())
    return name


def text_cell(sheet: Worksheet, text: str) -> SheetCell:
    """Return a cell that shows the text and never runs it, also after somebody edits it."""
    cell = WriteOnlyCell(sheet)
    put_text(cell, text)
    return cell


def put_text(cell: SheetCell, text: str) -> None:
    """Put a text into a cell so that a spreadsheet shows it and never runs it."""
    cell.value = safe_text(text)
    cell.data_type = "s"  # text that begins with = would be a formula
    if is_computed(text):
        cell.quotePrefix = True
        cell.number_format = TEXT_FORMAT


def safe_text(value: str) -> str:
    """Return text for a cell that is declared as text, without characters a workbook cannot hold."""
    text = _NOT_IN_XML.sub("", value)[: LONGEST_CELL - 1]
    return marked_text(_ESCAPE.sub("_x005F_", text))


def _header(sheet: Worksheet, names: Iterable[str]) -> list[SheetCell]:
    header = [text_cell(sheet, name) for name in names]
    for cell in header:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    return header


def _cells(sheet: Worksheet, row: Sequence[Cell], text_columns: frozenset[int]) -> list[object]:
    cells: list[object] = []
    for index, value in enumerate(row):
        if not isinstance(value, str):
            cells.append(value)
        elif index in text_columns or is_computed(value):
            cell = text_cell(sheet, value)
            cell.number_format = TEXT_FORMAT
            cells.append(cell)
        else:
            cells.append(safe_text(value))
    return cells
