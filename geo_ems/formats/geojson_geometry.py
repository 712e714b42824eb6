"""Geometry objects of GeoJSON, checked position by position before shapely sees them."""

from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geo_ems.formats import reading_findings as found
from geo_ems.formats.findings import Finding
from geo_ems.formats.strict_json import Json

KNOWN_TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_FINITE = 1e12  # larger numbers, infinities and NaN are no coordinates in any system
_RING_POSITIONS = 4
_LINE_POSITIONS = 2

Position = tuple[float, float]


class GeometryFaultError(Exception):
    """A geometry that cannot be used; carries the finding for the row."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.problem("en"))
        self.finding = finding


@dataclass(slots=True)
class _Positions:
    """Turns nested arrays into positions, counting them and noticing heights."""

    max_vertices: int
    count: int = 0
    has_height: bool = False

    def position(self, value: Json) -> Position:
        if not isinstance(value, list) or len(value) < 2:  # noqa: PLR2004 - longitude and latitude
            raise _malformed(f"{value!r:.60} is no position")
        for number in value:
            if isinstance(number, bool) or not isinstance(number, int | float) or not -_FINITE < number < _FINITE:
                raise _malformed(f"{number!r:.60} is no coordinate")
        self.count += 1
        if self.count > self.max_vertices:
            raise GeometryFaultError(found.TOO_MANY_VERTICES.found(limit=self.max_vertices))
        self.has_height = self.has_height or len(value) > 2  # noqa: PLR2004 - the third is the height
        return float(value[0]), float(value[1])  # type: ignore[arg-type]  # checked to be numbers above

    def line(self, value: Json) -> list[Position]:
        positions = [self.position(item) for item in _array(value)]
        if len(positions) < _LINE_POSITIONS:
            raise _malformed("a line needs two positions")
        return positions

    def ring(self, value: Json) -> list[Position]:
        positions = [self.position(item) for item in _array(value)]
        if len(positions) < _RING_POSITIONS or positions[0] != positions[-1]:
            raise _malformed("a ring needs four positions and ends where it begins")
        return positions

    def polygon(self, value: Json) -> Polygon:
        rings = [self.ring(item) for item in _array(value)]
        if not rings:
            raise _malformed("a polygon needs a ring")
        return Polygon(rings[0], rings[1:])


def geometry_from_json(value: Json, *, max_vertices: int) -> tuple[BaseGeometry | None, bool]:
    """Return (geometry in x, y, whether heights were dropped); None for null or no coordinates at all.

    Raises
    ------
    GeometryFaultError
        Where the type is not known or the coordinates are not what the type needs.
    """
    if value is None:
        return None, False
    if not isinstance(value, dict):
        raise _malformed("it is no object")
    kind = value.get("type")
    if kind not in KNOWN_TYPES:
        raise GeometryFaultError(found.GEOMETRY_UNKNOWN.found(value=kind, known=", ".join(KNOWN_TYPES)))
    coordinates = value.get("coordinates")
    if coordinates == []:
        return None, False
    positions = _Positions(max_vertices)
    try:
        geometry = _build(str(kind), coordinates, positions)
    except (ValueError, shapely.errors.GEOSException) as error:
        raise _malformed(str(error)) from error
    return geometry, positions.has_height


def _build(kind: str, coordinates: Json, positions: _Positions) -> BaseGeometry:
    match kind:
        case "Point":
            return Point(positions.position(coordinates))
        case "MultiPoint":
            return MultiPoint([positions.position(item) for item in _array(coordinates)])
        case "LineString":
            return LineString(positions.line(coordinates))
        case "MultiLineString":
            return MultiLineString([positions.line(item) for item in _array(coordinates)])
        case "Polygon":
            return positions.polygon(coordinates)
        case _:
            return MultiPolygon([positions.polygon(item) for item in _array(coordinates)])


def _array(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise _malformed(f"{value!r:.60} is no array")
    return value


def _malformed(reason: str) -> GeometryFaultError:
    return GeometryFaultError(found.GEOMETRY_MALFORMED.found(value=reason))
