"""A definition made to hold that the stored data cannot simply follow: values converted, losses listed."""

import hashlib
from dataclasses import dataclass

import apsw
import orjson

from geo_ems.errors import DefinitionError
from geo_ems.model.definition_changes import MIGRATE_REMEDY, definition_changes
from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.change_log import (
    BULK,
    DEFINITION,
    Author,
    LogEntry,
    LogHead,
    append_entries,
    keep_before_images,
)
from geo_ems.storage.child_migrating import list_removed_children, migrated_lines, rebuild_children
from geo_ems.storage.contents_table import geopackage_datetime
from geo_ems.storage.definition_applying import check_codes, fill_defaults
from geo_ems.storage.definition_codec import encode_definition
from geo_ems.storage.definitions_table import HeldDefinition, foreign_columns, keep_definition
from geo_ems.storage.geometry_blobs import decode_blobs, encode_geometries, geometry_array
from geo_ems.storage.layer_dress import dress_layer
from geo_ems.storage.layer_tables import (
    check_names,
    create_before_table,
    create_triggers,
)
from geo_ems.storage.migration_findings import (
    MigrationFindings,
    ValueFinding,
    continued_fields,
    converted_cell,
    dropped_fields,
    lose,
    stored_cells,
)
from geo_ems.storage.row_digests import digest_rows_of
from geo_ems.storage.row_fetching import fetch_stored_fids, fetch_table
from geo_ems.storage.statements import Fragment, SqlValue, render, whole_number
from geo_ems.storage.table_rebuilding import rebuild_features


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a migration of one layer does: `changes` in words, values converted, lost and left unfit."""

    layer: str
    changes: tuple[str, ...]
    converted: int
    lost: tuple[ValueFinding, ...]
    unfit: tuple[ValueFinding, ...]
    seq: int


class MigrationNotDoneError(DefinitionError):
    """A migration that was only planned, or would lose values that nobody agreed to lose."""

    def __init__(self, report: MigrationReport) -> None:
        """Keep the report."""
        super().__init__(
            f"The migration of layer '{report.layer}' would lose {len(report.lost)} values",
            where=report.layer,
            remedy="Correct them first, or agree to lose them: --accept-loss.",
        )
        self.report = report


def migrate_definition(
    connection: apsw.Connection,
    new: LayerDefinition,
    held: HeldDefinition,
    head: LogHead,
    *,
    author: Author,
    accept_loss: bool,
    dry_run: bool,
) -> tuple[MigrationReport, LogHead]:
    """Make a definition hold whatever it changes; inside a transaction that the caller takes back on errors.

    Raises
    ------
    MigrationNotDoneError
        With the report, where `dry_run`, or values would be lost that nobody agreed to lose.
    DefinitionError
        Where the change cannot be made at all: another key that the ids do not follow.
    """
    old, seq = held.definition, head.seq + 1
    check_names(new)
    check_codes(new)
    changes = definition_changes(old, new)
    _check_key(connection, old, new)
    findings = MigrationFindings()
    columns, sources = _new_columns(connection, old, new, findings)
    shapes = _new_shapes(connection, old, new, findings)
    children = {
        name: migrated_lines(connection, old, new, name, findings) for name in old.children if name in new.children
    }
    list_removed_children(connection, old, new, findings)
    head = _keep_affected(connection, old, new, findings, head, author=author)
    foreign = foreign_columns(connection, old)
    removed = frozenset(old.fields.keys() - new.fields.keys())
    rebuild_features(connection, new, sources={**sources, "rev": "rev"}, dropped=removed - foreign.keys())
    for name, values in columns.items():
        connection.executemany(render("UPDATE {layer} SET {name} = ? WHERE fid = ?", layer=new.name, name=name), values)
    connection.executemany(render("UPDATE {layer} SET geom = ? WHERE fid = ?", layer=new.name), shapes)
    if shapes:
        _drop_from_index(connection, new.name, shapes)
    rebuild_children(connection, old, new, children, now=geopackage_datetime(author.at))
    connection.execute(
        render("UPDATE {layer} SET rev = ? WHERE id IN (SELECT value FROM json_each(?))", layer=new.name),
        (seq, orjson.dumps(sorted(findings.changed)).decode()),
    )
    fill_defaults(connection, old, new, seq=seq)
    create_before_table(connection, new)
    create_triggers(connection, new)
    connection.execute("DELETE FROM ems_last_good WHERE layer = ?", (new.name,))
    dress_layer(connection, new, now=geopackage_datetime(author.at))
    keep_definition(connection, new, seq=seq)
    digest_rows_of(connection, new, seq)
    report = MigrationReport(
        layer=new.name,
        changes=(*changes.additive, *(text.removesuffix(f": {MIGRATE_REMEDY}.") + "." for text in changes.refused)),
        converted=findings.converted,
        lost=tuple(findings.lost),
        unfit=tuple(findings.unfit),
        seq=seq,
    )
    if dry_run or (findings.lost and not accept_loss):
        raise MigrationNotDoneError(report)
    return report, head


def _keep_affected(
    connection: apsw.Connection,
    old: LayerDefinition,
    new: LayerDefinition,
    findings: MigrationFindings,
    head: LogHead,
    *,
    author: Author,
) -> LogHead:
    """Log the migration: the definition as it was, and every row that changes as it was."""
    fids = [
        whole_number(fid)
        for (fid,) in connection.execute(
            render("SELECT fid FROM {layer} WHERE id IN (SELECT value FROM json_each(?))", layer=old.name),
            (orjson.dumps(sorted(findings.changed)).decode(),),
        )
    ]
    rows = tuple(fetch_stored_fids(connection, old, fids).values())
    counts = {"converted": findings.converted, "lost": len(findings.lost)}
    images = keep_before_images(connection, head.seq + 1, old.name, rows, counts=counts)
    note = orjson.dumps({"migrated": counts}).decode()
    content = encode_definition(old)
    digest = hashlib.sha256(encode_definition(new).encode()).hexdigest()
    entries = (
        LogEntry(old.name, DEFINITION, None, before=content, after_sha256=digest, note=note),
        LogEntry(
            old.name, BULK, None, before=images, after_sha256=hashlib.sha256(images.encode()).hexdigest(), note=note
        ),
    )
    return append_entries(connection, head, entries, author=author)


def _check_key(connection: apsw.Connection, old: LayerDefinition, new: LayerDefinition) -> None:
    """Refuse another key where the ids, which are permanent, would not be its values."""
    if old.key == new.key or new.key is None or new.key == "id":
        return
    differs = render("{key} IS NOT id", key=new.key) if new.key in old.fields else "TRUE"
    ((differing,),) = connection.execute(
        render("SELECT count(*) FROM {layer} WHERE {differs}", layer=old.name, differs=Fragment(differs))
    ).fetchall()
    if differing:
        raise DefinitionError(
            f"The key of layer '{new.name}' cannot become '{new.key}': {differing} features have another id, "
            "and ids are permanent",
            where=new.source or new.name,
            remedy="Keep the key, or begin a new store and import the layer again.",
        )


def _new_columns(
    connection: apsw.Connection, old: LayerDefinition, new: LayerDefinition, findings: MigrationFindings
) -> tuple[dict[str, list[tuple[SqlValue, int]]], dict[str, str]]:
    """Return the values to write by field, (value, fid), and NULL as the source of each such column."""
    continued = continued_fields(old.fields, new.fields)
    columns: dict[str, list[tuple[SqlValue, int]]] = {}
    for name, (source, target) in continued.items():
        columns[name] = [
            (encoded, fid)
            for fid, identifier, raw in stored_cells(connection, old.name, source.name)
            if (encoded := converted_cell(identifier, source, target, raw, findings)) is not None
        ]
    for name in dropped_fields(old.fields, new.fields):
        for _, identifier, raw in stored_cells(connection, old.name, name):
            lose(findings, identifier, name, raw, "the field is removed")
    return columns, dict.fromkeys(columns, "NULL")


def _new_shapes(
    connection: apsw.Connection, old: LayerDefinition, new: LayerDefinition, findings: MigrationFindings
) -> list[tuple[SqlValue, int]]:
    """Return (blob, fid) of geometries of a kind that is allowed no longer: one part of one stays, others go."""
    gone = {kind.value for kind in old.geometry} - {kind.value for kind in new.geometry}
    if not gone or not new.geometry:
        return []
    rows = fetch_table(connection, old.name, ("fid", "id", "geom"), tail="WHERE geom NOT NULL ORDER BY fid")
    geometries, _ = decode_blobs([blob for *_, blob in rows])
    allowed = {kind.value for kind in new.geometry}
    shapes: list[tuple[SqlValue, int]] = []
    for (fid, identifier, _), geometry in zip(rows, geometries, strict=True):
        if geometry is None or geometry.geom_type not in gone:
            continue
        parts = list(getattr(geometry, "geoms", ()))
        if len(parts) == 1 and parts[0].geom_type in allowed:
            (blob,), _ = encode_geometries(geometry_array(parts))
            findings.converted += 1
            findings.changed.add(str(identifier))
            shapes.append((blob, whole_number(fid)))
        else:
            lose(findings, str(identifier), "geometry", geometry.geom_type, "this kind of geometry is not allowed")
            shapes.append((None, whole_number(fid)))
    return shapes


def _drop_from_index(connection: apsw.Connection, layer: str, shapes: list[tuple[SqlValue, int]]) -> None:
    connection.executemany(
        render("DELETE FROM {rtree} WHERE id = ?", rtree=f"rtree_{layer}_geom"),
        [(fid,) for blob, fid in shapes if blob is None],
    )
