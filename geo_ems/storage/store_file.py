"""The file of a store: created whole, opened for writing, and instants as the store writes them."""

from datetime import UTC, datetime
from pathlib import Path

import apsw

from geo_ems.errors import StoreError
from geo_ems.storage.connections import connect, errors_in_words
from geo_ems.storage.core_schema import create_core
from geo_ems.storage.durable_files import appearing_file


def create_store(path: Path, *, store_id: str, created_at: str) -> None:
    """Write an empty store; a write-ahead log without its file is a store somebody lost, not a new one."""
    log = path.with_name(path.name + "-wal")
    if log.exists():
        raise StoreError(
            "The store is missing, but its write-ahead log is there",
            where=str(log),
            remedy="Put the store file back beside it, or restore a backup; remove the log only if neither exists.",
        )
    try:
        with errors_in_words(path), appearing_file(path) as draft:
            connection = connect(draft, read_only=False)
            try:
                create_core(connection, store_id=store_id, created_at=created_at[:-1] + ".000Z")
            finally:
                connection.close()
    except OSError as error:
        raise StoreError(
            f"The store cannot be created ({error.strerror})",
            where=str(path),
            remedy="Give this user the right to write in the folder, and free some space.",
        ) from error


def connect_writer(path: Path) -> apsw.Connection:
    """Connect for writing; QGIS turns write-ahead logging off when it closes a file, so it is turned on again."""
    connection = connect(path, read_only=False)
    mode = connection.pragma("journal_mode", "wal")
    if mode != "wal":
        connection.close()
        raise StoreError(
            f"The store cannot use a write-ahead log here (it stays in mode '{mode}')",
            where=str(path),
            remedy="Close other programs that hold the file, and keep it on a local disk, not on a network share.",
        )
    return connection


def instant_text(moment: datetime) -> str:
    """Return an instant as YYYY-MM-DDTHH:MM:SSZ."""
    if moment.tzinfo is None:
        raise StoreError("The clock gives an instant without its offset from UTC", remedy="Use an aware datetime.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
