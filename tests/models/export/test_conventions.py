"""Exported networks fed as other programs feed them, without vtbr's preprocessing."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.numpy import load_file

from vtbr_models.checkpoint import save_checkpoint
from vtbr_models.cli import main
from vtbr_models.export import inputs
from vtbr_models.inference import Preprocessing, prepare

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
INSIDE = ["--input", "uint8", "--layout", "nhwc", "--channels", "bgr", "--resize", "--l2"]


def run(*words):
    return CliRunner().invoke(main, [*map(str, words)])


@pytest.fixture
def model(tmp_path, embedder, crops):
    """A network whose neck is centred on the pictures, as training leaves it: wrong feeding shows."""
    preprocessing = Preprocessing(height=64, width=32)
    images = torch.stack([prepare(torch.tensor(crop).permute(2, 0, 1), preprocessing) for crop in crops])
    with torch.inference_mode():
        pooled, _ = embedder(images)
        embedder.neck.running_mean.copy_(pooled.mean(dim=0))
        embedder.neck.running_var.copy_(pooled.var(dim=0))
        embedder.neck.bias.zero_()
    path = tmp_path / "m.safetensors"
    save_checkpoint(path, embedder, {"preprocessing": Preprocessing(height=64, width=32).to_metadata()})
    return path


@pytest.fixture
def crops(people):
    """Pictures (H, W, 3), RGB, of the manifest's query and gallery."""
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    return [np.asarray(Image.open(people.parent / row["path"])) for row in rows if row["split"] != "train"]


@pytest.fixture
def extracted(model, people, tmp_path):
    assert run("extract", model, people, "--no-flip", "-o", tmp_path / "f.safetensors").exit_code == 0
    return load_file(tmp_path / "f.safetensors")["features"]


def smallest_cosine(found, expected):
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    return float(((found * expected).sum(axis=1) / lengths).min())


def session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def test_opencvs_crops_go_into_onnxruntime_as_they_are(model, people, crops, extracted, tmp_path):
    result = run("export", model, "-o", tmp_path / "a.onnx", *INSIDE, "--calibration", people)
    assert result.exit_code == 0, result.stderr
    checked = r"checked on 7 pictures: cosine to `vtbr-models extract --no-flip` at least (0\.9999|1\.0)"
    assert re.search(checked, result.stderr)
    assert "images: (batch, height, width, 3) BGR, uint8 from 0 to 255" in result.stderr
    network = session(tmp_path / "a.onnx")
    found = np.concatenate(
        [network.run(None, {"images": np.ascontiguousarray(crop[None, ..., ::-1])})[0] for crop in crops]
    )
    assert smallest_cosine(found, extracted) >= 0.9999
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    wrong = np.concatenate([network.run(None, {"images": crop[None]})[0] for crop in crops])
    assert smallest_cosine(wrong, extracted) < 0.9
    described = json.loads(run("describe", tmp_path / "a.onnx").stdout)["export"]
    assert described == {
        "input": "uint8", "channels": "bgr", "layout": "nhwc", "resize": True, "l2": True, "flip": False,
        "opset": 20, "precision": "float32", "images": "(batch, height, width, 3) BGR, uint8 from 0 to 255",
    }  # fmt: skip


def test_opencvs_crops_go_into_openvino_as_they_are(model, crops, extracted, tmp_path):
    openvino = pytest.importorskip("openvino")
    result = run("export", model, "-o", tmp_path / "a.xml", *INSIDE, "--opset", 17)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in tmp_path.glob("a.*")) == ["a.bin", "a.xml"]
    network = openvino.Core().compile_model(tmp_path / "a.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = np.concatenate([network(np.ascontiguousarray(crop[None, ..., ::-1]))[0] for crop in crops])
    assert smallest_cosine(found, extracted) >= 0.9999
    assert json.loads(run("describe", tmp_path / "a.xml").stdout)["export"]["resize"] is True


@pytest.mark.parametrize("values", ["unit", "normalised"])
def test_a_tracker_that_does_not_resize_gets_the_features_of_extract(
    values, model, crops, extracted, tmp_path
):
    """Crops of any size, RGB / 255, (1, 3, H, W); with `normalised` less ImageNet's mean, divided by its std."""
    words = ["--input", values, "--resize", "--opset", 17]
    assert run("export", model, "-o", tmp_path / "a.onnx", *words).exit_code == 0
    network = session(tmp_path / "a.onnx")
    fed = [crop.astype(np.float32) / 255 for crop in crops]
    fed = [(crop - MEAN) / STD for crop in fed] if values == "normalised" else fed
    found = [network.run(None, {"images": crop.transpose(2, 0, 1)[None].copy()})[0] for crop in fed]
    assert smallest_cosine(np.concatenate(found), extracted) >= 0.9999


def test_a_tracker_that_normalises_itself_gets_the_features_of_extract(model, people, crops, tmp_path):
    """Crops resized by Pillow, then less ImageNet's mean, divided by its std."""
    words = ["extract", model, people, "--no-flip", "--resize", "pillow", "-o", tmp_path / "p.safetensors"]
    assert run(*words).exit_code == 0
    extracted = load_file(tmp_path / "p.safetensors")["features"]
    assert run("export", model, "-o", tmp_path / "a.onnx", "--opset", 17).exit_code == 0
    network = session(tmp_path / "a.onnx")
    resized = [
        np.asarray(Image.fromarray(crop).resize((32, 64), Image.Resampling.BILINEAR)) for crop in crops
    ]
    batch = ((np.stack(resized).astype(np.float32) / 255 - MEAN) / STD).transpose(0, 3, 1, 2)
    (found,) = network.run(None, {"images": np.ascontiguousarray(batch)})
    assert smallest_cosine(found, extracted) >= 0.9999


def test_int8_says_what_it_costs(model, people, crops, extracted, tmp_path):
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    for number, row in enumerate(rows):
        row |= {"identity": 1 + number % 2, "camera": number}
    people.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    other = tmp_path / "other.jsonl"
    other.write_text(people.read_text(encoding="utf-8"), encoding="utf-8")
    words = [*INSIDE, "--opset", 17, "--int8", "--calibration", people, "--test", f"{other}@{people.parent}"]
    result = run("export", model, "-o", tmp_path / "a.onnx", *words)
    assert result.exit_code == 0, result.stderr
    for name in (people, other):
        said = re.escape(f"int8, {name}: ")
        assert re.search(rf"{said}cosine to float32 of 6 pictures: mean \d", result.stderr)
        assert re.search(
            rf"{said}mAP \d\.\d{{4}}, float32 \d\.\d{{4}}: -?\d+\.\d\d points lost", result.stderr
        )
    assert (tmp_path / "a.onnx").stat().st_size < model.stat().st_size / 3
    found = session(tmp_path / "a.onnx").run(
        None, {"images": np.ascontiguousarray(crops[0][None, ..., ::-1])}
    )[0]
    assert (
        smallest_cosine(found, extracted[:1]) > 0.3
    )  # statistics of six pictures alone make a network that amplifies every rounding
    assert json.loads(run("describe", tmp_path / "a.onnx").stdout)["export"]["precision"] == "int8"


def test_a_network_that_differs_from_extract_is_not_kept(model, tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "resizing_weights", lambda old, new, how: torch.eye(new, old))
    result = run("export", model, "-o", tmp_path / "a.onnx", "--input", "uint8", "--resize", "--opset", 17)
    assert result.exit_code == 1
    assert "features differ from those of `vtbr-models extract`" in result.stderr
    assert list(tmp_path.glob("a.onnx*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "x.pth", "--input", "unit"], "--input is for networks"),
        (["-o", "x.pt2", "--opset", "20"], "--opset is for .onnx and .xml"),
        (["-o", "x.onnx", "--int8"], "--int8 writes .onnx and needs --calibration MANIFEST"),
        (["-o", "x.onnx", "--opset", "9"], "--opset must be from 17 to"),
        (["-o", "people.onnx"], "people.onnx is a folder: give a file"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, said, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.onnx").mkdir()
    result = run("export", model, *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_checkpoint_is_not_overwritten_by_openvinos_weights(model, tmp_path):
    checkpoint = model.rename(tmp_path / "m.bin")
    before = checkpoint.read_bytes()
    result = run("export", checkpoint, "-o", tmp_path / "m.xml")
    assert result.exit_code == 2
    assert f"{checkpoint} is read and would be overwritten" in result.stderr
    assert checkpoint.read_bytes() == before


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("old", [7, 32, 33, 200])
def test_resizing_weights_are_those_of_torch(old, interpolation):
    line = torch.rand(1, 1, 1, old, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.interpolate(line, (1, 32), mode=interpolation, antialias=True)
    found = line @ inputs.resizing_weights(old, 32, interpolation).T
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
