"""Unigram language model (Kudo, ACL 2018) from counted words; the same words give the same pieces.

The `tokenizers` library's trainer gives other pieces each time. L letters of a word.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

LONGEST = 16
"""Letters of a piece, as in sentencepiece."""
_SEEDS = 4
"""Training begins with at most this many times the wanted pieces."""
_KEPT = 0.75  # share of the pieces that outlives a round, as in sentencepiece
_STEPS = 2  # of expectation and maximisation a round, as in sentencepiece
_MOST_WORDS = 100_000  # the most frequent ones teach; the time grows with them
_DIGITS = 6  # of a score: logarithms differ in the last digits between machines

Scores = dict[str, float]


def learn_pieces(counts: Mapping[str, int], size: int) -> list[tuple[str, float]]:
    """Return at most `size` pieces with the logarithms of their probabilities, the most probable first.

    All letters are among them, even if they are more than `size`. Seeds are the substrings that cover most
    text; rounds of EM follow, each dropping the quarter whose loss costs least.
    """
    words = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_WORDS]
    letters = sorted({letter for word in counts for letter in word})
    if not letters:
        return []
    scores = _seeds(words, letters, size)
    while True:
        for _ in range(_STEPS):
            expected = _expected(words, scores)
            scores = _maximised(expected, letters)
        if len(scores) <= max(size, len(letters)):
            break
        keep = max(size, int(_KEPT * len(scores)))
        scores = _pruned(scores, expected, letters, keep)
    rounded = ((piece, round(score, _DIGITS)) for piece, score in scores.items())
    return sorted(rounded, key=lambda item: (-item[1], item[0]))


def _seeds(words: Sequence[tuple[str, int]], letters: Sequence[str], size: int) -> Scores:
    found: dict[str, int] = defaultdict(int)
    for word, count in words:
        for begin in range(len(word)):
            for end in range(begin + 1, min(begin + LONGEST, len(word)) + 1):
                found[word[begin:end]] += count
    longer = (piece for piece in found if len(piece) > 1 and found[piece] > 1)
    best = sorted(longer, key=lambda piece: (-found[piece] * len(piece), piece))[: _SEEDS * size]
    return _maximised({piece: float(found[piece]) for piece in (*letters, *best)}, letters)


def _expected(words: Sequence[tuple[str, int]], scores: Scores) -> dict[str, float]:
    """Return how often each piece is used over all ways to cut the words, by their probability."""
    expected: dict[str, float] = defaultdict(float)
    probability = {piece: math.exp(score) for piece, score in scores.items()}
    for word, count in words:
        edges = list(_edges(word, probability))
        forward = [1.0] + [0.0] * len(word)
        for begin, end, piece in edges:
            forward[end] += forward[begin] * probability[piece]
        backward = [0.0] * len(word) + [1.0]
        for begin, end, piece in reversed(edges):
            backward[begin] += probability[piece] * backward[end]
        if forward[-1] > 0:  # a word of hundreds of letters may vanish: it teaches nothing
            for begin, end, piece in edges:
                expected[piece] += count * forward[begin] * probability[piece] * backward[end] / forward[-1]
    return expected


def _edges(word: str, pieces: Mapping[str, float]) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and text of each piece in the word, by its start."""
    for begin in range(len(word)):
        for end in range(begin + 1, min(begin + LONGEST, len(word)) + 1):
            if (piece := word[begin:end]) in pieces:
                yield begin, end, piece


def _maximised(expected: Mapping[str, float], letters: Sequence[str]) -> Scores:
    """Return probabilities by share; pieces that are hardly used are dropped, letters are kept."""
    kept = {letter: max(expected.get(letter, 0.0), 0.5) for letter in letters}
    kept |= {piece: count for piece, count in expected.items() if len(piece) > 1 and count >= 0.5}
    total = math.log(sum(kept.values()))
    return {piece: math.log(count) - total for piece, count in kept.items()}


def _pruned(scores: Scores, expected: Mapping[str, float], letters: Sequence[str], keep: int) -> Scores:
    """Return the `keep` pieces whose removal would lower the captions' likelihood most, and all letters."""
    loss = {
        piece: expected.get(piece, 0.0) * (scores[piece] - _best_without(piece, scores))
        for piece in scores
        if len(piece) > 1
    }
    best = sorted(loss, key=lambda piece: (-loss[piece], piece))[: max(0, keep - len(letters))]
    return {piece: scores[piece] for piece in (*letters, *best)}


def _best_without(piece: str, scores: Scores) -> float:
    """Return the score of the best way to spell `piece` by others."""
    best = [0.0] + [-math.inf] * len(piece)
    for begin, end, part in _edges(piece, scores):
        if end - begin < len(piece):
            best[end] = max(best[end], best[begin] + scores[part])
    return best[-1]
