"""Copies of the store, and what is wrong with its file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw

from geo_ems.errors import StoreError
from geo_ems.storage.connections import errors_in_words
from geo_ems.storage.durable_files import appearing_file
from geo_ems.storage.layer_tables import rtree_table
from geo_ems.storage.statements import render, whole_number


def copy_store(connection: apsw.Connection, source: Path, target: Path) -> None:
    """Copy the store as the connection sees it, in one step: readers never hold up the writer.

    Raises
    ------
    StoreError
        Where the copy would overwrite a store in use, or cannot be written.
    """
    if target == source or target.with_name(target.name + "-wal").exists():
        raise StoreError(
            "The backup would overwrite a store in use", where=str(target), remedy="Name another file for the backup."
        )
    try:
        with errors_in_words(target), appearing_file(target) as draft:
            copy = apsw.Connection(str(draft))
            try:
                with copy.backup("main", connection, "main") as backup:
                    backup.step(-1)
            finally:
                copy.close()
    except OSError as error:
        raise StoreError(
            f"The backup cannot be written ({error.strerror})",
            where=str(target),
            remedy="Name a folder that exists, that this user may write, with enough space.",
        ) from error


def page_faults(connection: apsw.Connection) -> Iterator[str]:
    """Yield what SQLite's own check finds in the pages of the file."""
    for (line,) in connection.execute("PRAGMA quick_check").fetchall():
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
