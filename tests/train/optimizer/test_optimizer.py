"""Which rate each part of a network learns at, and what stands still while it is frozen."""

import pytest
import torch

from vtbr_models.checkpoint.architecture import build_model
from vtbr_train.engine.hardware import Hardware
from vtbr_train.optimizer.optimizer import Optimizer, OptimizerConfig, parameter_groups
from vtbr_train.optimizer.schedule import ScheduleConfig

ON_CPU = Hardware(torch.device("cpu"), torch.float32)
STAGES = {
    "resnet10": {
        "conv1.": 1 / 16,
        "bn1.": 1 / 16,
        "layer1.": 1 / 8,
        "layer2.": 1 / 4,
        "layer3.": 1 / 2,
        "layer4.": 1,
    },
    "vit_ti_16": {
        "class_token": 0.5**12,
        "conv_proj.": 0.5**12,
        "encoder.pos_embedding": 0.5**12,
        **{f"encoder.layers.encoder_layer_{n}.": 0.5 ** (11 - n) for n in range(12)},
        "encoder.ln.": 1,
    },
    "convnext_tiny": {
        "features.0.": 1 / 16,
        "features.1.": 1 / 8,
        "features.2.": 1 / 4,
        "features.3.": 1 / 4,
        "features.4.": 1 / 2,
        "features.5.": 1 / 2,
        "features.6.": 1,
        "features.7.": 1,
    },
}


def embedder(name):
    with torch.device("meta"):
        return build_model({"model": "embedder", "visual": {"name": name}, "num_classes": 3})


@pytest.mark.parametrize("name", list(STAGES))
def test_each_stage_learns_slower_than_the_one_behind_it(name):
    model = embedder(name)
    config = OptimizerConfig(layer_decay=0.5, backbone_learning_rate=2.0, learning_rate=3.0)
    groups = parameter_groups(config, model, lambda name: True)
    rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
    for key, parameter in ((key, each) for key, each in model.named_parameters() if each.requires_grad):
        found = [rate for prefix, rate in STAGES[name].items() if key.startswith(f"visual.{prefix}")]
        assert [rates[id(parameter)]] == ([2.0 * rate for rate in found] or [3.0]), key
    assert len(groups) == 1 + len(set(STAGES[name].values()))


def test_without_layer_decay_there_is_one_rate_a_role():
    groups = parameter_groups(OptimizerConfig(learning_rate=3.0), embedder("vit_ti_16"), lambda name: True)
    assert [(group["is_backbone"], group["lr"]) for group in groups] == [(True, 3.0), (False, 3.0)]


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_a_frozen_backbone_gathers_no_moments(name):
    def after_two_steps(frozen_steps, first_gradient):
        model = torch.nn.ModuleDict({"visual": torch.nn.Linear(2, 2), "head": torch.nn.Linear(2, 2)})
        for parameter in model.parameters():
            torch.nn.init.ones_(parameter)
        config, schedule = OptimizerConfig(name=name, learning_rate=0.1), ScheduleConfig(name="constant")
        optimizer = Optimizer(config, schedule, model, ON_CPU, last_step=2)
        optimizer.frozen_steps = frozen_steps
        for step, gradient in ((1, first_gradient), (2, 1.0)):
            for parameter in model.parameters():
                parameter.grad = torch.full_like(parameter, gradient)
            norm = optimizer.step(step)
            if step <= frozen_steps:
                assert (model["visual"].weight == 1).all()
                assert norm == pytest.approx(abs(first_gradient) * 6**0.5)  # of the head alone
        return model["visual"].weight, model["head"].weight

    few, many = after_two_steps(1, 5.0), after_two_steps(1, -5.0)
    assert torch.equal(few[0], many[0])
    assert (few[0] < 1).all()
    assert not torch.equal(few[1], many[1])


@pytest.mark.parametrize("limit", [None, 0.5, 4.999999, 5.0, 5.00001, 50.0])
def test_a_gradient_is_clipped_as_torch_clips_it(limit):
    def moved(clips_by_torch):
        model = torch.nn.Linear(2, 1, bias=False)
        torch.nn.init.zeros_(model.weight)
        model.weight.grad = torch.tensor([[3.0, 4.0]])
        if clips_by_torch and limit is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), limit)
        config = OptimizerConfig(
            learning_rate=1.0, weight_decay=0.0, gradient_clip=None if clips_by_torch else limit
        )
        schedule = ScheduleConfig(name="constant")
        norm = Optimizer(config, schedule, model, ON_CPU, last_step=1).step(1)
        assert clips_by_torch or norm == 5.0  # of before
        return model.weight.detach()

    assert moved(clips_by_torch=False).equal(moved(clips_by_torch=True))
