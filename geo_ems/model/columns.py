"""A whole layer as arrays: what the store reads, the snapshots hold and the queries use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.definitions import FieldDefinition, LayerDefinition

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
    """One layer, all features, ordered by id: ids, revisions, geometries (None = unlocated), columns."""

    definition: LayerDefinition
    ids: ObjectArray
    revs: IntArray
    geometries: ObjectArray
    columns: Mapping[str, Column]
    children: Mapping[str, ChildTable] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of features."""
        return int(self.ids.size)
