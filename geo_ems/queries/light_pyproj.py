"""pyproj for those who need its geodesics only: the rest of it is loaded when somebody looks for it.

Importing the package loads reference systems, their database, transformations and the network
client, which takes several times as long as one question. The submodule of geodesics needs none of
them; its numbers are the same, since it is the same compiled code.
"""

import importlib.util
import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

_PACKAGE: Final = "pyproj"
_LOADING: Final = threading.RLock()


class _LightPackage(ModuleType):
    """A package whose submodules can be imported one by one; any other look at it runs it as usual."""

    __spec__: ModuleSpec

    def __getattr__(self, name: str) -> object:
        """Run the package, where that was not done yet, and return what it then has under the name."""
        with _LOADING:
            if type(self) is _LightPackage and self.__spec__.loader is not None:
                self.__class__ = ModuleType  # type: ignore[assignment]  # also for what the package asks of itself while it runs
                self.__spec__.loader.exec_module(self)
        return object.__getattribute__(self, name)


def use_light_pyproj() -> None:
    """Let submodules of pyproj be imported without the package, where it was not imported yet.

    For a process of one thread: others might look at the package while it runs.
    """
    with _LOADING:
        if _PACKAGE in sys.modules:
            return
        spec = importlib.util.find_spec(_PACKAGE)
        if spec is None:
            return  # who imports it is told so
        package = importlib.util.module_from_spec(spec)
        package.__class__ = _LightPackage
        sys.modules[_PACKAGE] = package
