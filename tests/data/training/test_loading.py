import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from vtbr_data.errors import InputError
from vtbr_data.manifest.manifest import Manifest
from vtbr_data.manifest.row import Row
from vtbr_data.shards import pack
from vtbr_data.tokenizer.tokenizer import train_tokenizer
from vtbr_data.training import (
    BatchIndices,
    CaptionAugmentation,
    CaptionImages,
    Damage,
    FolderPictures,
    IdentityImages,
    Plain,
    Samples,
    ShuffledBatches,
    attribute_classes,
    encode_caption,
    identity_classes,
    load_batches,
    pictures_of,
    read_images,
    swap_left_right,
)

CAPTIONS = ["a red top, facing left", "blue trousers on the right"]
PLAIN = Plain(height=32, width=16)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(CAPTIONS * 3, 100)


def write_people(folder, count=6):
    rows = []
    for number in range(count):
        noise = np.random.default_rng(number).integers(0, 256, (40, 20, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.jpg", quality=95)
        attributes = {"hat": number % 2 == 0, "viewpoint": 45 * number}
        rows.append(Row(f"{number}.jpg", 1 + number // 2, captions=tuple(CAPTIONS), attributes=attributes))
    return samples_of(rows, folder)


def samples_of(rows, folder):
    return Samples(rows, FolderPictures(folder, [row.path for row in rows]))


def draws(*rows):
    return BatchIndices(np.array(rows), np.arange(len(rows), dtype=np.uint64))


# torch warns of more workers than cores.
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("workers", [1, 4])
def test_the_same_seed_gives_the_same_batches_whoever_makes_them(tmp_path, tokenizer, workers):
    augmentation = CaptionAugmentation(height=32, width=16)
    images = CaptionImages(write_people(tmp_path), tokenizer, 16, augmentation, has_attributes=True)
    order = list(ShuffledBatches(6, 3, seed=4, first_step=1, last_step=5))
    before = torch.get_rng_state()
    expected = list(load_batches(images, order, workers=0))
    assert torch.equal(torch.get_rng_state(), before)
    made = list(load_batches(images, order, workers=workers))
    for batch, again in zip(made, expected, strict=True):
        assert batch.images.equal(again.images)
        assert batch.tokens.equal(again.tokens)
        assert all(classes.equal(again.attributes[name]) for name, classes in batch.attributes.items())


@pytest.mark.gpu
def test_a_gpu_gets_the_same_batches(tmp_path, tokenizer):
    augmentation = CaptionAugmentation(height=32, width=16)
    images = CaptionImages(write_people(tmp_path), tokenizer, 16, augmentation, has_attributes=True)
    for batch in load_batches(images, [draws(0, 1, 2)], workers=1, device="cuda"):
        (expected,) = load_batches(images, [draws(0, 1, 2)], workers=0)
        torch.testing.assert_close(batch.images.cpu(), expected.images, atol=1e-4, rtol=0)
        assert batch.tokens.is_cuda
        assert batch.tokens.cpu().equal(expected.tokens)


def test_images_can_be_handed_to_processes_that_start_anew(tmp_path, tokenizer):
    samples = write_people(tmp_path)
    pack(Manifest(list(samples.rows), tmp_path, "", "m.jsonl"), tmp_path / "set")
    packed = read_images(tmp_path / "set")
    images = CaptionImages(
        Samples(packed.rows, pictures_of(packed)), tokenizer, 16, CaptionAugmentation(height=32, width=16)
    )
    before = images[draws(1, 4)]
    after = pickle.loads(pickle.dumps(images))[draws(1, 4)]
    assert before.batch.images.equal(after.batch.images)
    assert before.batch.tokens.equal(after.batch.tokens)


def test_a_mirrored_picture_gets_a_mirrored_caption_and_viewpoint(tmp_path, tokenizer):
    half = Image.new("RGB", (20, 40), "black")
    half.paste("white", (0, 0, 10, 40))  # bright on the left
    half.save(tmp_path / "half.png")
    row = Row("half.png", 1, captions=("a red top, facing left",), attributes={"viewpoint": 0})
    augmentation = CaptionAugmentation(height=40, width=20, crop_area=(0.9, 1.0), jitter=0)
    images = CaptionImages(samples_of([row], tmp_path), tokenizer, 16, augmentation, has_attributes=True)
    (batch,) = load_batches(images, [draws(*[0] * 20)], workers=0)
    is_bright_left = batch.images[:, :, :, :5].mean((1, 2, 3)) > batch.images[:, :, :, -5:].mean((1, 2, 3))
    said = [tokenizer.decode(tokens.tolist()) for tokens in batch.tokens]
    assert ["left" in one for one in said] == is_bright_left.tolist()
    assert batch.attributes["viewpoint"].tolist() == [0 if left else 4 for left in is_bright_left]
    assert {True, False} == set(is_bright_left.tolist())


def test_swapping_sides_leaves_words_that_hold_left_or_right():
    assert swap_left_right("a bright leftover on the LEFT") == "a bright leftover on the RIGHT"
    assert swap_left_right(swap_left_right("Left of right")) == "Left of right"


def test_a_cut_caption_keeps_its_end(tokenizer):
    tokens = encode_caption(tokenizer, CAPTIONS[0], 4).tolist()
    assert (len(tokens), tokens[0], tokens[-1]) == (4, 1, 2)
    assert encode_caption(tokenizer, CAPTIONS[0], 99).tolist()[1:3] == tokens[1:3]


def test_a_batch_is_padded_to_its_longest_caption(tmp_path, tokenizer):
    samples = write_people(tmp_path, 1)
    images = CaptionImages(samples, tokenizer, 99, PLAIN)
    (batch,) = load_batches(images, [draws(*[0] * 12)], workers=0)
    lengths = {len(encode_caption(tokenizer, caption, 99)) for caption in CAPTIONS}
    assert batch.tokens.shape == (12, max(lengths))
    assert {int((row != 0).sum()) for row in batch.tokens} == lengths


@pytest.mark.parametrize(("captions", "says"), [((), "has no caption"), (("a", " "), "has an empty caption")])
def test_an_image_without_words_is_named(tmp_path, tokenizer, captions, says):
    samples = samples_of([Row("x.jpg", captions=captions)], tmp_path)
    with pytest.raises(InputError, match=rf"image 1 of the manifest \(x\.jpg\) {says}"):
        CaptionImages(samples, tokenizer, 9, PLAIN)


def test_a_batch_carries_identities_and_attributes_where_they_are_asked_for(tmp_path, tokenizer):
    samples = write_people(tmp_path)
    classes = identity_classes([row.identity for row in samples.rows if row.identity != 2])
    images = CaptionImages(samples, tokenizer, 9, PLAIN, identity_classes=classes, has_attributes=True)
    (batch,) = load_batches(images, [draws(0, 3, 5)], workers=0)
    assert batch.identities.tolist() == [0, -1, 1]
    assert batch.attributes["hat"].tolist() == [0, 1, 1]
    assert batch.attributes["viewpoint"].tolist() == [0, 3, 5]
    assert batch.attributes["gender"].tolist() == [-1, -1, -1]


def test_an_impossible_attribute_is_not_known():
    classes = attribute_classes([{"hair": "curly", "viewpoint": "front", "mood": 1}], [False])
    assert all(values.tolist() == [-1] for values in classes.values())


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_picture_costs_only_itself_and_is_named_once(tmp_path, workers):
    samples = write_people(tmp_path)
    (tmp_path / "3.jpg").write_bytes((tmp_path / "3.jpg").read_bytes()[:200])
    (tmp_path / "4.jpg").unlink()
    images = IdentityImages(samples, {1: 0, 2: 1, 3: 2}, PLAIN, on_damage="skip")
    whole = IdentityImages(samples, {1: 0, 2: 1, 3: 2}, PLAIN)
    told = []
    damage = Damage(told.append)
    orders = [draws(2, 3, 4, 5), draws(0, 3)]
    first, second = load_batches(images, orders, workers=workers, damage=damage)
    (expected,) = load_batches(whole, [draws(2, 5, 5, 5)], workers=0)
    assert first.images.equal(expected.images)
    assert first.classes.tolist() == [1, 2, 2, 2]
    assert second.classes.tolist() == [0, 0]
    assert [sum(name in line for line in told) for name in ("3.jpg", "4.jpg")] == [1, 1]
    assert damage.times.total() == 3


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(("on_damage", "rows"), [("stop", (0, 3)), ("skip", (3, 3))])
def test_where_damage_stops_the_picture_is_named_in_one_line(tmp_path, workers, on_damage, rows):
    samples = write_people(tmp_path)
    (tmp_path / "3.jpg").write_bytes((tmp_path / "3.jpg").read_bytes()[:200])
    images = IdentityImages(samples, {1: 0, 2: 1, 3: 2}, PLAIN, on_damage=on_damage)
    with pytest.raises(InputError, match=r"3\.jpg: is not a readable picture") as caught:
        list(load_batches(images, [draws(0, 1), draws(*rows)], workers=workers))
    assert "\n" not in str(caught.value)


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nobody\.jpg: no such image"):
        FolderPictures(tmp_path, ["nobody.jpg"]).read(0)
