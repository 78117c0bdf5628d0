from __future__ import annotations

import itertools
import json

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from vtbr_models.applications.text_extraction import encode_captions
from vtbr_models.cli import main

TEXTS = ["a person in red", "a person walks by the sea", "blue coat"]


@pytest.fixture
def described(people):
    """The people, of whom the first has two captions, the second one, the others none."""
    rows = [json.loads(line) for line in people.read_text().splitlines()]
    rows[0]["captions"], rows[1]["captions"] = TEXTS[:2], TEXTS[2:]
    people.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return people, rows


def extract(*words):
    return CliRunner().invoke(main, ["extract", *map(str, words)])


def test_each_caption_is_a_row_with_its_images_labels(dual, described, tokenizer, tmp_path):
    checkpoint, model = dual
    people, rows = described
    result = extract(checkpoint, people, "--texts", "-o", tmp_path / "texts", "--batch-size", 2)
    assert result.exit_code == 0, result.output
    assert result.stderr == "extracted 3 features\n"
    found = load_file(tmp_path / "texts")
    expected = torch.cat([model.encode_text(encode_captions(tokenizer, [text], 8)) for text in TEXTS])
    torch.testing.assert_close(found["features"], expected)
    assert found["identity"].tolist() == [rows[0]["identity"]] * 2 + [rows[1]["identity"]]
    offsets = found["path_offset"].tolist()
    paths = [bytes(found["path"][a:b].tolist()).decode() for a, b in itertools.pairwise(offsets)]
    assert paths == [rows[0]["path"]] * 2 + [rows[1]["path"]]


def test_images_of_the_same_space_are_as_wide_and_of_length_one(dual, described, tmp_path):
    checkpoint, model = dual
    words = (checkpoint, described[0], "--joint", "--no-flip", "-o", tmp_path / "images")
    assert extract(*words).exit_code == 0
    features = load_file(tmp_path / "images")["features"]
    assert features.shape == (6, 12)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(6))
    assert model.feature_width == 512  # without --joint it is the backbone's


@pytest.mark.parametrize("flag", ["--texts", "--joint"])
def test_a_model_without_a_common_space_is_refused_in_one_line(captions_checkpoint, described, flag):
    result = extract(captions_checkpoint, described[0], flag)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "contrastive" in result.stderr


@pytest.mark.parametrize("flag", ["--texts", "--joint"])
def test_an_embedder_is_refused_in_one_line(reid_checkpoint, described, flag):
    result = extract(reid_checkpoint, described[0], flag)
    assert result.exit_code == 1
    assert "is an embedder, which" in result.stderr


def test_a_manifest_without_captions_is_refused(dual, people):
    result = extract(dual[0], people, "--texts")
    assert result.exit_code == 1
    assert result.stderr == f"Error: {people} has no captions: make some with `vtbr-data caption`\n"


def test_captions_that_are_no_list_are_refused(dual, described):
    people, _ = described
    people.write_text(people.read_text().replace('["blue coat"]', '"blue coat"'))
    result = extract(dual[0], people, "--texts")
    assert result.exit_code == 1
    assert 'captions is "blue coat", not a list of text' in result.stderr


def test_a_long_caption_keeps_its_end(tokenizer):
    tokens = encode_captions(tokenizer, ["a person in red", "blue"], 4)
    assert tokens.tolist() == [[1, 5, 6, 2], [1, 9, 2, 0]]
