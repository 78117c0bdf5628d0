"""Images with captions, as pretraining reads them.

B images, L tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from ..errors import InputError
from .flip import swap_left_right
from .images import read_image
from .loading import seeded
from .transforms import CaptionTransform, PlainTransform

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from ..manifest import Row

PAD, SOS, EOS = 0, 1, 2


class CaptionBatch(NamedTuple):
    """One step's images and captions."""

    images: Tensor
    """float32 (B, 3, H, W)"""
    tokens: Tensor
    """int64 (B, L): [SOS], words, [EOS], then padding"""


@dataclass(frozen=True)
class CaptionImages(Dataset[tuple[Tensor, Tensor]]):
    """Rows with captions; an item is asked for by a draw `(row, seed)` and is a pure function of it.

    An image with several captions gives one of them, chosen by the draw. Raises `InputError` for rows without
    captions.
    """

    rows: Sequence[Row]
    root: Path
    tokenizer: Tokenizer
    max_tokens: int
    transform: CaptionTransform | PlainTransform

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, 1):
            if not row.captions or not all(caption.strip() for caption in row.captions):
                what = "has an empty caption" if row.captions else "has no caption"
                raise InputError(
                    f"image {number} of the manifest ({row.path}) {what}: make some by `vtbr-data caption`"
                )

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, draw: tuple[int, int]) -> tuple[Tensor, Tensor]:
        index, seed = draw
        row = self.rows[index]
        image = read_image(self.root / row.path)
        with seeded(seed):
            caption = row.captions[int(torch.randint(len(row.captions), ()))]
            if isinstance(self.transform, CaptionTransform):
                pixels, is_mirrored = self.transform(image)
                caption = swap_left_right(caption) if is_mirrored else caption
            else:
                pixels = self.transform(image)
        return pixels, encode_caption(self.tokenizer, caption, self.max_tokens)


def encode_caption(tokenizer: Tokenizer, caption: str, max_tokens: int) -> Tensor:
    """The caption's token ids between [SOS] and [EOS], int64 (L,), L at most `max_tokens`.

    The words are cut, never [EOS].
    """
    words = tokenizer.encode(caption).ids[: max_tokens - 2]
    return torch.tensor([SOS, *words, EOS])


def collate_captions(items: Sequence[tuple[Tensor, Tensor]]) -> CaptionBatch:
    """Stack images and pad captions to the longest of the batch."""
    images, tokens = zip(*items, strict=True)
    return CaptionBatch(torch.stack(images), pad_sequence(list(tokens), batch_first=True, padding_value=PAD))
