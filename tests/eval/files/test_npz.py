from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.files import read_features, write_features


def npz(**others):
    arrays = {
        "features": np.eye(3, dtype=np.float32),
        "identity": np.array([1, 1, 2]),
        "camera": np.array([1, 2, 2]),
        "split": np.array(["query", "gallery", "train"]),
        "path": np.array(["a.jpg", "b.jpg", "ö.jpg"]),
    } | others
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{key: array for key, array in arrays.items() if array is not None})
    return buffer.getvalue()


def read(data):
    return read_features(io.BytesIO(data))


def test_an_npz_becomes_a_table():
    table = read(npz())
    assert table.features.tolist() == np.eye(3).tolist()
    assert table.split.tolist() == [0, 1, 2]
    assert list(table.path) == ["a.jpg", "b.jpg", "ö.jpg"]
    assert table.notes == ("the stream: read features, identity, camera, split, path",)


@pytest.mark.parametrize(
    "others",
    [
        {"features": np.eye(3)},
        {"features": np.eye(3, dtype=">f4")},
        {"features": np.asfortranarray(np.eye(3, dtype=np.float32))},
        {"identity": np.array([1, 1, 2], ">i2"), "camera": np.array([1, 2, 2], np.uint8)},
        {"split": np.array([0, 1, 2], np.uint8)},
        {"split": np.array([b"query", b"gallery", b"train"])},
    ],
)
def test_other_number_types_and_layouts_mean_the_same(others):
    table, plain = read(npz(**others)), read(npz())
    assert table.features.dtype == np.float32
    for key in ("features", "identity", "camera", "split"):
        assert getattr(table, key).tolist() == getattr(plain, key).tolist()


def test_people_counted_from_zero_are_counted_from_one():
    table = read(npz(identity=np.array([0, 0, -1])))
    assert table.identity.tolist() == [1, 1, -1]
    assert table.notes == (
        "the stream: read features, identity, camera, split, path",
        "the stream: identity: counted from 0, raised by 1",
    )


def test_distractors_in_the_gallery_stay_distractors():
    assert read(npz(identity=np.array([1, 0, 2]))).identity.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"identity": None}, "has no array of identities (identity, pids, labels, ...): it has features,"),
        (
            {"features": None},
            "has no array of features; an .npz needs features, identity, camera, split, path",
        ),
        ({"split": None}, "has no array for split: add `split`"),
        ({"path": np.array(["a", "b", "c"], object)}, "array 'path' holds Python objects (a pickle)"),
        ({"features": np.eye(3, dtype=np.int64)}, "features are int64, not floating point"),
        ({"features": np.full((3, 3), 1e300)}, "the feature in row 0 (a.jpg) holds infinity"),
        ({"features": np.ones(3)}, "features are float64 of shape (3,)"),
        ({"identity": np.array([1.0, 1.5, 2.0])}, "identity is 1.5 in row 1, not a whole number"),
        ({"identity": np.ones(3, bool)}, "identity is bool, not whole numbers or names"),
        ({"identity": np.array([1, 2, 2**64 - 1], np.uint64)}, "the largest allowed is 9223372036854775807"),
        ({"identity": np.array([1, 1])}, "3 features but 2 of 'identity'"),
        (
            {"camera": np.ones((3, 3), int)},
            "camera is int64 of shape (3, 3), not one number or text an image",
        ),
        ({"split": np.array(["query", "gallery", "foo"])}, "split is 'foo' in row 2: it must be query"),
        (
            {"features": np.ones((4, 3)), "identity": np.ones(3, int)},
            "4 features but 3 of 'identity': transpose",
        ),
        ({"split": np.array([0, 1, 9], np.uint8)}, "split is 9 in row 2"),
        ({"path": np.array([b"a", b"b", b"\xff"])}, "path holds bytes that are not UTF-8"),
        ({"path": np.array(["a", "b", "\ud800"])}, "path holds text that UTF-8 cannot write"),
        ({"path": np.array(["a", "b"])}, "3 features but 2 of 'path'"),
    ],
)
def test_an_npz_that_cannot_be_used_is_refused_in_one_line(others, message):
    with pytest.raises(InputError) as caught:
        read(npz(**others))
    assert message in str(caught.value)
    assert "allow_pickle" not in str(caught.value)


def test_an_array_whose_header_lies_about_its_size_is_refused():
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (2**35, 2)}
    )
    buffer = io.BytesIO(npz())
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(changed := io.BytesIO(), "w") as new:
        for info in old.infolist():
            new.writestr(info, header.getvalue() if info.filename == "features.npy" else old.read(info))
    with pytest.raises(InputError, match="array 'features' is damaged"):
        read(changed.getvalue())


def test_a_cut_npz_is_refused():
    data = npz()
    for length in range(4, len(data), 97):
        with pytest.raises(InputError):
            read(data[:length])


def test_real_features_score_as_published(real_data, tmp_path):
    write_features(read_features(real_data / "features" / "viper_osnet.npz"), tmp_path / "viper.safetensors")
    measures = evaluate(read_features(tmp_path / "viper.safetensors")).measures()
    assert round(100 * measures["rank-1"], 1) == 32.6
    assert round(100 * measures["mAP"], 1) == 41.5
