"""From any coordinate system to WGS84, with what is known of the accuracy of the way.

A way of unknown accuracy ("ballpark": the numbers of another datum taken as they are) is never taken
unless the person who imports accepts it; nothing is fetched from any network.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from pyproj.aoi import AreaOfInterest
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]  # public, not in its __all__
from pyproj.transformer import Transformer, TransformerGroup

from geo_ems.errors import DataError, UsageError
from geo_ems.formats.coordinate_systems import CoordinateSystem, Family
from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.queries.china_datums import Datum, to_wgs84

# What a telephone's own position is good for; worse must be accepted by the person who imports.
FREE_ACCURACY_M: Final = 5.0
CGCS2000_ACCURACY_M: Final = 0.5
SHIFTED_ACCURACY_M: Final = 2.0
_WGS84_CODE: Final = 4326
_BACK_AGAIN_M: Final = 1.0
_BACK_AGAIN_DEG: Final = 1e-5
_AREA_MARGIN_DEG: Final = 2.0
_ALWAYS_ASKED = frozenset({Family.BEIJING_1954, Family.XIAN_1980})
_MAX_LAT_DEG, _MAX_LON_DEG = 90.0, 180.0


@dataclass(frozen=True, slots=True)
class Transformation:
    """A way from one system to WGS84. `accuracy_m` is None where nobody knows it, 0 for an exact one."""

    system: CoordinateSystem
    datum: Datum
    name: str
    accuracy_m: float | None
    _way: Transformer

    def apply(self, xy: FloatArray) -> FloatArray:
        """Return lon, lat in WGS84 degrees, shape (n, 2), of x east and y north; NaN where there is no such place.

        No place is what is not finite, does not come back to where it was, or lies more than two degrees
        outside the area the system is made for.
        """
        with np.errstate(all="ignore"):
            lonlat_deg = np.column_stack(self._way.transform(xy[:, 0], xy[:, 1]))
            lonlat_deg[~np.isfinite(lonlat_deg).all(axis=1)] = np.nan
            back = np.column_stack(self._way.transform(lonlat_deg[:, 0], lonlat_deg[:, 1], direction="INVERSE"))
            tolerance = _BACK_AGAIN_M if self.system.is_projected else _BACK_AGAIN_DEG
            is_lost = ~(np.abs(back - xy).max(axis=1) <= tolerance)
        is_lost |= ~(np.abs(lonlat_deg[:, 1]) <= _MAX_LAT_DEG) | ~(np.abs(lonlat_deg[:, 0]) <= _MAX_LON_DEG)
        if self.system.is_projected:
            is_lost |= ~_is_near(lonlat_deg, self.system)
        lonlat_deg[is_lost] = np.nan
        return to_wgs84(lonlat_deg, self.datum)


def plan_transformation(
    system: CoordinateSystem,
    xy: FloatArray,
    *,
    datum: Datum | None = None,
    accept_accuracy_m: float | None = None,
    where: str = "",
) -> Transformation:
    """Return the best way to WGS84 for places, shape (n, 2), x east and y north.

    `datum` says that the longitudes and latitudes behind the system are in another datum than its own,
    as those of Chinese web maps are. `accept_accuracy_m` is what the person who imports puts up with;
    infinity accepts a way of which nobody knows the accuracy.

    Raises
    ------
    UsageError
        Where the datum contradicts the system.
    DataError
        Where the way is worse than 2 m, or of unknown accuracy, and that was not accepted.
    """
    _check_datum(system, datum)
    if datum in (Datum.GCJ02, Datum.BD09):
        way = _to_geodetic(system)
        return Transformation(system, datum, f"{datum.value.upper()} → WGS84", SHIFTED_ACCURACY_M, way)
    if system.family is Family.CGCS2000 or datum is Datum.CGCS2000:
        way = _to_geodetic(system)
        return Transformation(system, Datum.CGCS2000, "CGCS2000 = WGS84", CGCS2000_ACCURACY_M, way)
    if system.family is Family.WGS84 or datum is Datum.WGS84:
        return Transformation(system, Datum.WGS84, "", 0.0, _to_geodetic(system))
    name, accuracy_m, way = _best_way(system, xy)
    _check_accuracy(system, name, accuracy_m, accept_accuracy_m, where)
    return Transformation(system, Datum.WGS84, name, accuracy_m, way)


def unprojected(system: CoordinateSystem, xy: FloatArray) -> FloatArray:
    """Return lon, lat in the system's own datum, shape (n, 2); NaN as in `Transformation.apply`."""
    return Transformation(system, Datum.WGS84, "", 0.0, _to_geodetic(system)).apply(xy)


def _to_geodetic(system: CoordinateSystem) -> Transformer:
    """Return the way to the system's own longitudes and latitudes, which is exact."""
    geodetic = system.crs.geodetic_crs
    if geodetic is None:
        raise UsageError(f"{system.title} has no longitude and latitude", remedy="Name a map projection.")
    units = {axis.unit_name for axis in geodetic.axis_info}
    if not units <= {"degree", "Degree"}:
        raise UsageError(f"{system.title} has angles in {', '.join(sorted(units))}", remedy="Name one in degrees.")
    return Transformer.from_crs(system.crs, geodetic, always_xy=True)


def _check_datum(system: CoordinateSystem, datum: Datum | None) -> None:
    if datum is None or system.family in (Family.WGS84, Family.CGCS2000, Family.UNNAMED):
        return
    raise UsageError(
        f"{system.title} is no system of datum {datum.value}",
        where="--datum",
        remedy="Name the system or the datum, not both.",
        field="datum",
        value=datum.value,
    )


def _best_way(system: CoordinateSystem, xy: FloatArray) -> tuple[str, float | None, Transformer]:
    """Return (name, accuracy in metres or None, way): the most accurate one made for where the places lie."""
    set_network_enabled(active=False)
    rough = Transformer.from_crs(system.crs, _WGS84_CODE, always_xy=True)
    with np.errstate(all="ignore"):
        lon, lat = (np.asarray(values) for values in rough.transform(xy[:, 0], xy[:, 1]))
    is_place = (np.abs(lon) <= _MAX_LON_DEG) & (np.abs(lat) <= _MAX_LAT_DEG)
    area = None
    if is_place.any():
        # The middle half: single wrong rows may not choose the way.
        west, east = np.quantile(lon[is_place], (0.25, 0.75))
        south, north = np.quantile(lat[is_place], (0.25, 0.75))
        area = AreaOfInterest(float(west), float(south), float(east), float(north))
    with warnings.catch_warnings():  # it warns of grids that are not installed
        warnings.simplefilter("ignore", UserWarning)
        group = TransformerGroup(
            system.crs,
            _WGS84_CODE,
            always_xy=True,
            area_of_interest=area,  # type: ignore[arg-type]  # pyproj's own class is declared twice
        )
    usable = [way for way in group.transformers if way.accuracy >= 0 and _holds(way, area)]
    if usable:
        best = min(usable, key=lambda way: way.accuracy)
        return _short_name(best), float(best.accuracy), best
    ballpark = [way for way in group.transformers if way.accuracy < 0]
    way = ballpark[0] if ballpark else rough
    return _short_name(way), None, way


def _holds(way: Transformer, area: AreaOfInterest | None) -> bool:
    bounds = None if way.area_of_use is None else way.area_of_use.bounds
    if bounds is None or area is None:
        return True
    west, south, east, north = bounds
    across = west > east
    lon_fits = (
        area.west_lon_degree >= west or area.east_lon_degree <= east
        if across
        else area.west_lon_degree >= west and area.east_lon_degree <= east
    )
    return lon_fits and area.south_lat_degree >= south and area.north_lat_degree <= north


def _short_name(way: Transformer) -> str:
    """Return the steps of a way that say something: not the order of axes, not the projection undone."""
    steps = [step for step in way.description.split(" + ") if not step.startswith(("axis order", "Inverse of"))]
    return " + ".join(steps) or way.description


def _check_accuracy(
    system: CoordinateSystem, name: str, accuracy_m: float | None, accepted_m: float | None, where: str
) -> None:
    limit_m = FREE_ACCURACY_M if system.family not in _ALWAYS_ASKED else -1.0
    if accepted_m is not None:
        limit_m = max(limit_m, accepted_m)
    if (math.inf if accuracy_m is None else accuracy_m) <= limit_m:
        return
    if accuracy_m is None:
        problem = (
            f"From {system.title} to WGS84 no transformation of known accuracy is at hand here; places may be wrong"
        )
        told, value = "unknown", " by 100 m and more"
    else:
        problem, value = f"From {system.title} to WGS84 there is '{name}', accurate to {accuracy_m:g} m", ""
        told = f"{accuracy_m:g}"
    raise DataError(
        f"{problem}{value}",
        where=where,
        remedy=f"Ask for the coordinates in CGCS2000 (EPSG:4490), or accept the accuracy: --accept-accuracy {told} "
        f"(in a request: accept_accuracy_m={told}).",
    )


def _is_near(lonlat_deg: FloatArray, system: CoordinateSystem) -> BoolArray:
    """Return which places lie in the area of a system, or within two degrees of it."""
    lon, lat = lonlat_deg[:, 0], lonlat_deg[:, 1]
    if system.area_deg is None:
        if system.grid is None:
            return np.isfinite(lon)
        away = np.abs((lon - system.grid.central_meridian_deg + 180.0) % 360.0 - 180.0)
        return np.asarray(away <= 3.0 + _AREA_MARGIN_DEG)
    west, south, east, north = system.area_deg
    width = (east - west) % 360.0 if east != west + 360.0 else 360.0
    from_middle = np.abs((lon - (west + width / 2.0) + 180.0) % 360.0 - 180.0)
    in_lon = from_middle <= width / 2.0 + _AREA_MARGIN_DEG
    return np.asarray(in_lon & (lat >= south - _AREA_MARGIN_DEG) & (lat <= north + _AREA_MARGIN_DEG))
