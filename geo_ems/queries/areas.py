"""Which areas hold a place: the boundary is inside, and nested levels give the smallest.

Boxes in an R-tree say which areas come into question; shapely decides. A place at 180 degrees is
also looked for at -180, and areas may be written beyond 180 degrees.
"""

import threading
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import FloatArray, IntArray, ObjectArray
from geo_ems.queries.ellipsoid import LonLat, checked_position
from geo_ems.queries.shared_shapes import prepared_copy

_TURNS_DEG: Final = (0.0, -360.0, 360.0)


class AreaIndex:
    """Areas that change one by one, such as hazard areas while an incident lasts; keys are row numbers.

    Any thread may ask and change: one after the other, as neither the boxes nor prepared areas bear two at once.
    """

    def __init__(self, geometries: ObjectArray) -> None:
        """Index lon/lat geometries, shape (n,); None and empty ones hold no place."""
        import rtree  # noqa: PLC0415 - who asks one question builds no index that changes

        self._lock = threading.RLock()
        self._boxes = rtree.index.Index(interleaved=True)
        self._areas: dict[int, BaseGeometry] = {}
        self._sizes: dict[int, float] = {}
        for key, geometry in enumerate(geometries):
            self.put(key, geometry)

    def __len__(self) -> int:
        """Return the number of areas held."""
        return len(self._areas)

    def put(self, key: int, geometry: BaseGeometry | None) -> None:
        """Add an area or replace it; None or an empty one removes it."""
        with self._lock:
            self.remove(key)
            if geometry is None or geometry.is_empty:
                return
            self._areas[key] = prepared_copy(geometry)
            self._sizes[key] = float(area_sizes(np.array([geometry], dtype=np.object_))[0])
            self._boxes.insert(key, geometry.bounds)

    def remove(self, key: int) -> None:
        """Forget an area; nothing happens where it is not held."""
        with self._lock:
            geometry = self._areas.pop(key, None)
            if geometry is not None:
                self._boxes.delete(key, geometry.bounds)
                del self._sizes[key]

    def areas_containing(self, lonlat_deg: LonLat) -> IntArray:
        """Return the keys of all areas that hold a place, the smallest first, then by key.

        Raises
        ------
        UsageError
            Where the position is not on the Earth.
        """
        lon_deg, lat_deg = checked_position(lonlat_deg)
        found: set[int] = set()
        with self._lock:
            for turn_deg in _TURNS_DEG:
                lon = lon_deg + turn_deg
                keys = [key for key in self._boxes.intersection((lon, lat_deg, lon, lat_deg)) if key not in found]
                found.update(key for key in keys if shapely.intersects_xy(self._areas[key], lon, lat_deg))
            return np.array(sorted(found, key=lambda key: (self._sizes[key], key)), dtype=np.int64)

    def smallest_containing(self, lonlat_deg: LonLat) -> int:
        """Return the key of the smallest area that holds a place, -1 where none does."""
        keys = self.areas_containing(lonlat_deg)
        return int(keys[0]) if keys.size else -1


def smallest_areas_containing(geometries: ObjectArray, lonlat_deg: FloatArray) -> IntArray:
    """Return for many places, shape (q, 2), the row of the smallest area that holds each; -1 where none does.

    Places with NaN are held by none. Equal sizes: the first row.
    """
    sizes = area_sizes(geometries)
    tree = shapely.STRtree(geometries)
    place, area = _holding_pairs(tree, lonlat_deg)
    smallest = np.full(lonlat_deg.shape[0], -1, dtype=np.int64)
    # The last assignment stays: from large to small, and from high rows to low.
    order = np.lexsort((area, sizes[area]))[::-1]
    smallest[place[order]] = area[order]
    return smallest


def areas_by_place(geometries: ObjectArray, lonlat_deg: FloatArray) -> tuple[IntArray, IntArray]:
    """Return all pairs of a place, shape (q, 2), and an area that holds it: place rows and area rows, each once.

    Places with NaN are in no pair.
    """
    place, area = _holding_pairs(shapely.STRtree(geometries), lonlat_deg)
    pairs = np.unique(np.column_stack([place, area]), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _holding_pairs(tree: shapely.STRtree, lonlat_deg: FloatArray) -> tuple[IntArray, IntArray]:
    """Return place and area of all pairs that touch, at the place's longitude and a turn to either side."""
    places: list[IntArray] = []
    areas: list[IntArray] = []
    bounds = shapely.bounds(tree.geometries).reshape(-1, 4)
    west, east = np.fmin.reduce(bounds[:, 0], initial=np.inf), np.fmax.reduce(bounds[:, 2], initial=-np.inf)
    for turn_deg in _TURNS_DEG:
        lon_deg = lonlat_deg[:, 0] + turn_deg
        inside = np.flatnonzero((lon_deg >= west) & (lon_deg <= east) & np.isfinite(lonlat_deg[:, 1]))
        place, area = tree.query(shapely.points(lon_deg[inside], lonlat_deg[inside, 1]), predicate="intersects")
        places.append(inside[place])
        areas.append(area)
    return np.concatenate(places), np.concatenate(areas)


def area_sizes(geometries: ObjectArray) -> FloatArray:
    """Return sizes that order areas, shape (n,): square degrees of an equal-area cylinder; 0 for None.

    An area inside another is always the smaller. For square metres to be told, use a geodesic area.
    """

    def stretched(lonlat_deg: FloatArray) -> FloatArray:
        return np.column_stack([lonlat_deg[:, 0], np.degrees(np.sin(np.radians(lonlat_deg[:, 1])))])

    return np.nan_to_num(shapely.area(shapely.transform(geometries, stretched)))


def representative_points(geometries: ObjectArray) -> FloatArray:
    """Return one place on each geometry, shape (n, 2), lon/lat degrees; NaN for None and empty ones.

    A point stands for itself, a line by a place on it, an area by a place inside (not its centroid,
    which may lie outside). This is where a population area counts (ruling 8).
    """
    places_deg = np.full((geometries.size, 2), np.nan)
    some = np.flatnonzero(~(shapely.is_missing(geometries) | shapely.is_empty(geometries)))
    places_deg[some] = shapely.get_coordinates(shapely.point_on_surface(geometries[some]))
    return places_deg
