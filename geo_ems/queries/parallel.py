"""Work shared out to the processors: for compiled code that lets other threads run."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from geo_ems.model.columns import IntArray

# Fewer rows than this are done before a second thread has started.
_ROWS_WORTH_SHARING: Final = 10_000


def processor_count() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parts(work: Callable[[IntArray], None], rows: IntArray, *, threads: int | None = None) -> None:
    """Call `work` with contiguous parts of `rows`, in as many threads as there are processors where None.

    `work` writes its results; parts must not write to the same place. Returns when all is done.
    """
    count = min(processor_count() if threads is None else threads, 1 + rows.size // _ROWS_WORTH_SHARING)
    if count <= 1:
        work(rows)
        return
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, np.array_split(rows, count)))
