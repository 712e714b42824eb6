"""A plane in metres round one place: transverse Mercator on the WGS84 ellipsoid, true to scale on its own meridian.

A length at x metres east or west of the meridian is too long by x²/(2R²): 0.01 % at 90 km, 0.1 % at
280 km, 1 % at 900 km. It knows neither the 180th meridian nor the poles, because longitudes count from its own.

References
----------
Krüger (1912); the series in the third flattening to its third power, as in Karney (2011), Transverse Mercator with an
accuracy of a few nanometers, J. Geodesy 85, equations 35 and 36: what is left out is below 0.1 mm up to 1,500 km.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from geo_ems.model.columns import FloatArray, ObjectArray
from geo_ems.queries.ellipsoid import ECCENTRICITY_2, EQUATOR_RADIUS_M, FLATTENING, POLAR_RADIUS_M

_N: Final = FLATTENING / (2.0 - FLATTENING)
_RADIUS_M: Final = EQUATOR_RADIUS_M / (1.0 + _N) * (1.0 + _N**2 / 4.0 + _N**4 / 64.0)
_TO_PLANE: Final = (
    _N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16,
    13 * _N**2 / 48 - 3 * _N**3 / 5,
    61 * _N**3 / 240,
)
_FROM_PLANE: Final = (_N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96, _N**2 / 48 + _N**3 / 15, 17 * _N**3 / 480)
_LATITUDE: Final = (2 * _N - 2 * _N**2 / 3 - 2 * _N**3, 7 * _N**2 / 3 - 8 * _N**3 / 5, 56 * _N**3 / 15)
_ECCENTRICITY: Final = ECCENTRICITY_2**0.5


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """The plane whose own meridian is `lon_deg`."""

    lon_deg: float

    def to_plane(self, lonlat_deg: FloatArray) -> FloatArray:
        """Return metres east of the meridian and north of the equator, shape (n, 2), from lon/lat degrees (n, 2)."""
        lon = np.radians(np.remainder(lonlat_deg[:, 0] - self.lon_deg + 180.0, 360.0) - 180.0)
        sin_lat = np.sin(np.radians(lonlat_deg[:, 1]))
        limited = np.clip(sin_lat, -1.0 + 1e-16, 1.0 - 1e-16)
        tangent = np.sinh(np.arctanh(limited) - _ECCENTRICITY * np.arctanh(_ECCENTRICITY * limited))
        north = np.arctan2(tangent, np.cos(lon))
        east = np.arcsinh(np.sin(lon) / np.hypot(tangent, np.cos(lon)))
        north, east = _series(north, east, _TO_PLANE, 1.0)
        return _RADIUS_M * np.column_stack([east, north])

    def to_lonlat(self, xy_m: FloatArray) -> FloatArray:
        """Return lon/lat degrees (n, 2) of places of the plane; longitudes run on beyond 180 from the meridian."""
        north, east = _series(xy_m[:, 1] / _RADIUS_M, xy_m[:, 0] / _RADIUS_M, _FROM_PLANE, -1.0)
        conformal = np.arcsin(np.clip(np.sin(north) / np.cosh(east), -1.0, 1.0))
        lat = conformal.copy()
        for order, factor in enumerate(_LATITUDE, start=1):
            lat += factor * np.sin(2 * order * conformal)
        lon = np.arctan2(np.sinh(east), np.cos(north))
        return np.column_stack([self.lon_deg + np.degrees(lon), np.degrees(lat)])


def _series(
    north: FloatArray, east: FloatArray, factors: tuple[float, ...], sign: float
) -> tuple[FloatArray, FloatArray]:
    moved_north, moved_east = north.copy(), east.copy()
    for order, factor in enumerate(factors, start=1):
        moved_north += sign * factor * np.sin(2 * order * north) * np.cosh(2 * order * east)
        moved_east += sign * factor * np.cos(2 * order * north) * np.sinh(2 * order * east)
    return moved_north, moved_east


def area_m2(geometries: ObjectArray) -> FloatArray:
    """Return the areas of lon/lat polygons on the ellipsoid, shape (n,), square metres; 0 for None and empty ones.

    An equal-area cylinder of the ellipsoid: exact but for edges being straight in lon/lat (RFC 7946).
    """

    def to_cylinder(lonlat_deg: FloatArray) -> FloatArray:
        sin_lat = np.sin(np.radians(lonlat_deg[:, 1]))
        height = sin_lat / (1.0 - ECCENTRICITY_2 * sin_lat**2) + np.arctanh(_ECCENTRICITY * sin_lat) / _ECCENTRICITY
        return np.column_stack([np.radians(lonlat_deg[:, 0]), 0.5 * POLAR_RADIUS_M**2 * height])

    return np.nan_to_num(shapely.area(shapely.transform(geometries, to_cylinder)))
