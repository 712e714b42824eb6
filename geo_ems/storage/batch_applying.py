"""A prepared batch written into the tables, the spatial index and the log, inside a transaction of the writer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import apsw
import numpy as np

from geo_ems.errors import ConflictError, NotFoundError
from geo_ems.model.features import ChangeKind, Commit, FeatureChange
from geo_ems.storage.batch_preparing import PreparedBatch, committed_revs
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
from geo_ems.storage.import_images import forget_import_images, keep_import_images
from geo_ems.storage.last_good import forget_last_good
from geo_ems.storage.layer_tables import child_table, create_rtree_triggers, drop_rtree_triggers, rtree_table
from geo_ems.storage.row_digests import keep_row_digests
from geo_ems.storage.row_fetching import fetch_stored_rows
from geo_ems.storage.statements import SqlRow, SqlValue, render, whole_number

# Above this many written geometries the index is filled from arrays: its triggers call Python per row
# (115,402 rows: 4.1 s with triggers, 1.4 s without).
_TRIGGERS_UP_TO_ROWS = 5000

_INSERT = "INSERT INTO {table} ({columns}) VALUES ({marks})"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a batch does: (index in the batch, fid) of rows to insert and to update, rows to delete."""

    inserts: tuple[tuple[int, int], ...]
    updates: tuple[tuple[int, StoredRow], ...]
    deletes: tuple[tuple[int, StoredRow], ...]

    @property
    def replaced(self) -> list[StoredRow]:
        """Return the rows that are not there any more, as they were."""
        return [row for _, row in (*self.updates, *self.deletes)]

    @property
    def written(self) -> list[tuple[int, int]]:
        """Return (index in the batch, fid) of all rows that are there afterwards."""
        return [*self.inserts, *((index, row.fid) for index, row in self.updates)]


def apply_batch(
    connection: apsw.Connection, prepared: PreparedBatch, head: LogHead, *, author: Author
) -> tuple[Commit, LogHead]:
    """Write the batch under the next sequence number and return what to acknowledge, and the new end of the log.

    Raises
    ------
    ConflictError
        Where a stored revision is not the expected one, or an id to create is taken.
    NotFoundError
        Where an id to replace or delete does not exist.
    """
    batch = prepared.batch
    definition = prepared.held.definition
    existing = fetch_stored_rows(connection, definition, [change.id for change in batch.changes])
    plan = _make_plan(connection, prepared, existing)
    if not batch.changes and not batch.bulk:
        return Commit(seq=head.seq, revs={}), head
    seq = head.seq + 1
    fills_index = len(plan.written) > _TRIGGERS_UP_TO_ROWS
    if fills_index:
        drop_rtree_triggers(connection, batch.layer)
    _write_features(connection, prepared, plan, seq=seq)
    _write_children(connection, prepared, plan)
    if fills_index:
        _fill_index(connection, prepared, plan)
        create_rtree_triggers(connection, batch.layer)
    note_change(
        connection,
        definition,
        at=author.at,
        grown=prepared.bounds[[index for index, _ in plan.written]],
        left=[row.blob for row in plan.replaced],
    )
    if batch.images is not None:
        keep_import_images(connection, seq, batch.layer, batch.images)
    if batch.takes_back is not None:
        forget_import_images(connection, batch.takes_back, batch.layer, left_alone=batch.left_alone)
    forget_last_good(connection, batch.layer, [row.fid for row in plan.replaced])
    if batch.bulk:
        digests = [(fid, prepared.row_digests[index]) for index, fid in plan.written]
        keep_row_digests(connection, seq, batch.layer, digests)
    entries = tuple(_bulk_entry(connection, prepared, plan, seq) if batch.bulk else _entries(prepared, plan, seq))
    new_head = append_entries(connection, head, entries, author=author)
    return Commit(seq=seq, revs=committed_revs(batch, seq)), new_head


def _make_plan(connection: apsw.Connection, prepared: PreparedBatch, existing: Mapping[str, StoredRow]) -> _Plan:
    inserts: list[tuple[int, int]] = []
    updates: list[tuple[int, StoredRow]] = []
    deletes: list[tuple[int, StoredRow]] = []
    fid = _last_fid(connection, prepared.batch.layer)
    for index, change in enumerate(prepared.batch.changes):
        row = existing.get(change.id)
        _check_expectation(prepared.batch.layer, change, row)
        if row is None:
            fid += 1
            inserts.append((index, fid))
        elif change.kind is ChangeKind.DELETE:
            deletes.append((index, row))
        else:
            updates.append((index, row))
    return _Plan(tuple(inserts), tuple(updates), tuple(deletes))


def _check_expectation(layer: str, change: FeatureChange, row: StoredRow | None) -> None:
    where = f"{layer} '{change.id}'"
    if change.kind is ChangeKind.CREATE and row is not None:
        raise ConflictError("The id is taken", where=where, remedy="Replace the feature, or choose another id.")
    stored_rev = 0 if row is None else row.rev
    if change.expected_rev is not None and change.expected_rev != stored_rev:
        now = "does not exist any more" if row is None else f"has the revision {stored_rev}"
        raise ConflictError(
            f"The feature {now}, not {change.expected_rev}: somebody changed it meanwhile",
            where=where,
            remedy="Read it again and repeat the change.",
        )
    if row is None and change.kind in {ChangeKind.REPLACE, ChangeKind.DELETE}:
        raise NotFoundError(
            f"There is no feature '{change.id}' to {change.kind.value}",
            where=layer,
            remedy="Create it, or look up its id.",
            field="id",
            value=change.id,
        )


def _last_fid(connection: apsw.Connection, layer: str) -> int:
    rows = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (layer,)).fetchall()
    return whole_number(rows[0][0]) if rows else 0


def _write_features(connection: apsw.Connection, prepared: PreparedBatch, plan: _Plan, *, seq: int) -> None:
    layer, fields = prepared.batch.layer, tuple(prepared.held.definition.fields)
    changes, blobs, values = prepared.batch.changes, prepared.blobs, prepared.values
    connection.executemany(
        render("DELETE FROM {layer} WHERE fid = ?", layer=layer), [(row.fid,) for _, row in plan.deletes]
    )
    columns = ("fid", "geom", "id", "rev", *fields)
    connection.executemany(
        render(_INSERT, table=layer, columns=columns, marks=len(columns)),
        ((fid, blobs[index], changes[index].id, seq, *values[index]) for index, fid in plan.inserts),
    )
    # Where the geometry stays, its column is not named: the triggers of the index need not run.
    for columns, moves in ((("geom", "rev", *fields), True), (("rev", *fields), False)):
        connection.executemany(
            render(
                "UPDATE {layer} SET ({columns}) = ({marks}) WHERE fid = ?",
                layer=layer,
                columns=columns,
                marks=len(columns),
            ),
            [
                (*((blobs[index],) if moves else ()), seq, *values[index], row.fid)
                for index, row in plan.updates
                if (blobs[index] != row.blob) is moves
            ],
        )


def _write_children(connection: apsw.Connection, prepared: PreparedBatch, plan: _Plan) -> None:
    changes = prepared.batch.changes
    for child, definition in prepared.held.definition.children.items():
        table = child_table(prepared.batch.layer, child)
        connection.executemany(
            render("DELETE FROM {table} WHERE parent_id = ?", table=table),
            [(row.id,) for row in plan.replaced if child in row.children],
        )
        columns = ("parent_id", "line", *definition.fields)
        connection.executemany(
            render(
                "INSERT INTO {table} ({columns}) VALUES ({marks})", table=table, columns=columns, marks=len(columns)
            ),
            (
                (changes[index].id, number, *line)
                for index, _ in plan.written
                for number, line in enumerate(prepared.lines[child][index], start=1)
            ),
        )


def _fill_index(connection: apsw.Connection, prepared: PreparedBatch, plan: _Plan) -> None:
    """Bring the index up to date from the bounds; the triggers of deleting are off as well."""
    rtree = rtree_table(prepared.batch.layer)
    connection.executemany(
        render("DELETE FROM {rtree} WHERE id = ?", rtree=rtree), [(row.fid,) for row in plan.replaced]
    )
    written = plan.written
    bounds = prepared.bounds[[index for index, _ in written]]
    located = np.flatnonzero(~np.isnan(bounds[:, 0]))
    sides = bounds[located][:, [0, 2, 1, 3]].tolist()
    connection.executemany(
        render("INSERT INTO {rtree} VALUES (?, ?, ?, ?, ?)", rtree=rtree),
        ((written[place][1], *box) for place, box in zip(located.tolist(), sides, strict=True)),
    )


def _entries(prepared: PreparedBatch, plan: _Plan, seq: int) -> Iterator[LogEntry]:
    batch = prepared.batch
    replaced = {row.id: row for row in plan.replaced}
    fids = dict(plan.written)
    for index, change in enumerate(batch.changes):
        before = replaced.get(change.id)
        after = None if index not in fids else _row_after(prepared, index, fid=fids[index], rev=seq)
        op = "delete" if after is None else "create" if before is None else "replace"
        yield LogEntry(
            layer=batch.layer,
            op=op,
            id=change.id,
            before=None if before is None else image_of(before, with_rev=True),
            after_sha256=None if after is None else digest_of(after),
            note=batch.note,
        )


def _bulk_entry(connection: apsw.Connection, prepared: PreparedBatch, plan: _Plan, seq: int) -> Iterator[LogEntry]:
    """Yield the one entry of a bulk batch, with its counts."""
    counts = {"created": len(plan.inserts), "replaced": len(plan.updates), "deleted": len(plan.deletes)}
    yield LogEntry(
        layer=prepared.batch.layer,
        op=BULK,
        id=None,
        before=keep_before_images(connection, seq, prepared.batch.layer, plan.replaced, counts=counts),
        after_sha256=prepared.request_sha256,
        note=prepared.batch.note,
    )


def _row_after(prepared: PreparedBatch, index: int, *, fid: int, rev: int) -> StoredRow:
    definition = prepared.held.definition
    return StoredRow(
        fid=fid,
        id=prepared.batch.changes[index].id,
        rev=rev,
        blob=prepared.blobs[index],
        values=dict(zip(definition.fields, prepared.values[index], strict=True)),
        children={
            child: tuple(_named_line(tuple(fields.fields), line) for line in prepared.lines[child][index])
            for child, fields in definition.children.items()
        },
    )


def _named_line(fields: tuple[str, ...], line: SqlRow) -> dict[str, SqlValue]:
    return dict(zip(fields, line, strict=True))
