"""Rows of a layer with some replaced, taken out and put in: where each row of the result comes from."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from geo_ems.model.cells import AnyArray, Cells, OrderedCells
from geo_ems.model.columns import BoolArray, IntArray

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Splice:
    """A base of rows without `removed`, with changed rows put in: both in the order of their ids.

    `removed` (r,) are ascending base rows; `places` (m,), ascending, say how many of the kept base
    rows stand before each changed row. A row that was edited is removed and put in at the same place.
    """

    base_size: int
    removed: IntArray
    places: IntArray

    def __len__(self) -> int:
        """Return the number of rows of the result."""
        return self.base_size - self.removed.size + self.places.size

    @cached_property
    def changed_to(self) -> IntArray:
        """Return where the changed rows stand in the result, shape (m,)."""
        return self.places + np.arange(self.places.size)

    @cached_property
    def is_in_place(self) -> bool:
        """Return whether every other row keeps its place: rows were edited, none came or went."""
        return bool(np.array_equal(self.changed_to, self.removed))

    def new_rows(self, base_rows: IntArray) -> IntArray:
        """Return where base rows stand in the result; -1 where they are removed."""
        if self.is_in_place:
            rows = base_rows.astype(np.int64)
        else:
            rank = base_rows - np.searchsorted(self.removed, base_rows)
            rows = rank + np.searchsorted(self.places, rank, side="right")
        rows[np.isin(base_rows, self.removed)] = -1
        return rows

    def sources(self, rows: IntArray) -> tuple[BoolArray, IntArray]:
        """Return for rows of the result whether they are changed ones, and the row in the changed or the base."""
        before = np.searchsorted(self.changed_to, rows)
        held = before < self.changed_to.size
        is_changed = np.zeros(rows.shape, dtype=np.bool_)
        is_changed[held] = self.changed_to[before[held]] == rows[held]
        rank = rows - before
        gaps = self.removed - np.arange(self.removed.size)
        return is_changed, np.where(is_changed, before, rank + np.searchsorted(gaps, rank, side="right"))

    def whole(
        self, base: np.ndarray[tuple[int, ...], np.dtype[Kind]], changed: np.ndarray[tuple[int, ...], np.dtype[Kind]]
    ) -> np.ndarray[tuple[int, ...], np.dtype[Kind]]:
        """Return the rows of the result; the base itself where nothing in it differs."""
        if self.is_in_place:
            if np.array_equal(base[self.removed], changed, equal_nan=base.dtype.kind == "f"):
                return base
            edited = base.copy()
            edited[self.removed] = changed
            return edited
        parts = [(changed if is_changed else base)[start:stop] for is_changed, start, stop in self._pieces]
        return np.concatenate(parts) if parts else base[:0]

    def to_base(self, mask: BoolArray) -> BoolArray:
        """Return a mask over the result as one over the base; removed rows are False."""
        if self.is_in_place:
            of_base = mask.copy()
        else:
            of_base = np.zeros(self.base_size, dtype=np.bool_)
            at = 0
            for is_changed, start, stop in self._pieces:
                if not is_changed:
                    of_base[start:stop] = mask[at : at + stop - start]
                at += stop - start
        of_base[self.removed] = False
        return of_base

    @cached_property
    def _pieces(self) -> tuple[tuple[bool, int, int], ...]:
        """Return the runs (is changed, start, stop) that follow each other in the result."""
        gaps = self.removed - np.arange(self.removed.size)
        # The base row before which each changed row stands, among the kept ones.
        ahead = self.places + np.searchsorted(gaps, self.places, side="right")
        cuts = [(int(row), -1) for row in self.removed] + [(int(row), index) for index, row in enumerate(ahead)]
        pieces: list[tuple[bool, int, int]] = []
        start = 0
        for row, changed in sorted(cuts):
            if row > start:
                pieces.append((False, start, row))
            start = max(start, row + 1 if changed < 0 else row)
            if changed >= 0:
                pieces.append((True, changed, changed + 1))
        if start < self.base_size:
            pieces.append((False, start, self.base_size))
        return tuple(pieces)


@dataclass(frozen=True, slots=True)
class SplicedCells:
    """The values of a base with changed rows, joined only when all of them are looked at."""

    base: Cells
    changed: Cells
    splice: Splice

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.splice)

    def whole(self) -> AnyArray:
        """Return all values, shape (n,)."""
        return self.splice.whole(self.base.whole(), self.changed.whole())

    def numbers(self) -> IntArray | None:
        """Return the numbers of both parts joined, where both hold their values as such."""
        base = self.base.numbers() if isinstance(self.base, OrderedCells) else None
        changed = self.changed.numbers() if isinstance(self.changed, OrderedCells) else None
        return None if base is None or changed is None else self.splice.whole(base, changed)

    def taken(self, rows: IntArray) -> AnyArray:
        """Return the values of `rows`."""
        is_changed, source = self.splice.sources(rows)
        if not is_changed.any():
            return self.base.taken(source)
        values = self.changed.taken(source[is_changed])
        taken = np.empty(rows.size, dtype=values.dtype)
        taken[is_changed] = values
        taken[~is_changed] = self.base.taken(source[~is_changed])
        return taken
