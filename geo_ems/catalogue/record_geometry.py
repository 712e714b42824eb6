"""Whether a geometry may stand in a layer: finite, in range, of an allowed kind, valid."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue import record_findings as found
from geo_ems.catalogue.record_places import MAX_LAT_DEG, MAX_LON_DEG, coordinate_fault
from geo_ems.formats.findings import Finding
from geo_ems.model.definitions import GeometryKind


def checked_geometry(
    geometry: BaseGeometry, kinds: tuple[GeometryKind, ...], findings: list[Finding]
) -> BaseGeometry | None:
    """Return the geometry in two dimensions, or None with a finding that says why it is refused.

    Coordinates are lon, lat in degrees. A vertex at exactly (0, 0) is a fault of the data. An edge
    wider than 180 degrees is warned of: it was most likely meant to cross the antimeridian.
    """
    if not is_allowed(geometry.geom_type, kinds, findings):
        return None
    if geometry.has_z:
        geometry = shapely.force_2d(geometry)
        findings.append(found.HEIGHT_DROPPED.found())
    fault = _first_wrong_vertex(geometry)
    if fault is None and geometry.geom_type != "Point" and not geometry.is_valid:
        fault = found.INVALID_GEOMETRY.found(value=shapely.is_valid_reason(geometry))
    if fault is not None:
        findings.append(fault)
        return None
    width_deg = _widest_edge_deg(geometry)
    if width_deg > MAX_LON_DEG:
        findings.append(found.ACROSS_180.found(value=f"{width_deg:.6g}"))
    return geometry


def is_allowed(geometry_type: str, kinds: tuple[GeometryKind, ...], findings: list[Finding]) -> bool:
    """Return whether a layer takes geometries of a type; append a finding where it does not."""
    if geometry_type in kinds:
        return True
    findings.append(found.KIND_NOT_ALLOWED.found(value=geometry_type, known=", ".join(kind.value for kind in kinds)))
    return False


def _widest_edge_deg(geometry: BaseGeometry) -> float:
    """Return how many degrees of longitude the widest edge spans; 0 for points."""
    if shapely.get_dimensions(geometry) == 0:
        return 0.0
    outline = geometry if shapely.get_dimensions(geometry) == 1 else shapely.boundary(geometry)
    lonlat_deg, part = shapely.get_coordinates(shapely.get_parts(outline), return_index=True)
    inside = np.diff(part) == 0
    return float(np.abs(np.diff(lonlat_deg[:, 0]))[inside].max(initial=0.0))


def _first_wrong_vertex(geometry: BaseGeometry) -> Finding | None:
    lonlat_deg = shapely.get_coordinates(geometry)
    lon, lat = lonlat_deg[:, 0], lonlat_deg[:, 1]
    in_range = (np.abs(lon) <= MAX_LON_DEG) & (np.abs(lat) <= MAX_LAT_DEG)
    wrong = ~in_range | ((lon == 0) & (lat == 0))
    if not wrong.any():
        return None
    first = int(np.argmax(wrong))
    return coordinate_fault(float(lon[first]), float(lat[first]))
