"""Layers as a GeoPackage for others: the tables of the store without its log, dressed for QGIS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import apsw
import numpy as np

from geo_ems.errors import DataError
from geo_ems.model.columns import Column, IntArray, LayerColumns, value_at
from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.connections import connect
from geo_ems.storage.contents_table import note_change
from geo_ems.storage.core_schema import create_geopackage_tables
from geo_ems.storage.geometry_blobs import encode_geometries
from geo_ems.storage.layer_dress import dress_layer
from geo_ems.storage.layer_tables import (
    check_names,
    child_table,
    create_child,
    create_published_features,
    create_rtree_triggers,
    rtree_table,
)
from geo_ems.storage.statements import SqlValue, render
from geo_ems.storage.values import ValueFaultError, encode_column

# As GDAL keeps names and values of a file: `ogrinfo` and QGIS show them.
_METADATA = """
CREATE TABLE gpkg_metadata (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL,
  md_parent_id INTEGER, CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""
_METADATA_EXTENSION = "http://www.geopackage.org/spec120/#extension_metadata"
_GDAL_METADATA = "http://gdal.org"


@dataclass(frozen=True, slots=True)
class PublishedLayer:
    """The features `rows` of a layer, shape (m,), with the fields of `definition`, which may be fewer."""

    definition: LayerDefinition
    columns: LayerColumns
    rows: IntArray


def write_geopackage(path: Path, layers: Sequence[PublishedLayer], *, facts: Mapping[str, str], at: str) -> None:
    """Write layers into the empty file at `path`; `at` is the instant of it (YYYY-MM-DDTHH:MM:SSZ).

    `facts` are kept as the metadata of the file.

    Raises
    ------
    DefinitionError
        Where a layer or a field has a name that cannot be a table or a column.
    DataError
        Where a value does not fit its field.
    """
    for layer in layers:
        check_names(layer.definition)
    now = at[:-1] + ".000Z"
    connection = connect(path, read_only=False)
    try:
        with connection:
            create_geopackage_tables(connection)
            for layer in layers:
                _write_layer(connection, layer, at=at)
                dress_layer(connection, layer.definition, now=now)
            _write_facts(connection, facts, now=now)
    finally:
        connection.close()


def _write_layer(connection: apsw.Connection, layer: PublishedLayer, *, at: str) -> None:
    definition, rows = layer.definition, layer.rows
    now = at[:-1] + ".000Z"
    create_published_features(connection, definition, now=now)
    blobs, bounds = encode_geometries(layer.columns.geometries[rows])
    fields = [_encoded(layer.columns.columns[name], rows) for name in definition.fields]
    fids = range(1, rows.size + 1)
    names = ("fid", "geom", "id", *definition.fields)
    insert = render(
        "INSERT INTO {table} ({names}) VALUES ({marks})", table=definition.name, names=names, marks=len(names)
    )
    connection.executemany(insert, zip(fids, blobs, layer.columns.ids[rows].tolist(), *fields, strict=True))
    boxes = (
        (fid, *box) for fid, box in zip(fids, bounds[:, [0, 2, 1, 3]].tolist(), strict=True) if not np.isnan(box[0])
    )
    connection.executemany(
        render("INSERT INTO {rtree} VALUES (?, ?, ?, ?, ?)", rtree=rtree_table(definition.name)), boxes
    )
    create_rtree_triggers(connection, definition.name)
    for child in definition.children:
        _write_child(connection, layer, child, now=now)
    note_change(connection, definition, at=at, grown=bounds, left=())


def _write_child(connection: apsw.Connection, layer: PublishedLayer, child: str, *, now: str) -> None:
    create_child(connection, layer.definition, child, now=now)
    table = layer.columns.children[child]
    lines = np.flatnonzero(np.isin(table.parent_index, layer.rows))
    parents = [str(layer.columns.ids[parent]) for parent in table.parent_index[lines]]
    counts: dict[str, count[int]] = {}
    places = [next(counts.setdefault(parent, count())) for parent in parents]
    fields = layer.definition.children[child].fields
    values = [_encoded(table.columns[name], lines) for name in fields]
    names = ("parent_id", "line", *fields)
    insert = render(
        "INSERT INTO {table} ({names}) VALUES ({marks})",
        table=child_table(layer.definition.name, child),
        names=names,
        marks=len(names),
    )
    connection.executemany(insert, zip(parents, places, *values, strict=True))


def _encoded(column: Column, rows: IntArray) -> list[SqlValue]:
    try:
        return encode_column(column.field, [value_at(column, int(row)) for row in rows])
    except ValueFaultError as error:
        raise DataError(
            f"A stored value does not fit its field: {error}",
            where=column.field.name,
            remedy="See what `geo-ems check` says of it.",
        ) from error


def _write_facts(connection: apsw.Connection, facts: Mapping[str, str], *, now: str) -> None:
    connection.execute(_METADATA)
    connection.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
        [(table, _METADATA_EXTENSION) for table in ("gpkg_metadata", "gpkg_metadata_reference")],
    )
    items = "".join(f"<MDI key={quoteattr(name)}>{escape(value)}</MDI>" for name, value in facts.items())
    text = f"<GDALMultiDomainMetadata><Metadata>{items}</Metadata></GDALMultiDomainMetadata>"
    connection.execute(
        "INSERT INTO gpkg_metadata (id, md_scope, md_standard_uri, mime_type, metadata) "
        "VALUES (1, 'dataset', ?, 'text/xml', ?)",
        (_GDAL_METADATA, text),
    )
    connection.execute(
        "INSERT INTO gpkg_metadata_reference (reference_scope, timestamp, md_file_id) VALUES ('geopackage', ?, 1)",
        (now,),
    )
