"""A backup put in the place of a store: checked before anything is touched, the replaced store kept beside it."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import apsw
import orjson

from geo_ems.errors import StoreError
from geo_ems.storage.backups import BackupContent, check_manifest, stamp_of, verified_content
from geo_ems.storage.change_log import RESTORED, Author, LogEntry, append_entries, read_head
from geo_ems.storage.connections import connect, errors_in_words
from geo_ems.storage.durable_files import appearing_file, fsync_folder
from geo_ems.storage.locking import StoreLock
from geo_ems.storage.migrating import migrate_store

_LOG_ENDINGS = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restoration:
    """What was restored: what the backup held, and where the store it replaced is kept (None: there was none)."""

    content: BackupContent
    replaced: Path | None
    incarnation: str


def restore_backup(
    backup: Path, store: Path, *, clock: Callable[[], datetime], new_id: Callable[[], str]
) -> Restoration:
    """Put a backup in the place of a store that nobody writes.

    The restored store has the identity of the backup and a new incarnation, and its log says when
    and from which file it was restored.

    Raises
    ------
    StoreError
        Where the backup is damaged, newer or no store, the store is in use, or the disk refuses.
        The store is as it was then.
    """
    backup, store = backup.resolve(), store.resolve()
    if backup == store:
        raise StoreError("The backup is the store itself", where=str(store), remedy="Name the file of a backup.")
    if not store.parent.is_dir():
        raise StoreError(f"There is no folder {store.parent}", where=str(store), remedy="Create it first.")
    _refuse_unfinished(backup)
    lock = StoreLock(store)
    try:
        content, sha256 = verified_content(backup, every_row=True), check_manifest(backup)
        try:
            with appearing_file(store) as draft:
                shutil.copyfile(backup, draft)
                incarnation = _begin_incarnation(draft, sha256, clock=clock, new_id=new_id)
                replaced = _set_aside(store, stamp_of(clock()))
        except OSError as error:
            raise StoreError(
                f"The backup cannot be restored ({error.strerror})",
                where=str(store),
                remedy="Free some space and give this user the right to write in the folder; the store is as it was.",
            ) from error
        return Restoration(content, replaced, incarnation)
    finally:
        lock.release()


def _refuse_unfinished(backup: Path) -> None:
    log = backup.with_name(backup.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise StoreError(
            "There is a write-ahead log beside the file: it is a store in use, or was copied from one, not a backup",
            where=str(backup),
            remedy="Make a backup with `geo-ems backup`.",
        )


def _begin_incarnation(draft: Path, sha256: str, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> str:
    """Bring the copy to the format of this program and write into it that it was restored."""
    with errors_in_words(draft):
        migrated_from = migrate_store(draft, clock=clock)
        if migrated_from is not None:
            migrated_from.unlink()  # the backup itself is the copy of the older format
        connection = connect(draft, read_only=False)
        try:
            at, incarnation = clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), new_id()
            note = orjson.dumps({"backup_sha256": sha256, "incarnation": incarnation}).decode()
            with connection:
                connection.execute("UPDATE ems_actor SET actor = 'geo_ems' WHERE one = 1")
                head = read_head(connection)
                entry = LogEntry(layer="", op=RESTORED, id=None, note=note)
                author = Author(principal="geo_ems", origin="restore", at=at)
                head = append_entries(connection, head, (entry,), author=author)
                connection.execute(
                    "INSERT INTO ems_restoration (at, incarnation, seq, backup_sha256) VALUES (?, ?, ?, ?)",
                    (at, incarnation, head.seq, sha256),
                )
                connection.execute("UPDATE ems_actor SET actor = NULL WHERE one = 1")
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        finally:
            connection.close()
    for ending in _LOG_ENDINGS:
        draft.with_name(draft.name + ending).unlink(missing_ok=True)
    return incarnation


def _set_aside(store: Path, stamp: str) -> Path | None:
    """Give the store that will be replaced a second name; its write-ahead log goes with it or into it."""
    if not store.exists() and not store.with_name(store.name + "-wal").exists():
        return None
    aside = store.with_name(f"{store.stem}.replaced.{stamp}{store.suffix}")
    if aside.exists():
        raise StoreError("The replaced store has no free name", where=str(aside), remedy="Try again in a second.")
    if store.exists():
        # A sound store takes its log in; a damaged one keeps it, under the same new name.
        with suppress(apsw.Error):
            connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            finally:
                connection.close()
        try:
            os.link(store, aside)
        except OSError:  # a disk without hard links
            shutil.copyfile(store, aside)
    for ending in _LOG_ENDINGS:
        log = store.with_name(store.name + ending)
        if log.exists():
            log.replace(aside.with_name(aside.name + ending))
    fsync_folder(store.parent)
    return aside
