"""Small tables for the tests of vtbr-eval."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from vtbr_eval.features import FeatureTable

settings.register_profile("patient", deadline=None)  # machines are busy at times
settings.load_profile("patient")


@pytest.fixture(scope="session")
def random_table():
    """Makes people as noisy clusters, seen by three cameras, a third of the images queries."""

    def make(seed: int, *, num_images: int = 60, width: int = 8, num_people: int = 6) -> FeatureTable:
        random = np.random.default_rng(seed)
        identity = random.integers(1, num_people + 1, num_images)
        centre = random.normal(size=(num_people + 1, width))
        return FeatureTable.of(
            centre[identity] + random.normal(size=(num_images, width)),
            identity=identity,
            camera=random.integers(1, 4, num_images),
            split=np.arange(num_images) % 3 != 0,
        )

    return make


@pytest.fixture(scope="session")
def table(random_table) -> FeatureTable:
    return random_table(0)


@pytest.fixture(scope="session")
def with_features():
    """The same images with other features."""

    def replace(table: FeatureTable, features) -> FeatureTable:
        return FeatureTable.of(
            features, identity=table.identity, camera=table.camera, split=table.split, path=table.path
        )

    return replace


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = os.environ.get("VTBR_REAL_DATA", "")
    if not (Path(folder) / "features" / "viper_osnet.npz").is_file() or not folder:
        pytest.skip("VTBR_REAL_DATA names no folder with features/viper_osnet.npz")
    return Path(folder)
