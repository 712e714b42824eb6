"""What a line that is drawn on the map meets: the stretches of road it runs along, and the roads it crosses."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import BoolArray, FloatArray, ObjectArray
from geo_ems.routing.barrier_values import LINE_TOLERANCE_M, NO_PORTIONS, Portions, joined
from geo_ems.routing.edge_pieces import metres_per_degree, places_along
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.shape_portions import crossings, portions_inside

_ALONG_SHARE = 0.8
"""A stretch runs along a line where it gets on along it by this share of its own length, so within 37 degrees."""


@dataclass(frozen=True, slots=True)
class LineActs:
    """The portions that a line runs along, and the points at which it crosses edges."""

    along: Portions
    across: Portions


def line_acts(network: RoadNetwork, geometry: BaseGeometry, *, allowed: BoolArray) -> LineActs:
    """Return what a line, or several, act on among the allowed edges (mask over edges).

    It acts along roads within `LINE_TOLERANCE_M`, and at each place where it crosses one. Bits of less
    than that length, as where a hand drew a little beyond a junction, do not count beside longer ones, nor
    do crossings at the ends of a line that runs along a road there.
    """
    acts = [_one_line(network, line, allowed=allowed) for line in shapely.get_parts(geometry)]
    return LineActs(joined([each.along for each in acts]), joined([each.across for each in acts]))


def _one_line(network: RoadNetwork, line: BaseGeometry, *, allowed: BoolArray) -> LineActs:
    scale_m = metres_per_degree(np.array([np.mean(shapely.bounds(line)[1::2])]))[0]
    line_m = shapely.transform(line, lambda lonlat_deg: lonlat_deg * scale_m)
    if not line_m.length > 0.0:
        return LineActs(NO_PORTIONS, NO_PORTIONS)
    along, from_m, to_m = _followed(network, line_m, scale_m, allowed=allowed)
    across, segment, fraction = crossings(network, line, allowed=allowed)
    step_m = np.hypot(*np.diff(shapely.get_coordinates(line_m), axis=0).T)
    at_m = (np.cumsum(step_m) - step_m)[segment] + fraction * step_m[segment]
    dropped = np.zeros(len(across), dtype=np.bool_)
    if len(along) and not shapely.is_closed(line):
        if from_m.min() <= LINE_TOLERANCE_M:
            dropped |= at_m <= LINE_TOLERANCE_M
        if to_m.max() >= line_m.length - LINE_TOLERANCE_M:
            dropped |= at_m >= line_m.length - LINE_TOLERANCE_M
    return LineActs(along, across.taken(~dropped))


def _followed(
    network: RoadNetwork, line_m: BaseGeometry, scale_m: FloatArray, *, allowed: BoolArray
) -> tuple[Portions, FloatArray, FloatArray]:
    """Return the portions that run along the line, and from where to where on it (metres)."""
    beside_m = shapely.buffer(line_m, LINE_TOLERANCE_M, cap_style="flat")
    beside = shapely.transform(beside_m, lambda xy_m: xy_m / scale_m)
    near = portions_inside(network, beside, allowed=allowed)
    near = near.taken(near.to_share > near.from_share)
    if not len(near):
        return NO_PORTIONS, np.empty(0), np.empty(0)
    ends_m = [
        shapely.line_locate_point(np.array([line_m]), _points(places_along(network, near.edge, share)[0] * scale_m))
        for share in (near.from_share, near.to_share)
    ]
    length_m = near.lengths_m(network)
    from_m, to_m = np.minimum(*ends_m), np.maximum(*ends_m)
    kept = to_m - from_m >= _ALONG_SHARE * length_m
    is_long = (length_m >= LINE_TOLERANCE_M) | ((near.from_share <= 0.0) & (near.to_share >= 1.0))
    if (kept & is_long).any():
        kept &= is_long
    return near.taken(kept), from_m[kept], to_m[kept]


def _points(xy_m: FloatArray) -> ObjectArray:
    return np.asarray(shapely.points(xy_m), dtype=np.object_)
