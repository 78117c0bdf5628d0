"""Which split a table's row belongs to, by its word and its marks (docs/formats.md, Tables)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from .columns import normal_form
from .values import TABLE_WORDS, counted

MARKS = {"is_train": "train", "is_query": "query", "is_gallery": "gallery"}
TRUE, FALSE = ({letter, *TABLE_WORDS[key].split()} for letter, key in (("t", "true"), ("f", "false")))

_HELD_OUT = TABLE_WORDS["held_out"].split()
"""Words that are read as gallery and kept."""
_SPLIT_OF = {word: split for split, words in TABLE_WORDS["splits"].items() for word in words.split()}
_SPLIT_OF |= dict.fromkeys(_HELD_OUT, "gallery")


def is_split_word(word: str) -> bool:
    """Return whether a word names a split."""
    return normal_form(word) in _SPLIT_OF


def is_held_out(word: str) -> bool:
    """Return whether a word names a split for validation or testing, which may be query or gallery."""
    return normal_form(word) in _HELD_OUT


def split_of(word: str, marked: Collection[str], marks: Collection[str]) -> str | list[str]:
    """Return the split of a row with this word and these true ones of the table's `marks`.

    Where they contradict each other, return all the splits that they name.

    >>> split_of("val", {"is_query"}, {"is_query", "is_gallery"})
    'query'
    """
    named = {MARKS[key] for key in marked}
    if word and not is_held_out(word):
        named.add(_SPLIT_OF[normal_form(word)])
    if len(named) > 1:
        return [split for split in MARKS.values() if split in named]
    if named:
        return named.pop()
    return _SPLIT_OF[normal_form(word)] if word else _unmarked(marks)


def about_splits(words: Sequence[str], marks: Mapping[str, Sequence[bool]], *, has_words: bool) -> list[str]:
    """Return what is to be said of rows that no mark decided, in the order of appearance."""
    undecided = [
        word for index, word in enumerate(words) if not any(marked[index] for marked in marks.values())
    ]
    renamed = Counter(word for word in undecided if word and word.lower() not in TABLE_WORDS["splits"])
    said = [
        f'split: "{word}" read as {_SPLIT_OF[normal_form(word)]} in {counted(count, "row")}'
        for word, count in renamed.items()
    ]
    num_empty = undecided.count("")
    if num_empty and marks:
        said.append(f"split: unmarked {counted(num_empty, 'row')} read as {_unmarked(marks)}")
    elif num_empty and has_words:
        said.append(f"split: empty in {counted(num_empty, 'row')}, read as gallery")
    return said


def _unmarked(marks: Collection[str]) -> str:
    if "is_gallery" not in marks:
        return "gallery"
    return "train" if "is_query" in marks else "query"
