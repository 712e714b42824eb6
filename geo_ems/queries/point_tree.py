"""A k-d tree over places as plain arrays: built with numpy, stored as files, descended by whoever reads it.

This module knows no compiler. `point_tree_kernels` descends the arrays compiled; a one-shot command
may descend the same arrays, memory-mapped, in plain Python.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, FloatArray, IntArray

SmallIntArray = NDArray[np.int8]
RowArray = NDArray[np.int32]

LEAF_SIZE: Final = 16
"""Places per leaf at most: 16 made single queries fastest at 100,000 and 1,000,000 places."""

EVERY: Final = 0
"""How candidates are given to a search: all places of the tree are candidates,"""
BY_INDEX: Final = 1
"""or by a mask over the n places,"""
BY_POSITION: Final = 2
"""or by a mask over the positions of the tree, with a mark for each node (`MarkedCandidates`)."""

_AXES: Final = 3


@dataclass(frozen=True, slots=True)
class PointTree:
    """A balanced binary tree over m of n places, without pointers; all arrays are read-only and C-contiguous.

    Level by level, the root first: node i has the children 2 i + 1 and 2 i + 2. With `leaf_count` =
    2**depth leaves, the nodes 0 .. leaf_count - 2 are inner ones and node leaf_count - 1 + j is leaf j.
    A tree of one leaf has no inner node.

    Attributes
    ----------
    order
        (m,) int32: which of the n places stands at each position; leaf by leaf, ascending in a leaf.
    xyz_m
        (m, 3) float64: Earth-centred x, y, z of the places in that order, metres.
    split_axis
        (leaf_count - 1,) int8: which of x, y, z divides an inner node.
    split_m
        (leaf_count - 1,) float64: where. Places left of it have a coordinate at most this, those
        right of it at least this; places *on* the plane may be on either side.
    leaf_start
        (leaf_count + 1,) int32: leaf j holds positions leaf_start[j] up to, not including, leaf_start[j + 1];
        a leaf may be empty.
    arrays
        The five together, in this order, as the kernels take them.

    A search for chords shorter than c from q goes first to the side q lies on (left where
    q[axis] < split), and may leave out the other side where the distance of q from the box behind the
    planes passed so far is above c. Places without coordinates are in no leaf.
    """

    order: RowArray
    xyz_m: FloatArray
    split_axis: SmallIntArray
    split_m: FloatArray
    leaf_start: RowArray
    arrays: tuple[RowArray, FloatArray, SmallIntArray, FloatArray, RowArray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Hold plain read-only views: a memory-mapped array is a subclass, which compiled code takes slowly."""
        for name in ("order", "xyz_m", "split_axis", "split_m", "leaf_start"):
            view = np.asarray(getattr(self, name)).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)
        arrays = (self.order, self.xyz_m, self.split_axis, self.split_m, self.leaf_start)
        object.__setattr__(self, "arrays", arrays)

    def __len__(self) -> int:
        """Return the number of places in the tree."""
        return int(self.order.size)


EMPTY_TREE: Final = PointTree(
    np.empty(0, np.int32), np.empty((0, _AXES)), np.empty(0, np.int8), np.empty(0), np.zeros(2, np.int32)
)
"""A tree of no places: what stands beside it is scanned."""


def build_point_tree(xyz_m: FloatArray, index: IntArray | None = None, *, leaf_size: int = LEAF_SIZE) -> PointTree:
    """Return a tree over the places `index` of `xyz_m`, shape (3, n), metres; all of them where None.

    The places must have coordinates (no NaN); there may be none. Each node is divided in the middle
    of the axis along which it is longest, all nodes of a level at once.
    """
    chosen = np.arange(xyz_m.shape[1]) if index is None else index
    depth = max(0, int(np.ceil(np.log2(max(chosen.size, 1) / leaf_size))))
    leaf_count = 1 << depth
    # Nodes of a level have one size, so that a level is one array operation: copies of a place fill up.
    size = max(1, -(-chosen.size // leaf_count))
    filled = np.concatenate([chosen, np.full(leaf_count * size - chosen.size, chosen[0] if chosen.size else 0)])
    order = np.concatenate([chosen, np.full(leaf_count * size - chosen.size, -1)]).astype(np.int32)
    places_m = np.ascontiguousarray(xyz_m[:, filled]) if chosen.size else np.zeros((_AXES, filled.size))
    split_axis = np.empty(leaf_count - 1, dtype=np.int8)
    split_m = np.empty(leaf_count - 1)
    for level in range(depth):
        nodes = slice((1 << level) - 1, (1 << (level + 1)) - 1)
        split_axis[nodes], split_m[nodes] = _halve(places_m, order, node_count=1 << level)
    rows = np.sort(order.reshape(leaf_count, size), axis=1)
    leaf_start = np.concatenate([[0], np.cumsum((rows >= 0).sum(axis=1))]).astype(np.int32)
    order = rows[rows >= 0]
    return PointTree(order, np.ascontiguousarray(xyz_m[:, order].T), split_axis, split_m, leaf_start)


def _halve(places_m: FloatArray, order: RowArray, *, node_count: int) -> tuple[SmallIntArray, FloatArray]:
    """Divide each of the equal nodes in the middle of its longest axis, in place; return axes and planes."""
    by_node = places_m.reshape(_AXES, node_count, -1)
    axis = (by_node.max(axis=2) - by_node.min(axis=2)).argmax(axis=0)
    along_m = by_node[axis, np.arange(node_count)]
    half = along_m.shape[1] // 2
    rank = np.argpartition(along_m, half, axis=1)
    split_m = np.take_along_axis(along_m, rank[:, half : half + 1], axis=1)[:, 0]
    rank += np.arange(node_count)[:, None] * along_m.shape[1]
    moved = rank.ravel()
    for coordinate_m in places_m:
        coordinate_m[:] = coordinate_m[moved]
    order[:] = order[moved]
    return axis.astype(np.int8), split_m


@dataclass(frozen=True, slots=True)
class MarkedCandidates:
    """Candidates prepared for many questions to one tree; all arrays are read-only.

    `mask` (n,) tells which of the n places are candidates, `at_position` (m,) the same in the order
    of the tree, `in_node` (2 leaf_count - 1,) which nodes hold one at all.
    """

    mask: BoolArray
    at_position: BoolArray
    in_node: BoolArray


def mark_candidates(tree: PointTree, mask: BoolArray) -> MarkedCandidates:
    """Return the candidates among the n places, `mask` (n,), marked in the tree; the mask is copied."""
    at_position = mask[tree.order]
    leaf_count = tree.leaf_start.size - 1
    in_node = np.zeros(2 * leaf_count - 1, dtype=np.bool_)
    before = np.concatenate([[0], np.cumsum(at_position)])
    in_node[leaf_count - 1 :] = np.diff(before[tree.leaf_start]) > 0
    width = leaf_count
    while width > 1:
        below = in_node[width - 1 : 2 * width - 1]
        width //= 2
        in_node[width - 1 : 2 * width - 1] = below[0::2] | below[1::2]
    marked = MarkedCandidates(mask.copy(), at_position, in_node)
    for part in (marked.mask, at_position, in_node):
        part.setflags(write=False)
    return marked
