"""What a barrier is before it meets a network, and the portions of edges it acts on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.network import RoadNetwork

POINT_TOLERANCE_M = 30.0
"""A point acts on the nearest edge within this distance; one further off acts on no road."""
LINE_TOLERANCE_M = 15.0
"""A line follows a road that runs along it within this distance; elsewhere it acts where it crosses."""


class Sense(StrEnum):
    """For whom a barrier acts: both directions, or travel along (forward) or against the line of the edge."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Barrier:
    """One barrier: where (WGS84 lon/lat degrees), what it does, for whom.

    `factor` is how many times as long it takes to pass a slow one, `delay_s` what a delaying one costs.
    With `towards_deg` (clockwise from north) it acts only on travel that heads that way, within
    90 degrees, and `sense` says nothing. With `road_id` it acts on that road alone, and on the whole
    of it where the geometry is missing or does not touch the road.
    """

    id: str
    geometry: BaseGeometry | None
    policy: Policy
    factor: float = 1.0
    delay_s: float = 0.0
    sense: Sense = Sense.BOTH
    towards_deg: float | None = None
    modes: frozenset[Mode] = frozenset(Mode)
    road_id: str | None = None


@dataclass(frozen=True, slots=True)
class Portions:
    """p portions of edges: `edge[i]` from `from_share[i]` to `to_share[i]` of its length, equal at a point."""

    edge: IntArray
    from_share: FloatArray
    to_share: FloatArray

    def __len__(self) -> int:
        """Return p."""
        return int(self.edge.size)

    def taken(self, chosen: BoolArray | IntArray) -> "Portions":
        """Return some of the portions."""
        return Portions(self.edge[chosen], self.from_share[chosen], self.to_share[chosen])

    def lengths_m(self, network: RoadNetwork) -> FloatArray:
        """Return how long each portion is, shape (p,)."""
        length_m: FloatArray = (self.to_share - self.from_share) * network.length_m[self.edge]
        return length_m


def portions(edge: IntArray, from_share: FloatArray, to_share: FloatArray) -> Portions:
    """Return portions in order of edge and share, those of an edge that touch each other being made one."""
    if not edge.size:
        return NO_PORTIONS
    order = np.lexsort((to_share, from_share, edge))
    edge, start, end = edge[order].astype(np.int64), from_share[order], to_share[order]
    # The furthest end so far, within each edge: edges are kept apart by two whole units.
    reach = np.maximum.accumulate(end + 2.0 * edge)
    opens = np.ones(edge.size, dtype=np.bool_)
    opens[1:] = (start + 2.0 * edge)[1:] > reach[:-1] + _TOUCHING
    first = np.flatnonzero(opens)
    return Portions(edge[first], start[first], np.maximum.reduceat(end, first))


def joined(parts: Sequence[Portions]) -> Portions:
    """Return the portions of several, touching ones made one."""
    return portions(
        np.concatenate([part.edge for part in parts]) if parts else NO_PORTIONS.edge,
        np.concatenate([part.from_share for part in parts]) if parts else NO_PORTIONS.from_share,
        np.concatenate([part.to_share for part in parts]) if parts else NO_PORTIONS.to_share,
    )


_TOUCHING = 1e-9
NO_PORTIONS = Portions(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
