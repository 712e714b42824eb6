"""Waiting on the event loop for promises that other threads keep, many of them at once.

`asyncio.wrap_future` wakes the loop once per promise, through a pipe. A group of fixes that was
stored keeps a thousand promises in one go: here the loop is woken once for all of them.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from threading import Lock
from typing import TypeVar

Result = TypeVar("Result")


class KeptPromises:
    """Hands kept promises to those who await them, on one event loop at a time."""

    def __init__(self) -> None:
        """Await nothing yet."""
        self._lock = Lock()
        self._done: deque[asyncio.Future[None]] = deque()
        self._is_woken = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def kept(self, promise: "Future[Result]") -> Result:
        """Return the result of a promise once it is kept, or raise what it was broken with."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        if loop is not self._loop:  # an earlier loop has ended, perhaps before it told all
            with self._lock:
                self._loop, self._done, self._is_woken = loop, deque(), False

        def note(_: "Future[Result]") -> None:
            with self._lock:
                if self._loop is not loop:
                    return
                self._done.append(waiter)
                if self._is_woken:
                    return
                self._is_woken = True
            try:
                loop.call_soon_threadsafe(self._tell)
            except RuntimeError:
                return  # the loop has ended, and with it whoever waited

        promise.add_done_callback(note)
        await waiter
        return promise.result()

    def _tell(self) -> None:
        with self._lock:
            done, self._done = self._done, deque()
            self._is_woken = False
        for waiter in done:
            if not waiter.done():  # it was cancelled where the caller went away
                waiter.set_result(None)
