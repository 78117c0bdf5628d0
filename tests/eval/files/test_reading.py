from __future__ import annotations

import errno
import gzip
import io
import json
import os
import pickle
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from vtbr_eval.errors import InputError
from vtbr_eval.features import FeatureTable
from vtbr_eval.files import read_features, write_features

METADATA = {"format": "vtbr.features", "version": 1}


def tensors(num_images=4, **others):
    paths = "".join(f"{i}.jpg" for i in range(num_images)).encode()
    return {
        "features": np.ones((num_images, 3), np.float32),
        "identity": np.ones(num_images, np.int64),
        "camera": np.arange(num_images, dtype=np.int64),
        "split": np.arange(num_images, dtype=np.uint8) % 2,
        "path": np.frombuffer(paths, np.uint8),
        "path_offset": 5 * np.arange(num_images + 1, dtype=np.int64),
    } | others


def packed(metadata=METADATA, **others):
    kept = {name: tensor for name, tensor in tensors(**others).items() if tensor is not None}
    return save(kept, metadata=None if metadata is None else {"vtbr": json.dumps(metadata)})


def with_header(header, data=b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


NAN = np.array([[1, 2, 3], [1, np.nan, 3], [1, 2, np.inf], [1, 2, 3]], np.float32)
WRONG = {
    "empty": (b"", "is empty (0 bytes): did the command that should have written it fail?"),
    "3 bytes": (b"\0\0\0", "holds 3 bytes, too few for a features file"),
    "text": (b'{"path": "a.jpg", "identity": 3}\n' * 9, "is a manifest, not a features file"),
    "html": ("<html>é".encode() * 100, "is text, not a features file"),
    "pickle": (pickle.dumps({"features": [1.0] * 99}), "is a Python pickle, which could run code"),
    "torch": (zipped(archive__data__pkl=b"") + b"", "has no array of features"),
    "torch zip": (zipped(**{"archive/data.pkl": b"\x80\x02"}), "is a torch file, which holds a pickle"),
    "zip": (zipped(a=b"1"), "has no array of features; an .npz needs features, identity, camera"),
    "cut zip": (zipped(a=b"1")[:30], "is a damaged .npz"),
    "mat": (b"MATLAB 5.0 MAT-file" + bytes(99), "is a damaged .mat"),
    "npy": (b"\x93NUMPY\x01\0" + bytes(99), "is a single numpy array, without identities"),
    "gzip": (gzip.compress(b"x"), "is a gzip file, not a features file: unpack it first with `gunzip`"),
    "noise": (bytes(range(255, 100, -1)), "is not a safetensors file"),
    "truncated": (packed()[:-7], "bytes of data where its header promises"),
    "header cut": (packed()[:40], "promises a header of"),
    "too long": (packed() + b"more", "bytes of data where its header promises"),
    "10 GB claimed": ((10**10).to_bytes(8, "little") + b"{" + bytes(91), "is not a safetensors file"),
    "4 GB claimed": (
        (4 * 10**9).to_bytes(8, "little") + b"{" + bytes(91),
        "promises a header of 4,000,000,000",
    ),
    "header no json": (with_header(b"{]"), "its header is not JSON"),
    "header nested": (with_header(b'{"a":' * 50_000), "its header is not JSON"),
    "header list": (with_header(b"[1]"), "its header is not a JSON object"),
    "no metadata": (packed(metadata=None), "it has no metadata key 'vtbr'"),
    "metadata no json": (save(tensors(), {"vtbr": "{"}), "its metadata key 'vtbr' is not a JSON object"),
    "checkpoint": (
        packed({"format": "vtbr.checkpoint", "version": 1}),
        "holds 'vtbr.checkpoint', not vtbr.features",
    ),
    "newer": (packed(METADATA | {"version": 2}), "is vtbr.features version 2, this program reads up to 1"),
    "version text": (packed(METADATA | {"version": "1"}), "its version is '1', not a number"),
    "missing": (packed(camera=None), "has no tensor 'camera' of type int64"),
    "float64": (packed(features=np.ones((4, 3))), "has no tensor 'features' of type float32 or float16"),
    "wrong type": (
        packed(identity=np.ones(4, np.float32)),
        "tensor 'identity' is float32 of shape (4,), not int64",
    ),
    "wrong shape": (
        packed(camera=np.ones((4, 1), np.int64)),
        "tensor 'camera' is int64 of shape (4, 1), not int64",
    ),
    "one dimension": (packed(features=np.ones(4, np.float32)), "not float32 or float16 with 2 dimensions"),
    "too few": (packed(identity=np.ones(3, np.int64)), "4 features but 3 of 'identity'"),
    "no rows": (packed(num_images=0), "features of shape (0, 3) are empty"),
    "no width": (packed(features=np.ones((4, 0), np.float32)), "features of shape (4, 0) are empty"),
    "nan": (packed(features=NAN), "the feature in row 1 (1.jpg) holds NaN"),
    "infinity": (packed(features=NAN[[0, 2, 1, 3]]), "the feature in row 1 (1.jpg) holds infinity"),
    "identity": (packed(identity=np.array([1, 1, -2, 1])), "identity is -2 in row 2 (2.jpg): -1 is junk"),
    "camera": (packed(camera=np.array([1, 1, -2, 1])), "camera is -2 in row 2 (2.jpg): -1 is unknown"),
    "split": (packed(split=np.array([0, 1, 2, 3], np.uint8)), "split is 3 in row 3 (3.jpg): 0 is query"),
    "no offsets": (packed(path_offset=np.zeros(0, np.int64)), "tensor 'path_offset' is empty"),
    "offsets": (packed(path_offset=np.array([0, 9, 5, 15, 20])), "its paths are damaged"),
    "offset huge": (packed(path_offset=np.array([0, 5, 10, 15, 2**62])), "its paths are damaged"),
    "not utf-8": (packed(path=np.full(20, 255, np.uint8)), "its paths are damaged"),
    "cut letter": (
        packed(path=np.frombuffer("aaaaé".encode() + b"x" * 14, np.uint8)),
        "its paths are damaged",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(kind, tmp_path):
    data, message = WRONG[kind]
    path = tmp_path / "x.bin"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_features(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


LYING = {
    "huge shape": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 12]},
    "negative": {"dtype": "F32", "shape": [-1, 3], "data_offsets": [0, 12]},
    "bool": {"dtype": "U8", "shape": [True], "data_offsets": [0, 1]},
    "float": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]},
    "backwards": {"dtype": "F32", "shape": [1], "data_offsets": [12, 8]},
    "past the end": {"dtype": "F32", "shape": [2**30], "data_offsets": [0, 2**32]},
    "three offsets": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]},
    "no object": 7,
    "unhashable type": {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]},
}


@pytest.mark.parametrize("kind", LYING)
def test_a_header_that_lies_about_sizes_is_refused(kind):
    header = {
        "__metadata__": {"vtbr": json.dumps(METADATA, sort_keys=True, separators=(",", ":"))},
        "features": LYING[kind],
    }
    with pytest.raises(InputError):
        read_features(io.BytesIO(with_header(header, bytes(12))))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_file_with_any_bytes_changed_is_read_or_refused_but_never_fails_otherwise(data):
    raw = bytearray(packed())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_features(io.BytesIO(bytes(raw)))
    except InputError as error:
        assert str(error)


@settings(max_examples=50, deadline=None)
@given(
    paths=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=9),
    width=st.integers(1, 5),
    half=st.booleans(),
)
def test_what_is_written_has_the_bytes_of_the_safetensors_library_and_is_read_back(paths, width, half):
    count = len(paths)
    features = np.arange(count * width).reshape(count, width).astype(np.float16 if half else np.float32)
    table = FeatureTable.of(
        features, identity=range(count), camera=[-1] * count, split=[1] * count, path=paths
    )
    written = io.BytesIO()
    write_features(table, written)
    library = save(
        {
            "features": features,
            "identity": table.identity,
            "camera": table.camera,
            "split": table.split,
            "path": table.path.text,
            "path_offset": table.path.offset,
        },
        {"vtbr": json.dumps(METADATA, sort_keys=True, separators=(",", ":"))},
    )
    assert written.getvalue() == library
    again = read_features(io.BytesIO(library))
    assert list(again.path) == paths
    assert again.features.dtype == features.dtype
    assert again.features.tolist() == features.tolist()
    assert again.identity.tolist() == table.identity.tolist()


def test_a_gallery_image_that_is_listed_twice_is_refused(tmp_path, table):
    rows = np.r_[np.arange(len(table)), np.flatnonzero(table.split == 1)[:1]]
    twice = FeatureTable.of(
        table.features[rows],
        identity=table.identity[rows],
        camera=table.camera[rows],
        split=table.split[rows],
        path=[table.path[row] for row in rows.tolist()],
    )
    write_features(twice, tmp_path / "twice")
    with pytest.raises(InputError, match=f"is listed twice, in rows {rows[-1]} and {len(table)}"):
        read_features(tmp_path / "twice")
    # Two people in one picture are two rows of one path.
    other = twice.features.copy()
    other[-1] += 1
    write_features(replace(twice, features=other), tmp_path / "two")
    assert len(read_features(tmp_path / "two")) == len(rows)


def test_metadata_travels_with_the_features(tmp_path):
    metadata = METADATA | {"model": {"fingerprint": "é", "name": "x"}}
    (tmp_path / "a").write_bytes(packed(metadata))
    write_features(read_features(tmp_path / "a"), tmp_path / "b")
    assert read_features(tmp_path / "b").metadata == metadata


def test_a_file_is_mapped_and_not_loaded(tmp_path):
    (tmp_path / "a").write_bytes(packed())
    assert isinstance(read_features(tmp_path / "a").features, np.memmap)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, table, monkeypatch):
    target = tmp_path / "a.safetensors"
    target.write_bytes(b"old")

    def full_disk(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("vtbr_eval.files.features_file.blocks", full_disk)
    with pytest.raises(OSError, match=f"No space left on device: '{target}'"):
        write_features(table, target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_named_pipe_is_written_to_and_not_replaced(tmp_path, table):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(read_features(pipe)))
    reader.start()
    write_features(table, pipe)
    reader.join()
    assert pipe.is_fifo()
    assert received[0].features.tolist() == table.features.tolist()


def test_a_link_stays_a_link(tmp_path, table):
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to("real")
    write_features(table, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert len(read_features(tmp_path / "real")) == len(table)
