"""Beam search over a batch of images.

Legend: B images, K beams an image, C captions kept of an image, L tokens, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange, repeat
from torch import Tensor
from torch.nn import functional

from .hypotheses import NEVER, Caption, Hypotheses, is_worth_dropping


@dataclass(frozen=True, kw_only=True, slots=True)
class BeamSearch:
    """Settings of the search for the likeliest captions."""

    beams: int = 5
    """1 is greedy search."""
    length_penalty: float = 1.0
    """Captions are compared by log probability / number of tokens ** this, their end counted: 1 compares
    means, 0 sums, which favours short ones."""
    no_repeat_ngram: int = 0
    """No caption contains the same n-gram of this many tokens twice; 0: no limit."""
    captions: int = 1
    """Number of different captions of an image, at most as many as beams."""
    backward: bool = False
    """Write from the last word to the first, with the other decoder."""

    def __post_init__(self) -> None:
        if self.beams < 1:
            raise ValueError(f"beams must be at least 1, not {self.beams}")
        if not 1 <= self.captions <= self.beams:
            raise ValueError(f"captions must be from 1 to the {self.beams} beams, not {self.captions}")
        if self.length_penalty < 0:
            raise ValueError(f"length_penalty must be at least 0, not {self.length_penalty}")
        if self.no_repeat_ngram < 0:
            raise ValueError(f"no_repeat_ngram must be at least 0, not {self.no_repeat_ngram}")

    @property
    def width(self) -> int:
        """Captions of an image that are open at once."""
        return self.beams


def beam_search(hypotheses: Hypotheses, search: BeamSearch) -> list[list[Caption]]:
    """Return the best captions of each image, best first.

    A caption is finished when its end is among the best K continuations. An image is finished with K
    finished captions, or once no open beam can beat the last of the C that are kept; it always gets C
    captions if the vocabulary allows.
    """
    running = _Running(hypotheses, search)
    for length in range(1, hypotheses.last_length + 1):
        running.step(length)
        if running.is_over():
            break
    return running.captions


class _Running:
    """The open beams, and the best finished captions of each image that is not finished."""

    def __init__(self, hypotheses: Hypotheses, search: BeamSearch) -> None:
        batch = len(hypotheses.tokens)
        self.hypotheses, self.search = hypotheses, search
        self.captions: list[list[Caption]] = [[] for _ in range(batch)]
        self.image = torch.arange(batch, device=hypotheses.device)
        """Index in the batch of each row here."""
        self.log_probability = torch.zeros((batch, 1), device=hypotheses.device)
        self.num_finished = torch.zeros((batch,), dtype=torch.int64, device=hypotheses.device)
        self.is_done = torch.zeros((batch,), dtype=torch.bool, device=hypotheses.device)
        kept = (batch, search.captions)
        self.best_score = torch.full(kept, NEVER, device=hypotheses.device)
        self.best_log_probability = torch.full(kept, NEVER, device=hypotheses.device)
        self.best_tokens = torch.zeros(
            (*kept, hypotheses.last_length), dtype=torch.int64, device=hypotheses.device
        )

    def step(self, length: int) -> None:
        """Choose token number `length` (1 follows the start)."""
        beams = self.search.beams
        following = self.hypotheses.log_probabilities()
        if self.search.no_repeat_ngram:
            forbid_repeats(following, self.hypotheses.tokens, self.search.no_repeat_ngram)
        # The best of all beams and tokens are among each beam's best: one more, should one be the end.
        best, token = following.topk(min(beams + 1, following.shape[2]))
        totals = rearrange(self.log_probability, "b k -> b k 1") + best
        ends = self.log_probability + following[:, :, self.hypotheses.end]
        if length < self.hypotheses.last_length:  # there, all that are open must end
            worst = rearrange(totals, "b k v -> b (k v)").topk(min(beams, totals[0].numel())).values[:, -1:]
            ends = ends.where(ends >= worst, NEVER)
        self._finish(ends, length)
        self._extend(totals.where(token != self.hypotheses.end, NEVER), token)
        # A log probability only falls, so the longest caption divides it most favourably.
        reachable = self._score(self.log_probability.amax(dim=1), self.hypotheses.last_length)
        self.is_done = (self.num_finished >= beams) | (self.best_score[:, -1] >= reachable)

    def is_over(self) -> bool:
        """Drop finished images when that saves time; return True when none is left."""
        done = self.is_done.tolist()
        is_last = self.hypotheses.tokens.shape[2] > self.hypotheses.last_length
        if is_last or is_worth_dropping(sum(done), len(done)):
            self._drop([number for number, is_done in enumerate(done) if is_done or is_last])
        return len(self.image) == 0

    def _finish(self, ends: Tensor, length: int) -> None:
        """Close the captions that end here, with these log probabilities; keep the best C of all."""
        self.num_finished += (ends > NEVER).sum(dim=1)
        words = functional.pad(
            self.hypotheses.tokens[:, :, 1:], (0, self.hypotheses.last_length - length + 1)
        )
        ends = ends.where(~rearrange(self.is_done, "b -> b 1"), NEVER)
        scores = torch.cat((self.best_score, self._score(ends, length)), dim=1)
        self.best_score, kept = (
            part[:, : self.search.captions] for part in scores.sort(dim=1, descending=True, stable=True)
        )
        every = torch.cat((self.best_log_probability, ends), dim=1)
        self.best_log_probability = every.gather(1, kept)
        index = repeat(kept, "b c -> b c l", l=words.shape[2])
        self.best_tokens = torch.cat((self.best_tokens, words), dim=1).gather(1, index)

    def _extend(self, totals: Tensor, token: Tensor) -> None:
        """Continue with the K best (B, K, V') of each beam's best continuations."""
        beams, per_beam = self.search.beams, totals.shape[2]
        missing = max(0, beams - totals.shape[1] * per_beam)  # more beams than there are words yet
        flat = functional.pad(rearrange(totals, "b k v -> b (k v)"), (0, missing), value=NEVER)
        self.log_probability, choice = flat.topk(beams)
        choice = choice.where(choice < totals.shape[1] * per_beam, 0)
        token = rearrange(token, "b k v -> b (k v)").gather(1, choice)
        self.hypotheses.extend(choice // per_beam, token)

    def _drop(self, rows: list[int]) -> None:
        scores, totals = self.best_score.tolist(), self.best_log_probability.tolist()
        tokens, images = self.best_tokens.tolist(), self.image.tolist()
        for row in rows:
            self.captions[images[row]] = [
                self.hypotheses.caption(*found)
                for found in zip(tokens[row], totals[row], scores[row], strict=True)
                if found[2] > NEVER
            ]
        stay = sorted(set(range(len(images))) - set(rows))
        index = torch.tensor(stay, dtype=torch.int64, device=self.image.device)
        for name in ("image", "log_probability", "num_finished", "is_done",
                     "best_score", "best_log_probability", "best_tokens"):  # fmt: skip
            setattr(self, name, getattr(self, name)[index])
        self.hypotheses.keep(index)

    def _score(self, log_probability: Tensor, length: int) -> Tensor:
        return log_probability / float(length**self.search.length_penalty)


def forbid_repeats(following: Tensor, tokens: Tensor, size: int) -> None:
    """Put -inf into `following` (B, K, V) where `tokens` (B, K, L) would have `size` in a row again.

    The log probabilities of the others stay the model's own: they are not made to sum to 1 again.
    """
    if tokens.shape[2] < size:
        return
    windows = tokens.unfold(2, size, 1)
    last = rearrange(tokens[:, :, tokens.shape[2] - size + 1 :], "b k n -> b k 1 n")
    is_again = (windows[..., :-1] == last).all(dim=-1)
    repeated = windows[..., -1].where(is_again, tokens[:, :, :1])  # the start may not follow anyhow
    following.scatter_(2, repeated, NEVER)
