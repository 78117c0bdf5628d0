"""Captions as words, for scores that compare them with reference captions.

Follows the Penn Treebank tokenizer that COCO's caption scores use, without its Java: lower case,
`'s` and `n't` on their own, words with hyphens, slashes or points inside kept whole, quotes and
punctuation left out.
"""

from __future__ import annotations

import re
from collections import Counter

_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'"})
_SPLIT = re.compile(r"\b(can)(not)\b|\b(gon|wan)(na)\b|\b(got)(ta)\b|\b(lem|gim)(me)\b")
"""Words that the Treebank writes as two."""
_WORD = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # u.s.
    r"|n't\b"
    r"|(?<=[^\W_])'(?:s|re|ve|ll|d|m)\b"
    r"|(?:(?!n't\b)[^\W_])+(?:(?:[-/.]|(?<=\d)[,:](?=\d))(?:(?!n't\b)[^\W_])+)*"
    r"|[&%$#@+=*]"
)

Ngram = tuple[str, ...]


def words(caption: str) -> list[str]:
    """Returns the words of a caption.

    >>> words("A man's T-shirt isn't red, is it?")
    ['a', 'man', "'s", 't-shirt', 'is', "n't", 'red', 'is', 'it']
    >>> words("a 'shirt in yellow/green and black shoes.She cannot")
    ['a', 'shirt', 'in', 'yellow/green', 'and', 'black', 'shoes.she', 'can', 'not']
    """
    text = _SPLIT.sub(
        lambda match: " ".join(filter(None, match.groups())), caption.lower().translate(_QUOTES)
    )
    return _WORD.findall(text)


def ngrams(said: list[str], length: int) -> Counter[Ngram]:
    """Counts each run of `length` words in the caption.

    >>> ngrams(["a", "b", "a", "b"], 2)
    Counter({('a', 'b'): 2, ('b', 'a'): 1})
    """
    return Counter(tuple(said[i : i + length]) for i in range(len(said) - length + 1))
