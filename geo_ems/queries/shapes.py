"""Nearest features of any kind: points, lines and areas ranked exactly in one list.

`prepare_geometries` is done once per layer version; every question after it is answered over the
prepared arrays. Bounding balls exclude, they never decide; the distance to a line or an area is
that to its nearest place, 0 inside, the boundary inside (ruling 8).
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
import shapely

from geo_ems.errors import DataError
from geo_ems.model.columns import BoolArray, FloatArray, IntArray, ObjectArray
from geo_ems.queries.chords import BLOCKS_FROM, Candidates, plain_mask
from geo_ems.queries.ellipsoid import (
    ROUNDING_M,
    LonLat,
    checked_position,
    distance_and_bearing,
    largest_chord_m,
    lonlat_to_xyz,
    position_xyz,
    shortest_geodesic_m,
)
from geo_ems.queries.nearest import (
    Measured,
    NearestPoints,
    check_count,
    kept_below,
    last_that_counts_m,
    nearest_points,
    points_below,
    ranked,
)
from geo_ems.queries.pieces import Pieces, cut_into_pieces, distances_to_shapes
from geo_ems.queries.point_tree import PointTree, build_point_tree, mark_candidates

_AREA_TYPES: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_KNOWN_TYPES: Final = (
    shapely.GeometryType.POINT,
    shapely.GeometryType.MULTIPOINT,
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.MULTILINESTRING,
    *_AREA_TYPES,
)
_MARGIN: Final = 3
_BALL_OF_A_POLE_M: Final = 6_000_000.0
TURNS_DEG: Final = (-360.0, 0.0, 360.0)
"""A place is looked for at its longitude and one turn to either side: areas may lie across 180 degrees."""


@dataclass(frozen=True, slots=True)
class PreparedGeometries:
    """The geometries of n features, ready for questions; all arrays are read-only.

    `is_located` (n,) is False for None and empty geometries, which are never found. For points
    `lonlat_deg` (n, 2) is the place and `radius_m` (n,) is 0; for the others `centre_xyz_m` (3, n)
    and `radius_m` are a ball around the whole (infinite for half an Earth), `shape_row` (n,) their
    row in `shapes` and `pieces` (-1 for points). `bounds_deg` (m, 4) and `is_area` (m,) belong to the m shapes.
    """

    is_located: BoolArray
    lonlat_deg: FloatArray
    centre_xyz_m: FloatArray
    radius_m: FloatArray
    shape_row: IntArray
    shapes: ObjectArray
    is_area: BoolArray
    bounds_deg: FloatArray
    pieces: Pieces
    blocks: PointTree | None

    def __len__(self) -> int:
        """Return the number of features, located or not."""
        return int(self.is_located.size)


def prepare_geometries(geometries: ObjectArray) -> PreparedGeometries:
    """Return prepared geometries in the same order, shape (n,), WGS84 lon/lat degrees; None is unlocated.

    Raises
    ------
    DataError
        Where a geometry is a collection or a bare ring.
    """
    type_id = shapely.get_type_id(geometries)
    is_located = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    unknown = np.flatnonzero(is_located & ~np.isin(type_id, _KNOWN_TYPES))
    if unknown.size:
        raise DataError(
            f"No distance is defined to a {geometries[unknown[0]].geom_type}",
            where=f"feature {unknown[0]}",
            remedy="Use points, lines or areas, single or multiple.",
        )
    is_point = is_located & (type_id == shapely.GeometryType.POINT)
    lonlat_deg = np.full((is_located.size, 2), np.nan)
    lonlat_deg[is_point] = shapely.get_coordinates(geometries[is_point])
    with_edges = np.flatnonzero(is_located & ~is_point)
    shapes = geometries[with_edges]
    shape_row = np.full(is_located.size, -1, dtype=np.int64)
    shape_row[with_edges] = np.arange(with_edges.size)
    pieces = cut_into_pieces(shapes)
    centre_xyz_m = lonlat_to_xyz(lonlat_deg)
    radius_m = np.zeros(is_located.size)
    centre_xyz_m[:, with_edges], radius_m[with_edges] = _balls(pieces)
    is_area = np.isin(type_id[with_edges], _AREA_TYPES)
    # A ball holds the edges of an area, and so its inside, unless it holds both poles: no inside in
    # lon/lat contains a pole, hence it cannot be the part of the Earth outside the ball.
    radius_m[with_edges[is_area & (radius_m[with_edges] >= _BALL_OF_A_POLE_M)]] = np.inf
    blocks = None
    if not with_edges.size and np.count_nonzero(is_point) >= BLOCKS_FROM:
        blocks = build_point_tree(centre_xyz_m, np.flatnonzero(is_point & np.isfinite(centre_xyz_m[0])))
    prepared = PreparedGeometries(
        is_located=is_located,
        lonlat_deg=lonlat_deg,
        centre_xyz_m=centre_xyz_m,
        radius_m=radius_m,
        shape_row=shape_row,
        shapes=shapes,
        is_area=is_area,
        bounds_deg=shapely.bounds(shapes).reshape(-1, 4),
        pieces=pieces,
        blocks=blocks,
    )
    for part in (is_located, lonlat_deg, centre_xyz_m, radius_m, shape_row, shapes, is_area, prepared.bounds_deg):
        part.setflags(write=False)
    return prepared


def prepare_points(
    lonlat_deg: FloatArray, *, xyz_m: FloatArray | None = None, tree: PointTree | None = None, is_indexed: bool = True
) -> PreparedGeometries:
    """Return prepared points at `lonlat_deg` (n, 2), NaN where unlocated: what `prepare_geometries` gives for them.

    `xyz_m` (3, n) are their Earth-centred coordinates and `tree` is over them, where these were made already.
    Places that move are better scanned than put into a tree: `is_indexed` False.
    """
    size = lonlat_deg.shape[0]
    is_located = np.asarray(~np.isnan(lonlat_deg[:, 0]))
    centre_xyz_m = lonlat_to_xyz(lonlat_deg) if xyz_m is None else xyz_m
    if tree is None and is_indexed and np.count_nonzero(is_located) >= BLOCKS_FROM:
        tree = build_point_tree(centre_xyz_m, np.flatnonzero(is_located))
    no_shapes = _no_shapes()
    for part in (is_located, centre_xyz_m):
        part.setflags(write=False)
    return replace(
        no_shapes,
        is_located=is_located,
        lonlat_deg=lonlat_deg,
        centre_xyz_m=centre_xyz_m,
        radius_m=np.broadcast_to(np.float64(0.0), (size,)),
        shape_row=np.broadcast_to(np.int64(-1), (size,)),
        blocks=tree,
    )


@cache
def _no_shapes() -> PreparedGeometries:
    return prepare_geometries(np.empty(0, dtype=object))


def _balls(pieces: Pieces) -> tuple[FloatArray, FloatArray]:
    """Return for each shape a ball that holds all its edges: centre (3, m) and radius (m,), metres."""
    starts = pieces.first[:-1]
    if not starts.size:
        return np.empty((3, 0)), np.empty(0)
    low = np.minimum.reduceat(pieces.middle_xyz_m - pieces.reach_m, starts, axis=1)
    high = np.maximum.reduceat(pieces.middle_xyz_m + pieces.reach_m, starts, axis=1)
    centre_m = 0.5 * (low + high)
    owner = np.repeat(np.arange(starts.size), np.diff(pieces.first))
    step = pieces.middle_xyz_m - centre_m[:, owner]
    return centre_m, np.maximum.reduceat(np.sqrt((step * step).sum(axis=0)) + pieces.reach_m, starts)


def nearest_features(
    prepared: PreparedGeometries, *, at_lonlat_deg: LonLat, k: int, candidates: Candidates | None = None
) -> NearestPoints:
    """Return the k nearest features of a layer, points, lines and areas in one list; proved exact.

    `candidates` (n,) restricts the question; unlocated features are never candidates. The order is
    total: distance rounded to 0.1 m, distance, index. The bearing of an area that holds the query is 0.0.

    Raises
    ------
    UsageError
        Where k is below 1 or the position is not on the Earth.
    """
    if not prepared.shapes.size:
        return nearest_points(
            prepared.centre_xyz_m,
            prepared.lonlat_deg,
            at_lonlat_deg=at_lonlat_deg,
            k=k,
            candidates=candidates if prepared.blocks is not None else _asked(prepared, candidates),
            blocks=prepared.blocks,
        )
    at_lonlat_deg = checked_position(at_lonlat_deg)
    check_count(k)
    index = np.flatnonzero(_usable(prepared, candidates))
    bound_m = chord_bounds_m(prepared, index, at_lonlat_deg=at_lonlat_deg)
    first = index
    if index.size > k + 1 + _MARGIN:
        first = index[np.argpartition(bound_m, k + _MARGIN)[: k + 1 + _MARGIN]]
    measured = measure_features(prepared, first, at_lonlat_deg=at_lonlat_deg)
    chord_m = largest_chord_m(last_that_counts_m(measured.straight_m, k=k)) if first.size < index.size else np.inf
    possible = bound_m <= chord_m
    rest = np.setdiff1d(index[possible], first, assume_unique=True)
    if rest.size:
        measured = _joined(measured, measure_features(prepared, rest, at_lonlat_deg=at_lonlat_deg))
    unmeasured_from_m = np.inf if possible.all() else float(shortest_geodesic_m(np.array(chord_m)))
    return ranked(measured, k=k, unmeasured_from_m=unmeasured_from_m)


def nearest_shapes(
    geometries: ObjectArray, *, at_lonlat_deg: LonLat, k: int, candidates: Candidates | None = None
) -> NearestPoints:
    """Return the k nearest of geometries that are asked once; see `nearest_features`."""
    return nearest_features(prepare_geometries(geometries), at_lonlat_deg=at_lonlat_deg, k=k, candidates=candidates)


def distances_below(
    prepared: PreparedGeometries, *, at_lonlat_deg: LonLat, limit_m: float, candidates: Candidates | None = None
) -> NearestPoints:
    """Return all features whose distance is smaller than a limit (m), in order; none is missing.

    Raises
    ------
    UsageError
        Where the position is not on the Earth.
    """
    if not prepared.shapes.size:
        return points_below(
            prepared.centre_xyz_m,
            prepared.lonlat_deg,
            at_lonlat_deg=at_lonlat_deg,
            limit_m=limit_m,
            candidates=_asked(prepared, candidates),
            blocks=prepared.blocks,
        )
    at_lonlat_deg = checked_position(at_lonlat_deg)
    index = np.flatnonzero(_usable(prepared, candidates))
    possible = chord_bounds_m(prepared, index, at_lonlat_deg=at_lonlat_deg) <= largest_chord_m(limit_m)
    return kept_below(measure_features(prepared, index[possible], at_lonlat_deg=at_lonlat_deg), limit_m=limit_m)


def features_within(
    prepared: PreparedGeometries, *, at_lonlat_deg: LonLat, cutoff_m: float, candidates: Candidates | None = None
) -> NearestPoints:
    """Return all features up to and including a cutoff (m), in order; none is missing.

    A position off the Earth raises UsageError.
    """
    above_m = float(np.nextafter(cutoff_m + ROUNDING_M, np.inf))  # as `is_within` has it
    return distances_below(prepared, at_lonlat_deg=at_lonlat_deg, limit_m=above_m, candidates=candidates)


def prepare_candidates(prepared: PreparedGeometries, candidates: BoolArray) -> Candidates:
    """Return candidates (n,) in the form that answers fastest where the same ones are asked for many times."""
    return candidates if prepared.blocks is None else mark_candidates(prepared.blocks, candidates)


def distance_to_all(prepared: PreparedGeometries, *, at_lonlat_deg: LonLat) -> FloatArray:
    """Return the exact distance to every feature, shape (n,), metres; infinity where unlocated.

    A position off the Earth raises UsageError.
    """
    distance_m = np.full(len(prepared), np.inf)
    index = np.flatnonzero(prepared.is_located)
    distance_m[index] = measure_features(prepared, index, at_lonlat_deg=checked_position(at_lonlat_deg)).straight_m
    return distance_m


def chord_bounds_m(prepared: PreparedGeometries, index: IntArray, *, at_lonlat_deg: LonLat) -> FloatArray:
    """Return for each feature of `index` a chord that none of its places falls below, metres, 0 at least."""
    step = prepared.centre_xyz_m[:, index] - position_xyz(at_lonlat_deg)[:, None]
    return np.asarray(np.maximum(np.sqrt((step * step).sum(axis=0)) - prepared.radius_m[index] - ROUNDING_M, 0.0))


def measure_features(prepared: PreparedGeometries, index: IntArray, *, at_lonlat_deg: LonLat) -> Measured:
    """Return the located features of `index` with exact distance, bearing and nearest place."""
    nearest_deg = prepared.lonlat_deg[index]
    with_edges = np.flatnonzero(prepared.shape_row[index] >= 0)
    if with_edges.size:
        row = prepared.shape_row[index[with_edges]]
        places_deg = np.broadcast_to(np.array(at_lonlat_deg), (row.size, 2))
        shape_m, nearest_deg[with_edges] = pair_distances(prepared, row, at_lonlat_deg=places_deg)
        straight_m, bearing_deg = distance_and_bearing(at_lonlat_deg, nearest_deg)
        straight_m[with_edges] = shape_m
    else:
        straight_m, bearing_deg = distance_and_bearing(at_lonlat_deg, nearest_deg)
    return Measured(index, straight_m, bearing_deg, nearest_deg)


def pair_distances(
    prepared: PreparedGeometries, row: IntArray, *, at_lonlat_deg: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return distance (m) and nearest place of pairs: shape row (q,) and place (q, 2)."""
    distance_m = np.zeros(row.size)
    nearest_deg = np.array(at_lonlat_deg)
    outside = np.flatnonzero(~_is_inside(prepared, row, at_lonlat_deg))
    if outside.size:
        places_deg = nearest_deg[outside]
        distance_m[outside], nearest_deg[outside] = distances_to_shapes(
            prepared.pieces, row[outside], at_xyz_m=lonlat_to_xyz(places_deg), at_lonlat_deg=places_deg
        )
    return distance_m, nearest_deg


def _is_inside(prepared: PreparedGeometries, row: IntArray, at_lonlat_deg: FloatArray) -> BoolArray:
    """Return whether the place of each pair lies in its shape, an area; the boundary is inside."""
    inside = np.zeros(row.size, dtype=np.bool_)
    in_box = _is_in_box(prepared.bounds_deg[row], at_lonlat_deg) & prepared.is_area[row]
    for turn_deg, boxed in zip(TURNS_DEG, in_box, strict=True):
        pair = np.flatnonzero(boxed)
        lon_deg, lat_deg = at_lonlat_deg[pair, 0] + turn_deg, at_lonlat_deg[pair, 1]
        inside[pair] |= shapely.intersects_xy(prepared.shapes[row[pair]], lon_deg, lat_deg)
    return inside


def _is_in_box(bounds_deg: FloatArray, at_lonlat_deg: FloatArray) -> BoolArray:
    """Return for each turn and pair whether the place lies in the box, shape (3, q)."""
    lon_deg = at_lonlat_deg[:, 0] + np.array(TURNS_DEG)[:, None]
    in_lat = (bounds_deg[:, 1] <= at_lonlat_deg[:, 1]) & (at_lonlat_deg[:, 1] <= bounds_deg[:, 3])
    return np.asarray((bounds_deg[:, 0] <= lon_deg) & (lon_deg <= bounds_deg[:, 2]) & in_lat)


def _asked(prepared: PreparedGeometries, candidates: Candidates | None) -> Candidates | None:
    """Return the candidates as a layer of points alone takes them: a tree holds only what has a place."""
    if prepared.blocks is not None or (candidates is None and prepared.is_located.all()):
        return candidates
    return _usable(prepared, candidates)


def _usable(prepared: PreparedGeometries, candidates: Candidates | None) -> BoolArray:
    """Return the candidates that have a place."""
    mask = plain_mask(candidates)
    return prepared.is_located if mask is None else mask & prepared.is_located


def _joined(one: Measured, other: Measured) -> Measured:
    return Measured(
        np.concatenate([one.index, other.index]),
        np.concatenate([one.straight_m, other.straight_m]),
        np.concatenate([one.bearing_deg, other.bearing_deg]),
        np.concatenate([one.nearest_lonlat_deg, other.nearest_lonlat_deg]),
    )
