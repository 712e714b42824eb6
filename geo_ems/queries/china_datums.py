"""GCJ-02 and BD-09, the shifted coordinates of Chinese web maps, to WGS84 and back.

Maps published in China show places shifted by some 100 to 700 m: GCJ-02 (Amap, Tencent, Google in
China), and on top of it BD-09 (Baidu). The shift is a smooth formula of longitude and latitude; it was
never published by its makers, the one below is the reconstruction everybody uses, good to about 1 m
against the maps. The inverse here undoes that formula to far better than 1 mm.

Outside a rectangle round China (72.004 to 137.8347 E, 0.8293 to 55.8271 N) the formula leaves places as
they are, and so does this module, for BD-09 too. The rectangle is the one of the reconstruction: it
holds neighbouring countries as well, where the maps do not shift.

References
----------
Yang Chen and others, eviltransform (2013-), and the analyses of `WGS-84 to GCJ-02` it collects.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray

WEST_DEG: Final = 72.004
EAST_DEG: Final = 137.8347
SOUTH_DEG: Final = 0.8293
NORTH_DEG: Final = 55.8271

# The Krasovsky ellipsoid, on which the shift in metres becomes degrees.
_AXIS_M: Final = 6_378_245.0
_ECCENTRICITY_2: Final = 0.00669342162296594323
_BAIDU_WAVES: Final = np.pi * 3000.0 / 180.0
_BAIDU_LON_DEG: Final = 0.0065
_BAIDU_LAT_DEG: Final = 0.006
# Each step of the inverse leaves 1/400 of the error (GCJ-02) or 1/40 (BD-09): 1e-12 degrees are left.
_STEPS: Final = 8
# No shift is longer than this, so that places farther from the rectangle were never shifted.
_REACH_DEG: Final = 0.1

_Shift = Callable[[FloatArray], FloatArray]


class Datum(StrEnum):
    """What longitudes and latitudes are measured against; CGCS2000 is WGS84 within decimetres."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(lonlat_deg: FloatArray, datum: Datum) -> FloatArray:
    """Return WGS84 places, shape (n, 2), of places in a datum; NaN stays NaN."""
    match datum:
        case Datum.GCJ02:
            return _inverse(lonlat_deg, _gcj02_shifted)
        case Datum.BD09:
            return _inverse(lonlat_deg, _bd09_shifted)
        case _:
            return lonlat_deg.copy()


def from_wgs84(lonlat_deg: FloatArray, datum: Datum) -> FloatArray:
    """Return places in a datum, shape (n, 2), of WGS84 places; NaN stays NaN."""
    match datum:
        case Datum.GCJ02:
            return _forward(lonlat_deg, _gcj02_shifted)
        case Datum.BD09:
            return _forward(lonlat_deg, _bd09_shifted)
        case _:
            return lonlat_deg.copy()


def is_shifted_region(lonlat_deg: FloatArray) -> BoolArray:
    """Return which WGS84 places, shape (n, 2), lie in the rectangle in which the maps are shifted."""
    lon, lat = lonlat_deg[:, 0], lonlat_deg[:, 1]
    return (lon >= WEST_DEG) & (lon <= EAST_DEG) & (lat >= SOUTH_DEG) & (lat <= NORTH_DEG)


def _forward(lonlat_deg: FloatArray, shifted: _Shift) -> FloatArray:
    moved = lonlat_deg.copy()
    inside = is_shifted_region(lonlat_deg)
    moved[inside] = shifted(lonlat_deg[inside])
    return moved


def _inverse(lonlat_deg: FloatArray, shifted: _Shift) -> FloatArray:
    """Undo a shift; where the way back ends outside the rectangle the place was never shifted."""
    moved = lonlat_deg.copy()
    middle = np.array([(WEST_DEG + EAST_DEG) / 2.0, (SOUTH_DEG + NORTH_DEG) / 2.0])
    towards = np.clip(middle - lonlat_deg, -_REACH_DEG, _REACH_DEG)
    near = np.flatnonzero(is_shifted_region(lonlat_deg + towards))
    wanted = lonlat_deg[near]
    found = wanted.copy()
    for _ in range(_STEPS):
        found -= shifted(found) - wanted
    inside = is_shifted_region(found)
    moved[near[inside]] = found[inside]
    return moved


def _gcj02_shifted(lonlat_deg: FloatArray) -> FloatArray:
    """Return shifted places; the formula itself, wherever the places lie."""
    x, y = lonlat_deg[:, 0] - 105.0, lonlat_deg[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north_m += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east_m += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0
    lat = np.radians(lonlat_deg[:, 1])
    flattening = 1.0 - _ECCENTRICITY_2 * np.sin(lat) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_2) / flattening**1.5
    parallel_m = _AXIS_M / np.sqrt(flattening) * np.cos(lat)
    shift = np.column_stack([np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)])
    shifted: FloatArray = lonlat_deg + shift
    return shifted


def _bd09_shifted(lonlat_deg: FloatArray) -> FloatArray:
    """Return places shifted to GCJ-02 and from there to BD-09."""
    lon, lat = _gcj02_shifted(lonlat_deg).T
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_WAVES)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_WAVES)
    shift = np.array([_BAIDU_LON_DEG, _BAIDU_LAT_DEG])
    shifted: FloatArray = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + shift
    return shifted
