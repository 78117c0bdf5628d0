"""Shows where oneDNN's convolutions read memory that was never written: torch alone, nothing of this project.

    python benchmarks/models/narrow_convolution.py
    ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16 python benchmarks/models/narrow_convolution.py   # without AMX

Before each convolution and each gradient, memory is filled with NaN and freed. One line for each shape whose
bfloat16 result is then far from float32's; the exit code is 1 if there is one. Without AMX outputs are right,
but not the gradients of weights of which a part never meets the map.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import conv2d

BATCH = 4
TOLERANCE = 0.1
"""Largest difference, relative to the largest value, that rounding to bfloat16 explains."""


class Shape(NamedTuple):
    """A convolution and the map that it reads."""

    channels_in: int
    channels_out: int
    kernel: int
    stride: int
    height: int
    width: int

    @property
    def output(self) -> str:
        """Height and width of the map that it gives."""
        return " x ".join(str((side - 1) // self.stride + 1) for side in (self.height, self.width))


def shapes() -> Iterator[Shape]:
    """Yield convolutions of the sizes that residual networks have, padded by half their kernel."""
    channels = ((3, 64), (64, 64), (64, 128), (128, 256), (256, 512), (512, 32))
    for pair, kernel, stride in itertools.product(channels, (1, 3, 5, 7), (1, 2, 3)):
        for height, width in itertools.product((1, 2, 3, 4, 8), (1, 2, 3, 4, 5)):
            yield Shape(*pair, kernel, stride, height, width)


def poison() -> None:
    """Fill memory of all sizes with NaN and free it: what is allocated next holds NaN until it is written."""
    blocks = [torch.full((2**power,), torch.nan) for power in range(6, 21) for _ in range(3)]
    del blocks


def results(images: Tensor, weight: Tensor, shape: Shape) -> list[Tensor]:
    """Return the output, and the gradients of images and weight, each computed on poisoned memory."""
    images, weight = images.clone().requires_grad_(), weight.clone().requires_grad_()
    poison()
    output = conv2d(images, weight, stride=shape.stride, padding=shape.kernel // 2)
    poison()
    output.backward(torch.ones_like(output))
    assert images.grad is not None
    assert weight.grad is not None
    return [tensor.detach().float() for tensor in (output, images.grad, weight.grad)]


def differences(shape: Shape) -> list[float]:
    """Return how far bfloat16 is from float32, relative to the largest value: output and both gradients."""
    images = torch.randn(BATCH, shape.channels_in, shape.height, shape.width)
    weight = torch.randn(shape.channels_out, shape.channels_in, shape.kernel, shape.kernel)
    images, weight = (
        tensor.to(torch.bfloat16, memory_format=torch.channels_last) for tensor in (images, weight)
    )
    right = results(images.float(), weight.float(), shape)
    found = results(images, weight, shape)
    pairs = zip(found, right, strict=True)
    return [float(((is_ - want).abs().max() / want.abs().max()).nan_to_num(torch.inf)) for is_, want in pairs]


def main() -> None:
    """Print the shapes that go wrong."""
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {torch.backends.mkldnn.is_available()=}")
    num_wrong = 0
    for shape in shapes():
        far = differences(shape)
        if max(far) > TOLERANCE:
            num_wrong += 1
            names = zip(("output", "input's gradient", "weight's gradient"), far, strict=True)
            wrong = ", ".join(name for name, value in names if value > TOLERANCE)
            print(
                f"{shape.channels_in} to {shape.channels_out} channels, kernel {shape.kernel}, "
                f"stride {shape.stride}, map {shape.height} x {shape.width} to {shape.output}: wrong {wrong}"
            )
    print(f"{num_wrong} shapes wrong")
    sys.exit(num_wrong > 0)


if __name__ == "__main__":
    main()
