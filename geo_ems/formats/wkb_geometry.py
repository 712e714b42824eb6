"""Geometries as well-known binary: all of a layer at once, each fault on its own row."""

import struct
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.formats import reading_findings as found
from geo_ems.formats.findings import Finding
from geo_ems.formats.geojson_geometry import KNOWN_TYPES
from geo_ems.formats.raw import Limits

_OTHER_TYPES = {
    7: "GeometryCollection",
    8: "CircularString",
    9: "CompoundCurve",
    10: "CurvePolygon",
    11: "MultiCurve",
    12: "MultiSurface",
    13: "Curve",
    14: "Surface",
    15: "PolyhedralSurface",
    16: "TIN",
    17: "Triangle",
}
_FARTHEST = 1e12  # larger numbers are no coordinates in any system
_HEAD_BYTES = 5


def geometries_from_wkb(
    wkb: Sequence[bytes | None], findings: dict[int, tuple[Finding, ...]], *, limits: Limits
) -> list[BaseGeometry | None]:
    """Return the geometries, None where there is none, it is empty, or a finding says why it cannot be used.

    Coordinates are what the bytes hold, heights included; all of them are finite.
    """
    made = np.asarray(shapely.from_wkb(np.array([*wkb, None], dtype=object)[:-1], on_invalid="ignore"), dtype=object)
    positions, row = shapely.get_coordinates(made, include_z=False, return_index=True)
    counts = np.bincount(row, minlength=len(made))
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(positions) < _FARTHEST).all(axis=1)
    strange = set(np.unique(row[wrong]).tolist())
    empty = shapely.is_empty(made)
    geometries: list[BaseGeometry | None] = made.tolist()
    for index, data in enumerate(wkb):
        fault = None
        if data is None:
            continue
        if geometries[index] is None:
            fault = _why_not_made(data)
        elif index in strange:
            fault = found.GEOMETRY_MALFORMED.found(value="a coordinate is no finite number")
        elif counts[index] > limits.vertices:
            fault = found.TOO_MANY_VERTICES.found(limit=limits.vertices)
        if fault is not None:
            findings[index] = (*findings.get(index, ()), fault)
        if fault is not None or empty[index]:
            geometries[index] = None
    return geometries


def _why_not_made(data: bytes) -> Finding:
    if len(data) >= _HEAD_BYTES:
        code = struct.unpack("<I" if data[0] == 1 else ">I", data[1:_HEAD_BYTES])[0]
        name = _OTHER_TYPES.get((code & 0x0FFFFFFF) % 1000)
        if name is not None:
            return found.GEOMETRY_UNKNOWN.found(value=name, known=", ".join(KNOWN_TYPES))
    return found.GEOMETRY_MALFORMED.found(value="its parts do not make a geometry")
