"""Areas round reached roads: the union of buffers round edge parts, so that what is not reached stays a hole.

Buffers are made in a plane of their own round each start (`local_plane`), arcs as inscribed polygons: an area never
goes farther from a reached road than the width asked, and up to 2 % less at the bends.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import FloatArray, IntArray, ObjectArray
from geo_ems.queries.parallel import processor_count
from geo_ems.routing.edge_parts import EdgeParts, lines_of, no_parts, part_coordinates, parts_beyond
from geo_ems.routing.local_plane import LocalPlane
from geo_ems.routing.network import RoadNetwork

_QUARTER_ARC_SEGMENTS: Final = 4
_TILE_M: Final = 2000.0
_SAMPLE_SHARE: Final = 0.2
_DEGREE_M: Final = 110_500.0  # the shortest degree of a meridian
_WORLD: Final = shapely.box(-180.0, -90.0, 180.0, 90.0)


def nested_areas(
    network: RoadNetwork, parts: Sequence[EdgeParts], *, buffer_m: float, lon_deg: float
) -> list[BaseGeometry]:
    """Return an area in the plane of the meridian `lon_deg` for each of `parts`, each list holding the one before.

    So the area of a larger break contains that of a smaller one; an empty polygon where nothing is reached.
    """
    plane = LocalPlane(lon_deg)
    areas: list[BaseGeometry] = []
    before = no_parts()
    area: BaseGeometry = shapely.Polygon()
    for some in parts:
        more = _buffered(network, parts_beyond(some, before), plane, buffer_m)
        area = more if area.is_empty else area.union(more)
        areas.append(area)
        before = some
    return areas


def _buffered(network: RoadNetwork, parts: EdgeParts, plane: LocalPlane, buffer_m: float) -> BaseGeometry:
    """Return the union of buffers: tile by tile in threads, as the geometry library lets other threads run."""
    if not len(parts):
        return shapely.Polygon()
    lonlat_deg, owner = part_coordinates(network, parts)
    xy_m = plane.to_plane(lonlat_deg)
    lines = lines_of(xy_m, owner)
    first = np.flatnonzero(np.concatenate([[True], np.diff(owner) > 0]))
    tile = np.floor(xy_m[first] / _TILE_M).astype(np.int64)
    order = np.lexsort((tile[:, 1], tile[:, 0]))
    changes = np.flatnonzero((np.diff(tile[order], axis=0) != 0).any(axis=1)) + 1

    def joined(rows: IntArray) -> BaseGeometry:
        together = shapely.MultiLineString(list(lines[rows]))
        return together.buffer(buffer_m, quad_segs=_QUARTER_ARC_SEGMENTS)

    with ThreadPoolExecutor(processor_count()) as pool:
        tiles = list(pool.map(joined, np.split(order, changes)))
    whole: BaseGeometry = shapely.union_all(np.array(tiles, dtype=np.object_))
    return whole


def disc(geometry: BaseGeometry, radius_m: float, *, lon_deg: float) -> BaseGeometry:
    """Return what lies within a radius of a lon/lat geometry, in the plane of a meridian; circles have 128 corners."""
    return shapely.transform(geometry, LocalPlane(lon_deg).to_plane).buffer(radius_m, quad_segs=32)


def to_lonlat(area: BaseGeometry, *, lon_deg: float) -> BaseGeometry:
    """Return an area of the plane of the meridian `lon_deg` in lon/lat, cut at 180 degrees (RFC 7946, 3.1.9)."""
    placed = _valid(shapely.transform(area, LocalPlane(lon_deg).to_lonlat))
    west, _, east, _ = placed.bounds if not placed.is_empty else (0.0, 0.0, 0.0, 0.0)
    if west >= -180.0 and east <= 180.0:  # noqa: PLR2004 degrees
        return placed
    turned = [_moved(placed, turn_deg) for turn_deg in (-360.0, 0.0, 360.0)]
    return polygons_of(shapely.union_all([shapely.intersection(part, _WORLD) for part in turned]))


def _valid(area: BaseGeometry) -> BaseGeometry:
    """Return polygons after a transformation: its rounding may make corners meet that lay a nanometre apart."""
    return area if area.is_valid else polygons_of(shapely.make_valid(area))


def polygons_of(geometry: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry alone: cutting may leave lines and points beside them."""
    found = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return geometry
    nested = [part for part in shapely.get_parts(geometry) if part.geom_type == "MultiPolygon"]
    found += [polygon for part in nested for polygon in part.geoms]
    return shapely.union_all(found) if found else shapely.Polygon()


def _moved(geometry: BaseGeometry, by_deg: float) -> BaseGeometry:
    return shapely.transform(geometry, lambda lonlat_deg: lonlat_deg + np.array([by_deg, 0.0]))


def without_overlaps(
    network: RoadNetwork, areas: Sequence[BaseGeometry], parts: Sequence[EdgeParts], *, buffer_m: float
) -> list[BaseGeometry]:
    """Return lon/lat areas of several starts so that no two overlap: where buffers meet, the nearer road decides.

    `parts` are those that each area was made of, no two having a piece of road in common. Nearness is measured
    to places a fifth of the width apart along the roads; of equally near ones the first has it.
    """
    held = np.array(areas, dtype=np.object_)
    tree = shapely.STRtree(held)
    left, right = tree.query(held, predicate="intersects")
    pairs = left < right
    shared = shapely.intersection(held[left[pairs]], held[right[pairs]])
    overlap = polygons_of(shapely.union_all(shared)) if shared.size else shapely.Polygon()
    if overlap.area == 0.0:
        return list(areas)
    given: dict[int, list[BaseGeometry]] = {}
    boxes = {
        int(row): _boxes_deg(network, parts[row]) for row in np.unique(np.concatenate([left[pairs], right[pairs]]))
    }
    for piece in shapely.get_parts(overlap):
        near = _box_round(piece, buffer_m)
        covering = [
            (row, _taken(parts[row], boxes[row].query(near)))
            for row in np.sort(tree.query(piece, predicate="intersects")).tolist()
            if row in boxes
        ]
        for start, part in _shared_out(network, piece, covering, buffer_m):
            given.setdefault(start, []).append(part)
    found = list(areas)
    for start in np.unique(np.concatenate([left[pairs], right[pairs]])).tolist():
        rest = polygons_of(shapely.difference(held[start], overlap))
        found[start] = polygons_of(shapely.union_all([rest, *given.get(start, [])]))
    return found


def _shared_out(
    network: RoadNetwork, piece: BaseGeometry, covering: Sequence[tuple[int, EdgeParts]], buffer_m: float
) -> list[tuple[int, BaseGeometry]]:
    """Return which start gets which part of a piece that several cover: by the nearest place on a road."""
    plane = LocalPlane(float(np.mean(shapely.bounds(piece)[[0, 2]])))
    piece_m = _valid(shapely.transform(piece, plane.to_plane))
    near_m = shapely.box(*piece_m.bounds).buffer(1.5 * buffer_m)
    places: list[FloatArray] = []
    owners: list[IntArray] = []
    for start, some in covering:
        lonlat_deg, owner = part_coordinates(network, some)
        if owner.size:
            lines = lines_of(plane.to_plane(lonlat_deg), owner)
            lines = shapely.intersection(lines[shapely.intersects(lines, near_m)], near_m)
            samples = shapely.get_coordinates(shapely.segmentize(lines, _SAMPLE_SHARE * buffer_m))
            places.append(np.round(samples, 3))
            owners.append(np.full(len(samples), start))
    kept_m, first = np.unique(np.concatenate(places), axis=0, return_index=True)
    cell_owner = np.concatenate(owners)[first]
    if np.unique(cell_owner).size == 1:
        return [(int(cell_owner[0]), piece)]
    cells = _nearest_cells(kept_m, margin_m=20.0 * buffer_m)
    found = []
    # Each takes of what is left, so that nothing is given twice whatever the rounding.
    for start in np.unique(cell_owner)[:-1].tolist():
        ground = shapely.coverage_union_all(cells[cell_owner == start])
        own = polygons_of(shapely.intersection(shapely.make_valid(ground), piece_m))
        piece_m = polygons_of(shapely.difference(piece_m, own))
        found.append((start, own))
    found.append((int(cell_owner.max()), piece_m))
    return [(start, _valid(shapely.transform(own, plane.to_lonlat))) for start, own in found if not own.is_empty]


def _nearest_cells(places_m: FloatArray, *, margin_m: float) -> ObjectArray:
    """Return for each place, shape (n, 2), the polygon of all that is nearer to it than to the others."""
    from scipy.spatial import Voronoi  # noqa: PLC0415 - only areas that meet are shared out

    low, high = places_m.min(axis=0), places_m.max(axis=0)
    middle, size = (low + high) / 2.0, float((high - low).max()) + margin_m
    # Four places far outside close the cells at the rim.
    corners = middle + size * np.array([(-3.0, 0.0), (3.0, 0.0), (0.0, -3.0), (0.0, 3.0)])
    diagram = Voronoi(np.concatenate([places_m, corners]) - middle)
    regions = [diagram.regions[diagram.point_region[place]] for place in range(len(places_m))]
    return np.array([shapely.Polygon(diagram.vertices[region] + middle) for region in regions], dtype=np.object_)


def _box_round(piece: BaseGeometry, buffer_m: float) -> BaseGeometry:
    """Return the box of a piece with a margin in which the nearest road of every place of it lies."""
    west, south, east, north = piece.bounds
    margin_deg = 3.0 * buffer_m / _DEGREE_M
    slack_deg = margin_deg / max(float(np.cos(np.radians(max(abs(south), abs(north))))), 0.01)
    return shapely.box(west - slack_deg, south - margin_deg, east + slack_deg, north + margin_deg)


def _boxes_deg(network: RoadNetwork, parts: EdgeParts) -> shapely.STRtree:
    """Return an index of the boxes of parts."""
    lonlat_deg, owner = part_coordinates(network, parts)
    low, high = np.full((len(parts), 2), np.inf), np.full((len(parts), 2), -np.inf)
    np.minimum.at(low, owner, lonlat_deg)
    np.maximum.at(high, owner, lonlat_deg)
    return shapely.STRtree(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))


def _taken(parts: EdgeParts, rows: IntArray) -> EdgeParts:
    rows = np.sort(rows)
    return EdgeParts(parts.edge[rows], parts.from_share[rows], parts.to_share[rows])
