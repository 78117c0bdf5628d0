"""Batch norm over the batches of all processes. Torch's own works on GPUs alone; here is one for CPUs.

Legend: B images, C channels, gh gw grid cells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, distributed, nn

from vtbr_models.processes import add_up

if TYPE_CHECKING:
    from .hardware import Hardware


def synchronise(module: nn.Module, hardware: Hardware) -> None:
    """Replace every batch norm of `module` by a synchronised one, in place; weights and their names stay."""
    for name, child in list(module.named_children()):
        if not isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            synchronise(child, hardware)
        elif hardware.has_gpu:
            setattr(module, name, _native(child))
        else:
            kind = SyncBatchNorm1d if isinstance(child, nn.BatchNorm1d) else SyncBatchNorm2d
            setattr(module, name, _like(child, kind))


class SyncBatchNorm1d(nn.BatchNorm1d):
    """Batch norm of x (B, C) over all processes."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x (B, C); each process has the same number of values."""
        return _normalised(self, x) if self.training else super().forward(x)


class SyncBatchNorm2d(nn.BatchNorm2d):
    """Batch norm of x (B, C, gh, gw) over all processes."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x (B, C, gh, gw); each process has the same number of values."""
        return _normalised(self, x) if self.training else super().forward(x)


def _native(norm: nn.Module) -> nn.Module:
    convert: Callable[[nn.Module], nn.Module] = nn.SyncBatchNorm.convert_sync_batchnorm
    return convert(norm)


def _like(norm: nn.BatchNorm1d | nn.BatchNorm2d, kind: type[nn.BatchNorm1d | nn.BatchNorm2d]) -> nn.Module:
    made = kind(norm.num_features, norm.eps, norm.momentum, norm.affine, device="meta")
    made.weight, made.bias = norm.weight, norm.bias
    for name, buffer in norm.named_buffers():
        setattr(made, name, buffer)
    return made.train(norm.training)


def _normalised(norm: nn.BatchNorm1d | nn.BatchNorm2d, x: Tensor) -> Tensor:
    """Use mean and variance of all processes' values: sums of values and squares meet, with their gradients."""
    dims = [dim for dim in range(x.ndim) if dim != 1]
    shape = [1, -1, *[1] * (x.ndim - 2)]
    local = torch.stack((x.double().mean(dims), x.double().square().mean(dims)))
    mean, square = add_up(local) / distributed.get_world_size()
    variance = (square - mean.square()).clamp(min=0)
    _track(norm, mean.detach(), variance.detach(), x.numel() // x.shape[1])
    scale = torch.rsqrt(variance + norm.eps).to(x.dtype).view(shape)
    normed: Tensor = (x - mean.to(x.dtype).view(shape)) * scale
    if norm.affine:
        normed = normed * norm.weight.view(shape) + norm.bias.view(shape)
    return normed


@torch.no_grad()
def _track(norm: nn.BatchNorm1d | nn.BatchNorm2d, mean: Tensor, variance: Tensor, values: int) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    count = values * distributed.get_world_size()
    momentum = 0.1 if norm.momentum is None else norm.momentum
    norm.num_batches_tracked += 1
    norm.running_mean.lerp_(mean.to(norm.running_mean.dtype), momentum)
    norm.running_var.lerp_((variance * count / (count - 1)).to(norm.running_var.dtype), momentum)
