"""XLSX workbooks: typed cells, the right sheet or all sheets with the same header."""

import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

import python_calamine

from geo_ems.errors import DataError, GeoEmsError, known_names
from geo_ems.formats import reading_findings as found
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.raw import Reading, SkippedLine
from geo_ems.formats.tables import NumberedRow, Table, table_from_rows
from geo_ems.formats.xlsx_errors import with_errors_as_text

MergedRange = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell, each as (row, column) from 0."""


_HEADINGS_OF_DATA = 2


@dataclass(frozen=True, slots=True)
class Workbook:
    """The table of a workbook and the names of its visible sheets."""

    table: Table
    sheets: tuple[str, ...]


def table_from_xlsx(data: bytes, *, reading: Reading) -> Workbook:
    """Return the table of one sheet, or of all sheets that share the best sheet's header.

    The best sheet is the one with most known headings, then the one with most rows. Hidden sheets
    and the ignored ones are read only when named; hidden ones that look like data are listed.

    Raises
    ------
    DataError
        Where the workbook cannot be read or has no rows.
    NotFoundError
        Where there is no sheet of the name.
    """
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(with_errors_as_text(data)))
        visible = tuple(
            entry.name
            for entry in workbook.sheets_metadata
            if entry.visible == python_calamine.SheetVisibleEnum.Visible
            and entry.typ == python_calamine.SheetTypeEnum.WorkSheet
        )
        chosen = [name for name in visible if fold_name(name) not in reading.ignored_sheets]
        if reading.sheet is not None:
            chosen = [_sheet_named(reading.sheet, workbook.sheet_names)]
        tables = {name: table for name in chosen if (table := _table_of_sheet(workbook, name, reading)) is not None}
        hidden = () if reading.sheet is not None else tuple(_hidden_tables(workbook, visible, reading))
    except GeoEmsError:
        raise
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise DataError(
            f"The workbook cannot be read: {error}",
            where=reading.where,
            remedy="Open it in a spreadsheet program and save it again as .xlsx.",
        ) from error
    if not tables:
        raise DataError(
            "The workbook has no rows", where=reading.where, remedy="Choose the file, or the sheet, with the data."
        )
    table = _joined(tables, reading)
    return Workbook(replace(table, skipped=(*table.skipped, *hidden)), visible)


def _hidden_tables(
    workbook: python_calamine.CalamineWorkbook, visible: Collection[str], reading: Reading
) -> Iterator[SkippedLine]:
    """Give the hidden sheets that look like data for this import: with known headings and rows under them."""
    for entry in workbook.sheets_metadata:
        is_sheet = entry.typ == python_calamine.SheetTypeEnum.WorkSheet
        if entry.name in visible or not is_sheet or fold_name(entry.name) in reading.ignored_sheets:
            continue
        table = _table_of_sheet(workbook, entry.name, reading)
        if table is not None and table.header_hits >= _HEADINGS_OF_DATA and table.records:
            yield SkippedLine(
                0, found.HIDDEN_SHEET_NOT_USED.found(value=entry.name, count=len(table.records)), entry.name
            )


def _sheet_named(name: str, sheets: Collection[str]) -> str:
    found_name = next((sheet for sheet in sheets if fold_name(sheet) == fold_name(name)), None)
    if found_name is None:
        raise known_names("sheet", name, list(sheets))
    return found_name


def _table_of_sheet(workbook: python_calamine.CalamineWorkbook, name: str, reading: Reading) -> Table | None:
    sheet = workbook.get_sheet_by_name(name)
    if sheet.total_height > reading.limits.rows + 1:
        raise DataError(
            f"There are more than {reading.limits.rows} rows", where=reading.where, remedy="Split the file."
        )
    rows: list[NumberedRow] = list(enumerate(sheet.to_python(skip_empty_area=False), start=1))
    filled = _fill_merged(rows, sheet.merged_cell_ranges)
    return table_from_rows(rows, reading=reading, sheet=name, keeps_extra_cells=True, filled=filled)


def _fill_merged(rows: list[NumberedRow], ranges: Iterable[MergedRange] | None) -> frozenset[tuple[int, int]]:
    """Put the text of a cell that is merged downwards into the cells below it; return (line, column) of these.

    A township written once beside its villages is meant for each of them. A number is not: a total
    that is written once for several rows would count several times.
    """
    filled: set[tuple[int, int]] = set()
    for (top, left), (bottom, right) in ranges or ():
        if left != right or bottom == top or bottom >= len(rows) or left >= len(rows[top][1]):
            continue
        text = rows[top][1][left]
        if not isinstance(text, str) or not text.strip():
            continue
        for position in range(top + 1, bottom + 1):
            line, cells = rows[position]
            if left < len(cells) and cells[left] in ("", None):
                rows[position] = (line, [*cells[:left], text, *cells[left + 1 :]])
                filled.add((line, left))
    return frozenset(filled)


def _joined(tables: dict[str, Table], reading: Reading) -> Table:
    best_name = max(tables, key=lambda name: (tables[name].header_hits, len(tables[name].records)))
    best = tables[best_name]
    same = [name for name, table in tables.items() if table.columns == best.columns and table.units == best.units]
    records = tuple(record for name in same for record in tables[name].records)
    if len(records) > reading.limits.rows:
        raise DataError(
            f"There are more than {reading.limits.rows} rows", where=reading.where, remedy="Split the file."
        )
    unused = tuple(SkippedLine(0, found.SHEET_NOT_USED.found(value=name), name) for name in tables if name not in same)
    skipped = tuple(line for name in same for line in tables[name].skipped)
    return replace(best, records=records, skipped=skipped + unused)
