"""Drawing people, pictures a second and core with JPEG encoding, against decoding and encoding such a JPEG.

The yardstick says how fast the machine is today: what Pillow needs to read one small picture, squeeze it by
a pixel and write it again.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from vtbr_data.drawing import files, target

from ..measuring import best_seconds

NUM_PICTURES = 400
SMALL, LARGE = (64, 128), (128, 256)
GOAL = 300
"""Small pictures a second and core."""


def main() -> None:
    """Print the table."""
    small = encode(target.plan(40, 8, seed=5)[0], SMALL)
    runs = {
        "decode, resize, encode 64 x 128": lambda: [again(small) for _ in range(NUM_PICTURES)],
        "target 64 x 128": lambda: draw("target", SMALL),
        "target 64 x 128, hard": lambda: draw("target", SMALL, difficulty=1.0),
        "source 64 x 128": lambda: draw("source", SMALL),
        "source 128 x 256": lambda: draw("source", LARGE),
    }
    for run in runs.values():
        run()  # streets, parks and passers-by are drawn once a process
    best = best_seconds(runs)
    plain = best["decode, resize, encode 64 x 128"]
    print(f"| what | pictures a second | cost in re-encodings | goal {GOAL} |")
    print("| --- | --- | --- | --- |")
    for name, seconds in best.items():
        rate = NUM_PICTURES / seconds
        met = ("met" if rate >= GOAL else "missed") if name.startswith(("target", "source 64")) else ""
        print(f"| {name} | {rate:,.0f} | {seconds / plain:.1f} | {met} |")


def draw(style: files.Style, size: tuple[int, int], difficulty: float = files.DEFAULT) -> None:
    """Draw the pictures of one domain."""
    shots: Sequence[files.Shot] = files.plan(style, 60, 10, 5, difficulty)
    for shot in shots[:NUM_PICTURES]:
        encode(shot, size)


def encode(shot: files.Shot, size: tuple[int, int]) -> bytes:
    """The bytes of one picture's file."""
    file = io.BytesIO()
    shot.take(size).save(file, format="JPEG", quality=shot.quality)
    return file.getvalue()


def again(jpeg: bytes) -> bytes:
    """The yardstick."""
    with Image.open(io.BytesIO(jpeg)) as image:
        smaller = image.resize((SMALL[0] - 1, SMALL[1] - 1), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    smaller.save(file, format="JPEG", quality=75)
    return file.getvalue()
