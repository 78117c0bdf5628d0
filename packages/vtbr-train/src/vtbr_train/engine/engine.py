"""How the hardware is driven: layouts, compiling, recomputation, and many processes as one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ..errors import InputError
from ..settings import AtLeast1, Settings
from .hardware import DeviceChoice, Hardware, PrecisionChoice, keep_freed_memory, pick_hardware
from .recomputation import recompute_blocks
from .sync_batch_norm import synchronise
from .world import World


class EngineConfig(Settings, frozen=True, kw_only=True):
    """What changes speed and memory; none of it changes what is learnt, but for rounding."""

    accumulate: AtLeast1 = 1
    """Parts that each process's share of a batch goes through in; batch norm sees a part at a time."""
    sync_batch_norm: bool = False
    """Batch norm over the batches of all processes."""
    recompute: bool = False
    """Forget activations within blocks and compute them again for the gradient: less memory, more time."""
    compile: Literal["auto", "none", "blocks", "whole"] = "auto"
    """auto: blocks on a GPU, none on a CPU."""
    channels_last: bool = True
    fused: bool = True
    """One kernel for an optimizer's step."""
    keep_memory: bool = True
    """On a CPU a step's freed memory stays with the process for the next one (Linux)."""
    on_nonfinite: Literal["stop", "skip"] = "stop"
    """What to do about a NaN or infinite gradient; skip waits for the device at each step."""

    def __post_init__(self) -> None:
        if self.recompute and self.compile == "whole":  # what recomputation leaves alone is not seen then
            raise ValueError("recompute=true and compile=whole count batch norm twice: use compile=blocks")


def hardware_for(
    config: EngineConfig, device: DeviceChoice, precision: PrecisionChoice, world: World
) -> Hardware:
    """Return the hardware that a process of `world` computes on. Raises `InputError` if it is not there."""
    hardware = pick_hardware(
        device, precision, local_rank=world.local_rank, channels_last=config.channels_last
    )
    if config.keep_memory and not hardware.has_gpu:
        keep_freed_memory()
    return hardware


def place_model(model: nn.Module, hardware: Hardware) -> None:
    """Put a model's weights where and how it computes; before an optimizer takes them."""
    model.to(hardware.device, memory_format=hardware.layout)  # type: ignore[call-overload]


def wrap(
    step: nn.Module, config: EngineConfig, hardware: Hardware, world: World
) -> Callable[..., dict[str, torch.Tensor]]:
    """Return what a training step calls: `step` compiled and recomputing as configured, its gradients
    averaged over all processes. After the weights are restored: they are sent from the first process to all.
    """
    if config.sync_batch_norm and world.size > 1:
        synchronise(step, hardware)
    blocks = list(_blocks(step))
    if config.recompute:
        recompute_blocks(blocks)
    how = ("blocks" if hardware.has_gpu else "none") if config.compile == "auto" else config.compile
    if how != "none":  # torch's tracer looks at gradients that it does not use, and warns users of itself
        warnings.filterwarnings("ignore", "The .grad attribute of a Tensor that is not a leaf", UserWarning)
    if how == "blocks":
        for block in blocks:
            block.compile()
    elif how == "whole":
        step.compile()
    if world.size == 1:
        return step
    devices = [hardware.device.index] if hardware.has_gpu else None
    return DistributedDataParallel(step, device_ids=devices, gradient_as_bucket_view=True)


def share(batch_size: int, config: EngineConfig, world: World, *, what: str = "batch_size") -> int:
    """Return how many of a batch's `batch_size` items go through at once in one process.

    Raises `InputError` unless they divide evenly.
    """
    parts = world.size * config.accumulate
    if batch_size % parts:
        near = max(1, round(batch_size / parts)) * parts
        raise InputError(
            f"{what} = {batch_size} cannot be split over {world.size} process(es) x accumulate = "
            f"{config.accumulate}: give {what} = {near}"
        )
    return batch_size // parts


def _blocks(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the repeated blocks of the backbone and the decoders: what is in a sequence and has parts
    itself.

    Of a sequence of sequences of blocks (ConvNeXt's stages) only the blocks.
    """
    for parent in module.modules():
        if isinstance(parent, nn.Sequential | nn.ModuleList):
            yield from (child for child in parent if _has_parts(child) and not _holds_blocks(child))


def _has_parts(module: nn.Module) -> bool:
    return next(module.children(), None) is not None


def _holds_blocks(module: nn.Module) -> bool:
    return isinstance(module, nn.Sequential | nn.ModuleList) and any(map(_has_parts, module))
