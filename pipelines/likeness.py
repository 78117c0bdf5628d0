"""Compare what pictures of people look like in numbers: colours, contrast, sharpness, colours of clothes.

One column a set, so that rendered people can be held beside photographs that you have:

    vtbr-data index viper VIPeR -o viper.jsonl
    vtbr-data render target --style target --identities 60 --views 12 --cameras 48
    python -m pipelines.likeness VIPeR=viper.jsonl rendered=target/manifest.jsonl --half VIPeR

`--half NAME` takes the first half of a set's people alone (in the order of `numpy.random.default_rng(2026)`): what
is tuned on one half can be reported on the other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vtbr_data import InputError, Row, read_manifest
from vtbr_data.people.clothes.palette import colour_word

SIZE = (64, 128)
"""Width and height to which all pictures are brought."""
STRIPES = 6
UPPER, LOWER = (0.20, 0.45), (0.55, 0.82)
"""Where clothes are in a crop, as shares of its height."""
MIDDLE = (0.3, 0.7)
"""Where people are in a crop, as shares of its width; beside it are borders of `BORDER`."""
BORDER = 0.12
GREY = np.array([0.299, 0.587, 0.114])
WORDS = ("black", "gray", "white", "blue", "brown", "green", "purple", "red", "yellow")

Pixels = NDArray[np.float64]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("sets", nargs="+", metavar="NAME=MANIFEST[@ROOT]")
    options.add_argument("--half", action="append", default=[], metavar="NAME", help="half of its people")
    options.add_argument("--most", type=int, default=1000, help="pictures of a set, spread evenly (1000)")
    given = options.parse_args()
    columns = {}
    for text in given.sets:
        name, _, place = text.partition("=")
        manifest, _, root = place.partition("@")
        if not (name and manifest):
            options.error(f"{text!r} names no set: write NAME=MANIFEST or NAME=MANIFEST@ROOT")
        try:
            rows = read_manifest(manifest).rows
            rows = half_of(rows) if name in given.half else rows
            step = max(1, len(rows) // given.most)
            columns[name] = measured(list(pictures(rows[::step], Path(root or Path(manifest).parent))))
        except (InputError, OSError) as error:
            sys.exit(f"{name}: {error}")
    print("| | " + " | ".join(columns) + " |\n| --- |" + " --- |" * len(columns))
    for line in next(iter(columns.values())):
        print(f"| {line} | " + " | ".join(values[line] for values in columns.values()) + " |")


def half_of(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the first half of the people."""
    people = sorted({row.identity for row in rows if row.identity is not None})
    order = np.random.default_rng(2026).permutation(len(people))
    chosen = {people[k] for k in order[: len(people) // 2].tolist()}
    return [row for row in rows if row.identity in chosen]


def pictures(rows: Sequence[Row], root: Path) -> Iterator[Pixels]:
    """Yield each picture as (H, W, 3), in [0, 1]; junk is left out."""
    for row in rows:
        if row.identity is not None and row.identity >= 0:
            with Image.open(root / row.path) as image:
                yield np.asarray(image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)) / 255.0


def measured(images: Sequence[Pixels]) -> dict[str, str]:
    """Return the mean over the pictures of each number, by its name in the table."""
    if not images:
        raise InputError("its manifest lists no pictures of people")
    stack = np.stack(images)
    grey, saturation = stack @ GREY, saturations(stack)
    middle = grey[:, :, slice(*pixels(MIDDLE, SIZE[0]))]
    edge = round(BORDER * SIZE[0])
    borders = np.concatenate([grey[:, :, :edge], grey[:, :, -edge:]], axis=2)
    said = {
        "pictures": f"{len(stack)}",
        "mean of red, green, blue": three(stack.mean((0, 1, 2))),
        "their spread within a picture": three(stack.std((1, 2)).mean(0)),
        "spread of the pictures' means": three(stack.mean((1, 2)).std(0)),
        "saturation: mean; quarter, half, three quarters below": (
            f"{saturation.mean():.3f}; {three(np.quantile(saturation, (0.25, 0.5, 0.75)))}"
        ),
        "contrast (spread of grey within a picture)": f"{grey.std((1, 2)).mean():.3f}",
        "darker than 0.1, brighter than 0.9 (shares)": f"{(grey < 0.1).mean():.3f}, {(grey > 0.9).mean():.3f}",
        "sharpness (mean gradient of grey): whole": f"{gradient(grey):.4f}",
        "sharpness: people, borders": f"{gradient(middle):.4f}, {gradient(borders):.4f}",
        "grey of people, borders": f"{middle.mean():.3f}, {borders.mean():.3f}",
        "their distance within a picture": (
            f"{np.abs(middle.mean((1, 2)) - borders.mean((1, 2))).mean():.3f}"
        ),
        "contrast of people, borders": f"{middle.std((1, 2)).mean():.3f}, {borders.std((1, 2)).mean():.3f}",
    }
    for name, values in (("grey", grey), ("saturation", saturation)):
        stripes = np.array_split(values[:, :, slice(*pixels(MIDDLE, SIZE[0]))], STRIPES, axis=1)
        said[f"{name} of six stripes"] = ", ".join(f"{stripe.mean():.2f}" for stripe in stripes)
    for name, span in (("upper", UPPER), ("lower", LOWER)):
        said |= {f"{name} {word}": share for word, share in words(stack, span).items()}
    return said


def words(stack: Pixels, span: tuple[float, float]) -> dict[str, str]:
    """Return how often the median colour of a patch of clothes has each name."""
    across = pixels((0.38, 0.62), SIZE[0])
    patch = stack[:, slice(*pixels(span, SIZE[1])), slice(*across)]
    medians = np.median(patch.reshape(len(stack), -1, 3), axis=1).tolist()
    found = [colour_word((red, green, blue)) for red, green, blue in medians]
    return {word: f"{found.count(word) / len(found):.0%}" for word in WORDS}


def saturations(stack: Pixels) -> Pixels:
    """Return saturation of each pixel, in [0, 1]."""
    high = stack.max(-1)
    share: Pixels = (high - stack.min(-1)) / np.maximum(high, 1e-3)
    return share


def gradient(grey: Pixels) -> float:
    """Return mean length of the difference to the neighbours right and below."""
    across, down = np.diff(grey, axis=2)[:, 1:], np.diff(grey, axis=1)[:, :, 1:]
    return float(np.sqrt(across**2 + down**2).mean())


def pixels(span: tuple[float, float], size: int) -> tuple[int, int]:
    """Return shares of a side as pixels."""
    return round(span[0] * size), round(span[1] * size)


def three(values: Pixels) -> str:
    """Put numbers beside each other."""
    return ", ".join(f"{value:.3f}" for value in values.tolist())


if __name__ == "__main__":
    main()
