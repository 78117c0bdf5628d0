from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.files import read_features

SIGNATURE = b"\x89HDF\r\n\x1a\n"


@pytest.fixture
def hdf5(tmp_path):
    """Writes datasets to an HDF5 file and gives its bytes, behind a header if one is given."""
    h5py = pytest.importorskip("h5py", reason="the extra `hdf5` is not installed")

    def write(header=b"", change=None, **datasets):
        path = tmp_path / "x.h5"
        with h5py.File(path, "w", userblock_size=512 if header else 0) as file:
            for key, value in datasets.items():
                file[key] = value
            if change:
                change(h5py, file)
        return header + path.read_bytes()[len(header) :]

    return write


def five(**others):
    arrays = {
        "features": np.eye(3, dtype=np.float32),
        "identity": [1, 1, 2],
        "camera": [1, 2, 2],
        "split": np.array([0, 1, 2], np.uint8),
        "path": [b"a", b"b", "ö".encode()],
    }
    return arrays | others


def six(**others):
    side = {"f": np.float32([[1, 0, 0], [0, 1, 0]]), "label": [1, 2]}
    return {
        f"{name}_{key}": value
        for number, name in enumerate(("query", "gallery"), 1)
        for key, value in (side | {"cam": [number, number]}).items()
    } | others


def read(data):
    return read_features(io.BytesIO(data))


@pytest.mark.parametrize(
    "path", [[b"a", b"b", "ö".encode()], ["a", "b", "ö"], np.array([b"a", b"b", "ö".encode()], "S2")]
)
def test_datasets_become_a_table_however_text_is_stored(hdf5, path):
    table = read(hdf5(**five(path=path)))
    assert table.features.tolist() == np.eye(3).tolist()
    assert table.split.tolist() == [0, 1, 2]
    assert list(table.path) == ["a", "b", "ö"]


def test_layumis_six_are_read_as_python_and_as_matlab_stores_them(hdf5):
    plain = read(hdf5(**six()))
    turned = {key: np.atleast_2d(value).T.astype(np.float64) for key, value in six().items()}
    matlab = read(hdf5(b"MATLAB 7.3 MAT-file", **turned))
    assert matlab.features.tolist() == plain.features.tolist() == [[1, 0, 0], [0, 1, 0]] * 2
    assert matlab.identity.tolist() == plain.identity.tolist() == [1, 2, 1, 2]
    assert matlab.split.tolist() == plain.split.tolist() == [0, 0, 1, 1]


def soft_link(h5py, file):
    file["camera"] = h5py.ExternalLink("/etc/passwd", "x")


def empty(h5py, file):
    file["camera"] = h5py.Empty("i8")


def huge(h5py, file):
    file.create_dataset("camera", (2**36,), "i8", chunks=(2**10,))


def references(h5py, file):
    file.create_dataset("camera", (3,), h5py.ref_dtype)


def wide(h5py, file):
    file["camera"] = np.ones((3, 2), int)


def group(h5py, file):
    file.create_group("camera")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (wide, "camera is int64 of shape (3, 2), not one number or text an image"),
        (soft_link, "camera is a link to elsewhere, which is not followed"),
        (empty, "camera is not a dataset of numbers or text"),
        (group, "camera is not a dataset of numbers or text"),
        (huge, "camera claims 549,755,813,888 bytes, more than the file can hold"),
        (references, "camera holds neither numbers nor text"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(hdf5, change, message):
    datasets = five()
    del datasets["camera"]
    with pytest.raises(InputError) as caught:
        read(hdf5(change=change, **datasets))
    assert message in str(caught.value)


def test_a_cut_file_is_refused(hdf5):
    data = hdf5(**five())
    for length in range(9, len(data), 211):
        with pytest.raises(InputError, match=r"is a damaged HDF5 file|has no dataset"):
            read(data[:length])


def test_a_heap_that_would_hang_the_library_is_refused(hdf5):
    data = bytearray(hdf5(**five(path=["a", "b", "c"])))
    third = data.index(b"GCOL") + 16 + 2 * 24
    assert data[third : third + 2] == b"\3\0"
    data[third + 8] = 75  # an object so long that what follows it is read as free space of no length
    with pytest.raises(InputError, match=r"is a damaged HDF5 file \(its text\)"):
        read(bytes(data))


def test_without_h5py_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=r"h5py is not installed: type `pip install 'vtbr-eval\[hdf5\]'`"):
        read(SIGNATURE + bytes(99))
