from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.numpy import load, load_file, save

from tests.support.extracting import extract, metadata_of, paths_of
from vtbr_models.applications.features import write_features
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import save_checkpoint
from vtbr_models.checkpoint.metadata import read_metadata
from vtbr_models.cli import main
from vtbr_models.errors import InputError
from vtbr_models.files.manifest import Row
from vtbr_models.inference import embed
from vtbr_models.inference.network import fold_batch_norms
from vtbr_models.inference.preprocessing import prepare


@pytest.fixture
def rows(people):
    return [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]


def test_the_file_holds_query_and_gallery_in_the_manifests_order(tmp_path, people, rows, reid_checkpoint):
    extract(reid_checkpoint, people, "-o", tmp_path / "f.safetensors")
    table = load_file(tmp_path / "f.safetensors")
    kept = [row for row in rows if row["split"] != "train"]
    assert paths_of(table) == [row["path"] for row in kept]
    assert table["identity"].tolist() == [row["identity"] for row in kept]
    assert table["camera"].tolist() == [row["camera"] for row in kept]
    assert table["split"].tolist() == [("query", "gallery").index(row["split"]) for row in kept]
    assert table["features"].shape == (6, 512)


def test_the_features_are_those_of_the_model_averaged_over_the_flip(
    tmp_path, people, embedder, reid_checkpoint, preprocessing
):
    extract(reid_checkpoint, people, "-o", tmp_path / "f.safetensors")
    table = load_file(tmp_path / "f.safetensors")
    for path, feature in zip(paths_of(table), table["features"], strict=True):
        image = prepare((people.parent / path).read_bytes(), preprocessing)[None]
        expected = (embedder(image)[1] + embedder(image.flip(3))[1]) / 2
        np.testing.assert_allclose(feature, expected[0].detach(), rtol=1e-4, atol=1e-5)


def test_a_captioners_features_are_its_backbones_average(captioner):
    images = torch.randn(2, 3, 64, 32)
    expected = captioner.visual(images).mean(dim=(2, 3))
    torch.testing.assert_close(embed(captioner, images, flip=False), expected)


def test_features_do_not_depend_on_the_batch_size_or_on_workers(tmp_path, people, reid_checkpoint):
    extract(reid_checkpoint, people, "-o", tmp_path / "a", "--batch-size", 1)
    extract(reid_checkpoint, people, "-o", tmp_path / "b", "--batch-size", 4, "--workers", 2)
    first, second = load_file(tmp_path / "a"), load_file(tmp_path / "b")
    np.testing.assert_allclose(first["features"], second["features"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_file_is_what_the_safetensors_library_would_write(tmp_path, people, reid_checkpoint, dtype):
    path = tmp_path / "f.safetensors"
    extract(reid_checkpoint, people, "-o", path, "--dtype", dtype)
    table = load_file(path)
    assert table["features"].dtype == dtype
    text = json.dumps(metadata_of(path), sort_keys=True, separators=(",", ":"))
    assert save(table, {"vtbr": text}) == path.read_bytes()


def test_stdout_gets_the_same_bytes_as_a_file(tmp_path, people, reid_checkpoint):
    extract(reid_checkpoint, people, "-o", tmp_path / "f.safetensors")
    result = extract(reid_checkpoint, people)
    assert result.stdout_bytes == (tmp_path / "f.safetensors").read_bytes()
    assert result.stderr == "extracted 6 features\n"


def test_a_manifest_from_a_pipe_gives_the_same_features(tmp_path, people, reid_checkpoint):
    arguments = ("--root", people.parent)
    piped = extract(reid_checkpoint, "-", *arguments, input=people.read_bytes())
    assert piped.stdout_bytes == extract(reid_checkpoint, people).stdout_bytes


def test_the_metadata_say_where_the_features_come_from(tmp_path, people, reid_checkpoint):
    extract(
        reid_checkpoint, people, "-o", tmp_path / "f", "--no-flip", "--split", "query", "--split", "train"
    )
    assert metadata_of(tmp_path / "f") == {
        "format": "vtbr.features",
        "version": 1,
        "model": {"fingerprint": read_metadata(reid_checkpoint)["sha256"], "name": "embedder resnet10"},
        "data": {"fingerprint": hashlib.sha256(people.read_bytes()).hexdigest()},
        "settings": {"splits": ["query", "train"], "flip": False, "precision": "float32"},
    }
    assert set(load_file(tmp_path / "f")["split"].tolist()) == {0, 2}


def test_bfloat16_gives_nearly_the_same_directions(tmp_path, people, reid_checkpoint):
    extract(reid_checkpoint, people, "-o", tmp_path / "a")
    extract(reid_checkpoint, people, "-o", tmp_path / "b", "--precision", "bfloat16")
    first, second = (load_file(tmp_path / name)["features"] for name in "ab")
    cosine = (first * second).sum(1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
    assert cosine.min() > 0.999
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_jpeg_cut_in_half_is_named_and_leaves_nothing_behind(tmp_path, people, reid_checkpoint, workers):
    victim = people.parent / "é3.jpg"
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    output = tmp_path / "out"
    output.mkdir()
    arguments = ["extract", reid_checkpoint, people, "-o", output / "f", "--workers", workers]
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {victim}: no whole picture can be decoded from these ")
    assert result.stderr.endswith("bytes: replace the file or take it out of the manifest\n")
    assert result.stderr.count("\n") == 1
    assert not list(output.iterdir())


def test_a_missing_picture_is_named(people, reid_checkpoint):
    (people.parent / "é0.jpg").unlink()
    result = CliRunner().invoke(main, ["extract", str(reid_checkpoint), str(people)])
    assert result.exit_code == 1
    missing = people.parent / "é0.jpg"
    assert result.stderr == (
        f"Error: {missing}: No such file or directory: correct the path in the manifest, or --root\n"
    )


def test_a_broken_model_is_noticed_by_its_features(tmp_path, people, embedder, preprocessing):
    embedder.neck.weight.data[3] = torch.nan
    save_checkpoint(tmp_path / "nan", embedder, {"preprocessing": preprocessing.to_metadata()})
    result = CliRunner().invoke(
        main, ["extract", str(tmp_path / "nan"), str(people), "-o", str(tmp_path / "f")]
    )
    assert result.exit_code == 1
    assert "é0.jpg: its features are not finite in float32: the model is broken" in result.stderr
    assert not (tmp_path / "f").exists()


def test_features_too_large_for_float16_are_named_with_the_way_out(tmp_path):
    rows = [Row(name, 1, 1, "query", {}) for name in ("a", "b")]
    batches = [np.array([[1.0], [1e6]], dtype=np.float32)]
    with (tmp_path / "f").open("wb") as file, pytest.raises(InputError, match=r"b: .* try --dtype float32"):
        write_features(file, rows, batches, width=1, dtype="float16", metadata={})


def test_a_reader_that_stops_early_ends_it_quietly(people, reid_checkpoint):
    command = f"{sys.executable} -m vtbr_models extract {reid_checkpoint} {people} | head -c 100 | wc -c"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "100"
    assert "Traceback" not in result.stderr
    assert "Error" not in result.stderr


def test_a_device_that_is_not_there_is_refused(people, reid_checkpoint):
    arguments = ["extract", str(reid_checkpoint), str(people), "--device", "cuda:99"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert result.stderr == "Error: the device 'cuda:99' cannot be used here: give --device cpu or auto\n"


def test_crops_are_averaged(tmp_path, people, embedder, reid_checkpoint, preprocessing):
    table = load(extract(reid_checkpoint, people, "--crops", 5, "--no-flip").stdout_bytes)
    larger = replace(preprocessing, height=72, width=36)
    for path, feature in zip(paths_of(table), table["features"], strict=True):
        image = prepare((people.parent / path).read_bytes(), larger)[None]
        corners = [(0, 0), (0, 4), (8, 0), (8, 4), (4, 2)]
        views = [embedder.embed(image[..., y : y + 64, x : x + 32]) for y, x in corners]
        expected = torch.cat(views).mean(dim=0).detach()
        np.testing.assert_allclose(feature, expected, rtol=1e-4, atol=1e-5)


def test_features_can_be_taken_before_the_neck(people, embedder, reid_checkpoint, preprocessing):
    table = load(extract(reid_checkpoint, people, "--pooling", "before", "--no-flip").stdout_bytes)
    image = prepare((people.parent / "é0.jpg").read_bytes(), preprocessing)[None]
    np.testing.assert_allclose(table["features"][0], embedder(image)[0][0].detach(), rtol=1e-4, atol=1e-5)


def test_a_captioner_has_no_neck(people, captions_checkpoint):
    result = CliRunner().invoke(main, ["extract", str(captions_checkpoint), str(people), "--pooling", "neck"])
    assert result.exit_code == 1
    assert "is a captioner, which has no neck: leave --pooling out" in result.stderr


def test_onnx_runtime_gives_the_features_of_torch(people, reid_checkpoint):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    plain = load(extract(reid_checkpoint, people).stdout_bytes)["features"]
    other = extract(reid_checkpoint, people, "--backend", "onnxruntime")
    np.testing.assert_allclose(load(other.stdout_bytes)["features"], plain, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("name", "num_folded"), [("resnet18", 20), ("resnet50", 53), ("resnet50_ibn_a", 40)])
def test_folded_batch_norms_change_nothing(name, num_folded):
    torch.manual_seed(0)
    model = build_model({"model": "embedder", "visual": {"name": name}})
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                torch.nn.init.uniform_(tensor, 0.5, 1.0)
    model.eval()
    images = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        expected = model.embed(images)
        assert fold_batch_norms(model.visual) == num_folded
        torch.testing.assert_close(model.embed(images), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
def test_the_gpu_gives_the_features_of_the_cpu(people, reid_checkpoint):
    tables = {}
    for device, precision in (("cpu", "float32"), ("cuda", "float32"), ("cuda", "auto")):
        result = extract(reid_checkpoint, people, "--device", device, "--precision", precision)
        tables[device, precision] = load(result.stdout_bytes)["features"]
    expected = tables["cpu", "float32"]
    np.testing.assert_allclose(tables["cuda", "float32"], expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(tables["cuda", "auto"], expected, rtol=0.1, atol=0.1)
