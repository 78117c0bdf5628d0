from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from vtbr_data.errors import InputError
from vtbr_data.manifest.manifest import Manifest
from vtbr_data.manifest.row import Row
from vtbr_data.selection import Choice, select
from vtbr_data.selection.alike import cells, near_duplicates
from vtbr_data.selection.features import read_features
from vtbr_data.selection.order import balanced, random_keys, spread_order
from vtbr_data.selection.spreading import best_representatives, farthest_first
from vtbr_data.selection.vectors import caption_vectors, feature_vectors


def manifest(rows):
    return Manifest(list(rows), Path(), "", "manifest.jsonl")


PEOPLE = [
    Row(
        f"{number}.jpg",
        number % 7,
        number % 3,
        attributes={"hat": number % 5 == 0, "viewpoint": number % 360},
    )
    for number in range(200)
]


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def vectors(number, width=8, seed=0):
    return unit(np.random.default_rng(seed).standard_normal((number, width)))


def write_features(path, values, paths, **changes):
    text = "".join(paths).encode()
    offsets = np.cumsum([0, *(len(name.encode()) for name in paths)]).astype(np.int64)
    tensors = {
        "features": np.ascontiguousarray(values),
        "path": np.frombuffer(text, np.uint8).copy(),
        "path_offset": offsets,
    } | changes
    save_file(tensors, path, {"vtbr": json.dumps({"format": "vtbr.features", "version": 1})})
    return path


@given(st.permutations(PEOPLE[:40]), st.integers(-5, 5), st.integers(1, 39))
def test_a_random_choice_depends_on_seed_and_paths_and_holds_every_smaller_one(rows, seed, count):
    def chosen(rows, count):
        return {row.path for row in select(manifest(rows), Choice(count=count, seed=seed))[0]}

    assert chosen(rows, count) == chosen(PEOPLE[:40], count)
    assert chosen(rows, count) < chosen(rows, count + 1)


def test_what_stays_keeps_its_order_and_every_byte():
    rows, report = select(manifest(PEOPLE), Choice(fraction=0.71))
    assert len(rows) == 142 == report["images"][1]
    assert rows == [row for row in PEOPLE if row in rows]
    assert report["counts"]["hat"]["true"][0] == 40
    assert sum(after for _, after in report["counts"]["camera"].values()) == 142


def test_other_seeds_choose_others_and_each_image_has_the_same_chance():
    counts = Counter(
        row.path
        for seed in range(400)
        for row in select(manifest(PEOPLE[:20]), Choice(count=5, seed=seed))[0]
    )
    assert len(counts) == 20
    assert min(counts.values()) > 60
    assert max(counts.values()) < 140


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=60).flatmap(
        lambda groups: st.tuples(
            st.just(groups), st.integers(1, len(groups)), st.permutations(range(len(groups)))
        )
    )
)
def test_a_balanced_choice_takes_no_second_of_a_group_before_a_first_of_another(data):
    groups, number, order = data
    chosen = balanced(np.array(order), np.array(groups), number)
    assert len(set(chosen.tolist())) == number
    taken, there = Counter(groups[row] for row in chosen), Counter(groups)
    full = max(taken.values())
    assert all(taken[group] >= min(full - 1, there[group]) for group in there)


def test_balancing_by_several_keys_counts_every_pair():
    rows, _ = select(manifest(PEOPLE), Choice(count=24, by=("hat", "camera")))
    pairs = Counter((row.attributes["hat"], row.camera) for row in rows)
    assert set(pairs.values()) == {4}
    by_direction, report = select(manifest(PEOPLE), Choice(count=20, by=("viewpoint",)))
    assert len(by_direction) == 20
    assert all(after == 4 for _, after in report["counts"]["viewpoint"].values())
    with pytest.raises(InputError, match="no image has mood: balance by one of identity, camera, split, hat"):
        select(manifest(PEOPLE), Choice(count=2, by=("mood",)))


def test_a_split_is_chosen_from_and_the_others_stay():
    rows = [Row(f"{n}.jpg", 1, split="train" if n % 2 else "query") for n in range(20)]
    kept, report = select(manifest(rows), Choice(count=3, split="train"))
    assert Counter(row.split for row in kept) == {"train": 3, "query": 10}
    assert report["images"] == [10, 3]
    with pytest.raises(InputError, match=r"manifest.jsonl has no images of the split gallery"):
        select(manifest(rows), Choice(count=1, split="gallery"))
    with pytest.raises(InputError, match="10 images to choose from, fewer than 11"):
        select(manifest(rows), Choice(count=11, split="train"))


def textbook_farthest(points, first, number):
    order, nearest = [first], points @ points[first]
    while len(order) < number:
        left = np.where(np.isin(np.arange(len(points)), order), np.inf, nearest)
        order.append(int(np.argmin(left)))
        nearest = np.maximum(nearest, points @ points[order[-1]])
    return order


@pytest.mark.parametrize(("number", "most"), [(60, 60), (300, 40)])
def test_farthest_first_is_the_textbooks_order_in_blocks_and_at_once(number, most, monkeypatch):
    monkeypatch.setattr("vtbr_data.selection.spreading.MOST", most)
    monkeypatch.setattr("vtbr_data.selection.spreading._CANDIDATES", 40)
    points = vectors(number)
    order, worth = farthest_first(points, 3, number - 5)
    assert order.tolist() == textbook_farthest(points, 3, number - 5)
    assert (np.diff(worth) <= 0).all()


def test_facility_location_is_the_plain_greedy_choice():
    points = vectors(80)
    similarity = np.maximum(points @ points.T, 0).astype(np.float64)
    order, covered = [], np.zeros(80)
    while len(order) < 30:
        gain = np.maximum(similarity - covered, 0).sum(axis=1)
        gain[order] = -1
        order.append(int(np.argmax(gain)))
        covered = np.maximum(covered, similarity[order[-1]])
    assert best_representatives(points, 30)[0].tolist() == order


@given(st.integers(1, 200), st.integers(2, 30), st.integers(0, 3))
def test_cells_hold_every_row_once_and_none_too_many(number, most, seed):
    points = np.repeat(vectors(3), -(-number // 3), axis=0)[:number]  # many equal ones
    found = list(cells(points, seed=seed, most=most))
    assert sorted(np.concatenate(found).tolist()) == list(range(number))
    assert max(map(len, found)) <= most


@pytest.mark.parametrize("method", ["k-centre", "facility-location"])
def test_cells_choose_nearly_as_well_as_all_at_once(method, monkeypatch):
    points = vectors(600, 4)
    keys = random_keys([str(n) for n in range(600)], 0)

    def mean_distance(chosen):
        return float(np.mean(1 - (points @ points[chosen].T).max(axis=1)))

    whole = mean_distance(spread_order(method, points, keys, 60, seed=0)[:60])
    monkeypatch.setattr("vtbr_data.selection.order.is_exact", lambda *_: False)
    monkeypatch.setattr("vtbr_data.selection.alike.MOST", 100)
    in_cells = spread_order(method, points, keys, 60, seed=0)
    assert len(set(in_cells[:60].tolist())) == 60
    by_chance = mean_distance(np.argsort(keys)[:60])
    assert mean_distance(in_cells[:60]) < by_chance
    assert whole < by_chance


def test_near_duplicates_leave_the_first_of_them(monkeypatch):
    points = vectors(30)
    doubled = unit(np.concatenate([points, points + 1e-3, points[:5]]))
    assert near_duplicates(doubled, 0.01, seed=0).tolist() == [False] * 30 + [True] * 35
    assert near_duplicates(doubled, 0, seed=0).sum() == 5
    monkeypatch.setattr("vtbr_data.selection.alike.MOST", 20)
    monkeypatch.setattr("vtbr_data.selection.alike.cells.__kwdefaults__", {"most": 20}, raising=False)
    assert near_duplicates(doubled, 0.01, seed=0)[:30].sum() == 0


def test_captions_that_say_the_same_are_alike():
    said = caption_vectors([("a red coat",), ("a red coat",), ("blue trousers at night",), ()])
    assert said[0] @ said[1] == pytest.approx(1)
    assert abs(said[0] @ said[2]) < 0.5
    assert not said[3].any()
    with pytest.raises(InputError, match="there are no captions to compare"):
        caption_vectors([(), ()])


def test_diverse_captions_are_chosen_before_alike_ones():
    rows = [Row(f"{n}.jpg", captions=("a man in a red coat",)) for n in range(20)]
    rows += [
        Row("x.jpg", captions=("a woman in a blue dress",)),
        Row("y.jpg", captions=("somebody at night",)),
    ]
    for method in ("k-centre", "facility-location"):
        kept, report = select(manifest(rows), Choice(count=3, method=method))
        assert {"x.jpg", "y.jpg"} < {row.path for row in kept}
        assert report["coverage"]["chosen"]["radius"] == pytest.approx(0, abs=1e-5)
    kept, report = select(manifest(rows), Choice(near_duplicates=0.05))
    assert [row.path for row in kept] == ["0.jpg", "x.jpg", "y.jpg"]
    assert report["near_duplicates"] == 19


def test_features_are_matched_by_path_and_wide_ones_projected(tmp_path):
    paths = [row.path for row in PEOPLE]
    values = vectors(200, 700)
    file = write_features(tmp_path / "f.safetensors", values[::-1], paths[::-1])
    read = read_features(file)
    ours = feature_vectors(read, paths, seed=0)
    assert ours.shape == (200, 256)
    assert np.abs(ours @ ours.T - values @ values.T).mean() < 0.06
    narrow = write_features(tmp_path / "n.safetensors", values[:, :16].astype(np.float16), paths)
    assert feature_vectors(read_features(narrow), paths[:3], seed=0).shape == (3, 16)
    rows, report = select(manifest(PEOPLE), Choice(count=20, method="k-centre"), read)
    assert len(rows) == 20
    assert report["coverage"]["chosen"]["radius"] <= report["coverage"]["random"]["radius"]
    with pytest.raises(InputError, match=r"has no features of 200.jpg and 1 others"):
        read.rows_of(["200.jpg", "0.jpg", "201.jpg"])


def test_what_is_no_features_file_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no features file"):
        read_features(tmp_path / "none")
    good = write_features(tmp_path / "f.safetensors", vectors(3), ["a", "b", "c"]).read_bytes()
    torn = tmp_path / "torn.safetensors"
    other = good.replace(b"vtbr.features", b"vtbr.picturez")
    for damaged in (b"", good[:4], good[:60], good[:-30], b"\xff" * 80, other):
        torn.write_bytes(damaged)
        with pytest.raises(InputError, match=r"torn\.safetensors is not a features file of vtbr"):
            read_features(torn)
    write_features(torn, vectors(3), ["a", "b", "c"], path_offset=np.array([0, 9, 2, 3]))
    with pytest.raises(InputError, match="path_offset and path disagree"):
        read_features(torn)
    write_features(torn, np.full((1, 2), np.nan, np.float32), ["a"])
    with pytest.raises(InputError, match="the features of a are not finite"):
        feature_vectors(read_features(torn), ["a"], seed=0)


def test_a_choice_must_make_sense():
    for wrong in (
        {},
        {"count": 1, "fraction": 0.5},
        {"count": 0},
        {"fraction": 1.5},
        {"near_duplicates": -1},
        {"count": 1, "method": "best"},
    ):
        with pytest.raises(ValueError, match=r"count|fraction|near_duplicates|method"):
            Choice(**wrong)
