"""Mixed batches of a joint fine-tuning: images with identities, then images with captions.

Legend: B images with identities, N images with captions, H width h height in pixels, L tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vtbr_data.training import (
    BatchIndices,
    CaptionImages,
    IdentityBatch,
    IdentityImages,
    Loaded,
    Samples,
    Seeds,
)

from ..inputs import join

if TYPE_CHECKING:
    from ..task import Order


class JointBatch(NamedTuple):
    """One step's images of both kinds, and what is known of them."""

    images: Tensor
    """float32 (B + N, 3, H, W)"""
    classes: Tensor
    """int64 (B,), of the first"""
    tokens: Tensor
    """int64 (N, L), of the others, as all that follows"""
    identities: Tensor | None
    attributes: Mapping[str, Tensor] | None
    wrong_tokens: Tensor | None
    teacher_images: Tensor | None = None
    """float32 (B, 3, H', W'), the first ones as a teacher reads them"""


class JointImages:
    """Images with identities and, numbered after them, images with captions; a batch has first ones, then others."""

    def __init__(self, identity: IdentityImages, captions: CaptionImages, border: int) -> None:
        """Let the first `border` images of each batch be those with identities."""
        self.identity, self.captions, self._border = identity, captions, border
        self.samples: Samples = join([identity.samples, captions.samples])

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, draws: BatchIndices) -> Loaded[JointBatch]:
        first, rest = draws.take(slice(0, self._border)), draws.take(slice(self._border, None))
        told = self.identity[first]
        said = self.captions[BatchIndices(rest.rows - len(self.identity), rest.seeds)]
        _, tokens, identities, attributes, wrong_tokens = said.batch
        batch = JointBatch(
            torch.cat([told.batch.images, said.batch.images]),
            told.batch.classes,
            tokens,
            identities,
            attributes,
            wrong_tokens,
            told.batch.teacher_images,
        )
        return Loaded(
            batch,
            np.concatenate([told.seeds, said.seeds]),
            np.concatenate([told.names_colour, said.names_colour]),
            told.damaged + said.damaged,
        )

    def finished(self, batch: JointBatch, seeds: Seeds, names_colour: NDArray[np.bool_]) -> JointBatch:
        """Return the batch with the pictures of each kind augmented as theirs are."""
        first, rest = slice(0, self._border), slice(self._border, None)
        told = self.identity.finished(
            IdentityBatch(batch.images[first], batch.classes, batch.teacher_images),
            seeds[first],
            names_colour[first],
        )
        said = self.captions.augmentation(batch.images[rest], seeds[rest], names_colour[rest])
        return batch._replace(images=torch.cat([told.images, said]), teacher_images=told.teacher_images)


class JointOrder:
    """The draws of both orders, dealt into equal parts: each has its images with identities, then with captions."""

    def __init__(self, identity: Order, captions: Order, *, num_identity_images: int, parts: int) -> None:
        self._identity, self._captions = identity, captions
        self._first, self._parts = num_identity_images, parts

    def at(self, step: int) -> BatchIndices:
        """Return the images of `step`, of all processes together."""
        told, said = self._identity.at(step), self._captions.at(step)
        said = BatchIndices(said.rows + self._first, said.seeds)
        pieces = [
            piece
            for parts in zip(_dealt(told, self._parts), _dealt(said, self._parts), strict=True)
            for piece in parts
        ]
        return BatchIndices(
            np.concatenate([piece.rows for piece in pieces]),
            np.concatenate([piece.seeds for piece in pieces]),
        )


def _dealt(draws: BatchIndices, parts: int) -> list[BatchIndices]:
    size = len(draws.rows) // parts
    return [draws.take(slice(part * size, (part + 1) * size)) for part in range(parts)]
