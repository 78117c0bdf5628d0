"""How the kernels are compiled: one set of options, so that every machine makes the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function to machine code at its first call, and keep the code in numba's cache.

    IEEE arithmetic without reordering (no fastmath) and without the C library's `pow` or `exp`: sums,
    products, quotients and square roots round the same way on every x86-64 processor. Kernels compute in
    single precision; Python's literals are doubles, so constants are written `F(0.5)`.
    """
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
