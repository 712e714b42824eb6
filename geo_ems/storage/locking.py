"""One writer per store: an operating-system lock on a file beside it, which names its holder.

The system lets the lock go when the process ends, however it ends, so a lock left by a killed
process is simply taken. The file itself stays: removing it would let two processes lock two files
of one name. It lies beside the store, never in it, because opening and closing the store file
by other means than SQLite would drop SQLite's own locks.
"""

import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from geo_ems.errors import StoreError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Windows locks bytes, and locked bytes cannot be read by others: the locked one lies past the text.
_LOCKED_BYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds a lock: its process, its machine, and the address it serves at ("" while none)."""

    pid: int
    host: str
    address: str = ""


class StoreLock:
    """The held lock of one store; `announce` and `release` may be called from any thread."""

    def __init__(self, store_path: Path) -> None:
        """Take the lock of the store at `store_path` at once.

        Raises
        ------
        StoreError
            Where another process holds it, naming that process, or the file cannot be written.
        """
        self._path = lock_path(store_path)
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(
                f"The lock file cannot be written ({error.strerror})",
                where=str(self._path),
                remedy="Give this user the right to write in the folder, or open the store for reading only.",
            ) from error
        if not _try_lock(self._descriptor):
            holder = read_holder(store_path)
            os.close(self._descriptor)
            raise StoreError(
                f"The store is open for writing in {_named(holder)}",
                where=str(store_path),
                remedy="Make the change through that process, or stop it first.",
            )
        self._held = True
        self.announce("")

    def announce(self, address: str) -> None:
        """Write who holds the lock, and where it serves, for the next process that asks."""
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "address": address})
        self._write(text.encode())

    def release(self) -> None:
        """Let the lock go; a second call does nothing."""
        if self._held:
            self._held = False
            self._write(b"")
            _unlock(self._descriptor)
            os.close(self._descriptor)

    def _write(self, content: bytes) -> None:
        """Write the name; a full disk leaves it empty, and the lock is held all the same."""
        with suppress(OSError):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, content)


def lock_path(store_path: Path) -> Path:
    """Return where the lock of a store lies."""
    return store_path.with_name(store_path.name + ".lock")


def read_holder(store_path: Path) -> LockHolder | None:
    """Return who wrote the lock file last, None where nobody did or it cannot be read."""
    try:
        content = json.loads(lock_path(store_path).read_text(encoding="utf-8"))
        return LockHolder(pid=int(content["pid"]), host=str(content["host"]), address=str(content["address"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _named(holder: LockHolder | None) -> str:
    if holder is None:
        return "another process, which has not given its number"
    serving = f", which serves at {holder.address}" if holder.address else ""
    return f"process {holder.pid} on {holder.host}{serving}"


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
