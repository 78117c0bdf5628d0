"""Captions drawn at random, from the whole distribution or its likely part.

Legend: B images, K captions an image, L tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange, repeat
from torch import Tensor

from ..captioner import PAD
from .hypotheses import Caption, Hypotheses, is_worth_dropping

_LIKELY = 512  # tokens among which a nucleus nearly always lies: sorting them all takes longest of all


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampling:
    """Settings of random captions.

    Nucleus sampling (Holtzman et al., "The Curious Case of Neural Text Degeneration", ICLR 2020) keeps the
    fewest tokens whose probabilities sum to `top_p`; top-k sampling (Fan et al., ACL 2018) the `top_k`
    likeliest. With both, `top_k` comes first. The rest is drawn from in proportion.
    """

    captions: int = 1
    temperature: float = 1.0
    """Scores are divided by it: below 1 likely tokens become likelier."""
    top_k: int = 0
    """0: all."""
    top_p: float = 1.0
    seed: int = 0
    backward: bool = False
    """Write from the last word to the first, with the other decoder."""

    def __post_init__(self) -> None:
        if self.captions < 1:
            raise ValueError(f"captions must be at least 1, not {self.captions}")
        if self.temperature <= 0:
            raise ValueError(f"temperature must be above 0, not {self.temperature}: 0 is greedy search")
        if self.top_k < 0:
            raise ValueError(f"top_k must be at least 0, not {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, not {self.seed}")

    @property
    def width(self) -> int:
        """Captions of an image that are open at once."""
        return self.captions


def sample(hypotheses: Hypotheses, sampling: Sampling, numbers: Sequence[int]) -> list[list[Caption]]:
    """Draw `sampling.captions` captions for each image, in the order drawn; some may be equal.

    `numbers` (B,) of the images decide, with the seed, what is drawn. Scores are mean log probabilities a
    token.
    """
    batch, width = len(hypotheses.tokens), sampling.captions
    chance = _chances(numbers, width, hypotheses.last_length, sampling.seed).to(hypotheses.device)
    captions: list[list[Caption]] = [[] for _ in range(batch)]
    image = torch.arange(batch, device=hypotheses.device)
    total = torch.zeros((batch, width), device=hypotheses.device)
    is_open = torch.ones((batch, width), dtype=torch.bool, device=hypotheses.device)
    for length in range(1, hypotheses.last_length + 1):
        following = hypotheses.log_probabilities().expand(-1, width, -1)
        token = draw(following, chance[image, :, length - 1], sampling)
        if length == hypotheses.last_length:
            token = torch.full_like(token, hypotheses.end)
        token = token.where(is_open, PAD)
        chosen = rearrange(following.gather(2, rearrange(token, "b k -> b k 1")), "b k 1 -> b k")
        total = total + chosen.where(is_open, 0)
        is_open = is_open & (token != hypotheses.end)
        parent = torch.arange(width, device=hypotheses.device).clamp(max=hypotheses.tokens.shape[1] - 1)
        hypotheses.extend(repeat(parent, "k -> b k", b=len(image)), token)
        is_done = ~is_open.any(dim=1)
        if is_worth_dropping(int(is_done.sum()), len(image)):
            for row in is_done.nonzero()[:, 0].tolist():
                captions[int(image[row])] = _captions(hypotheses, row, total[row].tolist())
            stay = (~is_done).nonzero()[:, 0]
            if len(stay) == 0:
                break
            hypotheses.keep(stay)
            image, total, is_open = image[stay], total[stay], is_open[stay]
    return captions


def draw(log_probabilities: Tensor, chance: Tensor, sampling: Sampling) -> Tensor:
    """Return tokens (B, K): those where the summed probabilities (B, K, V) pass `chance` (B, K) in [0, 1)."""
    scores = log_probabilities / sampling.temperature
    vocabulary = scores.shape[2]
    if sampling.top_k == 0 and sampling.top_p == 1:
        return _fall(scores.softmax(dim=-1), chance)
    likely = min(sampling.top_k or _LIKELY, vocabulary)
    best, token = scores.topk(likely)
    # With a top_k the rest is out; without, it takes its part of the sum.
    whole = (best if sampling.top_k else scores).logsumexp(dim=-1, keepdim=True)
    probability = (best - whole).exp()
    if likely < vocabulary and not sampling.top_k and bool((probability.sum(dim=-1) < sampling.top_p).any()):
        best, token = scores.sort(dim=-1, descending=True)
        probability = (best - whole).exp()
    before = probability.cumsum(dim=-1) - probability
    place = _fall(probability.where(before < sampling.top_p, 0), chance)
    return rearrange(token.gather(2, rearrange(place, "b k -> b k 1")), "b k 1 -> b k")


def _fall(weight: Tensor, chance: Tensor) -> Tensor:
    """Return where in the sums of weights (B, K, V) the share `chance` lies; never at a weight of 0."""
    sums = weight.cumsum(dim=-1)
    target = rearrange(chance, "b k -> b k 1") * sums[..., -1:]
    place = rearrange(torch.searchsorted(sums, target, right=True), "b k 1 -> b k")
    last = weight.shape[-1] - 1 - (weight.flip(-1) > 0).int().argmax(dim=-1)  # rounding may pass it
    return torch.minimum(place, last)


def _chances(numbers: Sequence[int], width: int, length: int, seed: int) -> Tensor:
    """Draw from [0, 1), (B, K, L), by the seed and each image's number alone."""
    drawn = [
        np.random.default_rng((seed, number)).random((width, length), dtype=np.float32) for number in numbers
    ]
    return torch.from_numpy(np.stack(drawn))


def _captions(hypotheses: Hypotheses, row: int, totals: list[float]) -> list[Caption]:
    found = []
    for tokens, total in zip(hypotheses.tokens[row, :, 1:].tolist(), totals, strict=True):
        words = tokens[: tokens.index(hypotheses.end)]
        found.append(hypotheses.caption(words, total, total / (len(words) + 1)))
    return found
