"""Files that appear whole or not at all, and survive a power cut: temporary name, fsync, rename."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def appearing_file(target: Path) -> Iterator[Path]:
    """Yield a new empty file (mode 0600) beside `target`; on success it becomes `target`, else it goes."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield draft
        _fsync(draft, os.O_RDWR)
        draft.replace(target)
        fsync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Make a rename inside the folder durable; Windows does so by itself and cannot open folders."""
    if sys.platform != "win32":
        _fsync(folder, os.O_RDONLY)


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
