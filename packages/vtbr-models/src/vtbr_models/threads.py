"""How torch's threads share a machine with other programs.

OpenMP's threads wait for one another by spinning. Alone that is fastest; where other programs want the cores,
the threads spend their time slices on waiting and everything is many times slower. `prepare_threads` looks at
the machine before torch is imported and lets threads sleep where it is busy. What a user sets in the
environment (OMP_WAIT_POLICY, GOMP_SPINCOUNT, KMP_BLOCKTIME, OMP_NUM_THREADS) is left alone.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_NUM_THREADS")
_SAMPLE_SECONDS = 0.1
_LOOK_SECONDS = 10.0
"""Time between two looks at the machine."""
_BUSY = 0.4
"""Cores that other programs use, as a share of all, from which on the machine is busy."""


class Usage(NamedTuple):
    """Processor time in seconds: of the whole machine, and of this process with its workers."""

    machine: float
    own: float
    at: float

    def others_since(self, before: Usage) -> float:
        """Return how many cores other programs used since then."""
        used = (self.machine - before.machine) - (self.own - before.own)
        return max(0.0, used / max(self.at - before.at, 1e-9))


def prepare_threads() -> None:
    """Let threads wait asleep if other programs use the machine; call it before torch is imported."""
    if is_left_to_user() or num_cores() < 2:
        return
    before = usage()
    if before is None:
        return
    time.sleep(_SAMPLE_SECONDS)
    now = usage()
    assert now is not None
    if now.others_since(before) >= _BUSY * num_cores():
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def is_left_to_user() -> bool:
    """Tell whether the environment says how threads run."""
    return any(name in os.environ for name in _VARIABLES)


def describe_waiting() -> str:
    """Say how threads wait, and why."""
    if os.environ.get("OMP_WAIT_POLICY", "").upper() == "PASSIVE":
        return "asleep (OMP_WAIT_POLICY=PASSIVE)"
    return "as the environment says" if is_left_to_user() else "actively (the machine was quiet)"


class ThreadWatch:
    """Gives cores up while other programs use them, for as long as threads wait actively."""

    def __init__(self) -> None:
        self._before = None if is_left_to_user() or num_cores() < 2 else usage()

    def look(self) -> int | None:
        """Set torch's threads to the cores that others leave, every ten seconds; returns a new number."""
        if self._before is None or time.monotonic() - self._before.at < _LOOK_SECONDS:
            return None
        now = usage()
        assert now is not None
        others = now.others_since(self._before)
        self._before = now
        is_busy = others >= _BUSY * num_cores()
        return set_threads(max(1, num_cores() - math.ceil(others)) if is_busy else num_cores())


def leaving_cores(batches: Iterable[T]) -> Iterator[T]:
    """Yield the batches, with a `ThreadWatch` that looks at the machine before each."""
    watch = ThreadWatch()
    for batch in batches:
        watch.look()
        yield batch


def set_threads(number: int) -> int | None:
    """Set torch's threads; returns their number if it changed."""
    import torch

    if torch.get_num_threads() == number:
        return None
    torch.set_num_threads(number)
    return number


def num_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def usage() -> Usage | None:
    """Return the processor time used so far; None where the system does not say (it is Linux that does)."""
    try:
        fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        ticks = os.sysconf("SC_CLK_TCK")
        busy = sum(map(int, fields)) - int(fields[3]) - int(fields[4])  # without idle and waiting for disks
        own = time.process_time() + sum(
            _time_of(child.pid, ticks) for child in multiprocessing.active_children()
        )
    except (OSError, ValueError, IndexError, AttributeError):
        return None
    return Usage(busy / ticks, own, time.monotonic())


def _time_of(pid: int | None, ticks: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / ticks
