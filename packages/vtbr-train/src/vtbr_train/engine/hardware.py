"""Where a run computes, and in which precision."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vtbr_models.inference import has_bfloat16

from ..errors import InputError

DeviceChoice = Literal["auto", "cpu", "cuda"]
PrecisionChoice = Literal["auto", "float32", "bfloat16", "float16"]

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Of mallopt(3), from malloc.h."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """A device, the type that autocast computes matrix products in, and the layout of images."""

    device: torch.device
    precision: torch.dtype
    channels_last: bool = True

    def autocast(self) -> torch.autocast:
        """Return mixed precision for the forward pass; nothing in float32."""
        return torch.autocast(self.device.type, self.precision, enabled=self.precision is not torch.float32)

    @property
    def has_gpu(self) -> bool:
        """Whether this is a GPU."""
        return self.device.type == "cuda"

    @property
    def layout(self) -> torch.memory_format:
        """Of images and convolutions' weights; a convolution takes the faster one if either has it."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def images(self, images: Tensor) -> Tensor:
        """Return images on the device, in the layout that it computes in."""
        return images.to(self.device, memory_format=self.layout, non_blocking=True)

    def labels(self, labels: Tensor) -> Tensor:
        """Return whole numbers on the device."""
        return labels.to(self.device, non_blocking=True)

    def scaler(self) -> torch.amp.GradScaler:
        """Return loss scaling, which float16 alone needs: elsewhere it passes everything through."""
        return torch.amp.GradScaler(self.device.type, enabled=self.precision is torch.float16)


def pick_hardware(
    device: DeviceChoice, precision: PrecisionChoice, *, local_rank: int = 0, channels_last: bool = True
) -> Hardware:
    """Choose the hardware: `auto` takes a GPU if there is one, and bfloat16 where it has it (old GPUs: float16).

    Of several processes on a machine each takes the GPU of its `local_rank`.
    """
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise InputError("device is cuda, but torch sees no GPU here: use --set device=auto")
    chosen = torch.device("cpu")
    if has_cuda and device != "cpu":
        if local_rank >= torch.cuda.device_count():
            raise InputError(
                f"process {local_rank} of this machine finds {torch.cuda.device_count()} GPU(s): start as "
                "many processes (--nproc-per-node) as there are GPUs"
            )
        chosen = torch.device("cuda", local_rank)
        torch.cuda.set_device(chosen)
    if precision == "float16" and chosen.type == "cpu":
        raise InputError("precision float16 needs a GPU: use bfloat16 or float32 on a CPU")
    return Hardware(chosen, _type_of(precision, chosen), channels_last)


def keep_freed_memory() -> bool:
    """Keep what this process frees for its next step, instead of giving it back to the system.

    Each step frees its activations and takes as many again; given back, every page of them has to be mapped
    and zeroed anew. False where the C library has no `mallopt` (only Linux's has).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and bool(mallopt(_M_MMAP_MAX, 0) and mallopt(_M_TRIM_THRESHOLD, -1))


def _type_of(precision: PrecisionChoice, device: torch.device) -> torch.dtype:
    if precision != "auto":
        chosen: torch.dtype = getattr(torch, precision)
        return chosen
    if has_bfloat16(device):
        return torch.bfloat16
    return torch.float16 if device.type == "cuda" else torch.float32
