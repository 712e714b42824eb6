"""Exact distance to edges that are straight in longitude and latitude (RFC 7946, section 3.1.1).

Such an edge is no geodesic, so no formula gives the distance to it. Edges are cut into pieces so
short that each lies in a small ball and the distance along it has one lowest point; balls exclude
nearly all pieces, and the lowest point on the rest is found from the azimuths Geod returns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from geo_ems.model.columns import FloatArray, IntArray, ObjectArray
from geo_ems.queries.ellipsoid import (
    ECCENTRICITY_2,
    EQUATOR_RADIUS_M,
    LARGEST_CURVATURE_RADIUS_M,
    ROUNDING_M,
    inverse_geodesic,
    longest_geodesic_m,
    lonlat_to_xyz,
    shortest_geodesic_m,
)

LONGEST_PIECE_M: Final = 2_000.0
# Near a pole a line of latitude bends sharply: a piece spans at most a fifth of its radius (11 degrees).
_SHARE_OF_PARALLEL: Final = 0.2
_SHORTEST_PIECE_M: Final = 1.0

# The lowest point is found to 10 micrometres along the edge, so the distance is better than that.
_FOOT_TOLERANCE_M: Final = 1e-5
_FOOT_STEPS: Final = 60
# Rows of (query, piece) handled at once; about 100 bytes each.
_ROWS_AT_ONCE: Final = 500_000


@dataclass(frozen=True, slots=True)
class Pieces:
    """Edges of m shapes, cut short; p pieces, those of shape i at `first[i]` to `first[i + 1]`.

    `start_deg`, `end_deg` (p, 2) are lon/lat; `middle_xyz_m` (3, p) is the place halfway in lon/lat;
    no place of the piece is farther from it, along the piece, than `reach_m` (p,).
    """

    start_deg: FloatArray
    end_deg: FloatArray
    middle_xyz_m: FloatArray
    reach_m: FloatArray
    first: IntArray


def cut_into_pieces(shapes: ObjectArray) -> Pieces:
    """Return the pieces of the edges of all shapes, shape (m,); none of them empty.

    Rings of areas count as lines; a place of a MultiPoint is an edge of length 0.
    """
    start_deg, end_deg, owner = _edges(shapes)
    done: list[tuple[FloatArray, FloatArray, IntArray, FloatArray]] = []
    while owner.size:
        reach_m = _reach_m(start_deg, end_deg)
        middle_deg = 0.5 * (start_deg + end_deg)
        limit_m = np.clip(_SHARE_OF_PARALLEL * _parallel_radius_m(middle_deg[:, 1]), _SHORTEST_PIECE_M, LONGEST_PIECE_M)
        short = 2.0 * reach_m <= limit_m
        done.append((start_deg[short], end_deg[short], owner[short], reach_m[short]))
        long = ~short
        start_deg, end_deg, owner = (
            np.concatenate([start_deg[long], middle_deg[long]]),
            np.concatenate([middle_deg[long], end_deg[long]]),
            np.concatenate([owner[long], owner[long]]),
        )
    owner = np.concatenate([part[2] for part in done] or [owner])
    order = np.argsort(owner, kind="stable")
    start_deg = np.concatenate([part[0] for part in done] or [start_deg])[order]
    end_deg = np.concatenate([part[1] for part in done] or [end_deg])[order]
    reach_m = np.concatenate([part[3] for part in done] or [np.empty(0)])[order]
    first = np.searchsorted(owner[order], np.arange(shapes.size + 1))
    return Pieces(start_deg, end_deg, lonlat_to_xyz(0.5 * (start_deg + end_deg)), reach_m, first)


def _edges(shapes: ObjectArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return start and end of every edge in lon/lat, and the shape it belongs to."""
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    is_area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, ring_part = shapely.get_rings(parts[is_area], return_index=True)
    lines = np.concatenate([parts[~is_area], rings])
    line_owner = np.concatenate([part_owner[~is_area], part_owner[is_area][ring_part]])
    places_deg, line = shapely.get_coordinates(lines, return_index=True)
    joined = line[1:] == line[:-1]
    alone = np.bincount(line, minlength=lines.size)[line] == 1
    start_deg = np.concatenate([places_deg[:-1][joined], places_deg[alone]])
    end_deg = np.concatenate([places_deg[1:][joined], places_deg[alone]])
    return start_deg, end_deg, line_owner[np.concatenate([line[1:][joined], line[alone]])]


def _parallel_radius_m(lat_deg: FloatArray) -> FloatArray:
    """Return the radius of the circle of latitude."""
    lat = np.radians(lat_deg)
    return np.asarray(EQUATOR_RADIUS_M * np.cos(lat) / np.sqrt(1.0 - ECCENTRICITY_2 * np.sin(lat) ** 2))


def _reach_m(start_deg: FloatArray, end_deg: FloatArray) -> FloatArray:
    """Return a bound of half the length: the fastest the edge can run anywhere between its ends."""
    crosses = start_deg[:, 1] * end_deg[:, 1] < 0.0
    widest_lat_deg = np.where(crosses, 0.0, np.minimum(np.abs(start_deg[:, 1]), np.abs(end_deg[:, 1])))
    step = np.radians(end_deg - start_deg)
    length_m = np.hypot(_parallel_radius_m(widest_lat_deg) * step[:, 0], LARGEST_CURVATURE_RADIUS_M * step[:, 1])
    return np.asarray(0.5 * length_m + ROUNDING_M)


def distances_to_shapes(
    pieces: Pieces, shape: IntArray, *, at_xyz_m: FloatArray, at_lonlat_deg: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the distance (m) and the nearest place (lon/lat) on the edges, for pairs of place and shape.

    `shape` (q,) names the shape of each pair, `at_xyz_m` (3, q) and `at_lonlat_deg` (q, 2) its place.
    Exact to 0.1 mm for distances up to 15,000 km; towards the antipode, where several geodesics are
    nearly equal, to 0.01 m.
    """
    distance_m = np.empty(shape.size)
    nearest_deg = np.empty((shape.size, 2))
    rows_before = np.concatenate([[0], np.cumsum(pieces.first[shape + 1] - pieces.first[shape])])
    start = 0
    while start < shape.size:
        within = np.searchsorted(rows_before, rows_before[start] + _ROWS_AT_ONCE, side="right") - 1
        end = max(start + 1, int(within))
        part = slice(start, end)
        distance_m[part], nearest_deg[part] = _distances_in_part(
            pieces, shape[part], at_xyz_m[:, part], at_lonlat_deg[part]
        )
        start = end
    return distance_m, nearest_deg


def _distances_in_part(
    pieces: Pieces, shape: IntArray, at_xyz_m: FloatArray, at_lonlat_deg: FloatArray
) -> tuple[FloatArray, FloatArray]:
    pair, piece = _rows(pieces, shape)
    step = pieces.middle_xyz_m[:, piece] - at_xyz_m[:, pair]
    chord_m = np.sqrt((step * step).sum(axis=0))
    # First by chords alone: a piece counts only where it may come below the best middle.
    best_m = _lowest(longest_geodesic_m(chord_m), pair)
    keep = shortest_geodesic_m(np.maximum(chord_m - pieces.reach_m[piece], 0.0)) <= best_m[pair] + ROUNDING_M
    pair, piece = pair[keep], piece[keep]
    # Then by geodesics to the middles: another place of the piece is nearer by its reach at most.
    middle_deg = 0.5 * (pieces.start_deg[piece] + pieces.end_deg[piece])
    to_middle_m = inverse_geodesic(at_lonlat_deg[pair], middle_deg)[0]
    keep = to_middle_m - pieces.reach_m[piece] <= _lowest(to_middle_m, pair)[pair] + ROUNDING_M
    pair, piece = pair[keep], piece[keep]
    row_m, share = _lowest_on_pieces(pieces.start_deg[piece], pieces.end_deg[piece], at_lonlat_deg[pair])
    distance_m = _lowest(row_m, pair)
    best = np.flatnonzero(row_m == distance_m[pair])
    best = best[np.unique(pair[best], return_index=True)[1]]
    foot_deg = _along(pieces.start_deg[piece[best]], pieces.end_deg[piece[best]], share[best])
    return distance_m, foot_deg


def _rows(pieces: Pieces, shape: IntArray) -> tuple[IntArray, IntArray]:
    """Return one row per pair and piece of its shape, ordered by pair."""
    count = pieces.first[shape + 1] - pieces.first[shape]
    pair = np.repeat(np.arange(shape.size), count)
    offset = pieces.first[shape] - (np.cumsum(count) - count)
    return pair, np.arange(pair.size) + offset[pair]


def _lowest(values: FloatArray, pair: IntArray) -> FloatArray:
    """Return the smallest value of each pair; every pair has rows, and they are ordered by pair."""
    starts = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))
    return np.asarray(np.minimum.reduceat(values, starts))


def _along(start_deg: FloatArray, end_deg: FloatArray, share: FloatArray) -> FloatArray:
    """Return the place a share of the way along each edge, straight in lon/lat; the ends are met exactly."""
    place_deg = start_deg + share[:, None] * (end_deg - start_deg)
    return np.where((share == 1.0)[:, None], end_deg, place_deg)


def _slope(
    start_deg: FloatArray, end_deg: FloatArray, at_lonlat_deg: FloatArray, share: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return distance, and distance times its rate of change along the edge (m, positive: growing).

    The product, half the slope of the squared distance, stays smooth where the query lies on the
    edge; on a plane it is the offset from the foot of the perpendicular, so it is linear in `share`.
    """
    place_deg = _along(start_deg, end_deg, share)
    distance_m, _, back_deg = inverse_geodesic(at_lonlat_deg, place_deg)
    step = np.radians(end_deg - start_deg)
    sin_2 = np.sin(np.radians(place_deg[:, 1])) ** 2
    east = _parallel_radius_m(place_deg[:, 1]) * step[:, 0]
    north = EQUATOR_RADIUS_M * (1.0 - ECCENTRICITY_2) / (1.0 - ECCENTRICITY_2 * sin_2) ** 1.5 * step[:, 1]
    speed = np.hypot(east, north)
    back = np.radians(back_deg)
    towards = np.sin(back) * east + np.cos(back) * north
    return distance_m, -distance_m * towards / np.where(speed > 0.0, speed, 1.0)


def _lowest_on_pieces(
    start_deg: FloatArray, end_deg: FloatArray, at_lonlat_deg: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest distance on each piece and the share of the way at which it lies.

    The ends are candidates; where the distance falls at the start and grows at the end, the foot
    between is found by regula falsi (Illinois), which keeps it bracketed.
    """
    low, high = np.zeros(start_deg.shape[0]), np.ones(start_deg.shape[0])
    distance_low_m, slope_low = _slope(start_deg, end_deg, at_lonlat_deg, low)
    distance_high_m, slope_high = _slope(start_deg, end_deg, at_lonlat_deg, high)
    distance_m = np.minimum(distance_low_m, distance_high_m)
    share = np.where(distance_high_m < distance_low_m, 1.0, 0.0)
    row = np.flatnonzero((slope_low < 0.0) & (slope_high > 0.0))
    low, high, slope_low, slope_high = low[row], high[row], slope_low[row], slope_high[row]
    for _ in range(_FOOT_STEPS):
        if not row.size:
            break
        foot = (low * slope_high - high * slope_low) / (slope_high - slope_low)
        at_foot_m, slope = _slope(start_deg[row], end_deg[row], at_lonlat_deg[row], foot)
        better = at_foot_m < distance_m[row]
        distance_m[row[better]], share[row[better]] = at_foot_m[better], foot[better]
        grows = slope > 0.0
        low, high = np.where(grows, low, foot), np.where(grows, foot, high)
        slope_low, slope_high = np.where(grows, 0.5 * slope_low, slope), np.where(grows, slope, 0.5 * slope_high)
        # An edge piece is at most 2 km: a bracket of 1e-9 of it is two micrometres.
        open_ = (np.abs(slope) > _FOOT_TOLERANCE_M) & (high - low > 1e-9)  # noqa: PLR2004 - said above
        row, low, high, slope_low, slope_high = row[open_], low[open_], high[open_], slope_low[open_], slope_high[open_]
    return distance_m, share
