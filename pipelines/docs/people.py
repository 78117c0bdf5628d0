"""Draw docs/people.png: `python -m pipelines.docs.people docs/people.png`.

A source person from all sides, other source people, then target crops that are easy, default and hard.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PIL import Image

from vtbr_data.drawing import files

SEED = 11
MARGIN_PX = 6
PAPER = (250, 250, 248)
SHOWN = (88, 176)
"""Width and height of a source picture on the sheet; target crops are shown as they are."""


def main(out: str) -> None:
    """Draw the sheet and write it to `out`."""
    source = files.plan("source", 100, 9, SEED)
    # One person from all sides, then a person of every ninth look.
    rows = [pictures(source[9 * 20 : 9 * 21], 9, SHOWN), pictures(source[27::91], 9, SHOWN)]
    for difficulty in (0.0, 0.15, 1.0):
        shots = [
            shot
            for shot in files.plan("target", 60, 8, SEED, difficulty)
            if shot.split == "gallery" and shot.row()["identity"] > 0
        ]
        rows.append(pictures(shots[20:], 12, (64, 128)))
    sheet(rows).save(out, optimize=True)


def pictures(shots: Sequence[files.Shot], number: int, size: tuple[int, int]) -> list[Image.Image]:
    """The first `number` pictures, in `size`."""
    full = (128, 256) if size == SHOWN else size
    return [shot.take(full).resize(size, Image.Resampling.LANCZOS) for shot in shots[:number]]


def sheet(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """The rows below each other, each spread over the full width."""
    width = max(sum(image.width + MARGIN_PX for image in row) for row in rows) + MARGIN_PX
    height = sum(row[0].height + MARGIN_PX for row in rows) + MARGIN_PX
    paper = Image.new("RGB", (width, height), PAPER)
    top = MARGIN_PX
    for row in rows:
        step = (width - MARGIN_PX) / len(row)
        for place, image in enumerate(row):
            paper.paste(image, (round(MARGIN_PX + place * step + (step - MARGIN_PX - image.width) / 2), top))
        top += row[0].height + MARGIN_PX
    return paper


if __name__ == "__main__":
    main(sys.argv[1])
