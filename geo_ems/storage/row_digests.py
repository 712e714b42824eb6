"""A hash of every stored row, so that `geo-ems check` finds a byte that changed where no one wrote.

Single changes have the hash of the row in their log entry. What a bulk batch, a definition or a
repair wrote is hashed here: per sequence number and layer one blob of (fid, 8 bytes) pairs.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import apsw

from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.change_log import StoredRow, digest_of
from geo_ems.storage.row_fetching import fetch_stored_fids
from geo_ems.storage.statements import SqlValue, render, whole_number

_TABLE = "ems_row_digest"
_DIGEST_BYTES = 8
_FID_BYTES = 8
_CHUNK = 2000
_LISTED = 20

Line = Mapping[str, SqlValue]


def row_digest(blob: SqlValue, values: Line, children: Mapping[str, Sequence[Line]]) -> bytes:
    """Return 8 bytes that stand for the content of a row; fields without a value do not count."""
    lines = [(name, [_present(line) for line in children[name]]) for name in sorted(children) if children[name]]
    content = (blob, _present(values), lines)
    return hashlib.blake2b(repr(content).encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES).digest()


def keep_row_digests(connection: apsw.Connection, seq: int, layer: str, digests: Iterable[tuple[int, bytes]]) -> None:
    """Keep the digests of the rows that were written under a sequence number, by fid."""
    packed = b"".join(fid.to_bytes(_FID_BYTES, "little", signed=True) + digest for fid, digest in digests)
    connection.execute("INSERT OR REPLACE INTO ems_row_digest VALUES (?, ?, ?)", (seq, layer, packed))


def digest_rows_of(connection: apsw.Connection, definition: LayerDefinition, seq: int) -> None:
    """Keep the digests of all rows of a layer that have the revision `seq`, as they stand now."""
    found = connection.execute(
        render("SELECT fid FROM {layer} WHERE rev = ? ORDER BY fid", layer=definition.name), (seq,)
    )
    fids = [whole_number(fid) for (fid,) in found]
    rows = _rows(connection, definition, fids)
    keep_row_digests(connection, seq, definition.name, [(row.fid, _digest_of_row(row)) for row in rows])


def digest_all_rows(connection: apsw.Connection, definition: LayerDefinition) -> None:
    """Keep the digests of all rows of a layer as they stand now, under the revision each has."""
    found = connection.execute(render("SELECT fid, rev FROM {layer} ORDER BY rev, fid", layer=definition.name))
    by_rev: dict[int, list[tuple[int, bytes]]] = {}
    for row in _rows(connection, definition, [whole_number(fid) for fid, _ in found]):
        by_rev.setdefault(row.rev, []).append((row.fid, _digest_of_row(row)))
    for rev, digests in by_rev.items():
        keep_row_digests(connection, rev, definition.name, digests)


def row_faults(connection: apsw.Connection, definitions: Sequence[LayerDefinition]) -> Iterator[str]:
    """Yield the rows that are not what was written, and how many have no hash to compare with.

    Rows that another program edited and that are not sealed yet are left out.
    """
    if not has_row_digests(connection):
        return
    for definition in definitions:
        layer, uncovered, changed = definition.name, 0, 0
        known = _KnownDigests(connection, layer)
        queued = {
            fid
            for pair in connection.execute("SELECT fid, old_fid FROM ems_foreign_edit WHERE layer = ?", (layer,))
            for fid in pair
        }
        fids = [
            whole_number(fid)
            for (fid,) in connection.execute(render("SELECT fid FROM {layer} ORDER BY fid", layer=layer))
        ]
        for row in _rows(connection, definition, [fid for fid in fids if fid not in queued]):
            match known.is_as_written(row):
                case None:
                    uncovered += 1
                case False:
                    changed += 1
                    if changed <= _LISTED:
                        where = f"layer '{layer}', feature '{row.id}' (row {row.fid})"
                        yield f"{where}: it is not what was written under {row.rev}"
        if changed > _LISTED:
            yield f"layer '{layer}': {changed - _LISTED} more rows are not what was written"
        if uncovered:
            yield f"layer '{layer}': {uncovered} rows have a revision under which nothing was written"


def has_row_digests(connection: apsw.Connection) -> bool:
    """Return whether the store keeps row digests: a store of format 1 does not."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_TABLE,)).fetchall())


class _KnownDigests:
    """The digests of one layer, unpacked when first asked for."""

    def __init__(self, connection: apsw.Connection, layer: str) -> None:
        self._connection = connection
        self._layer = layer
        self._packed: dict[int, dict[int, bytes]] = {}
        self._single: dict[int, dict[str, str]] = {}

    def is_as_written(self, row: StoredRow) -> bool | None:
        """Return whether a row has the content it was written with, None where that is not known."""
        packed = self._packed_of(row.rev)
        if packed:
            return packed[row.fid] == _digest_of_row(row) if row.fid in packed else None
        single = self._single_of(row.rev)
        return single[row.id] == digest_of(row) if row.id in single else None

    def _packed_of(self, seq: int) -> dict[int, bytes]:
        if seq not in self._packed:
            found = self._connection.execute(
                "SELECT digests FROM ems_row_digest WHERE seq = ? AND layer = ?", (seq, self._layer)
            ).fetchall()
            raw = bytes(found[0][0]) if found and isinstance(found[0][0], bytes) else b""
            size = _FID_BYTES + _DIGEST_BYTES
            self._packed[seq] = {
                int.from_bytes(raw[at : at + _FID_BYTES], "little", signed=True): raw[at + _FID_BYTES : at + size]
                for at in range(0, len(raw), size)
            }
        return self._packed[seq]

    def _single_of(self, seq: int) -> dict[str, str]:
        if seq not in self._single:
            if len(self._single) > _CHUNK:
                self._single.clear()
            self._single[seq] = {
                str(name): str(digest)
                for name, digest in self._connection.execute(
                    "SELECT id, after_sha256 FROM ems_change_log WHERE seq = ? AND layer = ? AND id NOT NULL "
                    "AND after_sha256 NOT NULL",
                    (seq, self._layer),
                )
            }
        return self._single[seq]


def _rows(connection: apsw.Connection, definition: LayerDefinition, fids: Sequence[int]) -> Iterator[StoredRow]:
    for start in range(0, len(fids), _CHUNK):
        yield from fetch_stored_fids(connection, definition, fids[start : start + _CHUNK]).values()


def _digest_of_row(row: StoredRow) -> bytes:
    return row_digest(row.blob, row.values, row.children)


def _present(values: Line) -> dict[str, SqlValue]:
    """Return the values that are there, in the order of their names."""
    return {name: values[name] for name in _in_order(tuple(values)) if values[name] is not None}


@lru_cache(maxsize=64)
def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names))
