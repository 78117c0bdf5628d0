"""BLEU (Papineni et al., ACL 2002), as COCO's caption evaluation computes it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from .words import Ngram, ngrams

LONGEST = 4


def bleu(predicted: Sequence[list[str]], references: Sequence[list[list[str]]]) -> list[float]:
    """Returns BLEU-1 to BLEU-4 of a whole set, each in [0, 1].

    Geometric mean of the precisions of runs of 1 to n words, counts clipped to those of the
    reference that has most, times the brevity penalty exp(1 - r / c) when the predicted captions
    (c words in all) are shorter than the references of the closest length (r words).

    >>> [round(value, 3) for value in bleu([["a", "red", "coat"]], [[["a", "red", "hat"]]])]
    [0.667, 0.577, 0.0, 0.0]
    """
    found, tried = [0] * LONGEST, [0] * LONGEST
    said_words = reference_words = 0
    for said, known in zip(predicted, references, strict=True):
        said_words += len(said)
        reference_words += min((abs(len(r) - len(said)), len(r)) for r in known)[1]
        for n in range(LONGEST):
            most: Counter[Ngram] = Counter()
            for reference in known:
                most |= ngrams(reference, n + 1)
            counts = ngrams(said, n + 1)
            found[n] += (counts & most).total()
            tried[n] += counts.total()
    penalty = math.exp(min(0.0, 1 - reference_words / said_words)) if said_words else 0.0
    scores, product = [], 1.0
    for n in range(LONGEST):
        product *= found[n] / tried[n] if tried[n] else 0.0
        scores.append(penalty * product ** (1 / (n + 1)))
    return scores
