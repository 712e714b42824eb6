"""Segments of edges near a geometry, and places along edges; segments are numbered by their first vertex."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.ellipsoid import ECCENTRICITY_2, EQUATOR_RADIUS_M, lonlat_to_xyz, short_geodesic_m
from geo_ems.queries.shared_shapes import prepared_copy
from geo_ems.routing.network import EdgeGrid, RoadNetwork

_FULL_TURN_DEG = 360.0
_TURNS_DEG = (-_FULL_TURN_DEG, 0.0, _FULL_TURN_DEG)  # the grid counts longitudes from its own west on
_CELL_MARGIN_DEG = 1e-9  # a segment on the border of a cell may be listed in its neighbour


def segments_near(network: RoadNetwork, geometry: BaseGeometry) -> tuple[IntArray, IntArray]:
    """Return the segments wholly inside an area, and those that may meet its boundary (or a line), each ascending.

    The cells of the grid are halved until they lie inside, outside or are single ones, so that
    the inner part of a large area costs next to nothing.
    """
    geometry = prepared_copy(geometry)
    inner, outer = _none(), _none()
    for turn_deg in _TURNS_DEG:
        if not _block_of(network.grid, np.array(shapely.bounds(geometry)), turn_deg).size:
            continue
        found = _cells_meeting(network.grid, _turned(geometry, turn_deg))
        inner, outer = np.concatenate([inner, found[0]]), np.concatenate([outer, found[1]])
    count = len(network.vertex_lonlat_deg)
    on_boundary = np.zeros(count, dtype=np.bool_)
    on_boundary[_listed(network.grid, outer)] = True
    inside = np.zeros(count, dtype=np.bool_)
    inside[_listed(network.grid, inner)] = True
    inside &= ~on_boundary
    return np.flatnonzero(inside), np.flatnonzero(on_boundary)


def segments_in_box(network: RoadNetwork, bounds_deg: FloatArray) -> IntArray:
    """Return the segments that may lie in a box (west, south, east, north), ascending."""
    blocks = [_block_of(network.grid, bounds_deg, turn_deg) for turn_deg in _TURNS_DEG]
    return np.unique(_listed(network.grid, np.concatenate(blocks))).astype(np.int64)


def segment_ends(network: RoadNetwork, segment: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the lon/lat of both ends of segments, each (k, 2); across 180 degrees the end goes on counting."""
    start, end = network.vertex_lonlat_deg[segment], network.vertex_lonlat_deg[segment + 1].copy()
    end[:, 0] -= _FULL_TURN_DEG * np.rint((end[:, 0] - start[:, 0]) / _FULL_TURN_DEG)
    return start, end


def edges_of(network: RoadNetwork, segment: IntArray) -> IntArray:
    """Return the edge of each segment."""
    return np.searchsorted(network.first_vertex, segment, side="right") - 1


def shares_along(network: RoadNetwork, segment: IntArray, fraction: FloatArray) -> FloatArray:
    """Return the share of the edge's length at a fraction of each of its segments, shape (k,)."""
    if not segment.size:
        return np.empty(0)
    edge, place = np.unique(edges_of(network, segment), return_inverse=True)
    vertex, first = _vertices_of(network, edge)
    xyz_m = lonlat_to_xyz(network.vertex_lonlat_deg[vertex])
    step_m = np.append(short_geodesic_m(xyz_m[:, :-1], xyz_m[:, 1:]), 0.0)
    step_m[first[1:] - 1] = 0.0  # from the last vertex of an edge to the first of the next there is nothing
    before_m = np.concatenate(([0.0], np.cumsum(step_m)))
    start_m = before_m[first[:-1]]
    total_m = before_m[first[1:] - 1] - start_m
    at = first[:-1][place] + segment - network.first_vertex[edge][place]
    way_m = before_m[at] - start_m[place] + fraction * step_m[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total_m[place] > 0.0, way_m / total_m[place], 0.0)
    share[(fraction >= 1.0) & (at == first[1:][place] - 2)] = 1.0
    return np.clip(share, 0.0, 1.0)


def places_along(network: RoadNetwork, edge: IntArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the places at shares of edges, and the direction of the edge's line there, both (k, 2).

    Directions are steps in a local plane, metres east and north.
    """
    found, place = np.unique(edge, return_inverse=True)
    vertex, first = _vertices_of(network, found)
    lonlat_deg = network.vertex_lonlat_deg[vertex]
    xyz_m = lonlat_to_xyz(lonlat_deg)
    step_m = np.append(short_geodesic_m(xyz_m[:, :-1], xyz_m[:, 1:]), 0.0)
    step_m[first[1:] - 1] = 0.0
    before_m = np.concatenate(([0.0], np.cumsum(step_m)))
    total_m = before_m[first[1:] - 1] - before_m[first[:-1]]
    target_m = before_m[first[:-1]][place] + share * total_m[place]
    at = np.searchsorted(before_m[:-1], target_m, side="right") - 1
    at = np.clip(at, first[:-1][place], first[1:][place] - 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.where(step_m[at] > 0.0, (target_m - before_m[at]) / step_m[at], 0.0)
    start, step = lonlat_deg[at], lonlat_deg[at + 1] - lonlat_deg[at]
    step[:, 0] -= _FULL_TURN_DEG * np.rint(step[:, 0] / _FULL_TURN_DEG)
    lonlat = start + np.clip(fraction, 0.0, 1.0)[:, None] * step
    return lonlat, step * metres_per_degree(lonlat[:, 1])


def metres_per_degree(lat_deg: FloatArray) -> FloatArray:
    """Return how long a degree of longitude and one of latitude are at latitudes, shape (k, 2), in metres."""
    lat = np.radians(lat_deg)
    inner = 1.0 - ECCENTRICITY_2 * np.sin(lat) ** 2
    east_m = EQUATOR_RADIUS_M / np.sqrt(inner) * np.cos(lat)
    north_m = EQUATOR_RADIUS_M * (1.0 - ECCENTRICITY_2) / inner**1.5
    return np.radians(np.stack([east_m, north_m], axis=-1))


def edges_allowed(network: RoadNetwork, allowed: BoolArray, segment: IntArray) -> tuple[IntArray, IntArray]:
    """Return those segments whose edge is allowed (mask over edges), and their edges."""
    edge = edges_of(network, segment)
    kept = allowed[edge]
    return segment[kept], edge[kept]


def _vertices_of(network: RoadNetwork, edge: IntArray) -> tuple[IntArray, IntArray]:
    """Return the vertices of edges one after the other, and where each edge begins among them (one more at the end)."""
    start = network.first_vertex[edge].astype(np.int64)
    count = network.first_vertex[edge + 1] - start
    first = np.concatenate(([0], np.cumsum(count)))
    return np.arange(first[-1]) + np.repeat(start - first[:-1], count), first


def _cells_meeting(grid: EdgeGrid, geometry: BaseGeometry) -> tuple[IntArray, IntArray]:
    """Return blocks of cells (rows from, to, columns from, to) inside an area, and cells that meet its boundary."""
    inside: list[IntArray] = []
    meeting: list[IntArray] = []
    blocks = _block_of(grid, np.array(shapely.bounds(geometry)), 0.0)
    while blocks.size:
        corner_deg = grid.origin_deg + blocks[:, [2, 0]] * grid.cell_deg - _CELL_MARGIN_DEG
        opposite_deg = grid.origin_deg + blocks[:, [3, 1]] * grid.cell_deg + _CELL_MARGIN_DEG
        boxes = shapely.box(corner_deg[:, 0], corner_deg[:, 1], opposite_deg[:, 0], opposite_deg[:, 1])
        met = shapely.intersects(geometry, boxes)
        blocks, boxes = blocks[met], boxes[met]
        within = shapely.contains_properly(geometry, boxes)
        inside.append(blocks[within])
        blocks = blocks[~within]
        single = (blocks[:, 1] - blocks[:, 0] == 1) & (blocks[:, 3] - blocks[:, 2] == 1)
        meeting.append(blocks[single])
        blocks = _halved(blocks[~single])
    return np.concatenate([_none(), *inside]), np.concatenate([_none(), *meeting])


def _none() -> IntArray:
    return np.empty((0, 4), dtype=np.int64)


def _turned(geometry: BaseGeometry, turn_deg: float) -> BaseGeometry:
    """Return a geometry some turns on, ready for many questions."""
    if turn_deg == 0.0:
        return geometry
    step_deg = np.array([turn_deg, 0.0])

    def moved(lonlat_deg: FloatArray) -> FloatArray:
        further: FloatArray = lonlat_deg + step_deg
        return further

    return prepared_copy(shapely.transform(geometry, moved))


def _halved(blocks: IntArray) -> IntArray:
    """Return the quarters of blocks, without empty ones."""
    low_row, high_row, low_column, high_column = blocks.T
    row, column = (low_row + high_row + 1) // 2, (low_column + high_column + 1) // 2
    quarters = np.concatenate(
        [
            np.stack([low_row, row, low_column, column], axis=1),
            np.stack([low_row, row, column, high_column], axis=1),
            np.stack([row, high_row, low_column, column], axis=1),
            np.stack([row, high_row, column, high_column], axis=1),
        ]
    )
    return quarters[(quarters[:, 0] < quarters[:, 1]) & (quarters[:, 2] < quarters[:, 3])]


def _block_of(grid: EdgeGrid, bounds_deg: FloatArray, turn_deg: float) -> IntArray:
    """Return the block of cells that a box (west, south, east, north), some turns on, meets: (1, 4), or none (0, 4)."""
    bounds_deg = bounds_deg + np.array([turn_deg, 0.0, turn_deg, 0.0])
    rows, columns = grid.shape
    low = np.floor((bounds_deg[:2] - grid.origin_deg - _CELL_MARGIN_DEG) / grid.cell_deg)
    high = np.floor((bounds_deg[2:] - grid.origin_deg + _CELL_MARGIN_DEG) / grid.cell_deg) + 1
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return np.empty((0, 4), dtype=np.int64)
    block = np.array(
        [
            [
                max(int(low[1]), 0),
                min(int(high[1]), rows),
                max(int(low[0]), 0),
                min(int(high[0]), columns),
            ]
        ],
        dtype=np.int64,
    )
    return block if block[0, 0] < block[0, 1] and block[0, 2] < block[0, 3] else block[:0]


def _listed(grid: EdgeGrid, blocks: IntArray) -> IntArray:
    """Return the segments listed in blocks of cells; some several times."""
    rows = blocks[:, 1] - blocks[:, 0]
    block = np.repeat(np.arange(len(blocks)), rows)
    row = np.arange(block.size) - np.repeat(np.cumsum(rows) - rows, rows) + blocks[block, 0]
    start = grid.first[row * grid.shape[1] + blocks[block, 2]].astype(np.int64)
    count = grid.first[row * grid.shape[1] + blocks[block, 3]] - start
    before = np.cumsum(count) - count
    listed: IntArray = grid.segment[np.arange(count.sum()) + np.repeat(start - before, count)].astype(np.int64)
    return listed
