"""Arrays that searches borrow: threads search side by side, and a search costs only what it touches."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from geo_ems.model.columns import FloatArray
from geo_ems.queries.parallel import processor_count
from geo_ems.routing.network import Int32Array


@dataclass(frozen=True, slots=True)
class Room:
    """Arrays of one search at a time; `distance` is infinite everywhere while nobody has them."""

    distance: FloatArray
    by_arc: Int32Array
    touched: Int32Array


@dataclass(frozen=True, slots=True)
class _Rooms:
    """Arrays that nobody has at the moment, by their size; a search that fails does not give its arrays back."""

    free: dict[int, list[Room]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)


_ROOMS: Final = _Rooms()
_SIZES_KEPT: Final = 4


@contextmanager
def lent(nodes: int) -> Iterator[Room]:
    """Lend arrays of n nodes: threads search side by side, and a search costs only what it touches."""
    with _ROOMS.lock:
        waiting = _ROOMS.free[nodes]
        room = waiting.pop() if waiting else None
    if room is None:
        room = Room(np.full(nodes, np.inf), np.empty(nodes, dtype=np.int32), np.empty(nodes, dtype=np.int32))
    yield room
    with _ROOMS.lock:
        if len(_ROOMS.free[nodes]) <= processor_count():
            _ROOMS.free[nodes].append(room)
        for size in list(_ROOMS.free)[:-_SIZES_KEPT]:  # networks of before
            if size != nodes:
                del _ROOMS.free[size]
