import io
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vtbr_data.errors import InputError
from vtbr_data.row import Row
from vtbr_data.tokenizer import train_tokenizer
from vtbr_data.training import (
    CaptionImages,
    CaptionTransform,
    IdentityBatches,
    IdentityImages,
    IdentityTransform,
    PlainTransform,
    ShuffledBatches,
    collate_captions,
    collate_identities,
    encode_caption,
    load_batches,
    read_image,
    swap_left_right,
)

CAPTIONS = ["a red top, facing left", "blue trousers on the right"]


@pytest.fixture
def tokenizer():
    return train_tokenizer(CAPTIONS * 3, 100)


def picture(seed, size=(20, 40)):
    noise = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    return Image.fromarray(noise)


def write_people(folder, count=6):
    rows = []
    for number in range(count):
        picture(number).save(folder / f"{number}.jpg", quality=95)
        rows.append(Row(f"{number}.jpg", 1 + number // 2, captions=tuple(CAPTIONS)))
    return rows


@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 99))
def test_every_row_comes_once_a_pass(num_rows, batch_size, seed):
    batches = ShuffledBatches(num_rows, batch_size, seed=seed, first_step=1, last_step=num_rows)
    rows = [row for batch in batches for row, _ in batch]
    assert len(rows) == num_rows * batch_size
    assert set(Counter(rows).values()) == {batch_size}


@given(st.integers(1, 8))
def test_a_resumed_order_is_the_rest_of_the_whole_one(first_step):
    whole = list(ShuffledBatches(7, 3, seed=1, first_step=1, last_step=8))
    assert list(ShuffledBatches(7, 3, seed=1, first_step=first_step, last_step=8)) == whole[first_step - 1 :]
    identities = [1, 1, 2, 3, 3, 3, 4]
    whole = list(IdentityBatches(identities, 2, 3, seed=1, first_step=1, last_step=8))
    part = list(IdentityBatches(identities, 2, 3, seed=1, first_step=first_step, last_step=8))
    assert part == whole[first_step - 1 :]


@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=30).filter(lambda ids: len(set(ids)) > 1),
    st.integers(0, 9),
)
def test_an_identity_batch_has_p_different_people_with_k_images_each(identities, seed):
    for batch in IdentityBatches(identities, 3, 4, seed=seed, first_step=1, last_step=5):
        people = Counter(identities[row] for row, _ in batch)
        assert len(people) == min(3, len(set(identities)))
        assert set(people.values()) == {4}


def test_an_identity_with_enough_images_repeats_none():
    for batch in IdentityBatches([1] * 4 + [2] * 5, 2, 4, seed=0, first_step=1, last_step=6):
        assert len({row for row, _ in batch}) == len(batch)


def test_one_identity_makes_no_triplets():
    with pytest.raises(ValueError, match="at least two identities"):
        IdentityBatches([1, 1], 2, 2, seed=0, first_step=1, last_step=1)


def test_every_draw_has_a_seed_of_its_own():
    draws = [draw for batch in ShuffledBatches(5, 4, seed=0, first_step=1, last_step=50) for draw in batch]
    assert len({seed for _, seed in draws}) == len(draws)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_draw_is_the_same_whoever_makes_it(tmp_path, tokenizer, workers):
    rows = write_people(tmp_path)
    images = CaptionImages(rows, tmp_path, tokenizer, 16, CaptionTransform(height=32, width=16))
    order = list(ShuffledBatches(len(rows), 3, seed=4, first_step=1, last_step=3))
    torch.manual_seed(workers)
    before = torch.get_rng_state()
    made = list(load_batches(images, order, collate_captions, workers=workers))
    expected = [collate_captions([images[draw] for draw in batch]) for batch in order]
    for batch, again in zip(made, expected, strict=True):
        assert torch.equal(batch.images, again.images)
        assert torch.equal(batch.tokens, again.tokens)
    if workers == 0:
        assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_augments_otherwise(tmp_path, tokenizer):
    rows = write_people(tmp_path, 1)
    images = IdentityImages(rows, tmp_path, {1: 0}, IdentityTransform(height=32, width=16, pad_px=2))
    assert not torch.equal(images[0, 1][0], images[0, 2][0])
    assert torch.equal(images[0, 1][0], images[0, 1][0])


def test_a_mirrored_picture_gets_a_mirrored_caption(tmp_path, tokenizer):
    half = Image.new("RGB", (20, 40), "black")
    half.paste("white", (0, 0, 10, 40))  # bright on the left
    half.save(tmp_path / "half.png")
    rows = [Row("half.png", 1, captions=("a red top, facing left",))]
    transform = CaptionTransform(height=40, width=20, crop_area=(1.0, 1.0), jitter=0)
    images = CaptionImages(rows, tmp_path, tokenizer, 16, transform)
    sides = set()
    for seed in range(20):
        pixels, tokens = images[0, seed]
        is_bright_left = bool(pixels[:, :, :5].mean() > pixels[:, :, -5:].mean())
        said = tokenizer.decode(tokens.tolist())
        assert ("left" in said) == is_bright_left
        sides.add(is_bright_left)
    assert sides == {True, False}


@given(st.text(st.sampled_from("left right bright LEFT.,aft "), max_size=30))
def test_swapping_sides_twice_changes_nothing(caption):
    assert swap_left_right(swap_left_right(caption)) == caption


def test_words_that_hold_left_or_right_stay():
    assert swap_left_right("a bright leftover") == "a bright leftover"


def test_a_cut_caption_keeps_its_end(tokenizer):
    tokens = encode_caption(tokenizer, CAPTIONS[0], 4).tolist()
    assert (len(tokens), tokens[0], tokens[-1]) == (4, 1, 2)
    assert encode_caption(tokenizer, CAPTIONS[0], 99).tolist()[1:3] == tokens[1:3]


@pytest.mark.parametrize(("captions", "says"), [((), "has no caption"), (("a", " "), "has an empty caption")])
def test_an_image_without_words_is_named(tmp_path, tokenizer, captions, says):
    with pytest.raises(InputError, match=rf"image 1 of the manifest \(x\.jpg\) {says}"):
        CaptionImages(
            [Row("x.jpg", captions=captions)], tmp_path, tokenizer, 9, PlainTransform(height=8, width=8)
        )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF"])
def test_every_kind_of_picture_reads_as_pillow_reads_it(tmp_path, kind):
    path = tmp_path / "picture"
    picture(0).save(path, kind)
    with Image.open(path) as opened:
        expected = np.array(opened.convert("RGB"))
    assert np.array_equal(read_image(path).permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.02])
def test_a_cut_picture_is_named(tmp_path, kind, share):
    buffer = io.BytesIO()
    picture(0).save(buffer, kind)
    path = tmp_path / "cut.jpg"
    path.write_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * share)])
    with pytest.raises(InputError, match=r"cut\.jpg: is no readable picture"):
        read_image(path)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_cut_picture_is_named_whichever_process_reads_it(tmp_path, workers):
    rows = write_people(tmp_path)
    (tmp_path / "3.jpg").write_bytes((tmp_path / "3.jpg").read_bytes()[:200])
    images = IdentityImages(rows, tmp_path, {1: 0, 2: 1, 3: 2}, PlainTransform(height=32, width=16))
    with pytest.raises(InputError) as caught:
        list(load_batches(images, [[(0, 0)], [(3, 0)]], collate_identities, workers=workers))
    assert "3.jpg: is no readable picture" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nobody\.jpg: no such image"):
        read_image(tmp_path / "nobody.jpg")


def test_erased_rectangles_hold_the_mean(tmp_path):
    Image.new("RGB", (20, 40), "white").save(tmp_path / "white.png")
    transform = IdentityTransform(height=40, width=20, pad_px=0, erase_probability=1.0)
    images = IdentityImages([Row("white.png", 7)], tmp_path, {7: 0}, transform)
    pixels, _ = images[0, 3]
    assert {round(value, 3) for value in pixels[0].unique().tolist()} == {0.0, 2.249}


def test_identity_batches_collate_to_classes(tmp_path):
    rows = write_people(tmp_path)
    images = IdentityImages(rows, tmp_path, {1: 0, 2: 1, 3: 2}, PlainTransform(height=32, width=16))
    batch = collate_identities([images[0, 0], images[5, 0]])
    assert batch.images.shape == (2, 3, 32, 16)
    assert batch.classes.tolist() == [0, 2]
