"""Checks captions and attributes: empty, shared, impossible, too long, unknown to the tokenizer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...attributes import problems
from ...errors import InputError
from ...manifest import Manifest
from ...tokenizer import SPECIAL_TOKENS
from .finding import Finding

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MOST_UNKNOWN = 0.01
"""Share of unknown tokens above which a tokenizer is not that of these captions."""

_AROUND = 2  # [SOS] and [EOS], which models put around a caption

_BATCH = 10_000
_NAMED_PEOPLE = 5


def caption_findings(manifest: Manifest) -> Iterator[Finding]:
    """Find captions that are empty, missing beside others, or the same for different people."""
    empty, bare, special = [], [], []
    with_captions = {row.split for row in manifest.rows if row.captions}
    people: dict[str, set[int]] = defaultdict(set)
    for index, row in enumerate(manifest.rows):
        if not row.captions and row.split in with_captions:
            bare.append(f"{manifest.where(index)} ({row.path})")
        for caption in row.captions:
            if not caption.strip():
                empty.append(f"{manifest.where(index)} ({row.path})")
            elif row.identity > 0:
                people[caption].add(row.identity)
            if "[" in caption and any(token in caption for token in SPECIAL_TOKENS):
                special.append(f"{manifest.where(index)} ({row.path}): {caption[:60]}")
    if empty:
        yield Finding("error", "empty-caption", "captions are empty", list(dict.fromkeys(empty)))
    if bare:
        message = "images have no caption, others of their split have"
        yield Finding("warning", "no-caption", message, bare)
    if special:
        message = f"captions spell a token of the models ({', '.join(SPECIAL_TOKENS)}), read as plain text"
        yield Finding("warning", "special-token", message, special)
    shared = {caption: identities for caption, identities in people.items() if len(identities) > 1}
    if shared:
        ranked = sorted(shared.items(), key=lambda item: (-len(item[1]), item[0]))
        items = [f"{caption!r}: {_listed(identities)}" for caption, identities in ranked]
        yield Finding("warning", "shared-caption", "captions are the same for different people", items)


def attribute_findings(manifest: Manifest) -> Iterator[Finding]:
    """Find attributes with impossible values."""
    wrong = [
        f"{manifest.where(index)} ({row.path}): {problem}"
        for index, row in enumerate(manifest.rows)
        for problem in problems(row.attributes)
    ]
    if wrong:
        yield Finding("error", "attribute", "attributes have impossible values", wrong)


def token_findings(manifest: Manifest, tokenizer: Tokenizer, max_tokens: int) -> Iterator[Finding]:
    """Find captions longer than training reads, and words that the tokenizer does not know."""
    if max_tokens <= _AROUND:
        raise InputError(f"captions of {max_tokens} tokens have no word: [SOS] and [EOS] are two of them")
    captions = [
        (index, caption)
        for index, row in enumerate(manifest.rows)
        for caption in row.captions
        if caption.strip()
    ]
    unknown_id = tokenizer.token_to_id("[UNK]")
    long: list[str] = []
    unknown: Counter[str] = Counter()
    num_tokens = 0
    for start in range(0, len(captions), _BATCH):
        batch = captions[start : start + _BATCH]
        encodings = tokenizer.encode_batch([caption for _, caption in batch])
        for (index, caption), encoding in zip(batch, encodings, strict=True):
            num_tokens += len(encoding.ids)
            if len(encoding.ids) + _AROUND > max_tokens:
                where = f"{manifest.where(index)} ({manifest.rows[index].path})"
                long.append(f"{where}: {len(encoding.ids) + _AROUND} tokens")
            unknown.update(
                caption[slice(*span)]
                for token, span in zip(encoding.ids, encoding.offsets, strict=True)
                if token == unknown_id
            )
    if long:
        message = f"captions are longer than {max_tokens} tokens, [SOS] and [EOS] included, and will be cut"
        yield Finding("warning", "long-caption", message, long)
    if num_tokens and unknown.total() / num_tokens > MOST_UNKNOWN:
        items = [f"{text!r} ({number} times)" for text, number in unknown.most_common()]
        share = unknown.total() / num_tokens
        yield Finding(
            "warning", "unknown-tokens", f"{share:.1%} of all tokens are unknown to the tokenizer", items
        )


def _listed(identities: set[int]) -> str:
    some = ", ".join(map(str, sorted(identities)[:_NAMED_PEOPLE]))
    return some if len(identities) <= _NAMED_PEOPLE else f"{some} and {len(identities) - _NAMED_PEOPLE} more"
