"""Captions as words, for scores that compare them with reference captions.

Lower case, punctuation left out, `'s` and `n't` on their own: close to the Penn Treebank tokenizer
that COCO's caption scores use, without its Java.
"""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"n't\b|'[a-z]+|(?:(?!n't\b)[^\W_])+(?:-[^\W_]+)*")

Ngram = tuple[str, ...]


def words(caption: str) -> list[str]:
    """The words of a caption.

    >>> words("A man's T-shirt isn't red, is it?")
    ['a', 'man', "'s", 't-shirt', 'is', "n't", 'red', 'is', 'it']
    """
    return _WORD.findall(caption.lower().replace("’", "'"))


def ngrams(said: list[str], length: int) -> Counter[Ngram]:
    """How often each run of `length` words stands in the caption.

    >>> ngrams(["a", "b", "a", "b"], 2)
    Counter({('a', 'b'): 2, ('b', 'a'): 1})
    """
    return Counter(tuple(said[i : i + length]) for i in range(len(said) - length + 1))
