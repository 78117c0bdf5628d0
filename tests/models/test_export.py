from __future__ import annotations

import pytest
import torch
import torchvision
from click.testing import CliRunner
from safetensors.torch import load_file

from vtbr_models.architecture import build_model
from vtbr_models.checkpoint import load_backbone, save_checkpoint
from vtbr_models.cli import main
from vtbr_models.tensorfile import read_header


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


def test_a_pickle_is_refused_in_one_line(tmp_path):
    torch.save({}, tmp_path / "model.pth")
    result = CliRunner().invoke(main, ["export", str(tmp_path / "model.pth"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "model.pth is a PyTorch pickle" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
