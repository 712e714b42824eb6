"""One comparison: our call and a peer's call that answer the same question on the same data."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """Two calls to time in turns; each round asks another question, so nothing is answered from a cache.

    `note` says where the two answers differ in what they promise.
    """

    name: str
    ours: Callable[[int], object]
    peer: Callable[[int], object]
    peer_name: str
    rounds: int
    note: str = ""
