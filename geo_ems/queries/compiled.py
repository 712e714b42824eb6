"""The compiled search: when it is loaded, and where the compiled code is kept between processes.

Compiling takes seconds once per machine and version, loading what was compiled some tenths of a
second, and the compiler itself as much again. So nothing here happens unless asked: a server loads
the kernels before it says that it is ready, a large batch loads them because that pays; a command
that asks one question never does, and every search has a plain way that answers the same.
"""

import hashlib
import importlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

_MODULES: Final = ("point_tree_kernels", "point_tree_batches", "moving_kernels")
_SOURCES: Final = ("compiled", "ellipsoid", "point_tree", *_MODULES)


@dataclass(frozen=True, slots=True)
class Kernels:
    """The compiled modules: `single` for one question, `batches` for many, `moving` for moving places.

    `kept_in` is the folder of their code;
    where it is None no folder could be written, and each process compiles anew.
    """

    single: ModuleType
    batches: ModuleType
    moving: ModuleType
    kept_in: Path | None


class _Loader:
    """Loads the kernels once per process; several threads may ask."""

    def __init__(self) -> None:
        self.kernels: Kernels | None = None
        self.keeps_code = False
        self._lock = threading.Lock()

    def load(self) -> Kernels:
        with self._lock:
            if self.kernels is None:
                self.kernels = self._kept() or self._compiled_anew()
            return self.kernels

    def _kept(self) -> Kernels | None:
        """Return the kernels with their code in a folder; None where no folder takes it."""
        for base in _base_folders():
            folder = base / f"geo_ems-{_source_hash()}"
            if not _takes_files(folder):
                continue
            try:
                with _numba_keeps_code_in(folder):
                    return self._imported(folder)
            except (OSError, RuntimeError):  # a full disk, a damaged or foreign file: the code is not the data
                _forget_modules()
        return None

    def _compiled_anew(self) -> Kernels:
        return self._imported(None)

    def _imported(self, folder: Path | None) -> Kernels:
        self.keeps_code = folder is not None
        single, batches, moving = (importlib.import_module(f"geo_ems.queries.{name}") for name in _MODULES)
        return Kernels(single, batches, moving, folder)


_LOADER: Final = _Loader()


def load_kernels() -> Kernels:
    """Return the compiled search; the first call loads it or, for some seconds, compiles it."""
    return _LOADER.load()


def loaded_kernels() -> Kernels | None:
    """Return the compiled search where this process has loaded it already, else None; never waits."""
    return _LOADER.kernels


def keeps_compiled_code() -> bool:
    """Return whether what is compiled now is kept in a folder (asked by the kernels while they are imported)."""
    return _LOADER.keeps_code


def _base_folders() -> Iterator[Path]:
    """Yield where compiled code may lie: as numba is told, beside the source, in the user's cache folder."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        yield Path(named)
    yield Path(__file__).parent / "__pycache__"
    if sys.platform == "win32":
        user_cache = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        user_cache = os.path.expanduser("~/Library/Caches")  # noqa: PTH111 - Path.expanduser raises without a home
    else:
        user_cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - same
    if user_cache and Path(user_cache).is_absolute():
        yield Path(user_cache)


def _source_hash() -> str:
    """Return a name for these kernels: numba itself looks at one file, not at those it was compiled together with."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:16]


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


def _forget_modules() -> None:
    for name in _MODULES:
        sys.modules.pop(f"geo_ems.queries.{name}", None)
