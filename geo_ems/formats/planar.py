"""Coordinates in metres: which column points north, and the zone numbers in front of eastings.

Chinese, German and Japanese surveyors write X north and Y east, programs write X east and Y north, and
both head their columns X and Y. The numbers tell: in one order the places lie where the system is made
for, in the other order nowhere.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from geo_ems.errors import DataError
from geo_ems.formats.coordinate_systems import (
    CoordinateSystem,
    Family,
    grid_of_meridian,
    grid_of_zone,
    meridian_of_zone,
    read_system,
)
from geo_ems.formats.transformations import Transformation, plan_transformation, unprojected
from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.china_datums import Datum

_ZONE_STEP_M: Final = 1_000_000.0
_FARTHEST_M: Final = 1e12
_HOME_MARGIN_DEG: Final = 0.1
_LEAST_METRES: Final = 1000.0

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


class AxisOrder(StrEnum):
    """What the first of two columns of metres is."""

    EAST_FIRST = "east, north"
    NORTH_FIRST = "north, east"


@dataclass(frozen=True, slots=True)
class PlanarReading:
    """Places read from metres: WGS84 lon, lat, shape (n, 2), NaN where a row cannot be placed.

    `wrong_zone` marks rows whose easting carries the number of another zone; `zone_rows` counts
    those whose number was taken off or put in front; `zones` are the zones that occur.
    """

    lonlat_deg: FloatArray
    transformation: Transformation
    order: AxisOrder
    wrong_zone: BoolArray
    zone_rows: int
    zones: tuple[int, ...]


def read_planar(
    xy: FloatArray,
    system: CoordinateSystem,
    *,
    order: AxisOrder | None = None,
    datum: Datum | None = None,
    accept_accuracy_m: float | None = None,
    home: Box | None = None,
    where: str = "",
) -> PlanarReading:
    """Return the places of two columns of metres, shape (n, 2), in a system; NaN where a cell is empty.

    `order` is what the headings say; where the numbers contradict it, the numbers win. `home` is where
    the project's districts lie; it decides where both orders are possible. A geographic Chinese system
    stands for its Gauss-Krueger zones where every easting carries its zone number.

    Raises
    ------
    DataError
        Where the zone is not known, or the way to WGS84 needs to be accepted.
    """
    chosen = _choose_order(xy, system, order or _order_of_axes(system), home)
    east, north = _in_order(xy, chosen)
    transformation: Transformation | None = None
    lonlat_deg = np.full(xy.shape, np.nan)
    wrong_zone = np.zeros(len(xy), dtype=np.bool_)
    zone_rows, zones = 0, []
    for grid, rows, eastings, repaired in _grids(east, system, where):
        if grid is None:
            wrong_zone[rows] = True
            continue
        places = np.column_stack([eastings, north[rows]])
        transformation = plan_transformation(
            grid, places, datum=datum, accept_accuracy_m=accept_accuracy_m, where=where
        )
        lonlat_deg[rows] = transformation.apply(places)
        zone_rows += repaired
        zones += sorted({int(zone) for zone in _zone_numbers(east[rows]) if zone > 0})
    if transformation is None:  # no row at all can be read; the system is told all the same
        transformation = plan_transformation(system, xy, datum=datum, accept_accuracy_m=accept_accuracy_m, where=where)
    return PlanarReading(lonlat_deg, transformation, chosen, wrong_zone, zone_rows, tuple(dict.fromkeys(zones)))


def are_metres(xy: FloatArray) -> bool:
    """Return whether most rows of two columns can be no degrees, but coordinates in metres."""
    known = np.isfinite(xy).all(axis=1)
    metric = (np.abs(xy[known]) >= _LEAST_METRES).all(axis=1)
    return bool(known.any()) and 2 * int(metric.sum()) > int(known.sum())


def carries_zones(xy: FloatArray, system: CoordinateSystem) -> bool:
    """Return whether a system in metres is named, or rows whose zone numbers name one of a Chinese datum."""
    if system.is_projected:
        return True
    zones = {int(zone) for column in xy.T for zone in _zone_numbers(column)}
    return any(grid_of_zone(system.family, zone) is not None for zone in zones)


def suggest_systems(xy: FloatArray, *, home: Box | None) -> tuple[tuple[CoordinateSystem, ...], int]:
    """Return the systems that put most rows into the project's districts, and how many rows they put there.

    Without districts only the zone numbers in front of the eastings tell; the number is 0 then.
    """
    numbered = [_zone_numbers(column) for column in xy.T]
    zones = [int(zone) for column in numbered for zone in column if meridian_of_zone(int(zone)) is not None]
    best_zone = max(sorted(set(zones)), key=zones.count, default=0)
    of_zone = grid_of_zone(Family.CGCS2000, best_zone) if 2 * zones.count(best_zone) > len(xy) else None
    if home is None:
        return ((of_zone,) if of_zone is not None else ()), 0
    middle_deg = (home[0] + home[2]) / 2.0
    three, six = 3.0 * round(middle_deg / 3.0), 6.0 * np.floor(middle_deg / 6.0) + 3.0
    candidates = [
        of_zone,
        *(grid_of_meridian(Family.CGCS2000, three + step) for step in (0.0, 3.0, -3.0)),
        *(grid_of_meridian(Family.CGCS2000, six + step, width_deg=6) for step in (0.0, 6.0, -6.0)),
        _universal_grid(middle_deg, (home[1] + home[3]) / 2.0),
        read_system("EPSG:3857"),
    ]
    best: dict[tuple[object, ...], CoordinateSystem] = {}
    most = 0
    for system in candidates:
        count = 0 if system is None else max(_fitting(xy, system, order, home) for order in AxisOrder)
        if system is None or count < max(most, 1):
            continue
        if count > most:
            best, most = {}, count
        # Grids of 3 and of 6 degrees with one meridian are one projection.
        best.setdefault((system.family, system.grid or system.code), system)
    return tuple(best.values()), most


def _universal_grid(lon_deg: float, lat_deg: float) -> CoordinateSystem:
    zone = int((lon_deg + 180.0) // 6.0) % 60 + 1
    return read_system(f"EPSG:{(32600 if lat_deg >= 0 else 32700) + zone}")


def _in_order(xy: FloatArray, order: AxisOrder) -> tuple[FloatArray, FloatArray]:
    first, second = xy[:, 0], xy[:, 1]
    return (first, second) if order is AxisOrder.EAST_FIRST else (second, first)


def _choose_order(xy: FloatArray, system: CoordinateSystem, preferred: AxisOrder, home: Box | None) -> AxisOrder:
    other = AxisOrder.NORTH_FIRST if preferred is AxisOrder.EAST_FIRST else AxisOrder.EAST_FIRST
    scores = [(_fitting(xy, system, order, home), _fitting(xy, system, order, None)) for order in (preferred, other)]
    return other if scores[1] > scores[0] else preferred


def _fitting(xy: FloatArray, system: CoordinateSystem, order: AxisOrder, home: Box | None) -> int:
    """Return how many rows an order places: anywhere the system is made for, or in the districts."""
    east, north = _in_order(xy, order)
    count = 0
    for grid, rows, eastings, _ in _grids(east, system, None):
        if grid is None:
            continue
        lonlat_deg = unprojected(grid, np.column_stack([eastings, north[rows]]))
        fits = np.isfinite(lonlat_deg[:, 0])
        if home is not None:
            west, south, east_end, north_end = home
            lon, lat = lonlat_deg[:, 0], lonlat_deg[:, 1]
            fits &= (lon >= west - _HOME_MARGIN_DEG) & (lon <= east_end + _HOME_MARGIN_DEG)
            fits &= (lat >= south - _HOME_MARGIN_DEG) & (lat <= north_end + _HOME_MARGIN_DEG)
        count += int(fits.sum())
    return count


def _order_of_axes(system: CoordinateSystem) -> AxisOrder:
    """Return what X and Y mean in a system itself: X points north in the grids of surveyors."""
    axes = system.crs.axis_info
    return AxisOrder.NORTH_FIRST if axes and axes[0].direction.lower() == "north" else AxisOrder.EAST_FIRST


def _zone_numbers(values: FloatArray) -> IntArray:
    """Return the numbers in front of six digits; 0 for none and for unknown values."""
    near = np.clip(np.nan_to_num(values, nan=0.0), -_FARTHEST_M, _FARTHEST_M)
    return np.floor(near / _ZONE_STEP_M).astype(np.int64)


_Part = tuple[CoordinateSystem | None, IntArray, FloatArray, int]


def _grids(east: FloatArray, system: CoordinateSystem, where: str | None) -> list[_Part]:
    """Return (grid, rows, their eastings in that grid, how many were repaired) per zone; None for a wrong zone."""
    rows = np.arange(east.size)
    if not system.is_projected:
        return _grids_by_zone(east, system, where)
    if system.grid is None:
        return [(system, rows, east, 0)]
    grid = system.grid
    zones = _zone_numbers(east)
    if grid.zone:
        is_bare = (zones == 0) & np.isfinite(east)
        is_wrong = (zones != 0) & (zones != grid.zone)
        eastings = np.where(is_bare, east + grid.zone * _ZONE_STEP_M, east)
    else:
        is_bare = np.isin(zones, [z for z in np.unique(zones) if meridian_of_zone(int(z)) == grid.central_meridian_deg])
        is_wrong = (zones != 0) & ~is_bare
        eastings = np.where(is_bare, east - zones * _ZONE_STEP_M, east)
    right = np.flatnonzero(~is_wrong)
    parts: list[_Part] = [(system, right, eastings[right], int(is_bare.sum()))]
    if is_wrong.any():
        wrong = np.flatnonzero(is_wrong)
        parts.append((None, wrong, east[wrong], 0))
    return parts


def _grids_by_zone(east: FloatArray, system: CoordinateSystem, where: str | None) -> list[_Part]:
    zones = _zone_numbers(east)
    parts: list[_Part] = []
    for zone in np.unique(zones[np.isfinite(east)]):
        rows = np.flatnonzero((zones == zone) & np.isfinite(east))
        grid = grid_of_zone(system.family, int(zone))
        parts.append((grid, rows, east[rows] - zone * _ZONE_STEP_M, 0))
    if where is not None and not any(grid is not None for grid, *_ in parts):
        raise DataError(
            f"The coordinates are metres, and {system.title} is a system of degrees",
            where=where,
            remedy="Name the zone or its central meridian: --crs 'CGCS2000 3-degree 111E'.",
        )
    return parts
