"""A megabyte kept beside the store for the day the disk is full: with it, deleting goes on.

SQLite writes a deletion into its write-ahead log before anything becomes free, so on a full disk
deleting fails like everything else. The reserve is given up then, and taken again when there is room.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 1 << 20
# The reserve is taken again only where it leaves this many times its size to others.
_ROOM = 4
NO_RESERVE = "the reserve for a full disk is used up or could not be made: free some space, it is then made by itself"


class DiskReserve:
    """The reserve of one store; only the process that holds the lock uses it."""

    def __init__(self, store: Path) -> None:
        """Look for the reserve of an earlier process; take it where there is room."""
        self._path = reserve_path(store)
        self._is_kept = self._path.exists() and self._path.stat().st_size >= RESERVE_BYTES
        self.take()

    @property
    def is_kept(self) -> bool:
        """Return whether there is something left to give up."""
        return self._is_kept

    def take(self) -> bool:
        """Take the reserve where there is none and the disk has room; return whether it is there."""
        if not self._is_kept:
            with suppress(OSError):
                if shutil.disk_usage(self._path.parent).free >= (1 + _ROOM) * RESERVE_BYTES:
                    self._write()
                    self._is_kept = True
        return self._is_kept

    def give_up(self) -> bool:
        """Give the space back to the disk; return whether there was any."""
        given, self._is_kept = self._is_kept, False
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        return given

    def _write(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # Random, since a disk that compresses would keep a megabyte of zeros in a few bytes.
            os.write(descriptor, os.urandom(RESERVE_BYTES))
        finally:
            os.close(descriptor)


def reserve_path(store: Path) -> Path:
    """Return where the reserve of a store lies."""
    return store.with_name(store.name + ".reserve")
