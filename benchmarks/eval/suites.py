"""Time and memory of vtbr-eval against the bare matrix product, as a Markdown table on stdout.

Each figure is measured in a process of its own; the product is
timed before and after, short ones five times in turn, and the best times are compared: on a
machine with other work the best is nearest to the truth.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..measuring import apart
from . import measure

REPEATS, SHORT_SECONDS = 5, 6.0


@dataclass(frozen=True)
class Case:
    """Sizes of a features file and what is measured on it."""

    name: str
    queries: int
    gallery: int
    width: int
    people: int
    measures: tuple[str, ...]


def growth(num_images: int) -> Case:
    """Return a case with as many queries a gallery image as in Market-1501, a fifth."""
    queries = num_images // 6
    people = num_images // 26
    return Case(f"N = {num_images:,}", queries, num_images - queries, 2048, people, ("reid", "rerank"))


SUITES = {
    "market": [
        Case("Market-1501", 3368, 19732, 2048, 750, ("reid",)),
        Case("Market-1501, no junk", 3368, 15913, 2048, 750, ("rerank",)),
    ],
    "msmt17": [Case("MSMT17", 11659, 82161, 2048, 3060, ("reid",))],
    "msmt17-rerank": [Case("MSMT17", 11659, 82161, 2048, 3060, ("rerank",))],
    "million": [Case("a million", 2000, 1_000_000, 512, 100_000, ("reid",))],
    "dense": [Case("Market-1501, no junk", 3368, 15913, 2048, 750, ("dense", "rerank"))],
    "dense-small": [Case("dense textbook", 850, 4150, 2048, 195, ("dense", "rerank"))],
    "growth": [growth(num_images) for num_images in (5000, 10000, 20000)],
    "growth-large": [growth(num_images) for num_images in (5000, 10000, 20000, 40000, 80000)],
}
PLOT = Path(__file__).parents[2] / "docs" / "growth.svg"
FLOOR = {"reid": measure.floor, "rerank": measure.floor_rerank, "dense": measure.floor_rerank}
WORK = {"reid": measure.reid, "rerank": measure.rerank, "dense": measure.dense}


def main(names: list[str]) -> None:
    """Measure the suites of these names."""
    print("| data | what | product s | took s | ratio | peak - file, MiB | |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in names:
        measured = [rows(case) for case in SUITES[name]]
        if name.startswith("growth"):
            plot(SUITES[name], measured)


def rows(case: Case) -> dict[str, tuple[float, float]]:
    """Print a row for each measure of a case; return its seconds and its MiB."""
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "features.safetensors"
        apart(measure.make, str(file), case.queries, case.gallery, case.width, case.people)
        for what in case.measures:
            products, runs = [apart(FLOOR[what], str(file))["seconds"]], []
            for _ in range(REPEATS if products[0] < SHORT_SECONDS else 1):
                runs.append(apart(WORK[what], str(file)))
                products.append(apart(FLOOR[what], str(file))["seconds"])
            found = min(runs, key=lambda measured: measured["seconds"])
            product, seconds = min(products), found["seconds"]
            memory = found["peak_mib"] - found["file_mib"]
            rest = {
                key: round(value, 7) for key, value in found.items() if key in ("mAP", "largest_difference")
            }
            note = ", ".join(f"{key} {value:.3g}" for key, value in rest.items())
            print(
                f"| {case.name} | {what} | {product:.2f} | {seconds:.2f} | {seconds / product:.2f} "
                f"| {memory:,.0f} | {note} |",
                flush=True,
            )
            taken[what] = seconds, memory
    return taken


def plot(cases: list[Case], measured: list[dict[str, tuple[float, float]]]) -> None:
    """Draw the growth of time and memory into docs/."""
    from .growth_plot import draw

    counts = [case.queries + case.gallery for case in cases]
    curves = [
        [(count, found[what][which]) for count, found in zip(counts, measured, strict=True)]
        for which in (0, 1)
        for what in ("reid", "rerank")
    ]
    draw(*curves, PLOT)
