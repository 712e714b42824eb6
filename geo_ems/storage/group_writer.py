"""The one thread that writes: it takes all that waits into one transaction, syncs once, then acknowledges."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Condition, Thread
from typing import Generic, TypeVar

import apsw

from geo_ems.errors import StoreError
from geo_ems.model.features import LayerChange
from geo_ems.storage.change_log import LogHead, read_head
from geo_ems.storage.connections import closed_error, is_disk_full, store_error
from geo_ems.storage.definitions_table import ChangedOutsideError, DefinitionsCache
from geo_ems.storage.disk_reserve import DiskReserve
from geo_ems.storage.foreign_edits import are_waiting, seal_foreign_edits
from geo_ems.storage.outside_repairs import mend_store

Result = TypeVar("Result")

# A transaction keeps other programs waiting: GDAL gives up after five seconds.
_GROUP_LIMIT = 500


class WriteContext:
    """What a job of the writer works with; `head` is the end of the log before it, and after it when it is done."""

    __slots__ = ("at", "connection", "definitions", "head")

    def __init__(self, connection: apsw.Connection, definitions: DefinitionsCache, head: LogHead, at: str) -> None:
        """Bundle connection, definitions, end of the log, and the instant of the group."""
        self.connection = connection
        self.definitions = definitions
        self.head = head
        self.at = at


class _Job(Generic[Result]):
    """Work that waits, and the promise of its result."""

    def __init__(self, work: Callable[[WriteContext], Result], *, frees_space: bool = False) -> None:
        self.work = work
        self.frees_space = frees_space
        self.promise: Future[Result] = Future()
        self.result: Result | None = None
        self.error: BaseException | None = None

    def run(self, context: WriteContext) -> None:
        """Do the work inside a savepoint: where it fails, only its own writes are taken back."""
        connection, head = context.connection, context.head
        connection.execute("SAVEPOINT job")
        try:
            self.result = self.work(context)
        except Exception as error:
            if not connection.in_transaction:  # SQLite took the whole transaction back (disk full, I/O)
                raise
            connection.execute("ROLLBACK TO job")
            context.head, self.error = head, error
            context.definitions.forget()
        connection.execute("RELEASE job")

    def acknowledge(self, path: Path) -> None:
        """Give the caller the result, or the error of this job alone."""
        error = self.error
        if error is None:
            self.promise.set_result(self.result)  # type: ignore[arg-type]  # set by `run` whenever there is no error
        else:
            self.promise.set_exception(store_error(error, path) if isinstance(error, apsw.Error) else error)


class GroupWriter:
    """Owns the writing connection; `call` may be used from any thread."""

    def __init__(
        self, connection: apsw.Connection, path: Path, *, now: Callable[[], str], new_id: Callable[[], str]
    ) -> None:
        """Start the thread; `now` gives instants as YYYY-MM-DDTHH:MM:SSZ."""
        self._connection = connection
        self._path = path
        self._now = now
        self._new_id = new_id
        self._definitions = DefinitionsCache()
        self._reserve = DiskReserve(path)
        self._waiting: deque[_Job[object]] = deque()
        self._wake = Condition()
        self._closing = False
        self._noticed: list[LayerChange] = []
        self._sealing_error: StoreError | None = None
        self._thread = Thread(target=self._serve, name="geo-ems-writer", daemon=True)
        self._thread.start()

    def call(self, work: Callable[[WriteContext], Result], *, frees_space: bool = False) -> Result:
        """Do the work in the next group and return its result once it is durable.

        Work that `frees_space` is done on a full disk too, as long as the reserve lasts.

        Raises
        ------
        GeoEmsError
            What the work raised, or why the group could not be stored.
        """
        job = _Job(work, frees_space=frees_space)
        with self._wake:
            if self._closing:
                raise closed_error(self._path)
            self._waiting.append(job)  # type: ignore[arg-type]  # a job of any result
            self._wake.notify()
        return job.promise.result()

    @property
    def has_reserve(self) -> bool:
        """Return whether deleting would go on if the disk were full now."""
        return self._reserve.is_kept

    def take_noticed(self) -> tuple[LayerChange, ...]:
        """Return the foreign edits sealed since the last call.

        Raises
        ------
        StoreError
            Where some could not be sealed.
        """
        with self._wake:
            error, self._sealing_error = self._sealing_error, None
            if error is not None:
                raise error
            noticed, self._noticed = self._noticed, []
        return tuple(noticed)

    def close(self) -> None:
        """Finish what waits, copy the write-ahead log into the file, close the connection."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except (apsw.BusyError, apsw.FullError, apsw.IOError):
            # Another program is reading, or there is no room: the log stays beside the file, where every
            # SQLite finds it.
            return
        finally:
            self._connection.close()

    def _serve(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._wake.wait()
                if not self._waiting:
                    return
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _GROUP_LIMIT))]
            self._try_to_store(group)
            freeing = [job for job in group if job.frees_space and is_disk_full(job.error, self._path)]
            if freeing and self._reserve.give_up():
                for job in freeing:
                    job.error = None
                self._try_to_store(freeing)
            elif not self._reserve.is_kept and not any(job.error for job in group):
                self._reserve.take()
            for job in group:
                job.acknowledge(self._path)

    def _try_to_store(self, group: list[_Job[object]]) -> None:
        try:
            noticed = self._store(group)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the callers wait for an answer
            self._take_back()
            for job in group:
                job.error = error
            return
        with self._wake:
            self._noticed.extend(noticed)

    def _store(self, group: list[_Job[object]]) -> tuple[LayerChange, ...]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        # The triggers of the layers see the mark and leave our own edits out of the queue.
        connection.execute("UPDATE ems_actor SET actor = 'geo_ems' WHERE one = 1")
        context = WriteContext(connection, self._definitions, read_head(connection), self._now())
        noticed = (*self._mend(context), *self._seal(context))
        for job in group:
            job.run(context)
        connection.execute("UPDATE ems_actor SET actor = NULL WHERE one = 1")
        connection.execute("COMMIT")
        return noticed

    def _mend(self, context: WriteContext) -> tuple[LayerChange, ...]:
        """Put back what another program took from the tables, before anything relies on it."""
        try:
            self._definitions.held(context.connection)
        except ChangedOutsideError:
            mending = _Job(self._mend_now)
            mending.run(context)
            if mending.error is not None:
                raise mending.error from None
            return mending.result or ()
        return ()

    def _mend_now(self, context: WriteContext) -> tuple[LayerChange, ...]:
        definitions = context.definitions.unchecked(context.connection)
        changes, context.head = mend_store(
            context.connection, definitions, context.head, at=context.at, new_id=self._new_id
        )
        return changes

    def _seal(self, context: WriteContext) -> tuple[LayerChange, ...]:
        """Seal foreign edits first, so that the jobs meet the revisions they made."""
        if not are_waiting(context.connection):
            return ()
        sealing = _Job(self._seal_now)
        sealing.run(context)
        if sealing.error is None:
            return sealing.result or ()
        with self._wake:
            self._sealing_error = StoreError(
                f"Edits of another program cannot be sealed ({sealing.error})",
                where=str(self._path),
                remedy="Undo them there, or restore the latest backup; our own changes are stored meanwhile.",
            )
        return ()

    def _seal_now(self, context: WriteContext) -> tuple[LayerChange, ...]:
        definitions = context.definitions.held(context.connection)
        changes, context.head = seal_foreign_edits(
            context.connection, definitions, context.head, at=context.at, new_id=self._new_id
        )
        return changes

    def _take_back(self) -> None:
        self._definitions.forget()
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error:
                return
