"""Compiled modules: when they are loaded, and where the compiled code is kept between processes.

Compiling takes seconds once per machine and version, loading what was compiled some tenths of a
second, and the compiler itself as much again. So nothing here happens unless asked.
"""

import hashlib
import importlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

# The compiler knows one folder per process, so one set of modules is loaded at a time; a set may ask for another.
_LOADING: Final = threading.RLock()


class _Keeping:
    """Whether what is being compiled now is kept in a folder."""

    now = False


class ModuleLoader:
    """Loads modules of one package once per process; several threads may ask.

    The code is kept under a hash of the `sources`: numba itself looks at one file, not at those it was
    compiled together with.
    """

    def __init__(self, package: str, modules: Sequence[str], *, sources: Sequence[Path]) -> None:
        """Take the package and the modules in it whose import compiles, and all files they are compiled from."""
        self.package = package
        self.names = tuple(f"{package}.{name}" for name in modules)
        self.sources = tuple(sources)
        self.loaded: tuple[tuple[ModuleType, ...], Path | None] | None = None

    def load(self) -> tuple[tuple[ModuleType, ...], Path | None]:
        """Return the modules and the folder of their code; None where each process compiles anew."""
        if self.loaded is None:
            with _LOADING:
                if self.loaded is None:
                    self.loaded = self._kept() or self.imported(None)
        return self.loaded

    def imported(self, folder: Path | None) -> tuple[tuple[ModuleType, ...], Path | None]:
        """Import the modules while their code is, or is not, kept."""
        before, _Keeping.now = _Keeping.now, folder is not None
        try:
            return tuple(importlib.import_module(name) for name in self.names), folder
        finally:
            _Keeping.now = before

    def _kept(self) -> tuple[tuple[ModuleType, ...], Path | None] | None:
        """Return the modules with their code in a folder; None where no folder takes it."""
        for base in base_folders(beside=self.sources[0].parent):
            folder = base / f"geo_ems-{self._source_hash()}"
            if not _takes_files(folder):
                continue
            try:
                with _numba_keeps_code_in(folder):
                    return self.imported(folder)
            except (OSError, RuntimeError):  # a full disk, a damaged or foreign file: the code is not the data
                for name in self.names:
                    sys.modules.pop(name, None)
        return None

    def _source_hash(self) -> str:
        digest = hashlib.sha256()
        for source in self.sources:
            digest.update(source.read_bytes())
        return digest.hexdigest()[:16]


def keeps_compiled_code() -> bool:
    """Return whether what is compiled now is kept in a folder (asked by the kernels while they are imported)."""
    return _Keeping.now


def base_folders(*, beside: Path) -> Iterator[Path]:
    """Yield where compiled code may lie: as numba is told, beside the source, in the user's cache folder."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        yield Path(named)
    yield beside / "__pycache__"
    if sys.platform == "win32":
        user_cache = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        user_cache = os.path.expanduser("~/Library/Caches")  # noqa: PTH111 - Path.expanduser raises without a home
    else:
        user_cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - same
    if user_cache and Path(user_cache).is_absolute():
        yield Path(user_cache)


def _takes_files(folder: Path) -> bool:
    """Return whether files can be written to a folder of this user, making it where it is missing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Compiled code is run when it is loaded, so a folder of somebody else is not used.
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@contextmanager
def _numba_keeps_code_in(folder: Path) -> Iterator[None]:
    """Tell numba the folder while the kernels are decorated; other users of numba keep theirs."""
    from numba import config  # noqa: PLC0415 - only who compiles pays for the compiler

    settings = vars(config)
    before = settings["CACHE_DIR"]
    settings["CACHE_DIR"] = str(folder)
    try:
        yield
    finally:
        settings["CACHE_DIR"] = before
