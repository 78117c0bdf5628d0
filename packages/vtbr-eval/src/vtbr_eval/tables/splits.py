"""Which split a table's row belongs to, by its word and its marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError
from .values import counted, is_empty, is_held_out, split_of

_SPLITS = ("train", "query", "gallery")


@dataclass(frozen=True, slots=True)
class Splits:
    """The split of each row."""

    splits: list[str]
    held_out: dict[int, str]
    """Words such as `val`, by row."""
    notes: list[str]


def read_splits(
    words: Sequence[str],
    marks: Mapping[str, Sequence[bool]],
    count: int,
    refuse: Callable[[int, str], InputError],
) -> Splits:
    """Returns the splits of `count` rows by their words, if there are some, and by `is_query` and the like.

    Raises what `refuse` makes for a row whose marks contradict each other or its word.
    """
    default = _default(marks)
    means_of = {word: None if is_empty(word) else split_of(word) for word in set(words)}
    are_held_out = {word for word in means_of if is_held_out(word)}
    splits, held_out, read, undecided = [], dict[int, str](), Counter[str](), 0
    for row in range(count):
        word = words[row] if words else ""
        means = means_of[word] if words else None
        if not marks and means and word not in are_held_out:
            splits.append(means)
            read[word] += 1
            continue
        marked = {key.removeprefix("is_") for key, column in marks.items() if column[row]}
        if word in are_held_out:
            held_out[row] = word
        told = marked | ({means} if means and row not in held_out else set())
        if len(told) > 1:
            listed = " and ".join(split for split in _SPLITS if split in told)
            raise refuse(row, f" is marked as {listed}: a row has one split")
        splits.append(next(iter(told), None) or means or default)
        if means and not marked:
            read[word] += 1
        undecided += not marked and not means
    notes = [
        f'split: "{word}" read as {split_of(word)} in {counted(number, "row")}'
        for word, number in read.items()
        if word.lower() not in _SPLITS
    ]
    if undecided and marks:
        notes.append(f"split: unmarked {counted(undecided, 'row')} read as {default}")
    elif undecided and words:
        notes.append(f"split: empty in {counted(undecided, 'row')}, read as gallery")
    return Splits(splits, held_out, notes)


def _default(marks: Mapping[str, Sequence[bool]]) -> str:
    if "is_gallery" not in marks:
        return "gallery"
    return "train" if "is_query" in marks else "query"
