"""Features files for the commands."""

from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.files import write_features


@pytest.fixture
def features(tmp_path, table):
    write_features(table, tmp_path / "a.safetensors")
    return tmp_path / "a.safetensors"


@pytest.fixture
def single_camera(tmp_path, table):
    arrays = {"features": table.features, "identity": table.identity, "camera": np.ones(len(table), int)}
    path = tmp_path / "single.npz"
    np.savez(path, **arrays, split=table.split, path=list(table.path))
    return path
