"""Captions of a batch while they are written: shared by beam search and sampling.

Legend: B images, K captions an image (1 before the first word), K' of them next, L tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from einops import rearrange, repeat
from torch import Tensor

from ..captioner import EOS, MASK, PAD, SOS

if TYPE_CHECKING:
    from ..captioner import TextualHead

NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption as token ids in reading order, without [SOS] and [EOS]."""

    tokens: tuple[int, ...]
    log_probability: float
    """Of all tokens and the end, in nats, under the whole vocabulary."""
    score: float
    """What captions are compared by: log probability / number of tokens ** length_penalty."""


class Hypotheses:
    """K captions of each image, all of the same length so far, and their cache.

    The cache holds a tree an image: `_place` says where each caption's tokens are in it, so that continuing
    another caption copies these numbers and no keys.
    """

    def __init__(self, textual: TextualHead, memory: Tensor, width: int, *, backward: bool) -> None:
        """Start for memory (B, S, H), with at most `width` captions an image."""
        batch, self.device = memory.shape[0], memory.device
        self.textual, self.backward = textual, backward
        self.start, self.end = (EOS, SOS) if backward else (SOS, EOS)
        self.last_length = textual.max_tokens - 1
        """Tokens of the longest caption, its end included and its start not."""
        self.tokens = torch.full((batch, 1, 1), self.start, device=self.device)
        """(B, K, L), the start first."""
        self._place = torch.zeros_like(self.tokens)
        self._num_places = 1
        self._caches = textual.start(memory, 1 + width * (self.last_length - 1), backward=backward)

    def log_probabilities(self) -> Tensor:
        """Return log probabilities (B, K, V) of the next token; -inf is forbidden. Call once a length."""
        num_newest, length = self.tokens.shape[1:]
        mask = None
        if num_newest > 1:
            shape = (len(self.tokens), num_newest, self._num_places)
            mask = torch.zeros(shape, dtype=torch.bool, device=self.device)
            mask = rearrange(mask.scatter_(2, self._place, value=True), "b k n -> b 1 k n")
        position = torch.full((1,), length - 1, device=self.device)
        read = self.textual.step(self.tokens[:, :, -1], position, self._caches, mask, backward=self.backward)
        log_probabilities = self.textual.scores(read).float().log_softmax(dim=-1)
        log_probabilities[:, :, [PAD, self.start, MASK]] = NEVER
        return log_probabilities

    def extend(self, parent: Tensor, token: Tensor) -> None:
        """Append `token` (B, K') to the captions `parent` (B, K')."""
        batch, width = token.shape
        index = repeat(parent, "b k -> b k l", l=self.tokens.shape[2])
        place = torch.arange(self._num_places, self._num_places + width, device=self.device)
        self._num_places += width
        self.tokens = torch.cat((self.tokens.gather(1, index), rearrange(token, "b k -> b k 1")), dim=2)
        self._place = torch.cat((self._place.gather(1, index), repeat(place, "k -> b k 1", b=batch)), dim=2)

    def keep(self, images: Tensor) -> None:
        """Keep only these images: (B',) integers."""
        self.tokens, self._place = self.tokens[images], self._place[images]
        for cache in self._caches:
            cache.keep(images)

    def caption(self, tokens: Sequence[int], log_probability: float, score: float) -> Caption:
        """Make a caption from its tokens as they were written, filled up with [PAD]."""
        words = [token for token in tokens if token != PAD]
        return Caption(tuple(reversed(words) if self.backward else words), log_probability, score)


def is_worth_dropping(num_done: int, num_images: int) -> bool:
    """Return whether dropping the finished images saves more than copying the cache costs."""
    return 4 * num_done >= num_images
