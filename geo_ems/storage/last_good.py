"""The last good version of a row that another program made unusable: it goes on answering, with a warning."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import apsw
import orjson
import shapely

from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.change_log import StoredRow, image_of
from geo_ems.storage.geometry_blobs import decode_blobs, encode_geometries, geometry_array
from geo_ems.storage.row_fetching import fetch_stored_fids
from geo_ems.storage.statements import render, whole_number
from geo_ems.storage.values import id_fault

_TABLE = "ems_last_good"


@dataclass(frozen=True, slots=True)
class StandIn:
    """A good version that answers in place of an unusable row; `row.rev` is the revision of the unusable one.

    `good_rev` is the revision at which the row was good.
    """

    row: StoredRow
    good_rev: int


def keep_last_good(
    connection: apsw.Connection, layer: str, *, before: Iterable[StoredRow], now: Iterable[StoredRow]
) -> None:
    """After a foreign edit: keep what was good of rows unusable now, forget rows that are good again or gone."""
    rows_before, rows_now = tuple(before), tuple(now)
    good_before = {row.fid: row for row in _good_rows(rows_before)}
    unusable = {row.fid for row in rows_now} - {row.fid for row in _good_rows(rows_now)}
    connection.executemany(
        "INSERT OR IGNORE INTO ems_last_good VALUES (?, ?, ?, ?, ?)",
        [
            (layer, fid, row.id, row.rev, image_of(row, with_rev=True))
            for fid, row in good_before.items()
            if fid in unusable
        ],
    )
    touched = {row.fid for row in (*rows_before, *rows_now)}
    forget_last_good(connection, layer, sorted(touched - unusable))


def review_last_good(connection: apsw.Connection, definition: LayerDefinition, *, before: Sequence[StoredRow]) -> None:
    """Look again at all rows whose good version is kept or known from `before`, when their edits went unnoticed."""
    layer = definition.name
    kept = connection.execute("SELECT fid FROM ems_last_good WHERE layer = ?", (layer,)).fetchall()
    fids = sorted({whole_number(fid) for (fid,) in kept} | {row.fid for row in before})
    now = fetch_stored_fids(connection, definition, fids)
    keep_last_good(connection, layer, before=before, now=now.values())
    forget_last_good(connection, layer, [fid for fid in fids if fid not in now])


def forget_last_good(connection: apsw.Connection, layer: str, fids: Sequence[int]) -> None:
    """Forget the good versions of rows that were replaced, removed or mended."""
    if fids and connection.execute("SELECT 1 FROM ems_last_good WHERE layer = ? LIMIT 1", (layer,)).fetchall():
        connection.executemany("DELETE FROM ems_last_good WHERE layer = ? AND fid = ?", [(layer, fid) for fid in fids])


def stand_ins(connection: apsw.Connection, definition: LayerDefinition) -> tuple[StandIn, ...]:
    """Return what answers in place of the unusable rows of a layer; nothing in a store of format 1."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_TABLE,)).fetchall():
        return ()
    kept = connection.execute(
        "SELECT fid, id, rev, image FROM ems_last_good WHERE layer = ? ORDER BY fid", (definition.name,)
    ).fetchall()
    found = []
    for fid, identifier, rev, image in kept:
        current = connection.execute(
            render("SELECT rev FROM {layer} WHERE fid = ?", layer=definition.name), (fid,)
        ).fetchall()
        if current:
            row = _row_of_image(definition, str(image), fid=whole_number(fid), name=str(identifier))
            now = current[0][0] if isinstance(current[0][0], int) else 0
            found.append(StandIn(replace(row, rev=now), whole_number(rev)))
    return tuple(found)


def _good_rows(rows: Sequence[StoredRow]) -> list[StoredRow]:
    _, faults = decode_blobs([row.blob for row in rows])
    wrong = {index for index, _ in faults}
    return [row for index, row in enumerate(rows) if index not in wrong and id_fault(row.id) is None]


def _row_of_image(definition: LayerDefinition, image: str, *, fid: int, name: str) -> StoredRow:
    content = orjson.loads(image)
    wkb = content["geometry"]
    geometry = None if wkb is None else shapely.from_wkb(bytes.fromhex(wkb))
    (blob,), _ = encode_geometries(geometry_array([geometry]))
    properties: Mapping[str, str | int | float] = content["properties"]
    return StoredRow(
        fid=fid,
        id=name,
        rev=0,
        blob=blob,
        values={field: properties.get(field) for field in definition.fields},
        children={child: tuple(lines) for child, lines in content["children"].items()},
    )
