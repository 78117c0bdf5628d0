"""Render docs/people.png: `python -m pipelines.docs.people docs/people.png`.

A source person from all sides, other source people, then target crops that are easy, default and hard.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from PIL import Image

from vtbr_data.people import files
from vtbr_data.people.domains import source, target

SEED = 11
MARGIN_PX = 6
PAPER = (250, 250, 248)
SHOWN = (88, 176)
"""Width and height of a source picture on the sheet; target crops are shown as they are."""


def main(out: str) -> None:
    """Render the sheet and write it to `out`."""
    shots = source.plan(60, 9, SEED)
    by_day = [shot for shot in shots if shot.illumination in (3, 4, 5)]
    one = sorted(
        (shot for shot in source.plan(9, 36, SEED) if shot.identity == 9), key=lambda shot: shot.camera
    )
    rows = [pictures(one[::4], 9, SHOWN), pictures(by_day[::20], 9, SHOWN)]
    for difficulty in (0.0, 0.5, 1.0):
        found = [
            shot
            for shot in target.plan(60, 8, SEED, difficulty)
            if shot.split == "gallery" and shot.identity > 0
        ]
        rows.append(pictures(found[20::3], 12, target.SIZE))
    sheet(rows).save(out, optimize=True)


def pictures(shots: Sequence[files.Shot], number: int, size: tuple[int, int]) -> list[Image.Image]:
    """Return the first `number` pictures, in `size`."""
    full = source.SIZE if size == SHOWN else size
    found = [Image.open(io.BytesIO(shot.take(full)[0])) for shot in shots[:number]]
    return [image.resize(size, Image.Resampling.LANCZOS) for image in found]


def sheet(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Return the rows below each other, each spread over the full width."""
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
