"""The append-only log: what changed, when, by whom, from what; each entry sealed to the one before.

One sequence number (`seq`) stands for one acknowledged batch, one set of foreign edits of a layer,
or one definition; numbers are dense, in commit order. A batch of single changes has one entry per
feature, a bulk batch has one for all, with the rows it replaced in `ems_before_image`.
The seal of an entry is SHA-256 over the seal before it and the entry in canonical JSON, so an
entry changed, removed or put in between breaks every seal from there on.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import apsw
import orjson

from geo_ems.model.features import LayerChange
from geo_ems.storage.geometry_blobs import wkb_hex
from geo_ems.storage.statements import SqlRow, SqlValue, render, whole_number

BULK, DEFINITION, REPLACED_OUTSIDE, RESTORED = "bulk", "definition", "replaced_outside", "restored"
WHOLE_LAYER_OPS = frozenset({BULK, DEFINITION, REPLACED_OUTSIDE, RESTORED})

_COLUMNS = "entry, seq, at, principal, origin, layer, op, id, note, before, after_sha256"

# Rows that another program edited and that are not sealed yet may say anything.
_NEWEST_REV = (
    "SELECT max(rev) FROM {layer} WHERE fid NOT IN (SELECT fid FROM ems_foreign_edit WHERE layer = ? AND fid NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class LogHead:
    """The end of the log: number of the last entry, last sequence number, last seal."""

    entry: int
    seq: int
    seal: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What is logged of one change; `before` is the image of the row as it was, in JSON."""

    layer: str
    op: str
    id: str | None
    before: str | None = None
    after_sha256: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes the changes of one sequence number, through what, and when (UTC, ISO 8601)."""

    principal: str
    origin: str
    at: str


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A feature as the store holds it: blob, known values by field name, child rows by child name."""

    fid: int
    id: str
    rev: int
    blob: SqlValue
    values: Mapping[str, SqlValue]
    children: Mapping[str, tuple[Mapping[str, SqlValue], ...]]


def image_of(row: StoredRow, *, with_rev: bool) -> str:
    """Return the canonical JSON of a row: sorted keys, no nulls, WKB in hexadecimal."""
    image: dict[str, object] = {
        "id": row.id,
        "geometry": wkb_hex(row.blob),
        "properties": _without_nulls(row.values),
        "children": {name: [_without_nulls(line) for line in lines] for name, lines in row.children.items() if lines},
    }
    if with_rev:
        image["rev"] = row.rev
    return orjson.dumps(image, option=orjson.OPT_SORT_KEYS, default=_hex_of_bytes).decode()


def digest_of(row: StoredRow) -> str:
    """Return the SHA-256 of a row's content, without its revision."""
    return hashlib.sha256(image_of(row, with_rev=False).encode()).hexdigest()


def read_head(connection: apsw.Connection) -> LogHead:
    """Return the end of the log; an empty log ends in a seal made of the store's identity."""
    last = connection.execute("SELECT entry, seq, seal FROM ems_change_log ORDER BY entry DESC LIMIT 1").fetchall()
    if last:
        entry, seq, seal = last[0]
        return LogHead(whole_number(entry), whole_number(seq), str(seal))
    return LogHead(0, 0, _first_seal(connection))


def append_entries(
    connection: apsw.Connection, head: LogHead, entries: Sequence[LogEntry], *, author: Author
) -> LogHead:
    """Append the entries of one sequence number, the next one, and return the new end."""
    rows: list[SqlRow] = []
    entry, seal, seq = head.entry, head.seal, head.seq + 1
    for item in entries:
        entry += 1
        row: SqlRow = (
            entry,
            seq,
            author.at,
            author.principal,
            author.origin,
            item.layer,
            item.op,
            item.id,
            item.note,
            item.before,
            item.after_sha256,
        )
        seal = _seal(seal, row)
        rows.append((*row, seal))
    connection.executemany("INSERT INTO ems_change_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return LogHead(entry, seq, seal)


def keep_before_images(
    connection: apsw.Connection, seq: int, layer: str, replaced: Sequence[StoredRow], *, counts: Mapping[str, int]
) -> str:
    """Keep the rows that a bulk batch replaces; return what its entry says: counts, hash of the kept rows."""
    digest = hashlib.sha256()

    def rows() -> Iterator[SqlRow]:
        for row in sorted(replaced, key=lambda row: row.id):
            image = image_of(row, with_rev=True)
            digest.update(image.encode() + b"\n")  # as `_images_digest` has it
            yield seq, layer, row.id, image

    connection.executemany("INSERT INTO ems_before_image VALUES (?, ?, ?, ?)", rows())
    return orjson.dumps({**counts, "images_sha256": digest.hexdigest()}).decode()


def changes_after(connection: apsw.Connection, seq: int) -> tuple[LayerChange, ...]:
    """Return the changes after `seq`, oldest first, one per sequence number."""
    rows = connection.execute(
        "SELECT seq, layer, op, id, note FROM ems_change_log WHERE seq > ? ORDER BY entry", (seq,)
    ).fetchall()
    changes: list[LayerChange] = []
    for (number, layer), group in groupby(rows, key=lambda row: (whole_number(row[0]), str(row[1]))):
        entries = list(group)
        is_whole = any(op in WHOLE_LAYER_OPS for _, _, op, _, _ in entries)
        ids = () if is_whole else tuple(str(identifier) for *_, identifier, _ in entries)
        note = str(entries[0][4] or "")
        changes.append(LayerChange(seq=number, layer=layer, ids=ids, whole_layer=is_whole, note=note))
    return tuple(changes)


def seal_of(connection: apsw.Connection, layer: str, seq: int) -> str | None:
    """Return the seal of the last entry of a layer at a sequence number; None where it has none there."""
    rows = connection.execute(
        "SELECT seal FROM ems_change_log WHERE layer = ? AND seq = ? ORDER BY entry DESC LIMIT 1", (layer, seq)
    ).fetchall()
    return str(rows[0][0]) if rows else None


def log_faults(connection: apsw.Connection, layers: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the log: the first entry that does not follow from the one before it.

    Entries cut off at the end leave the chain whole, but features with revisions it does not know.
    """
    seal, last_entry, last_seq = _first_seal(connection), 0, 0
    for *fields, stored_seal in connection.execute(f"SELECT {_COLUMNS}, seal FROM ems_change_log ORDER BY entry"):  # noqa: S608 - a constant of this module
        entry, seq = fields[0], fields[1]
        if entry != last_entry + 1 or seq not in {last_seq, last_seq + 1}:
            yield f"log entry {entry} (seq {seq}): it follows entry {last_entry} (seq {last_seq}), entries are missing"
            return
        seal = _seal(seal, tuple(fields))
        if seal != stored_seal:
            yield f"log entry {entry} (seq {seq}): its seal does not fit, it or one before it was changed"
            return
        if fields[6] in {BULK, REPLACED_OUTSIDE} and fields[9] is not None:
            images = connection.execute("SELECT before FROM ems_before_image WHERE seq = ? ORDER BY id", (seq,))
            if _images_digest(str(image) for (image,) in images) != orjson.loads(fields[9])["images_sha256"]:
                yield f"log entry {entry} (seq {seq}): the rows kept from before the bulk change were changed"
                return
        last_entry, last_seq = entry, seq
    for layer in layers:
        ((newest,),) = connection.execute(render(_NEWEST_REV, layer=layer), (layer,)).fetchall()
        if isinstance(newest, int) and newest > last_seq:
            yield f"log: layer '{layer}' has the revision {newest}, the log ends at {last_seq}, entries are missing"


def _seal(previous: str, row: Sequence[SqlValue]) -> str:
    return hashlib.sha256(previous.encode() + orjson.dumps(row, default=_hex_of_bytes)).hexdigest()


def _first_seal(connection: apsw.Connection) -> str:
    (store_id,) = connection.execute("SELECT store_id FROM ems_about").fetchall()[0]
    return hashlib.sha256(str(store_id).encode()).hexdigest()


def _images_digest(images: Iterator[str]) -> str:
    digest = hashlib.sha256()
    for image in images:
        digest.update(image.encode() + b"\n")
    return digest.hexdigest()


def _without_nulls(values: Mapping[str, SqlValue]) -> dict[str, SqlValue]:
    return {name: value for name, value in values.items() if value is not None}


def _hex_of_bytes(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(repr(value))
