"""Parts of edges: those that are reached within a budget, put together and measured."""

from dataclasses import dataclass

import numpy as np
import shapely

from geo_ems.model.columns import BoolArray, FloatArray, IntArray, ObjectArray
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
    """Return the vertices of the parts as lon/lat degrees (v, 2), and of which part each is (v,), in order.

    Shares are of the length along the line in degrees, longitudes scaled by the cosine of the latitude, which within
    an edge runs along with its geodesic length but for 0.3 % of it.
    """
    edge = parts.edge
    first, last = network.first_vertex[edge].astype(np.int64), network.first_vertex[edge + 1].astype(np.int64)
    count = last - first
    owner = np.repeat(np.arange(len(parts)), count)
    vertex = np.repeat(first - np.cumsum(count) + count, count) + np.arange(owner.size)
    lonlat_deg = network.vertex_lonlat_deg[vertex]
    along = _shares_along(lonlat_deg, owner, count)
    begin, end = parts.from_share[owner], parts.to_share[owner]
    inside = (along > begin) & (along < end)
    ends_deg = [
        _place_at(lonlat_deg, along, np.cumsum(count) - count, count, share)
        for share in (parts.from_share, parts.to_share)
    ]
    own = np.arange(len(parts))
    all_deg = np.concatenate([ends_deg[0], lonlat_deg[inside], ends_deg[1]])
    all_owner = np.concatenate([own, owner[inside], own])
    all_along = np.concatenate([parts.from_share, along[inside], parts.to_share])
    order = np.lexsort((all_along, all_owner))
    return all_deg[order], all_owner[order]


def _shares_along(lonlat_deg: FloatArray, owner: IntArray, count: IntArray) -> FloatArray:
    """Return for each vertex its share of the length of its line, 0 at the first and 1 at the last."""
    step = np.zeros((owner.size, 2))
    step[1:] = _steps_deg(lonlat_deg[:-1], lonlat_deg[1:])
    step[:, 0] *= np.cos(np.radians(lonlat_deg[:, 1]))
    length = np.hypot(step[:, 0], step[:, 1])
    first = np.cumsum(count) - count
    length[first] = 0.0
    travelled = np.cumsum(length)
    travelled -= np.repeat(travelled[first], count)
    whole = np.repeat(travelled[first + count - 1], count)
    with np.errstate(invalid="ignore"):
        along = np.where(whole > 0.0, travelled / whole, 0.0)
    along[first + count - 1] = 1.0
    return along


def _place_at(
    lonlat_deg: FloatArray, along: FloatArray, first: IntArray, count: IntArray, share: FloatArray
) -> FloatArray:
    """Return the place of a share of each line, shape (p, 2): lines lie one after the other from `first` on."""
    position = 3.0 * np.arange(first.size) + share
    laid_out = 3.0 * np.repeat(np.arange(first.size), count) + along
    after = np.clip(np.searchsorted(laid_out, position, "left"), first + 1, first + count - 1)
    width = along[after] - along[after - 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(width > 0.0, (share - along[after - 1]) / width, 0.0)
    found: FloatArray = lonlat_deg[after - 1] + np.clip(part, 0.0, 1.0)[:, None] * _steps_deg(
        lonlat_deg[after - 1], lonlat_deg[after]
    )
    return found


def _steps_deg(from_deg: FloatArray, to_deg: FloatArray) -> FloatArray:
    """Return the steps between places, shape (n, 2), the short way round at the 180th meridian."""
    step = to_deg - from_deg
    step[:, 0] = np.remainder(step[:, 0] + 180.0, 360.0) - 180.0
    return step
