"""One arrival in full: its parts in seconds and metres, what it meets and goes round, its route."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.answers import Arrival, BarrierMet, TravelledRoute, Turn
from geo_ems.model.columns import IntArray
from geo_ems.model.roads import Policy
from geo_ems.queries.ellipsoid import ROUNDING_M, LonLat
from geo_ems.routing.effects import BarrierEffects
from geo_ems.routing.network import Int32Array
from geo_ems.routing.routes import Parts, Route, measured, trace
from geo_ems.routing.search import Way
from geo_ems.routing.snapping import Attachments
from geo_ems.services.arrival_barriers import RoadNames, barriers_met
from geo_ems.services.arrival_travel import Found, Travel
from geo_ems.services.barrier_question import Acting
from geo_ems.services.turnout import Turnouts

_TOUCHING_DEG = 1e-6  # a way that ends at the edge of an area does not lead through it
_DECIMALS = 3  # a millimetre, a millisecond: parts still add up as they are told


@dataclass(frozen=True, slots=True)
class Detour:
    """The closures on the way that would be taken without any barrier, and the total that would have."""

    closures: tuple[BarrierMet, ...]
    free_total: float


@dataclass(frozen=True)
class Arriving:
    """What the rows of an answer are made from: the ways there are, and those there would be without any barrier."""

    travel: Travel
    acting: Acting
    turnouts: Turnouts
    names: RoadNames
    free: Travel | None
    hazards: tuple[BaseGeometry, ...]
    cutoff: float | None
    include_route: bool
    at_lonlat_deg: LonLat

    def arrival(self, found: Found, straight_m: float, *, detour: Detour | None) -> Arrival:
        """Return what is told of one result that has a way."""
        travel, row = self.travel, found.row
        turnout_s = float(self.turnouts.turnout_s[row])
        parts = self._parts(found)
        access_s, egress_s = parts.access_m / travel.manner.access_mps, parts.egress_m / travel.manner.access_mps
        total_s = turnout_s + parts.delay_s + access_s + parts.network_s + egress_s
        beyond_m, edge_s = None, None
        if travel.target_area >= 0 and found.way is not None:
            beyond_m = parts.egress_m if travel.coming else parts.access_m
            edge_s = total_s - egress_s if travel.coming else turnout_s + access_s
        point = int(travel.joined.point_of[row])
        own = travel.joined.points
        snap_m = float(own.straight_m[own.first[point] : own.first[point + 1]].min(initial=np.inf))
        return Arrival(
            total_s=_rounded(total_s),
            turnout_s=_rounded(turnout_s),
            turnout_assumed=bool(self.turnouts.is_assumed[row]),
            delay_s=_rounded(parts.delay_s),
            access_s=_rounded(access_s),
            network_s=_rounded(parts.network_s),
            egress_s=_rounded(egress_s),
            travel_s=_rounded(access_s + parts.network_s + egress_s),
            distance_m=_rounded(parts.distance_m),
            access_m=_rounded(parts.access_m),
            egress_m=_rounded(parts.egress_m),
            snap_m=_rounded(snap_m) if np.isfinite(snap_m) else None,
            detour_ratio=_rounded(parts.distance_m / straight_m) if straight_m > ROUNDING_M else None,
            edge_arrival_s=None if edge_s is None else _rounded(edge_s),
            beyond_edge_m=None if beyond_m is None else _rounded(beyond_m),
            within_cutoff=None if self.cutoff is None else True,
            barriers_met=() if found.way is None else self._met(found.way, parts),
            goes_round=() if detour is None else detour.closures,
            way="direct" if found.way is None else "road",
            has_ferry=parts.has_ferry,
            route=self._route(found) if self.include_route else None,
        )

    def unreached(self, row: int) -> Arrival:
        """Return what is told of a feature that is listed without any open way: how soon it leaves, and no more."""
        return Arrival(
            total_s=None,
            turnout_s=_rounded(float(self.turnouts.turnout_s[row])),
            turnout_assumed=bool(self.turnouts.is_assumed[row]),
            delay_s=None,
            access_s=None,
            network_s=None,
            egress_s=None,
            travel_s=None,
            distance_m=None,
            access_m=None,
            egress_m=None,
            snap_m=None,
            detour_ratio=None,
            edge_arrival_s=None,
            beyond_edge_m=None,
            within_cutoff=None,
            barriers_met=(),
            goes_round=(),
            way="none",
        )

    def told(self, found: Found) -> tuple[float, float]:
        """Return the seconds until a feature arrives, turnout included, and the metres of its way."""
        parts = self._parts(found)
        turnout_s = float(self.turnouts.turnout_s[found.row])
        straight_s = (parts.access_m + parts.egress_m) / self.travel.manner.access_mps
        return _rounded(turnout_s + parts.delay_s + parts.network_s + straight_s), _rounded(parts.distance_m)

    def closures_on_free_ways(self, rows: IntArray) -> dict[int, Detour]:
        """Return by row the closures on the way that would be taken without any barrier; only where there are some."""
        if self.free is None or not rows.size:
            return {}
        met = {}
        for row, found in self.free.found(rows).items():
            if found.way is None:
                continue
            own, target = self.free.joined.points, self.free.target
            starts, ends = (own, target) if self.free.coming else (target, own)
            parts = measured(self.travel.network, self.travel.costs, found.way, starts=starts, ends=ends)
            closures = [place for place in parts.barriers_met if place in self._closed]
            if closures:
                met[row] = Detour(self._named(found.way, closures), found.total)
        return met

    def passes_hazard(self, found: Found) -> bool:
        """Return whether a way on the road leads through an active hazard area."""
        if found.way is None or not self.hazards:
            return False
        line = self._traced(found.way).line
        inside_deg = [shapely.length(shapely.intersection(area, line)) for area in self.hazards]
        return bool(max(inside_deg) > _TOUCHING_DEG)

    @cached_property
    def _closed(self) -> frozenset[int]:
        barriers = enumerate(self.acting.barriers)
        return frozenset(place for place, barrier in barriers if barrier.policy == Policy.CLOSED)

    @property
    def _ends(self) -> tuple[Attachments, Attachments]:
        own, target = self.travel.joined.points, self.travel.target
        return (own, target) if self.travel.coming else (target, own)

    def _parts(self, found: Found) -> Parts:
        if found.way is None:  # straight, inside the same closed area
            metres = float(self.travel.inside_m[found.row])
            return Parts(metres, 0.0, 0.0, 0.0, 0.0, (), has_ferry=False)
        starts, ends = self._ends
        return measured(self.travel.network, self.travel.costs, found.way, starts=starts, ends=ends)

    def _traced(self, way: Way) -> Route:
        starts, ends = self._ends
        return trace(self.travel.network, self.travel.costs, way, starts=starts, ends=ends)

    def _met(self, way: Way, parts: Parts) -> tuple[BarrierMet, ...]:
        return self._named(way, parts.barriers_met)

    def _named(self, way: Way, places: Iterable[int]) -> tuple[BarrierMet, ...]:
        network = self.travel.network
        edges = network.modes[self.travel.manner.mode].edge[way.arcs]
        met = [(place, _first_edge(self.acting.effects, place, edges)) for place in places]
        return barriers_met(self.acting, network, self.names, met)

    def _route(self, found: Found) -> TravelledRoute:
        place = self.at_lonlat_deg
        own = tuple(self.travel.joined.points.point_lonlat_deg[self.travel.joined.point_of[found.row]].tolist())
        start, end = (own, place) if self.travel.coming else (place, own)
        if found.way is None:
            return TravelledRoute(shapely.LineString([start, end]), ())
        route = self._traced(found.way)
        places = [start, *route.line.coords, end]
        line = [here for here, before in zip(places, [None, *places], strict=False) if here != before]
        turns = tuple(
            Turn(
                str(step.turn),
                step.road_id,
                self.names.name(step.road_id),
                _rounded(step.length_m),
                step.at_lonlat_deg,
                step.is_ferry,
            )
            for step in route.steps
        )
        return TravelledRoute(shapely.LineString(line if len(line) > 1 else [start, end]), _as_driven(turns))


def _as_driven(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return the turns as one tells them: what goes straight on along a road of the same name is one stretch."""
    told: list[Turn] = []
    for turn in turns:
        last = told[-1] if told else None
        if last is not None and last.road is not None and last.road == turn.road and turn.turn == "straight":
            told[-1] = replace(last, distance_m=_rounded(last.distance_m + turn.distance_m))
        else:
            told.append(turn)
    return tuple(told)


def _first_edge(effects: BarrierEffects, place: int, edges: Int32Array) -> int:
    """Return the first edge of a way that a barrier acts on."""
    own = effects.edge[effects.barrier == place]
    on_way = edges[np.isin(edges, own)]
    return int(on_way[0] if on_way.size else own[0])


def _rounded(value: float) -> float:
    return round(value, _DECIMALS)
