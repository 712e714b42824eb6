"""Run every benchmark: ours and the peer in turns, in one process; medians and ratios in one table.

Only the ratios of one run mean something: the machine, its other work and the state of its caches
differ from run to run. Call it as `make bench`, or `python benchmarks/run.py nearest` for one module.
"""

import gc
import importlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from case import Case

from geo_ems.queries.compiled import load_kernels

MODULES = ("nearest", "batches", "roads")
# One thread each, unless a case says otherwise; pykdtree reads this when it is loaded.
os.environ["OMP_NUM_THREADS"] = "1"


def time_call_ms(call: Callable[[int], object], i: int) -> float:
    """Return the wall time of one call in milliseconds."""
    start = time.perf_counter_ns()
    call(i)
    return (time.perf_counter_ns() - start) / 1e6


def run_case(case: Case) -> tuple[float, float]:
    """Return the median times (ms) of ours and the peer, timed in turns after one untimed round."""
    case.ours(0)
    case.peer(0)
    ours_ms: list[float] = []
    peer_ms: list[float] = []
    gc.collect()
    for i in range(1, case.rounds + 1):
        ours_ms.append(time_call_ms(case.ours, i))
        peer_ms.append(time_call_ms(case.peer, i))
    return statistics.median(ours_ms), statistics.median(peer_ms)


def main(names: list[str]) -> None:
    """Print the table; `names` restricts it to some modules."""
    started = time.perf_counter()
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors, {platform.system()}."
    )
    print("Medians of calls timed in turns in this process; compare ratios, not milliseconds of different runs.")
    print("One thread each, unless a case says otherwise. Compiled code is loaded before.\n")
    load_kernels()
    print(f"{'case':58} {'ours ms':>10} {'peer ms':>10} {'ours/peer':>9}  peer")
    for name in names or MODULES:
        for case in importlib.import_module(name).cases():
            ours_ms, peer_ms = run_case(case)
            ratio = ours_ms / peer_ms
            note = f" ({case.note})" if case.note else ""
            print(
                f"{case.name:58} {ours_ms:10.3f} {peer_ms:10.3f} {ratio:9.2f}  {case.peer_name}{note}",
                flush=True,
            )
    subprocess.run([sys.executable, Path(__file__).with_name("memory.py")], check=True)
    print(f"\n{time.perf_counter() - started:.0f} s in all.")


if __name__ == "__main__":
    main(sys.argv[1:])
