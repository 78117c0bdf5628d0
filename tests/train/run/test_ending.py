"""However a run ends, all its processes end within seconds."""

import json
import subprocess
import sys

import pytest

from ..leftovers import HAS_PROC, marked, wait_for_end
from ..runs import pretrain_words

ENDED_SECONDS = 300
"""Far more than starting and ending take on a busy machine, and far less than for ever."""

RUN = """
import sys
from vtbr_train.cli import main
{before}
main({words!r}, prog_name="vtbr-train")
"""
WAYS = {
    "a gradient that is not finite": (
        "",
        ["optimizer.backbone_learning_rate=1e30", "optimizer.gradient_clip=1e30"],
        1,
        "is NaN or infinite",
    ),
    "a damaged picture": ("", ["data.damaged=stop"], 1, "damaged.jpg: is not a rea"),
    "a full disk": (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))",
        ["save_every=2"],
        1,
        "File too large",
    ),
    "an exception in a worker": (
        "import vtbr_data.training.caption_images as c\n"
        "def broken(*a): raise ZeroDivisionError('of a worker')\n"
        "c.swap_left_right = c.CaptionImages._encode = broken",
        [],
        1,
        "of a worker",
    ),
    "an exception in the trainer": (
        "import vtbr_train.loop as loop\n"
        "def broken(*a): raise ZeroDivisionError('of the trainer')\n"
        "loop.FiniteGuard.watch = broken",
        [],
        1,
        "of the trainer",
    ),
    "a signal": (
        "import os, signal, vtbr_train.loop as loop\n"
        "loop.FiniteGuard.watch = lambda *a: os.kill(os.getpid(), signal.SIGTERM)",
        ["steps=400"],
        75,
        "SIGTERM: step 1 is saved",
    ),
}


@pytest.mark.skipif(not HAS_PROC, reason="looks for processes in /proc")
@pytest.mark.parametrize("workers", [0, 1, 4])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_ends_all_processes(people, recipes, tmp_path, way, workers):
    before, changes, code, says = WAYS[way]
    words = pretrain_words(people, recipes, tmp_path / "run")
    if way == "a damaged picture":
        text = (people / "manifest.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        (tmp_path / "damaged.jpg").write_bytes(b"no picture")
        lines[3]["path"] = str(tmp_path / "damaged.jpg")
        (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        words[1:2] = [str(tmp_path / "manifest.jsonl"), "--root", str(people)]
    for change in (*changes, f"data.workers={workers}"):
        words += ["--set", change]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN.format(before=before, words=words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=marked(str(tmp_path)),
    )
    try:
        _, err = process.communicate(timeout=ENDED_SECONDS)
    finally:
        left = wait_for_end(str(tmp_path), 0)
        process.wait()
    assert process.returncode == code, err
    assert says in err
    assert left == {}
