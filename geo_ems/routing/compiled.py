"""The compiled routing: loaded at the first road question, and by a server when it starts.

There is no second engine: searches over roads wait until this is there.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from geo_ems.errors import GeoEmsError
from geo_ems.queries import kept_code
from geo_ems.queries.kept_code import ModuleLoader

_MODULES: Final = ("run_kernels", "direct_kernels", "snap_kernels", "along_kernels", "search_kernels")


@dataclass(frozen=True, slots=True)
class RoutingKernels:
    """The compiled modules: runs along edges, ways along one, snapping, places along edges, searching.

    `kept_in` is as in `queries.compiled`.
    """

    runs: ModuleType
    direct: ModuleType
    snapping: ModuleType
    along: ModuleType
    searches: ModuleType
    kept_in: Path | None


class _Loaded:
    """The kernels of this process, once they are there."""

    def __init__(self) -> None:
        here, queries = Path(__file__).parent, Path(kept_code.__file__).parent
        sources = [
            *(here / f"{name}.py" for name in ("compiled", "edge_states", *_MODULES)),
            *(queries / f"{name}.py" for name in ("kept_code", "compiling", "ellipsoid")),
        ]
        self.modules = ModuleLoader("geo_ems.routing", _MODULES, sources=sources)
        self.kernels: RoutingKernels | None = None


_LOADED: Final = _Loaded()


def load_routing() -> RoutingKernels:
    """Return the compiled routing; the first call loads it or, for some seconds, compiles it.

    Raises
    ------
    GeoEmsError
        Where it cannot be compiled on this machine.
    """
    if _LOADED.kernels is None:
        try:
            (runs, direct, snapping, along, searches), kept_in = _LOADED.modules.load()
        except Exception as error:  # a compiler fails in ways of its own
            raise GeoEmsError(
                f"The compiled search over roads cannot be loaded: {error}",
                remedy="Ask with metric straight_line, and see that numba runs on this machine.",
            ) from error
        _LOADED.kernels = RoutingKernels(runs, direct, snapping, along, searches, kept_in)
    return _LOADED.kernels
