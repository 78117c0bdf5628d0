"""Measurements in processes of their own, so that peak memory is theirs: time, memory, one JSON line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

clock = time.process_time if os.environ.get("OMP_NUM_THREADS") == "1" else time.perf_counter
"""Processor time where one thread is asked for: other programs then count less."""


def run(script: str, *arguments: str) -> dict[str, Any]:
    """What `script` with `arguments` prints as JSON."""
    command = [sys.executable, script, *arguments]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def measured(work: Callable[[], Any], repeats: int) -> tuple[float, float, Any]:
    """Best seconds of `repeats`, MiB of memory above what was held before, and the result."""
    before = _mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
    best, result = float("inf"), None
    for _ in range(repeats):
        start = clock()
        result = work()
        best = min(best, clock() - start)
    return best, _mib("VmHWM") - before, result


def _mib(key: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise KeyError(key)
