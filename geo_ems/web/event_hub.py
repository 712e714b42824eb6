"""Follows the store for those who listen: one look at the log serves all, and nobody's slowness costs the others.

Nothing is queued per listener. Each has a place in the log and one in the positions; the last
changes are kept here for all, older ones are read from the store, which has them all.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import anyio.to_thread
import orjson

from geo_ems.errors import GeoEmsError
from geo_ems.model.events import ChangeEvent
from geo_ems.model.positions import text_of_ms
from geo_ems.queries.latest_fixes import LatestFixes
from geo_ems.web.problems import RETRY_AFTER_S, RefusedError

LOOK_EVERY_S: Final = 0.05
KEPT: Final = 2048
"""Changes kept for all listeners; who falls further behind while connected is slow, and is let go."""

READ_AT_ONCE: Final = 500
MAX_LISTENERS: Final = 200


class EventHub:
    """What happened last, and a signal that more has; belongs to one event loop."""

    def __init__(
        self,
        *,
        read_after: Callable[[int, int], tuple[ChangeEvent, ...]],
        store_state: Callable[[], tuple[str, int]],
        fixes: Callable[[], LatestFixes],
    ) -> None:
        """Take the readers: changes after a number (at most so many numbers), identity and last number, positions."""
        self._read_after = read_after
        self._store_state = store_state
        self.fixes = fixes
        self.listeners = 0
        self.let_go = 0
        self._kept: deque[ChangeEvent] = deque(maxlen=KEPT)
        self._seq = -1
        self._position_seq = -1
        self._news = asyncio.Event()
        self._written: dict[int, tuple[int, bytes]] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Count a listener while it listens."""
        self.listeners += 1
        try:
            yield
        finally:
            self.listeners -= 1

    def check_room(self) -> None:
        """Raise 503 where too many listen already."""
        if self.listeners >= MAX_LISTENERS:
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{MAX_LISTENERS} listen already",
                remedy="Close other maps, or ask again later.",
                headers={"Retry-After": str(RETRY_AFTER_S * 5)},
            )

    async def state(self) -> tuple[str, int, int]:
        """Return what names the store, the number of its last change and that of its last position."""
        store_id, seq = await anyio.to_thread.run_sync(self._store_state)
        return store_id, seq, self.fixes().seq

    async def follow(self) -> None:
        """Look at the log as long as somebody listens; ends when it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if not self.listeners:
                self._seq = -1  # nobody needs what is kept, and it has a gap from here on
                self._kept.clear()
                continue
            try:
                await self._look()
            except GeoEmsError:
                continue  # the store is busy or failing: those who ask it are told; the log waits

    async def wait(self, timeout_s: float) -> None:
        """Wait until something happened, at most so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return

    def is_behind(self, seq: int) -> bool:
        """Return whether changes after a number are no longer kept here."""
        return bool(self._kept) and len(self._kept) == KEPT and self._kept[0].seq > seq + 1

    async def changes_after(self, seq: int) -> tuple[ChangeEvent, ...]:
        """Return the next changes after a number; none where there are none yet."""
        if self._seq == seq:
            return ()
        if self._kept and self._kept[0].seq <= seq + 1:
            return tuple(event for event in self._kept if event.seq > seq)
        try:
            return await anyio.to_thread.run_sync(self._read_after, seq, READ_AT_ONCE)
        except GeoEmsError:
            return ()

    def position_text(self, fixes: LatestFixes, slot: int, event_id: str) -> bytes:
        """Return the newest position of a team as an event; its content is written once for all listeners."""
        number = int(fixes.number[slot])
        held = self._written.get(slot)
        if held is None or held[0] != number:
            held = self._written[slot] = (number, position_content(fixes, slot))
        return written_event(b"position", held[1], event_id)

    async def _look(self) -> None:
        if self._seq < 0:
            _, self._seq = await anyio.to_thread.run_sync(self._store_state)
            found: tuple[ChangeEvent, ...] = ()
        else:
            found = await anyio.to_thread.run_sync(self._read_after, self._seq, READ_AT_ONCE)
        if found:
            self._kept.extend(found)
            self._seq = found[-1].seq
        position_seq = self.fixes().seq
        if found or position_seq != self._position_seq:
            self._position_seq = position_seq
            news, self._news = self._news, asyncio.Event()
            news.set()


def change_text(event: ChangeEvent, event_id: str) -> bytes:
    """Return a change as an event of the stream."""
    content = {
        "seq": event.seq,
        "layer": event.layer,
        "kind": event.kind,
        "ids": event.ids,
        "whole_layer": event.is_whole_layer,
        "at": event.at,
        "principal": event.principal,
        "origin": event.origin,
    }
    return event_text("change", content, event_id)


def position_content(fixes: LatestFixes, slot: int) -> bytes:
    """Return the newest position of a team as the JSON of an event."""
    numbers = {
        "accuracy_m": float(fixes.accuracy_m[slot]),
        "speed_kmh": float(fixes.speed_kmh[slot]),
        "bearing_deg": float(fixes.bearing_deg[slot]),
    }
    content = {
        "team": fixes.teams[slot],
        "lon": float(fixes.lonlat_deg[slot, 0]),
        "lat": float(fixes.lonlat_deg[slot, 1]),
        "time": text_of_ms(int(fixes.time_ms[slot])),
        **{name: None if value != value else value for name, value in numbers.items()},  # noqa: PLR0124 - NaN is unknown
        "flags": ["impossible_jump"] if fixes.is_jump[slot] else [],
    }
    return orjson.dumps(content)


def event_text(name: str, content: object, event_id: str) -> bytes:
    """Return one event as it stands in the stream (WHATWG HTML, 9.2)."""
    return written_event(name.encode(), orjson.dumps(content), event_id)


def written_event(name: bytes, content: bytes, event_id: str) -> bytes:
    """Return one event whose content is written already."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (name, event_id.encode(), content)
