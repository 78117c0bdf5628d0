"""Linear layers in oneDNN's own layout of weights, faster for few rows; the values are unchanged."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from ..captioner import TextualHead

FEW_ROWS = 128
"""Up to here packed matrices are faster (docs/benchmarks.md, vtbr-models), beyond the plain ones."""


class PackedLinear(nn.Module):
    """A linear layer that keeps its matrix a second time, in oneDNN's own layout for few rows.

    Captions written word by word are products of a few rows with large matrices, which a CPU must read
    whole each time: from 8 to 40 rows they are 1.3 to 2.5 times as fast packed. The matrix is packed on
    first use; other precisions, many rows and gradients use the plain one.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight, self.bias = weight, bias
        self._packed: Callable[[Tensor], Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map x (..., in) to (..., out)."""
        # Packed products have no gradients: explanations of a trained model want some.
        is_plain = x.requires_grad or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu")
        if is_plain or x.numel() > FEW_ROWS * x.shape[-1]:
            return functional.linear(x, self.weight, self.bias)
        if self._packed is None:
            self._packed = _packed(self.weight, self.bias)
        return self._packed(x)


def pack_decoders(textual: TextualHead) -> None:
    """Pack the matrices of a textual head, in place, where a CPU computes with oneDNN.

    For inference only: weights changed later are not packed again. The functions are private to torch,
    those that `torch.compile` calls; where they do not behave as expected nothing is changed.
    """
    if next(textual.parameters()).device.type != "cpu" or not _can_pack():
        return
    for module in list(textual.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear and child.weight.dtype == torch.float32:
                setattr(module, name, PackedLinear(child.weight, child.bias))
    if hasattr(textual, "output_bias") and textual.output_bias.dtype == torch.float32:
        output = PackedLinear(textual.embedding.token.weight, textual.output_bias)
        textual.packed_output = output.forward  # no module: its parameters are the embedding's


@cache
def _can_pack() -> bool:
    x, weight = torch.ones(2, 3), torch.ones(4, 3)
    try:
        found = _packed(weight, torch.ones(4))(x)
    except (AttributeError, RuntimeError, TypeError):
        return False
    return torch.equal(found, torch.full((2, 4), 4.0))


@torch.no_grad()
def _packed(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), 8)
    linear = torch.ops.mkldnn._linear_pointwise

    def apply(x: Tensor) -> Tensor:
        out: Tensor = linear(x, packed, bias, "none", [], "")
        return out

    return apply
