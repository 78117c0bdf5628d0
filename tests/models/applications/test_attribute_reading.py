from __future__ import annotations

import json

import pytest
import torch
from click.testing import CliRunner

from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import save_checkpoint
from vtbr_models.cli import main
from vtbr_models.files.manifest import read_manifest
from vtbr_models.inference.pictures import batches


@pytest.fixture
def reader(tmp_path, preprocessing):
    torch.manual_seed(0)
    vocabulary = {"hat": [False, True], "upper_colour": ["blue", "red", "white"]}
    objectives = {"attribute_classification": {"vocabulary": vocabulary}}
    model = build_model({"model": "captioner", "visual": {"name": "resnet10"}, "objectives": objectives})
    path = tmp_path / "reader.safetensors"
    save_checkpoint(path, model, {"preprocessing": preprocessing.to_metadata()})
    return path, model.eval()


def read(*words):
    return CliRunner().invoke(main, ["attributes", *map(str, words)])


def test_each_line_has_the_likeliest_value_of_each_attribute_and_keeps_its_other_keys(
    reader, people, preprocessing
):
    path, model = reader
    result = read(path, people, "--batch-size", 3)
    assert result.exit_code == 0, result.output
    assert result.stderr == "read the attributes of 7 images\n"
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    manifest = read_manifest(str(people))
    (images,) = batches([manifest.root / row.path for row in manifest.rows], preprocessing, batch_size=7)
    scores = model.attribute_head(model.embed(images)).split([2, 3], dim=1)
    for line, row, hat, colour in zip(lines, manifest.rows, *scores, strict=True):
        likeliest = {"hat": bool(hat.argmax()), "upper_colour": ("blue", "red", "white")[colour.argmax()]}
        assert line == {**row.keys, "attributes": likeliest}


def test_a_model_that_learnt_no_attributes_is_refused(captions_checkpoint, reid_checkpoint, people):
    for checkpoint in (captions_checkpoint, reid_checkpoint):
        result = read(checkpoint, people)
        assert result.exit_code == 1
        assert "has not learnt attributes: give one that learnt attribute_classification" in result.stderr
        assert result.stderr.count("\n") == 1
