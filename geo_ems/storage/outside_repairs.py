"""What another program took from the store put back: triggers, index, columns, a whole table written over.

`ogr2ogr -overwrite` drops a table with its triggers and logs nothing; so does a column dropped in
QGIS. What can be put back is, and the log says "replaced outside": which parts were missing, how
many rows there are now, and the rows as they were as far as they are known.
"""

from collections.abc import Callable, Mapping

import apsw
import numpy as np
import orjson
import shapely

from geo_ems.model.columns import FloatArray
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import LayerChange
from geo_ems.storage.change_log import (
    REPLACED_OUTSIDE,
    Author,
    LogEntry,
    LogHead,
    StoredRow,
    append_entries,
    keep_before_images,
)
from geo_ems.storage.contents_table import geopackage_datetime, note_change
from geo_ems.storage.core_schema import CORE_TRIGGERS
from geo_ems.storage.definitions_table import (
    HeldDefinition,
    columns_of,
    missing_parts,
    needed_columns,
)
from geo_ems.storage.geometry_blobs import SRS_ID, decode_blobs
from geo_ems.storage.last_good import review_last_good
from geo_ems.storage.layer_dress import dress_layer
from geo_ems.storage.layer_tables import (
    PROVISIONAL_PREFIX,
    add_columns,
    before_table,
    child_table,
    create_before_table,
    create_rtree,
    create_triggers,
    geometry_type,
    rtree_table,
    trigger_names,
)
from geo_ems.storage.row_digests import digest_rows_of
from geo_ems.storage.row_fetching import fetch_table, layer_columns, stored_row
from geo_ems.storage.statements import Fragment, Literal, SqlValue, render, whole_number
from geo_ems.storage.table_rebuilding import rebuild_features
from geo_ems.storage.values import id_fault

_EXTERNAL = "external"


def mend_store(
    connection: apsw.Connection,
    definitions: Mapping[str, HeldDefinition],
    head: LogHead,
    *,
    at: str,
    new_id: Callable[[], str],
) -> tuple[tuple[LayerChange, ...], LogHead]:
    """Put back what is missing, inside a transaction of the writer; return the changes and the new end of the log."""
    changes: list[LayerChange] = []
    author = Author(principal=_EXTERNAL, origin=_EXTERNAL, at=at)
    present = {(str(kind), str(name)) for kind, name in connection.execute("SELECT type, name FROM sqlite_master")}
    lost = [name for name in CORE_TRIGGERS if ("trigger", name) not in present]
    if lost:
        for name in lost:
            connection.execute(CORE_TRIGGERS[name])
        note = orjson.dumps({"missing": [f"trigger {name}" for name in lost]}).decode()
        head = append_entries(connection, head, (LogEntry("", REPLACED_OUTSIDE, None, note=note),), author=author)
    for layer, held in definitions.items():
        missing = missing_parts(connection, held.definition, present)
        if missing:
            entry = _mend_layer(connection, held.definition, missing, seq=head.seq + 1, at=at, new_id=new_id)
            head = append_entries(connection, head, (entry,), author=author)
            changes.append(LayerChange(seq=head.seq, layer=layer, ids=(), whole_layer=True, note=entry.note))
    return tuple(changes), head


def _mend_layer(
    connection: apsw.Connection,
    definition: LayerDefinition,
    missing: tuple[str, ...],
    *,
    seq: int,
    at: str,
    new_id: Callable[[], str],
) -> LogEntry:
    layer = definition.name
    before = _queued_images(connection, definition)
    connection.execute("DELETE FROM ems_foreign_edit WHERE layer = ?", (layer,))
    is_ours = _is_our_table(connection, definition)
    if not is_ours:  # its row numbers may name other rows now
        connection.execute("DELETE FROM ems_last_good WHERE layer = ?", (layer,))
    for trigger in trigger_names(definition):  # those that are left name tables that may be gone
        connection.execute(render("DROP TRIGGER IF EXISTS {trigger}", trigger=trigger))
    if not is_ours:
        _rebuild(connection, definition)
    for child in definition.children.values():
        add_columns(connection, child_table(layer, child.name), tuple(child.fields.values()))
    _name_rows(connection, definition, new_id)
    connection.execute(render("UPDATE {layer} SET rev = ?", layer=layer), (seq,))
    if is_ours:
        review_last_good(connection, definition, before=before)
    _register(connection, definition, at=at)
    create_before_table(connection, definition)
    bounds = _fill_index(connection, layer)
    create_triggers(connection, definition)
    dress_layer(connection, definition, now=geopackage_datetime(at))
    note_change(connection, definition, at=at, grown=bounds, left=())
    digest_rows_of(connection, definition, seq)
    note = orjson.dumps({"missing": missing, "rows": len(bounds)}).decode()
    images = keep_before_images(connection, seq, layer, before, counts={"rows": len(bounds)})
    return LogEntry(layer, REPLACED_OUTSIDE, None, before=images, note=note)


def _queued_images(connection: apsw.Connection, definition: LayerDefinition) -> tuple[StoredRow, ...]:
    """Return the rows as they were before the first edit that was still noticed, one per id."""
    table = before_table(definition.name)
    if not set(needed_columns(definition)[table]) <= columns_of(connection, table).keys():
        return ()
    images: dict[str, StoredRow] = {}
    for row in fetch_table(connection, table, ("n", *layer_columns(definition)), tail="ORDER BY n"):
        image = stored_row(definition, row[1:])
        images.setdefault(image.id, image)
    return tuple(images.values())


def _is_our_table(connection: apsw.Connection, definition: LayerDefinition) -> bool:
    """Return whether the features table has all our columns, its row numbers, and ids that cannot repeat."""
    layer = definition.name
    if not set(needed_columns(definition)[layer]) <= columns_of(connection, layer).keys():
        return False
    unique = connection.execute(
        "SELECT 1 FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS info "
        "WHERE list.\"unique\" AND info.name = 'id'",
        (layer,),
    ).fetchall()
    key = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk = 1", (layer,)).fetchall()
    return bool(unique) and key == [("fid",)]


def _rebuild(connection: apsw.Connection, definition: LayerDefinition) -> None:
    """Write the table anew from what is there; rows get provisional ids where theirs are unusable."""
    layer = definition.name
    present = columns_of(connection, layer)
    key = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk = 1", (layer,)).fetchall()
    named = connection.execute(
        "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
    ).fetchall()
    number = render("{name}", name=str(key[0][0])) if key else "rowid"
    geometry = str(named[0][0]) if named and str(named[0][0]) in present else "geom"
    sources = {"fid": number, "rev": "0"}
    if geometry in present:
        sources["geom"] = render("{name}", name=geometry)
    # The first row of each id keeps it; a key the layer is recognised by is as good as the id.
    origin = "id" if "id" in present else definition.key if definition.key in present else None
    provisional = render("{prefix} || {number}", prefix=Literal(PROVISIONAL_PREFIX), number=Fragment(number))
    sources["id"] = provisional
    if origin is not None:
        sources["id"] = render(
            "CASE WHEN typeof({name}) = 'text' AND {name} != '' AND row_number() OVER (PARTITION BY {name} ORDER BY "
            "{number}) = 1 THEN {name} ELSE {provisional} END",
            name=origin,
            number=Fragment(number),
            provisional=Fragment(provisional),
        )
    dropped = frozenset({geometry, *(str(name) for (name,) in key)}) - {"geom", "fid"}
    rebuild_features(connection, definition, sources=sources, dropped=dropped)


def _name_rows(connection: apsw.Connection, definition: LayerDefinition, new_id: Callable[[], str]) -> None:
    """Give permanent ids to rows that came in without one while nobody noticed."""
    unnamed = connection.execute(
        render("SELECT fid, id FROM {layer} WHERE rev = 0 OR id IS NULL", layer=definition.name)
    ).fetchall()
    names = [
        (f"{definition.id_prefix}{new_id()}", fid)
        for fid, name in unnamed
        if id_fault(name) is not None or str(name).startswith(PROVISIONAL_PREFIX)
    ]
    connection.executemany(render("UPDATE {layer} SET id = ? WHERE fid = ?", layer=definition.name), names)


def _register(connection: apsw.Connection, definition: LayerDefinition, *, at: str) -> None:
    layer = definition.name
    connection.execute(
        "INSERT OR REPLACE INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
        "VALUES (?, 'features', ?, ?, ?, ?)",
        (layer, layer, definition.label.zh, geopackage_datetime(at), SRS_ID),
    )
    connection.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = ?", (layer,))
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (layer, geometry_type(definition), SRS_ID)
    )


def _fill_index(connection: apsw.Connection, layer: str) -> FloatArray:
    """Write the spatial index anew and return the bounds of all rows, shape (n, 4), NaN without geometry."""
    create_rtree(connection, layer)
    rows: list[tuple[SqlValue, ...]] = connection.execute(
        render("SELECT fid, geom FROM {layer} ORDER BY fid", layer=layer)
    ).fetchall()
    geometries, _ = decode_blobs([blob for _, blob in rows])
    bounds: FloatArray = np.asarray(shapely.bounds(geometries), dtype=np.float64).reshape(-1, 4)
    located = np.flatnonzero(~np.isnan(bounds[:, 0]))
    sides = bounds[located][:, [0, 2, 1, 3]].tolist()
    connection.executemany(
        render("INSERT INTO {rtree} VALUES (?, ?, ?, ?, ?)", rtree=rtree_table(layer)),
        ((whole_number(rows[place][0]), *box) for place, box in zip(located.tolist(), sides, strict=True)),
    )
    return bounds
