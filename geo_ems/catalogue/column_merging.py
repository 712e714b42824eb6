"""A layer's arrays with some features changed, without reading the others again."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from geo_ems.model.columns import ChildTable, Column, IntArray, LayerColumns

_Kind = TypeVar("_Kind", bound=np.generic)


def merged_columns(old: LayerColumns, changed: LayerColumns, *, replaced_rows: Sequence[int]) -> LayerColumns:
    """Return `old` without `replaced_rows`, with the features of `changed` put in by their id.

    The result is what reading the whole layer would give: ordered by id, child rows in the order
    of their parents.
    """
    kept = np.ones(len(old), dtype=np.bool_)
    kept[list(replaced_rows)] = False
    kept_rows = np.flatnonzero(kept)
    places = np.searchsorted(old.ids[kept_rows], changed.ids)
    # Where the kept and the changed features stand in the result.
    kept_to = np.arange(kept_rows.size) + np.searchsorted(places, np.arange(kept_rows.size), side="right")
    changed_to = places + np.arange(len(changed))
    order = np.empty(kept_rows.size + len(changed), dtype=np.int64)
    order[kept_to] = kept_rows
    order[changed_to] = len(old) + np.arange(len(changed))
    new_row_of_old = np.full(len(old), -1, dtype=np.int64)
    new_row_of_old[kept_rows] = kept_to
    return LayerColumns(
        definition=old.definition,
        ids=_taken(old.ids, changed.ids, order),
        revs=_taken(old.revs, changed.revs, order),
        geometries=_taken(old.geometries, changed.geometries, order),
        columns={name: _merged(column, changed.columns[name], order) for name, column in old.columns.items()},
        children={
            name: _merged_children(table, changed.children[name], new_row_of_old, changed_to)
            for name, table in old.children.items()
        },
        outdated_ids=(old.outdated_ids - {str(old.ids[row]) for row in replaced_rows}) | changed.outdated_ids,
    )


def _merged_children(
    old: ChildTable, changed: ChildTable, new_row_of_old: IntArray, changed_to: IntArray
) -> ChildTable:
    parents = np.concatenate([new_row_of_old[old.parent_index], changed_to[changed.parent_index]])
    order = np.argsort(parents, kind="stable")
    order = order[parents[order] >= 0]
    parent_index = parents[order]
    parent_index.setflags(write=False)
    columns = {name: _merged(column, changed.columns[name], order) for name, column in old.columns.items()}
    return ChildTable(parent_index=parent_index, columns=columns)


def _merged(old: Column, changed: Column, order: IntArray) -> Column:
    return Column(old.field, _taken(old.values, changed.values, order), _taken(old.known, changed.known, order))


def _taken(
    old: np.ndarray[tuple[int, ...], np.dtype[_Kind]],
    changed: np.ndarray[tuple[int, ...], np.dtype[_Kind]],
    order: IntArray,
) -> np.ndarray[tuple[int, ...], np.dtype[_Kind]]:
    taken = np.concatenate([old, changed])[order]
    taken.setflags(write=False)
    return taken
