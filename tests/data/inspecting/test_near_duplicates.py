from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vtbr_data.inspecting.near_duplicates import MAX_BITS, hashes, near_pairs


def glance(image: Image.Image) -> bytes:
    return image.convert("L").resize((17, 16), Image.Resampling.BOX).tobytes()


def random_bits(seed: int, number: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, (number, 4), np.uint64)


def flipped(bits: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Copies of which `number` bits each differ."""
    draw = np.random.default_rng(seed)
    unpacked = np.unpackbits(bits.view(np.uint8), axis=1)
    for row in unpacked:
        row[draw.choice(256, number, replace=False)] ^= 1
    return np.packbits(unpacked, axis=1).view(np.uint64)


def test_copies_are_found_among_thousands_and_nothing_else():
    a, b = random_bits(0, 3000), random_bits(1, 5000)
    b[100:200] = flipped(a[500:600], 8, seed=2)
    assert near_pairs(a, b) == [(500 + place, 100 + place, 8) for place in range(100)]


def test_most_pairs_at_the_limit_are_found():
    a = random_bits(0, 400)
    found = near_pairs(a, flipped(a, MAX_BITS, seed=1))
    assert len(found) > 300
    assert all(i == j and bits == MAX_BITS for i, j, bits in found)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.integers(0, 30), st.integers(0, 30))
def test_every_pair_found_is_as_near_as_it_says(seed, num_a, num_b):
    draw = np.random.default_rng(seed)
    # Few different bits, so that many pairs are near and many keys are shared.
    a, b = (np.packbits(draw.random((n, 256)) < 0.03, axis=1).view(np.uint64) for n in (num_a, num_b))
    slow = {
        (i, j): int(np.bitwise_count(a[i] ^ b[j]).sum())
        for i in range(num_a)
        for j in range(num_b)
        if np.bitwise_count(a[i] ^ b[j]).sum() <= MAX_BITS
    }
    found = {(i, j): bits for i, j, bits in near_pairs(a, b)}
    assert found.items() <= slow.items()
    assert slow.keys() - found.keys() <= {pair for pair, bits in slow.items() if bits > 4}


def test_blocks_and_crowds_change_nothing_but_what_a_crowd_hides(monkeypatch):
    a = random_bits(0, 200)
    b = np.concatenate([flipped(a, 3, seed=1), np.repeat(a[:1], 50, axis=0)])
    expected = near_pairs(a, b)
    monkeypatch.setattr("vtbr_data.inspecting.near_duplicates._MOST_PAIRS", 60)
    assert near_pairs(a, b) == expected
    monkeypatch.setattr("vtbr_data.inspecting.near_duplicates._MOST_PAIRS", 40)
    assert near_pairs(a, b) == [pair for pair in expected if pair[0] != 0]


def test_even_pictures_have_no_hash_and_dark_copies_have_the_same():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 128, (32, 32), np.uint8))
    bits, has_contrast = hashes(
        [
            glance(noise),
            glance(noise.point(lambda value: value // 2)),
            glance(Image.new("L", (9, 9), 77)),
            b"",
        ]
    )
    assert has_contrast.tolist() == [True, True, False, False]
    assert np.bitwise_count(bits[0] ^ bits[1]).sum() <= MAX_BITS
