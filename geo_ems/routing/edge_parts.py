"""Parts of edges: those that are reached within a budget, put together and measured."""

from dataclasses import dataclass

import numpy as np
import shapely

from geo_ems.model.columns import BoolArray, FloatArray, IntArray, ObjectArray
from geo_ems.routing.along import places_at
from geo_ems.routing.network import RoadNetwork


@dataclass(frozen=True, slots=True)
class EdgeParts:
    """p parts of edges: edge `edge[i]` from `from_share[i]` to `to_share[i]` of its line; sorted, none overlapping."""

    edge: IntArray
    from_share: FloatArray
    to_share: FloatArray

    def __len__(self) -> int:
        """Return p."""
        return int(self.edge.size)

    def length_m(self, network: RoadNetwork) -> float:
        """Return the metres of road in all parts; a road with two directions counts once."""
        return float(((self.to_share - self.from_share) * network.length_m[self.edge]).sum())


def no_parts() -> EdgeParts:
    """Return no part of any edge."""
    return EdgeParts(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))


def joined_parts(edge: IntArray, from_share: FloatArray, to_share: FloatArray) -> EdgeParts:
    """Return parts that may overlap or touch as parts that do not; parts without length are left out."""
    some = to_share > from_share
    edge, from_share, to_share = edge[some], from_share[some], to_share[some]
    if not edge.size:
        return no_parts()
    order = np.lexsort((from_share, edge))
    edge, from_share, to_share = edge[order], from_share[order], to_share[order]
    # Edges are laid end to end, three apart, so that the farthest end so far is that of the same edge.
    farthest = np.maximum.accumulate(3.0 * edge + to_share)
    opens = np.ones(edge.size, dtype=np.bool_)
    opens[1:] = (edge[1:] != edge[:-1]) | (3.0 * edge[1:] + from_share[1:] > farthest[:-1])
    first = np.flatnonzero(opens)
    return EdgeParts(edge[first], from_share[first], np.maximum.reduceat(to_share, first))


def parts_beyond(parts: EdgeParts, inner: EdgeParts) -> EdgeParts:
    """Return those of `parts` that are not among `inner` as they are: whole edges where both agree are left out."""
    if not len(inner):
        return parts
    key = np.column_stack([parts.edge, parts.from_share, parts.to_share])
    held = np.column_stack([inner.edge, inner.from_share, inner.to_share])
    place = np.searchsorted(inner.edge, parts.edge, "left")
    same: BoolArray = np.zeros(len(parts), dtype=np.bool_)
    # Parts of one edge are few, and in order: each is compared with those that may be its like.
    for step in range(int(np.bincount(inner.edge - inner.edge.min()).max())):
        at = np.minimum(place + step, len(inner) - 1)
        same |= (held[at] == key).all(axis=1)
    return EdgeParts(parts.edge[~same], parts.from_share[~same], parts.to_share[~same])


def lines_of(coordinates: FloatArray, owner: IntArray) -> ObjectArray:
    """Return the lines whose vertices are given, shape (v, 2), with the number of the line of each, in order."""
    lines = shapely.linestrings(coordinates, indices=owner)
    return np.asarray(lines, dtype=np.object_).reshape(-1)


def part_coordinates(network: RoadNetwork, parts: EdgeParts) -> tuple[FloatArray, IntArray]:
    """Return the vertices of the parts as lon/lat degrees (v, 2), and of which part each is (v,), in order."""
    edge = parts.edge.astype(np.int32)
    low, _, low_deg = places_at(network, edge, parts.from_share)
    high, beyond, high_deg = places_at(network, edge, parts.to_share)
    first = low.astype(np.int64) + 1
    inner = np.maximum(high - (beyond <= 0.0) - low, 0).astype(np.int64)
    own = np.arange(len(parts))
    owner = np.repeat(own, inner)
    vertex = np.repeat(first - np.cumsum(inner) + inner, inner) + np.arange(owner.size)
    count = inner + 2
    begin = np.cumsum(count) - count
    coordinates = np.empty((int(count.sum()), 2))
    coordinates[begin], coordinates[begin + count - 1] = low_deg, high_deg
    coordinates[np.arange(vertex.size) + 2 * owner + 1] = network.vertex_lonlat_deg[vertex]
    return coordinates, np.repeat(own, count)
