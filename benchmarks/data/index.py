"""Indexing two million files named like FineGPR's (made up, empty), against os.walk over the same folder.

Wall-clock time, whatever the other benchmarks count: waiting for the disk belongs to it. Writing the files
takes longer than listing them; `VTBR_BENCH_FILES=NUMBER` makes fewer, and `VTBR_BENCH_FOLDER=DIR` keeps them
there for the next run.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

NUM_FILES = int(os.environ.get("VTBR_BENCH_FILES", "2000000"))
FILES_A_PERSON = 36 * 7 * 7


def main() -> None:
    """Print the table."""
    kept = os.environ.get("VTBR_BENCH_FOLDER")
    with contextlib.nullcontext(kept) if kept else tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "FineGPR"
        if not folder.exists():
            make(folder)
        start = time.perf_counter()
        count = sum(len(names) for _, _, names in os.walk(folder))
        walked = time.perf_counter() - start
        manifest = Path(place) / "manifest.jsonl"
        start = time.perf_counter()
        command = [sys.executable, "-m", "vtbr_data", "index", "finegpr", str(folder), "-o", str(manifest)]
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime
        manifest.unlink()
    print("| files | os.walk s | index s | of it processor s | ratio | peak MiB |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(
        f"| {count:,} | {walked:.1f} | {seconds:.1f} | {processor:.1f} | {seconds / walked:.1f} "
        f"| {used.ru_maxrss / 1024:.0f} |"
    )


def make(folder: Path) -> None:
    """Write empty files in one folder for each person."""
    views = [
        f"_c{camera:02}_w{weather:02}_l{light:02}_p01.jpg"
        for camera, weather, light in product(range(1, 37), range(1, 8), range(1, 8))
    ]
    for number in range(NUM_FILES):
        person, view = divmod(number, FILES_A_PERSON)
        if view == 0:
            inner = folder / f"{person + 1:04}"
            inner.mkdir(parents=True)
        os.close(os.open(f"{inner}/{person + 1:04}{views[view]}", os.O_CREAT))
