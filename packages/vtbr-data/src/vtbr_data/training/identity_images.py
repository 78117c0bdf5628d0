"""Images with identities, as fine-tuning reads them.

B images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .batches import BatchIndices
from .fetching import OnDamage, Samples, fetch
from .loading import Loaded

if TYPE_CHECKING:
    from .augmentation import Augmentation


class IdentityBatch(NamedTuple):
    """One step's images and the classes of their identities."""

    images: Tensor
    """float32 (B, 3, H, W)"""
    classes: Tensor
    """int64 (B,), in [0, number of identities)"""


@dataclass(frozen=True)
class IdentityImages:
    """Rows with their class; a batch is a pure function of its indices.

    `classes` maps identities to class numbers; made from sorted identities it is the same on every machine.
    """

    samples: Samples
    classes: Mapping[int, int]
    augmentation: Augmentation
    on_damage: OnDamage = "stop"

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, draws: BatchIndices) -> Loaded[IdentityBatch]:
        pixels, draws, damaged = fetch(self.samples, draws, self.augmentation, self.on_damage)
        classes = torch.tensor([self.classes[self.samples.rows[row].identity] for row in draws.rows])
        return Loaded(
            IdentityBatch(pixels, classes), draws.seeds, np.zeros(len(draws.rows), np.bool_), damaged
        )
