"""What barriers do to the edges of a network: points, lines and areas that close, slow down or delay.

Points act on the nearest edge, lines along the roads they follow and where they cross others, areas on
all that lies inside in plan (bridges above too), unless a barrier names the road it is limited to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import BoolArray, FloatArray, ObjectArray
from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.barrier_values import NO_PORTIONS, POINT_TOLERANCE_M, Barrier, Portions, Sense, joined
from geo_ems.routing.edge_pieces import (
    edges_allowed,
    metres_per_degree,
    places_along,
    segment_ends,
    segments_in_box,
    shares_along,
)
from geo_ems.routing.effects import BarrierEffects
from geo_ems.routing.line_portions import line_acts
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.shape_portions import portions_inside

_TIED_M = 0.01
_BOTH, _ALONG, _AGAINST = 0, 1, -1
_SENSES = {Sense.BOTH: _BOTH, Sense.FORWARD: _ALONG, Sense.BACKWARD: _AGAINST}
_POINT_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class BarrierActs:
    """What one barrier does to a network in one mode: p portions, as `BarrierEffects` holds them.

    It depends on the barrier and the network alone, so it is found once and kept.
    """

    at: Portions
    sense: NDArray[np.int8]
    factor: FloatArray
    delay_s: FloatArray
    area: BaseGeometry | None

    @property
    def edges_hit(self) -> int:
        """Return how many edges it acts on."""
        return int(np.unique(self.at.edge).size)


def effects_of(network: RoadNetwork, barriers: Sequence[Barrier], *, mode: Mode) -> BarrierEffects:
    """Return what barriers do to those who move in a mode."""
    return combined(barriers, [acts_of(network, barrier, mode=mode) for barrier in barriers])


def combined(barriers: Sequence[Barrier], acts: Sequence[BarrierActs]) -> BarrierEffects:
    """Return the effects of b barriers of which it is known what each does, in their order."""
    areas: ObjectArray = np.empty(len(acts), dtype=np.object_)
    areas[:] = [each.area for each in acts]
    counts = [len(each.at) for each in acts]
    none = _acts(NO_PORTIONS, sense=_BOTH, factor=1.0, delay_s=0.0)
    every = [none, *acts]
    return BarrierEffects(
        edge=np.concatenate([each.at.edge for each in every]).astype(np.int32),
        from_share=np.concatenate([each.at.from_share for each in every]),
        to_share=np.concatenate([each.at.to_share for each in every]),
        sense=np.concatenate([each.sense for each in every]),
        factor=np.concatenate([each.factor for each in every]),
        delay_s=np.concatenate([each.delay_s for each in every]),
        barrier=np.repeat(np.arange(len(acts), dtype=np.int32), counts),
        barrier_ids=tuple(barrier.id for barrier in barriers),
        area=areas,
    )


def acts_of(network: RoadNetwork, barrier: Barrier, *, mode: Mode) -> BarrierActs:
    """Return what one barrier does in a mode: nothing where it is for another mode, ignored, or meets no road.

    A slow barrier at a point slows the whole edge, from one junction to the next. The delay of a line
    along a road, or of a whole road, is spread over its length; that of an area is paid on entering it.
    """
    if barrier.policy is Policy.IGNORE or mode not in barrier.modes:
        return _acts(NO_PORTIONS, sense=_BOTH, factor=1.0, delay_s=0.0)
    in_mode = network.modes[mode]
    allowed: BoolArray = np.diff(in_mode.first_of_edge) > 0
    if barrier.road_id is not None:
        allowed = allowed & _of_road(network, barrier.road_id)
    shape = None if barrier.geometry is None or barrier.geometry.is_empty else barrier.geometry
    if shape is not None:
        found = _acts_in_place(network, barrier, shape, allowed)
        if len(found.at) or barrier.road_id is None:
            return found
    if barrier.road_id is None:
        return _acts(NO_PORTIONS, sense=_BOTH, factor=1.0, delay_s=0.0)
    edge = np.flatnonzero(allowed).astype(np.int64)
    return _along(network, barrier, Portions(edge, np.zeros(edge.size), np.ones(edge.size)))


def _acts_in_place(network: RoadNetwork, barrier: Barrier, shape: BaseGeometry, allowed: BoolArray) -> BarrierActs:
    match shape.geom_type:
        case "Point" | "MultiPoint":
            at = joined(
                [_nearest(network, shapely.get_coordinates(part), allowed) for part in shapely.get_parts(shape)]
            )
            return _at_points(network, barrier, at)
        case "LineString" | "MultiLineString" | "LinearRing":
            acts = line_acts(network, shape, allowed=allowed)
            if barrier.policy is Policy.CLOSED:
                return _along(network, barrier, joined([acts.along, acts.across]))
            if len(acts.along):
                return _along(network, barrier, acts.along)
            return _at_points(network, barrier, acts.across)
        case _:
            shape = _sound_area(shape)
            inside = portions_inside(network, shape, allowed=allowed)
            if barrier.policy is Policy.DELAY:
                return _on_entering(network, barrier, inside)
            closes = barrier.policy is Policy.CLOSED
            inside = _without_touched_ends(inside) if closes else _with_length(inside)
            whole = closes and barrier.road_id is None and barrier.towards_deg is None and barrier.sense is Sense.BOTH
            return _dealt(network, barrier, inside, delay_s=0.0, area=shape if whole else None)


def _with_length(at: Portions) -> Portions:
    return at.taken(at.to_share - at.from_share > _POINT_SHARE)


def _without_touched_ends(inside: Portions) -> Portions:
    """Return what an area closes: a road that only ends on its boundary is open to its end."""
    start, end = inside.from_share, inside.to_share
    start, end = np.where(start <= _POINT_SHARE, 0.0, start), np.where(end >= 1.0 - _POINT_SHARE, 1.0, end)
    at_an_end = (end <= _POINT_SHARE) | (start >= 1.0 - _POINT_SHARE)
    return Portions(inside.edge, start, end).taken(~at_an_end)


def _sound_area(area: BaseGeometry) -> BaseGeometry:
    """Return an area whose rings do not cross each other: a drawn one may."""
    if area.is_valid:
        return area
    parts = shapely.get_parts(shapely.make_valid(area))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004 areas, not leftover lines


def _nearest(network: RoadNetwork, lonlat_deg: FloatArray, allowed: BoolArray) -> Portions:
    """Return the nearest place to a point, shape (1, 2), on an allowed edge; on several that tie, as at a junction."""
    scale_m = metres_per_degree(lonlat_deg[:, 1])[0]
    reach_deg = POINT_TOLERANCE_M / np.maximum(scale_m, 1.0)
    segment = segments_in_box(network, np.concatenate([lonlat_deg[0] - reach_deg, lonlat_deg[0] + reach_deg]))
    segment, edge = edges_allowed(network, allowed, segment)
    if not segment.size:
        return NO_PORTIONS
    start_deg, end_deg = segment_ends(network, segment)
    start_m, step_m = (start_deg - lonlat_deg) * scale_m, (end_deg - start_deg) * scale_m
    square = np.sum(step_m * step_m, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.where(square > 0.0, -np.sum(start_m * step_m, axis=1) / square, 0.0)
    fraction = np.clip(fraction, 0.0, 1.0)
    distance_m = np.hypot(*(start_m + fraction[:, None] * step_m).T)
    nearest_m = distance_m.min()
    if nearest_m > POINT_TOLERANCE_M:
        return NO_PORTIONS
    tied = np.flatnonzero(distance_m <= nearest_m + _TIED_M)
    tied = tied[np.lexsort((distance_m[tied], edge[tied]))]
    tied = tied[np.append(True, np.diff(edge[tied]) > 0)]  # one place per edge, its nearest
    share = shares_along(network, segment[tied], fraction[tied])
    return Portions(edge[tied], share, share)


def _at_points(network: RoadNetwork, barrier: Barrier, at: Portions) -> BarrierActs:
    if barrier.policy is Policy.SLOW:  # a point has no length to be slow on: the road to the junctions has
        edge = np.unique(at.edge)
        at = Portions(edge, np.zeros(edge.size), np.ones(edge.size))
    return _dealt(network, barrier, at, delay_s=barrier.delay_s)


def _along(network: RoadNetwork, barrier: Barrier, at: Portions) -> BarrierActs:
    length_m = at.lengths_m(network)
    total_m = length_m.sum()
    delay_s = barrier.delay_s * (length_m / total_m if total_m > 0.0 else np.zeros(len(at)))
    return _dealt(network, barrier, at, delay_s=delay_s)


def _on_entering(network: RoadNetwork, barrier: Barrier, inside: Portions) -> BarrierActs:
    """Return the delay of an area as paid where a road leads into it: at the start of a portion, or at its end."""
    entered = _with_length(inside)
    along = entered.taken(entered.from_share > 0.0)
    against = entered.taken(entered.to_share < 1.0)
    at = Portions(
        np.concatenate([along.edge, against.edge]),
        np.concatenate([along.from_share, against.to_share]),
        np.concatenate([along.from_share, against.to_share]),
    )
    sense = np.repeat(np.array([_ALONG, _AGAINST], dtype=np.int8), [len(along), len(against)])
    meant = _senses(network, barrier, at)
    kept = (meant == _BOTH) | (meant == sense)
    return _acts(at.taken(kept), sense=sense[kept], factor=1.0, delay_s=barrier.delay_s)


def _dealt(
    network: RoadNetwork,
    barrier: Barrier,
    at: Portions,
    *,
    delay_s: float | FloatArray,
    area: BaseGeometry | None = None,
) -> BarrierActs:
    sense = _senses(network, barrier, at)
    match barrier.policy:
        case Policy.CLOSED:
            return _acts(at, sense=sense, factor=np.inf, delay_s=0.0, area=area)
        case Policy.SLOW:
            return _acts(at, sense=sense, factor=barrier.factor, delay_s=0.0)
        case _:
            return _acts(at, sense=sense, factor=1.0, delay_s=delay_s)


def _senses(network: RoadNetwork, barrier: Barrier, at: Portions) -> NDArray[np.int8]:
    """Return for which travel a barrier acts on each portion."""
    if barrier.towards_deg is None or not len(at):
        return np.full(len(at), _SENSES[barrier.sense] if barrier.towards_deg is None else _BOTH, dtype=np.int8)
    _, step_m = places_along(network, at.edge, (at.from_share + at.to_share) / 2.0)
    towards = np.radians(barrier.towards_deg)
    gets_on_m = step_m[:, 0] * np.sin(towards) + step_m[:, 1] * np.cos(towards)
    return np.where(gets_on_m >= 0.0, _ALONG, _AGAINST).astype(np.int8)


def _of_road(network: RoadNetwork, road_id: str) -> BoolArray:
    """Return which edges belong to a road."""
    road = np.flatnonzero(network.road_ids == road_id)
    of_road: BoolArray = np.isin(network.edge_road, road)
    return of_road


def _acts(
    at: Portions,
    *,
    sense: int | NDArray[np.int8],
    factor: float,
    delay_s: float | FloatArray,
    area: BaseGeometry | None = None,
) -> BarrierActs:
    count = len(at)
    return BarrierActs(
        at,
        np.broadcast_to(np.asarray(sense, dtype=np.int8), (count,)),
        np.full(count, factor),
        np.broadcast_to(np.asarray(delay_s, dtype=np.float64), (count,)),
        area,
    )
