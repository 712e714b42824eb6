"""What the operating system holds a process to; the one module whose calls differ between systems.

Linux keeps all limits, macOS does not keep the one on memory, and Windows has none of them here: there
a reader is bounded by the time that is waited for it alone.
"""

import sys
from contextlib import suppress

if sys.platform != "win32":
    import resource

_LARGEST_FILE_BYTES = 64 * 1024 * 1024  # what SQLite may write beside a file that it reads


def limit_this_process(*, memory_bytes: int) -> None:
    """Bound the address space of this process for good; it writes no large file and no core dump."""
    if sys.platform == "win32":
        return
    for name, value in (("RLIMIT_AS", memory_bytes), ("RLIMIT_FSIZE", _LARGEST_FILE_BYTES), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        with suppress(OSError, ValueError):  # a system that refuses the limit leaves the others in force
            _, most = resource.getrlimit(kind)
            wanted = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(kind, (wanted, wanted))


def allow_processor_time(seconds: int) -> None:
    """Let this process compute so many seconds more, after which the system ends it."""
    if sys.platform == "win32":
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + seconds, most))


def reason_of_end(code: int) -> str:
    """Return why a process ended, from its exit code (negative: the signal that ended it, not on Windows)."""
    if sys.platform != "win32":
        import signal  # noqa: PLC0415 - signals of this name exist here only

        if code == -signal.SIGXCPU:
            return "it computed longer than is allowed"
        if code in {-signal.SIGKILL, -signal.SIGABRT}:
            return "it ran out of memory, or the data made it fail"
        if code < 0:
            return f"the data made it fail ({signal.Signals(-code).name})"
    return f"the data made it fail (code {code})"
