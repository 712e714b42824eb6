"""Shortest ways, compiled; imported by `compiled` alone.

Dijkstra with a heap of four children per entry in which superseded entries stay until they come up.
A search to the nearest few writes into arrays that are lent, and cleans up what it touched.
"""

# ruff: noqa: PLR0913, PLR0917, PLR0912, PLR0915, C901, FBT001
# Compiled code takes plain numbers and arrays, one by one, and calls inside the loops cost.

import math
from typing import Final

import numpy as np

from geo_ems.model.columns import FloatArray
from geo_ems.queries.compiling import compiled
from geo_ems.routing.network import Int32Array

NO_ARC: Final = -1
"""Predecessor of a node that is not reached; from -2 downwards it is the start -2 - i."""

_F1: Final = "Array(float64, 1, 'C', True)"
_I1: Final = "Array(int32, 1, 'C', True)"
_OUT_F1: Final = "Array(float64, 1, 'C')"
_OUT_I1: Final = "Array(int32, 1, 'C')"
_GRAPH: Final = f"{_I1}, {_I1}, {_I1}, {_F1}, boolean"
"""First place of each node, arcs by place (where backwards), the other end and the cost by place, backwards."""

_FIRST_ROOM: Final = 1024
_CHILDREN: Final = 4
_ROUNDING: Final = 1e-6


@compiled()
def push(keys: FloatArray, nodes: Int32Array, size: int, key: float, node: int) -> int:
    """Put an entry into the heap; return its new size. There must be room."""
    at = size
    while at > 0:
        above = (at - 1) >> 2
        if keys[above] <= key:
            break
        keys[at], nodes[at] = keys[above], nodes[above]
        at = above
    keys[at], nodes[at] = key, node
    return size + 1


@compiled()
def drop_first(keys: FloatArray, nodes: Int32Array, size: int) -> int:
    """Take the least entry out of the heap; return its new size."""
    size -= 1
    key, node = keys[size], nodes[size]
    at = 0
    while True:
        child = _CHILDREN * at + 1
        if child >= size:
            break
        least, least_key = child, keys[child]
        for other in range(child + 1, min(child + _CHILDREN, size)):
            if keys[other] < least_key:
                least, least_key = other, keys[other]
        if least_key >= key:
            break
        keys[at], nodes[at] = least_key, nodes[least]
        at = least
    keys[at], nodes[at] = key, node
    return size


@compiled()
def enlarged(keys: FloatArray, nodes: Int32Array) -> tuple[FloatArray, Int32Array]:
    """Return the heap in twice the room."""
    more_keys, more_nodes = np.empty(2 * keys.size), np.empty(2 * keys.size, np.int32)
    more_keys[: keys.size] = keys
    more_nodes[: keys.size] = nodes
    return more_keys, more_nodes


@compiled()
def keep_nearest(nearest: FloatArray, who: Int32Array, held: int, total: float, point: int) -> int:
    """Put a point into the list of the nearest, or move it up in it; return how many are held."""
    at = held
    for i in range(held):
        if who[i] == point:
            at = i
            break
    if at == held:
        if held < nearest.size:
            held += 1
        elif total >= nearest[held - 1]:
            return held
        else:
            at = held - 1
    while at > 0 and nearest[at - 1] > total:
        nearest[at], who[at] = nearest[at - 1], who[at - 1]
        at -= 1
    nearest[at], who[at] = total, point
    return held


@compiled(f"int64({_GRAPH}, {_I1}, {_F1}, float64, {_OUT_F1}, {_OUT_I1}, {_OUT_I1})")
def search_all(
    first: Int32Array,
    arc_at: Int32Array,
    other_end: Int32Array,
    cost: FloatArray,
    backwards: bool,
    start_node: Int32Array,
    start_cost: FloatArray,
    cutoff: float,
    distance: FloatArray,
    by_arc: Int32Array,
    start_of: Int32Array,
) -> int:
    """Find the least cost of every node up to the cutoff, included; return how many nodes are reached.

    `distance` must be infinite and `by_arc` NO_ARC everywhere. `start_of` gets the start each
    node belongs to, unless it is empty.
    """
    keys, nodes = np.empty(_FIRST_ROOM), np.empty(_FIRST_ROOM, np.int32)
    size, reached = 0, 0
    for i in range(start_node.size):
        node = start_node[i]
        if start_cost[i] <= cutoff and start_cost[i] < distance[node]:
            distance[node], by_arc[node] = start_cost[i], -2 - i
            if start_of.size > 0:
                start_of[node] = i
            if size == keys.size:
                keys, nodes = enlarged(keys, nodes)
            size = push(keys, nodes, size, start_cost[i], node)
    while size > 0:
        here, node = keys[0], nodes[0]
        size = drop_first(keys, nodes, size)
        if here > distance[node]:
            continue
        reached += 1
        while size + (first[node + 1] - first[node]) > keys.size:
            keys, nodes = enlarged(keys, nodes)
        for i in range(first[node], first[node + 1]):
            there, to = here + cost[i], other_end[i]
            if there < distance[to] and there <= cutoff:
                distance[to], by_arc[to] = there, arc_at[i] if backwards else i
                if start_of.size > 0:
                    start_of[to] = start_of[node]
                size = push(keys, nodes, size, there, to)
    return reached


@compiled(
    f"UniTuple(int64, 2)({_GRAPH}, {_I1}, {_F1}, {_I1}, {_I1}, {_I1}, {_I1}, {_F1}, {_F1}, int64, float64, float64,"
    f" {_OUT_F1}, {_OUT_I1}, {_OUT_I1}, {_OUT_F1}, {_OUT_I1}, {_OUT_I1})"
)
def search_nearest(
    first: Int32Array,
    arc_at: Int32Array,
    other_end: Int32Array,
    cost: FloatArray,
    backwards: bool,
    start_node: Int32Array,
    start_cost: FloatArray,
    slot_node: Int32Array,
    slot_stub: Int32Array,
    next_stub: Int32Array,
    stub_point: Int32Array,
    stub_cost: FloatArray,
    offset: FloatArray,
    k: int,
    tolerance: float,
    cutoff: float,
    distance: FloatArray,
    by_arc: Int32Array,
    touched: Int32Array,
    best: FloatArray,
    best_stub: Int32Array,
    found: Int32Array,
) -> tuple[int, int]:
    """Find the k points of least offset + cost, and all within `tolerance` of the k-th.

    Return how many there are, and how many nodes were touched.

    The stubs at a node are found through a table of slots (a power of two), then `next_stub`. `best` (q,)
    holds the costs of direct ways, or is infinite; the answer is there, in `best_stub` (-1: direct)
    and, in the order they were found, in `found`. `distance` must be infinite everywhere; the nodes that
    are not afterwards are `touched`.
    """
    mask = slot_node.size - 1
    least_rest = math.inf
    for i in range(stub_point.size):
        rest = stub_cost[i] + offset[stub_point[i]]
        least_rest = min(least_rest, rest)
    limit = cutoff + _ROUNDING
    held, count = 0, 0
    nearest, who = np.empty(k), np.empty(k, np.int32)
    for point in range(best.size):
        if best[point] <= limit:
            if not math.isinf(best[point]):
                found[count] = point
                count += 1
                held = keep_nearest(nearest, who, held, best[point], point)
        else:
            best[point] = math.inf  # along its edge it comes too late; it may still come another way
    if held == k:
        limit = min(limit, nearest[k - 1] + tolerance)
    keys, nodes = np.empty(_FIRST_ROOM), np.empty(_FIRST_ROOM, np.int32)
    size, seen = 0, 0
    for i in range(start_node.size):
        node = start_node[i]
        if start_cost[i] + least_rest <= limit and start_cost[i] < distance[node]:
            if math.isinf(distance[node]):
                touched[seen] = node
                seen += 1
            distance[node], by_arc[node] = start_cost[i], -2 - i
            if size == keys.size:
                keys, nodes = enlarged(keys, nodes)
            size = push(keys, nodes, size, start_cost[i], node)
    while size > 0:
        here, node = keys[0], nodes[0]
        if here + least_rest > limit:
            break
        size = drop_first(keys, nodes, size)
        if here > distance[node]:
            continue
        slot = (np.int64(node) * 2654435769 >> 8) & mask
        while slot_node[slot] >= 0:
            if slot_node[slot] == node:
                stub = slot_stub[slot]
                while stub >= 0:
                    point = stub_point[stub]
                    total = here + stub_cost[stub] + offset[point]
                    if total <= limit and total < best[point]:
                        if math.isinf(best[point]):
                            found[count] = point
                            count += 1
                        best[point], best_stub[point] = total, stub
                        held = keep_nearest(nearest, who, held, total, point)
                        if held == k:
                            limit = min(limit, nearest[k - 1] + tolerance)
                    stub = next_stub[stub]
                break
            slot = (slot + 1) & mask
        while size + (first[node + 1] - first[node]) > keys.size:
            keys, nodes = enlarged(keys, nodes)
        for i in range(first[node], first[node + 1]):
            there, to = here + cost[i], other_end[i]
            if there < distance[to] and there + least_rest <= limit:
                if math.isinf(distance[to]):
                    touched[seen] = to
                    seen += 1
                distance[to], by_arc[to] = there, arc_at[i] if backwards else i
                size = push(keys, nodes, size, there, to)
    return count, seen


@compiled(f"void({_I1}, {_OUT_I1}, {_OUT_I1}, {_OUT_I1})")
def fill_slots(stub_node: Int32Array, slot_node: Int32Array, slot_stub: Int32Array, next_stub: Int32Array) -> None:
    """Write the table by which `search_nearest` finds the stubs at a node; all outputs must be -1."""
    mask = slot_node.size - 1
    for stub in range(stub_node.size):
        node = stub_node[stub]
        slot = (np.int64(node) * 2654435769 >> 8) & mask
        while slot_node[slot] >= 0 and slot_node[slot] != node:
            slot = (slot + 1) & mask
        next_stub[stub] = slot_stub[slot] if slot_node[slot] == node else -1
        slot_node[slot], slot_stub[slot] = node, stub


@compiled(f"int64({_I1}, {_I1}, {_I1}, {_I1}, {_I1}, {_I1}, boolean, {_OUT_I1}, {_OUT_I1}, {_OUT_I1})")
def write_ways(
    stubs: Int32Array,
    stub_node: Int32Array,
    stub_arc: Int32Array,
    start_arc: Int32Array,
    by_arc: Int32Array,
    next_node: Int32Array,
    turned: bool,
    way: Int32Array,
    end: Int32Array,
    start: Int32Array,
) -> int:
    """Write the arcs of the ways from stubs to the starts of a search, one after the other, and where each ends.

    A way is the stub's arc, those between, and the start's arc; with `turned` in the opposite order. `start`
    gets the start of each. Returns the room that all take; what is beyond `way` is not written.
    """
    count = 0
    for i in range(stubs.size):
        begin, node = count, stub_node[stubs[i]]
        if count < way.size:
            way[count] = stub_arc[stubs[i]]
        count += 1
        while by_arc[node] >= 0:
            if count < way.size:
                way[count] = by_arc[node]
            count += 1
            node = next_node[by_arc[node]]
        start[i] = -2 - by_arc[node]
        if count < way.size:
            way[count] = start_arc[start[i]]
        count += 1
        end[i] = count
        if turned and count <= way.size:
            low, high = begin, count - 1
            while low < high:
                way[low], way[high] = way[high], way[low]
                low, high = low + 1, high - 1
    return count


@compiled(f"void({_OUT_F1}, {_OUT_I1}, int64)")
def clean(distance: FloatArray, touched: Int32Array, count: int) -> None:
    """Make the lent array infinite again."""
    for i in range(count):
        distance[touched[i]] = math.inf
