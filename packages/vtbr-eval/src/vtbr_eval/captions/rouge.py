"""ROUGE-L (Lin, 2004), as COCO's caption evaluation computes it."""

from __future__ import annotations

from collections.abc import Sequence

BETA = 1.2
"""Recall counts this many times as much as precision (COCO's choice)."""


def rouge_l(predicted: Sequence[list[str]], references: Sequence[list[list[str]]]) -> float:
    """Returns mean over the images of the F measure of the longest common subsequence, in [0, 1].

    Precision and recall are each the best over the references.

    >>> round(rouge_l([["a", "red", "coat"]], [[["a", "long", "red", "coat"]]]), 4)
    0.8356
    """
    total = 0.0
    for said, known in zip(predicted, references, strict=True):
        common = [_longest_common(said, reference) for reference in known]
        precision = max(length / len(said) for length in common) if said else 0.0
        recall = max(length / len(r) if r else 0.0 for length, r in zip(common, known, strict=True))
        if precision and recall:
            total += (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)
    return total / len(predicted)


def _longest_common(a: list[str], b: list[str]) -> int:
    lengths = [0] * (len(b) + 1)
    for word in a:
        before = 0  # the length one word back in both
        for j, other in enumerate(b, 1):
            before, lengths[j] = (
                lengths[j],
                before + 1 if word == other else max(lengths[j], lengths[j - 1]),
            )
    return lengths[-1]
