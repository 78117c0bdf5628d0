"""Finds the processes that a command left behind: all that it starts inherit a mark in their environment."""

import os
import signal
import time
from pathlib import Path

MARK = "VTBR_TEST_MARK"
HAS_PROC = Path("/proc/self/environ").exists()


def marked(mark: str) -> dict[str, str]:
    """An environment for a command whose processes can be found again."""
    return {**os.environ, "OMP_NUM_THREADS": "1", MARK: mark}


def left_by(mark: str) -> dict[int, str]:
    """The processes with this mark that still run, and their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:  # ended meanwhile, or another user's
            continue
    return found


def wait_for_end(mark: str, seconds: float) -> dict[int, str]:
    """Wait until no process has the mark; returns, and kills, those that are left after `seconds`."""
    until = time.monotonic() + seconds
    while (left := left_by(mark)) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left
