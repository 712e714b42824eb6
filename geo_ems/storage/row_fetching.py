"""Rows as the store holds them, also where another program wrote what is no text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import apsw
import orjson

from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.change_log import StoredRow
from geo_ems.storage.layer_tables import child_table
from geo_ems.storage.statements import Fragment, SqlRow, SqlValue, render

Item = TypeVar("Item", str, int)

_CHUNK = 5000


def fetch_table(
    connection: apsw.Connection, table: str, columns: tuple[str, ...], *, tail: str = "", bindings: SqlRow = ()
) -> list[SqlRow]:
    """Return the columns of the rows that `tail` (WHERE, ORDER BY) leaves.

    Text that is not UTF-8 (a program stored GB18030 bytes as text) comes as bytes, and only there.
    """
    try:
        return list(_rows(connection, table, columns, tail, bindings))
    except UnicodeDecodeError:
        return list(_rows_with_bytes(connection, table, columns, tail, bindings))


def fetch_columns(
    connection: apsw.Connection,
    table: str,
    columns: tuple[str, ...],
    *,
    named: tuple[str, Sequence[str] | None] = ("id", None),
) -> dict[str, list[SqlValue]]:
    """Return a table as one list per column, in the order of its rows.

    `named` is a column and the values wanted in it, None for all rows. Lists of values, not a
    hundred thousand tuples: these would keep the garbage collector busy.
    """
    column, wanted = named
    tail = "" if wanted is None else render("WHERE {column} IN (SELECT value FROM json_each(?))", column=column)
    bindings: SqlRow = () if wanted is None else (orjson.dumps(list(wanted)).decode(),)
    try:
        return _by_column(columns, _rows(connection, table, columns, tail, bindings))
    except UnicodeDecodeError:
        return _by_column(columns, _rows_with_bytes(connection, table, columns, tail, bindings))


def _by_column(columns: tuple[str, ...], rows: Iterator[SqlRow]) -> dict[str, list[SqlValue]]:
    lists: dict[str, list[SqlValue]] = {name: [] for name in columns}
    while chunk := list(islice(rows, _CHUNK)):
        for values, part in zip(lists.values(), zip(*chunk, strict=True), strict=True):
            values.extend(part)
    return lists


def _rows(
    connection: apsw.Connection, table: str, columns: tuple[str, ...], tail: str, bindings: SqlRow
) -> Iterator[SqlRow]:
    sql = render("SELECT {columns} FROM {table} {tail}", columns=columns, table=table, tail=Fragment(tail))
    return iter(connection.execute(sql, bindings))


def _rows_with_bytes(
    connection: apsw.Connection, table: str, columns: tuple[str, ...], tail: str, bindings: SqlRow
) -> Iterator[SqlRow]:
    cast = "CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
    casts = Fragment(", ".join(render(cast, name=name) for name in columns))
    sql = render("SELECT {casts} FROM {table} {tail}", casts=casts, table=table, tail=Fragment(tail))
    for row in connection.execute(sql, bindings):
        yield tuple(_text_where_possible(name, value) for name, value in zip(columns, row, strict=True))


def fetch_stored_rows(
    connection: apsw.Connection, definition: LayerDefinition, ids: Sequence[str]
) -> dict[str, StoredRow]:
    """Return the rows that exist among `ids`, by id, with their child rows."""
    tail = "WHERE id IN (SELECT value FROM json_each(?))"
    return {row.id: row for part in _chunks(ids) for row in _fetch_rows(connection, definition, tail, part)}


def fetch_stored_fids(
    connection: apsw.Connection, definition: LayerDefinition, fids: Sequence[int]
) -> dict[int, StoredRow]:
    """Return the rows that exist among `fids`, by fid, with their child rows."""
    tail = "WHERE fid IN (SELECT value FROM json_each(?))"
    return {row.fid: row for part in _chunks(fids) for row in _fetch_rows(connection, definition, tail, part)}


def stored_row(definition: LayerDefinition, row: SqlRow) -> StoredRow:
    """Return a row of (fid, geom, id, rev, fields...) as a value, without children and fields that have none."""
    fid, blob, identifier, rev, *values = row
    return StoredRow(
        fid=fid if isinstance(fid, int) else 0,
        id=identifier if isinstance(identifier, str) else repr(identifier),
        rev=rev if isinstance(rev, int) else 0,
        blob=blob,
        values={name: value for name, value in zip(definition.fields, values, strict=True) if value is not None},
        children={},
    )


def layer_columns(definition: LayerDefinition) -> tuple[str, ...]:
    """Return the columns of a features table in the order in which rows are read here."""
    return ("fid", "geom", "id", "rev", *definition.fields)


def _fetch_rows(
    connection: apsw.Connection, definition: LayerDefinition, tail: str, part: Sequence[str] | Sequence[int]
) -> Iterable[StoredRow]:
    wanted: SqlRow = (orjson.dumps(part).decode(),)
    columns = layer_columns(definition)
    rows = [
        stored_row(definition, row)
        for row in fetch_table(connection, definition.name, columns, tail=tail, bindings=wanted)
    ]
    lines = _fetch_children(connection, definition, [row.id for row in rows])
    for row in rows:
        children = {name: tuple(by_parent[row.id]) for name, by_parent in lines.items() if row.id in by_parent}
        yield StoredRow(row.fid, row.id, row.rev, row.blob, row.values, children)


def _fetch_children(
    connection: apsw.Connection, definition: LayerDefinition, ids: Sequence[str]
) -> dict[str, dict[str, list[dict[str, SqlValue]]]]:
    found: dict[str, dict[str, list[dict[str, SqlValue]]]] = {}
    wanted: SqlRow = (orjson.dumps(ids).decode(),)
    tail = "WHERE parent_id IN (SELECT value FROM json_each(?)) ORDER BY parent_id, line, fid"
    for name, child in definition.children.items():
        by_parent: dict[str, list[dict[str, SqlValue]]] = defaultdict(list)
        columns = ("parent_id", *child.fields)
        for parent_id, *values in fetch_table(
            connection, child_table(definition.name, name), columns, tail=tail, bindings=wanted
        ):
            by_parent[str(parent_id)].append(dict(zip(child.fields, values, strict=True)))
        found[name] = by_parent
    return found


def _chunks(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))


def _text_where_possible(name: str, value: SqlValue) -> SqlValue:
    if name == "geom" or not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
