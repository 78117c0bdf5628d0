"""Several Python processes that draw one set of pictures together.

Plain subprocesses instead of `multiprocessing`: nothing is pickled, no script needs a `__main__` guard, and
none outlives the process that started it (a worker stops when its stdin closes).
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

Worker = subprocess.Popen[bytes]
Messages = queue.Queue[tuple[int, dict[str, Any] | None]]
"""Worker number and what it said; None when it has ended."""


def draw_in_processes(
    out: Path, order: dict[str, Any], processes: int, total: int, progress: Callable[[int, int], None]
) -> None:
    """Have `processes` workers draw every picture of `order`; raises `OSError` as the worker that met it."""
    messages: Messages = queue.Queue()
    workers: list[Worker] = []
    listeners: list[threading.Thread] = []
    try:
        for number in range(processes):
            workers.append(_start(out, order, number, processes))
            listeners.append(
                threading.Thread(target=_listen, args=(workers[-1], number, messages), daemon=True)
            )
            listeners[-1].start()
        _follow(workers, messages, total, progress)
    finally:
        for worker in workers:
            _stop(worker)
        for worker in workers:
            worker.wait()
        for listener in listeners:
            listener.join()


def _follow(
    workers: list[Worker], messages: Messages, total: int, progress: Callable[[int, int], None]
) -> None:
    done, running = 0, len(workers)
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


def _start(out: Path, order: dict[str, Any], share: int, shares: int) -> Worker:
    # The child must find this package wherever the parent found it.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    worker = subprocess.Popen(
        [sys.executable, "-m", "vtbr_data.drawing.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        # Ctrl-C on the terminal then reaches the parent alone, which ends the work in order.
        start_new_session=True,
    )
    assert worker.stdin is not None
    task = order | {"out": str(out), "share": share, "shares": shares}
    # A worker that died at birth is met by its exit code.
    with contextlib.suppress(BrokenPipeError):
        worker.stdin.write(json.dumps(task).encode() + b"\n")
        worker.stdin.flush()
    return worker


def _listen(worker: Worker, number: int, messages: Messages) -> None:
    assert worker.stdout is not None
    with worker.stdout:
        for line in worker.stdout:
            messages.put((number, json.loads(line)))
    messages.put((number, None))


def _stop(worker: Worker) -> None:
    """Close its stdin: it finishes the picture in hand and ends."""
    assert worker.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        worker.stdin.close()
