from __future__ import annotations

import json
import pickle
from importlib import import_module
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from tests.support import foreign
from tests.support.converting import converted, refused, run
from vtbr_models.conversion.account import Account
from vtbr_models.conversion.convert import SOURCES


@pytest.fixture
def images():
    return torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def test_a_strong_baseline_computes_the_same_features_without_the_first_relu(tmp_path, images):
    theirs = foreign.strong_baseline()
    checkpoint, account = converted(tmp_path, theirs.state_dict())
    assert account["source"] == "strong-baseline"
    assert account["missing"] == account["unexpected"] == []
    assert checkpoint.model.architecture == {
        "model": "embedder",
        "visual": {"name": "resnet10", "last_stride": 1, "stem": "without-relu"},
        "num_classes": 6,
    }
    with torch.inference_mode():
        assert torch.allclose(checkpoint.model(images)[1], theirs(images), atol=1e-5)


def test_fastreids_statistics_pooling_and_neck_are_kept(tmp_path, images):
    state = foreign.fastreid_state()
    checkpoint, account = converted(tmp_path, {"model": state, "iteration": 3})
    assert account["source"] == "fastreid"
    assert account["left_out"].keys() == {"pixel_mean", "pixel_std", "heads.weight"}
    assert checkpoint.metadata["preprocessing"]["std"] == [0.2, 0.2, 0.2]
    assert checkpoint.metadata["preprocessing"]["interpolation"] == "bicubic"
    model = checkpoint.model
    assert model.visual.architecture["stem"] == "pool-ceil"
    assert torch.equal(model.neck.running_mean, state["heads.bottleneck.0.running_mean"])
    grid = torch.arange(64.0).reshape(1, 1, 8, 8)
    assert model.visual.maxpool(grid)[0, 0, 0, 0] == 18, (
        "no padding: the first cell sees three rows and columns"
    )


def test_fastreids_gem_and_reduction_are_kept(tmp_path, images):
    state = foreign.fastreid_state()
    neck = {name: state.pop(name) for name in list(state) if name.startswith("heads.bottleneck.0.")}
    state |= {name.replace(".0.", ".1."): value[:7] if value.dim() else value for name, value in neck.items()}
    state |= {
        "heads.bottleneck.0.weight": torch.randn(7, 512, 1, 1),
        "heads.pool_layer.p": torch.tensor([2.5]),
    }
    model = converted(tmp_path, state)[0].model
    grid = model.visual(images)
    gem = grid.clamp(min=1e-6).pow(2.5).mean((2, 3), keepdim=True).pow(1 / 2.5)
    reduced = torch.nn.functional.conv2d(gem, state["heads.bottleneck.0.weight"])[..., 0, 0]
    with torch.inference_mode():
        assert torch.allclose(model(images)[0], reduced, atol=1e-4)
    assert model.architecture["reduction"] == 7


@pytest.mark.parametrize(
    ("source", "extra", "words"),
    [
        ("torchvision", ["fc.weight", "fc.bias"], []),
        ("timm", ["fc.weight", "fc.bias"], ["--from", "timm"]),
        ("torchreid", ["classifier.weight", "classifier.bias"], []),
    ],
)
def test_a_bare_backbone_gets_a_neck_that_changes_nothing(tmp_path, images, source, extra, words):
    theirs = torchvision.models.resnet18()
    foreign.enliven(theirs)
    theirs.fc = torch.nn.Identity()
    state = theirs.state_dict() | {name: torch.zeros(3) for name in extra}
    checkpoint, account = converted(tmp_path, state, *words)
    assert account["source"] == source
    assert list(account["left_out"]) == extra
    model = checkpoint.model
    assert model.architecture["visual"] == {"name": "resnet18", "last_stride": 2}
    with torch.inference_mode():
        assert torch.allclose(model(images)[1], theirs.eval()(images), atol=1e-5)


def test_files_without_batch_counters_convert_as_those_of_2018_do(tmp_path):
    state = {
        name: value
        for name, value in foreign.resnet10().state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    _, account = converted(tmp_path, state)
    assert account["initialised"]["visual.bn1.num_batches_tracked"].startswith("0, for the file is older")


def test_safetensors_convert_too(tmp_path):
    save_file(foreign.resnet10().state_dict(), tmp_path / "r.safetensors")
    result = run(tmp_path / "r.safetensors", "-o", tmp_path / "o.safetensors")
    assert result.exit_code == 0, result.stderr
    assert "renamed      * -> visual.*" in result.stderr


def test_a_renamed_key_is_refused_with_the_account(tmp_path):
    state = foreign.strong_baseline().state_dict()
    state["base.layer2.0.conv9.weight"] = state.pop("base.layer2.0.conv1.weight")
    said, account = refused(tmp_path, state)
    assert account["missing"] == ["visual.layer2.0.conv1.weight"]
    assert account["unexpected"] == ["base.layer2.0.conv9.weight"]
    assert "  missing      visual.layer2.0.conv1.weight\n" in said
    assert said.splitlines()[-1] == (
        f"Error: {tmp_path / 'theirs.pth'}: missing: visual.layer2.0.conv1.weight; unexpected: "
        "base.layer2.0.conv9.weight; nothing was written: tensors that take part in the features cannot be left "
        "out; where you know that some do not, name them by --allow-missing or --allow-unexpected PATTERN"
    )


def test_a_changed_shape_is_refused_with_both_shapes_whatever_is_allowed(tmp_path):
    state = foreign.virtex().state_dict()
    state["textual.visual_projection.weight"] = torch.zeros(foreign.WIDTH, 7)
    state.pop("backward_textual.visual_projection.weight")
    said, account = refused(tmp_path, state, "--heads", 2, "--allow-missing", "*", "--allow-unexpected", "*")
    assert account["wrong_shape"] == {"textual.visual_projection.weight": [[32, 7], [32, 512]]}
    assert (
        "wrong shape  textual.visual_projection.weight: (32, 7) in the file, (32, 512) in the model" in said
    )
    assert "of the wrong shape: textual.visual_projection.weight; nothing was written" in said


def test_what_the_user_names_may_be_absent_and_is_called_untrained(tmp_path):
    state = foreign.strong_baseline().state_dict()
    state["base.extra"] = torch.zeros(1)
    del state["bottleneck.weight"]
    first, account = converted(
        tmp_path, state, "--allow-missing", "neck.w*", "--allow-unexpected", "base.extra"
    )
    assert account["initialised"] == {"neck.weight": "untrained, as was allowed"}
    assert account["missing"] == ["neck.weight"]
    second, _ = converted(tmp_path, state, "--allow-missing", "neck.*", "--allow-unexpected", "base.*")
    assert torch.equal(first.model.neck.weight, second.model.neck.weight)


class Payload:
    """Code in a pickle: it would create the file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


@pytest.mark.parametrize("write", ["torch", "pickle"])
def test_a_pickle_with_code_is_refused_in_one_line_and_does_not_run(tmp_path, write):
    state = {**foreign.resnet10().state_dict(), "payload": Payload(str(tmp_path / "ran"))}
    path = tmp_path / "evil.pth"
    if write == "torch":
        torch.save(state, path)
    else:
        path.write_bytes(pickle.dumps({"payload": state["payload"]}))
    result = run(path, "-o", tmp_path / "o.safetensors")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "is a pickle that holds more than tensors" in result.stderr
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "o.safetensors").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 and then nothing", "is no whole PyTorch file"),
        (b"hello, I am a text", "is neither a PyTorch file nor a safetensors file: give another program's"),
        (b"", "is neither a PyTorch file nor a safetensors file"),
    ],
)
def test_what_is_no_file_of_weights_is_one_line(tmp_path, content, message):
    (tmp_path / "x.pth").write_bytes(content)
    result = run(tmp_path / "x.pth", "-o", tmp_path / "o")
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"epoch": 3}, "holds no tensors by name"),
        (torch.zeros(3), "holds a Tensor, not tensors by name"),
        ({"encoder.w": torch.zeros(3)}, "nothing here knows its names (encoder.w, ...)"),
        ({"conv1.weight": torch.zeros(3)}, "no backbone here has tensors like these"),
    ],
)
def test_files_of_something_else_are_refused(tmp_path, state, message):
    said, _ = refused(tmp_path, state)
    assert message in said


def test_a_checkpoint_of_ours_is_used_as_it_is(reid_checkpoint, tmp_path):
    result = run(reid_checkpoint, "-o", tmp_path / "o.safetensors")
    assert result.exit_code == 1
    assert result.stderr == f"Error: {reid_checkpoint} is a checkpoint of vtbr already: use it as it is\n"


def test_names_of_another_program_than_was_said_are_named(tmp_path):
    said, _ = refused(tmp_path, foreign.resnet10().state_dict(), "--from", "fastreid")
    assert "its names are not those of fastreid: leave --from fastreid out" in said


def test_weights_that_are_not_finite_are_refused(tmp_path):
    state = foreign.resnet10().state_dict()
    state["conv1.weight"][0] = float("nan")
    said, _ = refused(tmp_path, state)
    assert "conv1.weight is not finite" in said


def test_the_account_names_every_key_when_asked():
    account = Account(
        file="f", source="s", loaded=["a"], renamed=[("b", "c"), ("x.w", "y.w"), ("x.v", "y.v")]
    )
    assert list(account.lines()) == [
        "f: names of s", "  loaded       1 tensor under their own names", "  renamed      b -> c",
        "  renamed      x.* -> y.* (2 tensors)",
    ]  # fmt: skip
    assert list(account.lines(every_key=True))[1:] == [
        "  loaded       a", "  renamed      b -> c", "  renamed      x.w -> y.w", "  renamed      x.v -> y.v",
    ]  # fmt: skip


def test_the_command_offers_every_source():
    assert sorted(SOURCES) == sorted(import_module("vtbr_models.cli.convert").SOURCES)


def test_an_account_can_be_piped(tmp_path):
    torch.save(foreign.resnet10().state_dict(), tmp_path / "r.pth")
    result = run(tmp_path / "r.pth", "-o", tmp_path / "o.safetensors", "--account", "-")
    assert json.loads(result.stdout)["file"] == "r.pth"
