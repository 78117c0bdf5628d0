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
    from numpy.typing import NDArray

    from .augmentation import Augmentation
    from .randomness import Seeds


class IdentityBatch(NamedTuple):
    """One step's images and the classes of their identities."""

    images: Tensor
    """float32 (B, 3, H, W)"""
    classes: Tensor
    """int64 (B,), in [0, number of identities)"""
    teacher_images: Tensor | None = None
    """float32 (B, 3, H', W'), the same pictures augmented alike, in the size that a teacher reads"""


@dataclass(frozen=True)
class IdentityImages:
    """Rows with their class; a batch is a pure function of its indices.

    `classes` maps identities to class numbers; made from sorted identities it is the same on every machine.
    """

    samples: Samples
    classes: Mapping[int, int]
    augmentation: Augmentation
    on_damage: OnDamage = "stop"
    teacher: Augmentation | None = None
    """What makes `teacher_images`: `augmentation` in another size; None makes none."""

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, draws: BatchIndices) -> Loaded[IdentityBatch]:
        found = fetch(self.samples, draws, self.augmentation, self.on_damage, self.teacher)
        rows = found.draws.rows
        classes = torch.tensor([self.classes[self.samples.rows[row].identity] for row in rows])
        batch = IdentityBatch(found.pixels, classes, found.also)
        return Loaded(batch, found.draws.seeds, np.zeros(len(rows), np.bool_), found.damaged)

    def finished(self, batch: IdentityBatch, seeds: Seeds, names_colour: NDArray[np.bool_]) -> IdentityBatch:
        """Return the batch with its pictures augmented, on the device where they are."""
        images = self.augmentation(batch.images, seeds, names_colour)
        if self.teacher is None or batch.teacher_images is None:
            return batch._replace(images=images)
        return batch._replace(
            images=images, teacher_images=self.teacher(batch.teacher_images, seeds, names_colour)
        )
