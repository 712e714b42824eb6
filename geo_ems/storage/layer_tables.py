"""The tables of one layer: features, child rows, rtree, and the triggers that notice foreign edits."""

import apsw

from geo_ems.model.definitions import FieldDefinition, GeometryKind, LayerDefinition
from geo_ems.storage.core_schema import register_own_table
from geo_ems.storage.geometry_blobs import SRS_ID
from geo_ems.storage.statements import Fragment, Literal, Part, check_name, render
from geo_ems.storage.table_names import LayerNames
from geo_ems.storage.values import SQL_TYPES

_RTREE_DEFINITION = "http://www.geopackage.org/spec120/#extension_rtree"

# The id of a row that another program added without one, until the engine gives it a permanent one.
PROVISIONAL_PREFIX = "new-"

_FEATURES = """CREATE TABLE {table} (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {kind},
  id TEXT NOT NULL UNIQUE DEFAULT ({prefix} || lower(hex(randomblob(8)))), rev INTEGER NOT NULL DEFAULT 0{columns})"""

# The same for a file that goes to others: without the revision, and without ids made for rows they add.
_PUBLISHED = """CREATE TABLE {table} (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {kind}, id TEXT NOT NULL UNIQUE{columns})"""

_CHILD = """CREATE TABLE {table} (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, parent_id TEXT NOT NULL, line INTEGER NOT NULL DEFAULT 0{columns});
CREATE INDEX {by_parent} ON {table} (parent_id)"""

# Triggers as GeoPackage 1.0 to 1.3 names them (annex F.3): GDAL 3.6 does not know those of 1.4.
_RTREE_TRIGGERS = {
    "insert": """AFTER INSERT ON {table} WHEN (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO {rtree} VALUES (NEW.fid, {sides}); END""",
    "update1": """AFTER UPDATE OF geom ON {table}
  WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO {rtree} VALUES (NEW.fid, {sides}); END""",
    "update2": """AFTER UPDATE OF geom ON {table}
  WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM {rtree} WHERE id = OLD.fid; END""",
    "update3": """AFTER UPDATE ON {table} WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM {rtree} WHERE id = OLD.fid; INSERT OR REPLACE INTO {rtree} VALUES (NEW.fid, {sides}); END""",
    "update4": """AFTER UPDATE ON {table} WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM {rtree} WHERE id IN (OLD.fid, NEW.fid); END""",
    "delete": """AFTER DELETE ON {table} WHEN OLD.geom NOT NULL
  BEGIN DELETE FROM {rtree} WHERE id = OLD.fid; END""",
}
_SIDES = Fragment("ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)")

# No function but the default of ems_foreign_edit.at: any SQLite that edits the file must be able to run these.
_IS_FOREIGN = "WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL"
_QUEUE = "INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES "
_KEEP = """INSERT INTO {before} (n, fid, geom, id, rev{comma}{fields})
    SELECT max(n), OLD.fid, OLD.geom, OLD.id, OLD.rev{comma}{old_fields} FROM ems_foreign_edit;"""
_LAYER_TRIGGERS = {
    "insert": f"AFTER INSERT ON {{table}} {_IS_FOREIGN} BEGIN {_QUEUE} ({{layer}}, 'I', NEW.fid, NULL, NULL); END",
    "update": f"AFTER UPDATE ON {{table}} {_IS_FOREIGN} BEGIN {_QUEUE} "
    f"({{layer}}, 'U', NEW.fid, OLD.fid, OLD.id); {_KEEP} END",
    "delete": f"AFTER DELETE ON {{table}} {_IS_FOREIGN} BEGIN {_QUEUE} "
    f"({{layer}}, 'D', NULL, OLD.fid, OLD.id); {_KEEP} END",
}
# INSERT OR REPLACE and UPDATE OR REPLACE remove the rows in their way, and no trigger of deletion sees it.
_REPLACING = """BEFORE {event} ON {table} {is_foreign} AND EXISTS (SELECT 1 FROM {table} WHERE {in_the_way}) BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT {layer}, 'D', NULL, fid, id FROM {table} WHERE {in_the_way};
  INSERT INTO {before} (n, fid, geom, id, rev{comma}{fields})
    SELECT (SELECT max(n) FROM ems_foreign_edit WHERE layer = {layer} AND old_fid = {table}.fid),
      fid, geom, id, rev{comma}{fields} FROM {table} WHERE {in_the_way}; END"""
_REPLACING_CHILD = """BEFORE INSERT ON {table} {is_foreign} BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT {layer}, 'C', NULL, NULL, parent_id FROM {table} WHERE fid = NEW.fid; END"""
# By their names: the event, and which rows are in the way.
_REPLACING_TRIGGERS = {
    "replacing_insert": ("INSERT", "(fid = NEW.fid OR id = NEW.id)"),
    "replacing_update": ("UPDATE OF fid, id", "(fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id))"),
}
_CHILD_TRIGGERS = {
    "insert": f"AFTER INSERT ON {{table}} {_IS_FOREIGN} BEGIN {_QUEUE} "
    "({layer}, 'C', NULL, NULL, NEW.parent_id); END",
    "update": f"AFTER UPDATE ON {{table}} {_IS_FOREIGN} BEGIN {_QUEUE} "
    "({layer}, 'C', NULL, NULL, OLD.parent_id), ({layer}, 'C', NULL, NULL, NEW.parent_id); END",
    "delete": f"AFTER DELETE ON {{table}} {_IS_FOREIGN} BEGIN {_QUEUE} "
    "({layer}, 'C', NULL, NULL, OLD.parent_id); END",
}


def child_table(layer: str, child: str) -> str:
    """Return the name of the table that holds child rows."""
    return f"{layer}__{child}"


def before_table(layer: str) -> str:
    """Return the name of the table in which foreign edits leave the rows they changed."""
    return f"ems_foreign_before_{layer}"


def rtree_table(layer: str) -> str:
    """Return the name of a layer's spatial index."""
    return f"rtree_{layer}_geom"


def trigger_names(definition: LayerNames) -> tuple[str, ...]:
    """Return the triggers a layer must have; without one of them edits would go unnoticed."""
    children = (child_table(definition.name, child) for child in definition.children)
    return (
        *(f"{rtree_table(definition.name)}_{event}" for event in _RTREE_TRIGGERS),
        *(f"ems_{definition.name}_{event}" for event in (*_LAYER_TRIGGERS, *_REPLACING_TRIGGERS)),
        *(f"ems_{table}_{event}" for table in children for event in (*_CHILD_TRIGGERS, "replacing_insert")),
    )


def format_2_trigger_names(definition: LayerDefinition) -> tuple[str, ...]:
    """Return those of them that a store has since format 2."""
    return tuple(name for name in trigger_names(definition) if name.endswith(tuple(_REPLACING_TRIGGERS)))


def geometry_type(definition: LayerDefinition) -> str:
    """Return the GeoPackage type of the geometry column."""
    kinds = definition.geometry or tuple(GeometryKind)
    return kinds[0].value.upper() if len(kinds) == 1 else "GEOMETRY"


def check_names(definition: LayerDefinition) -> None:
    """Refuse layer, field and child names that cannot be tables and columns.

    Raises
    ------
    DefinitionError
        With the name.
    """
    where = definition.source or f"layer '{definition.name}'"
    check_name(definition.name, kind="layer", where=where)
    for name in definition.fields:
        check_name(name, kind="field", where=where)
    for child in definition.children.values():
        check_name(child.name, kind="child table", where=where)
        for name in child.fields:
            check_name(name, kind="child field", where=f"{where}, child table '{child.name}'")


def create_layer(connection: apsw.Connection, definition: LayerDefinition, *, now: str) -> None:
    """Create all tables of a new layer and register them; `now` is a GeoPackage DATETIME."""
    layer = definition.name
    connection.execute(features_sql(layer, definition))
    _register_features(connection, definition, now=now)
    create_before_table(connection, definition)
    for child in definition.children:
        create_child(connection, definition, child, now=now)
    create_triggers(connection, definition)


def create_published_features(connection: apsw.Connection, definition: LayerDefinition, *, now: str) -> None:
    """Create the features table and the empty spatial index of a layer in a file for others."""
    kind = Fragment(geometry_type(definition))
    columns = _columns_sql(tuple(definition.fields.values()))
    connection.execute(render(_PUBLISHED, table=definition.name, kind=kind, columns=columns))
    _register_features(connection, definition, now=now)


def _register_features(connection: apsw.Connection, definition: LayerDefinition, *, now: str) -> None:
    layer = definition.name
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
        "VALUES (?, 'features', ?, ?, ?, ?)",
        (layer, layer, definition.label.zh, now, SRS_ID),
    )
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (layer, geometry_type(definition), SRS_ID)
    )
    create_rtree(connection, layer)


def create_rtree(connection: apsw.Connection, layer: str) -> None:
    """Create the spatial index of a layer, empty, in place of one that exists."""
    connection.execute(render("DROP TABLE IF EXISTS {rtree}", rtree=rtree_table(layer)))
    connection.execute(
        render("CREATE VIRTUAL TABLE {rtree} USING rtree(id, minx, maxx, miny, maxy)", rtree=rtree_table(layer))
    )
    connection.execute(
        "INSERT OR REPLACE INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', ?, 'write-only')",
        (layer, _RTREE_DEFINITION),
    )


def create_before_table(connection: apsw.Connection, definition: LayerDefinition) -> None:
    """Create the table in which foreign edits leave the rows they changed, empty, in place of one that exists."""
    table = before_table(definition.name)
    connection.execute(render("DROP TABLE IF EXISTS {table}", table=table))
    connection.execute(
        render(
            "CREATE TABLE {table} (n INTEGER PRIMARY KEY NOT NULL, fid INTEGER, geom BLOB, id TEXT, rev INTEGER"
            "{columns})",
            table=table,
            columns=_columns_sql(tuple(definition.fields.values())),
        )
    )
    register_own_table(connection, table)


def create_child(connection: apsw.Connection, definition: LayerDefinition, child: str, *, now: str) -> None:
    """Create the table of one kind of child rows and register it as attributes."""
    table = child_table(definition.name, child)
    columns = _columns_sql(tuple(definition.children[child].fields.values()))
    connection.execute(render(_CHILD, table=table, by_parent=f"{table}_by_parent", columns=columns))
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES (?, 'attributes', ?, ?, ?)",
        (table, table, definition.children[child].label.zh, now),
    )


def add_columns(connection: apsw.Connection, table: str, fields: tuple[FieldDefinition, ...]) -> None:
    """Add columns for new fields, empty in the rows that exist; a column another program added is taken over."""
    present = {str(name) for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}
    for field in fields:
        if field.name in present:
            continue
        kind = Fragment(SQL_TYPES[field.type])
        connection.execute(
            render("ALTER TABLE {table} ADD COLUMN {name} {kind}", table=table, name=field.name, kind=kind)
        )


def create_triggers(connection: apsw.Connection, definition: LayerDefinition) -> None:
    """Create the triggers of a layer and its child tables, in place of those that exist."""
    layer = definition.name
    create_rtree_triggers(connection, layer)
    fields = tuple(definition.fields)
    parts: dict[str, Part] = {
        "table": layer,
        "layer": Literal(layer),
        "before": before_table(layer),
        "comma": Fragment(", " if fields else ""),
        "fields": fields,
        "old_fields": Fragment(", ".join(render("OLD.{field}", field=field) for field in fields)),
    }
    for event, body in _LAYER_TRIGGERS.items():
        _create_trigger(connection, f"ems_{layer}_{event}", render(body, **parts))
    foreign = Fragment(_IS_FOREIGN)
    for name, (event, in_the_way) in _REPLACING_TRIGGERS.items():
        sql = render(_REPLACING, event=Fragment(event), is_foreign=foreign, in_the_way=Fragment(in_the_way), **parts)
        _create_trigger(connection, f"ems_{layer}_{name}", sql)
    for child in definition.children:
        table = child_table(layer, child)
        for event, body in _CHILD_TRIGGERS.items():
            _create_trigger(connection, f"ems_{table}_{event}", render(body, table=table, layer=Literal(layer)))
        sql = render(_REPLACING_CHILD, is_foreign=foreign, table=table, layer=Literal(layer))
        _create_trigger(connection, f"ems_{table}_replacing_insert", sql)


def create_rtree_triggers(connection: apsw.Connection, layer: str) -> None:
    """Create the triggers that keep the spatial index equal to the geometries."""
    for event, body in _RTREE_TRIGGERS.items():
        trigger = render(body, table=layer, rtree=rtree_table(layer), sides=_SIDES)
        _create_trigger(connection, f"{rtree_table(layer)}_{event}", trigger)


def drop_rtree_triggers(connection: apsw.Connection, layer: str) -> None:
    """Drop them for the length of one transaction, in which the index is filled directly."""
    for event in _RTREE_TRIGGERS:
        connection.execute(render("DROP TRIGGER IF EXISTS {name}", name=f"{rtree_table(layer)}_{event}"))


def _create_trigger(connection: apsw.Connection, name: str, body: str) -> None:
    connection.execute(render("DROP TRIGGER IF EXISTS {name}", name=name))
    connection.execute(render("CREATE TRIGGER {name} {body}", name=name, body=Fragment(body)))


def features_sql(table: str, definition: LayerDefinition) -> str:
    """Return the statement that creates the features table of a layer under a name."""
    return render(
        _FEATURES,
        table=table,
        kind=Fragment(geometry_type(definition)),
        prefix=Literal(PROVISIONAL_PREFIX),
        columns=_columns_sql(tuple(definition.fields.values())),
    )


def _columns_sql(fields: tuple[FieldDefinition, ...]) -> Fragment:
    return Fragment("".join(render(", {name} ", name=field.name) + SQL_TYPES[field.type] for field in fields))
