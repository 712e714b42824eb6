"""The one door to files: the format is decided by what is in the file, not by its name."""

from collections.abc import Collection
from pathlib import Path

from geo_ems.formats.column_names import fold_name
from geo_ems.formats.containers import Container, Contents, read_contents
from geo_ems.formats.csv_text import table_from_csv
from geo_ems.formats.encodings import decode_text
from geo_ems.formats.geojson import read_geojson
from geo_ems.formats.raw import DEFAULT_LIMITS, CountedBy, FileFormat, Limits, RawFile, Reading
from geo_ems.formats.tables import Table
from geo_ems.formats.xlsx import table_from_xlsx


def read_records(
    path: Path,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    known_headers: Collection[str] = (),
    ignored_sheets: Collection[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> RawFile:
    """Return the raw records of a CSV, XLSX or GeoJSON file, gzip allowed for the text ones.

    `known_headers` are headings that are hoped for: they choose the header row among title rows
    and the sheet among several. `ignored_sheets` are read only when `sheet` names them.

    Raises
    ------
    DataError
        Where the file cannot be read as a whole; it says why and what to do.
    UsageError
        Where the encoding or the sheet asked for does not exist.
    """
    contents = read_contents(path, limits=limits)
    where = path.name
    reading = Reading(
        where, limits, frozenset(map(fold_name, known_headers)), sheet, frozenset(map(fold_name, ignored_sheets))
    )
    if contents.container is Container.WORKBOOK:
        workbook = table_from_xlsx(contents.data, reading=reading)
        return _from_table(workbook.table, contents, where, sheets=workbook.sheets)
    text, decoded_as = decode_text(contents.data, encoding=encoding, where=where)
    if text.lstrip(" \t\r\n\x1e")[:1] in ("{", "["):
        features = read_geojson(text, limits=limits, where=where)
        return RawFile(
            name=where,
            sha256=contents.sha256,
            format=features.format,
            encoding=decoded_as,
            counted_by=features.counted_by,
            columns=features.columns,
            records=features.records,
            has_geometry=True,
        )
    return _from_table(table_from_csv(text, reading=reading), contents, where, encoding=decoded_as)


def _from_table(
    table: Table, contents: Contents, name: str, *, encoding: str | None = None, sheets: tuple[str, ...] = ()
) -> RawFile:
    is_workbook = contents.container is Container.WORKBOOK
    return RawFile(
        name=name,
        sha256=contents.sha256,
        format=FileFormat.XLSX if is_workbook else FileFormat.CSV,
        encoding=encoding,
        counted_by=CountedBy.ROW if is_workbook else CountedBy.LINE,
        columns=table.columns,
        records=table.records,
        skipped=table.skipped,
        notes=table.notes,
        sheets=sheets,
        units=table.units,
    )
