"""The features file: vtbr-models writes it, vtbr-eval reads and writes it, and neither knows the other."""

import io
from pathlib import Path

import numpy as np
import pytest

import vtbr_eval.files
import vtbr_models.applications.features
import vtbr_models.files.manifest

GOLDEN = Path(__file__).parent / "golden"
FEATURES = np.array([[1, 2, 3], [4, 5, 6], [-7, 0, 0.5], [0.25, 0, -1]], dtype=np.float32)
METADATA = {"model": {"fingerprint": "0" * 64, "name": "embedder resnet10"}, "settings": {"flip": True}}


def written_by_models(dtype):
    rows = vtbr_models.files.manifest.read_manifest(str(GOLDEN / "manifest.jsonl")).rows
    file = io.BytesIO()
    batches = [FEATURES[:3], FEATURES[3:]]
    vtbr_models.applications.features.write_features(
        file, rows, batches, width=3, dtype=dtype, metadata=METADATA
    )
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_models_writes_the_golden_bytes(dtype):
    assert written_by_models(dtype) == (GOLDEN / f"features.{dtype}.safetensors").read_bytes()


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_eval_reads_the_golden_file_and_writes_the_same_bytes(dtype, tmp_path):
    golden = GOLDEN / f"features.{dtype}.safetensors"
    table = vtbr_eval.files.read_features(golden)
    assert table.features.dtype == dtype
    assert np.array_equal(table.features, FEATURES)
    assert table.identity.tolist() == [1, 1, -1, 0]
    assert table.camera.tolist() == [1, 2, 3, -1]
    assert table.split.tolist() == [0, 1, 1, 2]
    assert list(table.path) == [
        "0001_c1s1_000001_00.jpg",
        "ordner/übung 2.jpg",
        "-1_c3s1_000001_00.jpg",
        "0000_c3s1_000002_00.jpg",
    ]
    assert table.metadata["model"] == METADATA["model"]
    vtbr_eval.files.write_features(table, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == golden.read_bytes()
