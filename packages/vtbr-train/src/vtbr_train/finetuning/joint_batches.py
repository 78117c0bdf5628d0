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
    Augmentation,
    BatchIndices,
    CaptionImages,
    Choose,
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


class JointImages:
    """Images with identities and, numbered after them, images with captions; a batch has first ones, then others."""

    def __init__(self, identity: IdentityImages, captions: CaptionImages, border: int) -> None:
        """Let the first `border` images of each batch be those with identities."""
        self.identity, self.captions, self._border = identity, captions, border
        self.samples: Samples = join([identity.samples, captions.samples])
        self.augmentation = JointAugmentation(identity.augmentation, captions.augmentation, border)

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
        )
        return Loaded(
            batch,
            np.concatenate([told.seeds, said.seeds]),
            np.concatenate([told.names_colour, said.names_colour]),
            told.damaged + said.damaged,
        )


class JointOrder:
    """The draws of both orders, dealt into equal parts: each has its images with identities, then with captions."""

    def __init__(self, identity: Order, captions: Order, *, num_identity_images: int, parts: int) -> None:
        self._identity, self._captions = identity, captions
        self._first, self._parts = num_identity_images, parts

    def at(self, step: int) -> BatchIndices:
        """The draws of `step`, of all processes together."""
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


class JointAugmentation:
    """What happens to the pictures of each half; the first `border` of a batch are those with identities."""

    def __init__(self, identity: Augmentation, captions: Augmentation, border: int) -> None:
        self._parts = ((identity, slice(0, border)), (captions, slice(border, None)))
        self.height, self.width, self.may_reduce = identity.height, identity.width, identity.may_reduce

    def boxes(self, seeds: Seeds) -> list[Choose | None]:
        """For each image what chooses the part of it that is kept; None keeps all."""
        return [box for part, places in self._parts for box in part.boxes(seeds[places])]

    def is_mirrored(self, seeds: Seeds) -> NDArray[np.bool_]:
        """(B + N,) which images are mirrored left to right."""
        return np.concatenate([part.is_mirrored(seeds[places]) for part, places in self._parts])

    def __call__(self, pixels: Tensor, seeds: Seeds, names_colour: NDArray[np.bool_]) -> Tensor:
        """Turn uint8 (B + N, H, W, 3), which is overwritten, into float32 (B + N, 3, H, W)."""
        return torch.cat(
            [part(pixels[places], seeds[places], names_colour[places]) for part, places in self._parts]
        )


def _dealt(draws: BatchIndices, parts: int) -> list[BatchIndices]:
    size = len(draws.rows) // parts
    return [draws.take(slice(part * size, (part + 1) * size)) for part in range(parts)]
