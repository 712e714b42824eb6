"""Blank forms as workbooks: a sheet to fill in, lists to choose from, an example, a sheet that explains."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import openpyxl
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from geo_ems.formats.raw import Cell
from geo_ems.formats.xlsx_writing import TEXT_FORMAT, put_text, sheet_name

_ROWS_TO_FILL = 2000
_LONGEST_INLINE = 255  # characters that a list may have inside a validation
_LISTS = "_lists"
_HEAD, _REQUIRED, _EXAMPLE = (PatternFill("solid", fgColor=colour) for colour in ("E8EEF4", "FFF2CC", "F2F2F2"))
_RULE = Border(bottom=Side(style="thin", color="808080"))
_LINES_SHOWN, _LINE_POINTS, _NARROWEST, _TEXT_WIDTH, _WIDEST, _LONGEST_PROMPT = 3, 15.0, 9.0, 16.0, 34.0, 250


class CellKind(StrEnum):
    """What is written in a column."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    DATE = "date"
    INSTANT = "instant"


_NUMBER_FORMATS = {
    CellKind.TEXT: TEXT_FORMAT,
    CellKind.INTEGER: "0",
    CellKind.REAL: "General",
    CellKind.DATE: "yyyy-mm-dd",
    CellKind.INSTANT: TEXT_FORMAT,
}


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One column to fill in: `choices` to choose from, `prompt` shown while the cell is chosen."""

    heading: str
    kind: CellKind
    example: Cell
    is_required: bool = False
    choices: tuple[str, ...] = ()
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One sheet to fill in."""

    name: str
    columns: tuple[FormColumn, ...]


@dataclass(frozen=True, slots=True)
class NotesSheet:
    """The sheet that explains: its name, heading and rows of text, and how wide its columns are."""

    name: str
    heading: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    widths: tuple[float, ...]


def form_bytes(forms: Sequence[FormSheet], notes: NotesSheet) -> bytes:
    """Return the workbook of a blank form, its first sheet open."""
    workbook = openpyxl.Workbook()
    lists = workbook.active
    if not isinstance(lists, Worksheet):
        raise TypeError(lists)
    lists.title = _LISTS
    lists.sheet_state = "hidden"
    taken = {_LISTS}
    chosen = _Lists(lists)
    for form in forms:
        _fill_form(workbook.create_sheet(sheet_name(form.name, taken)), form, chosen)
    _fill_notes(workbook.create_sheet(sheet_name(notes.name, taken)), notes)
    workbook.move_sheet(lists, offset=len(forms) + 1)
    if not chosen.count:
        workbook.remove(lists)
    workbook.active = 0
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


class _Lists:
    """The hidden sheet with the lists that are too long for a validation."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self.count = 0

    def formula(self, choices: tuple[str, ...]) -> str:
        """Return how a validation names a list: itself, or where it stands in the hidden sheet."""
        joined = ",".join(choices)
        if len(joined) <= _LONGEST_INLINE and not any("," in choice or '"' in choice for choice in choices):
            return f'"{joined}"'
        self.count += 1
        for row, choice in enumerate(choices, start=1):
            put_text(_cell(self._sheet, row, self.count), choice)
        column = get_column_letter(self.count)
        return f"{quote_sheetname(self._sheet.title)}!${column}$1:${column}${len(choices)}"


def _fill_form(sheet: Worksheet, form: FormSheet, lists: _Lists) -> None:
    sheet.freeze_panes = "B2" if len(form.columns) > 1 else "A2"
    tallest = 1
    for index, column in enumerate(form.columns, start=1):
        letter = get_column_letter(index)
        width = _width(column)
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = _NUMBER_FORMATS[column.kind]  # of the cells still empty
        tallest = max(tallest, -(-_display_width(column.heading) // int(width - 1)))
        head = _cell(sheet, 1, index)
        put_text(head, column.heading)
        head.font, head.border = Font(bold=True), _RULE
        head.fill = _REQUIRED if column.is_required else _HEAD
        head.alignment = Alignment(wrap_text=True, vertical="top")
        _fill_example(sheet, index, column)
        _validate(sheet, letter, column, lists)
    sheet.row_dimensions[1].height = _LINE_POINTS * min(tallest, _LINES_SHOWN) + 3


def _fill_example(sheet: Worksheet, index: int, column: FormColumn) -> None:
    cell = _cell(sheet, 2, index)
    if isinstance(column.example, str):
        put_text(cell, column.example)
    else:
        cell.value = column.example
    cell.number_format = _NUMBER_FORMATS[column.kind]
    cell.font, cell.fill = Font(italic=True, color="7F7F7F"), _EXAMPLE


def _validate(sheet: Worksheet, letter: str, column: FormColumn, lists: _Lists) -> None:
    """Let the cells of a column take what it may hold, and say so while one is chosen."""
    if column.choices:
        rule = DataValidation(type="list", formula1=lists.formula(column.choices), allow_blank=True)
        rule.showErrorMessage = True
    elif column.prompt:
        rule = DataValidation(allow_blank=True)
    else:
        return
    if column.prompt:
        rule.promptTitle, rule.prompt = column.heading[:32], column.prompt[:_LONGEST_PROMPT]
        rule.showInputMessage = True
    rule.add(f"{letter}2:{letter}{_ROWS_TO_FILL + 2}")
    sheet.add_data_validation(rule)


def _fill_notes(sheet: Worksheet, notes: NotesSheet) -> None:
    sheet.freeze_panes = "A2"
    for index, width in enumerate(notes.widths, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    for row, texts in enumerate((notes.heading, *notes.rows), start=1):
        for index, text in enumerate(texts, start=1):
            cell = _cell(sheet, row, index)
            put_text(cell, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if row == 1:
                cell.font, cell.fill, cell.border = Font(bold=True), _HEAD, _RULE


def _cell(sheet: Worksheet, row: int, column: int) -> SheetCell:
    cell = sheet.cell(row, column)
    if not isinstance(cell, SheetCell):
        raise TypeError(cell)
    return cell


def _width(column: FormColumn) -> float:
    longest = max((_display_width(text) for text in (*column.choices, str(column.example or ""))), default=0)
    half_heading = -(-_display_width(column.heading) // 2)
    least = _NARROWEST if column.choices or column.kind is not CellKind.TEXT else _TEXT_WIDTH
    return float(min(max(least, longest + 2, half_heading + 2), _WIDEST))


def _display_width(text: str) -> int:
    """Return how many columns of a spreadsheet's digits a text takes: Chinese characters take two."""
    return sum(1 if character.isascii() else 2 for character in text)
