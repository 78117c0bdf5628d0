import numpy as np
import pytest
from PIL import Image

from vtbr_data.manifest.manifest import Manifest
from vtbr_data.manifest.row import Row


@pytest.fixture
def people(tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    rows = []
    for number in range(12):
        noise = np.random.default_rng(number).integers(0, 256, (24, 12, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.jpg", quality=90)
        rows.append(Row(f"{number}.jpg", number // 3 + 1, split="train", captions=(f"person {number}",)))
    return Manifest(rows, folder, "f" * 64, "people.jsonl")
