"""Activation checkpointing changes memory and time, and nothing else."""

import pytest
import torch

from vtbr_models.checkpoint.architecture import build_model
from vtbr_train.engine.engine import EngineConfig, wrap
from vtbr_train.engine.hardware import Hardware
from vtbr_train.engine.world import World

ON_CPU = Hardware(torch.device("cpu"), torch.float32)


def trained_once(name, *, recompute):
    """Gradients and state of a network after one step, and how often each activation was computed."""
    torch.manual_seed(0)
    model = build_model({"model": "embedder", "visual": {"name": name}, "num_classes": 3}).train()
    calls = []
    kinds = (torch.nn.GELU, torch.nn.ReLU)
    for module in model.visual.modules():
        if isinstance(module, kinds):
            module.register_forward_hook(lambda module, given, found: calls.append(module))
    step = wrap(model, EngineConfig(recompute=recompute), ON_CPU, World())
    torch.manual_seed(1)  # ConvNeXt leaves out blocks at random
    pooled, normed = step(torch.randn(4, 3, 32, 32))
    (pooled.square().mean() + (normed * torch.arange(4.0)[:, None]).square().mean()).backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    return gradients, model.state_dict(), len(calls)


@pytest.mark.parametrize("name", ["resnet10", "vit_ti_16", "convnext_tiny"])
def test_recomputed_blocks_have_the_same_gradients_and_statistics(name):
    gradients, state, calls = trained_once(name, recompute=False)
    again_gradients, again_state, again_calls = trained_once(name, recompute=True)
    assert again_calls > calls > 0
    for key, tensor in state.items():
        assert torch.equal(again_state[key], tensor), key
    for key, gradient in gradients.items():
        assert (gradient is None) == (again_gradients[key] is None)
        if gradient is not None:
            assert torch.equal(again_gradients[key], gradient), key


def test_blocks_are_single_ones_not_whole_stages():
    from vtbr_train.engine.engine import _blocks

    with torch.device("meta"):
        model = build_model({"model": "embedder", "visual": {"name": "convnext_tiny"}, "num_classes": 3})
    kinds = [type(block).__name__ for block in _blocks(model)]
    assert kinds.count("CNBlock") == 18  # 3 + 3 + 9 + 3
    assert len(kinds) == len(set(map(id, _blocks(model))))
