"""The tables every store has: those of GeoPackage 1.3 (OGC 12-128r17) and those of geo_ems."""

import apsw

from geo_ems.storage.connections import APPLICATION_ID, FORMAT_VERSION, USER_VERSION
from geo_ems.storage.geometry_blobs import SRS_ID
from geo_ems.storage.positions_table import TABLES as FORMAT_3_TABLES

# Definition text as in the EPSG registry, WKT 1 (requirement 11 of GeoPackage).
_WGS84_WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],'
    'AUTHORITY["EPSG","4326"]]'
)

_GEOPACKAGE_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""

# ems_actor: set inside our own transactions, so that the triggers of a layer tell foreign edits from ours.
# ems_foreign_edit: what those triggers saw, until it is sealed into the log.
_OWN_TABLES = """
CREATE TABLE ems_about (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, store_id TEXT NOT NULL, format_version INTEGER NOT NULL,
  created_at DATETIME NOT NULL);
CREATE TABLE ems_definition (
  layer TEXT NOT NULL, seq INTEGER NOT NULL, sha256 TEXT NOT NULL, text TEXT NOT NULL, json TEXT NOT NULL,
  PRIMARY KEY (layer, seq));
CREATE TABLE ems_change_log (
  entry INTEGER PRIMARY KEY NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, principal TEXT NOT NULL,
  origin TEXT NOT NULL, layer TEXT NOT NULL, op TEXT NOT NULL, id TEXT, note TEXT NOT NULL, before TEXT,
  after_sha256 TEXT, seal TEXT NOT NULL);
CREATE INDEX ems_change_log_by_seq ON ems_change_log (seq);
CREATE INDEX ems_change_log_by_layer ON ems_change_log (layer, entry);
CREATE TABLE ems_before_image (
  seq INTEGER NOT NULL, layer TEXT NOT NULL, id TEXT NOT NULL, before TEXT NOT NULL, PRIMARY KEY (seq, layer, id));
CREATE TABLE ems_idempotency (
  key TEXT PRIMARY KEY NOT NULL, request_sha256 TEXT NOT NULL, seq INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE ems_actor (one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1), actor TEXT);
INSERT INTO ems_actor VALUES (1, NULL);
CREATE TABLE ems_foreign_edit (
  n INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  layer TEXT NOT NULL, op TEXT NOT NULL, fid INTEGER, old_fid INTEGER, old_id TEXT);
"""

_APPEND_ONLY = "CREATE TRIGGER {table}_no_{event} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{words}'); END;"
CORE_TRIGGERS = {
    f"{table}_no_{event}": _APPEND_ONLY.format(
        table=table, event=event, verb=event.upper(), words="the change log is append-only"
    )
    for table in ("ems_change_log", "ems_before_image")
    for event in ("update", "delete")
}
CORE_TABLES = (
    "ems_about",
    "ems_definition",
    "ems_change_log",
    "ems_before_image",
    "ems_idempotency",
    "ems_actor",
    "ems_foreign_edit",
)


# Tables that a store has since format 2; those since format 3 are `positions_table.TABLES`.
FORMAT_2_TABLES = {
    "ems_row_digest": """CREATE TABLE ems_row_digest (
  seq INTEGER NOT NULL, layer TEXT NOT NULL, digests BLOB NOT NULL, PRIMARY KEY (seq, layer))""",
    "ems_last_good": """CREATE TABLE ems_last_good (
  layer TEXT NOT NULL, fid INTEGER NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, image TEXT NOT NULL,
  PRIMARY KEY (layer, fid))""",
    "ems_restoration": """CREATE TABLE ems_restoration (
  n INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at TEXT NOT NULL, incarnation TEXT NOT NULL, seq INTEGER NOT NULL,
  backup_sha256 TEXT NOT NULL)""",
    "ems_import_image": """CREATE TABLE ems_import_image (
  layer TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, mark TEXT NOT NULL, said TEXT NOT NULL,
  PRIMARY KEY (layer, id, seq)) WITHOUT ROWID""",
}


def tables_of_format(version: int) -> tuple[str, ...]:
    """Return the tables of geo_ems that a store of a format has."""
    newer = ((2, FORMAT_2_TABLES), (3, FORMAT_3_TABLES))
    return (*CORE_TABLES, *(table for since, tables in newer if version >= since for table in tables))


def create_core(connection: apsw.Connection, *, store_id: str, created_at: str) -> None:
    """Write the tables of an empty store into an empty file, in one transaction, and turn on WAL."""
    connection.execute("PRAGMA page_size=4096")
    connection.pragma("journal_mode", "wal")
    with connection:
        create_geopackage_tables(connection)
        connection.execute(_OWN_TABLES)
        for sql in (*FORMAT_2_TABLES.values(), *FORMAT_3_TABLES.values(), *CORE_TRIGGERS.values()):
            connection.execute(sql)
        connection.execute(
            "INSERT INTO ems_about (store_id, format_version, created_at) VALUES (?, ?, ?)",
            (store_id, FORMAT_VERSION, created_at),
        )
        # One registered table of attributes: without any, GDAL lists all our tables as layers.
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES ('ems_about', 'attributes', 'ems_about', 'the store of geo_ems', ?)",
            (created_at,),
        )
        for table in (*CORE_TABLES[1:], *FORMAT_2_TABLES, *FORMAT_3_TABLES):
            register_own_table(connection, table)


def create_geopackage_tables(connection: apsw.Connection) -> None:
    """Write what every GeoPackage has, and that it is one, inside the caller's transaction."""
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", USER_VERSION)
    connection.execute(_GEOPACKAGE_TABLES)
    connection.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        (
            ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", "undefined cartesian coordinates"),
            ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinates"),
            ("WGS 84 geodetic", SRS_ID, "EPSG", 4326, _WGS84_WKT, "longitude and latitude in degrees"),
        ),
    )


def register_own_table(connection: apsw.Connection, table: str) -> None:
    """Say in gpkg_extensions that the table belongs to geo_ems."""
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_extensions VALUES (?, NULL, 'ems_store', "
        "'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', "
        "'read-write')",
        (table,),
    )
