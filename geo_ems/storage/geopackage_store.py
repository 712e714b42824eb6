"""The embedded store: one GeoPackage, one writer thread, any number of readers (ARCHITECTURE 3.2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Self

import apsw

from geo_ems.errors import StoreError
from geo_ems.model.columns import LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChangeBatch, Commit, Feature, LayerChange
from geo_ems.storage.backups import Manifest, make_backup
from geo_ems.storage.batch_preparing import check_together, only_deletes, prepare_batch
from geo_ems.storage.change_log import changes_after, read_head, seal_of
from geo_ems.storage.connections import ReaderPool, check_is_ours, closed_error, connect, errors_in_words
from geo_ems.storage.definition_migrating import MigrationReport
from geo_ems.storage.definitions_table import ChangedOutsideError, DefinitionsCache, foreign_column_notes
from geo_ems.storage.describing import describe_store
from geo_ems.storage.device_keys import DeviceKeyStore
from geo_ems.storage.disk_reserve import NO_RESERVE
from geo_ems.storage.foreign_edits import are_waiting
from geo_ems.storage.group_writer import GroupWriter
from geo_ems.storage.history import StoreHistory
from geo_ems.storage.locking import StoreLock
from geo_ems.storage.maintenance import store_faults
from geo_ems.storage.migrating import migrate_store
from geo_ems.storage.positions import PositionStore
from geo_ems.storage.protocol import StoreDescription
from geo_ems.storage.reading import PoisonRow, is_large, read_features, read_layer
from geo_ems.storage.store_file import connect_writer, create_store, instant_text
from geo_ems.storage.writer_jobs import apply_definition, commit_batches, migrate_layer


def open_geopackage(
    path: Path, *, clock: Callable[[], datetime], new_id: Callable[[], str], read_only: bool = False
) -> "GeoPackageStore":
    """Open the store at `path`; a writer creates the file where it is missing, and takes the lock.

    `clock` gives the instant with its offset, `new_id` a new unique text for rows that other
    programs add without an id.

    Raises
    ------
    StoreError
        Where another process writes, the file is no store of ours or newer, or cannot be used.
    """
    path = path.resolve()
    if not path.parent.is_dir():
        remedy = "Create it, or name another place."
        raise StoreError(f"There is no folder {path.parent}", where=str(path), remedy=remedy)
    if read_only:
        if not path.exists():
            remedy = "Create it by a first import, or `geo-ems init`."
            raise StoreError("There is no store", where=str(path), remedy=remedy)
        return GeoPackageStore(path, None, clock=clock, new_id=new_id)
    lock = StoreLock(path)
    try:
        if not path.exists():
            create_store(path, store_id=new_id(), created_at=instant_text(clock()))
        else:
            migrate_store(path, clock=clock)
        return GeoPackageStore(path, lock, clock=clock, new_id=new_id)
    except BaseException:
        lock.release()
        raise


class GeoPackageStore:
    """A `LayerStore` in one GeoPackage file; every method may be called from any thread.

    `seq` counts acknowledged batches, definitions, and foreign edits per layer; the revision of a
    feature is the seq of its last change.
    """

    def __init__(
        self, path: Path, lock: StoreLock | None, *, clock: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        """Check the file and start; without a lock the store only reads. Use `open_geopackage`."""
        self._path = path
        self._lock = lock
        self._definitions = DefinitionsCache(mends=lock is not None)
        self._readers = ReaderPool(path)
        self.history = StoreHistory(self._readers, self._definitions)
        self._writer: GroupWriter | None = None
        self._notice_lock = Lock()
        self._data_version: int | None = None
        self._described: StoreDescription | None = None
        self._described_at: dict[apsw.Connection, tuple[object, StoreDescription]] = {}
        self._closed = False
        self._clock = clock
        with errors_in_words(path):
            self._watch = connect(path, read_only=True)
            try:
                check_is_ours(self._watch, path)
                if lock is None:
                    self._definitions.held(self._watch)
                else:
                    self._writer = GroupWriter(
                        connect_writer(path), path, now=lambda: instant_text(clock()), new_id=new_id
                    )
                    self._start_writing(self._writer)
                self.positions = PositionStore(self._readers, self._writer)
                self.device_keys = DeviceKeyStore(self._readers, self._writer)
            except BaseException:
                self._watch.close()
                raise

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def announce(self, address: str) -> None:
        """Write the address this process serves at into the lock file, for the next writer to read."""
        if self._lock is not None:
            self._lock.announce(address)

    def describe(self) -> StoreDescription:
        """Return the identity of the store, its sequence number and its layers; almost free where nothing changed."""
        with self._readers.lent() as connection:
            # Changes with every commit of any other connection, and this one only reads. Looked at first: what
            # is committed while the store is described is seen at the next look.
            data_version = connection.pragma("data_version")
            version, described = self._described_at.get(connection, (None, None))
            if described is None or version != data_version:
                described = self._describe_anew()
                self._described_at[connection] = (data_version, described)
            return described

    def _describe_anew(self) -> StoreDescription:
        with self._reading() as connection:
            held, known = self._definitions.held(connection), self._described
            # Counting rows takes longer than most questions: the same log is the same store.
            unwatched = self._definitions.unwatched
            is_old = known is None or known.seq != read_head(connection).seq or bool(known.unsealed_layers)
            if known is None or is_old or unwatched or are_waiting(connection):
                self._described = known = describe_store(connection, held, unwatched=unwatched)
            return known

    def read_columns(self, layer: str, ids: Sequence[str] | None = None) -> LayerColumns:
        """Return a layer, or those of `ids` that exist, as arrays ordered by id; rows kept aside are left out."""
        with self._reading() as connection:
            definition = self._definitions.layer(connection, layer).definition
            if ids is not None or not is_large(connection, layer):
                return read_layer(connection, definition, ids)[0]
        with self._readers.reading_beside() as (connection, second):
            definition = self._definitions.layer(connection, layer).definition
            return read_layer(connection, definition, second=second)[0]

    def read_rows(self, layer: str, ids: Sequence[str]) -> tuple[Feature, ...]:
        """Return the features that exist among `ids`, in that order, with all fields of the layer (None = unknown)."""
        with self._reading() as connection:
            return read_features(connection, self._definitions.layer(connection, layer).definition, ids)

    def poison_rows(self) -> tuple[PoisonRow, ...]:
        """Return the rows and values that another program left unusable; reads the whole store."""
        with self._reading() as connection:
            held = self._definitions.held(connection)
            return tuple(row for item in held.values() for row in read_layer(connection, item.definition)[1])

    def changes_since(self, seq: int) -> tuple[LayerChange, ...]:
        """Return what changed after `seq`, oldest first; foreign edits from when they were noticed."""
        with self._reading() as connection:
            return changes_after(connection, seq)

    def definition_hashes(self) -> Mapping[str, str]:
        """Return the hash of the definition of each layer that the store keeps."""
        return {name: layer.definition_sha256 for name, layer in self.describe().layers.items()}

    def seal_of(self, layer: str, seq: int) -> str | None:
        """Return the seal the log has of a layer at a sequence number; None where it did not change there."""
        with self._reading() as connection:
            return seal_of(connection, layer, seq)

    def commit(self, batch: ChangeBatch, *, idempotency_key: str | None = None) -> Commit:
        """Store a batch durably, or nothing of it; see `commit_together`."""
        return self.commit_together((batch,), idempotency_key=idempotency_key)[0]

    def commit_together(
        self, batches: Sequence[ChangeBatch], *, idempotency_key: str | None = None
    ) -> tuple[Commit, ...]:
        """Store batches durably in one transaction, or nothing of any; the same key and content give the same again.

        Raises
        ------
        DataError
            Where something in a batch cannot be stored, or one of several changes nothing.
        ConflictError, NotFoundError
            Where a revision differs, an id is taken or missing, or the key stands for another request.
        """
        writer = self._require_writer()
        check_together(batches)
        with self._reading() as connection:
            held = [self._definitions.layer(connection, batch.layer) for batch in batches]
        prepared = tuple(map(prepare_batch, batches, held))
        frees_space = all(only_deletes(batch) for batch in batches)
        return writer.call(lambda context: commit_batches(context, prepared, idempotency_key), frees_space=frees_space)

    def apply_definition(self, definition: LayerDefinition) -> int:
        """Create or additively extend a layer in one logged transaction; return the sequence number it holds from.

        Raises
        ------
        DefinitionError
            Where a name cannot be stored, or the change retypes, removes or narrows.
        """
        return self._require_writer().call(lambda context: apply_definition(context, definition))

    def migrate_definition(
        self, definition: LayerDefinition, *, accept_loss: bool = False, dry_run: bool = False
    ) -> MigrationReport:
        """Make a definition hold that retypes, removes or narrows, in one logged transaction.

        Raises
        ------
        MigrationNotDoneError
            With the report, where `dry_run`, or values would be lost and `accept_loss` is not given.
        DefinitionError
            Where the change cannot be made at all.
        """
        return self._require_writer().call(
            lambda context: migrate_layer(context, definition, accept_loss=accept_loss, dry_run=dry_run)
        )

    def held_definition(self, layer: str) -> LayerDefinition | None:
        """Return the definition of a layer that holds in the store, None where it has no such layer."""
        with self._reading() as connection:
            held = self._definitions.held(connection).get(layer)
        return None if held is None else held.definition

    def understood_definition(self, layer: str, sha256: str) -> LayerDefinition | None:
        """Return the definition that the store keeps of a TOML text with this hash, so that it need not be parsed.

        None where it keeps another, or one that an earlier program understood less of.
        """
        with self._reading() as connection:
            held = self._definitions.held(connection).get(layer)
        return held.definition if held is not None and held.sha256 == sha256 and held.is_whole else None

    def notice_foreign_edits(self) -> tuple[LayerChange, ...]:
        """Seal what other programs edited in the file and return it; almost free where nothing changed.

        A store opened for reading cannot seal and returns nothing.

        Raises
        ------
        StoreError
            Where another program took away tables, columns or triggers, or its edits cannot be sealed.
        """
        if self._writer is None:
            return ()
        with self._notice_lock, errors_in_words(self._path):
            if self._closed:
                raise closed_error(self._path)
            # Changes with every commit of another connection, the writer's own included: it means "look".
            data_version = self._watch.pragma("data_version")
            if data_version != self._data_version:
                with self._reading() as connection:
                    self._definitions.held(connection)
                    waiting = are_waiting(connection)
                if waiting:
                    self._writer.call(lambda _: None)
                self._data_version = data_version
            return self._writer.take_noticed()

    def check_writing(self) -> None:
        """Write and sync an empty group: raise StoreError where a change would not be stored now."""
        self._require_writer().call(lambda _: None)

    def warnings(self) -> tuple[str, ...]:
        """Return what those who run the store should know before it becomes a fault."""
        return () if self._writer is None or self._writer.has_reserve else (NO_RESERVE,)

    def integrity_faults(self) -> tuple[str, ...]:
        """Return what is wrong with the file: its pages, the log, the spatial indexes."""
        with self._reading() as connection:
            return tuple(store_faults(connection, self._definitions.held(connection)))

    def notes(self) -> tuple[str, ...]:
        """Return what is no fault but worth knowing: columns that another program added."""
        with self._reading() as connection:
            return foreign_column_notes(connection, self._definitions.held(connection))

    def backup_to(self, path: Path) -> Manifest:
        """Write a checked, consistent copy of the store while it goes on working; whole or not at all.

        Raises
        ------
        StoreError
            Where the copy cannot be written there or is not sound, or `path` is a store in use.
        """
        with self._reading() as connection:
            return make_backup(connection, self._path, path.resolve(), moment=self._clock())

    def close(self) -> None:
        """Finish what is queued, copy the write-ahead log into the file, release the lock."""
        with self._notice_lock:
            if self._closed:
                return
            self._closed = True
            try:
                with errors_in_words(self._path):
                    self._watch.close()
                    self.positions.close()
                    self._readers.close()
                    if self._writer is not None:
                        self._writer.close()
            finally:
                if self._lock is not None:
                    self._lock.release()

    def _start_writing(self, writer: GroupWriter) -> None:
        """Look once, so that what another program took away is put back or refused now, and its edits are sealed."""
        try:
            with self._reading() as connection:
                waiting = are_waiting(connection)
            if waiting:
                writer.call(lambda _: None)
        except BaseException:
            self._readers.close()
            writer.close()
            raise

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        """Yield a connection at one moment of the store, in which the tables are what the definitions say."""
        with self._readers.reading() as connection:
            try:
                self._definitions.held(connection)
            except ChangedOutsideError:
                pass
            else:
                yield connection
                return
        self._require_writer().call(lambda _: None)  # the writer mends before it writes
        with self._readers.reading() as connection:
            self._definitions.held(connection)
            yield connection

    def _require_writer(self) -> GroupWriter:
        if self._writer is None:
            raise StoreError("The store is open for reading only", where=str(self._path), remedy="Open it for writing.")
        return self._writer
