"""Edits that another program made in the file: given ids and revisions, and sealed into the log.

The triggers of a layer queue every edit that our own transactions did not make (`ems_foreign_edit`)
and keep the rows as they were. Sealing folds the queue: a row added and removed again leaves no
trace, a row changed five times one entry, from what it was before the first to what it is now.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import apsw
import numpy as np
import orjson
import shapely

from geo_ems.model.columns import FloatArray
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import LayerChange
from geo_ems.storage.change_log import (
    BULK,
    Author,
    LogEntry,
    LogHead,
    StoredRow,
    append_entries,
    digest_of,
    image_of,
    keep_before_images,
)
from geo_ems.storage.contents_table import note_change
from geo_ems.storage.definitions_table import HeldDefinition
from geo_ems.storage.geometry_blobs import decode_blobs
from geo_ems.storage.last_good import keep_last_good
from geo_ems.storage.layer_tables import PROVISIONAL_PREFIX, before_table, child_table, rtree_table
from geo_ems.storage.row_digests import digest_rows_of
from geo_ems.storage.row_fetching import (
    fetch_stored_fids,
    fetch_stored_rows,
    fetch_table,
    layer_columns,
    stored_row,
)
from geo_ems.storage.statements import render
from geo_ems.storage.values import id_fault

EXTERNAL = "external"

# Above this many rows one entry stands for all, as for a bulk batch.
_ENTRIES_UP_TO_ROWS = 5000

_PROVISIONAL_ID = re.compile(re.escape(PROVISIONAL_PREFIX) + "[0-9a-f]{16}")


@dataclass(slots=True)
class _Edits:
    """The queue of one layer, folded: rows as they were by id, row numbers and parents that were touched."""

    definition: LayerDefinition
    before: dict[str, StoredRow] = field(default_factory=dict)
    fids: set[int] = field(default_factory=set)
    parents: set[str] = field(default_factory=set)
    times: list[str] = field(default_factory=list)
    inserted: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)


def are_waiting(connection: apsw.Connection) -> bool:
    """Return whether another program edited something that is not sealed yet."""
    return bool(connection.execute("SELECT 1 FROM ems_foreign_edit LIMIT 1").fetchall())


def layers_waiting(connection: apsw.Connection) -> frozenset[str]:
    """Return the layers in which another program edited something that is not sealed yet."""
    return frozenset(str(layer) for (layer,) in connection.execute("SELECT DISTINCT layer FROM ems_foreign_edit"))


def seal_foreign_edits(
    connection: apsw.Connection,
    definitions: Mapping[str, HeldDefinition],
    head: LogHead,
    *,
    at: str,
    new_id: Callable[[], str],
) -> tuple[tuple[LayerChange, ...], LogHead]:
    """Seal the queue into the log, one sequence number per layer, and return the changes and the new end."""
    queue = connection.execute(
        "SELECT n, at, layer, op, fid, old_fid, old_id FROM ems_foreign_edit ORDER BY n"
    ).fetchall()
    changes: list[LayerChange] = []
    for layer in sorted({str(row[2]) for row in queue} & definitions.keys()):
        definition = definitions[layer].definition
        edits = _fold(connection, definition, [row for row in queue if row[2] == layer])
        change, head = _seal_layer(connection, edits, head, at=at, new_id=new_id)
        if change is not None:
            changes.append(change)
        connection.execute(render("DELETE FROM {before}", before=before_table(layer)))
    connection.execute("DELETE FROM ems_foreign_edit")
    return tuple(changes), head


def _fold(connection: apsw.Connection, definition: LayerDefinition, queue: list[tuple[object, ...]]) -> _Edits:
    columns = ("n", *layer_columns(definition))
    kept = {
        row[0]: stored_row(definition, row[1:])
        for row in fetch_table(connection, before_table(definition.name), columns)
    }
    edits = _Edits(definition)
    for n, at, _, op, fid, old_fid, old_id in queue:
        edits.times.append(str(at))
        if op == "C":
            edits.parents.add(str(old_id))
        if isinstance(fid, int):
            edits.fids.add(fid)
        if op == "I" and isinstance(fid, int):
            edits.inserted.add(fid)
        if op in {"U", "D"} and isinstance(old_fid, int):
            edits.fids.add(old_fid)
            _remember_before(edits, old_fid, fid, kept.get(n) if isinstance(n, int) else None)
    return edits


def _remember_before(edits: _Edits, old_fid: int, fid: object, row: StoredRow | None) -> None:
    """Take the row as it was, if this is the first edit of a row that was there before the queue began."""
    if old_fid in edits.inserted:
        edits.inserted.discard(old_fid)
        if isinstance(fid, int):
            edits.inserted.add(fid)
        return
    if old_fid not in edits.seen and row is not None:
        edits.before.setdefault(row.id, row)
    edits.seen |= {number for number in (old_fid, fid) if isinstance(number, int)}


def _seal_layer(
    connection: apsw.Connection, edits: _Edits, head: LogHead, *, at: str, new_id: Callable[[], str]
) -> tuple[LayerChange | None, LogHead]:
    layer, seq = edits.definition.name, head.seq + 1
    _move_children(connection, edits)
    now = _current_rows(connection, edits, seq=seq, new_id=new_id)
    connection.executemany(
        render("UPDATE {layer} SET id = ?, rev = ? WHERE fid = ?", layer=layer),
        [(row.id, seq, row.fid) for row in now.values()],
    )
    gone = [(name,) for name in sorted(edits.before.keys() - now.keys())]
    for child in edits.definition.children:
        table = child_table(layer, child)
        connection.executemany(render("DELETE FROM {table} WHERE parent_id = ?", table=table), gone)
    _forget_places(connection, edits)
    ids = tuple(sorted(edits.before.keys() | now.keys()))
    if not ids:
        return None, head
    keep_last_good(connection, layer, before=edits.before.values(), now=now.values())
    left = [row.blob for row in edits.before.values()]
    note_change(connection, edits.definition, at=at, grown=_bounds_of(now), left=left)
    is_bulk = len(ids) > _ENTRIES_UP_TO_ROWS
    note = orjson.dumps({"edited_from": min(edits.times), "edited_to": max(edits.times)}).decode()
    if is_bulk:
        entries = [_bulk_entry(connection, edits, now, seq)]
    else:
        entries = [_entry(layer, name, edits.before.get(name), now.get(name)) for name in ids]
    author = Author(principal=EXTERNAL, origin=EXTERNAL, at=at)
    new_head = append_entries(connection, head, [replace(entry, note=note) for entry in entries], author=author)
    return LayerChange(seq=seq, layer=layer, ids=() if is_bulk else ids, whole_layer=is_bulk), new_head


def _forget_places(connection: apsw.Connection, edits: _Edits) -> None:
    """Take rows that were replaced out of the index, where they have no place any more: no trigger saw them go."""
    sql = render(
        "DELETE FROM {rtree} WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM {layer} WHERE fid = ?1 AND geom NOTNULL)",
        rtree=rtree_table(edits.definition.name),
        layer=edits.definition.name,
    )
    connection.executemany(sql, [(row.fid,) for row in edits.before.values()])


def _move_children(connection: apsw.Connection, edits: _Edits) -> None:
    """Let child rows follow a feature whose id was changed outside."""
    definition = edits.definition
    if not definition.children or not edits.before:
        return
    current = {row.fid: row.id for row in fetch_stored_fids(connection, definition, sorted(edits.fids)).values()}
    taken = set(current.values())
    moves = [
        (current[row.fid], old_id)
        for old_id, row in edits.before.items()
        # Under an id that cannot be used they would be lost to the last good version as well.
        if row.fid in current and old_id not in taken and id_fault(current[row.fid]) is None
    ]
    for child in definition.children:
        table = child_table(definition.name, child)
        connection.executemany(render("UPDATE {table} SET parent_id = ? WHERE parent_id = ?", table=table), moves)


def _current_rows(
    connection: apsw.Connection, edits: _Edits, *, seq: int, new_id: Callable[[], str]
) -> dict[str, StoredRow]:
    """Return the touched rows as they are, by id, with permanent ids where they had provisional ones."""
    definition = edits.definition
    rows: dict[str, StoredRow] = {}
    for row in fetch_stored_fids(connection, definition, sorted(edits.fids)).values():
        is_unnamed = not row.id.strip() or (row.rev == 0 and _PROVISIONAL_ID.fullmatch(row.id) is not None)
        name = f"{definition.id_prefix}{new_id()}" if is_unnamed else row.id
        rows[name] = replace(row, id=name, rev=seq)
    parents = fetch_stored_rows(connection, definition, sorted(edits.parents - rows.keys()))
    return {**rows, **{name: replace(row, rev=seq) for name, row in parents.items()}}


def _entry(layer: str, name: str, before: StoredRow | None, after: StoredRow | None) -> LogEntry:
    """Return the entry of one row; of a row whose child lines alone were edited the image before is not known."""
    return LogEntry(
        layer=layer,
        op="delete" if after is None else "create" if before is None else "replace",
        id=name,
        before=None if before is None else image_of(before, with_rev=True),
        after_sha256=None if after is None else digest_of(after),
    )


def _bulk_entry(connection: apsw.Connection, edits: _Edits, now: Mapping[str, StoredRow], seq: int) -> LogEntry:
    before = edits.before
    counts = {
        "created": len(now.keys() - before.keys()),
        "replaced": len(now.keys() & before.keys()),
        "deleted": len(before.keys() - now.keys()),
    }
    images = keep_before_images(connection, seq, edits.definition.name, tuple(before.values()), counts=counts)
    digest_rows_of(connection, edits.definition, seq)
    return LogEntry(layer=edits.definition.name, op=BULK, id=None, before=images)


def _bounds_of(rows: Mapping[str, StoredRow]) -> FloatArray:
    geometries, _ = decode_blobs([row.blob for row in rows.values()])
    return np.asarray(shapely.bounds(geometries), dtype=np.float64).reshape(-1, 4)
