"""The compiled search of points: loaded by a server when it starts, and by batches that are worth it.

A command that asks one question never loads it, and every search has a plain way that answers the
same. Where the compiled code lies is said in `kept_code`.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from geo_ems.queries.kept_code import ModuleLoader

_MODULES: Final = ("point_tree_kernels", "point_tree_batches", "moving_kernels")
_SOURCES: Final = ("compiled", "kept_code", "compiling", "ellipsoid", "point_tree", *_MODULES)


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


class _Loaded:
    """The kernels of this process, once they are there."""

    def __init__(self) -> None:
        self.modules = ModuleLoader(
            "geo_ems.queries", _MODULES, sources=[Path(__file__).with_name(f"{name}.py") for name in _SOURCES]
        )
        self.kernels: Kernels | None = None


_LOADED: Final = _Loaded()


def load_kernels() -> Kernels:
    """Return the compiled search; the first call loads it or, for some seconds, compiles it."""
    if _LOADED.kernels is None:
        (single, batches, moving), kept_in = _LOADED.modules.load()
        _LOADED.kernels = Kernels(single, batches, moving, kept_in)
    return _LOADED.kernels


def loaded_kernels() -> Kernels | None:
    """Return the compiled search where this process has loaded it already, else None; never waits."""
    return _LOADED.kernels
