"""How well a tokenizer fits captions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_BATCH = 10_000
_EXAMPLES = 20


def caption_coverage(tokenizer: Tokenizer, captions: Iterable[str], max_tokens: int) -> dict[str, Any]:
    """Count tokens per caption, unknown ones, and captions that a model of `max_tokens` positions would cut.

    Of its positions two are [SOS] and [EOS]. Shares are in [0, 1]; `unknown` lists the words that hold
    something unknown, the most frequent first.
    """
    lengths: Counter[int] = Counter()
    unknown: Counter[str] = Counter()
    words = unknown_tokens = with_unknown = 0
    unknown_id = _unknown_id(tokenizer)
    for batch in _batches(captions):
        for caption, encoding in zip(batch, tokenizer.encode_batch(batch), strict=True):
            lengths[len(encoding.ids)] += 1
            words += len(caption.split())
            number = encoding.ids.count(unknown_id) if unknown_id is not None else 0
            if number:
                unknown_tokens += number
                with_unknown += 1
                unknown.update(_words_at(caption, encoding, unknown_id))
    number = lengths.total()
    tokens = sum(length * count for length, count in lengths.items())
    room = max_tokens - 2
    return {
        "captions": number,
        "tokens": {
            "number": tokens,
            "mean": round(tokens / number, 2),
            "shortest": min(lengths),
            "longest": max(lengths),
            "a_word": round(tokens / max(words, 1), 4),
        },
        "unknown": {
            "share_of_tokens": unknown_tokens / max(tokens, 1),
            "share_of_captions": with_unknown / number,
            "words": dict(unknown.most_common(_EXAMPLES)),
        },
        "cut": {
            "max_tokens": max_tokens,
            "share_of_captions": sum(count for length, count in lengths.items() if length > room) / number,
        },
        "lengths": {str(length): lengths[length] for length in sorted(lengths)},
    }


def _unknown_id(tokenizer: Tokenizer) -> int | None:
    for token in ("[UNK]", "<unk>"):
        if (number := tokenizer.token_to_id(token)) is not None:
            return int(number)
    return None


def _words_at(caption: str, encoding: Any, unknown_id: int | None) -> Iterator[str]:
    for number, (begin, end) in zip(encoding.ids, encoding.offsets, strict=True):
        if number == unknown_id:
            start = caption.rfind(" ", 0, begin + 1) + 1
            stop = caption.find(" ", max(end, start))
            yield caption[start : stop if stop >= 0 else len(caption)]


def _batches(captions: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(captions)
    while batch := list(islice(waiting, _BATCH)):
        yield batch
