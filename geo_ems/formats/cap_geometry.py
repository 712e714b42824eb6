"""The shapes of an alert: polygons "lat,lon lat,lon ..." and circles "lat,lon radius_km", latitude first."""

import math
import re
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import FloatArray

CIRCLE_CORNERS = 64
MAX_RADIUS_KM = 5_000.0
_RING_POSITIONS = 4
_NUMBER = r"[+-]?(?:\d{1,3}(?:\.\d{0,20})?|\.\d{1,20})"
_PAIR = re.compile(rf"({_NUMBER}),({_NUMBER})", re.ASCII)
_CIRCLE = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s+(\d{{1,6}}(?:\.\d{{0,20}})?)\s*", re.ASCII)


class AreaFaultError(Exception):
    """A shape that cannot be used."""

    def __init__(self, problem: str) -> None:
        """Keep what is wrong."""
        super().__init__(problem)
        self.problem = problem


def area_geometry(polygons: Sequence[str], circles: Sequence[str]) -> tuple[BaseGeometry | None, tuple[str, ...]]:
    """Return all shapes of an area as one geometry (WGS84 lon/lat, cut at the 180th meridian), and what is wrong.

    A circle becomes a polygon of 64 corners drawn around it, so that nothing of it is lost; one without a
    radius is a point and gives no area.
    """
    shapes: list[BaseGeometry] = []
    faults: list[str] = []
    for texts, read in ((polygons, _polygon), (circles, _circle)):
        for text in texts:
            try:
                shapes.append(read(text))
            except AreaFaultError as error:
                faults.append(error.problem)
    if not shapes:
        return None, tuple(faults)
    joined = shapely.union_all(shapes)
    areas = [part for part in shapely.get_parts(joined) if part.geom_type == "Polygon"]
    geometry = areas[0] if len(areas) == 1 else shapely.multipolygons(areas)
    return geometry, tuple(faults)


def _polygon(text: str) -> BaseGeometry:
    positions = []
    for pair in text.split():
        match = _PAIR.fullmatch(pair)
        if match is None:
            raise AreaFaultError(f"'{pair[:40]}' of a polygon is no latitude,longitude")
        positions.append(_position(float(match[1]), float(match[2])))
    if len(positions) < _RING_POSITIONS - 1 or (len(positions) < _RING_POSITIONS and positions[0] == positions[-1]):
        raise AreaFaultError(f"a polygon has {len(positions)} positions, and needs four")
    return _within_180(np.array(positions))


def _circle(text: str) -> BaseGeometry:
    match = _CIRCLE.fullmatch(text)
    if match is None:
        raise AreaFaultError(f"'{text[:60]}' is no circle: latitude,longitude radius in km")
    lon_deg, lat_deg = _position(float(match[1]), float(match[2]))
    radius_km = float(match[3])
    if radius_km <= 0.0:
        raise AreaFaultError(f"the circle around {match[1]},{match[2]} has no radius: it is a point, not an area")
    if radius_km > MAX_RADIUS_KM:
        raise AreaFaultError(f"a circle of {radius_km:g} km is no place")
    from pyproj import Geod  # noqa: PLC0415 - files without circles need no geodesics

    corners = np.arange(CIRCLE_CORNERS) * 360.0 / CIRCLE_CORNERS
    around_m = radius_km * 1000.0 / math.cos(math.pi / CIRCLE_CORNERS)
    every = np.full(CIRCLE_CORNERS, 1.0)
    lon, lat, _ = Geod(ellps="WGS84").fwd(lon_deg * every, lat_deg * every, corners, around_m * every)
    return _within_180(np.stack([lon, lat], axis=1))


def _position(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    if abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0:  # noqa: PLR2004 degrees
        swapped = "; it seems to be longitude first" if abs(lon_deg) <= 90.0 and abs(lat_deg) <= 180.0 else ""  # noqa: PLR2004
        raise AreaFaultError(f"{lat_deg:g},{lon_deg:g} is no latitude,longitude{swapped}")
    return lon_deg, lat_deg


def _within_180(ring_deg: FloatArray) -> BaseGeometry:
    """Return the polygon of a ring (n, 2), lon/lat; one that crosses the 180th meridian is cut there."""
    if not np.array_equal(ring_deg[0], ring_deg[-1]):
        ring_deg = np.vstack([ring_deg, ring_deg[:1]])
    step = np.diff(ring_deg[:, 0])
    unrolled = ring_deg.copy()
    unrolled[1:, 0] = ring_deg[0, 0] + np.cumsum(step - 360.0 * np.round(step / 360.0))
    if abs(unrolled[-1, 0] - unrolled[0, 0]) > 180.0:  # noqa: PLR2004 degrees
        raise AreaFaultError("an area goes all round a pole, which is not read")
    mended = shapely.get_parts(shapely.make_valid(Polygon(unrolled)))
    shape = shapely.union_all(mended[shapely.get_dimensions(mended) == 2])  # noqa: PLR2004 areas, not leftover lines
    if shape.is_empty or shape.area <= 0.0:
        raise AreaFaultError("a polygon has no area")
    return shapely.union_all([_turned(shape, turn_deg) for turn_deg in (-360.0, 0.0, 360.0)])


def _turned(shape: BaseGeometry, turn_deg: float) -> BaseGeometry:
    """Return the part of a shape that lies one turn away from the usual longitudes, brought back to them."""
    piece = shapely.intersection(shape, shapely.box(turn_deg - 180.0, -90.0, turn_deg + 180.0, 90.0))
    shift_deg = np.array([turn_deg, 0.0])

    def shifted(lonlat_deg: FloatArray) -> FloatArray:
        moved: FloatArray = lonlat_deg - shift_deg
        return moved

    return shapely.transform(piece, shifted)
