import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_data.training import CaptionAugmentation, IdentityAugmentation, swap_left_right
from vtbr_data.training.caption_text import names_colour
from vtbr_data.training.colour import apply_colour_maps, colour_maps
from vtbr_data.training.crops import NUMBERS, middle_box, random_box
from vtbr_data.training.randomness import image_seeds, uniforms

MEAN, STD = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))


def seeds_of(count, seed=0):
    return image_seeds(seed, np.zeros(count, np.int64), np.arange(count))


def some_pixels(count, height=32, width=16, seed=0):
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.integers(0, 256, (count, height, width, 3), dtype=np.uint8))


def augmented(augmentation, pixels, seeds, names=False):
    return augmentation(pixels.clone(), seeds, np.full(len(seeds), names))


def unnormalised(images):
    return images * STD[:, None, None] + MEAN[:, None, None]


AUGMENTATIONS = [
    CaptionAugmentation(height=32, width=16),
    CaptionAugmentation(height=32, width=16, jitter=0),
    IdentityAugmentation(height=32, width=16, pad_px=5),
    IdentityAugmentation(height=32, width=16, pad_px=5, jitter=0.4, jitter_hue=0.1, jitter_balance=0.2),
]


@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
@given(cut=st.integers(1, 7), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_an_image_is_augmented_alike_in_any_company(augmentation, cut, seed):
    pixels, seeds = some_pixels(8), seeds_of(8, seed)
    whole = augmented(augmentation, pixels, seeds)
    parts = [augmented(augmentation, pixels[part], seeds[part]) for part in (slice(cut), slice(cut, 8))]
    torch.testing.assert_close(torch.cat(parts), whole, atol=1e-5, rtol=0)


@pytest.mark.gpu
@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
def test_a_gpu_augments_as_a_processor_does(augmentation):
    pixels, seeds = some_pixels(8), seeds_of(8)
    on_gpu = augmentation(pixels.cuda(), seeds, np.zeros(8, np.bool_)).cpu()
    torch.testing.assert_close(on_gpu, augmented(augmentation, pixels, seeds), atol=1e-4, rtol=0)


def test_half_of_the_images_are_mirrored():
    augmentation = CaptionAugmentation(height=32, width=16, jitter=0)
    pixels, seeds = some_pixels(400), seeds_of(400)
    images = unnormalised(augmented(augmentation, pixels, seeds)).mul(255).round().byte()
    straight = pixels.permute(0, 3, 1, 2)
    is_mirrored = augmentation.is_mirrored(seeds)
    for image, before, mirrored in zip(images, straight, is_mirrored, strict=True):
        assert image.equal(before.flip(2) if mirrored else before)
    assert 160 < is_mirrored.sum() < 240


def test_a_shifted_image_has_a_black_border_as_padding_and_cropping_give():
    augmentation = IdentityAugmentation(height=32, width=16, pad_px=4, erase_probability=0)
    pixels, seeds = some_pixels(60) // 2 + 100, seeds_of(60)
    images = unnormalised(augmented(augmentation, pixels, seeds)).mul(255).round().byte()
    shifts = set()
    for image, before, mirrored in zip(images, pixels, augmentation.is_mirrored(seeds), strict=True):
        straight = before.permute(2, 0, 1).flip(2) if mirrored else before.permute(2, 0, 1)
        padded = torch.nn.functional.pad(straight, (4, 4, 4, 4))
        crops = {
            (top, left): padded[:, top : top + 32, left : left + 16] for top in range(9) for left in range(9)
        }
        shifts |= {place for place, crop in crops.items() if crop.equal(image)}
    assert {top for top, _ in shifts} == {left for _, left in shifts} == set(range(9))


def test_erased_rectangles_hold_the_mean_and_a_share_of_the_area():
    augmentation = IdentityAugmentation(height=40, width=20, pad_px=0, erase_probability=0.5)
    white = torch.full((300, 40, 20, 3), 255, dtype=torch.uint8)
    images = augmented(augmentation, white, seeds_of(300))
    assert {round(value, 3) for value in images[:, 0].unique().tolist()} == {0.0, 2.249}
    shares = (images[:, 0] == 0).float().mean(dim=(1, 2))
    erased = shares[shares > 0]
    assert 110 < len(erased) < 190
    assert 0.01 < erased.min() < erased.max() < 0.42


def test_an_identitys_colours_change_only_where_jitter_is_asked_for():
    quiet = {"height": 32, "width": 16, "pad_px": 0, "erase_probability": 0.0}
    pixels, seeds = some_pixels(40) // 2 + 60, seeds_of(40)
    plain = augmented(IdentityAugmentation(**quiet), pixels, seeds)
    jittered = augmented(IdentityAugmentation(**quiet, jitter=0.3, jitter_probability=0.5), pixels, seeds)
    distance = (plain - jittered).abs().amax(dim=(1, 2, 3))
    assert 10 < (distance < 1e-4).sum() < 30  # half of them stay as they are
    assert distance.max() > 0.2


def test_an_identitys_crop_keeps_at_least_the_area_asked_for_and_all_of_it_by_default():
    assert IdentityAugmentation(height=64, width=32).boxes(seeds_of(3)) == [None] * 3
    choosers = IdentityAugmentation(height=64, width=32, crop_area=0.6).boxes(seeds_of(200))
    boxes = [choose(100, 200) for choose in choosers]
    shares = [(box.right - box.left) * (box.bottom - box.top) / 20_000 for box in boxes]
    assert 0.59 < min(shares) < 0.65
    assert max(shares) > 0.95


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 999))
def test_a_crop_lies_in_the_picture(width, height, seed):
    numbers = uniforms(seeds_of(1, seed), 0, NUMBERS)[0]
    box = random_box(width, height, numbers, (0.2, 1.0), (0.375, 0.67)) or middle_box(
        width, height, (0.375, 0.67)
    )
    assert 0 <= box.left < box.right <= width
    assert 0 <= box.top < box.bottom <= height


def test_crops_have_the_areas_and_shapes_that_were_asked_for():
    rows = uniforms(seeds_of(500), 0, NUMBERS)
    boxes = [box for row in rows if (box := random_box(400, 400, row, (0.2, 1.0), (0.75, 4 / 3)))]
    areas = [(box.right - box.left) * (box.bottom - box.top) / 160_000 for box in boxes]
    shapes = [(box.right - box.left) / (box.bottom - box.top) for box in boxes]
    assert len(boxes) > 490
    assert 0.19 < min(areas) < 0.25 < 0.85 < max(areas) <= 1
    assert 0.73 < min(shapes) < 0.8 < 1.2 < max(shapes) < 1.36


def test_white_balance_multiplies_each_of_red_green_and_blue_within_its_limits():
    maps = colour_maps(seeds_of(300), strength=0.0, hue=np.zeros(300), probability=1.0, balance=0.2)
    found = (apply_colour_maps(torch.full((300, 3, 4), 0.5), maps)[:, :, 0] / 0.5).numpy()
    assert found.std(axis=0).min() > 0.05, "each channel by itself"
    assert np.exp(-0.2) - 1e-4 < found.min() < 0.86
    assert 1.15 < found.max() < np.exp(0.2) + 1e-4


@pytest.mark.parametrize("strength", [0.0, 0.4])
def test_without_hue_gray_stays_gray(strength):
    maps = colour_maps(seeds_of(20), strength=strength, hue=np.zeros(20), probability=1.0)
    gray = torch.rand(20, 1, 50).expand(20, 3, 50)
    changed = apply_colour_maps(gray, maps)
    torch.testing.assert_close(changed, changed[:, :1].expand(20, 3, 50), atol=1e-5, rtol=0)
    if strength == 0:
        torch.testing.assert_close(changed, gray, atol=1e-5, rtol=0)


def test_brightness_contrast_and_saturation_are_torchvisions():
    from torchvision.transforms.v2 import functional

    seeds = seeds_of(30)
    numbers = uniforms(seeds, 8, 5)
    factors = 1 + 0.4 * (2 * numbers[:, 1:4] - 1)
    pixels = torch.rand(30, 3, 8, 8) * 0.3 + 0.3  # nothing is clamped
    maps = colour_maps(seeds, strength=0.4, hue=np.zeros(30), probability=1.0)
    ours = apply_colour_maps(pixels.flatten(2), maps).view_as(pixels)
    for image, (brightness, contrast, saturation), mine in zip(pixels, factors, ours, strict=True):
        theirs = functional.adjust_brightness(image, brightness)
        theirs = functional.adjust_saturation(functional.adjust_contrast(theirs, contrast), saturation)
        torch.testing.assert_close(mine, theirs, atol=2e-3, rtol=0)  # their gray weights are rounded


def test_hue_turns_colours_by_its_share_of_the_circle():
    seeds = seeds_of(200)
    maps = colour_maps(seeds, strength=0, hue=np.full(200, 0.1), probability=1.0)
    red = torch.tensor([0.6, 0.4, 0.4])[None, :, None].expand(200, 3, 1)
    turned = apply_colour_maps(red, maps)[:, :, 0].numpy()
    hues = np.array([colorsys.rgb_to_hsv(*colour)[0] for colour in turned])
    turns = (hues + 0.5) % 1 - 0.5
    assert -0.15 < turns.min() < -0.07  # a turn in YIQ is not quite one in HSV
    assert 0.07 < turns.max() < 0.15


def test_named_colours_keep_their_hue():
    augmentation = CaptionAugmentation(height=2, width=2, jitter_hue=0.4, jitter_probability=1.0)
    red = torch.tensor([150, 40, 40], dtype=torch.uint8).expand(100, 2, 2, 3)
    named = unnormalised(augmented(augmentation, red, seeds_of(100), names=True))[:, :, 0, 0]
    assert (named[:, 0] > named[:, 1] + 0.1).all()
    torch.testing.assert_close(named[:, 1], named[:, 2], atol=1e-4, rtol=0)
    free = unnormalised(augmented(augmentation, red, seeds_of(100)))[:, :, 0, 0]
    assert (free[:, 0] < free[:, 1]).any()


@pytest.mark.parametrize(
    ("caption", "names"),
    [
        ("a man in a red coat", True),
        ("Reddish hair, BLUE jeans", True),
        ("grey trousers", True),
        ("a tanned", False),
        ("a bored man goldfishing on a hundred bluffs", False),
    ],
)
def test_colour_words_are_whole_words(caption, names):
    assert names_colour(caption) == names


@pytest.mark.parametrize(
    ("caption", "mirrored"),
    [
        ("He left the shop", "He left the shop"),
        ("a man who just left his car, facing left", "a man who just left his car, facing right"),
        ("she has left", "she has left"),
        ("a jacket left open over the left shoulder", "a jacket left open over the right shoulder"),
        ("a bag left behind", "a bag left behind"),
        ("a man left of the door", "a man right of the door"),
        ("the person on the left", "the person on the right"),
        ("right behind him on the right", "right behind him on the left"),
        ("walking right in light snow", "walking left in light snow"),
        ("seen from the front turned right at noon", "seen from the front turned left at noon"),
    ],
)
def test_left_is_mirrored_only_where_it_is_a_side(caption, mirrored):
    assert swap_left_right(caption) == mirrored
