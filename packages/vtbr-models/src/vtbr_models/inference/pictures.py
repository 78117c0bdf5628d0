"""Pictures of a manifest as batches for the network, in order.

Worker processes read, decode and resize; what travels are bytes, a quarter of the numbers' size. They
become numbers where the network computes.

Legend: B images, h w pixels of the network's input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..errors import InputError
from .preprocessing import Preprocessing, decode, normalise, resize


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pictures of a list, prepared."""

    indices: Sequence[int]
    """Of those that could be read."""
    images: Tensor
    """(B, 3, h, w) of these, in the same order; colours lie together in memory (channels-last)."""
    errors: dict[int, str]
    """Of the others, by index."""
    first_frames: Sequence[int] = ()
    """Those of the pictures with several frames, of which the first was read."""


def batches(
    paths: Sequence[Path],
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    workers: int = 0,
    device: torch.device | None = None,
) -> Iterator[Tensor]:
    """Yield prepared pictures (B, 3, h, w) on `device`, all of `paths` in order, decoded by `workers`
    processes.

    Raises InputError, naming the file, for a picture that cannot be read.
    """
    for batch in read_batches(
        paths, in_batches(len(paths), batch_size), preprocessing, workers=workers, device=device
    ):
        for error in batch.errors.values():
            raise InputError(error)
        yield batch.images


def in_batches(num_images: int, batch_size: int) -> list[range]:
    """Return the numbers of all images, as batches; the last may be smaller.

    >>> in_batches(5, 2)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return [range(first, min(first + batch_size, num_images)) for first in range(0, num_images, batch_size)]


def read_batches(
    paths: Sequence[Path],
    chosen: Sequence[Sequence[int]],
    preprocessing: Preprocessing,
    *,
    workers: int = 0,
    device: torch.device | None = None,
    resize_by: str = "torch",
) -> Iterator[Batch]:
    """Yield as `batches` does, for these batches of indices only, and with errors instead of raising them."""
    on_gpu = device is not None and device.type == "cuda"
    loader = DataLoader(
        _Pictures(paths, preprocessing, resize_by),
        batch_sampler=[list(indices) for indices in chosen],
        num_workers=workers,
        collate_fn=_collate,
        pin_memory=on_gpu,
    )
    for indices, (pixels, errors, animated) in zip(chosen, loader, strict=True):
        there = pixels.to(device, non_blocking=on_gpu)
        images = normalise(rearrange(there, "b h w c -> b c h w"), preprocessing)
        failed = {indices[place]: error for place, error in errors.items()}
        there_are = [index for index in indices if index not in failed]
        yield Batch(there_are, images, failed, [indices[place] for place in animated])


class _Item(NamedTuple):
    picture: Tensor | str
    """The pixels, or why there are none."""
    has_frames: bool


class _Pictures(Dataset[_Item]):
    """An unreadable picture comes out as its error text: raised in a worker, it would drag a traceback."""

    def __init__(self, paths: Sequence[Path], preprocessing: Preprocessing, resize_by: str) -> None:
        self.paths, self.resize_by = paths, resize_by
        self.preprocessing = preprocessing

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> _Item:
        path, frames = self.paths[index], list[bool]()
        try:
            pixels = decode(path.read_bytes(), partial(frames.append, True))
            small = resize(pixels, self.preprocessing, self.resize_by)
        except InputError as error:
            return _Item(f"{path}: {error}: replace the file or take it out of the manifest", False)
        except OSError as error:
            return _Item(f"{path}: {error.strerror}: correct the path in the manifest, or --root", False)
        return _Item(rearrange(small, "c h w -> h w c"), bool(frames))


def _collate(items: list[_Item]) -> tuple[Tensor, dict[int, str], list[int]]:
    """Return pixels (B, h, w, 3), uint8, of what could be read, the errors by place, and places of first
    frames.
    """
    pixels = [item.picture for item in items if isinstance(item.picture, Tensor)]
    errors = {place: item.picture for place, item in enumerate(items) if isinstance(item.picture, str)}
    animated = [place for place, item in enumerate(items) if item.has_frames]
    return torch.stack(pixels) if pixels else torch.zeros((0, 1, 1, 3), dtype=torch.uint8), errors, animated
