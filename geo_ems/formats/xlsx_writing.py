"""XLSX workbooks out: plain sheets with a header, safe to open in a spreadsheet program."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from openpyxl.styles import Font

from geo_ems.errors import DataError
from geo_ems.formats.raw import Cell

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_CELL = 32_767
_LONGEST_SHEET_NAME = 31


@dataclass(frozen=True, slots=True)
class SheetContents:
    """One sheet: its name, its header, its rows."""

    name: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def write_workbook(path: Path, sheets: Sequence[SheetContents]) -> None:
    """Write a workbook; the file appears whole or not at all.

    Raises
    ------
    DataError
        Where the file cannot be written.
    """
    workbook = openpyxl.Workbook(write_only=True)
    for contents in sheets:
        sheet = workbook.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", contents.name)[:_LONGEST_SHEET_NAME])
        sheet.freeze_panes = "A2"
        header = [openpyxl.cell.WriteOnlyCell(sheet, safe_text(name)) for name in contents.header]
        for cell in header:
            cell.font = Font(bold=True)
        sheet.append(header)
        for row in contents.rows:
            sheet.append([safe_cell(value) for value in row])
    content = io.BytesIO()
    workbook.save(content)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(content.getvalue())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise DataError(
            f"The file cannot be written: {error.strerror or error}", where=path.name, remedy="Choose another place."
        ) from error


def safe_cell(value: Cell) -> Cell:
    """Return a cell that a spreadsheet shows and never runs: an apostrophe stands before = + - @.

    The readers take the apostrophe off again.
    """
    return safe_text(value) if isinstance(value, str) else value


def safe_text(value: str) -> str:
    """Return text that a spreadsheet shows and never runs, without characters it cannot hold."""
    text = _NOT_IN_XML.sub("", value)[: _LONGEST_CELL - 1]
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
