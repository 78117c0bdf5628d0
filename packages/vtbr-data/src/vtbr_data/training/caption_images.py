"""Images with captions, as pretraining reads them.

B images, L tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..errors import InputError
from .batches import BatchIndices
from .caption_text import EOS, PAD, SOS, encode_caption, exchange_word, names_colour, swap_left_right
from .fetching import OnDamage, Samples, fetch
from .labels import attribute_classes
from .loading import Loaded
from .randomness import CAPTION, WORD, uniforms

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from ..manifest import Row
    from .augmentation import Augmentation
    from .randomness import Seeds

COLOURS = frozenset({"upper_colour", "lower_colour"})


class CaptionBatch(NamedTuple):
    """One step's images and captions, and where they were asked for, identities and attributes."""

    images: Tensor
    """float32 (B, 3, H, W)"""
    tokens: Tensor
    """int64 (B, L): [SOS], words, [EOS], then padding"""
    identities: Tensor | None = None
    """int64 (B,), classes in [0, number of identities); -1 where the person is unknown"""
    attributes: Mapping[str, Tensor] | None = None
    """int64 (B,) for each known attribute: its class, -1 where it is not known"""
    wrong_tokens: Tensor | None = None
    """int64 (B, L'): as `tokens`, with one word exchanged"""


@dataclass(frozen=True)
class CaptionImages:
    """Rows with captions; a batch is a pure function of its indices.

    An image with several captions gives one of them, chosen by the draw. `identity_classes` numbers the
    identities of the batches' `identities`. Without `has_captions` nothing is read of them. Raises
    `InputError` for rows without captions.
    """

    samples: Samples
    tokenizer: Tokenizer | None
    """None goes with captions that nobody reads."""
    max_tokens: int
    augmentation: Augmentation
    identity_classes: Mapping[int, int] | None = None
    has_attributes: bool = False
    has_captions: bool = True
    has_wrong_captions: bool = False
    """Whether each caption is added again with one word exchanged (`exchange_word`)."""
    on_damage: OnDamage = "stop"

    def __post_init__(self) -> None:
        for number, row in enumerate(self.samples.rows if self.has_captions else (), 1):
            if not row.captions or not all(caption.strip() for caption in row.captions):
                what = "has an empty caption" if row.captions else "has no caption"
                raise InputError(
                    f"image {number} of the manifest ({row.path}) {what}: make some by `vtbr-data caption`"
                )

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, draws: BatchIndices) -> Loaded[CaptionBatch]:
        pixels, draws, damaged, _ = fetch(self.samples, draws, self.augmentation, self.on_damage)
        is_mirrored = self.augmentation.is_mirrored(draws.seeds).tolist()
        rows = [self.samples.rows[row] for row in draws.rows]
        captions = self._captions(rows, draws)
        said = [
            swap_left_right(caption) if mirrored else caption
            for caption, mirrored in zip(captions, is_mirrored, strict=True)
        ]
        identities = attributes = wrong = None
        if self.has_wrong_captions:
            numbers = uniforms(draws.seeds, WORD, 1)[:, 0]
            wrong = self._encoded(map(exchange_word, said, numbers.tolist()))
        if self.identity_classes is not None:
            identities = torch.tensor([self.identity_classes.get(row.identity, -1) for row in rows])
        if self.has_attributes:
            attributes = attribute_classes([row.attributes for row in rows], is_mirrored)
        colours = np.array(
            [
                names_colour(caption) or (self.has_attributes and not COLOURS.isdisjoint(row.attributes))
                for caption, row in zip(captions, rows, strict=True)
            ]
        )
        batch = CaptionBatch(pixels, self._encoded(said), identities, attributes, wrong)
        return Loaded(batch, draws.seeds, colours, damaged)

    def finished(self, batch: CaptionBatch, seeds: Seeds, names_colour: NDArray[np.bool_]) -> CaptionBatch:
        """Return the batch with its pictures augmented, on the device where they are."""
        return batch._replace(images=self.augmentation(batch.images, seeds, names_colour))

    def _captions(self, rows: Sequence[Row], draws: BatchIndices) -> list[str]:
        if not self.has_captions:
            return [""] * len(rows)
        choices = uniforms(draws.seeds, CAPTION, 1)[:, 0]
        return [
            row.captions[int(choice * len(row.captions))] for row, choice in zip(rows, choices, strict=True)
        ]

    def _encoded(self, captions: Iterable[str]) -> Tensor:
        """Return tokens (B, L) of captions, filled up with padding."""
        return pad_sequence(list(map(self._encode, captions)), batch_first=True, padding_value=PAD)

    def _encode(self, caption: str) -> Tensor:
        if self.tokenizer is None:
            return torch.tensor([SOS, EOS])
        return encode_caption(self.tokenizer, caption, self.max_tokens)
