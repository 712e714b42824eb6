"""The junctions of the road network: street grids, village lanes, country junctions, bridge ends, ways out."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.spatial import cKDTree
from shapely.geometry import LineString

from county.frame import (
    COUNTY_HEIGHT_M,
    COUNTY_WIDTH_M,
    FloatArray,
    IntArray,
    cells_of,
    fractal_noise,
    random_stream,
    sample_raster,
)
from county.settlements import TOWN_M, Settlements, spread_points, stream_distance_m
from county.terrain import River, Terrain

# Where bridges cross the main river: wanted x in metres, name, English name. The third is the main bridge.
BRIDGES = (
    (8_800.0, "石门关大桥", "Shimenguan Bridge"),
    (18_600.0, "松坪大桥", "Songping Bridge"),
    (32_300.0, "云渡大桥", "Yundu Bridge"),
    (41_200.0, "长堤大桥", "Changdi Bridge"),
    (46_700.0, "沙洲大桥", "Shazhou Bridge"),
    (51_600.0, "官垱大桥", "Guandang Bridge"),
)
MAIN_BRIDGE = 2
TOWN_ANGLE_RAD = 0.16
# Where main roads leave the county: bearing points far outside, in metres.
EXITS_M = ((-3_000, 34_000), (58_500, 36_500), (33_500, -4_000), (54_000, 10_500), (41_500, 54_000), (1_500, 14_500),
           (21_000, -2_000))  # fmt: skip


class PointKind(IntEnum):
    """What a junction belongs to."""

    COUNTRY = 0
    VILLAGE = 1
    SEAT = 2
    TOWN = 3
    BRIDGE = 4
    EXIT = 5


@dataclass(frozen=True, slots=True)
class BridgeSite:
    """A crossing of the main river: its two ends (north, south) as indices of junctions."""

    name: str
    name_en: str
    north_index: int
    south_index: int


@dataclass(frozen=True, slots=True)
class Junctions:
    """Junctions, shape (n, 2) in metres.

    `home` is the village or seat number of a lane or street, else -1; `street`, shape (n, 2), holds
    the column and row of a street corner in its grid, else -1.
    """

    xy_m: FloatArray
    kind: IntArray
    home: IntArray
    street: IntArray
    bridges: tuple[BridgeSite, ...]
    seat_index: IntArray
    village_index: IntArray
    exit_index: IntArray


def grid_streets(
    centre_m: tuple[float, float],
    *,
    columns: int,
    rows: int,
    block_m: float,
    angle_rad: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, IntArray]:
    """Return the corners of a street grid, and the column and row of each; blocks vary, the outline is rounded."""
    across = np.cumsum(np.concatenate(([0.0], block_m * (0.75 + 0.6 * rng.random(columns - 1)))))
    upward = np.cumsum(np.concatenate(([0.0], block_m * (0.7 + 0.5 * rng.random(rows - 1)))))
    u, v = np.meshgrid(across - across.mean(), upward - upward.mean())
    inside = (np.abs(u) / (across[-1] / 2 + 1)) ** 4 + (
        np.abs(v) / (upward[-1] / 2 + 1)
    ) ** 4 < 1.25 + 0.5 * rng.random(u.shape)
    middle = (np.abs(u) < 0.6 * block_m) & (np.abs(v) < 0.6 * block_m)
    street = np.argwhere(inside | middle)[:, ::-1]
    u, v = u[inside | middle], v[inside | middle]
    bend = 0.00002 * u * v
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.column_stack((centre_m[0] + u * cos - v * sin + bend, centre_m[1] + u * sin + v * cos)), street


def site_bridge(river: River, wanted_x_m: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return far north, north, south and far south ends of a straight crossing near the wanted x."""
    line = LineString(river.xy_m)
    best: tuple[float, tuple[FloatArray, FloatArray, FloatArray, FloatArray]] | None = None
    for vertex in np.flatnonzero(np.abs(river.xy_m[:, 0] - wanted_x_m) < 1_400).tolist():
        if not 12 <= vertex < len(river.xy_m) - 12:
            continue
        here = river.xy_m[vertex]
        tangent = river.xy_m[vertex + 4] - river.xy_m[vertex - 4]
        tangent /= np.hypot(*tangent)
        normal = np.array([-tangent[1], tangent[0]])
        normal = normal if normal[1] > 0 else -normal
        half_m = float(river.half_width_m[vertex]) + 130.0
        ends = (
            here + normal * (half_m + 520),
            here + normal * half_m,
            here - normal * half_m,
            here - normal * (half_m + 520),
        )
        if line.intersection(LineString([ends[0], ends[3]])).geom_type != "Point":
            continue
        bend = river.xy_m[vertex + 9] - 2 * here + river.xy_m[vertex - 9]
        cost = float(np.hypot(*bend)) + 900 * abs(float(normal[0])) + 0.25 * abs(float(here[0]) - wanted_x_m)
        if best is None or cost < best[0]:
            best = (cost, ends)
    if best is None:
        raise ValueError(f"no straight crossing near x = {wanted_x_m}")
    return best[1]


def place_junctions(terrain: Terrain, places: Settlements) -> Junctions:
    """Return all junctions of the county."""
    rng = random_stream("junctions")
    xy: list[FloatArray] = []
    kinds: list[FloatArray] = []
    homes: list[FloatArray] = []

    streets: list[IntArray] = []

    def add(points: FloatArray, kind: PointKind, home: int, street: IntArray | None = None) -> None:
        xy.append(points)
        streets.append(np.full((len(points), 2), -1) if street is None else street)
        kinds.append(np.full(len(points), kind))
        homes.append(np.full(len(points), home))

    sites = []
    for wanted_x_m, name, name_en in BRIDGES:
        start = sum(map(len, xy))
        add(np.array(site_bridge(terrain.main_river, wanted_x_m)), PointKind.BRIDGE, -1)
        sites.append(BridgeSite(name, name_en, start + 1, start + 2))
    bridge_ends = np.vstack(xy)

    exits = np.array([exit_point(places, np.array(point, dtype=np.float64)) for point in EXITS_M])
    add(exits, PointKind.EXIT, -1)

    town, corner = grid_streets(TOWN_M, columns=19, rows=15, block_m=215.0, angle_rad=TOWN_ANGLE_RAD, rng=rng)
    clear = _clear_of(terrain, town, river_m=330.0) & (cKDTree(bridge_ends).query(town)[0] > 190)
    add(town[clear], PointKind.TOWN, 0, corner[clear])
    for number, seat in enumerate(places.seats_m[1:], start=1):
        columns, rows = (6, 5) if number % 3 else (7, 5)
        turn_rad = float(rng.random()) * 1.5
        centre = (float(seat[0]), float(seat[1]))
        grid, corner = grid_streets(centre, columns=columns, rows=rows, block_m=175.0, angle_rad=turn_rad, rng=rng)
        clear = _clear_of(terrain, grid, river_m=350.0)
        add(grid[clear], PointKind.SEAT, number, corner[clear])
    for number, village in enumerate(places.villages_m):
        add(village_lanes(village, rng), PointKind.VILLAGE, number)

    settled = np.vstack(xy)
    country = country_junctions(terrain, places, settled)
    add(country, PointKind.COUNTRY, -1)

    points, kind, home = np.round(np.vstack(xy), 1), np.concatenate(kinds), np.concatenate(homes)
    return Junctions(
        points,
        kind,
        home,
        np.vstack(streets),
        tuple(sites),
        np.array([_first(points, kind, home, PointKind.TOWN, 0, np.array(TOWN_M))]
                 + [_first(points, kind, home, PointKind.SEAT, n, seat) for n, seat in enumerate(places.seats_m[1:],
                 1)]),
        np.array([_first(points, kind, home, PointKind.VILLAGE, n, v) for n, v in enumerate(places.villages_m)]),
        np.flatnonzero(kind == PointKind.EXIT),
    )  # fmt: skip


def _first(
    points: FloatArray, kind: IntArray, home: IntArray, wanted: PointKind, number: int, near_m: FloatArray
) -> int:
    candidates = np.flatnonzero((kind == wanted) & (home == number))
    return int(candidates[np.argmin(np.hypot(*(points[candidates] - near_m).T))])


def _clear_of(terrain: Terrain, points: FloatArray, *, river_m: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    near_river = cKDTree(terrain.main_river.xy_m).query(points)[0]
    return (near_river > river_m) & (stream_distance_m(terrain, points) > 60.0)


def village_lanes(village_m: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the village square and four to eight lane ends round it."""
    count = 4 + int(rng.random() * 5)
    turn = rng.random() * 2 * np.pi
    angle = turn + (np.arange(count) + 0.35 * rng.random(count)) * 2 * np.pi / count
    length_m = 110 + 190 * rng.random(count)
    lanes = village_m + length_m[:, None] * np.column_stack((np.cos(angle), np.sin(angle)))
    return np.vstack((village_m, lanes))


def exit_point(places: Settlements, towards_m: FloatArray) -> FloatArray:
    """Return the place 350 m outside the county on the way from its middle to a far point."""
    middle = np.array([COUNTY_WIDTH_M / 2, COUNTY_HEIGHT_M / 2])
    share = np.linspace(0.0, 1.0, 2_000)
    track = middle + share[:, None] * (towards_m - middle)
    rows, columns = cells_of(track)
    last = int(np.flatnonzero(places.township_of_cell[rows, columns] >= 0)[-1])
    ahead = (towards_m - middle) / np.hypot(*(towards_m - middle))
    return np.asarray(track[last] + 350.0 * ahead)


def country_junctions(terrain: Terrain, places: Settlements, settled_m: FloatArray) -> FloatArray:
    """Return junctions between the settlements: dense on the plain, few on slopes, none on steep ground."""
    rng = random_stream("country")
    candidates = rng.random((60_000, 2)) * (COUNTY_WIDTH_M, COUNTY_HEIGHT_M + 3_000) - (0.0, 1_500.0)
    rows, columns = cells_of(candidates)
    candidates = candidates[places.township_of_cell[rows, columns] >= 0]
    slope = sample_raster(terrain.slope, candidates)
    keep = _clear_of(terrain, candidates, river_m=330.0) & (slope < 0.26)
    keep &= stream_distance_m(terrain, candidates) > 110.0
    candidates, slope = candidates[keep], slope[keep]
    height = sample_raster(terrain.height_m, candidates)
    hilly = np.clip(height / 420 + 3.2 * slope - 0.2, 0.0, 1.2)
    crowding = 1 + 0.42 * fractal_noise(
        candidates[:, 0], candidates[:, 1], wavelength_m=5_200, octaves=2, subject="crowding"
    )
    gaps = (330 + 190 * rng.random(len(candidates))) * crowding + 760 * hilly
    score = rng.random(len(candidates)) - 4.5 * slope
    chosen = spread_points(candidates, score, gaps, np.empty((0, 2)), 0.0)
    country = candidates[chosen]
    return country[cKDTree(settled_m).query(country)[0] > 270.0]
