"""Relief and water: hills in the north-west, a plain in the south-east, one main river and its tributaries."""

import heapq
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial import cKDTree

from county.frame import (
    CELL_M,
    COLUMNS,
    COUNTY_HEIGHT_M,
    COUNTY_WIDTH_M,
    ROWS,
    FloatArray,
    IntArray,
    cell_centres_m,
    cells_of,
    fractal_noise,
    smooth_noise,
)

# Where the main river is led, in metres of the plane: out of the north-western hills, past the county
# town in the middle, into the south-eastern plain.
RIVER_GUIDE_M = (
    (-6_000, 35_500), (1_000, 35_000), (7_500, 31_500), (13_500, 31_800), (19_500, 27_500), (26_000, 26_500),
    (31_500, 23_200), (38_000, 22_300), (44_500, 18_000), (50_500, 17_200), (56_000, 12_600), (66_000, 10_500),
)  # fmt: skip
STREAM_CATCHMENT_CELLS = 260
NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


@dataclass(frozen=True, slots=True)
class River:
    """A watercourse from source to mouth, shape (n, 2) in metres, and its half width."""

    name: str
    name_en: str
    xy_m: FloatArray
    half_width_m: FloatArray
    catchment_km2: float


@dataclass(frozen=True, slots=True)
class Terrain:
    """Heights, slopes and water of the frame; rasters have shape (ROWS, COLUMNS)."""

    height_m: FloatArray
    slope: FloatArray
    rise_m: FloatArray
    river_distance_m: FloatArray
    main_river: River
    tributaries: tuple[River, ...]


def resample_line(xy_m: FloatArray, *, step_m: float) -> FloatArray:
    """Return the line with points about `step_m` apart, ends kept."""
    run_m = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(xy_m, axis=0).T))))
    count = max(2, round(run_m[-1] / step_m) + 1)
    at_m = np.linspace(0.0, run_m[-1], count)
    return np.column_stack((np.interp(at_m, run_m, xy_m[:, 0]), np.interp(at_m, run_m, xy_m[:, 1])))


def smooth_line(xy_m: FloatArray, *, rounds: int) -> FloatArray:
    """Return the line with every inner point moved towards its neighbours, ends kept."""
    line = xy_m.copy()
    for _ in range(rounds):
        line[1:-1] = 0.25 * line[:-2] + 0.5 * line[1:-1] + 0.25 * line[2:]
    return line


def lay_main_river() -> River:
    """Return the main river: the guide line with meanders that widen towards the plain."""
    guide = np.asarray(RIVER_GUIDE_M, dtype=np.float64)
    run_m = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(guide, axis=0).T))))
    spline = CubicSpline(run_m, guide)
    at_m = np.arange(0.0, run_m[-1], 50.0)
    base = spline(at_m)
    heading = spline(at_m, 1)
    heading /= np.hypot(heading[:, 0], heading[:, 1])[:, None]
    progress = at_m / run_m[-1]
    zero = np.zeros_like(at_m)
    wavelength_m = 3_600 + 2_600 * progress + 700 * smooth_noise(at_m, zero, wavelength_m=9_000, subject="bend length")
    phase = np.cumsum(2 * np.pi * 50.0 / wavelength_m)
    swing = 0.75 + 0.45 * smooth_noise(at_m, zero + 5_000, wavelength_m=7_000, subject="bend size")
    side_m = (320 + 760 * progress**1.2) * swing
    across = side_m * np.sin(phase) + 160 * smooth_noise(at_m, zero, wavelength_m=1_500, subject="bend ripple")
    along = -0.55 * side_m * np.sin(2 * phase)
    xy_m = base + across[:, None] * np.column_stack((-heading[:, 1], heading[:, 0])) + along[:, None] * heading
    line = resample_line(smooth_line(xy_m, rounds=6), step_m=120.0)
    share = np.linspace(0.0, 1.0, len(line))
    return River("云水河", "Yunshui River", np.round(line, 1), np.round(45 + 75 * share, 1), 0.0)


def raise_relief(river: River) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return height, height above the river bed nearby, and distance to the main river."""
    x_m, y_m = cell_centres_m()
    along = (x_m / COUNTY_WIDTH_M) * 0.62 + (1 - y_m / COUNTY_HEIGHT_M) * 0.72
    wobble = 0.10 * fractal_noise(x_m, y_m, wavelength_m=16_000, octaves=2, subject="hill front")
    hilliness = np.clip((0.78 - along - wobble) / 0.62, 0.0, 1.0) ** 1.15
    knolls = np.exp(-(((x_m - 15_000) / 9_000) ** 2 + ((y_m - 5_500) / 6_000) ** 2))
    knolls += 0.8 * np.exp(-(((x_m - 49_000) / 6_500) ** 2 + ((y_m - 42_000) / 7_500) ** 2))
    hilliness = np.clip(hilliness + 0.30 * knolls, 0.0, 1.0)
    ridges = 1 - np.abs(fractal_noise(x_m, y_m, wavelength_m=7_500, octaves=5, subject="ridges")) * 2.2
    rolling = fractal_noise(x_m, y_m, wavelength_m=5_000, octaves=4, subject="rolling")
    texture = fractal_noise(x_m, y_m, wavelength_m=2_600, octaves=3, subject="texture")
    upland = 90 + 430 * hilliness + 620 * hilliness * ridges + 16 * rolling + 9 * texture

    tree = cKDTree(river.xy_m)
    distance, nearest = tree.query(np.column_stack((x_m.ravel(), y_m.ravel())))
    distance_m = distance.reshape(x_m.shape)
    share = nearest.reshape(x_m.shape) / (len(river.xy_m) - 1)
    bed_m = 150 - 105 * share**0.7
    valley_m = 1_100 + 5_200 * share**1.3 * (1 + 0.3 * rolling)
    rim = 1 - np.exp(-((distance_m / valley_m) ** 2))
    south_rim_m = 45 * np.exp(-(((y_m + 3_000) / 4_500) ** 2))
    upland = np.maximum(upland - bed_m, 4.0) + 0.0016 * distance_m + south_rim_m
    height_m = bed_m + upland * rim + (1.6 * (rolling + 1) + 1.2 * texture) * np.minimum(distance_m / 800, 1.0)
    height_m = np.where(distance_m < 1.2 * CELL_M, bed_m - 6.0, height_m)
    return np.round(height_m, 2), np.round(height_m - bed_m, 2), distance_m


def accumulate_flow(height_m: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return, per cell, the cell it drains to (-1 at the rim), the cells draining through it, and the order of filling.

    References
    ----------
    Barnes, Lehman and Mulla (2014), Priority-flood, Computers & Geosciences 62.
    """
    target = np.full(ROWS * COLUMNS, -2, dtype=np.int64)
    flat = height_m.ravel()
    heap: list[tuple[float, int]] = []
    for cell in range(ROWS * COLUMNS):
        row, column = divmod(cell, COLUMNS)
        if row in {0, ROWS - 1} or column in {0, COLUMNS - 1}:
            target[cell] = -1
            heapq.heappush(heap, (float(flat[cell]), cell))
    order = []
    while heap:
        level, cell = heapq.heappop(heap)
        order.append(cell)
        row, column = divmod(cell, COLUMNS)
        for dr, dc in NEIGHBOURS:
            r, c = row + dr, column + dc
            if 0 <= r < ROWS and 0 <= c < COLUMNS and target[r * COLUMNS + c] == -2:
                other = r * COLUMNS + c
                target[other] = cell
                heapq.heappush(heap, (max(float(flat[other]), level + 0.01), other))
    through = np.ones(ROWS * COLUMNS, dtype=np.int64)
    for cell in reversed(order):
        if target[cell] >= 0:
            through[target[cell]] += through[cell]
    return target, through, np.asarray(order)


def trace_tributaries(height_m: FloatArray, river: River) -> list[tuple[FloatArray, float]]:
    """Return tributaries from source to mouth with their catchment in km2, largest first."""
    target, through, _ = accumulate_flow(height_m)
    rows, columns = cells_of(resample_line(river.xy_m, step_m=40.0))
    taken = np.zeros(ROWS * COLUMNS, dtype=np.bool_)
    taken[rows * COLUMNS + columns] = True
    feeders: dict[int, list[int]] = {}
    for cell, to in enumerate(target.tolist()):
        if to >= 0 and through[cell] >= STREAM_CATCHMENT_CELLS:
            feeders.setdefault(to, []).append(cell)
    x_m, y_m = (axis.ravel() for axis in cell_centres_m())
    tree = cKDTree(river.xy_m)
    pending = [(cell, -1) for to in np.flatnonzero(taken) for cell in feeders.get(int(to), []) if not taken[cell]]
    streams = []
    drawn: dict[int, FloatArray] = {}
    while pending:
        pending.sort(key=lambda item: (-int(through[item[0]]), item[0]))
        mouth, parent = pending.pop(0)
        if taken[mouth]:
            continue
        chain = [mouth]
        while True:
            above = sorted((c for c in feeders.get(chain[-1], []) if not taken[c]), key=lambda c: (-int(through[c]), c))
            if not above:
                break
            pending += [(c, chain[-1]) for c in above[1:]]
            chain.append(above[0])
        taken[chain] = True
        if len(chain) < 22:
            continue
        end = drawn[parent] if parent in drawn else river.xy_m[tree.query((x_m[mouth], y_m[mouth]))[1]]
        if parent >= 0 and parent not in drawn:
            continue
        raw = np.vstack((end, np.column_stack((x_m[chain], y_m[chain]))))[::-1]
        line = smooth_line(raw, rounds=14)
        bend = 170 * np.minimum(1.0, np.linspace(len(line), 0, len(line)) / 4) * (line[:, 0] > 0)
        line[:, 0] += bend * fractal_noise(line[:, 0], line[:, 1], wavelength_m=1_900, octaves=2, subject="bend x")
        line[:, 1] += bend * fractal_noise(line[:, 0], line[:, 1], wavelength_m=1_900, octaves=2, subject="bend y")
        drawn |= dict(zip(chain, line[::-1][1:], strict=True))
        streams.append((line, float(through[mouth]) * (CELL_M / 1000) ** 2))
    return streams


TRIBUTARY_NAMES = (
    ("白沙河", "Baisha River"), ("青石河", "Qingshi River"), ("柳溪河", "Liuxi River"), ("桐溪", "Tongxi Creek"),
    ("马蹄河", "Mati River"), ("石门溪", "Shimen Creek"), ("梅子溪", "Meizi Creek"), ("东港河", "Donggang River"),
    ("竹溪沟", "Zhuxi Brook"), ("龙潭溪", "Longtan Creek"), ("黄泥河", "Huangni River"), ("枫香溪", "Fengxiang Creek"),
)  # fmt: skip


def shape_terrain() -> Terrain:
    """Return relief and water of the frame."""
    river = lay_main_river()
    height_m, rise_m, distance_m = raise_relief(river)
    gradient_y, gradient_x = np.gradient(height_m, CELL_M)
    slope = np.hypot(gradient_x, gradient_y)
    streams = sorted(trace_tributaries(height_m, river), key=lambda item: -item[1])
    tributaries = []
    for index, (line, catchment_km2) in enumerate(streams):
        name, name_en = TRIBUTARY_NAMES[index] if index < len(TRIBUTARY_NAMES) else ("", "")
        if name == "" and len(line) < 30:
            continue
        width_m = 6 + 1.1 * catchment_km2**0.5
        half_m = np.linspace(3.0, width_m, len(line))
        tributaries.append(River(name, name_en, np.round(line, 1), np.round(half_m, 1), catchment_km2))
    return Terrain(height_m, slope, rise_m, distance_m, river, tuple(tributaries))
