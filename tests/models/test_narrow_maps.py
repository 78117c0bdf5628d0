"""Results in bfloat16 must not depend on what memory held before: oneDNN's kernels read it on narrow maps."""

import pytest
import torch
from torch import nn

from vtbr_models.backbones import build_backbone
from vtbr_models.backbones.narrow_maps import StridedConv2d, guard_narrow_maps


def fill_memory(value):
    """Fill memory of all sizes with a value and free it: what is allocated next holds it until written."""
    blocks = [torch.full((2**power,), value) for power in range(6, 21) for _ in range(3)]
    del blocks


def results(convolution, grid):
    """Output and gradients, each computed on memory that holds NaN."""
    grid = grid.clone().requires_grad_()
    convolution.zero_grad()
    fill_memory(torch.nan)
    output = convolution(grid)
    fill_memory(torch.nan)
    output.backward(torch.ones_like(output))
    return [part.detach().float() for part in (output, grid.grad, convolution.weight.grad)]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("height", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_strided_convolution_is_right_on_narrow_maps_whatever_memory_held(height, width, layout):
    torch.manual_seed(0)
    convolution = StridedConv2d(128, 256, 3, stride=2, padding=1, bias=False).to(torch.bfloat16)
    grid = torch.randn(4, 128, height, width).to(torch.bfloat16).to(memory_format=layout)
    found = results(convolution.to(memory_format=layout), grid)
    right = results(convolution.float(), grid.float())
    for ours, exact in zip(found, right, strict=True):
        assert ours.shape == exact.shape
        assert torch.allclose(ours, exact, rtol=0.02, atol=0.02 * float(exact.abs().max()))


@pytest.mark.parametrize(
    "name", ["resnet18", "resnet50", "resnext50_32x4d", "resnet50_ibn_b", "convnext_tiny"]
)
@pytest.mark.parametrize("size", [(64, 32), (32, 32)])
def test_a_backbones_map_and_gradients_do_not_depend_on_what_memory_held(name, size):
    torch.manual_seed(0)
    backbone = build_backbone(name).train().to(memory_format=torch.channels_last)
    images = torch.randn(4, 3, *size).to(memory_format=torch.channels_last)
    outcomes = []
    for value in (0.0, torch.nan):
        backbone.zero_grad()
        torch.manual_seed(1)
        fill_memory(value)
        with torch.autocast("cpu", torch.bfloat16):
            grid = backbone(images)
        fill_memory(value)
        grid.float().square().mean().backward()
        outcomes.append([grid.detach(), *(part.grad.clone() for part in backbone.parameters())])
    assert all(torch.equal(clean, dirty) for clean, dirty in zip(*outcomes, strict=True))


def test_guarding_keeps_weights_names_and_random_numbers():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, bias=True), nn.Sequential(nn.Conv2d(8, 8, 1, stride=2))
    )
    before = {name: tensor.data_ptr() for name, tensor in network.state_dict().items()}
    state = torch.random.get_rng_state()
    guard_narrow_maps(network)
    assert isinstance(network[0], StridedConv2d)
    assert type(network[1][0]) is nn.Conv2d  # as wide as one pixel: nothing goes wrong
    assert {name: tensor.data_ptr() for name, tensor in network.state_dict().items()} == before
    assert torch.equal(torch.random.get_rng_state(), state)


def test_in_float32_a_guarded_convolution_is_torchs_own():
    torch.manual_seed(0)
    convolution = StridedConv2d(8, 16, 3, stride=2, padding=1)
    grid = torch.randn(2, 8, 4, 2)
    assert torch.equal(convolution(grid), nn.Conv2d.forward(convolution, grid))
