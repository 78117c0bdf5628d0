"""Pictures of a manifest as batches for the network, in order.

Legend: B images, h w pixels of the network's input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from vtbr_models.errors import InputError
from vtbr_models.preprocessing import Preprocessing, prepare


def batches(
    paths: Sequence[Path],
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    workers: int = 0,
    device: torch.device | None = None,
) -> Iterator[Tensor]:
    """Prepared pictures (B, 3, h, w) on `device`, all of `paths` in order, decoded by `workers` processes.

    Raises InputError, naming the file, for a picture that cannot be read.
    """
    on_gpu = device is not None and device.type == "cuda"
    loader = DataLoader(
        _Pictures(paths, preprocessing),
        batch_size=batch_size,
        num_workers=workers,
        collate_fn=_collate,
        pin_memory=on_gpu,
    )
    for batch in loader:
        if isinstance(batch, str):
            raise InputError(batch)
        yield batch.to(device, non_blocking=on_gpu)


class _Pictures(Dataset[Tensor | str]):
    """An unreadable picture comes out as its error text: raised in a worker, it would drag a traceback."""

    def __init__(self, paths: Sequence[Path], preprocessing: Preprocessing) -> None:
        self.paths = paths
        self.preprocessing = preprocessing

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Tensor | str:
        path = self.paths[index]
        try:
            return prepare(path.read_bytes(), self.preprocessing)
        except InputError as error:
            return f"{path}: {error}: replace the file or take it out of the manifest"
        except OSError as error:
            return f"{path}: {error.strerror}: correct the path in the manifest, or --root"


def _collate(items: list[Tensor | str]) -> Tensor | str:
    pictures = []
    for item in items:
        if isinstance(item, str):
            return item
        pictures.append(item)
    return torch.stack(pictures)
