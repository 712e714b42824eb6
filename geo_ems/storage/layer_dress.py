"""Aliases and value lists in the file (extension gpkg_schema), and styles for QGIS: it opens the file dressed."""

import apsw

from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.storage.layer_tables import child_table
from geo_ems.storage.qgis_styles import layer_qml

_TABLES = """
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""
# As QGIS makes it when somebody saves a style in the file.
_STYLES = """
CREATE TABLE IF NOT EXISTS layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
"""
STYLE_NAME = "geo_ems"
_EXTENSION = "http://www.geopackage.org/spec121/#extension_schema"


def dress_layer(connection: apsw.Connection, definition: LayerDefinition, *, now: str) -> None:
    """Write labels (Chinese; English as description), the codes of each field and the style, in place of earlier ones.

    `now` is a GeoPackage DATETIME.
    """
    connection.execute(_TABLES)
    for table in ("gpkg_data_columns", "gpkg_data_column_constraints"):
        connection.execute(
            "INSERT OR IGNORE INTO gpkg_extensions SELECT ?, NULL, 'gpkg_schema', ?, 'read-write' "
            "WHERE NOT EXISTS (SELECT 1 FROM gpkg_extensions WHERE table_name = ? AND extension_name = 'gpkg_schema')",
            (table, _EXTENSION, table),
        )
    _dress_table(connection, definition.name, tuple(definition.fields.values()))
    for child in definition.children.values():
        _dress_table(connection, child_table(definition.name, child.name), tuple(child.fields.values()))
    _style_layer(connection, definition, now=now)


def dress_earlier_layer(connection: apsw.Connection, definition: LayerDefinition, *, now: str) -> None:
    """Write the style of a layer whose file was made before styles were written; one that is there stays."""
    if not _has_style(connection, definition.name):
        _style_layer(connection, definition, now=now)


def _has_style(connection: apsw.Connection, layer: str) -> bool:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'layer_styles'").fetchall():
        return False
    return bool(
        connection.execute(
            "SELECT 1 FROM layer_styles WHERE f_table_name = ? AND styleName = ?", (layer, STYLE_NAME)
        ).fetchall()
    )


def _style_layer(connection: apsw.Connection, definition: LayerDefinition, *, now: str) -> None:
    """Write our style of a layer; it is the default where nobody saved another as such."""
    connection.execute(_STYLES)
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (now,),
    )
    layer = definition.name
    connection.execute("DELETE FROM layer_styles WHERE f_table_name = ? AND styleName = ?", (layer, STYLE_NAME))
    connection.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
        "SELECT '', '', ?, 'geom', ?, ?, '', NOT EXISTS (SELECT 1 FROM layer_styles WHERE f_table_name = ? "
        "AND useAsDefault), ?, '', NULL, ?",
        (layer, STYLE_NAME, layer_qml(definition), layer, definition.label.zh, now),
    )


def _dress_table(connection: apsw.Connection, table: str, fields: tuple[FieldDefinition, ...]) -> None:
    connection.execute("DELETE FROM gpkg_data_columns WHERE table_name = ?", (table,))
    titles = [_title(field) for field in fields]
    for field, title in zip(fields, titles, strict=True):
        # `name` must be unique in its table; labels need not be.
        name = title if titles.count(title) == 1 else f"{title} [{field.name}]"
        constraint = f"{table}_{field.name}"
        connection.execute("DELETE FROM gpkg_data_column_constraints WHERE constraint_name = ?", (constraint,))
        # A list of codes is JSON text: a value list would not fit it.
        has_list = field.type is FieldType.CODE and bool(field.codes)
        if has_list:
            connection.executemany(
                "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) "
                "VALUES (?, 'enum', ?, ?)",
                [(constraint, code.code, code.label.zh) for code in field.codes.values()],
            )
        connection.execute(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description, constraint_name) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (table, field.name, name, title, field.label.en, constraint if has_list else None),
        )


def _title(field: FieldDefinition) -> str:
    return f"{field.label.zh} ({field.unit.symbol.zh})" if field.unit else field.label.zh
