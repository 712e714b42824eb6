"""Writers whose bytes depend on nothing but the rows: no clock, no random ids, fixed order and line ends."""

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import shapely
from openpyxl.styles import Alignment, Border, Font, Side

from county.land import Cell, Row

FIXED_INSTANT = "2026-07-01T00:00:00Z"
FIXED_ZIP_DATE = (2026, 7, 1, 0, 0, 0)


def write_geojson(path: Path, rows: Sequence[Row]) -> None:
    """Write one feature per line, empty fields left out; `.gz` is packed without name and time."""
    lines = []
    for row in rows:
        properties = {name: _plain(value) for name, value in row.fields.items() if value is not None}
        feature = {"type": "Feature", "properties": properties, "geometry": _geometry(row)}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, compresslevel=9, mtime=0)
    path.write_bytes(data)


def _plain(value: Cell) -> Cell | list[str]:
    return list(value) if isinstance(value, tuple) else value


def _geometry(row: Row) -> Mapping[str, object] | None:
    if row.geometry is None:
        return None
    area = row.geometry.geom_type in {"Polygon", "MultiPolygon"}
    shape = shapely.orient_polygons(row.geometry) if area else row.geometry
    mapped = shapely.geometry.mapping(shape)
    return {"type": mapped["type"], "coordinates": _rounded(mapped["coordinates"])}


def _rounded(coordinates: object) -> object:
    if isinstance(coordinates, float):
        return round(coordinates, 6)
    return [_rounded(part) for part in coordinates]  # type: ignore[attr-defined]


def write_csv(path: Path, rows: Sequence[Mapping[str, Cell]], *, encoding: str = "utf-8-sig") -> None:
    """Write rows under the names of their fields, in the order in which the fields first appear."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_text(row.get(name)) for name in columns])
    path.write_bytes(text.getvalue().encode(encoding))


def _text(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ";".join(value)
    return str(value)


def located(rows: Sequence[Row]) -> list[dict[str, Cell]]:
    """Return the fields of rows with columns for longitude and latitude (from points)."""
    out = []
    for row in rows:
        point = row.geometry
        inside = point is not None
        fields = {name: value for name, value in row.fields.items() if name not in {"lon", "lat"}}
        out.append({**fields, "lon": point.x if inside else None, "lat": point.y if inside else None})  # type: ignore[union-attr]
    return out


def write_office_form(
    path: Path,
    *,
    titles: Sequence[str],
    header: Sequence[str],
    units: Sequence[str | None],
    rows: Sequence[Sequence[Cell]],
) -> None:
    """Write a workbook as offices do: merged title lines, borders, a row of units under the header."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "登记表"
    thin = Side(style="thin")
    box = Border(left=thin, right=thin, top=thin, bottom=thin)
    for number, title in enumerate(titles, start=1):
        sheet.append([title])
        sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=len(header))
        sheet.cell(number, 1).font = Font(bold=number == 1, size=18 if number == 1 else 10)
        sheet.cell(number, 1).alignment = Alignment(horizontal="center" if number == 1 else "left")
    for line in (header, units, *rows):
        sheet.append(list(line))
    for cells in sheet.iter_rows(min_row=len(titles) + 1, max_row=sheet.max_row, max_col=len(header)):
        for cell in cells:
            cell.border = box
    for cell in sheet[len(titles) + 1]:
        cell.font = Font(bold=True)
    for column in range(1, len(header) + 1):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].width = 22 if column in {2, 3, 9} else 12
    packed = io.BytesIO()
    book.save(packed)
    path.write_bytes(repack(packed.getvalue()))


def repack(data: bytes) -> bytes:
    """Return the workbook with fixed dates and uncompressed, so that no clock and no zlib version shows."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", FIXED_INSTANT.encode(), content)
            if name.endswith((".xml", ".rels")):  # openpyxl writes with lxml where it is installed: one form for both
                content = ET.canonicalize(content.decode(), strip_text=False).encode()
            entry = zipfile.ZipInfo(name, FIXED_ZIP_DATE)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            target.writestr(entry, content)
    return out.getvalue()
