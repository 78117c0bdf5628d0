"""Several runs of one system, with other seeds: what is the system's and what is luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..evaluation import RANKS, Scores, evaluate
from ..features import FeatureTable
from ..progress import Progress
from ..protocol import Protocol
from .systems import check_same_images


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """Scores of each run."""

    scores: list[Scores]

    def values(self, ranks: Sequence[int] = RANKS) -> dict[str, list[float]]:
        """Returns of each measure its value in each run."""
        runs = [scores.measures(ranks) for scores in self.scores]
        return {measure: [run[measure] for run in runs] for measure in runs[0]}

    def to_json(self, ranks: Sequence[int] = RANKS) -> dict[str, Any]:
        """Returns mean, standard deviation over the runs and every value, as docs/formats.md has them."""
        return {
            "format": "vtbr.runs",
            "version": 1,
            "runs": len(self.scores),
            **{
                measure: {
                    "mean": float(np.mean(values)),
                    "spread": float(np.std(values, ddof=1)),
                    "values": values,
                }
                for measure, values in self.values(ranks).items()
            },
            "protocol": self.scores[0].protocol.to_json(),
            "counts": self.scores[0].pairing.counts,
            "input": [scores.to_json()["input"] for scores in self.scores],
        }


def evaluate_runs(
    tables: Sequence[FeatureTable], protocol: Protocol | None = None, progress: Progress | None = None
) -> Runs:
    """Scores two runs or more on the same images.

    Raises `InputError` for fewer, for other images, and for the same features given twice.
    """
    if len(tables) < 2:
        raise InputError("a spread needs the features files of two runs or more")
    names: dict[str, str] = {}
    for table in tables:
        check_same_images(tables[0], table)
        twin = names.setdefault(table.fingerprint or str(id(table)), table.name)
        if twin != table.name:
            raise InputError(f"{twin} and {table.name} hold the same bytes: give another run")
    if len(names) < len(tables):
        raise InputError("one features file is given twice: give each run once")
    return Runs(scores=[evaluate(table, protocol, bootstrap=0, progress=progress) for table in tables])
