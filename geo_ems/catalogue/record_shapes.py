"""Geometries written in cells as WKT: how lines and areas stand in CSV and XLSX."""

import re
from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.record_geometry import checked_geometry
from geo_ems.formats import reading_findings as found
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import DEFAULT_LIMITS, Cell
from geo_ems.model.definitions import GeometryKind

_KINDS = "POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON"
_WRITING = re.compile(rf"^(?:SRID=4326;)?\s*({_KINDS})\s*(?:Z|M|ZM)?\s*(\([-+.,\s\dEe()]*\)|EMPTY)\s*$", re.IGNORECASE)
_DEEPEST = 3  # of brackets, in a MULTIPOLYGON; also what keeps native code from nesting without end


def read_shape(
    cells: Sequence[Cell], kinds: tuple[GeometryKind, ...], findings: list[Finding], *, column: str
) -> BaseGeometry | None:
    """Return the geometry, lon/lat in degrees, that the cells of a row hold; None where empty or wrong."""
    parts = [cell if isinstance(cell, str) else str(cell) for cell in cells if cell is not None]
    text = "".join(parts).strip()
    if not text:
        return None
    fault = _fault(text)
    geometry: BaseGeometry | None = None
    if fault is None:
        try:
            geometry = shapely.from_wkt(text.removeprefix("SRID=4326;"))
        except shapely.errors.GEOSException as error:
            fault = str(error).strip()
    if geometry is None or geometry.is_empty:
        told = found.GEOMETRY_MALFORMED.found(value=(fault or "EMPTY")[:60])
        findings.append(Finding(told.kind, column, "geometry", told.value, told.details))
        return None
    return checked_geometry(geometry, kinds, findings)


def _fault(text: str) -> str | None:
    if _WRITING.match(text) is None:
        return text
    if text.count(",") >= DEFAULT_LIMITS.vertices:
        return f"> {DEFAULT_LIMITS.vertices}"
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0 or depth > _DEEPEST:
            return text
    return None if depth == 0 else text
