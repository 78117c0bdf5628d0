"""Generation the naive way: every prefix computed from its beginning, for every beam, at every length.

Batched as well as one can without a cache. `last_only` spares the output layer all but the last token, which
the published code does not do.
"""

from __future__ import annotations

import torch
from einops import rearrange, repeat
from torch import Tensor

from vtbr_models.captioner import EOS, MASK, PAD, SOS, Captioner

NEVER = float("-inf")


@torch.inference_mode()
def naive_beam_search(
    model: Captioner, memory: Tensor, beams: int, *, last_only: bool = False
) -> list[tuple[int, ...]]:
    """Return the best caption of each of memory (B, S, H), as `vtbr_models.generate` defines it; no early
    end.
    """
    batch, last = len(memory), model.textual.max_tokens - 1
    memory = repeat(memory, "b s h -> (b k) s h", k=beams)
    tokens = torch.full((batch, beams, 1), SOS)
    totals = torch.full((batch, beams), NEVER)
    totals[:, 0] = 0.0
    best: list[tuple[float, tuple[int, ...]]] = [(NEVER, ())] * batch
    for length in range(1, last + 1):
        scores = _following(model, memory, rearrange(tokens, "b k l -> (b k) l"), last_only)
        scores[:, [PAD, SOS, MASK]] = NEVER
        continued = rearrange(totals, "b k -> b k 1") + rearrange(scores, "(b k) v -> b k v", k=beams)
        flat = rearrange(continued, "b k v -> b (k v)")
        worst = flat.topk(beams).values[:, -1:]
        ends = continued[:, :, EOS]
        ends = ends if length == last else ends.where(ends >= worst, NEVER)
        for image, row in enumerate(ends.tolist()):
            for beam, total in enumerate(row):
                best[image] = max(best[image], (total / length, tuple(tokens[image, beam, 1:].tolist())))
        continued[:, :, EOS] = NEVER
        totals, choice = flat.topk(beams)
        parent, token = choice // scores.shape[1], choice % scores.shape[1]
        history = tokens.gather(1, repeat(parent, "b k -> b k l", l=length))
        tokens = torch.cat((history, rearrange(token, "b k -> b k 1")), dim=2)
    return [words for _, words in best]


def _following(model: Captioner, memory: Tensor, tokens: Tensor, last_only: bool) -> Tensor:
    textual = model.textual
    if last_only:
        x = textual.forward_decoder(textual.embedding(tokens), memory)[:, -1]
        return textual.scores(x).log_softmax(dim=-1)
    return model.logits(memory, tokens)[:, -1].log_softmax(dim=-1)
