"""Batch norm over the batches of all processes. Torch's own works on GPUs alone; here is one for CPUs.

Legend: B images, C channels, gh gw grid cells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed, nn

from vtbr_models.processes import add_up

if TYPE_CHECKING:
    from .hardware import Hardware


def synchronise(module: nn.Module, hardware: Hardware) -> None:
    """Turn every batch norm of `module` into a synchronised one, in place; all keys stay the same."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            if hardware.has_gpu:
                setattr(module, name, _native(child))
            else:
                child.__class__ = _SYNCHRONISED[type(child)]
        else:
            synchronise(child, hardware)


def _native(norm: nn.Module) -> nn.Module:
    convert: Callable[[nn.Module], nn.Module] = nn.SyncBatchNorm.convert_sync_batchnorm
    return convert(norm)


class _Synchronised(nn.modules.batchnorm._BatchNorm):
    """Mean and variance of all processes' values: sums of values and squares meet, with their gradients."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x (B, C) or (B, C, gh, gw); each process has the same number of values."""
        if not self.training:
            return super().forward(x)
        dims = [dim for dim in range(x.ndim) if dim != 1]
        shape = [1, -1, *[1] * (x.ndim - 2)]
        local = torch.stack((x.double().mean(dims), x.double().square().mean(dims)))
        mean, square = add_up(local) / distributed.get_world_size()
        variance = (square - mean.square()).clamp(min=0)
        self._track(mean.detach(), variance.detach(), x.numel() // x.shape[1])
        scale = torch.rsqrt(variance + self.eps).to(x.dtype).view(shape)
        normed: Tensor = (x - mean.to(x.dtype).view(shape)) * scale
        if self.affine:
            normed = normed * self.weight.view(shape) + self.bias.view(shape)
        return normed

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, values: int) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        count = values * distributed.get_world_size()
        momentum = 0.1 if self.momentum is None else self.momentum
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), momentum)
        self.running_var.lerp_((variance * count / (count - 1)).to(self.running_var.dtype), momentum)


class _Synchronised1d(_Synchronised, nn.BatchNorm1d):
    pass


class _Synchronised2d(_Synchronised, nn.BatchNorm2d):
    pass


_SYNCHRONISED: dict[type, Any] = {nn.BatchNorm1d: _Synchronised1d, nn.BatchNorm2d: _Synchronised2d}
