"""What is wrong with the file of a store."""

from collections.abc import Iterator, Mapping, Sequence

import apsw

from geo_ems.storage.change_log import log_faults
from geo_ems.storage.definitions_table import HeldDefinition, definition_faults
from geo_ems.storage.layer_tables import rtree_table
from geo_ems.storage.row_digests import row_faults
from geo_ems.storage.statements import render, whole_number


def store_faults(connection: apsw.Connection, held: Mapping[str, HeldDefinition]) -> Iterator[str]:
    """Yield what is wrong with the pages, the log, the spatial indexes, the definitions and the rows."""
    layers = tuple(held)
    yield from page_faults(connection)
    yield from log_faults(connection, layers)
    yield from index_faults(connection, layers)
    yield from definition_faults(connection)
    yield from row_faults(connection, [item.definition for item in held.values()])


def page_faults(connection: apsw.Connection) -> Iterator[str]:
    """Yield what SQLite's own check finds in the pages of the file."""
    for (line,) in connection.execute("PRAGMA integrity_check").fetchall():
        if line != "ok":
            yield f"file: {line}"


def index_faults(connection: apsw.Connection, layers: Sequence[str]) -> Iterator[str]:
    """Yield where the spatial index of a layer differs from its rows."""
    for layer in layers:
        rtree = rtree_table(layer)
        ((inner,),) = connection.execute("SELECT rtreecheck(?)", (rtree,)).fetchall()
        if inner != "ok":
            yield f"index of {layer}: {inner}"
        missing = render(
            "SELECT count(*) FROM {layer} WHERE geom NOTNULL AND fid NOT IN (SELECT id FROM {rtree}) "
            "AND NOT ST_IsEmpty(geom)",
            layer=layer,
            rtree=rtree,
        )
        surplus = render(
            "SELECT count(*) FROM {rtree} WHERE id NOT IN (SELECT fid FROM {layer} WHERE geom NOTNULL)",
            layer=layer,
            rtree=rtree,
        )
        for statement, words in ((missing, "features are missing in it"), (surplus, "entries belong to no feature")):
            ((count,),) = connection.execute(statement).fetchall()
            if whole_number(count):
                yield f"index of {layer}: {count} {words}"
