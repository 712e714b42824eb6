"""The WGS84 ellipsoid: Earth-centred coordinates, geodesics, and proven bounds between chord and geodesic.

Two distances are used. The *geodesic* is the shortest way on the ellipsoid; it is what people are told.
The *chord* is the straight line through the Earth between the same places; it costs three
subtractions, knows neither poles nor a 180-degree line, and bounds the geodesic from both sides, so
it can exclude places without measuring them.

References
----------
Karney (2013), Algorithms for geodesics, J. Geodesy 87, 43-55 (pyproj.Geod; error about 15 nm).
WGS84 constants: NIMA TR8350.2.
"""

import math
from functools import cache
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from geo_ems.errors import UsageError
from geo_ems.model.columns import BoolArray, FloatArray

if TYPE_CHECKING:
    from pyproj.geod import Geod

LonLat = tuple[float, float]

EQUATOR_RADIUS_M: Final = 6_378_137.0
FLATTENING: Final = 1.0 / 298.257223563
POLAR_RADIUS_M: Final = EQUATOR_RADIUS_M * (1.0 - FLATTENING)
ECCENTRICITY_2: Final = FLATTENING * (2.0 - FLATTENING)

# The smallest and the largest radius of curvature of any normal section: along the meridian at the
# equator (b*b/a), and at the poles (a*a/b).
SMALLEST_CURVATURE_RADIUS_M: Final = POLAR_RADIUS_M**2 / EQUATOR_RADIUS_M
LARGEST_CURVATURE_RADIUS_M: Final = EQUATOR_RADIUS_M**2 / POLAR_RADIUS_M

# What float64 and Geod may lose together is below 20 nm for coordinates of 6.4e6 m; every proof and
# the inclusive cutoff leave fifty times that.
ROUNDING_M: Final = 1e-6

# Up to this chord, `short_geodesic_m` agrees with Geod within 20 nm (measured over all latitudes).
SHORT_CHORD_M: Final = 50_000.0

_LARGEST_LATITUDE_DEG: Final = 90.0
_LARGEST_LONGITUDE_DEG: Final = 360.0
_SCHUR_CHORD_M: Final = 12_000_000.0


@cache
def _wgs84() -> "Geod":
    from pyproj.geod import Geod  # noqa: PLC0415 - a command may want this alone of pyproj (`light_pyproj`)

    return Geod(ellps="WGS84")


def checked_position(at_lonlat_deg: LonLat) -> LonLat:
    """Return a position as two floats.

    Raises
    ------
    UsageError
        Where a number is not finite, the latitude is beyond 90 or the longitude beyond 360 degrees.
    """
    lon, lat = float(at_lonlat_deg[0]), float(at_lonlat_deg[1])
    if not (abs(lat) <= _LARGEST_LATITUDE_DEG and abs(lon) <= _LARGEST_LONGITUDE_DEG):
        raise UsageError(
            f"There is no place at longitude {lon}, latitude {lat}",
            remedy="Give longitude, then latitude, in degrees (WGS84), such as 113.25,23.13.",
            field="at",
            value=f"{lon},{lat}",
        )
    return lon, lat


def lonlat_to_xyz(lonlat_deg: FloatArray) -> FloatArray:
    """Return Earth-centred Earth-fixed coordinates of places on the ellipsoid.

    `lonlat_deg` has shape (n, 2); the result has shape (3, n), in metres, so that each coordinate is
    contiguous. NaN stays NaN. The error is below 2 nm.
    """
    lon, lat = np.radians(lonlat_deg[:, 0]), np.radians(lonlat_deg[:, 1])
    sin_lat, cos_lat = np.sin(lat), np.cos(lat)
    normal_m = EQUATOR_RADIUS_M / np.sqrt(1.0 - ECCENTRICITY_2 * sin_lat**2)
    xyz_m = np.empty((3, lon.size))
    xyz_m[0] = normal_m * cos_lat * np.cos(lon)
    xyz_m[1] = normal_m * cos_lat * np.sin(lon)
    xyz_m[2] = normal_m * (1.0 - ECCENTRICITY_2) * sin_lat
    return xyz_m


def position_xyz(at_lonlat_deg: LonLat) -> FloatArray:
    """Return the Earth-centred coordinates of one place, shape (3,), metres."""
    return np.array(place_xyz(at_lonlat_deg))


def place_xyz(at_lonlat_deg: LonLat) -> tuple[float, float, float]:
    """Return the same as plain numbers, which are faster than arrays."""
    lon, lat = math.radians(at_lonlat_deg[0]), math.radians(at_lonlat_deg[1])
    sin_lat, cos_lat = math.sin(lat), math.cos(lat)
    normal_m = EQUATOR_RADIUS_M / math.sqrt(1.0 - ECCENTRICITY_2 * sin_lat**2)
    across_m = normal_m * cos_lat
    return across_m * math.cos(lon), across_m * math.sin(lon), normal_m * (1.0 - ECCENTRICITY_2) * sin_lat


def inverse_geodesic(
    from_lonlat_deg: FloatArray, to_lonlat_deg: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return distance (m), azimuth at the start and azimuth at the end looking back (degrees).

    Both arguments have shape (n, 2), or the first has shape (2,) and is one start for all. Azimuths
    are clockwise from north, in -180..180, as pyproj gives them.
    """
    count = to_lonlat_deg.shape[0]
    start_lon_deg, start_lat_deg = np.empty(count), np.empty(count)
    start_lon_deg[:], start_lat_deg[:] = from_lonlat_deg[..., 0], from_lonlat_deg[..., 1]
    forward_deg, back_deg, distance_m = _wgs84().inv(
        start_lon_deg, start_lat_deg, to_lonlat_deg[:, 0].copy(), to_lonlat_deg[:, 1].copy()
    )
    return cast("FloatArray", distance_m), cast("FloatArray", forward_deg), cast("FloatArray", back_deg)


def geodesic_m(from_lonlat_deg: FloatArray, to_lonlat_deg: FloatArray) -> FloatArray:
    """Return WGS84 geodesic distances in metres; shapes as in `inverse_geodesic`."""
    return inverse_geodesic(from_lonlat_deg, to_lonlat_deg)[0]


def distance_and_bearing(at_lonlat_deg: LonLat, to_lonlat_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return distances (m) and bearings (degrees clockwise from true north, 0 <= b < 360) from one place.

    `to_lonlat_deg` has shape (n, 2). The bearing to the place itself (nearer than a micrometre) is 0.0.
    """
    distance_m, forward_deg, _ = inverse_geodesic(np.array(at_lonlat_deg), to_lonlat_deg)
    bearing_deg = np.mod(forward_deg, 360.0)
    bearing_deg[(distance_m < ROUNDING_M) | (bearing_deg >= 360.0)] = 0.0  # noqa: PLR2004 - a full turn
    return distance_m, bearing_deg


def write_geodesics(
    at_lonlat_deg: LonLat, to_lonlat_deg: list[LonLat], distance_m: FloatArray, azimuth_deg: FloatArray
) -> float:
    """Write distances (m) and azimuths (-180..180 degrees) to places; return the largest distance, 0 without any.

    Up to a dozen places this is faster than `inverse_geodesic`, and gives the same numbers.
    """
    inverse = _wgs84().inv
    lon_deg, lat_deg = at_lonlat_deg
    largest_m = 0.0
    for i, (to_lon_deg, to_lat_deg) in enumerate(to_lonlat_deg):
        azimuth_deg[i], _, own_m = inverse(lon_deg, lat_deg, to_lon_deg, to_lat_deg)
        distance_m[i] = own_m
        if own_m > largest_m:  # noqa: PLR1730 - a call of max() costs as much as the rest of the loop
            largest_m = own_m
    return largest_m


def shortest_geodesic_m(chord_m: FloatArray) -> FloatArray:
    """Return a lower bound of the geodesic between places whose chord is given.

    A way on the surface is never shorter than its chord. For far places a second bound is stronger:
    stretching the polar axis by a/b turns the ellipsoid into a sphere of radius a and lengthens no
    way by more than a/b, so geodesic >= (b/a) * great circle >= 2 b asin(chord / 2a).
    """
    return np.maximum(chord_m, 2.0 * POLAR_RADIUS_M * np.arcsin(np.minimum(chord_m / (2.0 * EQUATOR_RADIUS_M), 1.0)))


def longest_geodesic_m(chord_m: FloatArray) -> FloatArray:
    """Return an upper bound of the geodesic between places whose chord is given.

    By Schur's comparison theorem a curve that nowhere bends more than a circle of radius r has at
    least that circle's chord; a geodesic bends at most as 1/r with r = b*b/a. Near the antipode, where
    the theorem does not reach, the bound is that of the stretched sphere, 2 a asin(chord / 2b).
    """
    by_curvature = (
        2.0 * SMALLEST_CURVATURE_RADIUS_M * np.arcsin(np.minimum(chord_m / (2.0 * SMALLEST_CURVATURE_RADIUS_M), 1.0))
    )
    by_sphere = 2.0 * EQUATOR_RADIUS_M * np.arcsin(np.minimum(chord_m / (2.0 * POLAR_RADIUS_M), 1.0))
    return np.where(chord_m < _SCHUR_CHORD_M, by_curvature, by_sphere)


def largest_chord_m(geodesic_limit_m: float) -> float:
    """Return a chord beyond which every geodesic is longer than the limit (inverse of `shortest_geodesic_m`).

    A margin for rounding is included, so places at the limit itself are kept.
    """
    limit_m = geodesic_limit_m + ROUNDING_M
    half_angle = limit_m / (2.0 * POLAR_RADIUS_M)
    if half_angle >= np.pi / 2.0:
        return float("inf")
    return float(min(limit_m, 2.0 * EQUATOR_RADIUS_M * np.sin(half_angle) + ROUNDING_M))


def short_geodesic_m(from_xyz_m: FloatArray, to_xyz_m: FloatArray) -> FloatArray:
    """Return geodesics from Earth-centred coordinates, for chords up to `SHORT_CHORD_M`.

    Both arguments have shape (3, n). The geodesic is taken as the arc of the circle that bends like
    the normal section through the middle of the chord, s = (2/q) asin(c q / 2), where for the
    ellipsoid X'AX = 1, a direction u and the chord's middle m the curvature is
    q = u'Au sqrt(m'Am) / |Am|. Against Geod the error is below 20 nm up to 50 km, about ten times cheaper.
    """
    weights = np.array([[EQUATOR_RADIUS_M**-2], [EQUATOR_RADIUS_M**-2], [POLAR_RADIUS_M**-2]])
    step = to_xyz_m - from_xyz_m
    middle = 0.5 * (to_xyz_m + from_xyz_m)
    gradient = weights * middle
    chord_2 = (step * step).sum(axis=0)
    # The square of c q / 2, with u'Au = step'A step / chord_2 and no division by a chord of length 0.
    bend = (weights * step * step).sum(axis=0)
    scale_2 = (gradient * middle).sum(axis=0) / (gradient * gradient).sum(axis=0)
    half_angle_2 = 0.25 * bend * bend * scale_2 / np.where(chord_2 > 0.0, chord_2, 1.0)
    # asin(h)/h by its series in h*h: h < 0.004 for 50 km, so the first term left out is below 1e-15.
    return np.asarray(np.sqrt(chord_2) * (1.0 + half_angle_2 * (1.0 / 6.0 + half_angle_2 * (3.0 / 40.0))))


def pair_geodesic_m(
    from_xyz_m: FloatArray, from_lonlat_deg: FloatArray, to_xyz_m: FloatArray, to_lonlat_deg: FloatArray
) -> FloatArray:
    """Return geodesics of many pairs within 20 nm of Geod: the short formula where it holds, else Geod.

    Coordinates come twice, Earth-centred of shape (3, n) and degrees of shape (n, 2).
    """
    distance_m = short_geodesic_m(from_xyz_m, to_xyz_m)
    far = np.flatnonzero(distance_m > SHORT_CHORD_M)
    if far.size:
        distance_m[far] = geodesic_m(from_lonlat_deg[far], to_lonlat_deg[far])
    return distance_m


def is_within(distance_m: FloatArray, *, cutoff_m: float) -> BoolArray:
    """Return whether distances are within a cutoff, the cutoff included.

    One micrometre is allowed, so that a place laid out at exactly the cutoff does not fall to the
    rounding of the last bit.
    """
    return np.asarray(distance_m <= cutoff_m + ROUNDING_M)
