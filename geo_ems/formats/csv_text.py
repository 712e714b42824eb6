"""CSV and its relatives: the separator is found out, quoted line breaks keep their line numbers."""

import csv
import io
import itertools
from collections import Counter

from geo_ems.errors import DataError
from geo_ems.formats.column_names import is_own_id_heading
from geo_ems.formats.raw import Limits, Reading
from geo_ems.formats.tables import NumberedRow, Table, table_from_rows

_SEPARATORS = (",", ";", "\t", "|", "，", "；")
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 200
_MANY_NULS = 0.02


def table_from_csv(text: str, *, reading: Reading) -> Table:
    """Return the table of a separated text; a record's number is the line on which it begins.

    Raises
    ------
    DataError
        Where the text is binary, a quotation mark is never closed, or nothing is in it.
    """
    if text.count("\x00", 0, _SAMPLE_CHARACTERS) > _MANY_NULS * min(len(text), _SAMPLE_CHARACTERS):
        raise DataError("This is not text", where=reading.where, remedy="Export the data as CSV, XLSX or GeoJSON.")
    rows = _read_rows(text, find_separator(text), limits=reading.limits, where=reading.where)
    table = table_from_rows(rows, reading=reading)
    if table is None:
        raise DataError("The file has no rows", where=reading.where, remedy="Choose the file with the data.")
    return table


def find_separator(text: str) -> str:
    """Return the separator that splits most rows into the same, highest number of cells."""
    heading, separator = _first_heading(text)
    if is_own_id_heading(heading):
        return separator
    sample = text[:_SAMPLE_CHARACTERS]
    if len(text) > len(sample):
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    return max(_SEPARATORS, key=lambda separator: _evenness(sample, separator))


def _first_heading(text: str) -> tuple[str, str]:
    """Return the heading of the first column without quotation marks, and what separates it from the next."""
    line = text[: text.find("\n")] if "\n" in text else text
    place = min((line.find(separator) for separator in _SEPARATORS if separator in line), default=-1)
    return ("", "") if place < 0 else (line[:place].strip('"\ufeff'), line[place])


def _evenness(sample: str, separator: str) -> float:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    try:
        widths = Counter(len(row) for row in itertools.islice(reader, _SAMPLE_ROWS) if row)
    except csv.Error:
        return 0.0
    if not widths:
        return 0.0
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]))
    return (width - 1) * rows / widths.total()


def _read_rows(text: str, separator: str, *, limits: Limits, where: str) -> list[NumberedRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[NumberedRow] = []
    begins = 1
    try:
        for row in reader:
            rows.append((begins, row))
            begins = reader.line_num + 1
            if len(rows) > limits.rows + 1:
                raise DataError(f"There are more than {limits.rows} rows", where=where, remedy="Split the file.")
    except csv.Error as error:
        raise DataError(
            f"The row that begins on line {begins} cannot be read: {error}",
            where=where,
            remedy='Look for a quotation mark that is not closed or not doubled: write "" for one inside a value.',
        ) from error
    return rows
