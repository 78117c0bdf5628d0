"""Reading and writing manifests, lines a second, against json.loads of every line."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from timing import best_seconds

from vtbr_data.manifest import read_manifest

NUM_LINES = 300_000


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "manifest.jsonl"
        with manifest.open("w") as file:
            for number in range(NUM_LINES):
                identity, camera = number % 751 + 1, number % 6 + 1
                path = f"bounding_box_train/{identity:04}_c{camera}s1_{number:06}_00.jpg"
                line = {"path": path, "identity": identity, "camera": camera, "split": "train"}
                file.write(json.dumps(line) + "\n")
        best = best_seconds(
            {
                "json.loads of every line": lambda: list(map(json.loads, manifest.open("rb"))),
                "read_manifest": lambda: read_manifest(manifest),
            }
        )
    print("| what | lines a second | ratio |")
    print("| --- | --- | --- |")
    plain = best["json.loads of every line"]
    for name, seconds in best.items():
        print(f"| {name} | {NUM_LINES / seconds:,.0f} | {plain / seconds:.2f} |")


if __name__ == "__main__":
    main()
