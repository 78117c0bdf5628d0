"""How captions are trained on, beyond the published recipe: what the decoders are kept from seeing.

Legend: B images, L tokens, S cells, K cells kept, H width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import repeat
from torch import Tensor

from .textual import MASK, PAD


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionTraining:
    """Options of a captioner in training. Randomness comes from torch's generator of the CPU."""

    parallel_share: float = 0.0
    """Share of the batches in which a caption is predicted all at once, with every word hidden from the decoders:
    only the image can then lower the loss ("Image Captioners Are Scalable Vision Learners Too", Tschannen et al.,
    NeurIPS 2023, which takes three quarters)."""
    visual_share: float = 1.0
    """Share of the cells that the decoders see, drawn anew for each image ("OpenVision 2", Liu et al., 2025, which
    keeps a quarter to a third)."""

    def __post_init__(self) -> None:
        if not 0 <= self.parallel_share <= 1:
            raise ValueError(f"parallel_share must be in [0, 1], not {self.parallel_share}")
        if not 0 < self.visual_share <= 1:
            raise ValueError(f"visual_share must be above 0 and at most 1, not {self.visual_share}")

    def draws_parallel(self) -> bool:
        """Draws whether this batch hides its words; draws nothing where the share is 0."""
        return self.parallel_share > 0 and bool(torch.rand(()) < self.parallel_share)


PLAIN = CaptionTraining()
"""As published: every word but the next ones is seen, and every cell."""


def hide_words(tokens: Tensor) -> Tensor:
    """Return [MASK] in the place of every token of (B, L) that is no padding.

    >>> hide_words(torch.tensor([[1, 7, 8, 0]])).tolist()
    [[3, 3, 3, 0]]
    """
    return torch.where(tokens != PAD, MASK, PAD)


def keep_cells(memory: Tensor, share: float) -> Tensor:
    """Return a random part of the cells (B, S, H) of each image, (B, K, H), K = share * S, at least 1, in
    their order.
    """
    num_cells = memory.shape[1]
    num_kept = max(1, round(share * num_cells))
    if num_kept == num_cells:
        return memory
    kept = torch.rand(memory.shape[:2]).argsort(dim=1)[:, :num_kept].sort(dim=1).values
    return memory.gather(1, repeat(kept.to(memory.device), "b k -> b k h", h=memory.shape[2]))
