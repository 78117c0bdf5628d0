"""What GPUs are for: mixed precision, compiled and channels-last models, fused optimizers.

Each body that a CPU can execute is executed there, too.
"""

import json
import math

import pytest
import torch

from vtbr_models.checkpoint.architecture import build_model
from vtbr_train.engine.engine import EngineConfig, place_model, wrap
from vtbr_train.engine.hardware import Hardware
from vtbr_train.engine.world import World
from vtbr_train.optimizer.optimizer import Optimizer, OptimizerConfig
from vtbr_train.optimizer.schedule import ScheduleConfig
from vtbr_train.run.state import load_state, save_state, snapshot

from ..runs import finetune, invoke, pretrain_words, read_log

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
FLAT = ScheduleConfig(name="constant")


def losses_of(people, recipes, folder, *changes):
    words = [*pretrain_words(people, recipes, folder), *(w for each in changes for w in ("--set", each))]
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    lines = read_log(folder)
    return [line["loss"] for line in lines if "loss" in line]


def embedder():
    torch.manual_seed(0)
    return build_model({"model": "embedder", "visual": {"name": "resnet10"}, "num_classes": 3})


def trace_only(monkeypatch):
    """Let compiled modules be traced alone: generating code for CPUs takes a minute."""
    real = torch.nn.Module.compile
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self: real(self, backend="eager"))


def backwards(model, images):
    """The gradients of a loss of both features."""
    pooled, normed = model(images)
    weights = torch.arange(len(images), device=images.device)[:, None]
    (pooled.float().square().mean() + (normed.float() * weights).square().mean()).backward()


@pytest.mark.parametrize("device", DEVICES)
def test_bfloat16_is_close_to_float32(people, recipes, tmp_path, device):
    changes = ["steps=4", "log_every=1", f"device={device}"]
    exact, rough = (
        losses_of(people, recipes, tmp_path / precision, *changes, f"precision={precision}")
        for precision in ("float32", "bfloat16")
    )
    assert all(map(math.isfinite, rough))
    assert rough == pytest.approx(exact, rel=0.05)
    assert rough != exact


@pytest.mark.gpu
def test_a_float16_run_survives_overflows_of_its_loss_scale(people, recipes, tmp_path):
    changes = ["log_every=1", "device=cuda", "precision=float16"]
    assert all(map(math.isfinite, losses_of(people, recipes, tmp_path / "run", *changes)))


@pytest.mark.parametrize("device", DEVICES)
def test_the_loss_scale_of_float16_is_saved_and_goes_on(tmp_path, device):
    hardware = Hardware(torch.device(device), torch.float16)

    def fresh():
        torch.manual_seed(0)
        model = torch.nn.ModuleDict({"visual": torch.nn.Linear(4, 4)}).to(device)
        return model, Optimizer(OptimizerConfig(name="adam"), FLAT, model, hardware, last_step=9)

    def train(model, optimizer, steps):
        for step in steps:
            images = torch.full((2, 4), 0.1 * step, device=device)  # scaled by 2^16 still a float16
            with hardware.autocast():
                loss = model["visual"](images).float().square().mean()
            optimizer.backward(loss * (torch.inf if step in (2, 5) else 1))
            optimizer.step(step)

    whole, optimizer = fresh()
    train(whole, optimizer, range(1, 7))
    assert optimizer.scaler.get_scale() == 2.0**16 / 4  # halved twice
    half, optimizer_before = fresh()
    train(half, optimizer_before, range(1, 4))
    path = tmp_path / "state.safetensors"
    save_state(path, snapshot({"model": half, "optimizer": optimizer_before}), {"step": 3})
    other, optimizer_after = fresh()
    load_state(path, {"model": other, "optimizer": optimizer_after})
    train(other, optimizer_after, range(4, 7))
    assert optimizer_after.state_dict()["scaler"] == optimizer.state_dict()["scaler"]
    assert torch.equal(other["visual"].weight, whole["visual"].weight)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("how", "recompute"), [("blocks", False), ("blocks", True), ("whole", False)])
def test_a_compiled_model_has_the_gradients_of_the_plain_one(monkeypatch, device, how, recompute):
    if device == "cpu":
        trace_only(monkeypatch)
    torch._dynamo.reset()
    hardware = Hardware(torch.device(device), torch.float32)
    images = torch.randn(4, 3, 64, 32, generator=torch.Generator().manual_seed(0)).to(device)
    gradients = []
    for config in (EngineConfig(compile="none"), EngineConfig(compile=how, recompute=recompute)):
        model = embedder().train()
        place_model(model, hardware)
        backwards(wrap(model, config, hardware, World()), images)
        gradients.append(
            {name: each.grad for name, each in model.named_parameters() if each.grad is not None}
        )
        if config.compile == how:
            assert model.visual.bn1.num_batches_tracked == model.visual.layer1[0].bn1.num_batches_tracked == 1
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-2, atol=1e-3, msg=name)


def test_compiled_blocks_are_frozen_trained_and_validated(people, recipes, tmp_path, monkeypatch):
    trace_only(monkeypatch)
    torch._dynamo.reset()
    changes = ["engine.compile=blocks", "epochs=2", "frozen_epochs=1", "schedule.milestones=[]"]
    result = finetune(people, recipes, tmp_path / "run", *(w for each in changes for w in ("--set", each)))
    assert result.exit_code == 0, result.output
    assert 0 < json.loads(result.stdout)["mAP"] <= 1


def test_recomputation_within_a_whole_compiled_model_is_refused():
    with pytest.raises(ValueError, match="use compile=blocks"):
        EngineConfig(recompute=True, compile="whole")


@pytest.mark.parametrize("device", DEVICES)
def test_channels_last_changes_layouts_and_no_values(device):
    images = torch.randn(2, 3, 64, 32)
    found = {}
    for channels_last in (True, False):
        hardware = Hardware(torch.device(device), torch.float32, channels_last=channels_last)
        model = embedder().eval()
        place_model(model, hardware)
        grid = model.visual(hardware.images(images))
        assert grid.is_contiguous(memory_format=torch.channels_last) == channels_last
        found[channels_last] = grid
    torch.testing.assert_close(found[True], found[False], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_fused_optimizers_step_as_plain_ones(device, name):
    hardware = Hardware(torch.device(device), torch.float32)
    found = []
    for is_fused in (True, False):
        torch.manual_seed(0)
        model = torch.nn.ModuleDict({"visual": torch.nn.Linear(8, 8), "head": torch.nn.Linear(8, 8)}).to(
            device
        )
        config = OptimizerConfig(name=name, learning_rate=0.1, gradient_clip=1.0, lookahead_steps=2)
        optimizer = Optimizer(config, FLAT, model, hardware, last_step=4, is_fused=is_fused)
        for step in range(1, 5):
            images = torch.full((2, 8), float(step), device=device)
            optimizer.backward(model["head"](model["visual"](images)).square().mean())
            optimizer.step(step)
        found.append(model["visual"].weight)
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("device", DEVICES)
def test_fine_tuning_and_its_validation_run_on_a_device(people, recipes, tmp_path, device):
    changes = ["epochs=1", "frozen_epochs=1", "schedule.milestones=[]", f"device={device}", "data.workers=1"]
    result = finetune(people, recipes, tmp_path / "run", *(w for each in changes for w in ("--set", each)))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert 0 < found["mAP"] <= 1
    assert math.isfinite(found["loss"])
