"""What a run along an edge costs, compiled; imported by `compiled` alone.

Arrays that are read are declared read-only; writable ones are accepted too.
"""

# ruff: noqa: PLR0913, PLR0917
# Compiled code takes plain numbers and arrays, one by one.

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.queries.compiling import compiled
from geo_ems.routing.network import Int32Array

F1: Final = "Array(float64, 1, 'C', True)"
F2: Final = "Array(float64, 2, 'C', True)"
I1: Final = "Array(int32, 1, 'C', True)"
S1: Final = "Array(int8, 1, 'C', True)"
B1: Final = "Array(boolean, 1, 'C', True)"
U1: Final = "Array(uint8, 1, 'C', True)"
OUT_F1: Final = "Array(float64, 1, 'C')"
OUT_F2: Final = "Array(float64, 2, 'C')"
OUT_I1: Final = "Array(int32, 1, 'C')"
PORTIONS: Final = f"{I1}, {I1}, {F1}, {F1}, {S1}, {F1}, {F1}"
"""Edges that are hit, first portion of each; by portion from, to, sense, factor, delay."""
ALONG: Final = f"{I1}, {I1}, {B1}"
"""First arc of each edge, arcs by edge, which of them are forward."""

UNMET_SHARE: Final = 1e-9
"""A portion that a run meets by less is only touched: what the rounding of a share may come to."""

SenseArray = NDArray[np.int8]


@compiled()
def meets(is_forward: bool, low: float, high: float, begin: float, end: float, sense: int) -> bool:  # noqa: FBT001 - compiled code takes no keywords
    """Return whether a run between two shares of an edge meets a portion.

    A portion that is a point is met inside the interval, and at an end of the edge where the run begins or ends.
    """
    if high <= low or (sense != 0 and (sense > 0) != is_forward):
        return False
    if begin == end:
        return (begin > low or (low == 0.0 and begin == 0.0)) and (begin < high or (high == 1.0 and begin == 1.0))
    return min(end, high) - max(begin, low) > UNMET_SHARE


@compiled()
def run_cost(
    edge: int,
    is_forward: bool,  # noqa: FBT001 - a value of an array
    low: float,
    high: float,
    whole: float,
    hit_edge: Int32Array,
    hit_first: Int32Array,
    from_share: FloatArray,
    to_share: FloatArray,
    sense: SenseArray,
    factor: FloatArray,
    delay: FloatArray,
) -> tuple[float, float]:
    """Return the cost of travelling an edge between two shares, without the delays, and the delays.

    `whole` is the cost of the whole edge without barriers. The cost is infinite where a portion in the
    interval is closed.
    """
    share = high - low
    if share <= 0.0:
        return 0.0, 0.0
    row, beyond = 0, hit_edge.size
    while row < beyond:
        middle = (row + beyond) >> 1
        if hit_edge[middle] < edge:
            row = middle + 1
        else:
            beyond = middle
    if row == hit_edge.size or hit_edge[row] != edge:
        return whole * share, 0.0
    total_delay = 0.0
    for i in range(hit_first[row], hit_first[row + 1]):
        begin, end = from_share[i], to_share[i]
        if not meets(is_forward, low, high, begin, end, sense[i]):
            continue
        inside = max(min(end, high) - max(begin, low), 0.0)
        if math.isinf(factor[i]):
            return math.inf, 0.0
        share += (factor[i] - 1.0) * inside
        total_delay += delay[i]
    return whole * max(share, 0.0), total_delay


@compiled(f"void({ALONG}, {F1}, {PORTIONS}, {OUT_F1})")
def write_hit_costs(
    first_of_edge: Int32Array,
    edge_arc: Int32Array,
    is_forward: BoolArray,
    base: FloatArray,
    hit_edge: Int32Array,
    hit_first: Int32Array,
    from_share: FloatArray,
    to_share: FloatArray,
    sense: SenseArray,
    factor: FloatArray,
    delay: FloatArray,
    cost: FloatArray,
) -> None:
    """Write the cost of all arcs along edges that barriers touch."""
    for row in range(hit_edge.size):
        edge = hit_edge[row]
        for j in range(first_of_edge[edge], first_of_edge[edge + 1]):
            arc = edge_arc[j]
            moving, waiting = run_cost(
                edge,
                is_forward[arc],
                0.0,
                1.0,
                base[arc],
                hit_edge,
                hit_first,
                from_share,
                to_share,
                sense,
                factor,
                delay,
            )
            cost[arc] = moving + waiting


@compiled(f"void({I1}, {F1}, {F1}, {I1}, {B1}, {F1}, {PORTIONS}, {OUT_F1}, {OUT_F1})")
def write_runs(
    arcs: Int32Array,
    low: FloatArray,
    high: FloatArray,
    edge_of: Int32Array,
    is_forward: BoolArray,
    base: FloatArray,
    hit_edge: Int32Array,
    hit_first: Int32Array,
    from_share: FloatArray,
    to_share: FloatArray,
    sense: SenseArray,
    factor: FloatArray,
    delay: FloatArray,
    moving: FloatArray,
    waiting: FloatArray,
) -> None:
    """Write what arcs cost between two shares of their lines: `moving` without delays, `waiting` the delays."""
    for i in range(arcs.size):
        arc = arcs[i]
        moving[i], waiting[i] = run_cost(
            edge_of[arc],
            is_forward[arc],
            low[i],
            high[i],
            base[arc],
            hit_edge,
            hit_first,
            from_share,
            to_share,
            sense,
            factor,
            delay,
        )


@compiled(
    f"int64({I1}, {F1}, {F1}, {I1}, boolean, {ALONG}, {I1}, {F1}, {PORTIONS}, {OUT_I1}, {OUT_F1}, {OUT_I1}, {OUT_I1})"
)
def write_stubs(
    edge_at: Int32Array,
    share_at: FloatArray,
    access: FloatArray,
    chosen: Int32Array,
    departing: bool,  # noqa: FBT001 - compiled code takes no keywords
    first_of_edge: Int32Array,
    edge_arc: Int32Array,
    is_forward: BoolArray,
    end_of: Int32Array,
    base: FloatArray,
    hit_edge: Int32Array,
    hit_first: Int32Array,
    from_share: FloatArray,
    to_share: FloatArray,
    sense: SenseArray,
    factor: FloatArray,
    delay: FloatArray,
    node: Int32Array,
    cost: FloatArray,
    attachment: Int32Array,
    arc_used: Int32Array,
) -> int:
    """Write how the attachments `chosen` reach nodes (departing), or are reached from nodes; return how many ways.

    `end_of` is the head of each arc when departing, its tail when arriving; `access` the cost of the
    straight bit of each attachment. What a barrier closes is left out.
    """
    count = 0
    for c in range(chosen.size):
        i = chosen[c]
        edge, share = edge_at[i], share_at[i]
        for j in range(first_of_edge[edge], first_of_edge[edge + 1]):
            arc = edge_arc[j]
            to_the_end = is_forward[arc] == departing
            moving, waiting = run_cost(
                edge,
                is_forward[arc],
                share if to_the_end else 0.0,
                1.0 if to_the_end else share,
                base[arc],
                hit_edge,
                hit_first,
                from_share,
                to_share,
                sense,
                factor,
                delay,
            )
            if math.isinf(moving):
                continue
            node[count], cost[count] = end_of[arc], access[i] + moving + waiting
            attachment[count], arc_used[count] = i, arc
            count += 1
    return count


@compiled(f"Tuple((float64, int64))(int32, float64, float64, {ALONG}, {F1}, {PORTIONS})")
def direct_way(
    edge: int,
    from_at: float,
    to_at: float,
    first_of_edge: Int32Array,
    edge_arc: Int32Array,
    is_forward: BoolArray,
    base: FloatArray,
    hit_edge: Int32Array,
    hit_first: Int32Array,
    from_share: FloatArray,
    to_share: FloatArray,
    sense: SenseArray,
    factor: FloatArray,
    delay: FloatArray,
) -> tuple[float, int]:
    """Return the cost of the way along one edge between two shares of it, and the arc; infinite and -1 where none."""
    best, used = math.inf, -1
    for j in range(first_of_edge[edge], first_of_edge[edge + 1]):
        arc = edge_arc[j]
        if (to_at < from_at) if is_forward[arc] else (to_at > from_at):
            continue
        moving, waiting = run_cost(
            edge,
            is_forward[arc],
            min(from_at, to_at),
            max(from_at, to_at),
            base[arc],
            hit_edge,
            hit_first,
            from_share,
            to_share,
            sense,
            factor,
            delay,
        )
        if moving + waiting < best:
            best, used = moving + waiting, int(arc)
    return best, used


@compiled(
    f"int64({I1}, {F1}, {I1}, {I1}, {F1}, boolean, {ALONG}, {F1}, {PORTIONS}, {OUT_I1}, {OUT_I1}, {OUT_I1}, {OUT_F1})"
)
def write_direct(
    edge_at: Int32Array,
    share_at: FloatArray,
    other_edge: Int32Array,
    other_attachment: Int32Array,
    other_share: FloatArray,
    towards_others: bool,  # noqa: FBT001 - compiled code takes no keywords
    first_of_edge: Int32Array,
    edge_arc: Int32Array,
    is_forward: BoolArray,
    base: FloatArray,
    hit_edge: Int32Array,
    hit_first: Int32Array,
    from_share: FloatArray,
    to_share: FloatArray,
    sense: SenseArray,
    factor: FloatArray,
    delay: FloatArray,
    own: Int32Array,
    other: Int32Array,
    arc_used: Int32Array,
    cost: FloatArray,
) -> int:
    """Write the ways along one edge between attachments and others; return how many there are.

    The others are given in the order of their edges. The outputs are filled as far as they reach; the caller
    gives more room where the count is larger.
    """
    count = 0
    for i in range(edge_at.size):
        j = np.searchsorted(other_edge, edge_at[i])
        while j < other_edge.size and other_edge[j] == edge_at[i]:
            to = other_attachment[j]
            j += 1
            begin, end = share_at[i], other_share[to]
            if not towards_others:
                begin, end = end, begin
            along, arc = direct_way(
                edge_at[i],
                begin,
                end,
                first_of_edge,
                edge_arc,
                is_forward,
                base,
                hit_edge,
                hit_first,
                from_share,
                to_share,
                sense,
                factor,
                delay,
            )
            if arc < 0:
                continue
            if count < own.size:
                own[count], other[count], arc_used[count], cost[count] = i, to, arc, along
            count += 1
    return count


@compiled(f"int64({I1}, {F1}, {F1}, {I1}, {B1}, {I1}, {I1}, {F1}, {F1}, {S1}, {OUT_I1})")
def write_met(
    arcs: Int32Array,
    low: FloatArray,
    high: FloatArray,
    edge_of: Int32Array,
    is_forward: BoolArray,
    hit_edge: Int32Array,
    hit_first: Int32Array,
    from_share: FloatArray,
    to_share: FloatArray,
    sense: SenseArray,
    met: Int32Array,
) -> int:
    """Write which portions runs along arcs meet, in the order they are met; return how many.

    The outputs are filled as far as they reach; the caller gives more room where the count is larger.
    """
    count = 0
    for i in range(arcs.size):
        forward = is_forward[arcs[i]]
        row = np.searchsorted(hit_edge, edge_of[arcs[i]])
        if row == hit_edge.size or hit_edge[row] != edge_of[arcs[i]]:
            continue
        for j in range(hit_first[row], hit_first[row + 1]):
            portion = j if forward else hit_first[row] + hit_first[row + 1] - 1 - j
            if meets(forward, low[i], high[i], from_share[portion], to_share[portion], sense[portion]):
                if count < met.size:
                    met[count] = portion
                count += 1
    return count
