"""Do thresholds hold on new people, and in new places? Twenty rendered places, by the zoo's Re-ID model.

Each place has its own people, cameras and difficulty. Half of its people calibrate, the other half is
measured; then the thresholds of the other places are tried on it. Every image is compared with every
other. Renders and extracts into `build/rendered-domains` (`VTBR_DOMAINS`), about 20 minutes of one core
the first time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from vtbr_eval import Decider, FeatureTable, calibrate, read_features
from vtbr_eval.decisions import decide_all, measured_rate, summarised
from vtbr_eval.features import GALLERY

from ..measuring import ROOT

FOLDER = Path(os.environ.get("VTBR_DOMAINS", ROOT / "build" / "rendered-domains"))
MODEL = "people-reid-light"
DOMAINS, PEOPLE, VIEWS, SEED = 20, 160, 6, 5000
RATE = 1e-3


def main() -> None:
    """Print what thresholds of the place itself do, then what those of other places do."""
    tables = [halves(number) for number in range(DOMAINS)]
    distances = [calibrate(own, fpr=[RATE]).same[0].distance for own, _ in tables]
    own_people(tables)
    other_places([new for _, new in tables], np.array(distances))


def own_people(tables: list[list[FeatureTable]]) -> None:
    """Measure thresholds from half of a place's people on the other half."""
    print("| place | distance | measured rate | 95 % interval | people found | strangers taken for nobody |")
    print("| --- | --- | --- | --- | --- | --- |")
    inside, shares = 0, []
    for number, (own, new) in enumerate(tables):
        thresholds = calibrate(own, fpr=[RATE])
        rate, low, high = measured_rate(new, thresholds.same[0].distance)
        queries, gallery = searched(new)
        found = summarised(queries, gallery, decide_all(queries, Decider(gallery, thresholds)))
        inside += low <= RATE <= high
        shares.append((found["recall"], found["unknown_people_recall"]))
        print(
            f"| {number} | {thresholds.same[0].distance:.4f} | {rate:.5f} | {low:.5f} to {high:.5f} "
            f"| {shares[-1][0]:.3f} | {shares[-1][1]:.3f} |"
        )
    recall, strangers = np.mean(shares, axis=0)
    print(f"| all | | inside {inside} of {DOMAINS} | | {recall:.3f} | {strangers:.3f} |\n")


def other_places(tables: list[FeatureTable], distances: np.ndarray) -> None:
    """Measure thresholds of the 19 other places: one of them, their middle, their lowest."""
    print("| thresholds | inside the interval | not above it | median rate | highest rate |")
    print("| --- | --- | --- | --- | --- |")
    others = [np.delete(distances, i) for i in range(DOMAINS)]
    ways = {"one other place's (all pairs)": others}
    ways |= {"the median of 19": [np.median(other, keepdims=True) for other in others]}
    ways |= {"the lowest of 19": [other.min(keepdims=True) for other in others]}
    for name, chosen in ways.items():
        found = np.array(
            [measured_rate(new, float(d)) for new, tried in zip(tables, chosen, strict=True) for d in tried]
        )
        rate, low, high = found.T
        inside, fine = (low <= RATE) & (high >= RATE), low <= RATE
        count = f"{inside.sum()} of {len(rate)}", f"{fine.sum()} of {len(rate)}"
        print(f"| {name} | {count[0]} | {count[1]} | {np.median(rate):.5f} | {rate.max():.5f} |", flush=True)


def halves(number: int) -> list[FeatureTable]:
    """Return the people of a place who calibrate, and those who are measured, by lot; all images are gallery."""
    table = features(number)
    people = np.unique(table.identity[table.identity > 0])
    own = np.random.default_rng(number).permutation(people)[: len(people) // 2]
    is_own = np.isin(table.identity, own)
    return [part(table, (table.identity > 0) & chosen) for chosen in (is_own, ~is_own)]


def searched(table: FeatureTable) -> tuple[FeatureTable, FeatureTable]:
    """Return queries of everybody by one camera each, and a gallery of every second person by the others."""
    _, person = np.unique(table.identity, return_inverse=True)
    first = np.array(
        [table.camera[table.identity == identity].min() for identity in np.unique(table.identity)]
    )
    is_query = table.camera == first[person]
    return part(table, is_query), part(table, ~is_query & (person % 2 == 0))


def part(table: FeatureTable, rows: np.ndarray) -> FeatureTable:
    """Return these rows, as a gallery."""
    return FeatureTable.of(
        table.features[rows],
        identity=table.identity[rows],
        camera=table.camera[rows],
        split=np.full(int(rows.sum()), GALLERY),
    )


def features(number: int) -> FeatureTable:
    """Return features of a place's people; what is there is not made again."""
    place = FOLDER / f"place-{number:02}"
    target = place.with_suffix(".safetensors")
    if not target.exists():
        manifest = place / "manifest.jsonl"
        if not manifest.exists():
            look = ["--cameras", 3 + number % 6, "--difficulty", f"{1.25 * number / (DOMAINS - 1):.2f}"]
            size = ["--identities", PEOPLE, "--views", VIEWS, "--seed", SEED + number, "--workers", 1]
            run("vtbr_data", "render", place, "--style", "target", *size, *look)
        splits = [word for name in ("train", "query", "gallery") for word in ("--split", name)]
        run("vtbr_models", "extract", MODEL, manifest, *splits, "-o", target)
    return read_features(target)


def run(module: str, *words: object) -> None:
    """Run one of the project's commands."""
    subprocess.run([sys.executable, "-m", module, *map(str, words)], check=True, stdout=sys.stderr)
