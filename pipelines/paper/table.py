"""The table of pipelines/paper/run.sh: the runs of a folder beside the published figures, as Markdown.

Reads SET-ARM-SEED.scores.json and SET-ARM-SEED.reranked.json; what is not there yet stays empty.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

SETS = {
    "market1501": "Market-1501",
    "dukemtmc": "DukeMTMC-reID",
    "cuhk03-detected": "CUHK03-NP, detected",
    "cuhk03-labeled": "CUHK03-NP, labeled",
    "msmt17": "MSMT17",
}
ARMS = {
    "scratch": "no pretraining",
    "imagenet": "ImageNet",
    "identity": "identities (FineGPR)",
    "attribute": "attributes (FineGPR)",
    "bicaptioning": "captions (FineGPR-C), as published",
    "captions": "captions, the best recipe",
    "captions-read": "attributes read from the captions",
    "joint": "the best captions, learnt while fine-tuning, too",
}
KINDS = {"scores": "", "reranked": "re-ranked"}


class Published(NamedTuple):
    """A figure of a paper or a toolbox, in %."""

    mean_average_precision: float
    rank_1: float
    source: str


_BAG_OF_TRICKS = "Luo et al., Bag of Tricks, CVPRW 2019"
PUBLISHED = {
    ("market1501", "imagenet", "scores"): Published(85.9, 94.5, _BAG_OF_TRICKS),
    ("market1501", "imagenet", "reranked"): Published(94.2, 95.4, _BAG_OF_TRICKS),
    ("dukemtmc", "imagenet", "scores"): Published(76.4, 86.4, _BAG_OF_TRICKS),
    ("dukemtmc", "imagenet", "reranked"): Published(89.1, 90.3, _BAG_OF_TRICKS),
    ("msmt17", "imagenet", "scores"): Published(50.2, 74.1, "fastreid's model zoo, BoT with ResNet-50"),
}
"""Of ResNet-50 at 256 x 128 fine-tuned as here. None is known to us of the other cells; VTBR's own tables
could not be had."""
NOTE = """\
mAP and rank-1 in %: mean and, from two seeds on, standard deviation over the seeds. Others have published
for Market-1501, with ResNet-50: fastreid's BoT from ImageNet 86.1 / 94.4, PLIP's weights with BoT
88.0 / 95.1, LUPerson's with MGN (another head) 91.1 / 96.3. VTBR's own tables could not be had."""


def main() -> None:
    """Print the table of the folder that the command line names."""
    folder = Path(sys.argv[1])
    rows = [
        "| set | starts from | | published mAP | rank-1 | mAP | rank-1 | seeds | published by |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for set_name in SETS:
        for arm in ARMS:
            for kind in KINDS:
                runs = scores(folder, set_name, arm, kind)
                if runs or (set_name, arm, kind) in PUBLISHED:
                    rows.append(row(set_name, arm, kind, runs))
    print("\n".join(rows), NOTE, sep="\n\n")


def scores(folder: Path, set_name: str, arm: str, kind: str) -> list[dict]:
    """Return the scores of this cell's runs, seed by seed."""
    paths = sorted(folder.glob(f"{set_name}-{arm}-[0-9]*.{kind}.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def row(set_name: str, arm: str, kind: str, runs: list[dict]) -> str:
    """Return a line of the table."""
    published = PUBLISHED.get((set_name, arm, kind))
    theirs = [f"{published.mean_average_precision:.1f}", f"{published.rank_1:.1f}"] if published else ["", ""]
    ours = [percent([run[measure] for run in runs]) for measure in ("mAP", "rank-1")]
    source = published.source if published else ""
    cells = [SETS[set_name], ARMS[arm], KINDS[kind], *theirs, *ours, str(len(runs) or ""), source]
    return f"| {' | '.join(cells)} |"


def percent(fractions: list[float]) -> str:
    """Return their mean, and their spread where there are several."""
    if not fractions:
        return ""
    mean = f"{100 * statistics.fmean(fractions):.1f}"
    return mean if len(fractions) == 1 else f"{mean} ± {100 * statistics.stdev(fractions):.1f}"


if __name__ == "__main__":
    main()
