"""A layer as KML for viewers such as Google Earth: labels to read, codes as typed data to read back."""

import html
import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from geo_ems.formats.answers import COORDINATE_DECIMALS
from geo_ems.formats.exported import ExportedLayer, ExportFacts
from geo_ems.formats.feature_json import column_values
from geo_ems.formats.raw import Cell
from geo_ems.formats.rounded_geometry import rounded_geometries
from geo_ems.formats.table_writing import layer_sheet

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AREA_OPACITY = "55"
_STYLE = "layer"
ID_NAME = "permanent_id"  # readers keep `id` and `name` for themselves


def kml_bytes(layer: ExportedLayer, facts: ExportFacts) -> bytes:
    """Return the features as placemarks; a feature without place is one too, listed but not on the map."""
    return "".join(_document(layer, facts)).encode()


def _document(layer: ExportedLayer, facts: ExportFacts) -> Iterator[str]:
    definition, language = layer.definition, facts.language
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
    yield f"<Document id={quoteattr(definition.name)}>\n<name>{_xml(definition.label.text(language))}</name>\n"
    yield f"<description>{_plain(facts.text())}</description>\n"
    yield _style(definition.symbol.fill or definition.symbol.colour, definition.symbol.colour)
    names = [column.field.name for column in layer.table]
    values = [column_values(layer.columns.columns[name], layer.rows) for name in names]
    sheet = layer_sheet(layer, facts)
    titles = sheet.header[1 : 1 + len(names)]
    geometries = rounded_geometries(layer.geometries)
    name_at = names.index(definition.name_field) if definition.name_field in names else None
    for place, (identity, geometry, row) in enumerate(zip(layer.ids, geometries, sheet.rows, strict=True)):
        raw = [column[place] for column in values]
        shown = row[1 : 1 + len(names)]
        named = None if name_at is None else raw[name_at]
        yield "<Placemark>\n" + ("" if named is None else f"<name>{_xml(str(named))}</name>\n")
        yield f"<description>{_plain(_lines(titles, shown))}</description>\n<styleUrl>#{_STYLE}</styleUrl>\n"
        yield "<ExtendedData>\n" + _data(ID_NAME, sheet.header[0], identity)
        for name, title, value in zip(names, titles, raw, strict=True):
            # Readers take the name from the element above, and the description too where no data of that name stand.
            if name == "description" or (value is not None and name != "name"):
                yield _data(name, title, "" if value is None else _machine_text(value))
        yield "</ExtendedData>\n"
        yield "" if geometry is None else f"{_geometry(geometry)}\n"
        yield "</Placemark>\n"
    yield "</Document>\n</kml>\n"


def _lines(titles: Sequence[str], cells: Sequence[Cell]) -> str:
    return "\n".join(f"{title}: {cell}" for title, cell in zip(titles, cells, strict=True) if cell is not None)


def _data(name: str, title: str, text: str) -> str:
    shown = f"<displayName>{_xml(title)}</displayName>"
    return f"<Data name={quoteattr(name)}>{shown}<value>{_xml(text)}</value></Data>\n"


def _machine_text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return ";".join(map(str, value))
        case _:
            return str(value)


def _xml(text: str) -> str:
    return escape(_NOT_IN_XML.sub("", text))


def _plain(text: str) -> str:
    """Return text that a viewer shows as it is: descriptions are HTML to them, so it is escaped twice."""
    return _xml(html.escape(text, quote=False).replace("\n", "<br>"))


def _style(fill: str, colour: str) -> str:
    # No picture is named: a viewer without network would look for it in vain, and tints its own instead.
    icon = f"<IconStyle><color>{_abgr(fill)}</color></IconStyle>"
    line = f"<LineStyle><color>{_abgr(colour)}</color><width>2</width></LineStyle>"
    area = f"<PolyStyle><color>{_abgr(fill, _AREA_OPACITY)}</color></PolyStyle>"
    return f'<Style id="{_STYLE}">{icon}{line}{area}</Style>\n'


def _abgr(colour: str, opacity: str = "ff") -> str:
    """Return #RRGGBB as KML writes colours: opacity, blue, green, red."""
    red, green, blue = colour[1:3], colour[3:5], colour[5:7]
    return f"{opacity}{blue}{green}{red}".lower()


def _geometry(geometry: BaseGeometry) -> str:
    match geometry:
        case Point():
            return f"<Point>{_coordinates(geometry)}</Point>"
        case LineString():
            return f"<LineString><tessellate>1</tessellate>{_coordinates(geometry)}</LineString>"
        case Polygon():
            area = orient(geometry)
            holes = "".join(f"<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>" for ring in area.interiors)
            return f"<Polygon><outerBoundaryIs>{_ring(area.exterior)}</outerBoundaryIs>{holes}</Polygon>"
        case _:
            parts = "".join(_geometry(part) for part in shapely.get_parts(geometry))
            return f"<MultiGeometry>{parts}</MultiGeometry>"


def _ring(ring: BaseGeometry) -> str:
    return f"<LinearRing>{_coordinates(ring)}</LinearRing>"


def _coordinates(geometry: BaseGeometry) -> str:
    lonlat_deg = shapely.get_coordinates(geometry)
    is_fine = bool((np.round(lonlat_deg, COORDINATE_DECIMALS) != lonlat_deg).any())
    numbers = [f"{lon!r},{lat!r}" if is_fine else f"{_short(lon)},{_short(lat)}" for lon, lat in lonlat_deg.tolist()]
    return f"<coordinates>{' '.join(numbers)}</coordinates>"


def _short(degrees: float) -> str:
    text = f"{degrees:.{COORDINATE_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
