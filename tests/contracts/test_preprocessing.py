"""A network is given at work what it was given in training."""

import numpy as np
import pytest
import torch
from PIL import Image

from vtbr_data.manifest.row import Row
from vtbr_data.training import (
    FolderPictures,
    IdentityImages,
    Plain,
    Samples,
    batches_in_order,
    load_batches,
)
from vtbr_models.inference.preprocessing import Preprocessing, prepare


@pytest.mark.parametrize("size", [(64, 128), (48, 128), (200, 333), (31, 17), (700, 900)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_training_and_extraction_prepare_a_picture_alike(tmp_path, size, kind):
    noise = np.random.default_rng(1).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    path = tmp_path / "picture"
    Image.fromarray(noise).save(path, kind)
    samples = Samples([Row("picture", 1)], FolderPictures(tmp_path, ["picture"]))
    images = IdentityImages(samples, {1: 0}, Plain(height=128, width=64))
    (in_training,) = load_batches(images, batches_in_order(1, 1), workers=0)
    at_work = prepare(path.read_bytes(), Preprocessing(height=128, width=64))
    torch.testing.assert_close(in_training.images[0], at_work, atol=1e-3, rtol=0)
