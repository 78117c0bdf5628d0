"""Reading and writing manifests against json.loads and json.dumps of every line."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

from vtbr_data.manifest.manifest import read_manifest, write_manifest

from ..measuring import best_seconds

NUM_LINES = 200_000

PERSON = {
    "gender": "female",
    "hair": "long",
    "age": "adult",
    "glasses": False,
    "sleeves": "short",
    "top": "long",
}
PERSON |= {"dress": False, "boots": False, "hat": True, "bag": True, "shoes": "dark", "upper_colour": "red"}
IMAGE = {"viewpoint": 90, "weather": "sunny", "illumination": "noon", "scene": "urban"}
KINDS: dict[str, dict[str, Any]] = {
    "like Market-1501's": {},
    "with sequence and box": {"sequence": 1, "box": 3},
    "with 16 attributes": {"attributes": PERSON | IMAGE},
    "with a key of one's own": {"angle": 90},
}


def main() -> None:
    """Print the table."""
    print("| lines a second | json.loads | read | ratio | json.dumps | written | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for kind, more in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            best = measured(Path(folder) / "manifest.jsonl", more)
        loads, read, dumps, written = (NUM_LINES / seconds for seconds in best.values())
        print(
            f"| {kind} | {loads:,.0f} | {read:,.0f} | {read / loads:.2f} "
            f"| {dumps:,.0f} | {written:,.0f} | {written / dumps:.2f} |"
        )


def measured(manifest: Path, more: dict[str, Any]) -> dict[str, float]:
    """Return the seconds for all lines, by the standard library and by vtbr-data."""
    lines = []
    for number in range(NUM_LINES):
        identity, camera = number % 751 + 1, number % 6 + 1
        path = f"bounding_box_train/{identity:04}_c{camera}s1_{number:06}_00.jpg"
        lines.append({"path": path, "identity": identity, "camera": camera, "split": "train", **more})
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = read_manifest(manifest).rows
    return best_seconds(
        {
            "json.loads": lambda: list(map(json.loads, manifest.open("rb"))),
            "read": lambda: read_manifest(manifest),
            "json.dumps": lambda: [json.dumps(line) for line in lines],
            "write": lambda: write_manifest(rows, io.BytesIO()),
        }
    )
