"""Where the main river floods: three bands along its lower course, a detention area, and tonight's water."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree
from shapely.geometry import MultiPolygon, Polygon

from county.districts import to_plane_m
from county.frame import (
    CELL_M,
    COLUMNS,
    MARGIN_M,
    ROWS,
    BoolArray,
    FloatArray,
    IntArray,
    Point,
    fractal_noise,
    sample_raster,
)
from county.land import Land, Row, rounded_area
from county.mosaic import OUTSIDE, assemble_polygons, draw_arcs, thin_arc, trace_arcs

FINE_M = CELL_M / 2
UPPER_LIMITS_M = (2.0, 3.8, 6.2)
ZONES = ("inner", "middle", "outer")
ZONE_NAMES = (("内带", "inner band"), ("中带", "middle band"), ("外带", "outer band"))
DEPTHS_M = (2.6, 1.3, 0.5)
FIRST_X_M = 24_500.0
INCIDENT_CODE = "SJ-20260714-01"


@dataclass(frozen=True, slots=True)
class FloodPlain:
    """Flood labels on a raster of 100 m: 0 inner, 1 middle, 2 outer, -1 dry; and tonight's likewise."""

    bands: IntArray
    tonight: IntArray
    detention: BoolArray
    victim_village: int


def fine_centres_m() -> tuple[FloatArray, FloatArray]:
    """Return x and y of the centres of the 100 m cells."""
    x_m = (np.arange(COLUMNS * 2) + 0.5) * FINE_M - MARGIN_M
    y_m = (np.arange(ROWS * 2) + 0.5) * FINE_M - MARGIN_M
    grid_x_m, grid_y_m = np.meshgrid(x_m, y_m)
    return grid_x_m, grid_y_m


def flood_plain(land: Land) -> FloodPlain:
    """Return what floods, from the height above the river bed nearby."""
    x_m, y_m = fine_centres_m()
    spots = np.column_stack((x_m.ravel(), y_m.ravel()))
    rise_m = sample_raster(land.terrain.rise_m, spots).reshape(x_m.shape)
    river_m = cKDTree(land.terrain.main_river.xy_m).query(spots, distance_upper_bound=6_000)[0].reshape(x_m.shape)
    uneven = 0.9 * fractal_noise(x_m, y_m, wavelength_m=1_800, octaves=3, subject="flood edge")
    level = ndimage.gaussian_filter(rise_m, 1.5) + uneven
    level = np.where(river_m < 260, -9.0, level)
    in_county = np.repeat(np.repeat(land.places.township_of_cell >= 0, 2, axis=0), 2, axis=1)
    reach = in_county & (x_m > FIRST_X_M + 500 * uneven) & (river_m < 4_200 + 500 * uneven)
    wet = _joined_to(reach & (level < UPPER_LIMITS_M[2]), river_m < 150)
    bands = np.where(wet, np.searchsorted(UPPER_LIMITS_M, level), OUTSIDE)
    bands = _without_specks(np.where(bands > 2, OUTSIDE, bands).astype(np.int64))
    victim = choose_victim_village(land)
    return FloodPlain(bands, flood_tonight(land, bands, level, river_m, victim), detention_area(x_m, y_m), victim)


def _joined_to(wet: BoolArray, river: BoolArray) -> BoolArray:
    parts, _ = ndimage.label(wet)
    kept = np.unique(parts[river & wet])
    return np.isin(parts, kept[kept > 0])


def _without_specks(bands: IntArray, *, cells: int = 40) -> IntArray:
    """Return the labels with every patch under 40 cells (0.4 km2) taken by its neighbours."""
    cleaned = bands.copy()
    for _ in range(4):
        for label in (OUTSIDE, 0, 1, 2):
            parts, count = ndimage.label(cleaned == label)
            sizes = ndimage.sum_labels(np.ones_like(parts), parts, np.arange(count + 1))
            small = np.isin(parts, np.flatnonzero(sizes < cells)) & (parts > 0)
            if small.any():
                _, nearest = ndimage.distance_transform_edt(small, return_indices=True)
                cleaned = np.where(small, cleaned[tuple(nearest)], cleaned)
    return cleaned


def choose_victim_village(land: Land) -> int:
    """Return the village by the river, across the main bridge from the county town."""
    bridgehead = land.network.main_bridge.xy_m[-1]
    away_m = np.hypot(*(land.places.villages_m - bridgehead).T)
    river_m = sample_raster(land.terrain.river_distance_m, land.places.villages_m)
    south = land.places.villages_m[:, 1] < bridgehead[1]
    fits = south & (river_m < 1_700)
    return int(np.argmin(np.where(fits, away_m, np.inf)))


def flood_tonight(land: Land, bands: IntArray, level: FloatArray, river_m: FloatArray, victim: int) -> IntArray:
    """Return tonight's water: on the victim village's bank only; the trunk road and the bridges stay dry."""
    x_m, y_m = fine_centres_m()
    here = land.places.villages_m[victim]
    away_m = np.hypot(x_m - here[0], y_m - here[1])
    bridges = {road.code for road in land.network.bridges}
    roads = [
        road.xy_m for road in land.network.roads if road.road_class in {"trunk", "motorway"} or road.code in bridges
    ]
    spots = np.vstack([np.linspace(line[i], line[i + 1], 12) for line in roads for i in range(len(line) - 1)])
    cells = np.column_stack((x_m.ravel(), y_m.ravel()))
    dry_m = cKDTree(spots).query(cells, distance_upper_bound=1_000)[0].reshape(x_m.shape)
    bank, _ = ndimage.label(river_m > 150)
    row, column = int((here[1] + MARGIN_M) // FINE_M), int((here[0] + MARGIN_M) // FINE_M)
    wet = (bank == bank[row, column]) & (bands >= 0) & (away_m < 2_300) & (dry_m > 260)
    wet |= (away_m < 430) & (dry_m > 150)
    wet = _joined_to(wet, away_m < 200)
    tonight = np.where(away_m < 700, 0, np.where((level < 3.0) | (away_m < 1_250), 1, 2))
    return _without_specks(np.where(wet, tonight, OUTSIDE).astype(np.int64), cells=20)


def detention_area(x_m: FloatArray, y_m: FloatArray) -> BoolArray:
    """Return the cells of the flood detention area on the south bank."""
    u, v = (x_m - 45_100) / 2_300, (y_m - 14_400) / 1_650
    uneven = 0.22 * fractal_noise(x_m, y_m, wavelength_m=2_400, octaves=2, subject="detention")
    return (np.abs(u) ** 3 + np.abs(v) ** 3) ** (1 / 3) + uneven < 1.0


def flood_rows(land: Land, plain: FloodPlain) -> list[Row]:
    """Return the hazard areas of the county."""
    rows = []
    for zone, shape in _draw(plain.bands).items():
        zh, en = ZONE_NAMES[zone]
        fields = {
            "code": f"HA-HS-{zone + 1}", "name": f"云水河洪水风险{zh}", "name_en": f"Yunshui River flood risk, {en}",
            "kind": "flood", "grade": ("major", "larger", "general")[zone], "state": "watch", "zone": ZONES[zone],
            "valid_from": "2026-05-01T00:00:00+08:00", "valid_to": "2026-10-15T00:00:00+08:00",
            "depth_m": DEPTHS_M[zone],
            "policy": "ignore", "source_department": "县水利局", "surveyed_on": "2026-04-20",
            "remarks": "汛期风险区划,不是当前水情",
        }  # fmt: skip
        rows.append(Row(fields, rounded_area(shape)))
    village = land.villages[plain.victim_village]
    for zone, shape in _draw(plain.tonight).items():
        zh, en = ZONE_NAMES[zone]
        fields = {
            "code": f"HA-YM-{zone + 1}", "name": f"{village.zh}淹没区{zh}",
            "name_en": f"{village.en} flooded area, {en}",
            "kind": "flood", "grade": ("major", "larger", "general")[zone], "state": "active", "zone": ZONES[zone],
            "valid_from": "2026-07-14T01:30:00+08:00", "depth_m": (2.2, 1.1, None)[zone],
            "policy": ("closed", "closed", "slow")[zone], "slow_factor": (None, None, 3.0)[zone],
            "incident_id": INCIDENT_CODE, "source_department": "县应急管理局", "surveyed_on": "2026-07-14",
            "remarks": "夜间目测勾绘",
        }  # fmt: skip
        rows.append(Row(fields, rounded_area(shape)))
    basin = _draw(np.where(plain.detention, 0, OUTSIDE))[0]
    fields = {
        "code": "HA-XZ-1", "name": "沙洲蓄滞洪区", "name_en": "Shazhou flood detention area",
        "kind": "flood_detention_area",
        "grade": "larger", "state": "watch", "valid_from": "2026-05-01T00:00:00+08:00", "depth_m": 3.0,
        "policy": "ignore",
        "source_department": "县水利局", "surveyed_on": "2026-04-20", "remarks": "未启用;启用前转移区内群众",
    }  # fmt: skip
    rows.append(Row(fields, rounded_area(basin)))
    return rows


def _draw(labels: IntArray) -> dict[int, Polygon | MultiPolygon]:
    def label_of(lonlat_deg: Point) -> int:
        x_m, y_m = to_plane_m(lonlat_deg)[0]
        return int(labels[int((y_m + MARGIN_M) // FINE_M), int((x_m + MARGIN_M) // FINE_M)])

    arcs = draw_arcs(
        trace_arcs(labels, cell_m=FINE_M, smoothing=8),
        lambda arc: thin_arc(arc.xy_m, tolerance_m=5.0),
        tolerance_m=22.0,
    )
    return assemble_polygons(arcs, label_of)
