"""Images with identities, as fine-tuning reads them.

B images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset

from .images import read_image
from .loading import seeded
from .transforms import IdentityTransform, PlainTransform

if TYPE_CHECKING:
    from ..manifest import Row


class IdentityBatch(NamedTuple):
    """One step's images and the classes of their identities."""

    images: Tensor
    """float32 (B, 3, H, W)"""
    classes: Tensor
    """int64 (B,), in [0, number of identities)"""


@dataclass(frozen=True)
class IdentityImages(Dataset[tuple[Tensor, int]]):
    """Rows with their class; an item is asked for by a draw `(row, seed)` and is a pure function of it.

    `classes` maps identities to class numbers; made from sorted identities it is the same on every machine.
    """

    rows: Sequence[Row]
    root: Path
    classes: dict[int, int]
    transform: IdentityTransform | PlainTransform

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, draw: tuple[int, int]) -> tuple[Tensor, int]:
        index, seed = draw
        row = self.rows[index]
        image = read_image(self.root / row.path)
        with seeded(seed):
            return self.transform(image), self.classes[row.identity]


def collate_identities(items: Sequence[tuple[Tensor, int]]) -> IdentityBatch:
    """Stack images and classes."""
    images, classes = zip(*items, strict=True)
    return IdentityBatch(torch.stack(images), torch.tensor(classes))
