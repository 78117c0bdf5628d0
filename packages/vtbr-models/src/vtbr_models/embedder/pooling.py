"""From a feature map to one feature an image.

Legend: B images, C channels, P pooled width, gh gw grid cells.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from einops import rearrange, reduce
from torch import Tensor, nn

from .pooling_names import POOLING_NAMES

_FROM_NEIGHBOUR = 0.2  # docs/lab-notes.md; 0.1 to 0.25 do alike
_SMALLEST = 1e-6  # below it a cell counts as this much: powers of 0 have no gradient


def pool(grid: Tensor) -> Tensor:
    """Return mean over the cells of a feature map (B, C, gh, gw): (B, C)."""
    return reduce(grid, "b c gh gw -> b c", "mean")


class Pooling(nn.Module, ABC):
    """A map from feature maps (B, C, gh, gw) to pooled features (B, P)."""

    num_parts = 1
    """P / C."""

    @abstractmethod
    def forward(self, grid: Tensor) -> Tensor:
        """Return pooled features (B, P) of a feature map (B, C, gh, gw)."""

    @abstractmethod
    def shares(self, grid: Tensor) -> Tensor:
        """Return what each cell gives, (B, P, gh, gw): the mean over the cells is what `forward` gives."""


class Average(Pooling):
    """The mean over the cells."""

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C) of a feature map (B, C, gh, gw)."""
        return pool(grid)

    def shares(self, grid: Tensor) -> Tensor:
        """Return the cells themselves, in float32."""
        return grid.float()


class Maximum(Pooling):
    """The largest cell of each channel."""

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C) of a feature map (B, C, gh, gw)."""
        return grid.amax(dim=(2, 3))

    def shares(self, grid: Tensor) -> Tensor:
        """Return the maximum at its (first) cell, times the number of cells; 0 elsewhere."""
        flat = rearrange(grid.float(), "b c gh gw -> b c (gh gw)")
        value, place = flat.max(dim=2, keepdim=True)
        shares = torch.zeros_like(flat).scatter(2, place, value * flat.shape[2])
        return shares.reshape(grid.shape)


class AverageMaximum(Pooling):
    """Average and maximum, added (fastreid's `avgmaxpool`)."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList([Average(), Maximum()])

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C) of a feature map (B, C, gh, gw)."""
        average, maximum = (part(grid) for part in self.parts)
        total: Tensor = average + maximum
        return total

    def shares(self, grid: Tensor) -> Tensor:
        """Return the sum of both shares."""
        average, maximum = self.parts
        assert isinstance(average, Average) and isinstance(maximum, Maximum)
        return average.shares(grid) + maximum.shares(grid)


class AverageAndMaximum(AverageMaximum):
    """Average and maximum side by side: twice as wide."""

    num_parts = 2

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, 2 C) of a feature map (B, C, gh, gw)."""
        return torch.cat([part(grid) for part in self.parts], dim=1)

    def shares(self, grid: Tensor) -> Tensor:
        """Return both shares, side by side."""
        average, maximum = self.parts
        assert isinstance(average, Average) and isinstance(maximum, Maximum)
        return torch.cat([average.shares(grid), maximum.shares(grid)], dim=1)


class Stripes(Pooling):
    """The means over four horizontal stripes, from top to bottom: what is worn where.

    Sun et al., "Beyond Part Models", ECCV 2018, with one classifier for all. Where the rows cannot be divided by
    their number, neighbours share one.
    """

    num_parts = 4

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, 4 C) of a feature map (B, C, gh, gw)."""
        return torch.cat([pool(grid[:, :, rows]) for rows in self._rows(grid)], dim=1)

    def shares(self, grid: Tensor) -> Tensor:
        """Return each stripe's own cells, times the map's height in stripes; 0 elsewhere."""
        grid = grid.float()
        parts = []
        for rows in self._rows(grid):
            part = torch.zeros_like(grid)
            part[:, :, rows] = grid[:, :, rows] * (grid.shape[2] / (rows.stop - rows.start))
            parts.append(part)
        return torch.cat(parts, dim=1)

    def _rows(self, grid: Tensor) -> list[slice]:
        """Return the rows of each stripe."""
        height, number = grid.shape[2], self.num_parts
        return [slice(part * height // number, -(-(part + 1) * height // number)) for part in range(number)]


class EightStripes(Stripes):
    """The means over eight horizontal stripes: each row of the map of a picture 64 pixels high."""

    num_parts = 8


class SoftStripes(EightStripes):
    """Eight stripes, a fifth of each taken from its neighbour in the same quarter of the picture.

    Finer than four stripes, and less lost than eight where boxes are not exactly around people.
    """

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, 8 C) of a feature map (B, C, gh, gw)."""
        return self._softened(super().forward(grid))

    def shares(self, grid: Tensor) -> Tensor:
        """Return the shares of eight stripes, softened alike."""
        return self._softened(super().shares(grid))

    def _softened(self, parts: Tensor) -> Tensor:
        halves = rearrange(parts, "b (quarter half c) ... -> b quarter half c ...", quarter=4, half=2)
        soft = torch.lerp(halves, halves.mean(dim=2, keepdim=True), 2 * _FROM_NEIGHBOUR)
        return rearrange(soft, "b quarter half c ... -> b (quarter half c) ...")


class GeneralisedMean(Pooling):
    """GeM: the p-th root of the mean of p-th powers, from average (p = 1) to maximum; p is learnt.

    Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2018,
    equation 3, where p starts at 3 as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.full((1,), 3.0))

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C) of a feature map (B, C, gh, gw) without negative cells, computed in float32."""
        powers = grid.float().clamp(min=_SMALLEST) ** self.p
        return pool(powers) ** (1 / self.p)

    def shares(self, grid: Tensor) -> Tensor:
        """Return what each cell of a feature map (B, C, gh, gw) gives; the mean over cells is what `forward`
        gives.

        A cell x of a pooled f gives x^p / f^(p - 1).
        """
        cells = grid.float().clamp(min=_SMALLEST)
        pooled = rearrange(self(grid), "b c -> b c 1 1")
        shares: Tensor = cells * (cells / pooled) ** (self.p - 1)
        return shares


_KINDS = (
    Average,
    Maximum,
    GeneralisedMean,
    AverageMaximum,
    AverageAndMaximum,
    Stripes,
    EightStripes,
    SoftStripes,
)
POOLINGS: dict[str, type[Pooling]] = dict(zip(POOLING_NAMES, _KINDS, strict=True))
"""By the name that `architecture.pooling` holds."""
