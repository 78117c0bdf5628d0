"""Keep the training images of the first people of a manifest, and all test images: `M --people 25`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def main() -> None:
    """Print the smaller manifest."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--people", type=int, required=True)
    options = parser.parse_args()
    lines = options.manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [json.loads(line) for line in lines]
    people = sorted({row["identity"] for row in rows if row["split"] == "train" and row["identity"] > 0})
    kept = set(people[: options.people])
    for line, row in zip(lines, rows, strict=True):
        if row["split"] != "train" or row["identity"] in kept:
            sys.stdout.write(line)


if __name__ == "__main__":
    main()
