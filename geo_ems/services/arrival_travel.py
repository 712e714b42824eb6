"""Ways between a place and the features of a layer: what is found out once is kept for the next question.

A question searches from the place and ends with the k-th feature. What the search stops short of (whether a
feature farther off is reachable at all) is known from which part of the network the place is on; that is kept too.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from geo_ems.catalogue.layer_snapshot import LayerSnapshot
from geo_ems.catalogue.recent import Recent
from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.queries.areas import representative_points
from geo_ems.queries.ellipsoid import LonLat, geodesic_m
from geo_ems.routing.costs import Costs, costs_of
from geo_ems.routing.effects import BarrierEffects
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.search import (
    Arrivals,
    Origins,
    Reached,
    Way,
    cost_at,
    nearest_arrivals,
    prepare_origins,
    reached_from,
)
from geo_ems.routing.snapping import BESIDE_MAIN_WITHIN_M, MAIN_NETWORK_WITHIN_M, Attachments, attach
from geo_ems.services.arrival_closures import Closures

_KEPT_COSTS: Final = 8
_costs = Recent(_KEPT_COSTS)
_FEW: Final = 200
_LAST: Final = "last"


@dataclass(frozen=True, slots=True)
class Manner:
    """How one travels: mode, what is minimised, which way, and how fast beside the road."""

    mode: Mode
    metric: Metric
    direction: Direction
    access_speed_kmh: float

    @property
    def access_mps(self) -> float:
        """Return metres a second beside the road."""
        return self.access_speed_kmh / 3.6


@dataclass(frozen=True, slots=True)
class Priced:
    """The costs of a network under some barriers, and what is known of its parts."""

    costs: Costs
    closures: Closures


@dataclass(frozen=True, slots=True)
class Joined:
    """Where the features of a layer join the network: point i is the feature `rows[i]`, all of them located."""

    rows: IntArray
    points: Attachments
    origins: Origins
    point_of: IntArray
    effects: BarrierEffects | None


@dataclass(frozen=True, slots=True)
class Found:
    """One feature with its total (seconds or metres by the metric) and its way; no way inside the same closed area."""

    row: int
    total: float
    way: Way | None


def priced(network: RoadNetwork, manner: Manner, effects: BarrierEffects | None) -> Priced:
    """Return the costs of a network under barriers, kept for the next question."""
    key = (id(network.modes[manner.mode]), manner.metric, manner.access_speed_kmh, id(effects))

    def make() -> Priced:
        costs = costs_of(network, manner.mode, manner.metric, effects, access_speed_kmh=manner.access_speed_kmh)
        return Priced(costs, Closures(network, costs))  # costs hold arcs and effects, so no id is used again

    return _costs.get(key, make)


def joined(network: RoadNetwork, snapshot: LayerSnapshot, manner: Manner, costs: Costs) -> Joined:
    """Return where the features of a layer join the network, kept with the layer."""
    key = ("joined", network.key, manner, id(costs.effects))
    # As it was before some of them moved; it holds the effects, so the id is not used again.
    last = snapshot.joined_before.get(key, dict[str, Joined])

    def make() -> Joined:
        rows, lonlat_deg = snapshot.travelled.get("places", lambda: _places(snapshot))
        before = last.get(_LAST)
        points = _attached(network, costs, lonlat_deg, before=None if before is None else before.points)
        origins = prepare_origins(network, costs, points, direction=manner.direction)
        point_of = np.full(len(snapshot.columns), -1, dtype=np.int64)
        point_of[rows] = np.arange(rows.size)
        last[_LAST] = found = Joined(rows, points, origins, point_of, costs.effects)
        return found

    return snapshot.travelled.get(key, make)


def _attached(network: RoadNetwork, costs: Costs, lonlat_deg: FloatArray, *, before: Attachments | None) -> Attachments:
    """Return where points join the network; those that stand where they stood `before` are not looked up anew."""
    if before is None or before.point_lonlat_deg.shape != lonlat_deg.shape:
        return attach(network, costs, lonlat_deg, main_within_m=BESIDE_MAIN_WITHIN_M)
    moved = np.flatnonzero((before.point_lonlat_deg != lonlat_deg).any(axis=1))
    if not moved.size:
        return before
    return before.replaced(attach(network, costs, lonlat_deg[moved], main_within_m=BESIDE_MAIN_WITHIN_M), at=moved)


def _places(snapshot: LayerSnapshot) -> tuple[IntArray, FloatArray]:
    """Return the located features and a place on each: of a line or an area a point on it."""
    rows = np.flatnonzero(snapshot.is_located)
    points_deg = None if snapshot.positions is None else snapshot.positions.lonlat_deg
    if points_deg is not None:
        return rows, points_deg[rows]
    return rows, representative_points(snapshot.geometries_at(rows))


class Travel:
    """All ways between one place and the features of a layer, under the barriers of one question.

    Totals are in seconds (turnout included) or metres by the metric; infinite where there is no way.
    """

    def __init__(
        self,
        network: RoadNetwork,
        manner: Manner,
        kept: Priced,
        *,
        features: Joined,
        target: Attachments,
        turnout_s: FloatArray,
    ) -> None:
        """Take the costs, and where the layer and the place join; `turnout_s` (n,) counts where time is measured."""
        self.network = network
        self.manner = manner
        self.costs = kept.costs
        self.joined = features
        self.target = target
        self._kept = kept
        self._size = turnout_s.size
        self._turnout_s = turnout_s
        self._offset = turnout_s if manner.metric is Metric.TRAVEL_TIME else np.zeros(self._size)

    @classmethod
    def under_barriers(
        cls,
        network: RoadNetwork,
        snapshot: LayerSnapshot,
        manner: Manner,
        *,
        at_lonlat_deg: LonLat,
        effects: BarrierEffects | None,
        turnout_s: FloatArray,
    ) -> "Travel":
        """Return the ways between a place and a layer under some barriers."""
        kept = priced(network, manner, effects)
        features = joined(network, snapshot, manner, kept.costs)
        target = attach(network, kept.costs, np.array([at_lonlat_deg]), main_within_m=MAIN_NETWORK_WITHIN_M)
        return cls(network, manner, kept, features=features, target=target, turnout_s=turnout_s)

    def without_barriers(self, snapshot: LayerSnapshot) -> "Travel":
        """Return the ways there would be without any barrier, between the same places on the roads."""
        kept = priced(self.network, self.manner, None)
        key = ("free", self.network.key, self.manner, id(self.joined.effects))
        points = self.joined.points

        def make() -> Joined:
            origins = prepare_origins(self.network, kept.costs, points, direction=self.manner.direction)
            return replace(self.joined, origins=origins)

        features = snapshot.travelled.get(key, make)
        return Travel(self.network, self.manner, kept, features=features, target=self.target, turnout_s=self._turnout_s)

    @property
    def coming(self) -> bool:
        """Return whether the features come to the place."""
        return self.manner.direction is Direction.TO_INCIDENT

    @property
    def target_area(self) -> int:
        """Return the barrier whose closed area holds the place, -1 where none does."""
        return int(self.target.in_area[0])

    @property
    def target_snap_m(self) -> float:
        """Return how far the place lies from where it joins the road; infinite where it joins none."""
        return float(self.target.straight_m.min(initial=np.inf))

    @cached_property
    def inside_m(self) -> FloatArray:
        """Return straight metres of the features in the same closed area, infinite for all others, shape (n,)."""
        metres = np.full(self._size, np.inf)
        if self.target_area >= 0:
            same = np.flatnonzero(self.joined.points.in_area == self.target_area)
            if same.size:
                at_deg = self.target.point_lonlat_deg[0]
                metres[self.joined.rows[same]] = geodesic_m(at_deg, self.joined.points.point_lonlat_deg[same])
        return metres

    @cached_property
    def inside_total(self) -> FloatArray:
        """Return the totals of those who go straight, inside the same closed area, shape (n,)."""
        return self._offset + self.inside_m * self.costs.access_cost_per_m

    def nearest(self, rows: BoolArray, *, k: int, cutoff: float | None = None) -> list[Found]:
        """Return the k of some features that arrive first, and those that tie with the last when rounded, by total."""
        limit = np.inf if cutoff is None else cutoff
        found = {item.row: item for item in self._by_road(rows, k=k, cutoff=limit)}
        for row in np.flatnonzero(rows & np.isfinite(self.inside_total) & (self.inside_total <= limit + _ROUNDING)):
            total = float(self.inside_total[row])
            if int(row) not in found or total < found[int(row)].total:
                found[int(row)] = Found(int(row), total, None)
        ordered = sorted(found.values(), key=lambda item: (item.total, item.row))
        if len(ordered) <= k:
            return ordered
        last = round(ordered[k - 1].total, 1)
        return [item for item in ordered if round(item.total, 1) <= last]

    def found(self, rows: IntArray) -> dict[int, Found]:
        """Return the ways of some features, by row; those without a way are left out."""
        wanted = np.zeros(self._size, dtype=np.bool_)
        wanted[rows] = True
        return {item.row: item for item in self.nearest(wanted, k=max(int(rows.size), 1))}

    def totals(self, rows: IntArray) -> FloatArray:
        """Return the totals of some features, shape as `rows`."""
        if rows.size > _FEW:
            return np.asarray(self.all_totals[rows])
        found = self.found(rows)
        return np.array([found[int(row)].total if int(row) in found else np.inf for row in rows])

    @cached_property
    def all_totals(self) -> FloatArray:
        """Return the totals of all features, shape (n,): one search over the whole network."""
        return self._totals_of(self._reached(np.inf))

    def totals_within(self, cutoff: float) -> FloatArray:
        """Return the totals of all features up to a cutoff, inclusive, shape (n,); infinite beyond it."""
        totals = self._totals_of(self._reached(cutoff))
        within: FloatArray = np.where(totals <= cutoff + _ROUNDING, totals, np.inf)
        return within

    @cached_property
    def reachable(self) -> BoolArray:
        """Return which features have a way at all, shape (n,)."""
        stubs = self.joined.origins.stubs
        start = self._kept.closures.start_nodes(self.target, departing=not self.coming)
        open_nodes = self._kept.closures.reach(self.target, start, backwards=self.coming)
        own = self.joined.points
        rows = np.isfinite(self.inside_m)
        rows[self.joined.rows[self.joined.origins.stub_point[open_nodes[stubs.node]]]] = True
        # Who is on the same stretch of road may come to the place without passing any node.
        beside = np.zeros(self._size, dtype=np.bool_)
        beside[self.joined.rows[own.point[np.isin(own.edge, self.target.edge)]]] = True
        beside &= ~rows
        if beside.any():
            found = self._by_road(beside, k=int(np.count_nonzero(beside)), cutoff=np.inf)
            rows[[item.row for item in found]] = True
        return rows

    @cached_property
    def isolated(self) -> BoolArray:
        """Return which features stand on a fragment not joined to the rest, or on no road at all, shape (n,)."""
        rows = np.ones(self._size, dtype=np.bool_)
        rows[self.joined.rows] = ~self.joined.points.is_main
        return rows

    def _by_road(self, rows: BoolArray, *, k: int, cutoff: float) -> list[Found]:
        own = self.joined.rows
        offset = np.where(rows[own], self._offset[own], np.inf)
        count = int(np.count_nonzero(np.isfinite(offset)))
        if not count:
            return []
        arrivals: Arrivals = nearest_arrivals(
            self.network,
            self.costs,
            target=self.target,
            origins=self.joined.origins,
            offset=offset,
            k=min(k, count),
            cutoff=cutoff,
        )
        return [
            Found(int(own[point]), float(total), way)
            for point, total, way in zip(arrivals.point, arrivals.total, arrivals.ways, strict=True)
            if np.isfinite(total)
        ]

    def _reached(self, cutoff: float) -> Reached:
        return reached_from(self.network, self.costs, self.target, cutoff=cutoff, direction=self.manner.direction)

    def _totals_of(self, reached: Reached) -> FloatArray:
        cost, _ = cost_at(self.network, self.costs, reached, self.joined.points)
        totals = np.full(self._size, np.inf)
        totals[self.joined.rows] = cost + self._offset[self.joined.rows]
        return np.asarray(np.minimum(totals, self.inside_total))


_ROUNDING: Final = 1e-6
