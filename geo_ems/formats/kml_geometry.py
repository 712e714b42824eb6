"""Geometries of KML: points, lines, areas and what is made of several; heights are kept where there are any."""

import re

import shapely
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from shapely.geometry.base import BaseGeometry

from geo_ems.formats import reading_findings as found
from geo_ems.formats.geojson_geometry import KNOWN_TYPES, GeometryFaultError
from geo_ems.formats.xml_elements import Element

_KINDS = frozenset({"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack", "Model"})
_COMMAS = re.compile(r"\s*,\s*")
_FARTHEST = 1e12
_LEAST_OF_LINE, _LEAST_OF_RING = 2, 4

Positions = list[tuple[float, float, float]]


def geometry_of_placemark(placemark: Element, *, max_vertices: int) -> BaseGeometry | None:
    """Return the geometry of a placemark in longitude and latitude, None where it has none.

    Raises
    ------
    GeometryFaultError
        Where it has one that cannot be used.
    """
    shapes = [child for child in placemark.children if child.name in _KINDS]
    if not shapes:
        return None
    if len(shapes) == 1 and shapes[0].name == "Point":
        return _build(shapes[0])  # nearly all of them
    try:
        geometry = _joined([_build(shape) for shape in shapes])
    except (shapely.errors.GEOSException, ValueError) as error:
        raise _malformed(str(error)) from error
    if geometry is None:
        return None
    if shapely.get_num_coordinates(geometry) > max_vertices:
        raise GeometryFaultError(found.TOO_MANY_VERTICES.found(limit=max_vertices))
    heights = shapely.get_coordinates(geometry, include_z=True)[:, 2]
    return geometry if heights.any() else shapely.force_2d(geometry)


def _build(shape: Element) -> BaseGeometry | None:
    match shape.name:
        case "Point":
            return _point(_positions(shape.text_of("coordinates")))
        case "LineString":
            return _line(_positions(shape.text_of("coordinates")))
        case "LinearRing":
            positions = _positions(shape.text_of("coordinates"))
            return _line(_ring(positions)) if positions else None
        case "Polygon":
            return _polygon(shape)
        case "Track":
            return _line(_track(shape))
        case "MultiGeometry" | "MultiTrack":
            return _joined([_build(inner) for inner in shape.children if inner.name in _KINDS])
        case _:
            raise GeometryFaultError(found.GEOMETRY_UNKNOWN.found(value=shape.name, known=", ".join(KNOWN_TYPES)))


def _point(positions: Positions) -> Point | None:
    if len(positions) > 1:
        raise _malformed("a point has one position")
    if not positions:
        return None
    lon_deg, lat_deg, height_m = positions[0]
    return Point(lon_deg, lat_deg, height_m) if height_m else Point(lon_deg, lat_deg)


def _polygon(shape: Element) -> Polygon | None:
    outer, holes = shape.child("outerBoundaryIs"), [each for each in shape.children if each.name == "innerBoundaryIs"]
    rings = [_ring(_positions(ring.text_of("coordinates"))) for ring in (outer.children if outer else ())]
    inner = [_ring(_positions(ring.text_of("coordinates"))) for hole in holes for ring in hole.children]
    if not rings and not inner:
        return None
    if len(rings) != 1:
        raise _malformed("an area has one outer boundary")
    return Polygon(rings[0], inner)


def _positions(text: str) -> Positions:
    """Return the positions of a text such as `104.1,30.6,0 104.2,30.7,0`; blanks round commas are forgiven."""
    positions: Positions = []
    for group in _COMMAS.sub(",", text.strip()).split():
        parts = group.rstrip(",").split(",")
        if not 2 <= len(parts) <= 3:  # noqa: PLR2004 - longitude, latitude, height
            raise _malformed(f"{group:.60} is no position")
        positions.append(_position(parts))
    return positions


def _track(shape: Element) -> Positions:
    return [_position(each.text.split()) for each in shape.children if each.name == "coord" and each.text]


def _position(parts: list[str]) -> tuple[float, float, float]:
    try:
        numbers = [float(part) for part in parts if part]
    except ValueError as error:
        raise _malformed(f"{' '.join(parts):.60} is no position") from error
    if len(numbers) < 2 or not all(-_FARTHEST < number < _FARTHEST for number in numbers):  # noqa: PLR2004 - x and y
        raise _malformed(f"{' '.join(parts):.60} is no position")
    return numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 0.0  # noqa: PLR2004 - the third is the height


def _line(positions: Positions) -> LineString | None:
    if not positions:
        return None
    if len(positions) < _LEAST_OF_LINE:
        raise _malformed("a line needs two positions")
    return LineString(positions)


def _ring(positions: Positions) -> Positions:
    if len(positions) < _LEAST_OF_RING or positions[0][:2] != positions[-1][:2]:
        raise _malformed("a ring needs four positions and ends where it begins")
    return positions


def _joined(parts: list[BaseGeometry | None]) -> BaseGeometry | None:
    """Return several geometries as one: of one kind as a multiple of it, else as a collection."""
    flat = [piece for part in parts if part is not None for piece in _pieces(part)]
    if len(flat) < 2:  # noqa: PLR2004 - one stays itself
        return flat[0] if flat else None
    points = [piece for piece in flat if isinstance(piece, Point)]
    lines = [piece for piece in flat if isinstance(piece, LineString)]
    areas = [piece for piece in flat if isinstance(piece, Polygon)]
    if len(points) == len(flat):
        return MultiPoint(points)
    if len(lines) == len(flat):
        return MultiLineString(lines)
    return MultiPolygon(areas) if len(areas) == len(flat) else GeometryCollection(flat)


def _pieces(geometry: BaseGeometry) -> list[BaseGeometry]:
    return [
        piece
        for part in shapely.get_parts(geometry)
        for piece in ([part] if not hasattr(part, "geoms") else _pieces(part))
    ]


def _malformed(reason: str) -> GeometryFaultError:
    return GeometryFaultError(found.GEOMETRY_MALFORMED.found(value=reason))
