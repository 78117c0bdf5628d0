"""Rendering people, pictures a second and core with JPEG encoding, against decoding and encoding such a JPEG.

The yardstick says how fast the machine is today: what Pillow needs to read one small picture, squeeze it by
a pixel and write it again. Places and kernels are made beforehand, people are not.
"""

from __future__ import annotations

import io

from PIL import Image

from vtbr_data.people import files
from vtbr_data.people.domains import target

from ..measuring import best_seconds

NUM_PICTURES = 200
SMALL, LARGE = (64, 128), (128, 256)
GOALS = {"64": 100, "128": 35}
"""Pictures a second and core, by width."""


def main() -> None:
    """Print the table."""
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


def render(style: files.Style, size: tuple[int, int]) -> None:
    """Render the pictures of one domain."""
    order = files.Order(style, 60, 10, 5, *size, files.DEFAULT, target.CAMERAS, None)
    for shot in files.plan(order)[:NUM_PICTURES]:
        shot.take(size)


def again(jpeg: bytes) -> bytes:
    """Decode, resize and encode a JPEG: the reference."""
    with Image.open(io.BytesIO(jpeg)) as image:
        smaller = image.resize((SMALL[0] - 1, SMALL[1] - 1), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    smaller.save(file, format="JPEG", quality=75)
    return file.getvalue()
