"""The clock of all benchmarks: best times in turn, processes of their own, a busy machine or a quiet one."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

COUNTS_PROCESSOR = os.environ.get("OMP_NUM_THREADS") == "1"
"""Whether times are processor times: with one thread, other programs then count less."""
clock = time.process_time if COUNTS_PROCESSOR else time.perf_counter
BUSY_CORES = 0.1
"""Cores taken by other programs from which on a machine is called busy: 5 % of two cores."""
ROOT = Path(__file__).parents[1]


def best_seconds(runs: Mapping[str, Callable[[], object]], repeats: int = 3) -> dict[str, float]:
    """Run all of `runs` in turn `repeats` times; returns the best time of each.

    On a machine with other work the best is nearest to the truth.
    """
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(repeats):
        for name, run in runs.items():
            start = clock()
            run()
            best[name] = min(best[name], clock() - start)
    return best


def measured(work: Callable[[], Any], repeats: int) -> tuple[float, float, Any]:
    """Returns the best seconds of `repeats`, MiB of memory above what was held before, and the result."""
    before = _mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
    best, result = float("inf"), None
    for _ in range(repeats):
        start = clock()
        result = work()
        best = min(best, clock() - start)
    return best, _mib("VmHWM") - before, result


def peak_mib() -> float:
    """Return the largest memory that this process has held, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def apart(function: Callable[..., Any], *arguments: object) -> Any:
    """Returns what a module's `function` returns, called in a process of its own with its own peak memory.

    Arguments and result pass as JSON; what the function prints is lost.
    """
    command = [sys.executable, "-m", "benchmarks.measuring", function.__module__, function.__name__]
    out = subprocess.run(
        [*command, json.dumps(arguments)], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ).stdout
    return json.loads(out.splitlines()[-1])


def printed(module: str, *words: object) -> str:
    """Returns what `python -m module words` prints."""
    line = [sys.executable, "-m", module, *map(str, words)]
    return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def conditions() -> Iterator[None]:
    """Print what the machine is, and afterwards whether other programs were busy on it meanwhile."""
    threads = os.environ.get("OMP_NUM_THREADS") or "all"
    kind = "processor time" if COUNTS_PROCESSOR else "wall-clock time"
    print(f"{_processor()}, {os.cpu_count()} cores, threads: {threads}, {kind}", flush=True)
    begun, all_before, ours_before = time.monotonic(), _machine_seconds(), _own_seconds()
    try:
        yield
    finally:
        if all_before is None:
            print("\nwhether the machine was busy meanwhile cannot be told here (no /proc/stat)")
        else:
            others = (_machine_seconds() or 0.0) - all_before - (_own_seconds() - ours_before)
            cores = max(0.0, others / (time.monotonic() - begun))
            said = "busy: trust ratios alone" if cores > BUSY_CORES else "quiet"
            print(f"\nother programs took {cores:.2f} cores meanwhile: {said}", flush=True)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _machine_seconds() -> float | None:
    """Return the seconds that all cores were busy, a virtual machine's neighbours included."""
    try:
        first = Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0]
    except OSError:
        return None
    user, nice, system, _, _, interrupts, soft, stolen = map(int, first.split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    return sum(os.times()[:4])


def _mib(key: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise KeyError(key)


if __name__ == "__main__":
    found = getattr(import_module(sys.argv[1]), sys.argv[2])(*json.loads(sys.argv[3]))
    if found is not None:
        print(json.dumps(found))
