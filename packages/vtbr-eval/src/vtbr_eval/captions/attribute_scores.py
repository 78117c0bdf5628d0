"""Predicted attributes against known ones, as on PETA and PA-100K.

Label-based mA (Deng et al., ACM MM 2014), instance-based accuracy, precision, recall and F1 (Li et
al., arXiv 1603.07054). B images, L labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .caption_scores import missing

THRESHOLD = 0.5
"""A predicted probability from here up says yes."""
Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelScore:
    """One label over the images of which it is known."""

    positives: int
    negatives: int
    true_positive_rate: float | None
    """None where no image has the label."""
    true_negative_rate: float | None
    """None where every image has it."""

    @property
    def mean_accuracy(self) -> float | None:
        """Mean of both rates, None where one is unknown."""
        if self.true_positive_rate is None or self.true_negative_rate is None:
            return None
        return (self.true_positive_rate + self.true_negative_rate) / 2

    def to_json(self) -> dict[str, float | None]:
        """Returns the fields under the names of docs/formats.md."""
        return {
            "positives": self.positives,
            "negatives": self.negatives,
            "TPR": self.true_positive_rate,
            "TNR": self.true_negative_rate,
            "mA": self.mean_accuracy,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class AttributeScores:
    """Measures in [0, 1]."""

    images: int
    mean_accuracy: float | None
    """mA: mean over the labels that have positives and negatives; None where none has."""
    accuracy: float
    precision: float
    recall: float
    f1: float
    labels: dict[str, LabelScore]
    warnings: tuple[str, ...] = ()
    """Predictions that are missing, and values that differ from the truth by case only."""

    def to_json(self) -> dict[str, Any]:
        """Returns the scores as docs/formats.md has them."""
        return {
            "format": "vtbr.attribute-scores",
            "version": 1,
            "images": self.images,
            "mA": self.mean_accuracy,
            "accuracy": self.accuracy,
            "precision": self.precision,
            "recall": self.recall,
            "F1": self.f1,
            "labels": {label: score.to_json() for label, score in self.labels.items()},
            "warnings": list(self.warnings),
        }


def score_attributes(predicted: Rows, reference: Rows) -> AttributeScores:
    """Compares the attributes of each predicted row with those of the reference row of its path.

    True and false are one label, of a word each value that the reference knows is one
    (`upper_colour=red`); other numbers, such as the viewpoint, are skipped. A predicted
    true-or-false may be a probability. What is not predicted counts as no. Raises `InputError`
    when a predicted path is unknown and when the reference knows no attribute.
    """
    for path in predicted:
        if path not in reference:
            raise InputError(f"the reference has no row for {path!r}: give the manifest that was predicted")
    truths = [reference[path].get("attributes", {}) for path in predicted]
    answers = [row.get("attributes", {}) for row in predicted.values()]
    if not any(answers):
        raise InputError("the predictions hold no `attributes`: there is nothing to score")
    labels = _labels(truths)
    if not labels:
        raise InputError("no reference row of a predicted image has attributes: nothing to compare with")
    is_known = np.array([[name in truth for name, _ in labels] for truth in truths])
    truth = np.array([[_says(row, *label) for label in labels] for row in truths]) & is_known
    answer = np.array([[_says(row, *label) for label in labels] for row in answers]) & is_known
    names = [name if value is True else f"{name}={value}" for name, value in labels]
    warnings = (
        *missing(predicted, reference, "attributes"),
        *_misspelt(labels, answers),
        *_silent(labels, answers),
    )
    return replace(_scored(truth, answer, is_known, names), warnings=warnings)


def _misspelt(labels: list[tuple[str, str | bool]], answers: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yields a sentence for each predicted value that is a known one but for its case."""
    known = {(name, str(value).lower()): value for name, value in labels if isinstance(value, str)}
    said = {(name, value) for row in answers for name, value in row.items() if isinstance(value, str)}
    for name, value in sorted(said):
        true = known.get((name, value.lower()), value)
        if true != value:
            yield f"{name}: predicted {value!r} and known {true!r} differ by case only: they count as different"


def _silent(labels: list[tuple[str, str | bool]], answers: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yields a sentence on the attributes that no row predicts."""
    said = {name for row in answers for name in row}
    absent = sorted({name for name, _ in labels} - said)
    if absent:
        yield f"no row predicts {', '.join(absent)}: counted as no everywhere"


def _labels(truths: list[Mapping[str, Any]]) -> list[tuple[str, str | bool]]:
    """Returns attribute and value of each label, by name."""
    found: set[tuple[str, str | bool]] = set()
    for truth in truths:
        for name, value in truth.items():
            if isinstance(value, bool):
                found.add((name, True))
            elif isinstance(value, str):
                found.add((name, value))
    return sorted(found, key=lambda label: (label[0], str(label[1])))


def _says(row: Mapping[str, Any], name: str, wanted: str | bool) -> bool:
    value = row.get(name)
    if wanted is True and isinstance(value, (int, float)):
        return bool(value >= THRESHOLD)
    return bool(value == wanted)


def _scored(
    truth: NDArray[np.bool_], answer: NDArray[np.bool_], is_known: NDArray[np.bool_], names: list[str]
) -> AttributeScores:
    """Returns the scores of (B, L) matrices."""
    positives, negatives = truth.sum(axis=0), (is_known & ~truth).sum(axis=0)
    found, refused = (truth & answer).sum(axis=0), (is_known & ~truth & ~answer).sum(axis=0)
    labels = {
        name: LabelScore(
            positives=int(positives[i]),
            negatives=int(negatives[i]),
            true_positive_rate=float(found[i] / positives[i]) if positives[i] else None,
            true_negative_rate=float(refused[i] / negatives[i]) if negatives[i] else None,
        )
        for i, name in enumerate(names)
    }
    means = [score.mean_accuracy for score in labels.values() if score.mean_accuracy is not None]
    both, either = (truth & answer).sum(axis=1), (truth | answer).sum(axis=1)
    precision = float(_ratio(both, answer.sum(axis=1)).mean())
    recall = float(_ratio(both, truth.sum(axis=1)).mean())
    return AttributeScores(
        images=len(truth),
        mean_accuracy=float(np.mean(means)) if means else None,
        accuracy=float(_ratio(both, either).mean()),
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        labels=labels,
    )


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the ratio, 0 where the whole is 0, as the benchmarks' own programs do."""
    return part / np.maximum(whole, 1)
