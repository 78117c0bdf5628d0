from __future__ import annotations

import importlib.util
import io
import json

import pytest
import torch
from click.testing import CliRunner

from vtbr_models.captioner.captioner import reverse
from vtbr_models.cli import main
from vtbr_models.inference import embed


def export(checkpoint, output, *words):
    result = CliRunner().invoke(main, ["export", str(checkpoint), "-o", str(output), *words])
    assert result.exit_code == 0, result.stderr
    return output


def log_likelihoods(model, images, tokens):
    """Plainly: token by token."""
    memory, found = model.memory(images), []
    for backward, row in ((False, tokens), (True, reverse(tokens))):
        scores = model.logits(memory, row[:, :-1], backward=backward).log_softmax(-1)
        sums = torch.zeros(len(row))
        for image in range(len(row)):
            for position in range(row.shape[1] - 1):
                token = row[image, position + 1]
                sums[image] += scores[image, position, token] if token != 0 else 0
        found.append(sums)
    return found


CAPTIONS = torch.tensor([[1, 5, 6, 7, 2, 0], [1, 9, 2, 0, 0, 0], [1, 5, 8, 8, 9, 2]])


@torch.inference_mode()
def test_onnx_computes_an_embedders_features_for_any_batch(tmp_path, reid_checkpoint, embedder):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(export(reid_checkpoint, tmp_path / "m.onnx"))
    for num_images in (1, 5):
        images = torch.randn(num_images, 3, 64, 32)
        (features,) = session.run(["features"], {"images": images.numpy()})
        assert torch.allclose(torch.from_numpy(features), embed(embedder, images, flip=False), atol=1e-4)
    metadata = json.loads(session.get_modelmeta().custom_metadata_map["vtbr"])
    assert metadata["preprocessing"]["height"] == 64


@torch.inference_mode()
def test_onnx_scores_captions_of_any_number_and_length(tmp_path, captions_checkpoint, captioner):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(export(captions_checkpoint, tmp_path / "m.onnx"))
    for rows in (CAPTIONS, CAPTIONS[1:2, :3]):
        images = torch.randn(len(rows), 3, 64, 32)
        found = session.run(["forward", "backward"], {"images": images.numpy(), "tokens": rows.numpy()})
        for ours, theirs in zip(log_likelihoods(captioner, images, rows), found, strict=True):
            assert torch.allclose(torch.from_numpy(theirs), ours, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_pt2_scores_captions_and_holds_the_metadata(tmp_path, captions_checkpoint, captioner):
    path = export(captions_checkpoint, tmp_path / "m.pt2")
    extra = {"vtbr.json": ""}
    network = torch.export.load(io.BytesIO(path.read_bytes()), extra_files=extra).module()
    images = torch.randn(3, 3, 64, 32)
    for ours, theirs in zip(
        log_likelihoods(captioner, images, CAPTIONS), network(images, CAPTIONS), strict=True
    ):
        assert torch.allclose(theirs, ours, atol=1e-4, rtol=1e-4)
    assert json.loads(extra["vtbr.json"])["tokenizer"]["model"]["type"] == "WordLevel"


@torch.inference_mode()
def test_pt2_gives_a_captioners_features_when_asked(tmp_path, captions_checkpoint, captioner):
    path = export(captions_checkpoint, tmp_path / "m.pt2", "--features")
    network = torch.export.load(path).module()
    images = torch.randn(4, 3, 64, 32)
    assert torch.allclose(network(images), embed(captioner, images, flip=False), atol=1e-4)


def test_without_the_extra_onnx_says_what_to_install(tmp_path, reid_checkpoint, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = CliRunner().invoke(main, ["export", str(reid_checkpoint), "-o", str(tmp_path / "m.onnx")])
    assert result.exit_code == 1
    assert result.stderr == "Error: writing ONNX needs more packages: pip install 'vtbr-models[onnx]'\n"
    assert not (tmp_path / "m.onnx").exists()
