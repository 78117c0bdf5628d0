"""Work done by several processes: with small pictures, threads wait for Python's lock."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import wait
from typing import TypeVar

from .errors import InputError

_TASKS_AHEAD = 4  # a worker; bounds the memory for millions of tasks

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_processes(
    function: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int, first_alone: bool = False
) -> Iterator[Result]:
    """Yield the result of each task in order, computed by `workers` processes; fewer than 2 work here.

    With `first_alone` the others wait until the first task is done.

    `function` must be defined in a module (it is pickled by name). On Ctrl-C the tasks in hand are finished
    and the processes end; they also end with a parent that is killed. A script needs the usual
    `if __name__ == "__main__":`. Raises `InputError` if a process is killed.
    """
    if workers < 2:
        yield from map(function, tasks)
        return
    todo = iter(tasks)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        ahead = workers * _TASKS_AHEAD
        running: deque[Future[Result]] = deque()
        _submit(pool, function, islice(todo, 1 if first_alone else ahead), running)
        while running:
            result = running.popleft().result()
            _submit(pool, function, islice(todo, ahead - len(running)), running)
            yield result
    except BrokenProcessPool as error:
        raise InputError(
            "a worker process was killed (out of memory, perhaps): give fewer with --workers"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _submit(
    pool: ProcessPoolExecutor,
    function: Callable[[Task], Result],
    tasks: Iterator[Task],
    running: deque[Future[Result]],
) -> None:
    """Hand over tasks; processes start here, so Ctrl-C waits."""
    with _interrupts_held_back():
        running.extend(pool.submit(function, task) for task in tasks)


def child_environment() -> dict[str, str]:
    """Return variables with which a Python process finds this package wherever this one found it."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Hold Ctrl-C back for a moment: processes that start in it never hear one, not even while they import."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
