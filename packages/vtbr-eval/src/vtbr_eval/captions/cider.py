"""CIDEr-D (Vedantam, Zitnick and Parikh, CVPR 2015)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from .words import Ngram, ngrams

LONGEST = 4
SIGMA = 6.0
"""Of the Gaussian penalty for captions of other length."""
SCALE = 10.0
"""The paper's: scores run from 0 to 10."""

_Vector = dict[Ngram, float]


def cider_d(predicted: Sequence[list[str]], references: Sequence[list[list[str]]]) -> float | None:
    """Returns the mean over the images, from 0 to 10; None for fewer than two images, where no word is rarer.

    Runs of 1 to 4 words are weighted by log(images / images whose references have the run), and
    compared by cosine, counts clipped to the reference's, times exp(-(difference of lengths)^2 /
    (2 sigma^2)).

    >>> round(cider_d([["red", "coat"], ["a", "hat"]], [[["red", "coat"]], [["blue", "hat"]]]), 4)
    3.125
    """
    if len(predicted) < 2:
        return None
    seen: Counter[Ngram] = Counter()
    for known in references:
        seen.update({run for reference in known for n in range(LONGEST) for run in ngrams(reference, n + 1)})
    log_images = math.log(len(references))
    total = 0.0
    for said, known in zip(predicted, references, strict=True):
        ours = _vectors(said, seen, log_images)
        similar = sum(
            _similarity(ours, _vectors(reference, seen, log_images)) * _length_penalty(said, reference)
            for reference in known
        )
        total += SCALE * similar / len(known)
    return total / len(predicted)


def _vectors(said: list[str], seen: Counter[Ngram], log_images: float) -> list[_Vector]:
    return [
        {
            run: count * (log_images - math.log(max(1, seen[run])))
            for run, count in ngrams(said, n + 1).items()
        }
        for n in range(LONGEST)
    ]


def _similarity(ours: list[_Vector], theirs: list[_Vector]) -> float:
    total = 0.0
    for a, b in zip(ours, theirs, strict=True):
        lengths = math.sqrt(sum(v * v for v in a.values())) * math.sqrt(sum(v * v for v in b.values()))
        if lengths:
            total += sum(min(value, b[run]) * b[run] for run, value in a.items() if run in b) / lengths
    return total / LONGEST


def _length_penalty(said: list[str], reference: list[str]) -> float:
    # The authors' program counts pairs of words, so that captions of one word and of none are equally long.
    difference = max(0, len(said) - 1) - max(0, len(reference) - 1)
    return math.exp(-(difference**2) / (2 * SIGMA**2))
