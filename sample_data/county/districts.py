"""Township borders drawn as lines that follow rivers and ridges, and the polygons made of them."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from shapely.geometry import MultiPolygon, Polygon

from county.frame import CORNER_LAT_DEG, CORNER_LON_DEG, M_PER_DEG_LAT, M_PER_DEG_LON, FloatArray, Point, cells_of
from county.mosaic import OUTSIDE, Arc, assemble_polygons, draw_arcs, trace_arcs
from county.settlements import Settlements
from county.terrain import River, Terrain

ZONES = 3


@dataclass(frozen=True, slots=True)
class DistrictShapes:
    """Polygons in lon/lat: one per township, one per zone, and the county."""

    townships: dict[int, Polygon]
    zones: dict[int, Polygon]
    zone_of_township: dict[int, int]
    county: Polygon


def to_plane_m(lonlat_deg: Point) -> FloatArray:
    """Return one point of the plane in metres, shape (1, 2)."""
    lon, lat = lonlat_deg
    return np.array([[(lon - CORNER_LON_DEG) * M_PER_DEG_LON, (lat - CORNER_LAT_DEG) * M_PER_DEG_LAT]])


def draw_districts(terrain: Terrain, places: Settlements) -> DistrictShapes:
    """Return townships, zones and county; neighbours share their border point by point."""
    arcs = trace_arcs(places.township_of_cell)
    rivers = [river for river in (terrain.main_river, *terrain.tributaries) if river.name]
    arcs = [snap_ends(arc, terrain.main_river) for arc in arcs]
    drawn = draw_arcs(arcs, lambda arc: follow_rivers(arc, rivers), tolerance_m=35.0)

    def label_of(lonlat_deg: Point) -> int:
        rows, columns = cells_of(to_plane_m(lonlat_deg))
        return int(places.township_of_cell[rows[0], columns[0]])

    zone_of = group_townships(places.seats_m)
    townships = assemble_polygons(drawn, label_of)
    zones = assemble_polygons(drawn, label_of, merged=zone_of)
    whole = dict.fromkeys(range(len(places.seats_m)), 0)
    county = assemble_polygons(drawn, label_of, merged=whole)[0]
    return DistrictShapes(
        {number: _one_piece(shape) for number, shape in townships.items()},
        {number: _one_piece(shape) for number, shape in zones.items()},
        zone_of,
        _one_piece(county),
    )


def _one_piece(shape: Polygon | MultiPolygon) -> Polygon:
    if isinstance(shape, Polygon):
        return shape
    raise ValueError(f"a district fell into {len(shape.geoms)} pieces")


def snap_ends(arc: Arc, river: River) -> Arc:
    """Return the arc with an end near the main river moved onto it (all arcs of a corner move alike)."""
    tree = cKDTree(river.xy_m)
    line = arc.xy_m.copy()
    for end in (0, -1):
        distance_m, nearest = tree.query(line[end])
        if distance_m < 320.0:
            line[end] = river.xy_m[nearest]
    return Arc(arc.labels, line)


def follow_rivers(arc: Arc, rivers: list[River]) -> FloatArray:
    """Return the arc with every stretch beside a river replaced by the river's own line."""
    line = arc.xy_m
    if OUTSIDE in arc.labels and np.array_equal(line[0], line[-1]):
        return line
    for index, river in enumerate(rivers):
        reach_m = 330.0 if index == 0 else 260.0
        distance_m, nearest = cKDTree(river.xy_m).query(line)
        near = np.flatnonzero(distance_m < reach_m)
        if len(near) < 6:
            continue
        runs = np.split(near, np.flatnonzero(np.diff(near) > 4) + 1)
        pieces, done = [], 0
        for run in runs:
            first, last = int(run[0]), int(run[-1])
            a, b = int(nearest[first]), int(nearest[last])
            if last - first < 5 or abs(b - a) < 3:
                continue
            along = river.xy_m[a : b + 1] if a < b else river.xy_m[b : a + 1][::-1]
            keep_first = line[:1] if first == 0 else line[:0]
            keep_last = line[-1:] if last == len(line) - 1 else line[:0]
            pieces += [line[done:first], keep_first, along, keep_last]
            done = last + 1
        line = np.vstack([*pieces, line[done:]])
        line = line[np.concatenate(([True], np.any(np.diff(line, axis=0) != 0, axis=1)))]
    return line


def group_townships(seats_m: FloatArray) -> dict[int, int]:
    """Return the zone of each township: hills (0), north of the river and the town (1), south (2)."""
    x_m, y_m = seats_m[:, 0], seats_m[:, 1]
    hills = y_m - 25_000 - 1.15 * (x_m - 17_000) > 0
    south = y_m < 24_500 - 0.42 * (x_m - 30_000)
    return {number: 0 if hills[number] else 2 if south[number] else 1 for number in range(len(seats_m))}
