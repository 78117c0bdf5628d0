"""How varied captions are: different runs of words, lengths, frequent words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

MOST = 100_000
"""Most captions that are counted: the shares fall with their number, so compare equal numbers."""
_RUNS = (1, 2, 3, 4)
_FREQUENT = 40
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


def diversity(captions: Sequence[str]) -> dict[str, Any]:
    """Counts over at most `MOST` captions, evenly spaced.

    `distinct-n` is the share of the runs of n words that are different (Li et al., NAACL 2016), in (0, 1];
    `lengths` says how many captions have each number of words; `frequent` are the most frequent words.

    >>> diversity(["a red coat", "a red hat"])["distinct-2"]
    0.75
    """
    step = max(1, -(-len(captions) // MOST))
    said = [_WORD.findall(caption.lower()) for caption in captions[::step]]
    found: dict[str, Any] = {"looked_at": len(said)}
    for length in _RUNS:
        runs = Counter(
            run for words in said for run in zip(*(words[start:] for start in range(length)), strict=False)
        )
        if length == 1:
            frequent = sorted(runs.items(), key=lambda item: (-item[1], item[0]))[:_FREQUENT]
            found["frequent"] = {words[0]: number for words, number in frequent}
            found["different_words"] = len(runs)
        total = runs.total()
        found[f"distinct-{length}"] = round(len(runs) / total, 6) if total else 0
    lengths = Counter(len(words) for words in said)
    found["lengths"] = {str(length): lengths[length] for length in sorted(lengths)}
    return found
