"""Connections to the store file: how they are set up, what is refused, and errors in words."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock

import apsw
import orjson

from geo_ems.errors import StoreError, StoreFullError
from geo_ems.storage.geometry_blobs import register_spatial_functions
from geo_ems.storage.locking import lock_path

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10300  # GeoPackage 1.3: GDAL 3.6 does not take the triggers of 1.4
FORMAT_VERSION = 3

_BUSY_TIMEOUT_MS = 5000
# After this many pages (4 MB) the write-ahead log is copied into the file.
_CHECKPOINT_PAGES = 1000
_NO_ROOM_BYTES = 65_536

# The first class that matches gives problem and remedy; nothing else of SQLite reaches the reader.
_WORDS: tuple[tuple[type[apsw.Error], str, str], ...] = (
    (
        apsw.ReadOnlyError,
        "The store cannot be written",
        "Give this user the right to write the file and its folder, or open it for reading only.",
    ),
    (
        apsw.CantOpenError,
        "The store cannot be opened",
        "Check that the file exists and that this user may read and write it and its folder.",
    ),
    (
        apsw.NotADBError,
        "The file is not a GeoPackage, or its beginning is damaged",
        "Name another file, or put the latest backup in its place: `geo-ems restore BACKUP`.",
    ),
    (
        apsw.CorruptError,
        "The store is damaged",
        "Put the latest backup in its place: `geo-ems restore BACKUP`; the damaged file is kept beside it.",
    ),
    (
        apsw.BusyError,
        "Another program holds the store",
        "Finish or cancel what is being edited there (QGIS, ogr2ogr) and repeat.",
    ),
    (apsw.IOError, "Reading or writing the disk failed", "Check the disk; what was not acknowledged is not stored."),
)


def sqlite_version() -> str:
    """Return the version of the SQLite inside apsw, the only one that opens the store."""
    return apsw.sqlite_lib_version()


def is_disk_full(error: BaseException | None, path: Path) -> bool:
    """Return whether SQLite could not go on because the disk of the store has no room."""
    if isinstance(error, apsw.FullError):
        return True
    try:
        # Where it needs room for its index of the log, SQLite calls a full disk a failing one.
        return isinstance(error, apsw.IOError) and shutil.disk_usage(path.parent).free < _NO_ROOM_BYTES
    except OSError:
        return False


def store_error(error: apsw.Error, path: Path) -> StoreError:
    """Return what went wrong in SQLite in words a user can act on."""
    if is_disk_full(error, path):
        return StoreFullError(
            f"The disk is full ({error}): nothing more is stored, questions are still answered",
            where=str(path),
            remedy="Free some space on it and repeat; no restart is needed. Deleting features still works for a while.",
        )
    for kind, problem, remedy in _WORDS:
        if isinstance(error, kind):
            return StoreError(f"{problem} ({error})", where=str(path), remedy=remedy)
    return StoreError(
        f"SQLite refuses: {error}", where=str(path), remedy="Run `geo-ems check`; if it finds nothing, report this."
    )


@contextmanager
def errors_in_words(path: Path) -> Iterator[None]:
    """Turn every SQLite error inside into a StoreError."""
    try:
        yield
    except apsw.Error as error:
        raise store_error(error, path) from error
    except (UnicodeDecodeError, orjson.JSONDecodeError) as error:
        # Layers are read cell by cell; here it is one of the store's own tables.
        raise StoreError(
            f"The store is damaged (one of its own tables holds {error})",
            where=str(path),
            remedy="Put the latest backup in its place: `geo-ems restore BACKUP`; the damaged file is kept beside it.",
        ) from error


def connect(path: Path, *, read_only: bool, immutable: bool = False) -> apsw.Connection:
    """Return a connection to an existing file: WAL with full sync, no mmap, foreign triggers distrusted.

    `immutable` reads a finished file that nobody writes, and leaves no other file beside it.

    Raises
    ------
    apsw.Error
        Where the file cannot be opened.
    """
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE
    name = str(path)
    if immutable or (read_only and _is_on_unwritable_medium(path)):
        # Without a write-ahead log beside it and no way to make one, SQLite reads only what is immutable.
        name, flags = f"{path.absolute().as_uri()}?immutable=1", flags | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(name, flags=flags)
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    register_spatial_functions(connection)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    for pragma in ("synchronous=FULL", "mmap_size=0", "trusted_schema=OFF", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}").fetchall()
    return connection


def check_is_ours(connection: apsw.Connection, path: Path) -> None:
    """Refuse a file that geo_ems did not write, or that a newer geo_ems wrote.

    Raises
    ------
    StoreError
        With the remedy.
    """
    application_id = connection.pragma("application_id")
    if application_id != APPLICATION_ID:
        raise StoreError(
            "The file is a database, but no GeoPackage",
            where=str(path),
            remedy="Name another file; `geo-ems import` reads data of other kinds.",
        )
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ems_about'").fetchall():
        raise StoreError(
            "The file is a GeoPackage, but not a store of geo_ems",
            where=str(path),
            remedy="Name another file for the store and take this one in with `geo-ems import`.",
        )
    rows = connection.execute("SELECT format_version FROM ems_about").fetchall()
    if len(rows) != 1 or not isinstance(rows[0][0], int):
        raise StoreError(
            "The table ems_about does not say which format the store has",
            where=str(path),
            remedy="The store was changed by hand: restore a backup.",
        )
    if rows[0][0] > FORMAT_VERSION:
        raise StoreError(
            f"The store has format {rows[0][0]}, this program knows formats up to {FORMAT_VERSION}",
            where=str(path),
            remedy="Update geo_ems.",
        )


def format_of(connection: apsw.Connection) -> int:
    """Return the format of a store that `check_is_ours` has let pass."""
    ((version,),) = connection.execute("SELECT format_version FROM ems_about").fetchall()
    return version if isinstance(version, int) else 0


class ReaderPool:
    """Read-only connections, one per reading thread at a time, kept for the next."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self._path = path
        self._lock = Lock()
        self._idle: list[apsw.Connection] = []
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[apsw.Connection]:
        """Yield a connection outside of any transaction: for what SQLite tells of the file itself."""
        with errors_in_words(self._path):
            connection = self._take()
            try:
                yield connection
            finally:
                self._put_back(connection)

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """Yield a connection inside one read transaction: one moment of the store."""
        with errors_in_words(self._path):
            connection = self._take()
            try:
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            finally:
                self._put_back(connection)

    @contextmanager
    def reading_beside(self) -> Iterator[tuple[apsw.Connection, apsw.Connection | None]]:
        """Yield two connections at one moment of the store; None for the second where somebody wrote just then."""
        with ExitStack() as held:
            with errors_in_words(self._path):
                watch = self._take()
                held.callback(self._put_back, watch)
                # Of one connection outside of a transaction: other numbers mean that a commit came between.
                before = watch.pragma("data_version")
                first, second = (held.enter_context(self.reading()) for _ in range(2))
                for connection in (first, second):
                    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # the moment is taken here
                is_one_moment = watch.pragma("data_version") == before
            yield first, second if is_one_moment else None

    def close(self) -> None:
        """Close all connections; those in use close when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> apsw.Connection:
        with self._lock:
            if self._closed:
                raise closed_error(self._path)
            if self._idle:
                return self._idle.pop()
        return connect(self._path, read_only=True)

    def _put_back(self, connection: apsw.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()


def closed_error(path: Path) -> StoreError:
    """Return the error for work asked of a closed store."""
    return StoreError("The store is closed", where=str(path), remedy="Open it again.")


def _is_on_unwritable_medium(path: Path) -> bool:
    # A process that only reads leaves an empty log behind, one that writes says so in the lock file.
    in_use = any(
        item.exists() and item.stat().st_size > 0 for item in (path.with_name(path.name + "-wal"), lock_path(path))
    )
    return not os.access(path.parent, os.W_OK) and not os.access(path, os.W_OK) and not in_use
