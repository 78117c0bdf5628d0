"""CUHK03 as first published: one MATLAB 7.3 file with all pictures and 20 splits of 1,367 and 100 people."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..manifest import Row
from .dataset import Dataset, IndexOptions
from .listing import holds, require
from .matlab import is_hdf5

if TYPE_CHECKING:
    import h5py

FILE = "cuhk-03.mat"
PICTURES_A_VIEW = 5  # places 1 to 5 of a person are the first camera's pictures, 6 to 10 the second's


def cuhk03_rows(folder: Path, options: IndexOptions, *, kind: str) -> Iterator[Row]:
    """List the pictures of `kind` (`labeled`, `detected`), which the first time are written as PNG files.

    They go to `FOLDER/images_KIND/PAIR_PERSON_VIEW_PLACE.png`. Of a test person the first camera of a pair is
    query, the second gallery; cameras are numbered 1 to 10 over the five pairs.
    """
    require(folder, [FILE], "CUHK03 of 2014")
    with _open(folder / FILE) as mat:
        try:
            test = _test_people(mat, options.split_index, folder / FILE)
            target = folder / f"images_{kind}"
            numbers: dict[tuple[int, int], int] = {}
            written = 0
            for pair, person, place, picture in _pictures(mat, kind):
                view = 1 if place <= PICTURES_A_VIEW else 2
                name = f"{pair}_{person:03}_{view}_{place:02}.png"
                if not (target / name).exists():
                    _write(target / name, picture[:])
                    written += 1
                identity = numbers.setdefault((pair, person), len(numbers) + 1)
                split = "train" if (pair, person) not in test else "query" if view == 1 else "gallery"
                yield Row(f"{target.name}/{name}", identity, 2 * (pair - 1) + view, split)
        except (LookupError, AttributeError, TypeError, ValueError, RuntimeError, OSError) as error:
            if isinstance(error, (InputError, PermissionError)):
                raise
            raise InputError(f"{folder / FILE} is not what CUHK03 published: {error}") from error
    if written:
        options.say(f"wrote {written} pictures of {FILE} to {target}")


def _open(file: Path) -> h5py.File:
    try:
        import h5py
    except ImportError as error:
        raise InputError(f"{file} is HDF5: `pip install 'vtbr-data[hdf5]'` to read it") from error
    if not is_hdf5(file):
        raise InputError(f"{file} is not a MATLAB 7.3 file: get a whole copy")
    try:
        return h5py.File(file, "r")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error}; get a whole copy") from error


def _test_people(mat: Any, index: int, file: Path) -> set[tuple[int, int]]:
    splits = mat["testsets"][:].ravel()
    if not index < len(splits):
        raise InputError(f"there is no split {index}: {file} holds 0 to {len(splits) - 1}")
    return {(int(pair), int(person)) for pair, person in mat[splits[index]][:].T}


def _pictures(mat: Any, kind: str) -> Iterator[tuple[int, int, int, Any]]:
    """Yield camera pair, person, place (all from 1) and HDF5 array of each picture that is there."""
    for pair, reference in enumerate(mat[kind][:].ravel(), start=1):
        people = mat[reference][:].T  # MATLAB counts columns first
        for person, places in enumerate(people, start=1):
            for place, picture in enumerate(places, start=1):
                found = mat[picture]
                if found.ndim == 3:  # an empty place is a vector of two zeros
                    yield pair, person, place, found


def _write(target: Path, picture: Any) -> None:
    import numpy as np
    from PIL import Image

    if picture.dtype != np.uint8 or picture.shape[0] != 3:
        raise InputError(f"{FILE}: a picture is no uint8 array of three channels")
    target.parent.mkdir(exist_ok=True)
    partial_file = target.with_suffix(".partial")
    Image.fromarray(np.ascontiguousarray(picture.transpose(2, 1, 0))).save(partial_file, format="PNG")
    partial_file.replace(target)


def _dataset(kind: str) -> Dataset:
    return Dataset(
        name=f"cuhk03-classic-{kind}",
        title=f"CUHK03 of 2014, {kind}",
        layout=f"cuhk-03.mat; its {kind} pictures are written beside it; --split-index 0 to 19",
        source="Li et al., DeepReID: Deep Filter Pairing Neural Network, CVPR 2014",
        rows=partial(cuhk03_rows, kind=kind),
        recognise=lambda folder: kind == "labeled" and holds(folder, FILE),
        counts={
            "train": {"identities": 1_367},
            "query": {"identities": 100},
            "gallery": {"identities": 100},
        },
        note="reading it needs `pip install 'vtbr-data[hdf5]'`",
    )


CUHK03_CLASSIC_LABELED = _dataset("labeled")
CUHK03_CLASSIC_DETECTED = _dataset("detected")
