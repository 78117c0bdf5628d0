from __future__ import annotations

import pytest
import torch
import torchvision
from click.testing import CliRunner
from safetensors.torch import load_file

from tests.support import foreign
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import load_backbone, load_checkpoint, save_checkpoint
from vtbr_models.checkpoint.tensorfile import read_header
from vtbr_models.cli import main


@pytest.fixture
def exported(tmp_path):
    model = build_model({"model": "embedder", "visual": {"name": "resnet18"}, "num_classes": 3})
    save_checkpoint(tmp_path / "model.safetensors", model, {"step": 5, "tokenizer": {"model": {}}})
    output = tmp_path / "backbone.safetensors"
    result = CliRunner().invoke(main, ["export", str(tmp_path / "model.safetensors"), "-o", str(output)])
    assert result.exit_code == 0, result.stderr
    return model, output


def test_it_loads_into_torchvision_with_only_the_classifier_missing(exported):
    model, path = exported
    theirs = torchvision.models.resnet18()
    result = theirs.load_state_dict(load_file(path), strict=False)
    assert result.missing_keys == ["fc.weight", "fc.bias"]
    assert result.unexpected_keys == []
    assert torch.equal(theirs.layer3[0].conv1.weight, model.visual.layer3[0].conv1.weight)


def test_it_keeps_the_metadata_but_for_the_tokenizer(exported):
    metadata = read_header(exported[1]).metadata
    assert metadata["format"] == "vtbr.backbone"
    assert metadata["architecture"] == {"visual": {"name": "resnet18", "last_stride": 1}}
    assert metadata["step"] == 5
    assert "tokenizer" not in metadata


def test_it_can_start_another_model(exported):
    model, path = exported
    other = build_model({"model": "embedder", "visual": {"name": "resnet18"}})
    load_backbone(other, path)
    assert torch.equal(other.visual.conv1.weight, model.visual.conv1.weight)


@pytest.fixture
def pth(tmp_path, reid_checkpoint):
    path = tmp_path / "backbone.pth"
    result = CliRunner().invoke(main, ["export", str(reid_checkpoint), "-o", str(path)])
    assert result.exit_code == 0, result.stderr
    return path


def test_a_pth_file_is_a_plain_state_dict_of_tensors(pth, embedder):
    state = torch.load(pth, weights_only=True)
    assert state.keys() == embedder.visual.state_dict().keys()


def test_reid_strong_baselines_loader_copies_every_key_it_finds(pth):
    theirs = foreign.StrongBaseline().base
    for name, value in torch.load(pth, weights_only=True).items():  # its ResNet.load_param
        if "fc" in name:
            continue
        theirs.state_dict()[name].copy_(value)
    assert torch.equal(theirs.conv1.weight, torch.load(pth, weights_only=True)["conv1.weight"])


def test_fastreids_loader_misses_nothing(pth):
    theirs = foreign.StrongBaseline().base  # its backbone's keys are the same: no classifier
    incompatible = theirs.load_state_dict(
        torch.load(pth, map_location="cpu", weights_only=True), strict=False
    )
    assert incompatible.missing_keys == incompatible.unexpected_keys == []


def test_torchreids_loader_discards_nothing(pth):
    theirs = foreign.resnet10().state_dict()  # with its classifier, which stays as it is
    loaded = torch.load(pth, weights_only=True)
    matched = [name for name, value in loaded.items() if name in theirs and theirs[name].shape == value.shape]
    assert matched == list(loaded)


def test_a_whole_checkpoint_in_half_the_bytes_loads_and_computes_nearly_the_same(
    tmp_path, captions_checkpoint, captioner
):
    path = tmp_path / "half.safetensors"
    words = ["export", str(captions_checkpoint), "-o", str(path), "--whole", "--dtype", "float16"]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert path.stat().st_size < 0.52 * captions_checkpoint.stat().st_size
    loaded = load_checkpoint(path)
    assert loaded.metadata["tokenizer"] is not None
    assert loaded.model.visual.conv1.weight.dtype == torch.float32
    images = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        ours, theirs = captioner.memory(images), loaded.model.memory(images)
    assert torch.allclose(ours, theirs, atol=0.01 * float(ours.abs().max()))


def test_an_embedder_gives_the_same_features_without_its_classifier(
    tmp_path, reid_checkpoint, captions_checkpoint
):
    path = tmp_path / "bare.safetensors"
    words = ["export", str(reid_checkpoint), "-o", str(path), "--whole", "--drop-classifier"]
    assert CliRunner().invoke(main, words).exit_code == 0
    bare, whole = load_checkpoint(path).model.eval(), load_checkpoint(reid_checkpoint).model.eval()
    assert bare.classifier is None
    images = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        assert torch.equal(bare.embed(images), whole.embed(images))
    words[1] = str(captions_checkpoint)
    assert "has no classifier: leave --drop-classifier out" in CliRunner().invoke(main, words).stderr
    refused = CliRunner().invoke(main, [*words[:4], "--drop-classifier"])
    assert refused.exit_code == 2
    assert "--drop-classifier goes with --whole" in refused.stderr


def test_a_backbone_moves_towards_the_one_that_it_began_from(tmp_path, reid_checkpoint, captions_checkpoint):
    path, start = tmp_path / "between.safetensors", tmp_path / "start.safetensors"
    begun = load_checkpoint(reid_checkpoint)
    with torch.no_grad():
        begun.model.visual.conv1.weight.zero_()
    save_checkpoint(start, begun.model, begun.metadata["preprocessing"])
    words = ["export", reid_checkpoint, "-o", path, "--whole", "--towards", start, "--share", 0.25]
    result = CliRunner().invoke(main, [*map(str, words)])
    assert result.exit_code == 0
    assert f"0.25 of the weights of {start}" in result.stderr
    trained, found = load_checkpoint(reid_checkpoint).model.visual, load_checkpoint(path).model.visual
    torch.testing.assert_close(found.conv1.weight, 0.75 * trained.conv1.weight)
    torch.testing.assert_close(found.layer1[0].conv1.weight, trained.layer1[0].conv1.weight)
    refused = CliRunner().invoke(main, [*map(str, words[:5]), "--share", "0.25"])
    assert refused.exit_code == 2
    assert "--share says how much of --towards is mixed in" in refused.stderr


def test_a_finer_pooling_than_that_of_training_repeats_the_neck(tmp_path, reid_checkpoint):
    path = tmp_path / "fine.safetensors"
    words = ["export", str(reid_checkpoint), "-o", str(path), "--whole", "--pooling", "stripes"]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 1
    assert "leave it out by --drop-classifier" in refused.stderr
    assert CliRunner().invoke(main, [*words, "--drop-classifier"]).exit_code == 0
    fine, trained = load_checkpoint(path).model, load_checkpoint(reid_checkpoint).model
    assert fine.architecture["pooling"] == "stripes"
    assert fine.feature_width == 4 * trained.feature_width
    assert torch.equal(fine.neck.weight, trained.neck.weight.repeat(4))
    images = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        assert fine.eval().embed(images).shape == (2, 4 * trained.feature_width)
    coarse = ["-o", str(tmp_path / "coarse.safetensors"), "--whole", "--pooling", "average"]
    refused = CliRunner().invoke(main, ["export", str(path), *coarse])
    assert refused.exit_code == 1
    assert "pooling stripes, whose neck does not fit average: it fits stripes, stripes-8" in refused.stderr


def test_weights_too_large_for_float16_are_refused(tmp_path, embedder):
    with torch.no_grad():
        embedder.neck.weight[0] = 1e6
    save_checkpoint(tmp_path / "m.safetensors", embedder, {})
    words = ["export", str(tmp_path / "m.safetensors"), "-o", str(tmp_path / "o.pth"), "--dtype", "float16"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, "the neck is no part of the backbone"
    result = CliRunner().invoke(main, [*words[:3], str(tmp_path / "o.safetensors"), *words[4:], "--whole"])
    assert result.exit_code == 1
    assert "neck.weight is not finite in torch.float16: export it in float32" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "model.txt"], "the ending must be one of .safetensors, .pth, .onnx, .pt2"),
        (["-o", "model.pth", "--whole"], "--whole writes .safetensors"),
    ],
)
def test_an_ending_that_says_nothing_is_a_wrong_command_line(reid_checkpoint, words, message):
    result = CliRunner().invoke(main, ["export", str(reid_checkpoint), *words])
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_pickle_is_refused_in_one_line(tmp_path):
    torch.save({}, tmp_path / "model.pth")
    result = CliRunner().invoke(
        main, ["export", str(tmp_path / "model.pth"), "-o", str(tmp_path / "out.pth")]
    )
    assert result.exit_code == 1
    assert "model.pth is a PyTorch pickle" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out.pth").exists()
