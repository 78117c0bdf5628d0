"""Whitened features: `vtbr-models export --whiten`."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.numpy import load_file

from tests.support.extracting import extract
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import load_checkpoint, save_checkpoint
from vtbr_models.checkpoint.metadata import read_metadata
from vtbr_models.cli import main

NUM_PEOPLE, NUM_VIEWS, WIDTH = 7, 3, 4


@pytest.fixture
def street(tmp_path):
    """Seven people of three pictures, one of a single picture, and nobody in particular, all in split train."""
    random = np.random.default_rng(0)
    rows = [(person, view) for person in range(1, NUM_PEOPLE + 1) for view in range(NUM_VIEWS)]
    lines = []
    for person, view in [*rows, (NUM_PEOPLE + 1, 0), (0, 0), (0, 1)]:
        name = f"{person}_{view}.png"
        colour = np.random.default_rng(person).integers(0, 256, (8, 4, 3))
        pixels = (colour + random.integers(-60, 60, (8, 4, 3))).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).resize((32, 64)).save(tmp_path / name)
        lines.append({"path": name, "identity": person, "camera": view, "split": "train"})
    path = tmp_path / "street.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def whitened(checkpoint, output, *words):
    return CliRunner().invoke(
        main, ["export", str(checkpoint), "-o", str(output), "--whole", *map(str, words)]
    )


def features_of(checkpoint, manifest, path):
    extract(checkpoint, manifest, "--split", "train", "-o", path)
    table = load_file(path)
    return table["features"].astype(np.float64), table["identity"]


def expected(features, identity):
    """The formula, on all features at once."""
    count = np.bincount(identity)
    chosen = (identity > 0) & (count[identity] > 1)
    known, of = features[chosen], identity[chosen]
    means = np.stack([known[of == person].mean(axis=0) for person in np.unique(of)])
    within = sum(np.cov(known[of == person].T, bias=True) for person in np.unique(of)) / len(means)
    values, directions = np.linalg.eigh(within)
    half = directions @ np.diag((values.clip(0) + 3 * values.mean()) ** -0.5) @ directions.T
    _, main_ones = np.linalg.eigh(np.cov((means @ half).T))
    return (features - known.mean(axis=0)) @ half @ main_ones[:, : -WIDTH - 1 : -1]


@pytest.mark.parametrize(
    "change", [{}, {"feature": "before"}, {"reduction": 6}, {"reduction": 6, "feature": "before"}]
)
def test_features_are_those_of_the_formula(tmp_path, street, embedder, preprocessing, change):
    torch.manual_seed(1)
    model = build_model({**embedder.architecture, "num_classes": None, **change}).eval()
    known = model.state_dict()
    model.load_state_dict(
        {
            **known,
            **{n: t for n, t in embedder.state_dict().items() if n in known and t.shape == known[n].shape},
        }
    )
    plain, path = tmp_path / "plain.safetensors", tmp_path / "whitened.safetensors"
    save_checkpoint(plain, model, {"preprocessing": preprocessing.to_metadata(), "step": 3})
    result = whitened(plain, path, "--whiten", street, "--width", WIDTH)
    assert result.exit_code == 0, result.stderr
    assert "features of 4 numbers, by 21 images of 7 people in split train" in result.stderr
    wanted = expected(*features_of(plain, street, tmp_path / "plain.features"))
    found, _ = features_of(path, street, tmp_path / "whitened.features")
    np.testing.assert_allclose(found @ found.T, wanted @ wanted.T, rtol=2e-3, atol=2e-3 * (wanted**2).max())
    metadata = read_metadata(path)
    assert metadata["step"] == 3
    assert metadata["architecture"]["reduction"] == WIDTH
    assert load_checkpoint(path).model.feature_width == WIDTH


def test_it_goes_with_all_other_changes_of_a_checkpoint(tmp_path, street, reid_checkpoint):
    path = tmp_path / "all.safetensors"
    words = ["--drop-classifier", "--towards", reid_checkpoint, "--pooling", "stripes", "--dtype", "float16"]
    result = whitened(reid_checkpoint, path, *words, "--whiten", street, "--width", WIDTH)
    assert result.exit_code == 0, result.stderr
    assert read_metadata(path)["architecture"]["pooling"] == "stripes"
    tensors = load_file(path)
    assert tensors["reduction.weight"].shape == (WIDTH, 4 * 512)
    assert tensors["reduction.weight"].dtype == np.float16
    again = tmp_path / "again.safetensors"
    whitened(reid_checkpoint, again, *words, "--whiten", street, "--width", WIDTH)
    assert path.read_bytes() == again.read_bytes()


def test_what_cannot_be_whitened_is_said_and_nothing_is_written(
    tmp_path, street, reid_checkpoint, captions_checkpoint
):
    path = tmp_path / "out.safetensors"
    gone = tmp_path / "gone.jsonl"
    gone.write_text(street.read_text().replace('"7_2.png"', '"missing.png"'))
    nobody = tmp_path / "nobody.jsonl"
    nobody.write_text(street.read_text().replace('"train"', '"gallery"'))
    drop = "--drop-classifier"
    cases = [
        (reid_checkpoint, [drop, "--whiten", street], 1, "--width 512 needs more than 512 people with two"),
        (reid_checkpoint, [drop, "--whiten", street, "--width", 7], 1, "street.jsonl has 7: give a smaller"),
        (reid_checkpoint, [drop, "--whiten", nobody, "--width", 2], 1, "nobody.jsonl has 0: give a smaller"),
        (reid_checkpoint, [drop, "--whiten", street, "--width", 513], 1, "features have 512 numbers"),
        (reid_checkpoint, ["--whiten", street, "--width", 4], 1, "leave it out by --drop-classifier"),
        (reid_checkpoint, [drop, "--whiten", gone, "--width", 4], 1, "missing.png"),
        (captions_checkpoint, ["--whiten", street], 1, "a captioner has no features to whiten"),
        (reid_checkpoint, [drop, "--width", 4], 2, "add --whiten, or leave --width out"),
        (reid_checkpoint, [drop, "--whiten", tmp_path / "typo.jsonl"], 1, "typo.jsonl"),
    ]
    for checkpoint, words, code, said in cases:
        result = whitened(checkpoint, path, *words)
        assert (result.exit_code, said in result.stderr, path.exists()) == (code, True, False), result.stderr
        assert "Traceback" not in result.stderr
    refused = CliRunner().invoke(
        main, ["export", str(reid_checkpoint), "-o", str(path), "--whiten", str(street)]
    )
    assert refused.exit_code == 2
    assert "--whiten goes with --whole" in refused.stderr
