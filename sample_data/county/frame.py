"""The drawing frame: a flat plane in metres, its raster, its random numbers and its noise.

Everything is designed on a plane whose x runs east and y north from the frame's corner; longitude
and latitude appear only when a file is written. Random numbers are drawn from one named stream per
subject, so that a change in one subject does not shift the others.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Point = tuple[float, float]

SEED = 20_260_714
COUNTY_WIDTH_M = 60_000.0
COUNTY_HEIGHT_M = 50_000.0
MARGIN_M = 4_000.0
CELL_M = 200.0
COLUMNS = round((COUNTY_WIDTH_M + 2 * MARGIN_M) / CELL_M)
ROWS = round((COUNTY_HEIGHT_M + 2 * MARGIN_M) / CELL_M)

# The corner (0 m, 0 m) of the plane; the middle of the county lies near 111.5 E, 31.2 N.
CORNER_LON_DEG = 111.185
CORNER_LAT_DEG = 30.975
# Metres in one degree at 31.2 N (WGS84 meridian arc; parallel arc).
M_PER_DEG_LAT = 110_870.0
M_PER_DEG_LON = 95_306.0


def random_stream(subject: str) -> np.random.Generator:
    """Return the random numbers of one subject; the same on every machine."""
    return np.random.default_rng([SEED, zlib.crc32(subject.encode())])


def draw_normal(rng: np.random.Generator, size: int) -> FloatArray:
    """Return about standard-normal numbers as sums of twelve uniform ones.

    Only the uniform stream is used because numpy promises nothing about how its normal numbers
    are made from one version to the next.
    """
    return rng.random((size, 12)).sum(axis=1) - 6.0


def to_lonlat_deg(xy_m: FloatArray | Sequence[Point]) -> FloatArray:
    """Return longitude and latitude, shape (n, 2), rounded to 6 decimals (about 0.1 m)."""
    plane = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
    lonlat = np.column_stack(
        (CORNER_LON_DEG + plane[:, 0] / M_PER_DEG_LON, CORNER_LAT_DEG + plane[:, 1] / M_PER_DEG_LAT)
    )
    return np.round(lonlat, 6)


def cell_centres_m() -> tuple[FloatArray, FloatArray]:
    """Return x and y of all cell centres, each of shape (ROWS, COLUMNS); row 0 is the south."""
    x_m = (np.arange(COLUMNS) + 0.5) * CELL_M - MARGIN_M
    y_m = (np.arange(ROWS) + 0.5) * CELL_M - MARGIN_M
    grid_x_m, grid_y_m = np.meshgrid(x_m, y_m)
    return grid_x_m, grid_y_m


def cells_of(xy_m: FloatArray) -> tuple[IntArray, IntArray]:
    """Return row and column of the cells that hold the points, clipped to the raster."""
    columns = np.clip(((xy_m[:, 0] + MARGIN_M) // CELL_M).astype(np.int64), 0, COLUMNS - 1)
    rows = np.clip(((xy_m[:, 1] + MARGIN_M) // CELL_M).astype(np.int64), 0, ROWS - 1)
    return rows, columns


def sample_raster(raster: FloatArray, xy_m: FloatArray) -> FloatArray:
    """Return bilinear values of a raster at points of shape (n, 2), clipped at its rim."""
    column = np.clip((xy_m[:, 0] + MARGIN_M) / CELL_M - 0.5, 0, COLUMNS - 1.001)
    row = np.clip((xy_m[:, 1] + MARGIN_M) / CELL_M - 0.5, 0, ROWS - 1.001)
    c, r = column.astype(np.int64), row.astype(np.int64)
    u, v = column - c, row - r
    south = raster[r, c] * (1 - u) + raster[r, c + 1] * u
    north = raster[r + 1, c] * (1 - u) + raster[r + 1, c + 1] * u
    return south * (1 - v) + north * v


def smooth_noise(x_m: FloatArray, y_m: FloatArray, *, wavelength_m: float, subject: str) -> FloatArray:
    """Return value noise in -1 .. 1: random lattice values blended by a smooth step."""
    lattice = random_stream(f"noise {subject}").random((160, 160)) * 2 - 1
    column, row = (x_m + 10 * MARGIN_M) / wavelength_m, (y_m + 10 * MARGIN_M) / wavelength_m
    c, r = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    u, v = column - c, row - r
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    c0, c1, r0, r1 = c % 160, (c + 1) % 160, r % 160, (r + 1) % 160
    south = lattice[r0, c0] * (1 - u) + lattice[r0, c1] * u
    north = lattice[r1, c0] * (1 - u) + lattice[r1, c1] * u
    return south * (1 - v) + north * v


def fractal_noise(x_m: FloatArray, y_m: FloatArray, *, wavelength_m: float, octaves: int, subject: str) -> FloatArray:
    """Return noise in about -1 .. 1 whose octaves halve in wavelength and height."""
    total, weight = np.zeros_like(x_m), 0.0
    for octave in range(octaves):
        share = 0.5**octave
        part = smooth_noise(x_m, y_m, wavelength_m=wavelength_m * 0.5**octave, subject=f"{subject} {octave}")
        total, weight = total + share * part, weight + share
    return total / weight
