"""What the log knows of the past: who changed what, and features as they were before a change."""

from collections.abc import Iterable, Mapping, Sequence

import apsw
import orjson
import shapely

from geo_ems.errors import StoreError
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.events import ChangeEvent
from geo_ems.model.features import (
    ChangeKind,
    Feature,
    HeldImage,
    ImportMark,
    LoggedChange,
    LoggedEdit,
    Properties,
    Value,
)
from geo_ems.storage.change_feed import events_after
from geo_ems.storage.connections import ReaderPool
from geo_ems.storage.definitions_table import DefinitionsCache
from geo_ems.storage.import_images import marks_of_import, newest_import_images
from geo_ems.storage.statements import SqlRow, SqlValue, render, whole_number
from geo_ems.storage.values import ValueFaultError, decode_value

_BY_ORIGIN = """SELECT seq, layer, at, principal, origin, note FROM ems_change_log
  WHERE op = 'bulk' AND origin IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR layer = ?2) ORDER BY entry"""
_BY_SEQ = """SELECT seq, layer, at, principal, origin, note FROM ems_change_log
  WHERE layer = ?1 AND seq IN (SELECT value FROM json_each(?2)) ORDER BY entry"""
_REPLACED = """SELECT before FROM ems_before_image
  WHERE seq = ?1 AND layer = ?2 AND (?3 IS NULL OR id IN (SELECT value FROM json_each(?3))) ORDER BY id"""
# SQLite takes `before` from the row that holds the minimum.
_FIRST_AFTER = """SELECT id, min(seq), before FROM (
  SELECT id, seq, before FROM ems_change_log
    WHERE layer = ?1 AND seq > ?2 AND id IN (SELECT value FROM json_each(?3))
  UNION ALL SELECT id, seq, before FROM ems_before_image
    WHERE layer = ?1 AND seq > ?2 AND id IN (SELECT value FROM json_each(?3))) GROUP BY id"""
_LAST_SEQS = """SELECT id, max(seq) FROM (
  SELECT id, seq FROM ems_change_log WHERE layer = ?1 AND id IN (SELECT value FROM json_each(?2))
  UNION ALL SELECT id, seq FROM ems_before_image WHERE layer = ?1 AND id IN (SELECT value FROM json_each(?2))
  UNION ALL SELECT id, rev FROM {layer} WHERE id IN (SELECT value FROM json_each(?2))) GROUP BY id"""
_HAND_MADE = "SELECT DISTINCT id FROM ems_change_log WHERE layer = ? AND op = 'create' AND id NOTNULL"

_LAST_OWN = "SELECT seq FROM ems_change_log WHERE origin <> 'external' ORDER BY entry DESC LIMIT 1"

_AT_SEQ = """SELECT seq, layer, at, principal, origin, note FROM ems_change_log WHERE seq = ? GROUP BY layer
  HAVING entry = min(entry) ORDER BY entry"""
_EDIT_COLUMNS = "seq, layer, at, principal, origin, note, id, op, before"
_SINGLE = "op IN ('create', 'replace', 'delete') AND id NOTNULL"
_EDITS_AT = f"SELECT {_EDIT_COLUMNS} FROM ems_change_log WHERE seq = ? AND {_SINGLE} ORDER BY entry"  # noqa: S608 - constants
_RECENT = f"""SELECT {_EDIT_COLUMNS} FROM ems_change_log
  WHERE {_SINGLE} AND (?1 IS NULL OR layer = ?1) ORDER BY entry DESC LIMIT ?2"""  # noqa: S608 - constants
# Bulk changes are few and the rows they replaced many: CROSS JOIN keeps SQLite from looking through the rows first.
_EDITS_OF = f"""SELECT {_EDIT_COLUMNS} FROM ems_change_log WHERE layer = ?1 AND id = ?2 AND {_SINGLE}
  UNION ALL SELECT log.seq, log.layer, log.at, log.principal, log.origin, log.note, image.id, 'bulk', image.before
    FROM ems_change_log AS log CROSS JOIN ems_before_image AS image
      ON image.seq = log.seq AND image.layer = log.layer AND image.id = ?2
    WHERE log.layer = ?1 AND log.op IN ('bulk', 'replaced_outside')
  ORDER BY seq"""  # noqa: S608 - constants
_BY_KEY = """SELECT log.seq, layer, at, principal, origin, note FROM ems_change_log AS log
  JOIN ems_idempotency AS held ON held.seq = log.seq WHERE held.key = ? ORDER BY entry LIMIT 1"""


class StoreHistory:
    """Reads the log and the images of imports; every method may be called from any thread."""

    def __init__(self, readers: ReaderPool, definitions: DefinitionsCache) -> None:
        """Read with the connections and definitions of a store."""
        self._readers = readers
        self._definitions = definitions

    def changes_by(self, origins: Sequence[str], layer: str | None = None) -> tuple[LoggedChange, ...]:
        """Return the bulk changes of some origins, of one layer or of all, oldest first."""
        with self._readers.reading() as connection:
            return tuple(map(_logged, connection.execute(_BY_ORIGIN, (_json(origins), layer))))

    def events_after(self, seq: int, limit: int) -> tuple[ChangeEvent, ...]:
        """Return the changes of the `limit` sequence numbers after `seq`, oldest first, with who made them."""
        with self._readers.reading() as connection:
            return events_after(connection, seq, limit=limit)

    def import_images(self, layer: str, ids: Sequence[str] | None = None) -> Mapping[str, HeldImage]:
        """Return what the last file that named it said of each feature, of all or of `ids`."""
        with self._readers.reading() as connection:
            return newest_import_images(connection, layer, ids)

    def import_marks(self, layer: str, seq: int) -> Mapping[str, ImportMark]:
        """Return what an import did with each feature that it kept an image of."""
        with self._readers.reading() as connection:
            return marks_of_import(connection, layer, seq)

    def replaced_by(self, layer: str, seq: int, ids: Sequence[str] | None = None) -> tuple[Feature, ...]:
        """Return the features that a bulk change replaced or deleted, as they were, ordered by id; all or `ids`.

        Raises
        ------
        StoreError
            Where one of them was unusable then, because another program had written it.
        """
        wanted = None if ids is None else _json(ids)
        with self._readers.reading() as connection:
            definition = self._definitions.layer(connection, layer).definition
            rows = connection.execute(_REPLACED, (seq, layer, wanted))
            return tuple(_feature(definition, str(before)) for (before,) in rows)

    def as_left_by(self, layer: str, seq: int, ids: Sequence[str]) -> Mapping[str, Feature | None]:
        """Return those of `ids` that a later change touched, as they were after `seq`; None where that is not known."""
        with self._readers.reading() as connection:
            definition = self._definitions.layer(connection, layer).definition
            rows = connection.execute(_FIRST_AFTER, (layer, seq, _json(ids)))
            return {
                str(identity): None if before is None else _feature(definition, str(before))
                for identity, _, before in rows
            }

    def last_changes(self, layer: str, ids: Sequence[str]) -> Mapping[str, LoggedChange]:
        """Return who changed each of `ids` last, also of those that are gone."""
        with self._readers.reading() as connection:
            self._definitions.layer(connection, layer)
            last = {
                str(identity): seq
                for identity, seq in connection.execute(render(_LAST_SEQS, layer=layer), (layer, _json(ids)))
            }
            seqs = _json(sorted(set(last.values())))
            changes = {row[0]: _logged(row) for row in connection.execute(_BY_SEQ, (layer, seqs))}
        return {identity: changes[seq] for identity, seq in last.items() if seq in changes}

    def ids_made_one_by_one(self, layer: str) -> frozenset[str]:
        """Return the ids that were created by single changes at some time, not by a file."""
        with self._readers.reading() as connection:
            return frozenset(str(identity) for (identity,) in connection.execute(_HAND_MADE, (layer,)))

    def last_own_seq(self) -> int:
        """Return the last change that geo_ems made itself; what came after it, other programs did. 0 where none is."""
        with self._readers.reading() as connection:
            found = connection.execute(_LAST_OWN).fetchall()
            return whole_number(found[0][0]) if found else 0

    def changes_at(self, seq: int) -> tuple[LoggedChange, ...]:
        """Return what the log has under a sequence number, one entry per layer; nothing where there is no such one."""
        with self._readers.reading() as connection:
            return tuple(map(_logged, connection.execute(_AT_SEQ, (seq,))))

    def edits_at(self, seq: int) -> tuple[LoggedEdit, ...]:
        """Return the features, of any layer, that a sequence number changed one by one; none of a bulk change.

        Raises
        ------
        StoreError
            Where one of them was unusable before, because another program had written it.
        """
        with self._readers.reading() as connection:
            return self._edits(connection, connection.execute(_EDITS_AT, (seq,)))

    def edits_of(self, layer: str, feature_id: str) -> tuple[LoggedEdit, ...]:
        """Return what the log has of one feature, oldest first, with how it was before each.

        A file that created it among many others is not found here.
        """
        with self._readers.reading() as connection:
            return self._edits(connection, connection.execute(_EDITS_OF, (layer, feature_id)))

    def recent_edits(self, layer: str | None = None, *, limit: int) -> tuple[LoggedEdit, ...]:
        """Return the last changes of single features, of one layer or of all, newest first."""
        with self._readers.reading() as connection:
            return self._edits(connection, connection.execute(_RECENT, (layer, limit)))

    def change_with_key(self, key: str) -> LoggedChange | None:
        """Return the change that was stored under an idempotency key, None where there is none."""
        with self._readers.reading() as connection:
            found = connection.execute(_BY_KEY, (key,)).fetchall()
            return _logged(found[0]) if found else None

    def _edits(self, connection: apsw.Connection, rows: Iterable[SqlRow]) -> tuple[LoggedEdit, ...]:
        """Return rows of `_EDIT_COLUMNS` as values."""
        edits = []
        for *logged, identity, op, before in rows:
            change = _logged(tuple(logged))
            definition = self._definitions.layer(connection, change.layer).definition
            image = None if before is None else _feature(definition, str(before))
            is_bulk = op == "bulk"
            kind = ChangeKind.REPLACE if is_bulk else ChangeKind(str(op))
            edits.append(LoggedEdit(change, str(identity), kind, image, is_bulk))
        return tuple(edits)


def _json(items: Sequence[object]) -> str:
    return orjson.dumps(list(items)).decode()


def _logged(row: SqlRow) -> LoggedChange:
    seq, layer, at, principal, origin, note = row
    return LoggedChange(int(str(seq)), str(layer), str(at), str(principal), str(origin), str(note or ""))


def _feature(definition: LayerDefinition, before: str) -> Feature:
    """Return the feature of a before-image; fields that came to the layer later are unknown in it."""
    image = orjson.loads(before)
    try:
        wkb = image["geometry"]
        return Feature(
            id=image["id"],
            geometry=None if wkb is None else shapely.from_wkb(wkb),
            properties=_properties(definition.fields, image["properties"]),
            children={
                name: tuple(_properties(child.fields, line) for line in image["children"].get(name, ()))
                for name, child in definition.children.items()
            },
            rev=image.get("rev", 0),
        )
    except (ValueFaultError, shapely.errors.GEOSException) as error:
        raise StoreError(
            f"The feature '{image['id']}' was unusable before that change ({error})",
            where=definition.name,
            remedy="Take the values from a backup by hand.",
        ) from error


def _properties(fields: Mapping[str, FieldDefinition], raw: Mapping[str, SqlValue]) -> Properties:
    found: dict[str, Value] = {name: decode_value(field, raw.get(name)) for name, field in fields.items()}
    return found
