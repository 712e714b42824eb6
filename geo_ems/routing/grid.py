"""Equal cells over the network: which segments of edges may lie where."""

from typing import Final

import numpy as np

from geo_ems.model.columns import FloatArray, IntArray
from geo_ems.routing.network import EdgeGrid, Int32Array
from geo_ems.routing.ordering import FULL_TURN_DEG, western_edge_deg

_SEGMENTS_PER_CELL: Final = 2.0
_CELLS_ALONG_AT_MOST: Final = 8192
_SMALLEST_CELL_DEG: Final = 1e-6
_MARGIN: Final = 1e-6
"""Part of a cell by which a segment may lie beside where it is computed to lie."""


def segment_starts(first_vertex: Int32Array) -> IntArray:
    """Return the vertices that begin a segment: all but the last one of each edge."""
    begins = np.ones(int(first_vertex[-1]), dtype=np.bool_)
    begins[first_vertex[1:] - 1] = False
    return np.flatnonzero(begins)


def build_grid(vertex_lonlat_deg: FloatArray, first_vertex: Int32Array) -> EdgeGrid:
    """Return the cells of all edges' segments; a segment is in every cell that it passes."""
    starts = segment_starts(first_vertex)
    if not starts.size:
        return EdgeGrid(np.zeros(2), np.ones(2), (1, 1), np.zeros(2, dtype=np.int32), np.empty(0, dtype=np.int32))
    lon_deg, lat_deg = vertex_lonlat_deg[:, 0], vertex_lonlat_deg[:, 1]
    west_deg = western_edge_deg(lon_deg)
    # A segment leads the short way round, also across 180 degrees.
    step_deg = lon_deg[starts + 1] - lon_deg[starts]
    step_deg -= FULL_TURN_DEG * np.rint(step_deg / FULL_TURN_DEG)
    from_x = np.mod(lon_deg[starts] - west_deg, FULL_TURN_DEG)
    to_x, from_y, to_y = from_x + step_deg, lat_deg[starts], lat_deg[starts + 1]
    least = np.array([min(from_x.min(), to_x.min()), min(from_y.min(), to_y.min())])
    most = np.array([max(from_x.max(), to_x.max()), max(from_y.max(), to_y.max())])
    cell_deg = _cell_size_deg(most - least, mean_lat_deg=float(least[1] + most[1]) / 2.0, segments=starts.size)
    columns, rows = (int(count) for count in np.floor((most - least) / cell_deg) + 1)
    from_x, to_x = (from_x - least[0]) / cell_deg[0], (to_x - least[0]) / cell_deg[0]
    from_y, to_y = (from_y - least[1]) / cell_deg[1], (to_y - least[1]) / cell_deg[1]
    cell, owner = _passed_cells(from_x, to_x, from_y, to_y, columns=columns, rows=rows)
    order = np.argsort(cell, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=rows * columns))]).astype(np.int32)
    origin_deg = np.array([west_deg + least[0], least[1]])
    return EdgeGrid(origin_deg, cell_deg, (rows, columns), first, starts[owner[order]].astype(np.int32))


def _cell_size_deg(extent_deg: FloatArray, *, mean_lat_deg: float, segments: int) -> FloatArray:
    """Return a size of cells that are about square on the ground, some segments in each on average."""
    narrow = max(float(np.cos(np.radians(mean_lat_deg))), 0.01)
    area = max(float(extent_deg[0]) * narrow, _SMALLEST_CELL_DEG) * max(float(extent_deg[1]), _SMALLEST_CELL_DEG)
    side = max(float(np.sqrt(area * _SEGMENTS_PER_CELL / segments)), _SMALLEST_CELL_DEG)
    return np.asarray(np.maximum(np.array([side / narrow, side]), extent_deg / _CELLS_ALONG_AT_MOST))


def _passed_cells(
    from_x: FloatArray, to_x: FloatArray, from_y: FloatArray, to_y: FloatArray, *, columns: int, rows: int
) -> tuple[IntArray, IntArray]:
    """Return pairs (cell, segment) for the cells each segment passes; coordinates are counted in cells."""
    low, high = np.minimum(from_y, to_y), np.maximum(from_y, to_y)
    first_row = np.clip(np.floor(low - _MARGIN), 0, rows - 1).astype(np.int64)
    last_row = np.clip(np.floor(high + _MARGIN), 0, rows - 1).astype(np.int64)
    per_row = last_row - first_row + 1
    owner = np.repeat(np.arange(low.size), per_row)
    row = np.arange(owner.size) - np.repeat(np.cumsum(per_row) - per_row, per_row) + first_row[owner]
    # The part of the segment within the row, as shares of it.
    rise = (to_y - from_y)[owner]
    flat = rise == 0.0
    slope = 1.0 / np.where(flat, 1.0, rise)
    at_bottom = np.where(flat, 0.0, (row - _MARGIN - from_y[owner]) * slope)
    at_top = np.where(flat, 1.0, (row + 1 + _MARGIN - from_y[owner]) * slope)
    enter = np.clip(np.minimum(at_bottom, at_top), 0.0, 1.0)
    leave = np.clip(np.maximum(at_bottom, at_top), 0.0, 1.0)
    run = (to_x - from_x)[owner]
    some, other = from_x[owner] + enter * run, from_x[owner] + leave * run
    first_column = np.clip(np.floor(np.minimum(some, other) - _MARGIN), 0, columns - 1).astype(np.int64)
    last_column = np.clip(np.floor(np.maximum(some, other) + _MARGIN), 0, columns - 1).astype(np.int64)
    across = last_column - first_column + 1
    piece = np.repeat(np.arange(owner.size), across)
    column = np.arange(piece.size) - np.repeat(np.cumsum(across) - across, across) + first_column[piece]
    return row[piece] * columns + column, owner[piece]
