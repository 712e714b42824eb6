"""What the files of imports said of each feature: a table beside the log, for the next import to compare with.

The table is no part of the sealed log; a store of format 1 that is only read has none. The row
with an empty id holds the fields of an import.
"""

from collections.abc import Sequence

import apsw
import orjson

from geo_ems.model.features import HeldImage, ImportImages, ImportMark
from geo_ems.storage.statements import SqlRow

TABLE = "ems_import_image"

_INSERT = "INSERT INTO ems_import_image VALUES (?, ?, ?, ?, ?)"
_FIELDS = "fields"
# SQLite takes the other columns from the row that holds the maximum.
_NEWEST = """SELECT id, max(seq), mark, said FROM ems_import_image
  WHERE layer = ?1 AND id <> '' AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2))) GROUP BY id"""


def keep_import_images(connection: apsw.Connection, seq: int, layer: str, images: ImportImages) -> None:
    """Keep what the file of the import `seq` said."""
    fields = orjson.dumps(images.fields).decode()
    connection.execute(_INSERT, (layer, "", seq, _FIELDS, fields))
    connection.executemany(_INSERT, ((layer, row.id, seq, row.mark.value, row.said) for row in images.rows))


def forget_import_images(connection: apsw.Connection, seq: int, layer: str, *, left_alone: Sequence[str]) -> None:
    """Remove what the file of an import said that is taken back, but of the features that are `left_alone`."""
    if not _exists(connection):
        return
    kept = orjson.dumps(["", *left_alone] if left_alone else []).decode()
    connection.execute(
        "DELETE FROM ems_import_image WHERE layer = ? AND seq = ? AND id NOT IN (SELECT value FROM json_each(?))",
        (layer, seq, kept),
    )


def newest_import_images(
    connection: apsw.Connection, layer: str, ids: Sequence[str] | None = None
) -> dict[str, HeldImage]:
    """Return the last image of each feature that a file named, of all or of `ids`."""
    if not _exists(connection):
        return {}
    fields = {
        int(str(seq)): tuple(str(name) for name in orjson.loads(str(said)))
        for seq, said in connection.execute(
            "SELECT seq, said FROM ems_import_image WHERE layer = ? AND id = ''", (layer,)
        )
    }
    wanted = None if ids is None else orjson.dumps(list(ids)).decode()
    marks = {mark.value: mark for mark in ImportMark}
    found: dict[str, HeldImage] = {}
    for identity, seq, mark, said in connection.execute(_NEWEST, (layer, wanted)):
        number = int(str(seq))
        found[str(identity)] = HeldImage(number, fields[number], str(said), marks[str(mark)])
    return found


def marks_of_import(connection: apsw.Connection, layer: str, seq: int) -> dict[str, ImportMark]:
    """Return what the import `seq` did with each feature that it kept an image of."""
    if not _exists(connection):
        return {}
    bindings: SqlRow = (layer, seq)
    rows = connection.execute(
        "SELECT id, mark FROM ems_import_image WHERE layer = ? AND seq = ? AND id <> ''", bindings
    )
    return {str(identity): ImportMark(str(mark)) for identity, mark in rows}


def _exists(connection: apsw.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (TABLE,)).fetchall())
