"""A whole layer as arrays: what the store reads, the snapshots hold and the queries use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Value

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ObjectArray = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one field for all features, in feature order.

    `values` is, by field type: integer, real -> float64 (NaN where unknown); boolean -> bool;
    code -> int16 index into the field's codes, -1 where unknown; codes -> uint64 bit mask, bit i
    for the i-th code; text, phone, date, datetime -> object array of str ("" where unknown).
    `known` is False where the value is null.
    """

    field: FieldDefinition
    values: NDArray[np.generic]
    known: BoolArray


@dataclass(frozen=True, slots=True)
class ChildTable:
    """The rows of one child table of all features; `parent_index` points into the feature order."""

    parent_index: IntArray
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class LayerColumns:
    """One layer, all features, ordered by id: ids, revisions, geometries (None = unlocated), columns.

    `outdated_ids` answer with their last good version: another program made the newest unusable.
    """

    definition: LayerDefinition
    ids: ObjectArray
    revs: IntArray
    geometries: ObjectArray
    columns: Mapping[str, Column]
    children: Mapping[str, ChildTable] = field(default_factory=dict)
    outdated_ids: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """Return the number of features."""
        return int(self.ids.size)

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


def value_at(column: Column, row: int) -> Value:
    """Return one value as the model speaks it: None where unknown, a code's name, a tuple of codes."""
    if not column.known[row]:
        return None
    value = column.values[row]
    found: Value
    match column.field.type:
        case FieldType.INTEGER:
            found = int(value)
        case FieldType.REAL:
            found = float(value)
        case FieldType.BOOLEAN:
            found = bool(value)
        case FieldType.CODE:
            found = tuple(column.field.codes)[int(value)]
        case FieldType.CODES:
            mask = int(value)
            found = tuple(sorted(code for bit, code in enumerate(column.field.codes) if mask >> bit & 1))
        case _:
            found = str(value)
    return found
