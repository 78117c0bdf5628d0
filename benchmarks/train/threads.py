"""Training and extraction on a quiet machine and beside busy programs: torch's threads as they are and as chosen.

Neighbours are processes that count in an endless loop. `torch's own`: the threads as torch has them (KMP_BLOCKTIME
switches the choice off and means nothing to GNU's OpenMP). `chosen`: what the commands choose by themselves
(`vtbr_models.threads`). Images a second in wall-clock time, without the time that a program takes to start; quiet
the best of two. The share of N + 1 programs is 1 / (N + 1) of the quiet speed.

Marks: beside busy programs at least a fourth of the share, quiet at most 2 % lost.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..measuring import apart
from .people import render

NEIGHBOURS = 4
QUIET_ROUNDS = 2
WINDOWS = {0: 8.0, NEIGHBOURS: 20.0}
"""Seconds that are measured, by the number of neighbours."""
PATIENCE_SECONDS = 180.0
"""Until the first images of a program."""
COPIES = 25
"""Of each picture, so that an extraction lasts longer than it is measured."""
STEP_IMAGES, HEIGHT, WIDTH, FEATURE_BYTES = 16, 128, 64, 4 * 512
_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_NUM_THREADS")
POLICIES: dict[str, dict[str, str]] = {"torch's own": {"KMP_BLOCKTIME": "200"}, "chosen": {}}


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest, _ = render(folder)
        many = _copied(manifest)
        apart(write_model, str(folder / "model.safetensors"))
        print(f"| work | threads | quiet | beside {NEIGHBOURS} | of quiet | of its share | mark |")
        print(f"|{' --- |' * 7}")
        for work, measure in (("training", train_speed), ("extraction", extract_speed)):
            quiet = dict.fromkeys(POLICIES, 0.0)
            for _ in range(QUIET_ROUNDS):
                for policy in POLICIES:
                    quiet[policy] = max(quiet[policy], measure(folder, many, policy, 0))
            with neighbours(NEIGHBOURS):
                busy = {policy: measure(folder, many, policy, NEIGHBOURS) for policy in POLICIES}
            for policy in POLICIES:
                _print_row(work, policy, quiet, busy)


def _print_row(work: str, policy: str, quiet: dict[str, float], busy: dict[str, float]) -> None:
    kept = busy[policy] / quiet[policy]
    share = kept * (NEIGHBOURS + 1)
    lost = 1 - quiet[policy] / quiet["torch's own"]
    is_kept = share >= 0.25 and lost <= 0.02
    mark = "" if policy != "chosen" else f"{'kept' if is_kept else '**missed**'} (quiet {-lost:+.1%})"
    print(
        f"| {work} | {policy} | {quiet[policy]:.1f} images/s | {busy[policy]:.1f} | {kept:.2f} "
        f"| {share:.2f} | {mark} |",
        flush=True,
    )


def write_model(path: str) -> str:
    """Write an untrained embedder; returns its path."""
    from vtbr_models.checkpoint import build_model, save_checkpoint

    architecture = {"model": "embedder", "visual": {"name": "resnet18"}, "num_classes": 2}
    normal = {"mean": [0.5] * 3, "std": [0.25] * 3, "interpolation": "bilinear"}
    preprocessing = {"height": HEIGHT, "width": WIDTH, **normal}
    save_checkpoint(path, build_model(architecture), {"preprocessing": preprocessing, "step": 0})
    return path


def train_speed(folder: Path, manifest: Path, policy: str, num_neighbours: int) -> float:
    """Return images a second of a fine-tuning, read from its log."""
    run = Path(tempfile.mkdtemp(dir=folder)) / "run"
    changes = [
        "backbone=resnet18",
        f"data.height={HEIGHT}",
        f"data.width={WIDTH}",
        "log_every=1",
        "epochs=9999",
    ]
    changes += ["data.identities_per_batch=4", "validate_every_epochs=9999", "saving.tensorboard=false"]
    words = [
        "finetune",
        manifest,
        "--recipe",
        "laptop",
        "-o",
        run,
        *(w for c in changes for w in ("--set", c)),
    ]
    with started(["vtbr_train", *map(str, words)], policy):
        log, seconds = run / "log.jsonl", WINDOWS[num_neighbours]
        _wait(lambda: log.exists() and log.stat().st_size > 0)
        time.sleep(seconds)
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
    if len(lines) < 2:
        return STEP_IMAGES / seconds  # at most
    first, last = lines[0], lines[-1]
    return STEP_IMAGES * (last["step"] - first["step"]) / (last["seconds"] - first["seconds"])


def extract_speed(folder: Path, manifest: Path, policy: str, num_neighbours: int) -> float:
    """Return images a second of an extraction, counted in the bytes that it writes to a pipe."""
    words = ["vtbr_models", "extract", folder / "model.safetensors", manifest, "--split", "train"]
    with started(list(map(str, words)), policy) as process:
        assert process.stdout is not None
        output = process.stdout.fileno()
        _read(output)  # the header
        _read(output)  # of the first batch
        begun, num_bytes, now = time.perf_counter(), 0, 0.0
        while now < WINDOWS[num_neighbours]:
            num_bytes += _read(output)
            now = time.perf_counter() - begun
    return num_bytes / FEATURE_BYTES / now


def _read(output: int) -> int:
    """Wait for bytes; returns how many came."""
    found = len(os.read(output, 1 << 20))
    if not found:
        raise RuntimeError("the extraction ended early: raise COPIES")
    return found


@contextmanager
def started(words: Sequence[str], policy: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a module in a session of its own, with threads by `policy`; it is killed at the end."""
    environment = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | POLICIES[policy],
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@contextmanager
def neighbours(count: int) -> Iterator[None]:
    """Keep `count` programs busy, each in a session of its own, as those of other people are."""
    line = [sys.executable, "-c", "while True: pass"]
    programs = [subprocess.Popen(line, start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def _copied(manifest: Path) -> Path:
    """Return a manifest of many names of each picture."""
    lines = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    many = manifest.with_name("many.jsonl")
    with many.open("w", encoding="utf-8") as file:
        for number in range(COPIES):
            for line in lines:
                path = Path(line["path"])
                copy = path.with_name(f"{number}-{path.name}")
                os.link(manifest.parent / path, manifest.parent / copy)
                file.write(json.dumps({**line, "path": str(copy), "split": "train"}) + "\n")
    return many


def _wait(is_there: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_there():
        if time.monotonic() > until:
            raise TimeoutError(f"nothing came within {PATIENCE_SECONDS:g} s")
        time.sleep(0.05)
