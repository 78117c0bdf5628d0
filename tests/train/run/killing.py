"""Train once in peace, then again and again under SIGKILL: `killing.py FOLDER KILLS SEED WORDS...`

torch is imported once; each attempt is a fork of this process, a real one that dies a real death. Half of the
kills come while a file is being written, which its `.partial` shows, the others at random moments. Prints one
JSON object: the folders of finished runs and what each kill left behind.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import matplotlib.pyplot  # noqa: F401 -- what a run imports late, so that forks need not
import torch  # noqa: F401
import torchvision.utils  # noqa: F401

import vtbr_train.finetuning.finetuning
import vtbr_train.pretraining.pretraining  # noqa: F401
from vtbr_train.cli import main


def start(words: list[str], folder: Path) -> int:
    """The process id of a fork that runs `words`."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with (folder.parent / f"{folder.name}.txt").open("a") as talk:
            os.dup2(talk.fileno(), 1)
            os.dup2(talk.fileno(), 2)
            main([*words, "-o", str(folder), "--resume"], standalone_mode=False)
        code = 0
    finally:
        os._exit(code)


def saving(folder: Path) -> list[str]:
    """What is half-written."""
    return sorted(path.name for path in folder.glob("*.safetensors.partial"))


def wait(child: int, until) -> int | None:
    """The exit code of a process, or None if it lives when `until` says so."""
    while not until():
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    return None


def finish_in_peace(words: list[str], folder: Path) -> float:
    """Seconds that the whole run takes."""
    begun = time.monotonic()
    assert wait(start(words, folder), lambda: False) == 0, (folder.parent / f"{folder.name}.txt").read_text()
    return time.monotonic() - begun


def finish_under_fire(words: list[str], folder: Path, kills: list[list[str]], wanted: int, whole: float):
    """Run to the end; as long as kills are wanted each attempt gets one."""
    code = None
    while code is None:
        child = start(words, folder)
        if len(kills) == wanted:
            code = wait(child, lambda: False)
        elif len(kills) % 2:
            code = wait(child, lambda: saving(folder))
        else:
            code = wait(child, is_past(time.monotonic() + random.uniform(0, whole)))
        if code is None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            kills.append(saving(folder))
    assert code == 0, (folder.parent / f"{folder.name}.txt").read_text()


def is_past(moment: float):
    """Whether it is later than `moment`, asked again and again."""
    return lambda: time.monotonic() > moment


def run(folder: Path, wanted: int, words: list[str]) -> None:
    """Print what happened."""
    whole = finish_in_peace(words, folder / "peace")
    kills: list[list[str]] = []
    runs = []
    while len(kills) < wanted or not runs:
        runs.append(folder / f"war-{len(runs)}")
        finish_under_fire(words, runs[-1], kills, wanted, whole)
    print(json.dumps({"peace": str(folder / "peace"), "runs": list(map(str, runs)), "kills": kills}))


if __name__ == "__main__":
    random.seed(int(sys.argv[3]))
    run(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[4:])
