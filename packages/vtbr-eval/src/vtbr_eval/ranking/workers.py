"""Threads, each of which computes its own matrix products and works on them while they are in its cache."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

Result = TypeVar("Result")

SHARES = 16
"""Pieces of work a thread: uneven ones even out, and handing over costs little."""


def num_threads() -> int:
    """Returns as many as numpy's matrix product uses: OMP_NUM_THREADS, else the cores this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def make_pool() -> Iterator[ThreadPoolExecutor]:
    """Yields threads for array code, during which numpy releases the interpreter.

    Until they end a matrix product stays in the thread that asks for it: while one thread counts
    what it has computed, the others compute. Products shared by all threads would leave all but
    one waiting for what is not a product.
    """
    with _libraries().limit(limits=1, user_api="blas"):
        pool = ThreadPoolExecutor(num_threads(), thread_name_prefix="vtbr-eval")
        try:
            yield pool
        finally:  # after Ctrl-C nobody waits for what has not begun
            pool.shutdown(cancel_futures=True)


def chunks(total: int, size: int) -> list[slice]:
    """Returns slices of at most `size` that together cover `total`.

    >>> chunks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def in_chunks(pool: Executor, work: Callable[[slice], Result], total: int, size: int) -> list[Result]:
    """Returns what `work` returns for each of `chunks(total, size)`, in order; threads take many at a time."""
    return list(begin_chunks(pool, work, total, size))


def begin_chunks(pool: Executor, work: Callable[[slice], Result], total: int, size: int) -> Iterator[Result]:
    """Begins `in_chunks` without waiting: results are yielded when they are asked for."""
    parts = chunks(total, size)
    shares = chunks(len(parts), max(1, len(parts) // (SHARES * num_threads())))

    def run(share: slice) -> list[Result]:
        return [work(part) for part in parts[share]]

    return (result for results in pool.map(run, shares) for result in results)


def in_turn(
    pool: Executor, work: Callable[[slice], list[Result]], parts: list[slice]
) -> Iterator[tuple[slice, list[Result]]]:
    """Yields each part and what `work` returns for it, in order; only a few are worked on or wait at a time."""
    waiting: deque[tuple[slice, Future[list[Result]]]] = deque()
    for part in parts:
        waiting.append((part, pool.submit(work, part)))
        if len(waiting) > 2 * num_threads():
            first, future = waiting.popleft()
            yield first, future.result()
    for rest, future in waiting:
        yield rest, future.result()


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
