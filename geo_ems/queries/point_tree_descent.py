"""The search of a `PointTree` without a compiler: for commands that ask one question of a stored tree.

The nearest boxes are opened first. Below some hundreds of places a subtree is looked at whole, since
its places lie together in the arrays: one step of numpy instead of many of Python. Only those
pages of a mapped file are read in which an answer may lie.
"""

import heapq
from collections.abc import Iterator
from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.ellipsoid import ROUNDING_M
from geo_ems.queries.point_tree import PointTree

# Places of a subtree that are looked at together: 256 to 1,024 made single questions fastest.
_TOGETHER: Final = 512
# With fewer candidates than one in 200, gathering them costs less than opening most of the tree.
_SPARSE_SHARE: Final = 200


def descent_pays(candidates: BoolArray | None) -> bool:
    """Return whether the tree finds candidates faster than a scan of them: not where they are very few."""
    return candidates is None or int(np.count_nonzero(candidates)) * _SPARSE_SHARE >= candidates.size


def closest_by_descent(
    tree: PointTree, *, at_xyz_m: FloatArray, count: int, candidates: BoolArray | None = None
) -> tuple[IntArray, float]:
    """Return at least `count` candidates of smallest chord, and the chord up to which none is missing.

    The chord is infinite where all candidates are returned; the order of the result is not defined.
    `candidates` (n,) is a mask over the places the tree was built over.
    """
    near, near_2 = np.empty(0, dtype=np.int64), np.empty(0)
    worst_2 = np.inf
    for box_2, start, end in _subtrees(tree, at_xyz_m):
        if box_2 > worst_2:
            break
        index, chord_2 = _opened(tree, start, end, at_xyz_m, candidates)
        closer = chord_2 <= worst_2
        near, near_2 = np.concatenate([near, index[closer]]), np.concatenate([near_2, chord_2[closer]])
        if near_2.size > count:
            worst_2 = float(np.partition(near_2, count - 1)[count - 1])
            kept = near_2 <= worst_2
            near, near_2 = near[kept], near_2[kept]
        elif near_2.size == count:
            worst_2 = float(near_2.max(initial=0.0))
    return near, float(np.sqrt(worst_2))


def within_by_descent(
    tree: PointTree, *, at_xyz_m: FloatArray, chord_m: float, candidates: BoolArray | None = None
) -> IntArray:
    """Return all candidates whose chord is at most `chord_m` (a micrometre more is allowed), in no order."""
    limit_2 = (chord_m + ROUNDING_M) ** 2
    found: list[IntArray] = [np.empty(0, dtype=np.int64)]
    for box_2, start, end in _subtrees(tree, at_xyz_m):
        if box_2 > limit_2:
            break
        index, chord_2 = _opened(tree, start, end, at_xyz_m, candidates)
        found.append(index[chord_2 <= limit_2])
    return np.concatenate(found)


def _subtrees(tree: PointTree, at_xyz_m: FloatArray) -> Iterator[tuple[float, int, int]]:
    """Yield small subtrees as (a squared chord that none of their places falls below, start, end), ascending."""
    leaf_count = tree.leaf_start.size - 1
    depth = leaf_count.bit_length() - 1
    places_per_leaf = max(1, len(tree) // leaf_count)
    levels_together = min(depth, max(0, (_TOGETHER // places_per_leaf).bit_length() - 1))
    inner_levels = depth - levels_together
    first_whole = (1 << inner_levels) - 1  # nodes from here on are looked at whole
    at = tuple(at_xyz_m.tolist())
    waiting: list[tuple[float, int, tuple[float, float, float]]] = [(0.0, 0, (0.0, 0.0, 0.0))]
    while waiting:
        box_2, node, out = heapq.heappop(waiting)
        if node >= first_whole:
            leaves = 1 << levels_together
            first = (node - first_whole) * leaves
            yield box_2, int(tree.leaf_start[first]), int(tree.leaf_start[first + leaves])
            continue
        axis = int(tree.split_axis[node])
        beyond = at[axis] - float(tree.split_m[node])
        near, far = (2 * node + 1, 2 * node + 2) if beyond < 0.0 else (2 * node + 2, 2 * node + 1)
        far_out = (
            beyond if axis == 0 else out[0],
            beyond if axis == 1 else out[1],
            beyond if axis == 2 else out[2],  # noqa: PLR2004 the axes are x, y, z
        )
        heapq.heappush(waiting, (box_2, near, out))
        heapq.heappush(waiting, (far_out[0] ** 2 + far_out[1] ** 2 + far_out[2] ** 2, far, far_out))


def _opened(
    tree: PointTree, start: int, end: int, at_xyz_m: FloatArray, candidates: BoolArray | None
) -> tuple[IntArray, FloatArray]:
    """Return the candidates at some positions of the tree, and their squared chords."""
    index, places_m = tree.order[start:end].astype(np.int64), tree.xyz_m[start:end]
    if candidates is not None:
        chosen = candidates[index]
        index, places_m = index[chosen], places_m[chosen]
    step = places_m - at_xyz_m
    return index, np.asarray((step * step).sum(axis=1))
