"""Whole layers as arrays and single features, from one moment of the store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import apsw
import numpy as np

from geo_ems.model.columns import ChildTable, Column, IntArray, LayerColumns
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.features import ChildRows, Feature, Properties, Value
from geo_ems.storage.change_log import StoredRow
from geo_ems.storage.column_building import build_column, reordered
from geo_ems.storage.geometry_blobs import decode_blobs, geometry_array
from geo_ems.storage.last_good import StandIn, stand_ins
from geo_ems.storage.layer_tables import child_table
from geo_ems.storage.row_fetching import fetch_columns, fetch_stored_rows, layer_columns
from geo_ems.storage.statements import SqlValue, render
from geo_ems.storage.values import ValueFaultError, decode_value, id_fault
from geo_ems.storage.whole_layers import PackedLayer, read_packed

_LARGE_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class PoisonRow:
    """A row that another program left unusable, and why.

    With `excluded` the whole row is kept aside (no readable geometry, no usable id); otherwise the
    value named in `reason` reads as unknown, or its last good version answers. `layer` is the table:
    a child row has its own.
    """

    layer: str
    fid: int
    reason: str
    excluded: bool = True


def read_layer(
    connection: apsw.Connection,
    definition: LayerDefinition,
    ids: Sequence[str] | None = None,
    *,
    second: apsw.Connection | None = None,
) -> tuple[LayerColumns, tuple[PoisonRow, ...]]:
    """Return a layer as arrays, ordered by id, and the rows or values that had to be left out.

    With `ids` only the features that exist among them. A `second` connection at the same moment of
    the store makes a large layer faster.
    """
    versions = stand_ins(connection, definition)
    packed = read_packed(connection, definition, second=second) if ids is None and not versions else None
    if packed is not None:
        return _packed_layer(connection, definition, packed)
    name = definition.name
    table = fetch_columns(connection, name, layer_columns(definition), named=("id", ids))
    answering = _put_in_last_good(table, versions, ids)
    fids, names, revs = table["fid"], table["id"], table["rev"]
    shapes, faults = decode_blobs(table["geom"])
    faults += [(index, fault) for index, fault in enumerate(map(id_fault, names)) if fault is not None]
    excluded = {index for index, _ in faults}
    kept = {index: str(identifier) for index, identifier in enumerate(names) if index not in excluded}
    order: IntArray = np.array(sorted(kept, key=kept.__getitem__), dtype=np.int64)
    columns, cell_poison = _build_columns(name, definition.fields, table, order)
    poison = [_poison(name, fids[index], reason) for index, reason in faults] + cell_poison
    poison += [_poison(name, fid, words, excluded=False) for fid, (_, words) in answering.items()]
    places = {kept[int(index)]: place for place, index in enumerate(order)}
    children: dict[str, ChildTable] = {}
    for child in definition.children:
        children[child], child_poison = _read_children(
            connection, definition, child, places, parents=set(names), ids=ids
        )
        poison += child_poison
    found_ids = geometry_array(list(places))
    known_revs: IntArray = np.array([rev if isinstance(rev, int) else 0 for rev in revs], dtype=np.int64)[order]
    geometries = shapes[order]
    for array in (found_ids, known_revs, geometries):
        array.setflags(write=False)
    layer = LayerColumns(
        definition=definition,
        ids=found_ids,
        revs=known_revs,
        geometries=geometries,
        columns=columns,
        children=children,
        outdated_ids=frozenset(identifier for identifier, _ in answering.values()),
    )
    return layer, tuple(poison)


def _packed_layer(
    connection: apsw.Connection, definition: LayerDefinition, packed: PackedLayer
) -> tuple[LayerColumns, tuple[PoisonRow, ...]]:
    """Put the child rows to a layer that was read at once."""
    poison: list[PoisonRow] = []
    children: dict[str, ChildTable] = {}
    if definition.children:
        names = packed.ids.whole().tolist()
        places, parents = {name: place for place, name in enumerate(names)}, set(names)
        for child in definition.children:
            children[child], child_poison = _read_children(
                connection, definition, child, places, parents=parents, ids=None
            )
            poison += child_poison
    layer = LayerColumns(definition, packed.ids, packed.revs, packed.geometries, packed.columns, children)
    return layer, tuple(poison)


def read_features(connection: apsw.Connection, definition: LayerDefinition, ids: Sequence[str]) -> tuple[Feature, ...]:
    """Return the usable features among `ids`, in the order asked; every field of the layer is in `properties`."""
    stored = fetch_stored_rows(connection, definition, tuple(dict.fromkeys(ids)))
    for stand_in in stand_ins(connection, definition):
        row = stand_in.row
        if row.id in ids and (row.id not in stored or stored[row.id].fid == row.fid):
            stored[row.id] = row
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


def _put_in_last_good(
    table: dict[str, list[SqlValue]], versions: Sequence[StandIn], ids: Sequence[str] | None
) -> dict[int, tuple[str, str]]:
    """Put the last good versions into the columns in place of the rows as they are; return (id, words) by fid."""
    answering: dict[int, tuple[str, str]] = {}
    for version in versions:
        row = version.row
        at = table["fid"].index(row.fid) if row.fid in table["fid"] else None
        taken = table["id"].index(row.id) if row.id in table["id"] else at
        if taken != at or (ids is not None and row.id not in ids):
            continue
        reason = (
            "another program made the row unusable" if at is None else _fault_of(table["geom"][at], table["id"][at])
        )
        values = {"fid": row.fid, "geom": row.blob, "id": row.id, "rev": row.rev, **row.values}
        for column, cells in table.items():
            if at is None:
                cells.append(values[column])
            else:
                cells[at] = values[column]
        words = f"{reason}; its last good version (revision {version.good_rev}) answers"
        answering[row.fid] = (row.id, words)
    return answering


def _fault_of(blob: SqlValue, identifier: SqlValue) -> str:
    _, faults = decode_blobs([blob])
    return faults[0][1] if faults else id_fault(identifier) or "it could not be used"


def _build_columns(
    name: str, fields: Mapping[str, FieldDefinition], table: Mapping[str, list[SqlValue]], order: IntArray
) -> tuple[dict[str, Column], list[PoisonRow]]:
    """Build the columns of the rows that `order` names, and say which cells of them are faulty."""
    poison: list[PoisonRow] = []
    columns: dict[str, Column] = {}
    kept = set(order.tolist())
    for field in fields.values():
        column, faults = build_column(field, table[field.name])
        columns[field.name] = reordered(column, order)
        poison += [
            _poison(name, table["fid"][index], reason, excluded=False) for index, reason in faults if index in kept
        ]
    return columns, poison


def _read_children(
    connection: apsw.Connection,
    definition: LayerDefinition,
    child: str,
    places: Mapping[str, int],
    *,
    parents: set[SqlValue],
    ids: Sequence[str] | None,
) -> tuple[ChildTable, list[PoisonRow]]:
    """Read one child table; rows of features kept aside go with them, rows of no feature are poison."""
    name = child_table(definition.name, child)
    fields = definition.children[child].fields
    table = fetch_columns(connection, name, ("fid", "parent_id", "line", *fields), named=("parent_id", ids))
    owners = table["parent_id"]
    poison = [
        _poison(name, table["fid"][index], f"there is no feature with the id {owner!r}")
        for index, owner in enumerate(owners)
        if owner not in parents
    ]
    kept = {
        index: (places[owner], _number(table["line"][index]), _number(table["fid"][index]))
        for index, owner in enumerate(owners)
        if isinstance(owner, str) and owner in places
    }
    order: IntArray = np.array(sorted(kept, key=kept.__getitem__), dtype=np.int64)
    columns, cell_poison = _build_columns(name, fields, table, order)
    parent_index: IntArray = np.array([kept[int(index)][0] for index in order], dtype=np.int64)
    parent_index.setflags(write=False)
    return ChildTable(parent_index=parent_index, columns=columns), poison + cell_poison


def _poison(table: str, fid: SqlValue, reason: str, *, excluded: bool = True) -> PoisonRow:
    return PoisonRow(layer=table, fid=int(_number(fid)), reason=reason, excluded=excluded)


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


def is_large(connection: apsw.Connection, layer: str) -> bool:
    """Return whether a layer is worth a second connection; by the largest row number, which is known at once."""
    ((last,),) = connection.execute(render("SELECT max(fid) FROM {layer}", layer=layer)).fetchall()
    return isinstance(last, int) and last >= _LARGE_ROWS
