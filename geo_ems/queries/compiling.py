"""The decorator of compiled functions. Importing this module loads the compiler."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

from geo_ems.queries.kept_code import keeps_compiled_code

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_Kernel = Callable[_Arguments, _Result]


def compiled(signature: str | None = None) -> Callable[[_Kernel[_Arguments, _Result]], _Kernel[_Arguments, _Result]]:
    """Return the decorator of a kernel: compiled at once for a signature, else where another kernel calls it."""
    kept = keeps_compiled_code()
    if signature is None:
        decorate = njit(cache=kept, nogil=True, error_model="numpy")
    else:
        decorate = njit(signature, cache=kept, nogil=True, error_model="numpy")
    return cast("Callable[[_Kernel[_Arguments, _Result]], _Kernel[_Arguments, _Result]]", decorate)
