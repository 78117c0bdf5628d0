"""The captioner: a backbone that learns from captions ("bicaptioning", VirTex section 3.1).

Legend: B images, h w pixels, S cells, L tokens, H width, V vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from vtbr_models.textual import PAD

if TYPE_CHECKING:
    from vtbr_models.backbones import Backbone
    from vtbr_models.textual import TextualHead


class Captioner(nn.Module):
    """Backbone and textual head; `forward` gives the losses."""

    def __init__(self, visual: Backbone, textual: TextualHead) -> None:
        super().__init__()
        self.visual = visual
        self.textual = textual
        self.architecture: dict[str, Any] = {
            "model": "captioner",
            "visual": visual.architecture,
            "textual": textual.architecture,
        }

    def forward(self, images: Tensor, tokens: Tensor) -> dict[str, Tensor]:
        """Losses of captions (B, L) of images (B, 3, h, w): `loss` is `forward_loss` + `backward_loss`.

        Each row of `tokens` reads [SOS] w1 ... wn [EOS] and is filled up with [PAD] (0). Each
        loss is the mean cross-entropy, in nats, over all tokens to predict. Padding comes last
        and the decoders are causal, so no token attends to it.
        """
        memory = self.memory(images)
        forward_loss = self._loss(memory, tokens, backward=False)
        backward_loss = self._loss(memory, reverse(tokens), backward=True)
        return {
            "loss": forward_loss + backward_loss,
            "forward_loss": forward_loss,
            "backward_loss": backward_loss,
        }

    def memory(self, images: Tensor) -> Tensor:
        """What the decoders attend to, (B, S, H), of images (B, 3, h, w)."""
        return self.textual.memory(self.visual(images))

    def logits(self, memory: Tensor, tokens: Tensor, *, backward: bool = False) -> Tensor:
        """Scores (B, L, V) of the token that follows each of tokens (B, L).

        With `backward` the tokens run from [EOS] to [SOS] and the other decoder reads them.
        """
        scores: Tensor = self.textual(memory, tokens, backward=backward)
        return scores

    def _loss(self, memory: Tensor, tokens: Tensor, *, backward: bool) -> Tensor:
        scores = self.logits(memory, tokens[:, :-1], backward=backward)
        return functional.cross_entropy(
            rearrange(scores, "b l v -> (b l) v"),
            rearrange(tokens[:, 1:], "b l -> (b l)"),
            ignore_index=PAD,
        )


def reverse(tokens: Tensor) -> Tensor:
    """Each caption back to front, the padding still last.

    >>> reverse(torch.tensor([[1, 7, 8, 2, 0], [1, 9, 2, 0, 0]])).tolist()
    [[2, 8, 7, 1, 0], [2, 9, 1, 0, 0]]
    """
    lengths = (tokens != PAD).sum(dim=1, keepdim=True)
    source = lengths - 1 - torch.arange(tokens.shape[1], device=tokens.device)
    return tokens.gather(1, source.clamp(min=0)).where(source >= 0, PAD)
