"""Many pictures inspected at once, by processes: with small pictures threads wait for Python's lock.

`python -m vtbr_data.inspecting.inspection` is such a process: each line on its stdin is a JSON list of
paths, which it answers with a line of their states; it ends when its stdin closes, with the process that
started it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from queue import SimpleQueue

from .pictures import PictureState, inspect_picture

_CHUNK = 32  # paths a task: few enough for an even load, enough to make tasks cheap
_TASKS_AHEAD = 4  # a worker; bounds the memory for millions of paths
_WORTH_A_PROCESS = 300  # pictures; starting one takes as long as inspecting about a thousand

Report = Callable[[int, int], None]
Inspector = Callable[[Sequence[str]], list[PictureState]]


def inspect_pictures(
    paths: Sequence[str], *, workers: int = 1, report: Report | None = None
) -> Iterator[PictureState]:
    """Decode every file and yield its state, in the order of `paths`, with at most `workers` processes."""
    workers = min(workers, len(paths) // _WORTH_A_PROCESS)
    chunks = (paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK))
    done = 0
    for states in _inspected(chunks) if workers < 2 else _inspected_by(workers, chunks):
        yield from states
        done += len(states)
        if report:
            report(done, len(paths))


def _inspected(chunks: Iterator[Sequence[str]]) -> Iterator[list[PictureState]]:
    for chunk in chunks:
        yield [inspect_picture(path) for path in chunk]


def _inspected_by(workers: int, chunks: Iterator[Sequence[str]]) -> Iterator[list[PictureState]]:
    processes: list[subprocess.Popen[bytes]] = []
    idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    threads = ThreadPoolExecutor(workers)
    try:
        for _ in range(workers):
            processes.append(_start())
            idle.put(processes[-1])

        def ask(chunk: Sequence[str]) -> list[PictureState]:
            process = idle.get()
            try:
                return _ask(process, chunk)
            finally:
                idle.put(process)

        running = [threads.submit(ask, chunk) for chunk in islice(chunks, workers * _TASKS_AHEAD)]
        while running:
            states = running.pop(0).result()
            running += [threads.submit(ask, chunk) for chunk in islice(chunks, 1)]
            yield states
    finally:
        threads.shutdown(cancel_futures=True)
        for process in processes:
            process.communicate()


def child_environment() -> dict[str, str]:
    """Variables with which a Python process finds this package wherever this one found it."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "vtbr_data.inspecting.inspection"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=child_environment())


def _ask(process: subprocess.Popen[bytes], chunk: Sequence[str]) -> list[PictureState]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(list(chunk)).encode() + b"\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise RuntimeError(f"a process that reads pictures ended with code {process.wait()}")
    return [
        PictureState(b64decode(digest), problem, is_missing, kind, width, height, b64decode(glance))
        for digest, problem, is_missing, kind, width, height, glance in json.loads(answer)
    ]


def main() -> None:
    """Answer until stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides, and closes stdin
    for line in sys.stdin.buffer:
        states = [inspect_picture(path) for path in json.loads(line)]
        answer = [
            (
                b64encode(state.digest).decode(),
                state.problem,
                state.is_missing,
                state.kind,
                state.width,
                state.height,
                b64encode(state.glance).decode(),
            )
            for state in states
        ]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
