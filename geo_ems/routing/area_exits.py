"""Where open roads leave closed areas: how those inside join the network."""

from typing import Final

import numpy as np
import shapely

from geo_ems.model.columns import FloatArray, IntArray
from geo_ems.routing.costs import Costs
from geo_ems.routing.edge_states import NOT_TRAVELLED, OPEN
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
        area = effects.area[barrier]
        shapely.prepare(area)
        inside[row] = shapely.intersects_xy(area, points_deg[:, 0], points_deg[:, 1])
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
    """Return where open roads leave some closed areas taken together, as edges and shares, in that order.

    That is where an open part of an edge begins or ends at a portion of theirs; and a place that
    portions of theirs reach, for each edge that is open there.
    """
    hits = costs.hits
    own = np.isin(hits.barrier, barriers) & np.isinf(hits.factor) & (hits.to_share > hits.from_share)
    portion_edge = np.repeat(hits.edge, np.diff(hits.first))[own]
    low, high = hits.from_share[own], hits.to_share[own]
    found: set[tuple[int, float]] = set()
    ends = np.isin(costs.open_edge, portion_edge)
    for edge, begin, end in zip(
        costs.open_edge[ends].tolist(),
        costs.open_from_share[ends].tolist(),
        costs.open_to_share[ends].tolist(),
        strict=True,
    ):
        mine = portion_edge == edge
        if (np.abs(high[mine] - begin) < _SAME_SHARE).any():
            found.add((edge, begin))
        if (np.abs(low[mine] - end) < _SAME_SHARE).any():
            found.add((edge, end))
    reached = np.unique(
        np.concatenate([network.edge_from[portion_edge[low <= 0.0]], network.edge_to[portion_edge[high >= 1.0]]])
    )
    found.update(_open_ends(network, costs, reached))
    ordered = sorted(found)
    return np.array([edge for edge, _ in ordered], dtype=np.int32), np.array([share for _, share in ordered])


def _open_ends(network: RoadNetwork, costs: Costs, places: Int32Array) -> list[tuple[int, float]]:
    """Return the ends of edges at some places that are open there."""
    arcs = network.modes[costs.mode]
    found: list[tuple[int, float]] = []
    for place in places.tolist():
        out = arcs.edge[arcs.first_out[place] : arcs.first_out[place + 1]]
        into = arcs.edge[arcs.in_arc[arcs.first_in[place] : arcs.first_in[place + 1]]]
        for edge in np.unique(np.concatenate([out, into])).tolist():
            if costs.edge_state[edge] == NOT_TRAVELLED:
                continue
            ends = [0.0] if network.edge_from[edge] == place else []
            ends += [1.0] if network.edge_to[edge] == place else []
            whole = costs.edge_state[edge] == OPEN
            found += [(edge, share) for share in ends if whole or _is_open_at(costs, edge, share)]
    return found


def _is_open_at(costs: Costs, edge: int, share: float) -> bool:
    own = costs.open_edge == edge
    at = costs.open_to_share[own] if share > 0.0 else costs.open_from_share[own]
    return bool((np.abs(at - share) < _SAME_SHARE).any())
