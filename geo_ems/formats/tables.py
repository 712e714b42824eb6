"""From rows of cells to records: the header, the units under it, totals and notes left out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from geo_ems.errors import DataError
from geo_ems.formats import reading_findings as found
from geo_ems.formats.column_names import fold_name, unit_spelled
from geo_ems.formats.findings import Finding, FindingKind
from geo_ems.formats.headers import find_header
from geo_ems.formats.raw import Cell, Limits, RawRecord, Reading, SkippedLine

NumberedRow = tuple[int, Sequence[object]]

_HEADER_SEARCH_ROWS = 40
_TOTALS = frozenset(
    (
        *("合计", "总计", "小计", "共计", "总和", "累计", "合計", "総計", "小計", "總計", "總和"),
        *("total", "totals", "subtotal", "sub-total", "grandtotal", "sum"),
    )
)
_NOTES = (
    "注:",
    "注1",
    "备注:",
    "说明:",
    "填表人",
    "制表人",
    "填表说明",
    "填报人",
    "审核人",
    "数据来源",
    "note:",
    "notes:",
    "source:",
    "※",
    "*",
)
# What the foot of a form says of who filled it in; a value may stand in the same cell or the next.
_FOOTERS = re.compile(
    "^(?:填报|填表|制表|审核|报送|统计|编制|单位|主管|分管)?"
    "(?:单位|部门|人|人员|负责人|领导|日期|时间|电话|联系人|联系电话)(?:[(](?:签字|签章|盖章|公章)[)])?:"
    "|^(?:备注|注|注释|说明|填表说明|填报说明|数据来源|资料来源)[0-9]*:"
)
_LONGEST_TOTAL = 16
# Written by our own exports before = + - @, so that a spreadsheet does not run the cell; taken off on the way back.
_DEFUSED = re.compile(r"^'[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: columns, records, lines left out, units per column."""

    columns: tuple[str, ...]
    records: tuple[RawRecord, ...]
    skipped: tuple[SkippedLine, ...]
    notes: tuple[Finding, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    header_hits: int = 0


def plain_cell(cell: object) -> Cell:
    """Return a cell as one of the raw types; blank text is None, a whole float an integer."""
    if isinstance(cell, str):
        if not cell or cell.isspace():
            return None
        return cell[1:] if _DEFUSED.match(cell) else cell
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell  # noqa: PLR2004 - digits of a double
    if cell is None or isinstance(cell, bool | int | datetime | date | time):
        return cell
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def table_from_rows(
    rows: Sequence[NumberedRow],
    *,
    reading: Reading,
    sheet: str = "",
    keeps_extra_cells: bool = False,
) -> Table | None:
    """Return the table in numbered rows, or None where every row is blank.

    The known headers decide which of the first 40 rows is the header; where none is known there, it
    is the first row of distinct words. Cells to the right
    of the header become columns without a name (a sheet) or make the row wrong (text, where they
    mean that values have moved).

    Raises
    ------
    DataError
        Where there are more rows or columns than the limits allow.
    """
    limits, where = reading.limits, f"{reading.where}, sheet '{sheet}'" if sheet else reading.where
    head = [
        (position, [plain_cell(cell) for cell in row]) for position, (_, row) in enumerate(rows[:_HEADER_SEARCH_ROWS])
    ]
    head = [(position, cells) for position, cells in head if any(cell is not None for cell in cells)]
    if not head:
        return None
    top = find_header(head, reading.known_headers)
    header = top.cells
    skipped = [
        SkippedLine(rows[position][0], found.TITLE_ROW.found(value=_first(cells)), sheet)
        for position, cells in head
        if position < top.first
    ]
    body = rows[top.last + 1 :]
    if len(body) > limits.rows:
        raise DataError(f"{len(body)} rows are more than {limits.rows}", where=where, remedy="Split the file.")
    width = _used_width([header, *(row for _, row in body)] if keeps_extra_cells else [header])
    if width > limits.columns:
        raise DataError(f"{width} columns are more than {limits.columns}", where=where, remedy="Delete unused columns.")
    columns, notes = _name_columns(header, width)
    headings = [columns, *(cells for position, cells in head if top.first <= position <= top.last)]
    reader = _BodyReader(columns, tuple(_folded(cells, width) for cells in headings), limits, sheet, skipped)
    records = reader.read(body)
    return Table(columns, records, tuple(skipped), notes, reader.units, top.hits)


def _folded(cells: Sequence[Cell], width: int) -> tuple[str, ...]:
    folded = [fold_name(cell) if isinstance(cell, str) else "" for cell in cells[:width]]
    return tuple(folded + [""] * (width - len(folded)))


def _used_width(rows: Iterable[Sequence[object]]) -> int:
    used = 0
    for row in rows:
        width = len(row)
        while width > used and (row[width - 1] is None or row[width - 1] == ""):
            width -= 1
        used = max(used, width)
    return used


def _name_columns(header: Sequence[Cell], width: int) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    names: list[str] = []
    notes: list[Finding] = []
    for position, cell in enumerate(header[:width]):
        heading = " ".join(str(cell).split()) if cell is not None else f"column {position + 1}"
        name, number = heading, 2
        while name in names:
            name = f"{heading} ({number})"
            number += 1
        if name != heading:
            notes.append(found.COLUMN_RENAMED.found(value=heading, new_name=name))
        names.append(name)
    return tuple(names), tuple(notes)


def _first(cells: Sequence[Cell]) -> Cell:
    return next((cell for cell in cells if cell is not None), None)


def _is_footer(cells: Sequence[Cell]) -> bool:
    """Return whether every cell of a row is a part of a footer, such as 填报人:张三."""
    return all(isinstance(cell, str) and _FOOTERS.match(fold_name(cell)) for cell in cells if cell is not None)


class _BodyReader:
    """Reads the rows under one header; `units` is filled from a row of units directly under it."""

    def __init__(
        self, columns: tuple[str, ...], headings: tuple[tuple[str, ...], ...], limits: Limits, sheet: str,
        skipped: list[SkippedLine],
    ) -> None:  # fmt: skip
        self.units: dict[str, str] = {}
        self._columns = columns
        self._headings = headings
        self._limits = limits
        self._sheet = sheet
        self._skipped = skipped

    def read(self, body: Sequence[NumberedRow]) -> tuple[RawRecord, ...]:
        """Return the records; lines that are none are appended to the list of skipped lines."""
        records: list[RawRecord] = []
        may_be_units = len(self._columns) > 1
        after_total = False
        for line, row in body:
            cells = [plain_cell(cell) for cell in row]
            first = _first(cells)
            if first is None:
                continue
            if may_be_units and self._take_units(cells):
                self._skip(line, found.UNIT_ROW, first)
                may_be_units = False
                continue
            may_be_units = False
            reason = self._why_no_record(cells, first, after_total=after_total) if isinstance(first, str) else None
            after_total = reason is found.TOTAL_ROW or (after_total and reason is found.NOTE_ROW)
            if reason is not None:
                self._skip(line, reason, first)
                continue
            records.append(self._record(line, cells))
        return tuple(records)

    def _skip(self, line: int, reason: FindingKind, first: Cell) -> None:
        self._skipped.append(SkippedLine(line, reason.found(value=first), self._sheet))

    def _take_units(self, cells: list[Cell]) -> bool:
        units: dict[str, str] = {}
        for name, cell in zip(self._columns, cells, strict=False):
            if cell is None or cell in ("-", "—", "/", "无"):
                continue
            spelling = str(cell).strip().strip("()（）[]【】")
            if not isinstance(cell, str) or unit_spelled(spelling) is None:
                return False
            units[name] = spelling
        self.units.update(units)
        return bool(units)

    def _why_no_record(self, cells: list[Cell], first: str, *, after_total: bool) -> FindingKind | None:
        if len(first) <= _LONGEST_TOTAL and fold_name(first).rstrip(":：") in _TOTALS:
            return found.TOTAL_ROW
        is_alone = cells.count(None) == len(cells) - 1
        folded_first = fold_name(first)
        if is_alone and (folded_first.startswith(_NOTES) or _FOOTERS.match(folded_first)):
            return found.NOTE_ROW
        if _FOOTERS.match(folded_first) and (after_total or _is_footer(cells)):
            return found.NOTE_ROW
        if is_alone:
            return None
        return found.REPEATED_HEADER if _folded(cells, len(self._columns)) in self._headings else None

    def _record(self, line: int, cells: list[Cell]) -> RawRecord:
        width = len(self._columns)
        findings: list[Finding] = []
        used = len(cells)
        while cells[used - 1] is None:
            used -= 1
        if used > width:
            findings.append(found.ROW_TOO_LONG.found(cells=used, columns=width))
        elif len(cells) < width:
            findings.append(found.ROW_SHORT.found(cells=len(cells), columns=width))
            cells.extend([None] * (width - len(cells)))
        limit = self._limits.cell_characters
        for cell in cells:
            if isinstance(cell, str) and len(cell) > limit:
                findings.append(found.CELL_TOO_LONG.found(limit=limit))
                break
        return RawRecord(line, tuple(cells[:width]), None, tuple(findings), self._sheet)
