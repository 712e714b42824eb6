"""At most so many requests at work at once: the rest wait shortly, or are told to come again (TRUST F12).

Writes have a lane of their own, so that a dispatcher's change never waits behind a crowd that looks.
The slot is taken for the work only, after the body has arrived: a slow sender holds none.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TypeVar

import anyio.to_thread

from geo_ems.web.problems import RETRY_AFTER_S, RefusedError

T = TypeVar("T")
MAX_WAIT_S = 1.0


class Lane:
    """Lets `at_work` requests work and `waiting` more wait for them, at most a second."""

    def __init__(self, name: str, *, at_work: int, waiting: int) -> None:
        """Open the lane."""
        self.name = name
        self.in_flight = 0
        self.shed = 0
        self._waiting = 0
        self._max_waiting = waiting
        self._slots = asyncio.Semaphore(at_work)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot.

        Raises
        ------
        RefusedError
            503 with `Retry-After`, where too many wait already or the wait was too long.
        """
        if self._slots.locked():
            await self._wait()
        else:
            await self._slots.acquire()
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1
            self._slots.release()

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, from a thread, within a slot."""
        async with self.slot():
            return await anyio.to_thread.run_sync(work)

    async def _wait(self) -> None:
        if self._waiting >= self._max_waiting:
            raise self._full()
        self._waiting += 1
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await self._slots.acquire()
        except TimeoutError:
            raise self._full() from None
        finally:
            self._waiting -= 1

    def _full(self) -> RefusedError:
        self.shed += 1
        return RefusedError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Too many requests are at work",
            remedy=f"Ask again in {RETRY_AFTER_S} s.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
