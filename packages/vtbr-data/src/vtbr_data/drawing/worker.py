"""`python -m vtbr_data.drawing.worker`: draws one share of the pictures; the task comes as JSON on stdin."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from .files import plan, save
from .unfinished import is_whole

_REPORT_EVERY = 8


def main() -> None:
    """Draw every picture whose turn it is, telling stdout how many are done; stop when stdin closes."""
    # Where Ctrl-C reaches workers too, the parent still decides and closes stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    task = json.loads(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=_watch, args=(stop,), daemon=True).start()
    try:
        _draw(task, stop)
    except BrokenPipeError:
        return
    except OSError as error:
        _say(
            {
                "errno": error.errno,
                "strerror": error.strerror or str(error),
                "filename": str(error.filename or task["out"]),
            }
        )


def _draw(task: dict[str, Any], stop: threading.Event) -> None:
    out = Path(task["out"])
    shots = plan(task["style"], task["identities"], task["views"], task["seed"], task["difficulty"])
    mine = [
        shot
        for shot in shots[task["share"] :: task["shares"]]
        if not (task["goes_on"] and is_whole(out / shot.path))
    ]
    waiting = 0
    for shot in mine:
        if stop.is_set():
            return
        save(shot, out, tuple(task["size"]))
        waiting += 1
        if waiting == _REPORT_EVERY:
            _say({"done": waiting})
            waiting = 0
    if waiting:
        _say({"done": waiting})


def _watch(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
