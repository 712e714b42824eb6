"""The portions of edges inside an area, and the places where edges meet a line. Edges are straight in lon/lat."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import BoolArray, FloatArray, IntArray, ObjectArray
from geo_ems.queries.shared_shapes import is_holding
from geo_ems.routing.barrier_values import NO_PORTIONS, Portions, portions
from geo_ems.routing.edge_pieces import edges_allowed, edges_of, segment_ends, segments_near, shares_along
from geo_ems.routing.network import RoadNetwork

_ON_LINE_DEG = 1e-9  # a tenth of a millimetre: coordinates are not finer
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Meetings:
    """Where segments meet other segments: at the fraction `at` of `segment`, `at_other` of `other`.

    Where both lie on one line, `overlap` says from where to where of `segment` (o, 2) and `overlapping` which.
    """

    segment: IntArray
    at: FloatArray
    other: IntArray
    at_other: FloatArray
    overlapping: IntArray
    overlap: FloatArray


def portions_inside(network: RoadNetwork, area: BaseGeometry, *, allowed: BoolArray) -> Portions:
    """Return the portions of the allowed edges (mask over edges) inside an area, its boundary being inside.

    Edges are cut where they cross the boundary, holes are outside, and an edge that only touches
    the boundary is met at that point.
    """
    inside, near = segments_near(network, area)
    inside, inside_edge = edges_allowed(network, allowed, inside)
    near, _ = edges_allowed(network, allowed, near)
    counted = np.bincount(inside_edge, minlength=network.edge_count)
    whole_edge = counted == np.diff(network.first_vertex) - 1
    whole = np.flatnonzero(whole_edge & (counted > 0)).astype(np.int64)
    inside = inside[~whole_edge[inside_edge]]
    cut, cut_from, cut_to = _cut(network, area, near)
    segment = np.concatenate([inside, cut])
    from_fraction = np.concatenate([np.zeros(inside.size), cut_from])
    to_fraction = np.concatenate([np.ones(inside.size), cut_to])
    if not segment.size:
        return Portions(whole, np.zeros(whole.size), np.ones(whole.size))
    from_share = shares_along(network, segment, from_fraction)
    to_share = shares_along(network, segment, to_fraction)
    partly = portions(edges_of(network, segment), from_share, to_share)
    return Portions(
        np.concatenate([whole, partly.edge]),
        np.concatenate([np.zeros(whole.size), partly.from_share]),
        np.concatenate([np.ones(whole.size), partly.to_share]),
    )


def crossings(network: RoadNetwork, line: BaseGeometry, *, allowed: BoolArray) -> tuple[Portions, IntArray, FloatArray]:
    """Return where allowed edges cross or touch a line, and the place on the line: its segment and the fraction there.

    Edges that lie on the line are not crossed by it.
    """
    _, near = segments_near(network, line)
    near, edge = edges_allowed(network, allowed, near)
    if not near.size:
        return NO_PORTIONS, np.empty(0, dtype=np.int64), np.empty(0)
    line_deg = shapely.get_coordinates(line)
    met = meetings(*segment_ends(network, near), line_deg[:-1], line_deg[1:])
    share = shares_along(network, near[met.segment], met.at)
    return Portions(edge[met.segment], share, share), met.other, met.at_other


def meetings(start: FloatArray, end: FloatArray, other_start: FloatArray, other_end: FloatArray) -> Meetings:
    """Return where k segments meet m others, both given by their ends of shape (., 2)."""
    segment, other = shapely.STRtree(_lines(other_start, other_end)).query(_lines(start, end))
    step, other_step = (end - start)[segment], (other_end - other_start)[other]
    gap = other_start[other] - start[segment]
    turn = _cross(step, other_step)
    scale = np.hypot(*step.T) * np.hypot(*other_step.T)
    parallel = np.abs(turn) <= _ROUNDING * scale
    with np.errstate(divide="ignore", invalid="ignore"):
        at = _cross(gap, other_step) / turn
        at_other = _cross(gap, step) / turn
        aside_deg = np.abs(_cross(gap, step)) / np.hypot(*step.T)
        along = np.stack([np.sum(gap * step, axis=1), np.sum((gap + other_step) * step, axis=1)], axis=1)
        along /= np.sum(step * step, axis=1)[:, None]
    crossing = ~parallel & _is_share(at) & _is_share(at_other)
    along = np.clip(np.sort(along, axis=1), 0.0, 1.0)
    on_line = parallel & (aside_deg <= _ON_LINE_DEG) & (along[:, 1] > along[:, 0])
    return Meetings(
        segment[crossing],
        np.clip(at[crossing], 0.0, 1.0),
        other[crossing],
        np.clip(at_other[crossing], 0.0, 1.0),
        segment[on_line],
        along[on_line],
    )


def _cut(network: RoadNetwork, area: BaseGeometry, near: IntArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the parts of segments inside an area: segment, fraction from, fraction to."""
    if not near.size:
        return near, np.empty(0), np.empty(0)
    start, end = segment_ends(network, near)
    met = meetings(start, end, *_boundary_segments(area))
    every = np.arange(near.size)
    segment = np.concatenate([every, every, met.segment, met.overlapping, met.overlapping])
    at = np.concatenate([np.zeros(near.size), np.ones(near.size), met.at, met.overlap[:, 0], met.overlap[:, 1]])
    order = np.lexsort((at, segment))
    segment, at = segment[order], at[order]
    between = (segment[1:] == segment[:-1]) & (at[1:] > at[:-1])
    held, low, high = segment[:-1][between], at[:-1][between], at[1:][between]
    middle = start[held] + ((low + high) / 2.0)[:, None] * (end - start)[held]
    inside = is_holding(area, middle[:, 0], middle[:, 1])
    found = np.concatenate([held[inside], met.segment, met.overlapping])
    from_fraction = np.concatenate([low[inside], met.at, met.overlap[:, 0]])
    to_fraction = np.concatenate([high[inside], met.at, met.overlap[:, 1]])
    return near[found], from_fraction, to_fraction


def _lines(start: FloatArray, end: FloatArray) -> ObjectArray:
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=np.object_)


def _boundary_segments(area: BaseGeometry) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the segments of all rings of an area."""
    rings = shapely.get_rings(shapely.get_parts(area))
    lonlat_deg, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return lonlat_deg[:-1][same], lonlat_deg[1:][same]


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    product: FloatArray = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product


def _is_share(at: FloatArray) -> BoolArray:
    found: BoolArray = (at >= -_ROUNDING) & (at <= 1.0 + _ROUNDING)
    return found
