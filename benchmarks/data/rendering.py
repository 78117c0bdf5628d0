"""Rendering people: pictures a second and core with JPEG encoding, then the command itself.

The yardstick says how fast the machine is today: what Pillow needs to read one small picture, squeeze it by
a pixel and write it again. Places and kernels are made beforehand, people are not. The command renders
`COMMAND_PICTURES` with two workers, from its start to its manifest; what 160,000 would take is extrapolated from
that, start and compiling included, so it is rather too long than too short.
"""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from vtbr_data.people import files
from vtbr_data.people.domains import target

from ..measuring import best_seconds

NUM_PICTURES = 200
SMALL, LARGE = (64, 128), (128, 256)
GOALS = {"64": 100, "128": 35}
"""Pictures a second and core, by width."""

COMMAND_PICTURES = 6000
MANY, MANY_MINUTES = 160_000, 20
"""So many pictures on two cores, and the minutes that they may take."""
MEMORY_MIB, COMPILING_SECONDS = 400, 40
"""Goals: of a process, and of the first picture on a machine that has compiled nothing yet."""


def main() -> None:
    """Print both tables."""
    small, _ = target.plan(40, 8, seed=5)[0].take(SMALL)
    runs = {
        "decode, resize, encode 64 x 128": lambda: [again(small) for _ in range(NUM_PICTURES)],
        "target 64 x 128": lambda: render("target", SMALL),
        "target 128 x 256": lambda: render("target", LARGE),
        "source 128 x 256": lambda: render("source", LARGE),
    }
    for run in runs.values():
        run()
    best = best_seconds(runs)
    plain = best["decode, resize, encode 64 x 128"]
    print("| what | pictures a second | cost in re-encodings | goal |")
    print("| --- | --- | --- | --- |")
    for name, seconds in best.items():
        rate = NUM_PICTURES / seconds
        goal = GOALS[name.split()[1]] if name.startswith(("target", "source")) else None
        met = "" if goal is None else f"{goal}, {'met' if rate >= goal else 'missed'}"
        print(f"| {name} | {rate:,.0f} | {seconds / plain:.1f} | {met} |")
    print("\n| the command | measured | goal |\n| --- | --- | --- |")
    for name, text, is_met, goal in command():
        print(f"| {name} | {text} | {goal}, {'met' if is_met else 'missed'} |")


def render(style: files.Style, size: tuple[int, int]) -> None:
    """Render the pictures of one domain."""
    order = files.Order(style, 60, 10, 5, *size, files.DEFAULT, target.CAMERAS, None)
    for shot in files.plan(order)[:NUM_PICTURES]:
        shot.take(size)


def command() -> list[tuple[str, str, bool, str]]:
    """Return what is measured of `vtbr-data render`, as name, value, whether the goal is met, and the goal."""
    with tempfile.TemporaryDirectory() as folder:
        cold, _ = timed(Path(folder) / "one", 2, 2, NUMBA_CACHE_DIR=f"{folder}/compiled")
        seconds, processor = timed(Path(folder) / "many", COMMAND_PICTURES // 12, 12)
    minutes = seconds * MANY / COMMAND_PICTURES / 60
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        ("first pictures, compiling", f"{cold:.0f} s", cold < COMPILING_SECONDS, f"{COMPILING_SECONDS} s"),
        (
            f"{MANY:,} pictures from {COMMAND_PICTURES:,} in {seconds:.0f} s, two workers "
            f"({processor:.0f} s of processor time)",
            f"{minutes:.1f} min", minutes <= MANY_MINUTES, f"{MANY_MINUTES} min",
        ),
        ("largest process", f"{peak:.0f} MiB", peak <= MEMORY_MIB, f"{MEMORY_MIB} MiB"),
    ]  # fmt: skip


def timed(out: Path, identities: int, views: int, **environment: str) -> tuple[float, float]:
    """Return seconds and processor seconds of one rendering by the command, into a new folder."""
    words = [
        "--style",
        "target",
        "--identities",
        identities,
        "--views",
        views,
        "--cameras",
        96,
        "--workers",
        2,
    ]
    before, start = spent(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "vtbr_data", "render", str(out), *map(str, words)],
        check=True, env=os.environ | environment, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - start, spent() - before


def spent() -> float:
    """Return processor seconds of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def again(jpeg: bytes) -> bytes:
    """Decode, resize and encode a JPEG: the reference."""
    with Image.open(io.BytesIO(jpeg)) as image:
        smaller = image.resize((SMALL[0] - 1, SMALL[1] - 1), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    smaller.save(file, format="JPEG", quality=75)
    return file.getvalue()
