"""Curves and pictures for TensorBoard, where it is installed (`pip install 'vtbr-train[tensorboard]'`)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


class Board:
    """A TensorBoard writer, or nothing at all."""

    def __init__(self, writer: Any = None) -> None:
        self._writer = writer

    def scalars(self, line: Mapping[str, Any]) -> None:
        """Add the numbers of one log line."""
        if self._writer is not None:
            for name, value in line.items():
                if name not in ("step", "seconds"):
                    self._writer.add_scalar(name, value, line["step"])

    def show(self, step: int, write: Callable[[Any, int], None]) -> None:
        """Let `write(writer, step)` add what it wants shown."""
        if self._writer is not None:
            write(self._writer, step)

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()


def open_board(folder: Path, *, first_step: int, wanted: bool) -> Board:
    """The board of a run; one that does nothing where it is not wanted or TensorBoard is not there.

    What an earlier, killed process wrote of `first_step` and later is hidden.
    """
    if not wanted or importlib.util.find_spec("tensorboard") is None:
        return Board()
    from torch.utils.tensorboard import SummaryWriter

    return Board(SummaryWriter(str(folder / "tensorboard"), purge_step=first_step))


def visible(images: Tensor) -> Tensor:
    """Normalised images (B, 3, h, w) as colours in [0, 1]."""
    from vtbr_data.training import IMAGENET_MEAN, IMAGENET_STD

    mean, std = (images.new_tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return (images * std + mean).clamp(0, 1)
