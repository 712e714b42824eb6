"""Layers as tables for people: headings and codes in their language, places as numbers or WKT."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.formats.answers import COORDINATE_DECIMALS
from geo_ems.formats.column_names import ID_HEADINGS
from geo_ems.formats.exported import ExportedLayer, ExportFacts, TableColumn
from geo_ems.formats.feature_json import column_values
from geo_ems.formats.raw import Cell
from geo_ems.formats.rounded_geometry import rounded_geometries
from geo_ems.formats.spreadsheet_safety import defused_text
from geo_ems.formats.xlsx_writing import SheetContents
from geo_ems.model.columns import Column, IntArray
from geo_ems.model.definitions import FieldType, GeometryKind
from geo_ems.model.labels import Language

PLACE_HEADINGS = {"zh": ("经度", "纬度"), "en": ("Longitude", "Latitude")}
SHAPE_HEADINGS = {"zh": "几何WKT", "en": "WKT"}
_YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}
# A cell of a workbook holds 32,767 characters; a longer WKT goes on in the next column.
_LONGEST_PART = 30_000
_FIRST_SHEET_DAY = date(1900, 3, 1)  # before it spreadsheets count a 29 February that never was
_MINUTE_S = 60
_WIDTHS = {FieldType.INTEGER: 10.0, FieldType.REAL: 11.0, FieldType.DATE: 12.0, FieldType.DATETIME: 27.0}


def layer_sheet(layer: ExportedLayer, facts: ExportFacts) -> SheetContents:
    """Return the features of a layer as one table: id, fields, place."""
    language = facts.language
    values = [_cells(layer.columns.columns[column.field.name], column, layer.rows, facts) for column in layer.table]
    headings, places = _places(layer, language)
    header = (ID_HEADINGS[language], *(column.heading for column in layer.table), *headings)
    rows = list(zip(layer.ids, *values, *places, strict=True))
    text_columns = frozenset(
        index for index, column in enumerate(layer.table, start=1) if column.field.type is FieldType.PHONE
    )
    widths = (14.0, *map(_width, layer.table), *(12.0 for _ in headings))
    return SheetContents(layer.definition.label.text(language), header, rows, text_columns, widths)


def child_sheets(layer: ExportedLayer, facts: ExportFacts) -> dict[str, SheetContents]:
    """Return the child tables by name, each row with the id of the feature it belongs to."""
    sheets = {}
    for name, child in layer.children.items():
        lines, parents = layer.child_lines(name)
        columns = layer.columns.children[name].columns
        values = [_cells(columns[column.field.name], column, lines, facts) for column in child.columns]
        header = (child.parent_heading, *(column.heading for column in child.columns))
        rows = list(zip(parents, *values, strict=True))
        label = layer.definition.children[name].label.text(facts.language)
        widths = (16.0, *map(_width, child.columns))
        sheets[name] = SheetContents(label, header, rows, widths=widths)
    return sheets


def csv_bytes(sheet: SheetContents) -> bytes:
    """Return a table as CSV in UTF-8 with BOM, as spreadsheet programs need it to see that it is UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defused_text(name) for name in sheet.header])
    for row in sheet.rows:
        writer.writerow([_csv_cell(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def yes_no(language: Language) -> tuple[str, str]:
    """Return how yes and no are written."""
    return _YES_NO[language]


def instant_text(instant: str, zone: ZoneInfo) -> str:
    """Return a stored instant in the zone with its offset, in UTC where the offset is no whole minute."""
    moment = datetime.fromisoformat(instant)
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        return instant
    offset = local.utcoffset()
    if offset is None or offset.total_seconds() % _MINUTE_S:
        return instant
    return local.isoformat(timespec="seconds")


def _csv_cell(cell: Cell) -> object:
    match cell:
        case None:
            return ""
        case str():
            return defused_text(cell)
        case date():
            return cell.isoformat()
        case _:
            return repr(cell)


def _cells(column: Column, shown: TableColumn, rows: IntArray, facts: ExportFacts) -> list[Cell]:
    """Return the values of one column as cells."""
    yes, no = yes_no(facts.language)
    writers: dict[FieldType, Callable[[object], Cell]] = {
        FieldType.BOOLEAN: lambda value: yes if value else no,
        FieldType.CODE: lambda value: shown.code_texts[str(value)],
        FieldType.CODES: lambda value: _joined(value, shown),
        FieldType.DATE: lambda value: _day(str(value)),
        FieldType.DATETIME: lambda value: instant_text(str(value), facts.zone),
        FieldType.INTEGER: _number,
        FieldType.REAL: _number,
    }
    write = writers.get(shown.field.type, str)
    return [None if value is None else write(value) for value in column_values(column, rows)]


def _number(value: object) -> Cell:
    return value if isinstance(value, int | float) else None


def _joined(codes: object, shown: TableColumn) -> str | None:
    return ";".join(shown.code_texts[str(code)] for code in codes) or None if isinstance(codes, list) else None


def _day(text: str) -> Cell:
    day = date.fromisoformat(text)
    return day if day >= _FIRST_SHEET_DAY else text


def _places(layer: ExportedLayer, language: Language) -> tuple[tuple[str, ...], list[list[Cell]]]:
    """Return the headings of the place and their cells: longitude and latitude of points, WKT of the rest."""
    geometries = rounded_geometries(layer.geometries)
    is_point = shapely.get_type_id(geometries) == shapely.GeometryType.POINT
    headings: list[str] = []
    cells: list[list[Cell]] = []
    if GeometryKind.POINT in layer.definition.geometry or is_point.any():
        headings += PLACE_HEADINGS[language]
        for axis in (shapely.get_x, shapely.get_y):
            degrees = axis(geometries)
            cells.append([float(value) if point else None for value, point in zip(degrees, is_point, strict=True)])
    is_shape = layer.is_located & ~is_point
    if is_shape.any() or not headings:
        texts = [
            shapely.to_wkt(geometry, rounding_precision=-1 if _is_fine(geometry) else COORDINATE_DECIMALS)
            if drawn
            else ""
            for geometry, drawn in zip(geometries, is_shape, strict=True)
        ]
        count = max((-(-len(text) // _LONGEST_PART) for text in texts), default=1) or 1
        for part in range(count):
            headings.append(SHAPE_HEADINGS[language] if not part else f"{SHAPE_HEADINGS[language]} {part + 1}")
            cells.append([text[part * _LONGEST_PART : (part + 1) * _LONGEST_PART] or None for text in texts])
    return tuple(headings), cells


def _is_fine(geometry: BaseGeometry) -> bool:
    """Return whether a geometry was left with more decimals than 7, because it would not survive rounding."""
    lonlat_deg = shapely.get_coordinates(geometry)
    return bool((np.round(lonlat_deg, COORDINATE_DECIMALS) != lonlat_deg).any())


def _width(column: TableColumn) -> float:
    return max(_WIDTHS.get(column.field.type, 16.0), min(24.0, 2.0 * len(column.heading)))
