"""How many threads work beside the matrix product."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

SHARES = 4
"""Pieces of work a thread: uneven ones even out, and handing over costs little."""


def num_threads() -> int:
    """As many as numpy's matrix product uses: OMP_NUM_THREADS, else the cores this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make_pool() -> ThreadPoolExecutor:
    """Threads for array code, during which numpy lets go of the interpreter."""
    return ThreadPoolExecutor(num_threads(), thread_name_prefix="vtbr-eval")


def chunks(total: int, size: int) -> list[slice]:
    """Slices of at most `size` that together cover `total`.

    >>> chunks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def in_chunks(pool: Executor, work: Callable[[slice], Result], total: int, size: int) -> list[Result]:
    """What `work` returns for each of `chunks(total, size)`, in order; threads take many at a time."""
    parts = chunks(total, size)
    shares = chunks(len(parts), max(1, len(parts) // (SHARES * num_threads())))

    def run(share: slice) -> list[Result]:
        return [work(part) for part in parts[share]]

    return [result for results in pool.map(run, shares) for result in results]
