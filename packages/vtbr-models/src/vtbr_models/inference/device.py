"""Where and in which precision a trained model runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..errors import InputError


def choose_device(name: str) -> torch.device:
    """Return the device that torch calls `name`; `auto` is the first GPU, or the CPU where there is none.

    Under torchrun `auto` and `cuda` are the GPU with the number of the process on its machine.
    Raises InputError for a device that is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # torch raises each of them
        raise InputError(f"the device {name!r} cannot be used here: give --device cpu or auto") from error
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the type called `name`; `auto` is float32 on a CPU, bfloat16 on a GPU that computes in it.

    A CPU's features are then the same on every processor.
    """
    if name == "auto":
        return torch.bfloat16 if device.type == "cuda" and has_bfloat16(device) else torch.float32
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]


def default_workers(num_images: int, device: torch.device) -> int:
    """Return how many processes decode: none for few images, or where the CPU computes the model as well."""
    few = 512  # under a second of decoding: less than the processes take to start
    if device.type == "cpu" or num_images < few:
        return 0
    return min(16, os.cpu_count() or 1)


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the hardware of `device` computes in bfloat16, rather than emulating it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return device.type == "cpu" and bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


@contextmanager
def inference_mode(device: torch.device, precision: torch.dtype) -> Iterator[None]:
    """Compute without gradients in `precision`: float32 is float32 on GPUs too, not TF32.

    Raises InputError where the GPU's memory is too small.
    """
    is_mixed = precision != torch.float32
    try:
        with (
            torch.inference_mode(),
            torch.autocast(device.type, precision, enabled=is_mixed),
            torch.backends.cudnn.flags(enabled=True, allow_tf32=False),
        ):
            yield
    except torch.OutOfMemoryError as error:
        raise InputError("the GPU's memory is too small for a batch: give a smaller --batch-size") from error
