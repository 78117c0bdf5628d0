"""The clock of the benchmarks, and best times of things measured in turn."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

clock = time.process_time if os.environ.get("OMP_NUM_THREADS") == "1" else time.perf_counter
"""Processor time where one thread is asked for: other programs then count less."""


def best_seconds(runs: Mapping[str, Callable[[], object]], repeats: int = 3) -> dict[str, float]:
    """Run all of `runs` in turn `repeats` times, and return the best time of each.

    On a machine with other work the best is nearest to the truth.
    """
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(repeats):
        for name, run in runs.items():
            start = clock()
            run()
            best[name] = min(best[name], clock() - start)
    return best
