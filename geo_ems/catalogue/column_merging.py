"""A layer's arrays with some features changed, without reading the others again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from geo_ems.model.columns import ChildTable, Column, IntArray, LayerColumns, packed_column
from geo_ems.queries.splicing import Splice, SplicedCells

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


@dataclass(frozen=True, slots=True)
class BasePlace:
    """Where an id stands in a base: before which row, and whether that row is the feature itself."""

    rank: int
    is_there: bool


class RowsById(Mapping[str, int]):
    """The row of each id of a layer, found by halving: the ids stand in order."""

    def __init__(self, columns: LayerColumns) -> None:
        """Look into the ids of some columns."""
        self._ids = columns.packed_ids

    def __getitem__(self, feature_id: str) -> int:
        """Return the row of an id."""
        place = self.place(feature_id)
        if place.is_there:
            return place.rank
        raise KeyError(feature_id)

    def place(self, feature_id: str) -> BasePlace:
        """Return where an id stands, or would stand."""
        row = self.rank(feature_id)
        return BasePlace(row, row < len(self._ids) and self._at(row) == feature_id)

    def rank(self, feature_id: str) -> int:
        """Return how many ids are smaller."""
        low, high = 0, len(self._ids)
        while low < high:
            middle = (low + high) // 2
            if self._at(middle) < feature_id:
                low = middle + 1
            else:
                high = middle
        return low

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids in order."""
        return iter(str(feature_id) for feature_id in self._ids.whole())

    def __len__(self) -> int:
        """Return the number of ids."""
        return len(self._ids)

    def _at(self, row: int) -> str:
        return str(self._ids.taken(np.array([row]))[0])


def splice_of(base_size: int, changed: LayerColumns, touched: Mapping[str, BasePlace]) -> Splice:
    """Return how the features of `changed` are put into a base; `touched` has the place of every feature touched."""
    removed: IntArray = np.array(sorted(place.rank for place in touched.values() if place.is_there), dtype=np.int64)
    ahead: IntArray = np.array([touched[str(feature_id)].rank for feature_id in changed.ids], dtype=np.int64)
    return Splice(base_size, removed, ahead - np.searchsorted(removed, ahead))


def spliced_columns(
    base: LayerColumns, changed: LayerColumns, splice: Splice, *, outdated_ids: frozenset[str] = frozenset()
) -> LayerColumns:
    """Return `base` with `changed` put in: what reading the whole layer would give; a column is joined when used."""
    return LayerColumns(
        definition=base.definition,
        ids=SplicedCells(base.packed_ids, changed.packed_ids, splice),
        revs=SplicedCells(base.packed_revs, changed.packed_revs, splice),
        geometries=SplicedCells(base.packed_geometries, changed.packed_geometries, splice),
        columns={name: _spliced(column, changed.columns[name], splice) for name, column in base.columns.items()},
        children={
            name: _spliced_children(table, changed.children[name], splice) for name, table in base.children.items()
        },
        outdated_ids=outdated_ids,
    )


def _spliced_children(base: ChildTable, changed: ChildTable, splice: Splice) -> ChildTable:
    if not base.parent_index.size and not changed.parent_index.size:
        return base
    return _merged_children(base, changed, splice.new_rows(np.arange(splice.base_size)), splice.changed_to)


def _spliced(base: Column, changed: Column, splice: Splice) -> Column:
    return Column(
        base.field,
        SplicedCells(base.packed, packed_column(changed), splice),
        SplicedCells(base.packed_known, changed.packed_known, splice),
    )
