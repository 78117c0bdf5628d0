"""Captions for images, word by word, without computing anything twice.

The image is projected once; keys and values of the words so far are kept and follow their beams.

Legend: B images, K beams an image, L tokens, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from einops import rearrange, repeat
from torch import Tensor

from vtbr_models.textual import EOS, MASK, PAD, SOS

if TYPE_CHECKING:
    from vtbr_models.captioner import Captioner

_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption as token ids, without [SOS] and [EOS]."""

    tokens: tuple[int, ...]
    log_probability: float
    """Of all tokens and [EOS], in nats."""
    score: float
    """What captions were compared by: log probability / number of tokens ** length_penalty."""


@torch.inference_mode()
def generate(
    model: Captioner, images: Tensor, *, beams: int = 5, length_penalty: float = 1.0
) -> list[Caption]:
    """The best caption that beam search finds for each of images (B, 3, h, w).

    One beam is greedy search. The score of a caption is its mean log probability a token, [EOS]
    included, for a `length_penalty` of 1, and its log probability for 0. A caption is finished where
    [EOS] is among the best continuations, as many as there are beams. An image is done with as many
    finished captions, or once no open beam can still beat the best of them. Captions are cut, by an
    [EOS], at the model's `max_tokens`. [PAD], [SOS] and [MASK] are never chosen. Put the model in
    evaluation mode first.
    """
    search = _Search(model, model.memory(images), beams, length_penalty)
    for length in range(1, model.textual.max_tokens):
        if not search.step(length):
            break
    return search.captions()


class _Search:
    """Beam search over a batch; all images advance together, K beams each."""

    def __init__(self, model: Captioner, memory: Tensor, beams: int, length_penalty: float) -> None:
        batch = memory.shape[0]
        self.textual = model.textual
        self.caches = model.textual.start(memory)
        self.length_penalty = length_penalty
        self.last_length = model.textual.max_tokens - 1
        # Of the open beams; at the start all are the same, so only the first may be chosen.
        self.tokens = torch.full((batch, beams, 1), SOS, device=memory.device)
        self.log_probability = torch.full((batch, beams), _NEVER, device=memory.device)
        self.log_probability[:, 0] = 0.0
        self.num_finished = torch.zeros((batch,), dtype=torch.int64, device=memory.device)
        self.is_done = torch.zeros((batch,), dtype=torch.bool, device=memory.device)
        # Of the best finished caption of each image.
        self.best_tokens = torch.zeros(
            (batch, model.textual.max_tokens), dtype=torch.int64, device=memory.device
        )
        self.best_log_probability = torch.full((batch,), _NEVER, device=memory.device)
        self.best_score = torch.full((batch,), _NEVER, device=memory.device)

    def step(self, length: int) -> bool:
        """Choose token number `length` (1 follows [SOS]); False once every image is done."""
        totals = self._totals(length)
        self._finish(totals, length)
        totals[:, :, EOS] = _NEVER
        self._extend(totals)
        # A log probability only falls, so the longest caption divides it most favourably.
        reachable = self._score(self.log_probability.amax(dim=1), self.last_length)
        self.is_done |= (self.num_finished >= totals.shape[1]) | (self.best_score >= reachable)
        return not bool(self.is_done.all())

    def captions(self) -> list[Caption]:
        rows = zip(
            self.best_tokens.tolist(),
            self.best_log_probability.tolist(),
            self.best_score.tolist(),
            strict=True,
        )
        return [
            Caption(tuple(token for token in tokens if token != PAD), log_probability, score)
            for tokens, log_probability, score in rows
        ]

    def _totals(self, length: int) -> Tensor:
        """Log probability (B, K, V) of each beam with each token behind it."""
        newest = rearrange(self.tokens[:, :, -1], "b k -> (b k)")
        scores = self.textual.step(newest, length - 1, self.caches).float()
        scores[:, [PAD, SOS, MASK]] = _NEVER
        log_probability = rearrange(scores.log_softmax(dim=-1), "(b k) v -> b k v", k=self.tokens.shape[1])
        return rearrange(self.log_probability, "b k -> b k 1") + log_probability

    def _finish(self, totals: Tensor, length: int) -> None:
        """Close the captions that end here; keep the best where it beats what was kept."""
        worst_chosen = rearrange(totals, "b k v -> b (k v)").topk(totals.shape[1]).values[:, -1:]
        ends = totals[:, :, EOS]
        if length < self.last_length:  # there, all that are open must end
            ends = ends.where(ends >= worst_chosen, _NEVER)
        self.num_finished += (ends > _NEVER).sum(dim=1)
        log_probability, beam = ends.max(dim=1)
        score = self._score(log_probability, length)
        is_better = (score > self.best_score) & ~self.is_done
        words = self.tokens.gather(1, repeat(beam, "b -> b 1 l", l=self.tokens.shape[2]))
        self.best_tokens[is_better] = 0
        self.best_tokens[is_better, : length - 1] = words[is_better, 0, 1:]
        self.best_log_probability = torch.where(is_better, log_probability, self.best_log_probability)
        self.best_score = torch.where(is_better, score, self.best_score)

    def _extend(self, totals: Tensor) -> None:
        """Go on with the K best of all beams and tokens (B, K, V)."""
        batch, beams, vocabulary = totals.shape
        self.log_probability, choice = rearrange(totals, "b k v -> b (k v)").topk(beams)
        parent, token = choice // vocabulary, choice % vocabulary
        history = self.tokens.gather(1, repeat(parent, "b k -> b k l", l=self.tokens.shape[2]))
        self.tokens = torch.cat((history, rearrange(token, "b k -> b k 1")), dim=2)
        first = rearrange(torch.arange(batch, device=parent.device) * beams, "b -> b 1")
        for cache in self.caches:
            cache.reorder(rearrange(first + parent, "b k -> (b k)"))

    def _score(self, log_probability: Tensor, length: int) -> Tensor:
        return log_probability / float(length**self.length_penalty)
