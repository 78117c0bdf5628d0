"""Reads the pictures of one batch, decoded and in one size.

B images, H height, W width, in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from torch import Tensor

from ..errors import InputError
from ..picture_decoding import Pixels, decode
from .batches import BatchIndices
from .resizing import resize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..manifest import Row
    from .augmentation import Augmentation, Choose
    from .sources import Pictures

OnDamage = Literal["skip", "stop"]


@dataclass(frozen=True)
class Samples:
    """Rows and their pictures, one for one."""

    rows: Sequence[Row]
    pictures: Pictures

    def __len__(self) -> int:
        return len(self.rows)


class Fetched(NamedTuple):
    """Pictures of one batch."""

    pixels: Tensor
    """uint8 (B, H, W, 3)"""
    draws: BatchIndices
    """The row of each picture, which is another one where a picture could not be read."""
    damaged: tuple[str, ...]
    """What could not be read and why."""
    also: Tensor | None = None
    """The same pictures, uint8 (B, H', W', 3), in the second size that was asked for."""


def fetch(
    samples: Samples,
    draws: BatchIndices,
    augmentation: Augmentation,
    on_damage: OnDamage,
    also: Augmentation | None = None,
) -> Fetched:
    """Read the pictures of `draws`, in the size of `augmentation`, and again in that of `also`.

    With `skip` the place of a picture that cannot be read is taken by the next one of the batch that can: a
    batch keeps its size, and in batches by identity mostly its people. Raises `InputError` with `stop`, or if
    none can be read.
    """
    pixels: list[Pixels | None] = []
    damaged = []
    wanted = [augmentation] if also is None else [augmentation, also]
    size = (max(one.height for one in wanted), max(one.width for one in wanted))
    methods = augmentation.methods(draws.seeds)
    boxes = augmentation.boxes(draws.seeds)
    for row, choose, method in zip(draws.rows.tolist(), boxes, methods, strict=True):
        # Decoding at a fraction of the size is antialiasing, too.
        may_reduce = augmentation.may_reduce and method == "antialiased"
        try:
            pixels.append(_decoded(samples.pictures, row, size if may_reduce else (0, 0), choose))
        except InputError as error:
            if on_damage == "stop":
                raise
            damaged.append(str(error))
            pixels.append(None)
    if len(damaged) == len(pixels):
        raise InputError(f"not one of {len(pixels)} images can be read: {damaged[0]}")
    sources = _next_readable(pixels)
    whole = [picture for place in sources if (picture := pixels[place]) is not None]
    return Fetched(
        resize(whole, augmentation.height, augmentation.width, methods),
        BatchIndices(draws.rows[sources], draws.seeds),
        tuple(damaged),
        None if also is None else resize(whole, also.height, also.width, methods),
    )


def _decoded(pictures: Pictures, row: int, size: tuple[int, int], choose: Choose | None) -> Pixels:
    data = pictures.read(row)
    try:
        return decode(data, height=size[0], width=size[1], choose=choose)
    except InputError as error:
        raise InputError(f"{pictures.name(row)}: {error}; `vtbr-data check` lists all such images") from error


def _next_readable(pixels: Sequence[Pixels | None]) -> list[int]:
    readable = np.flatnonzero([picture is not None for picture in pixels])
    places = np.searchsorted(readable, np.arange(len(pixels))) % len(readable)
    sources: list[int] = readable[places].tolist()
    return sources
