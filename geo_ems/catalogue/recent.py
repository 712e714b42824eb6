"""The few things made last, kept for who asks for them again."""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

Made = TypeVar("Made")


class Recent:
    """Keeps what was made for the keys used last; several threads may ask, and then may both make it."""

    def __init__(self, limit: int) -> None:
        """Keep at most `limit` things."""
        self._limit = limit
        self._kept: dict[Hashable, object] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made for a key, making it where it is not kept; one key always stands for one kind."""
        with self._lock:
            if key in self._kept:
                self._kept[key] = self._kept.pop(key)  # used last: the first one goes
                return cast("Made", self._kept[key])
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._limit:
                del self._kept[next(iter(self._kept))]
        return made
