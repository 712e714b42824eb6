"""A made road network: a jittered grid of streets with gaps, faster roads, some one-way, some turns forbidden.

Streets are runs of a row or a column without gaps, so a road has several edges, as in a real map.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.model.roads import Mode
from geo_ems.routing.lines import LineTimes, RoadLines, TurnRestriction

_SPEED_KMH = np.array([30.0, 60.0, 100.0])
_KM_PER_DEGREE = 111.3


@dataclass(frozen=True, slots=True)
class MadeRoads:
    """The lines, and the same network as directed links for peers: node coordinates, tails, heads, seconds."""

    lines: RoadLines
    restrictions: int


def made_roads(*, side: int, seed: int, side_km: float = 100.0) -> MadeRoads:
    """Return a network of about `side` * `side` crossings over a square around 113 E, 23 N."""
    rng = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(side * side), side)
    step_deg = side_km / side / _KM_PER_DEGREE
    at = np.column_stack([column, row]) + rng.normal(0.0, 0.28, (side * side, 2))
    lonlat_deg = np.round(at * [step_deg / np.cos(np.radians(23.0)), step_deg] + [113.0, 23.0], 7)
    across = np.flatnonzero(column < side - 1)
    upwards = np.flatnonzero(row < side - 1)
    begin = np.concatenate([across, upwards])
    end = np.concatenate([across + 1, upwards + side])
    line = np.concatenate([row[across], side + column[upwards]])
    rank = np.where(line % side % 75 == 0, 2, np.where(line % side % 10 == 0, 1, 0))
    kept = (rng.random(begin.size) < 0.62) | (rank > 0)
    kept &= _in_largest_part(begin, end, kept, side * side)
    order = np.flatnonzero(kept)
    order = order[np.lexsort((begin[order], line[order]))]
    begin, end, line, rank = begin[order], end[order], line[order], rank[order]
    # A street ends where a piece is missing.
    street = np.cumsum(np.concatenate([[True], (line[1:] != line[:-1]) | (begin[1:] != end[:-1])])) - 1
    first = np.searchsorted(street, np.arange(street[-1] + 2))
    vertices = np.insert(begin, first[1:], end[first[1:] - 1])
    owner = np.repeat(np.arange(first.size - 1), np.diff(first) + 1)
    shapes = shapely.linestrings(lonlat_deg[vertices], indices=owner)
    own_rank = rank[first[:-1]]
    metres = shapely.length(shapes) * _KM_PER_DEGREE * 1000.0
    seconds = metres / _SPEED_KMH[own_rank] * 3.6
    one_way = (rng.random(seconds.size) < 0.12) & (own_rank == 0)
    ids = [f"s{i}" for i in range(seconds.size)]
    turns = _turns(rng, lonlat_deg, vertices, owner, ids)
    times = {Mode.DRIVE: LineTimes(seconds, np.where(one_way, np.inf, seconds))}
    return MadeRoads(RoadLines(ids, shapes, times, restrictions=turns), len(turns))


def _in_largest_part(begin: IntArray, end: IntArray, kept: BoolArray, count: int) -> BoolArray:
    graph = csr_array((np.ones(int(kept.sum())), (begin[kept], end[kept])), shape=(count, count))
    label = connected_components(graph, directed=False)[1]
    largest = label == np.bincount(label).argmax()
    inside: BoolArray = largest[begin] & largest[end]
    return inside


def _turns(
    rng: np.random.Generator, lonlat_deg: FloatArray, vertices: IntArray, owner: IntArray, ids: list[str]
) -> list[TurnRestriction]:
    """Return forbidden turns from streets that end at a crossing into streets that end or begin there."""
    last = np.flatnonzero(np.append(owner[1:] != owner[:-1], True))
    starts = np.concatenate([[0], last[:-1] + 1])
    begins: dict[int, list[int]] = {}
    for street, vertex in enumerate(vertices[starts].tolist()):
        begins.setdefault(vertex, []).append(street)
    chosen = rng.permutation(last.size)[: last.size // 20]
    return [
        TurnRestriction(
            "no_left_turn", ids[street], ids[onto], via_lonlat_deg=tuple(lonlat_deg[vertices[last[street]]])
        )
        for street in chosen.tolist()
        for onto in begins.get(int(vertices[last[street]]), [])[:1]
    ]
