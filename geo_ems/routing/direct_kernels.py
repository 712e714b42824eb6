"""Ways along one edge, without any node, compiled; imported by `compiled` alone."""

# ruff: noqa: PLR0913, PLR0917
# Compiled code takes plain numbers and arrays, one by one.

import math

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.queries.compiling import compiled
from geo_ems.routing.network import Int32Array
from geo_ems.routing.run_kernels import ALONG, F1, I1, OUT_F1, OUT_I1, PORTIONS, SenseArray, run_cost


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
