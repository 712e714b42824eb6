"""One way in full: its parts in metres and seconds, the barriers it meets, its line and its turns."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import shapely

from geo_ems.model.columns import FloatArray
from geo_ems.model.roads import Metric
from geo_ems.queries.ellipsoid import LonLat
from geo_ems.routing.along import line_between
from geo_ems.routing.costs import Costs
from geo_ems.routing.network import Int32Array, RoadNetwork
from geo_ems.routing.search import Way
from geo_ems.routing.snapping import Attachments
from geo_ems.routing.stubs import portions_met, run_times

STRAIGHT_WITHIN_DEG: Final = 20.0
SLIGHT_WITHIN_DEG: Final = 45.0
TURN_WITHIN_DEG: Final = 135.0
SHARP_WITHIN_DEG: Final = 170.0

_HALF_TURN_DEG: Final = 180.0
_LEAST_PIECE_M: Final = 1e-3


class Turn(StrEnum):
    """How a way goes over from one road to the next, by the change of bearing."""

    START = "start"
    STRAIGHT = "straight"
    SLIGHT_LEFT = "slight_left"
    SLIGHT_RIGHT = "slight_right"
    LEFT = "left"
    RIGHT = "right"
    SHARP_LEFT = "sharp_left"
    SHARP_RIGHT = "sharp_right"
    U_TURN = "u_turn"


@dataclass(frozen=True, slots=True)
class Step:
    """One road of a way: how one turns into it, where, and how far it is followed."""

    road_id: str
    length_m: float
    turn: Turn
    at_lonlat_deg: LonLat
    is_ferry: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """What a way consists of. Times are those of the mode, whatever the metric is.

    `access_m` and `egress_m` are the straight bits at the start and at the end, `road_m` lies between.
    `network_s` includes what slow portions take longer, `delay_s` is what barriers with a delay add.
    `barriers_met` are places in `BarrierEffects.barrier_ids`, in the order they are met.
    """

    access_m: float
    road_m: float
    egress_m: float
    network_s: float
    delay_s: float
    barriers_met: tuple[int, ...]
    has_ferry: bool

    @property
    def distance_m(self) -> float:
        """Return the metres of the whole way."""
        return self.access_m + self.road_m + self.egress_m


@dataclass(frozen=True, slots=True)
class Route:
    """A way with its line on the roads (lon/lat, cut at the snapped points), and the roads in order."""

    parts: Parts
    line: shapely.LineString
    arcs: Int32Array
    steps: tuple[Step, ...]


def measured(network: RoadNetwork, costs: Costs, way: Way, *, starts: Attachments, ends: Attachments) -> Parts:
    """Return the parts of a way between an attachment of `starts` and one of `ends`."""
    runs = _runs(network, costs, way, starts, ends)
    moving_s, waiting_s = run_times(network, costs, way.arcs, runs.low, runs.high)
    met = portions_met(network, costs, way.arcs, runs.low, runs.high)
    travelled = runs.length_m > 0.0
    ferries = network.is_ferry
    return Parts(
        float(starts.straight_m[way.start]),
        float(runs.length_m.sum()),
        float(ends.straight_m[way.end]),
        float(moving_s.sum()),
        float(waiting_s.sum()),
        tuple(dict.fromkeys(costs.hits.barrier[met].tolist())),
        bool(ferries.size and ferries[network.edge_road[runs.edge[travelled]]].any()),
    )


def trace(network: RoadNetwork, costs: Costs, way: Way, *, starts: Attachments, ends: Attachments) -> Route:
    """Return a way with its line and its turns."""
    runs = _runs(network, costs, way, starts, ends)
    pieces = [
        line_between(network, edge, begin, finish)
        for edge, begin, finish in zip(runs.edge.tolist(), runs.begin.tolist(), runs.finish.tolist(), strict=True)
    ]
    here_deg = starts.lonlat_deg[way.start]
    line = np.concatenate([here_deg[None], *pieces, ends.lonlat_deg[way.end][None]])
    changes = (np.diff(line, axis=0) != 0.0).any(axis=1)
    line = line[np.concatenate([[True], changes])]
    if len(line) == 1:
        line = np.repeat(line, 2, axis=0)
    return Route(
        measured(network, costs, way, starts=starts, ends=ends),
        shapely.LineString(line),
        way.arcs,
        _steps(network, runs, pieces),
    )


def total_cost(costs: Costs, parts: Parts) -> float:
    """Return what a way costs in the metric of the costs: seconds with access and delays, or metres."""
    if costs.metric is Metric.ROAD_DISTANCE:
        return parts.distance_m
    return parts.network_s + parts.delay_s + (parts.access_m + parts.egress_m) * costs.access_cost_per_m


@dataclass(frozen=True, slots=True)
class _Runs:
    """What is travelled of each edge: from the share `begin` to `finish`; `low` and `high` are the same, ordered."""

    edge: Int32Array
    begin: FloatArray
    finish: FloatArray
    low: FloatArray
    high: FloatArray
    length_m: FloatArray


def _runs(network: RoadNetwork, costs: Costs, way: Way, starts: Attachments, ends: Attachments) -> _Runs:
    arcs = network.modes[costs.mode]
    edge = arcs.edge[way.arcs]
    begin = np.where(arcs.is_forward[way.arcs], 0.0, 1.0)
    finish = 1.0 - begin
    begin[0], finish[-1] = starts.share[way.start], ends.share[way.end]
    low, high = np.minimum(begin, finish), np.maximum(begin, finish)
    return _Runs(edge, begin, finish, low, high, (high - low) * network.length_m[edge])


def _steps(network: RoadNetwork, runs: _Runs, pieces: list[FloatArray]) -> tuple[Step, ...]:
    """Return the roads in order; neighbouring pieces of one road are one step, unless one turns round."""
    steps: list[Step] = []
    before_deg = math.nan
    ferries = network.is_ferry
    for i, piece in enumerate(pieces):
        length_m = float(runs.length_m[i])
        moved = np.flatnonzero((np.diff(piece, axis=0) != 0.0).any(axis=1))
        if length_m < _LEAST_PIECE_M or not moved.size:
            continue
        first, last = int(moved[0]), int(moved[-1])
        turn = Turn.START if not steps else turn_word(_bearing_deg(piece[first], piece[first + 1]) - before_deg)
        before_deg = _bearing_deg(piece[last], piece[last + 1])
        road = int(network.edge_road[runs.edge[i]])
        road_id = str(network.road_ids[road])
        if steps and steps[-1].road_id == road_id and turn is not Turn.U_TURN:
            known = steps[-1]
            steps[-1] = Step(road_id, known.length_m + length_m, known.turn, known.at_lonlat_deg, known.is_ferry)
            continue
        at = (float(piece[0, 0]), float(piece[0, 1]))
        steps.append(Step(road_id, length_m, turn, at, bool(ferries.size and ferries[road])))
    return tuple(steps)


def turn_word(change_deg: float) -> Turn:
    """Return the word for a change of bearing, clockwise positive."""
    change_deg = (change_deg + _HALF_TURN_DEG) % 360.0 - _HALF_TURN_DEG
    size_deg, right = abs(change_deg), change_deg > 0.0
    if size_deg <= STRAIGHT_WITHIN_DEG:
        return Turn.STRAIGHT
    if size_deg <= SLIGHT_WITHIN_DEG:
        return Turn.SLIGHT_RIGHT if right else Turn.SLIGHT_LEFT
    if size_deg <= TURN_WITHIN_DEG:
        return Turn.RIGHT if right else Turn.LEFT
    if size_deg <= SHARP_WITHIN_DEG:
        return Turn.SHARP_RIGHT if right else Turn.SHARP_LEFT
    return Turn.U_TURN


def _bearing_deg(from_deg: FloatArray, to_deg: FloatArray) -> float:
    step_deg = float(to_deg[0] - from_deg[0])
    east = (step_deg - 360.0 * round(step_deg / 360.0)) * math.cos(math.radians(float(from_deg[1] + to_deg[1]) / 2.0))
    return math.degrees(math.atan2(east, float(to_deg[1] - from_deg[1])))
