"""Whole layers as arrays and single features, from one moment of the store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import apsw
import numpy as np

from geo_ems.model.columns import ChildTable, Column, IntArray, LayerColumns
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.features import ChildRows, Feature, Properties, Value
from geo_ems.storage.change_log import StoredRow
from geo_ems.storage.column_building import build_column
from geo_ems.storage.geometry_blobs import decode_blobs, geometry_array
from geo_ems.storage.layer_tables import child_table
from geo_ems.storage.row_fetching import fetch_stored_rows, fetch_table, layer_columns
from geo_ems.storage.statements import SqlRow, SqlValue
from geo_ems.storage.values import ValueFaultError, decode_value, id_fault


@dataclass(frozen=True, slots=True)
class PoisonRow:
    """A row that another program left unusable, and why.

    With `excluded` the whole row is kept aside (no readable geometry, no usable id); otherwise only
    the value named in `reason` reads as unknown. `layer` is the table: a child row has its own.
    """

    layer: str
    fid: int
    reason: str
    excluded: bool = True


def read_layer(connection: apsw.Connection, definition: LayerDefinition) -> tuple[LayerColumns, tuple[PoisonRow, ...]]:
    """Return a layer as arrays, ordered by id, and the rows or values that had to be left out."""
    rows = fetch_table(connection, definition.name, layer_columns(definition))
    geometries, blob_faults = decode_blobs([row[1] for row in rows])
    poison = [_poison(definition.name, rows[index], reason) for index, reason in blob_faults]
    excluded = {index for index, _ in blob_faults}
    for index, row in enumerate(rows):
        fault = id_fault(row[2])
        if fault is not None:
            poison.append(_poison(definition.name, row, fault))
            excluded.add(index)
    order = [index for index in range(len(rows)) if index not in excluded]
    order.sort(key=lambda index: str(rows[index][2]))
    kept = [rows[index] for index in order]
    columns, cell_poison = _build_columns(definition.name, tuple(definition.fields.values()), kept, first=4)
    ids = geometry_array([row[2] for row in kept])
    revs: IntArray = np.array([row[3] if isinstance(row[3], int) else 0 for row in kept], dtype=np.int64)
    places = {str(identifier): index for index, identifier in enumerate(ids)}
    parents = {str(row[2]) for row in rows}
    children: dict[str, ChildTable] = {}
    for name in definition.children:
        children[name], child_poison = _read_children(connection, definition, name, places=places, parents=parents)
        cell_poison += child_poison
    shapes = geometries[order]
    for array in (ids, revs, shapes):
        array.setflags(write=False)
    layer = LayerColumns(
        definition=definition, ids=ids, revs=revs, geometries=shapes, columns=columns, children=children
    )
    return layer, tuple(poison + cell_poison)


def read_features(connection: apsw.Connection, definition: LayerDefinition, ids: Sequence[str]) -> tuple[Feature, ...]:
    """Return the usable features among `ids`, in the order asked; every field of the layer is in `properties`."""
    stored = fetch_stored_rows(connection, definition, tuple(dict.fromkeys(ids)))
    found = [stored[identifier] for identifier in ids if identifier in stored and id_fault(identifier) is None]
    return features_of(definition, found)


def features_of(definition: LayerDefinition, rows: Sequence[StoredRow]) -> tuple[Feature, ...]:
    """Return the features of stored rows without those whose geometry cannot be read."""
    geometries, faults = decode_blobs([row.blob for row in rows])
    excluded = {index for index, _ in faults}
    return tuple(
        Feature(
            id=row.id,
            geometry=geometries[index],
            properties=_properties(definition.fields.values(), row.values),
            children=_children(definition, row),
            rev=row.rev,
        )
        for index, row in enumerate(rows)
        if index not in excluded
    )


def _build_columns(
    table: str, fields: Sequence[FieldDefinition], rows: Sequence[SqlRow], *, first: int
) -> tuple[dict[str, Column], list[PoisonRow]]:
    """Build the columns of `fields`, which stand in the rows from position `first` on; fid is at 0."""
    poison: list[PoisonRow] = []
    columns: dict[str, Column] = {}
    raws = list(zip(*rows, strict=True))[first:] if rows else [()] * len(fields)
    for field, raw in zip(fields, raws, strict=True):
        columns[field.name], faults = build_column(field, raw)
        poison += [replace(_poison(table, rows[index], reason), excluded=False) for index, reason in faults]
    return columns, poison


def _read_children(
    connection: apsw.Connection, definition: LayerDefinition, child: str, *, places: dict[str, int], parents: set[str]
) -> tuple[ChildTable, list[PoisonRow]]:
    """Read one child table; rows of features kept aside go with them, rows of no feature are poison."""
    table = child_table(definition.name, child)
    fields = definition.children[child].fields
    rows = fetch_table(connection, table, ("fid", "parent_id", "line", *fields))
    poison = [
        _poison(table, row, f"there is no feature with the id {row[1]!r}") for row in rows if row[1] not in parents
    ]
    kept = [row for row in rows if row[1] in places]
    kept.sort(key=lambda row: (places[str(row[1])], _number(row[2]), _number(row[0])))
    columns, cell_poison = _build_columns(table, tuple(fields.values()), kept, first=3)
    parent_index: IntArray = np.array([places[str(row[1])] for row in kept], dtype=np.int64)
    parent_index.setflags(write=False)
    return ChildTable(parent_index=parent_index, columns=columns), poison + cell_poison


def _poison(table: str, row: SqlRow, reason: str) -> PoisonRow:
    return PoisonRow(layer=table, fid=int(_number(row[0])), reason=reason)


def _number(value: SqlValue) -> float:
    return value if isinstance(value, int | float) else 0


def _properties(fields: Iterable[FieldDefinition], values: Mapping[str, SqlValue]) -> Properties:
    return {field.name: _value_or_unknown(field, values.get(field.name)) for field in fields}


def _value_or_unknown(field: FieldDefinition, raw: SqlValue) -> Value:
    try:
        return decode_value(field, raw)
    except ValueFaultError:
        return None


def _children(definition: LayerDefinition, row: StoredRow) -> ChildRows:
    """Return the child rows of every child table, also the empty ones."""
    return {
        name: tuple(_properties(child.fields.values(), line) for line in row.children.get(name, ()))
        for name, child in definition.children.items()
    }
