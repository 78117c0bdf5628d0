"""From a feature map to one feature an image.

Legend: B images, C channels, gh gw grid cells.
"""

from __future__ import annotations

import torch
from einops import rearrange, reduce
from torch import Tensor, nn

_SMALLEST = 1e-6  # below it a cell counts as this much: powers of 0 have no gradient


def pool(grid: Tensor) -> Tensor:
    """Mean over the cells of a feature map (B, C, gh, gw): (B, C)."""
    return reduce(grid, "b c gh gw -> b c", "mean")


class GeneralisedMean(nn.Module):
    """GeM: the p-th root of the mean of p-th powers, from average (p = 1) to maximum; p is learnt.

    Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2018,
    equation 3, where p starts at 3 as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.full((1,), 3.0))

    def forward(self, grid: Tensor) -> Tensor:
        """(B, C) of a feature map (B, C, gh, gw) without negative cells, computed in float32."""
        powers = grid.float().clamp(min=_SMALLEST) ** self.p
        return pool(powers) ** (1 / self.p)

    def shares(self, grid: Tensor) -> Tensor:
        """What each cell of a feature map (B, C, gh, gw) gives; the mean over cells is what `forward` gives.

        A cell x of a pooled f gives x^p / f^(p - 1).
        """
        cells = grid.float().clamp(min=_SMALLEST)
        pooled = rearrange(self(grid), "b c -> b c 1 1")
        shares: Tensor = cells * (cells / pooled) ** (self.p - 1)
        return shares
