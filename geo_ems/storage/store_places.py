"""Which files belong to a store: none of them is ever read or written by other means than the store's own.

Opening and closing the store file in the process that has it open drops SQLite's locks (POSIX), and
a file renamed over it takes every layer away; the lock beside it keeps a second writer out.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from geo_ems.errors import UsageError
from geo_ems.storage.disk_reserve import reserve_path
from geo_ems.storage.locking import lock_path

_LOG_ENDINGS = ("-wal", "-shm", "-journal")


def check_apart_from_store(store: Path, files: Iterable[Path]) -> None:
    """Refuse files to read or to write that are the store or lie beside it as a part of it, under whatever name.

    Links, symbolic or hard, are followed. A file that is the store of another project is refused as well.

    Raises
    ------
    UsageError
        Naming the first such file.
    """
    own = _files_of(store)
    for file in files:
        if any(_is_same(file, part) for part in own):
            raise UsageError(
                f"'{file}' is the store of this project, or a part of it",
                remedy="Name another file. A copy of the store is made by `geo-ems backup`.",
                field="file",
                value=str(file),
            )
        if file.name and lock_path(_real(file)).exists():
            raise UsageError(
                f"'{file}' is the store of another project",
                remedy="Name another file. There, `geo-ems export --all county.gpkg` writes one to hand over.",
                field="file",
                value=str(file),
            )


def _files_of(store: Path) -> list[Path]:
    """Return the store and what lies beside it, where a link to the store stands and where it leads."""
    return [
        part
        for path in dict.fromkeys((store.absolute(), _real(store)))
        for part in (
            path,
            lock_path(path),
            reserve_path(path),
            *(path.with_name(path.name + end) for end in _LOG_ENDINGS),
        )
    ]


def _is_same(file: Path, part: Path) -> bool:
    if _real(file) == _real(part):
        return True
    try:
        return file.samefile(part)
    except OSError:  # one of them does not exist: then it is only a name, compared above
        return False


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # unlike Path.resolve it takes a ring of links as it is
