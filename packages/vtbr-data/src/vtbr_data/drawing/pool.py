"""Several Python processes that draw one set of pictures together.

Plain subprocesses instead of `multiprocessing`: nothing is pickled, no script needs a `__main__` guard, and
none outlives the process that started it (a worker stops when its stdin closes).
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any


def draw_in_processes(
    out: Path, order: dict[str, Any], processes: int, total: int, progress: Callable[[int, int], None]
) -> None:
    """Have `processes` workers draw every picture of `order`; raises `OSError` as the worker that met it."""
    messages: queue.Queue[tuple[int, dict[str, Any] | None]] = queue.Queue()
    workers = [_start(out, order, share, processes) for share in range(processes)]
    try:
        for number, worker in enumerate(workers):
            threading.Thread(target=_listen, args=(worker, number, messages), daemon=True).start()
        done, running = 0, processes
        while running:
            number, message = messages.get()
            if message is None:
                running -= 1
                if code := workers[number].wait():
                    raise RuntimeError(f"a drawing process ended with code {code}; what it said stands above")
            elif "errno" in message:
                raise OSError(message["errno"], message["strerror"], message["filename"])
            else:
                done += message["done"]
                progress(done, total)
    finally:
        for worker in workers:
            _stop(worker)


def _start(out: Path, order: dict[str, Any], share: int, shares: int) -> subprocess.Popen[bytes]:
    # The child must find this package wherever the parent found it.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    worker = subprocess.Popen(
        [sys.executable, "-m", "vtbr_data.drawing.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert worker.stdin is not None
    task = order | {"out": str(out), "share": share, "shares": shares}
    worker.stdin.write(json.dumps(task).encode() + b"\n")
    worker.stdin.flush()
    return worker


def _listen(
    worker: subprocess.Popen[bytes], number: int, messages: queue.Queue[tuple[int, dict[str, Any] | None]]
) -> None:
    assert worker.stdout is not None
    for line in worker.stdout:
        messages.put((number, json.loads(line)))
    messages.put((number, None))


def _stop(worker: subprocess.Popen[bytes]) -> None:
    """Close its stdin: it finishes the picture in hand and ends."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.close()
    worker.wait()
