"""Byte-pair encoding (Sennrich et al., ACL 2016) from counted words; the same words give the same merges."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Merges:
    """What was learnt."""

    vocabulary: list[str]
    """Letters in the order of their code points, then what the merges made; numbers are positions here."""
    pairs: list[Pair]
    """In the order in which they merge."""
    num_letters: int


def learn_merges(counts: Mapping[str, int], size: int, *, continuing: str = "") -> Merges:
    """Merge the most frequent neighbours, of equals the pair of the smallest numbers, until the vocabulary
    has `size` entries or nothing is left to merge.

    `continuing` is put before what does not begin a word ("##" in WordPiece). Without it the result is that
    of the `tokenizers` library, whose order is followed. There are at least all letters, even if they are
    more than `size`.
    """
    words = sorted(counts)
    letters = {letter for word in words for letter in word}
    if continuing:  # a letter may begin a word elsewhere, behind a hyphen say
        letters |= {continuing + letter for letter in letters}
    vocabulary = sorted(letters)
    number = {token: place for place, token in enumerate(vocabulary)}
    spelled = [
        [number[continuing * (place > 0) + letter] for place, letter in enumerate(word)] for word in words
    ]
    table = _Table(spelled, [counts[word] for word in words])
    pairs: list[Pair] = []
    while len(vocabulary) < size and (pair := table.most_frequent()) is not None:
        made = vocabulary[pair[0]] + vocabulary[pair[1]].removeprefix(continuing)
        if made not in number:
            number[made] = len(vocabulary)
            vocabulary.append(made)
        pairs.append(pair)
        table.merge(pair, number[made])
    return Merges(vocabulary, pairs, len(letters))


class _Table:
    """Count neighbours, and where they are."""

    def __init__(self, words: list[list[int]], counts: list[int]) -> None:
        self._words, self._counts = words, counts
        self._total: dict[Pair, int] = defaultdict(int)
        self._where: dict[Pair, set[int]] = defaultdict(set)
        for place in range(len(words)):
            self._count(place, 1)
        self._heap = [(-total, pair) for pair, total in self._total.items()]
        heapq.heapify(self._heap)

    def most_frequent(self) -> Pair | None:
        while self._heap:
            total, pair = heapq.heappop(self._heap)
            now = self._total.get(pair, 0)
            if now < 1:
                continue
            if now == -total:
                return pair
            heapq.heappush(self._heap, (-now, pair))  # it has lost some since it was put there
        return None

    def merge(self, pair: Pair, made: int) -> None:
        touched: set[Pair] = set()
        for place in sorted(self._where.pop(pair)):
            self._count(place, -1)
            self._words[place] = _merged(self._words[place], pair, made)
            touched |= self._count(place, 1)
        for changed in touched:
            if made in changed:
                heapq.heappush(self._heap, (-self._total[changed], changed))

    def _count(self, place: int, sign: int) -> set[Pair]:
        word, weight = self._words[place], sign * self._counts[place]
        pairs = list(pairwise(word))
        for pair in pairs:
            self._total[pair] += weight
            if sign > 0:
                self._where[pair].add(place)
        return set(pairs)


def _merged(word: list[int], pair: Pair, made: int) -> list[int]:
    left, right = pair
    merged: list[int] = []
    skip = False
    for place, token in enumerate(word):
        if skip:
            skip = False
        elif token == left and place + 1 < len(word) and word[place + 1] == right:
            merged.append(made)
            skip = True
        else:
            merged.append(token)
    return merged
