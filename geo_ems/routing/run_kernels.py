"""What a run along an edge costs, compiled; imported by `compiled` alone.

Arrays that are read are declared read-only; writable ones are accepted too.
"""

# ruff: noqa: PLR0913, PLR0917, PLR0912, C901
# Compiled code takes plain numbers and arrays, one by one.

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.queries.compiling import compiled
from geo_ems.routing.edge_states import NOT_TRAVELLED, PARTLY_OPEN
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
OUT_STATE: Final = "Array(uint8, 1, 'C')"
PORTIONS: Final = f"{I1}, {I1}, {F1}, {F1}, {S1}, {F1}, {F1}"
"""Edges that are hit, first portion of each; by portion from, to, sense, factor, delay."""
ALONG: Final = f"{I1}, {I1}, {B1}"
"""First arc of each edge, arcs by edge, which of them are forward."""

UNMET_SHARE: Final = 1e-9
"""A portion that a run meets by less is only touched: what the rounding of a share may come to."""

SenseArray = NDArray[np.int8]
StateArray = NDArray[np.uint8]


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


@compiled(f"int64({ALONG}, {I1}, {I1}, {F1}, {F1}, {S1}, {F1}, {OUT_STATE}, {OUT_I1}, {OUT_F1}, {OUT_F1})")
def write_open_parts(
    first_of_edge: Int32Array,
    edge_arc: Int32Array,
    is_forward: BoolArray,
    hit_edge: Int32Array,
    hit_first: Int32Array,
    from_share: FloatArray,
    to_share: FloatArray,
    sense: SenseArray,
    factor: FloatArray,
    state: StateArray,
    open_edge: Int32Array,
    open_from: FloatArray,
    open_to: FloatArray,
) -> int:
    """Mark in `state` the edges that are closed in parts or all along, and write what is open; return how many parts.

    A part is open where an arc along the edge, in one direction at least, may pass. Portions come by edge
    and begin; there are at most twice as many open parts as portions and edges that are hit.
    """
    count = 0
    for row in range(hit_edge.size):
        edge, begun = hit_edge[row], count
        ways = shut = 0
        for sign in (1, -1):
            travelled = False
            for j in range(first_of_edge[edge], first_of_edge[edge + 1]):
                travelled = travelled or is_forward[edge_arc[j]] == (sign > 0)
            if not travelled:
                continue
            ways += 1
            at, own = 0.0, begun
            for i in range(hit_first[row], hit_first[row + 1] + 1):
                low, high = 1.0, 1.0
                if i < hit_first[row + 1]:
                    low, high = from_share[i], to_share[i]
                    if high <= low or not math.isinf(factor[i]) or sense[i] == -sign:
                        continue
                    shut += 1
                if low > at:
                    # Those of the other direction were written before, in order: put this one among them.
                    place = count
                    while place > own and open_from[place - 1] > at:
                        open_from[place], open_to[place] = open_from[place - 1], open_to[place - 1]
                        place -= 1
                    open_from[place], open_to[place] = at, low
                    count += 1
                at = max(at, high)
        if ways == 0 or shut == 0:
            count = begun
            continue
        last = begun
        for i in range(begun + 1, count):
            if open_from[i] <= open_to[last]:
                open_to[last] = max(open_to[last], open_to[i])
            else:
                last += 1
                open_from[last], open_to[last] = open_from[i], open_to[i]
        if count > begun:
            count = last + 1
        if count == begun + 1 and open_from[begun] == 0.0 and open_to[begun] == 1.0:
            count = begun
            continue
        state[edge] = PARTLY_OPEN if count > begun else NOT_TRAVELLED
        for i in range(begun, count):
            open_edge[i] = edge
    return count
