"""Where people live: the county town, 24 township seats, 250 villages, and who is in which township."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from county.frame import (
    CELL_M,
    COLUMNS,
    COUNTY_HEIGHT_M,
    COUNTY_WIDTH_M,
    ROWS,
    BoolArray,
    FloatArray,
    IntArray,
    cell_centres_m,
    cells_of,
    fractal_noise,
    random_stream,
    sample_raster,
)
from county.terrain import River, Terrain, resample_line

TOWN_M = (33_400.0, 26_700.0)
TOWNSHIPS = 24
VILLAGES = 250


@dataclass(frozen=True, slots=True)
class Settlements:
    """Places of the county, all in metres of the plane.

    `seats_m` has shape (24, 2), the county town first; `township_of_cell` is a raster of township
    numbers, -1 outside the county.
    """

    seats_m: FloatArray
    villages_m: FloatArray
    village_township: IntArray
    township_of_cell: IntArray


def outline_county(terrain: Terrain) -> BoolArray:
    """Return which cells belong to the county: a rounded shape with an uneven rim."""
    x_m, y_m = cell_centres_m()
    u = (x_m - COUNTY_WIDTH_M / 2) / (COUNTY_WIDTH_M / 2)
    v = (y_m - COUNTY_HEIGHT_M / 2) / (COUNTY_HEIGHT_M / 2)
    wobble = fractal_noise(x_m, y_m, wavelength_m=13_000, octaves=4, subject="county rim")
    highest = 0.10 * np.clip(terrain.height_m / 900, 0, 1)
    return (np.abs(u) ** 2.7 + np.abs(v) ** 2.7) ** (1 / 2.7) + 0.30 * wobble + 0.4 * highest < 0.90


def spread_points(
    candidates_m: FloatArray, score: FloatArray, spacing_m: FloatArray, fixed_m: FloatArray, fixed_gap_m: float
) -> IntArray:
    """Return indices of candidates, best score first, none nearer to a chosen one than its spacing."""
    order = np.argsort(-score, kind="stable")
    if len(fixed_m):
        order = order[cKDTree(fixed_m).query(candidates_m[order])[0] >= fixed_gap_m]
    box_m = float(spacing_m.max())
    boxes: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    chosen: list[int] = []
    xs, ys, gaps = candidates_m[:, 0].tolist(), candidates_m[:, 1].tolist(), spacing_m.tolist()
    for index in order.tolist():
        x_m, y_m, gap_m = xs[index], ys[index], gaps[index]
        column, row = int(x_m // box_m), int(y_m // box_m)
        if any(
            (x_m - other_x_m) ** 2 + (y_m - other_y_m) ** 2 < min(gap_m, other_gap_m) ** 2
            for c in (column - 1, column, column + 1)
            for r in (row - 1, row, row + 1)
            for other_x_m, other_y_m, other_gap_m in boxes.get((c, r), ())
        ):
            continue
        boxes.setdefault((column, row), []).append((x_m, y_m, gap_m))
        chosen.append(index)
    return np.asarray(chosen, dtype=np.int64)


def stream_distance_m(terrain: Terrain, xy_m: FloatArray) -> FloatArray:
    """Return metres to the nearest tributary or to the main river."""
    lines = [terrain.main_river.xy_m, *(river.xy_m for river in terrain.tributaries)]
    return np.asarray(cKDTree(np.vstack(lines)).query(xy_m)[0])


def choose_seats(terrain: Terrain, inside: BoolArray) -> FloatArray:
    """Return the county town and 23 township seats: flat places near a stream, spread over the county."""
    rng = random_stream("seats")
    candidates = rng.random((6_000, 2)) * (COUNTY_WIDTH_M, COUNTY_HEIGHT_M)
    rows, columns = cells_of(candidates)
    candidates = candidates[inside[rows, columns]]
    rim = distance_to_rim_m(inside, candidates)
    slope = sample_raster(terrain.slope, candidates)
    river_m = sample_raster(terrain.river_distance_m, candidates)
    keep = (rim > 2_600) & (river_m > 900)
    candidates, slope = candidates[keep], slope[keep]
    near_stream = np.exp(-(((stream_distance_m(terrain, candidates) - 700) / 700) ** 2))
    score = near_stream - 7 * slope + 0.6 * rng.random(len(candidates))
    town = np.array([TOWN_M])
    for spacing_m in np.arange(10_500.0, 6_000.0, -100.0):
        height = sample_raster(terrain.height_m, candidates)
        gaps = spacing_m * (0.88 + 0.35 * np.clip(height / 600, 0, 1))
        chosen = spread_points(candidates, score, gaps, town, spacing_m * 0.8)
        if len(chosen) >= TOWNSHIPS - 1:
            return np.round(np.vstack((town, candidates[chosen[: TOWNSHIPS - 1]])), 1)
    raise ValueError("no room for the township seats")


def distance_to_rim_m(inside: BoolArray, xy_m: FloatArray) -> FloatArray:
    """Return metres to the nearest cell outside the county."""
    x_m, y_m = cell_centres_m()
    return np.asarray(cKDTree(np.column_stack((x_m[~inside], y_m[~inside]))).query(xy_m)[0])


def choose_villages(terrain: Terrain, inside: BoolArray, seats_m: FloatArray) -> FloatArray:
    """Return 250 villages, dense on the plain and in valleys, sparse in the hills."""
    rng = random_stream("villages")
    candidates = rng.random((16_000, 2)) * (COUNTY_WIDTH_M, COUNTY_HEIGHT_M)
    rows, columns = cells_of(candidates)
    candidates = candidates[inside[rows, columns]]
    river_m = sample_raster(terrain.river_distance_m, candidates)
    slope = sample_raster(terrain.slope, candidates)
    off_town = np.hypot(*(candidates - TOWN_M).T)
    keep = (distance_to_rim_m(inside, candidates) > 900) & (river_m > 420) & (slope < 0.20) & (off_town > 3_300)
    candidates, slope = candidates[keep], slope[keep]
    near_stream = np.exp(-(((stream_distance_m(terrain, candidates) - 500) / 900) ** 2))
    score = 0.55 * near_stream - 6 * slope + 0.9 * rng.random(len(candidates))
    height = sample_raster(terrain.height_m, candidates)
    for spacing_m in np.arange(3_200.0, 1_500.0, -50.0):
        gaps = spacing_m * (0.75 + 0.65 * np.clip(height / 500, 0, 1) + 0.25 * rng.random(len(candidates)))
        chosen = spread_points(candidates, score, gaps, seats_m, 1_500.0)
        if len(chosen) >= VILLAGES:
            kept = candidates[chosen[:VILLAGES]]
            return np.round(kept[np.lexsort((kept[:, 0], -kept[:, 1]))], 1)
    raise ValueError("no room for the villages")


def share_out_townships(terrain: Terrain, inside: BoolArray, seats_m: FloatArray) -> IntArray:
    """Return the township of every cell: the seat that is reached first on foot.

    Slopes and rivers cost effort, so borders settle on ridges and along water.
    """
    x_m, y_m = cell_centres_m()
    patches = fractal_noise(x_m, y_m, wavelength_m=3_400, octaves=4, subject="effort")
    effort = np.exp(1.9 * patches) + 14 * terrain.slope
    for river, cost in [(terrain.main_river, 28.0), *((river, 7.0) for river in terrain.tributaries)]:
        effort[_river_cells(river)] += cost
    effort = np.where(inside, effort, np.inf).ravel()
    cell = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    starts, ends, lengths = [], [], []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = cell[: ROWS - dr, max(0, -dc) : COLUMNS - max(0, dc)].ravel()
        b = cell[dr:, max(0, dc) : COLUMNS + min(0, dc)].ravel()
        starts.append(a)
        ends.append(b)
        lengths.append(np.hypot(dr, dc) * CELL_M * (effort[a] + effort[b]) / 2)
    a, b, length = np.concatenate(starts), np.concatenate(ends), np.concatenate(lengths)
    usable = np.isfinite(length)
    graph = coo_array((length[usable], (a[usable], b[usable])), shape=(ROWS * COLUMNS, ROWS * COLUMNS)).tocsr()
    rows, columns = cells_of(seats_m)
    head_start_m = random_stream("township size").random(TOWNSHIPS) * 2_500
    reach = dijkstra(graph, directed=False, indices=rows * COLUMNS + columns) + head_start_m[:, None]
    nearest = np.argmin(np.round(reach, 3), axis=0)
    label = np.where(np.isfinite(reach.min(axis=0)), nearest, -1).reshape(ROWS, COLUMNS)
    return _keep_main_parts(label, rows, columns)


def _river_cells(river: River) -> tuple[IntArray, IntArray]:
    return cells_of(resample_line(river.xy_m, step_m=10.0))


def _keep_main_parts(label: IntArray, seat_rows: IntArray, seat_columns: IntArray) -> IntArray:
    """Return the labels with every part that hangs together with its seat only by a corner given away."""
    kept = np.full_like(label, -1)
    for township, start in enumerate(zip(seat_rows.tolist(), seat_columns.tolist(), strict=True)):
        stack = [start]
        while stack:
            row, column = stack.pop()
            if label[row, column] != township or kept[row, column] == township:
                continue
            kept[row, column] = township
            stack += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    lost = np.argwhere((label >= 0) & (kept < 0))
    while len(lost):
        for row, column in lost.tolist():
            around = [kept[row + 1, column], kept[row - 1, column], kept[row, column + 1], kept[row, column - 1]]
            kept[row, column] = max(around)
        remaining = np.argwhere((label >= 0) & (kept < 0))
        if len(remaining) == len(lost):
            break
        lost = remaining
    return kept


def settle_county(terrain: Terrain) -> Settlements:
    """Return all places of the county and the township of each."""
    inside = outline_county(terrain)
    seats_m = choose_seats(terrain, inside)
    township_of_cell = share_out_townships(terrain, inside, seats_m)
    villages_m = choose_villages(terrain, township_of_cell >= 0, seats_m)
    rows, columns = cells_of(villages_m)
    return Settlements(seats_m, villages_m, township_of_cell[rows, columns], township_of_cell)
