import numpy as np
import pytest
import torch
from PIL import Image

from vtbr_data.training import IdentityAugmentation, IdentityImages, identity_classes
from vtbr_data.training.batches import BatchIndices
from vtbr_data.training.fetching import Samples
from vtbr_data.training.loading import load_batches
from vtbr_data.training.randomness import image_seeds
from vtbr_data.training.resizing import draw_methods, resize
from vtbr_data.training.sources import FolderPictures

SIZES = [(90, 41), (128, 64), (70, 35)]
SMALL = (64, 32)


def some_pictures():
    random = np.random.default_rng(0)
    coarse = [random.integers(0, 256, (12, 6, 3), dtype=np.uint8) for _ in SIZES]
    return [
        np.asarray(Image.fromarray(one).resize((w, h), Image.Resampling.BICUBIC))
        for one, (h, w) in zip(coarse, SIZES, strict=True)
    ]


def seeds_of(count):
    return image_seeds(0, np.zeros(count, np.int64), np.arange(count))


@pytest.mark.parametrize(("method", "interpolation"), [("bilinear", "INTER_LINEAR"), ("area", "INTER_AREA")])
def test_a_picture_is_resized_as_opencv_does(method, interpolation):
    cv2 = pytest.importorskip("cv2")
    for picture, ours in zip(some_pictures(), resize(some_pictures(), *SMALL, [method] * 3), strict=True):
        theirs = cv2.resize(picture, SMALL[::-1], interpolation=getattr(cv2, interpolation))
        assert np.abs(ours.numpy().astype(int) - theirs).max() <= 1


@pytest.mark.parametrize(("method", "name"), [("antialiased", "BILINEAR"), ("bicubic", "BICUBIC")])
def test_a_picture_is_resized_as_pillow_does(method, name):
    for picture, ours in zip(some_pictures(), resize(some_pictures(), *SMALL, [method] * 3), strict=True):
        theirs = np.asarray(Image.fromarray(picture).resize(SMALL[::-1], Image.Resampling[name]))
        assert np.abs(ours.numpy().astype(int) - theirs).max() <= 1


def test_a_picture_smaller_than_the_area_wanted_is_enlarged_bilinearly():
    small = [some_pictures()[0][:40, :20]]
    assert resize(small, *SMALL, ["area"]).equal(resize(small, *SMALL, ["bilinear"]))


def test_each_picture_of_a_batch_is_resized_by_its_own_method():
    pictures, methods = some_pictures(), ["area", "antialiased", "bilinear"]
    together = resize(pictures, *SMALL, methods)
    for picture, method, found in zip(pictures, methods, together, strict=True):
        assert found.equal(resize([picture], *SMALL, [method])[0])


def test_a_share_of_the_pictures_is_resized_by_other_methods_each_as_often():
    drawn = draw_methods(seeds_of(3000), 0.6)
    counts = {method: drawn.count(method) / 3000 for method in set(drawn)}
    assert counts == {
        "antialiased": pytest.approx(0.4, abs=0.05),
        **{method: pytest.approx(0.2, abs=0.05) for method in ("bilinear", "area", "bicubic")},
    }
    assert set(draw_methods(seeds_of(100), 0.0)) == {"antialiased"}


def batch_of(folder, *, teacher=None, **settings):
    from vtbr_data.manifest import Row

    for number, picture in enumerate(some_pictures()):
        Image.fromarray(picture).save(folder / f"{number}.png")
    rows = [Row(f"{number}.png", 1 + number // 2) for number in range(len(SIZES))]
    samples = Samples(rows, FolderPictures(folder, [row.path for row in rows]))
    augmentation = IdentityAugmentation(height=64, width=32, **settings)
    also = augmentation.at(*teacher) if teacher else None
    images = IdentityImages(samples, identity_classes([1, 2]), augmentation, "stop", also)
    order = [BatchIndices(np.arange(3).repeat(8), seeds_of(24))]
    return next(load_batches(images, order, workers=0))


def test_a_teacher_sees_the_same_pictures_augmented_alike_in_its_own_size(tmp_path):
    settings = {"pad_px": 4, "erase_probability": 0.5, "jitter": 0.3, "jitter_balance": 0.2, "crop_area": 0.7}
    batch = batch_of(tmp_path, teacher=(128, 64), **settings)
    assert batch.teacher_images.shape == (24, 3, 128, 64)
    smaller = torch.nn.functional.interpolate(batch.teacher_images, (64, 32), mode="bilinear", antialias=True)
    assert (smaller - batch.images).abs().mean() < 0.06
    others = (smaller.roll(1, dims=0) - batch.images).abs().mean()
    assert others > 0.5, "these pictures differ visibly"


def test_what_a_teacher_sees_is_the_students_own_input_where_the_sizes_are_equal(tmp_path):
    batch = batch_of(tmp_path, teacher=(64, 32), pad_px=4)
    assert batch.teacher_images.equal(batch.images)


def test_without_a_teacher_no_second_size_is_read(tmp_path):
    assert batch_of(tmp_path).teacher_images is None
