"""Positions in the store: written in groups and synced, then published to memory, then acknowledged."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Thread

from geo_ems.errors import StoreError
from geo_ems.model.positions import FixOutcome, FixReceipt, PositionFix, StoredFix
from geo_ems.queries.latest_fixes import FixBoard, LatestFixes, is_impossible_jump, is_newer
from geo_ems.storage.connections import ReaderPool
from geo_ems.storage.group_writer import GroupWriter, WriteContext
from geo_ems.storage.positions_table import (
    advance_seq,
    has_tables,
    insert_fix,
    is_known,
    newest_fixes,
    prune_before,
    read_position_seq,
    track_of,
)

# A transaction keeps other writers waiting: some thousand fixes take some ten milliseconds.
_GROUP_LIMIT = 2000
_PRUNED_AT_ONCE = 5000
# Fixes of a thousand teams arrive one by one. Groups that begin so far apart cost the disk, the writer and the
# questions, for which every group moves the teams, a part of what each fix for itself would.
_GROUP_EVERY_S = 0.02

Promise = Future[tuple[FixReceipt, ...]]


@dataclass(slots=True)
class PositionCounts:
    """How many fixes were stored, came again, or were pruned since the start."""

    stored: int = 0
    repeated: int = 0
    jumps: int = 0
    pruned: int = 0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Fixes that are stored together or not at all."""

    fixes: tuple[PositionFix, ...]
    received_at_ms: int
    jump_kmh: float
    promise: Promise = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Written:
    receipts: tuple[tuple[FixReceipt, ...], ...]
    stored: tuple[StoredFix, ...]
    seq: int


class PositionStore:
    """The positions of one store; every method may be called from any thread."""

    def __init__(self, readers: ReaderPool, writer: GroupWriter | None) -> None:
        """Read with the connections of a store, and write through its writer; None reads only."""
        self._readers = readers
        self._writer = writer
        self._board = FixBoard()
        self._loaded_seq = -1
        self.counts = PositionCounts()
        self._waiting: list[_Waiting] = []
        self._wake = Condition()
        self._closing = False
        self._thread: Thread | None = None

    def latest(self) -> LatestFixes:
        """Return the newest fix of each team: all that was acknowledged is in it."""
        self._load()
        return self._board.latest()

    def track(self, team_id: str, *, since_ms: int, limit: int) -> tuple[StoredFix, ...]:
        """Return the fixes of a team from an instant on, oldest first, at most `limit`."""
        with self._readers.reading() as connection:
            if not has_tables(connection):
                return ()
            return track_of(connection, team_id, since_ms=since_ms, limit=limit)

    def submit(self, fixes: Sequence[PositionFix], *, received_at_ms: int, jump_kmh: float) -> Promise:
        """Store fixes durably, all or none; the promise is kept once they are synced and published.

        A fix from the future or without a place is refused before it comes here. Faster than
        `jump_kmh` from the newest fix before it counts as an impossible jump.
        """
        waiting = _Waiting(tuple(fixes), received_at_ms, jump_kmh)
        with self._wake:
            if self._writer is None:
                raise StoreError("The store is open for reading only", remedy="Open it for writing.")
            if self._closing:
                raise StoreError("The store is closed", remedy="Open it again.")
            self._waiting.append(waiting)
            if self._thread is None:
                self._thread = Thread(target=self._serve, args=(self._writer,), name="geo-ems-positions", daemon=True)
                self._thread.start()
            self._wake.notify()
        return waiting.promise

    def prune(self, received_before_ms: int) -> int:
        """Delete the fixes that came before an instant, in small portions; return how many."""
        writer, total = self._writer, 0
        if writer is None:
            return 0
        self._load()
        while True:
            count, gone, seq = writer.call(self._pruning(received_before_ms))
            self._board.publish((), seq=seq, gone=gone)
            total += count
            self.counts.pruned += count
            if count < _PRUNED_AT_ONCE:
                return total

    def close(self) -> None:
        """Store what waits and end; before the writer of the store does."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    def _load(self) -> None:
        """Read the newest fixes: once where this process writes, else whenever another one wrote."""
        if self._writer is not None and self._loaded_seq >= 0:
            return
        with self._readers.reading() as connection:
            if not has_tables(connection):
                return
            seq = read_position_seq(connection)
            if seq == self._loaded_seq:
                return
            fixes = tuple(newest_fixes(connection))
        with self._wake:
            if self._writer is None:
                self._board = FixBoard()
            self._board.publish(fixes, seq=seq)
            self._loaded_seq = seq

    def _serve(self, writer: GroupWriter) -> None:
        began_s = float("-inf")
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._wake.wait()
            rest_s = began_s + _GROUP_EVERY_S - time.monotonic()
            if rest_s > 0:
                time.sleep(rest_s)
            with self._wake:
                if not self._waiting:
                    return
                group = self._next_group()
            began_s = time.monotonic()
            self._store(writer, group)

    def _next_group(self) -> list[_Waiting]:
        count, taken = 0, 0
        for waiting in self._waiting:
            count += len(waiting.fixes)
            if taken and count > _GROUP_LIMIT:
                break
            taken += 1
        group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return group

    def _store(self, writer: GroupWriter, group: list[_Waiting]) -> None:
        try:
            self._load()
            written = writer.call(lambda context: self._write(context, group))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the callers wait for an answer
            for waiting in group:
                waiting.promise.set_exception(error)
            return
        self._board.publish(written.stored, seq=written.seq)
        self.counts.stored += len(written.stored)
        self.counts.jumps += sum(stored.is_jump for stored in written.stored)
        self.counts.repeated += sum(len(waiting.fixes) for waiting in group) - len(written.stored)
        for waiting, receipts in zip(group, written.receipts, strict=True):
            waiting.promise.set_result(receipts)

    def _write(self, context: WriteContext, group: list[_Waiting]) -> _Written:
        connection = context.connection
        newest: dict[str, StoredFix] = {}
        stored: list[StoredFix] = []
        receipts = []
        seq = read_position_seq(connection)
        for waiting in group:
            own = []
            for fix in waiting.fixes:
                if is_known(connection, fix):
                    own.append(FixReceipt(FixOutcome.REPEAT, is_jump=False, position_seq=seq))
                    continue
                before = newest.get(fix.team_id) or self._board.newest(fix.team_id)
                is_jump = (
                    before is not None
                    and fix.fix_time_ms > before.fix.fix_time_ms
                    and is_impossible_jump(fix, before.fix, jump_kmh=waiting.jump_kmh)
                )
                seq = insert_fix(connection, fix, received_at_ms=waiting.received_at_ms, is_jump=is_jump)
                item = StoredFix(seq, fix, waiting.received_at_ms, is_jump)
                stored.append(item)
                outcome = FixOutcome.OLDER
                if is_newer(item, before):
                    newest[fix.team_id], outcome = item, FixOutcome.NEWEST
                own.append(FixReceipt(outcome, is_jump=is_jump, position_seq=seq))
            receipts.append(tuple(own))
        return _Written(tuple(receipts), tuple(stored), seq)

    def _pruning(self, received_before_ms: int) -> Callable[[WriteContext], tuple[int, tuple[str, ...], int]]:
        def prune(context: WriteContext) -> tuple[int, tuple[str, ...], int]:
            connection = context.connection
            numbers = prune_before(connection, received_before_ms, limit=_PRUNED_AT_ONCE)
            picture = self._board.latest()
            gone = tuple(
                team for team, number in zip(picture.teams, picture.number.tolist(), strict=True) if number in numbers
            )
            if gone:
                advance_seq(connection)
            return len(numbers), gone, read_position_seq(connection)

        return prune
