"""How the kernels are compiled: one set of options, so that every machine makes the same bytes.

IEEE arithmetic without reordering or contraction (no fast-math) and without the C library's `pow`, `exp` or `sin`
(see `exact`): sums, products, quotients and square roots round the same way on every x86-64 processor. Division by
zero gives infinity. Kernels of the camera compute in single precision; Python's literals are doubles, so constants
are written `F(0.5)`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.extending import intrinsic

from .stale import forget_stale

Function = TypeVar("Function", bound=Callable[..., Any])
Array = TypeVar("Array", bound=np.ndarray[Any, Any])

IS_NEW = forget_stale(Path(__file__).parent, os.environ.get("NUMBA_CACHE_DIR", ""))
"""Whether this version of the sources has not been compiled yet where it is installed."""


def compiled(function: Function) -> Function:
    """Compile a function to machine code at its first call, and keep the code in numba's cache."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """Compile a function into each of its callers: for parts of a kernel that take many arrays.

    The compiler's memory grows with the size of a kernel: what is called often is better `compiled`.
    """
    return cast(Function, numba.njit(inline="always", error_model="numpy")(function))


def _view(typing: Any, array: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        view = context.make_array(signature.return_type)(context, builder, value=values[0])
        view.meminfo, view.parent = view.meminfo.type(None), view.parent.type(None)
        return view._getvalue()

    return array(array), code


borrowed: Callable[[Array], Array] = intrinsic(_view)  # type: ignore[assignment]
"""Views an array of the caller without counting references to it, inside compiled code.

Numba counts references atomically wherever an array passes a branch, which costs more than the sums of a pixel.
A kernel borrows its arguments, which outlive it, before its loops; what it allocates itself it must use after them.
"""
