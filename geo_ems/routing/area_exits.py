"""Where open roads leave closed areas: how those inside join the network."""

from typing import Final

import numpy as np
import shapely

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.shared_shapes import is_holding
from geo_ems.routing.costs import Costs
from geo_ems.routing.edge_states import OPEN, PARTLY_OPEN
from geo_ems.routing.network import Int32Array, RoadNetwork

_SAME_SHARE: Final = 1e-9

Exits = tuple[Int32Array, Int32Array, Int32Array, FloatArray]


def exits_by_point(network: RoadNetwork, costs: Costs, points_deg: FloatArray) -> Exits | None:
    """Return for q points the closed area each is in (-1: none), and CSR of where open roads leave it.

    A point in several areas joins where roads leave all of them together; the area named is the first. The
    boundary is inside. None where no point is in a closed area.
    """
    effects = costs.effects
    if effects is None:
        return None
    in_area = np.full(len(points_deg), -1, dtype=np.int32)
    closed = [i for i, area in enumerate(effects.area.tolist()) if area is not None]
    inside = np.zeros((len(closed), len(points_deg)), dtype=np.bool_)
    for row, barrier in enumerate(closed):
        inside[row] = is_holding(effects.area[barrier], points_deg[:, 0], points_deg[:, 1])
    for row in range(len(closed) - 1, -1, -1):
        in_area[inside[row]] = closed[row]
    if not inside.any():
        return None
    known: dict[bytes, tuple[Int32Array, FloatArray]] = {}
    edges, shares, counts = [], [], np.zeros(len(points_deg), dtype=np.int64)
    for point in range(len(points_deg)):
        if in_area[point] < 0:
            continue
        which = inside[:, point]
        kept = which.tobytes()
        if kept not in known:
            known[kept] = _exits(network, costs, np.array(closed)[which])
        edge, share = known[kept]
        edges.append(edge)
        shares.append(share)
        counts[point] = edge.size
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return in_area, first, np.concatenate(edges), np.concatenate(shares)


def _exits(network: RoadNetwork, costs: Costs, barriers: IntArray) -> tuple[Int32Array, FloatArray]:
    """Return where open roads meet some closed areas taken together, as edges and shares, in that order.

    That is where an open part of an edge begins or ends at a portion of theirs, or is touched by them
    at a point; and each junction within them or on their boundary, for the edges that are open there.
    """
    hits = costs.hits
    own = np.isin(hits.barrier, barriers) & np.isinf(hits.factor)
    portion_edge = np.repeat(hits.edge, np.diff(hits.first))[own]
    low, high = hits.from_share[own], hits.to_share[own]
    part = np.flatnonzero(np.isin(costs.open_edge, portion_edge))
    begins = _among(costs.open_edge[part], costs.open_from_share[part], portion_edge, high)
    ends = _among(costs.open_edge[part], costs.open_to_share[part], portion_edge, low)
    touched = np.flatnonzero((high <= low) & _is_open_at(costs, portion_edge, low))
    within = np.zeros(len(network.place_lonlat_deg), dtype=np.bool_)
    within[network.edge_from[portion_edge[low <= _SAME_SHARE]]] = True
    within[network.edge_to[portion_edge[high >= 1.0 - _SAME_SHARE]]] = True
    for barrier in barriers.tolist():
        within[_places_in(network, costs, barrier)] = True
    at_start, at_end = np.flatnonzero(within[network.edge_from]), np.flatnonzero(within[network.edge_to])
    at_start = at_start[_is_open_at(costs, at_start, np.zeros(at_start.size))]
    at_end = at_end[_is_open_at(costs, at_end, np.ones(at_end.size))]
    edge = np.concatenate(
        [costs.open_edge[part[begins]], costs.open_edge[part[ends]], portion_edge[touched], at_start, at_end]
    )
    share = np.concatenate(
        [
            costs.open_from_share[part[begins]],
            costs.open_to_share[part[ends]],
            low[touched],
            np.zeros(at_start.size),
            np.ones(at_end.size),
        ]
    )
    order = np.lexsort((share, edge))
    edge, share = edge[order].astype(np.int32), share[order]
    new = np.ones(edge.size, dtype=np.bool_)
    new[1:] = (edge[1:] != edge[:-1]) | (share[1:] - share[:-1] > _SAME_SHARE)
    return edge[new], share[new]


def _places_in(network: RoadNetwork, costs: Costs, barrier: int) -> IntArray:
    """Return the junctions that a closed area holds, those on its boundary among them."""
    area = costs.effects.area[barrier] if costs.effects is not None else None
    if area is None:
        return np.empty(0, dtype=np.int64)
    lon_deg, lat_deg = network.place_lonlat_deg.T
    west, south, east, north = shapely.bounds(area)
    boxed = np.flatnonzero((lon_deg >= west) & (lon_deg <= east) & (lat_deg >= south) & (lat_deg <= north))
    return boxed[is_holding(area, lon_deg[boxed], lat_deg[boxed])]


def _among(edge: IntArray, share: FloatArray, of_edge: IntArray, of_share: FloatArray) -> IntArray:
    """Return which places along edges are among others, to `_SAME_SHARE`."""
    # Edges are laid end to end, three apart, so that one ordered list holds all places.
    order = np.sort(3.0 * of_edge + of_share)
    if not order.size or not edge.size:
        return np.empty(0, dtype=np.int64)
    at = 3.0 * edge + share
    after = np.minimum(np.searchsorted(order, at), order.size - 1)
    before = np.maximum(after - 1, 0)
    near = np.minimum(np.abs(order[after] - at), np.abs(order[before] - at))
    return np.flatnonzero(near <= _SAME_SHARE + np.spacing(at))


def _is_open_at(costs: Costs, edge: IntArray, share: FloatArray) -> BoolArray:
    """Return which places along edges lie in an open part, its ends included."""
    state = costs.edge_state[edge]
    found: BoolArray = state == OPEN
    partly = np.flatnonzero(state == PARTLY_OPEN)
    first = np.searchsorted(costs.open_edge, edge[partly], side="left")
    count = np.searchsorted(costs.open_edge, edge[partly], side="right") - first
    own = np.repeat(np.arange(partly.size), count)
    part = np.repeat(first - np.cumsum(count) + count, count) + np.arange(own.size)
    at = share[partly][own]
    inside = (costs.open_from_share[part] <= at + _SAME_SHARE) & (costs.open_to_share[part] >= at - _SAME_SHARE)
    found[partly[own[inside]]] = True
    return found
