"""A whole layer as arrays: what the store reads, the snapshots hold and the queries use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.cells import AnyArray, ArrayCells, Cells, OrderedCells, packed_days, packed_instants, packed_texts
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Value

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ObjectArray = NDArray[np.object_]


class Column:
    """The values of one field for all features, in feature order; read-only.

    `values` is, by field type: integer, real -> float64 (NaN where unknown); boolean -> bool;
    code -> int16 index into the field's codes, -1 where unknown; codes -> uint64 bit mask, bit i
    for the i-th code; text, phone, date, datetime -> object array of str ("" where unknown).
    `known` is False where the value is null. Both may be packed (`model.cells`) and are unpacked at
    the first look at all of them; `taken` and `knows` unpack only the rows asked for.
    """

    __slots__ = ("_known", "_values", "field")

    def __init__(self, field: FieldDefinition, values: AnyArray | Cells, known: BoolArray | Cells) -> None:
        """Take arrays as they are, or packed."""
        self.field = field
        self._values: AnyArray | Cells = _read_only(values)
        self._known: AnyArray | Cells = _read_only(known)

    @property
    def values(self) -> AnyArray:
        """Return all values, shape (n,)."""
        if not isinstance(self._values, np.ndarray):
            self._values = _unpacked(self._values)
        return self._values

    @property
    def known(self) -> BoolArray:
        """Return which values are not null, shape (n,)."""
        if not isinstance(self._known, np.ndarray):
            self._known = _unpacked(self._known)
        return self._known.astype(np.bool_, copy=False)

    @property
    def packed(self) -> Cells:
        """Return the values as they are held, without unpacking them."""
        return ArrayCells(self._values) if isinstance(self._values, np.ndarray) else self._values

    @property
    def packed_known(self) -> Cells:
        """Return which values are not null as it is held."""
        return ArrayCells(self._known) if isinstance(self._known, np.ndarray) else self._known

    def taken(self, rows: IntArray) -> AnyArray:
        """Return the values of some rows: `values[rows]`, without a look at the others."""
        return self.packed.taken(rows)

    def knows(self, row: int) -> bool:
        """Return whether the value of one row is not null."""
        held = self._known
        return bool(held[row] if isinstance(held, np.ndarray) else held.taken(np.array([row]))[0])

    def at(self, row: int) -> object:
        """Return the value of one row as it is held: a number, a truth value, a text."""
        held = self._values
        return held[row] if isinstance(held, np.ndarray) else held.taken(np.array([row]))[0]

    def extremes(self) -> tuple[str | None, str | None]:
        """Return the smallest and the largest known text, date or instant; None where there is none."""
        packed, known = self.packed, self.known
        if not known.any():
            return None, None
        numbers = packed.numbers() if isinstance(packed, OrderedCells) else None
        if numbers is not None:
            if known.all():
                rows = np.array([numbers.argmin(), numbers.argmax()])
            else:
                numbers = numbers[known]
                rows = np.flatnonzero(known)[[numbers.argmin(), numbers.argmax()]]
            first, last = packed.taken(rows)
            return str(first), str(last)
        texts = [str(value) for value in self.values[known]]
        return min(texts), max(texts)


@dataclass(frozen=True, slots=True)
class ChildTable:
    """The rows of one child table of all features; `parent_index` points into the feature order."""

    parent_index: IntArray
    columns: Mapping[str, Column]


class LayerColumns:
    """One layer, all features, ordered by id: ids, revisions, geometries (None = unlocated), columns; read-only.

    `ids`, `revs` and `geometries` may be packed and are unpacked at the first look at all of them.
    `outdated_ids` answer with their last good version: another program made the newest unusable.
    """

    __slots__ = ("_geometries", "_ids", "_revs", "children", "columns", "definition", "outdated_ids")

    def __init__(
        self,
        definition: LayerDefinition,
        ids: ObjectArray | Cells,
        revs: IntArray | Cells,
        geometries: ObjectArray | Cells,
        columns: Mapping[str, Column],
        children: Mapping[str, ChildTable] | None = None,
        *,
        outdated_ids: frozenset[str] = frozenset(),
    ) -> None:
        """Take arrays as they are, or packed."""
        self.definition = definition
        self._ids: AnyArray | Cells = _read_only(ids)
        self._revs: AnyArray | Cells = _read_only(revs)
        self._geometries: AnyArray | Cells = _read_only(geometries)
        self.columns = columns
        self.children: Mapping[str, ChildTable] = {} if children is None else children
        self.outdated_ids = outdated_ids

    def __len__(self) -> int:
        """Return the number of features."""
        return len(self._ids)

    @property
    def ids(self) -> ObjectArray:
        """Return all ids, shape (n,)."""
        if not isinstance(self._ids, np.ndarray):
            self._ids = _unpacked(self._ids)
        return self._ids.astype(np.object_, copy=False)

    @property
    def revs(self) -> IntArray:
        """Return all revisions, shape (n,)."""
        if not isinstance(self._revs, np.ndarray):
            self._revs = _unpacked(self._revs)
        return self._revs.astype(np.int64, copy=False)

    @property
    def geometries(self) -> ObjectArray:
        """Return all geometries, shape (n,)."""
        if not isinstance(self._geometries, np.ndarray):
            self._geometries = _unpacked(self._geometries)
        return self._geometries.astype(np.object_, copy=False)

    @property
    def packed_ids(self) -> Cells:
        """Return the ids as they are held."""
        return ArrayCells(self._ids) if isinstance(self._ids, np.ndarray) else self._ids

    @property
    def packed_revs(self) -> Cells:
        """Return the revisions as they are held."""
        return ArrayCells(self._revs) if isinstance(self._revs, np.ndarray) else self._revs

    @property
    def packed_geometries(self) -> Cells:
        """Return the geometries as they are held."""
        return ArrayCells(self._geometries) if isinstance(self._geometries, np.ndarray) else self._geometries

    def id_at(self, row: int) -> str:
        """Return one id."""
        return str(self.packed_ids.taken(np.array([row]))[0])

    def row_values(self, row: int, *, include_private: bool) -> dict[str, Value]:
        """Return the values of one feature by field name, without private fields unless asked for."""
        return {
            name: value_at(column, row)
            for name, column in self.columns.items()
            if include_private or not column.field.private
        }

    def row_children(self, row: int, *, include_private: bool) -> dict[str, tuple[dict[str, Value], ...]]:
        """Return the child rows of one feature by child name, in their stored order."""
        found: dict[str, tuple[dict[str, Value], ...]] = {}
        for name, table in self.children.items():
            lines = np.flatnonzero(table.parent_index == row)
            found[name] = tuple(
                {
                    field_name: value_at(column, int(line))
                    for field_name, column in table.columns.items()
                    if include_private or not column.field.private
                }
                for line in lines
            )
        return found


def packed_column(column: Column) -> Cells:
    """Return the values of a column packed: texts as bytes, dates and instants as numbers, others as they are.

    Raises
    ------
    OverflowError
        Where the texts are longer than 4 GiB together.
    """
    if not isinstance(column.packed, ArrayCells):
        return column.packed
    texts = column.values.astype(np.object_, copy=False)
    match column.field.type:
        case FieldType.TEXT | FieldType.PHONE:
            return packed_texts(texts.tolist())
        case FieldType.DATE:
            return packed_days(texts)
        case FieldType.DATETIME:
            return packed_instants(texts)
        case _:
            return column.packed


def value_at(column: Column, row: int) -> Value:
    """Return one value as the model speaks it: None where unknown, a code's name, a tuple of codes."""
    if not column.knows(row):
        return None
    value = column.at(row)
    found: Value
    match column.field.type:
        case FieldType.INTEGER:
            found = int(cast("np.float64", value))
        case FieldType.REAL:
            found = float(cast("np.float64", value))
        case FieldType.BOOLEAN:
            found = bool(value)
        case FieldType.CODE:
            found = tuple(column.field.codes)[int(cast("np.int16", value))]
        case FieldType.CODES:
            mask = int(cast("np.uint64", value))
            found = tuple(sorted(code for bit, code in enumerate(column.field.codes) if mask >> bit & 1))
        case _:
            found = str(value)
    return found


def _read_only(held: AnyArray | Cells) -> AnyArray | Cells:
    return _frozen(held) if isinstance(held, np.ndarray) else held


def _unpacked(cells: Cells) -> AnyArray:
    return _frozen(cells.whole())


def _frozen(array: AnyArray) -> AnyArray:
    """Return the same memory, without the right to write into it."""
    view = array.view()
    view.setflags(write=False)
    return view
