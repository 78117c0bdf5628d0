"""Packed sets as manifests whose pictures lie in shards.

N samples, S shards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..manifest import Manifest, read_manifest
from .catalogue import FILE_NAME, INDEX_NAME, MANIFEST_NAME, Shard, read_catalogue, sha256_of
from .stores import OpenFiles, Store, open_store


@dataclass
class ShardPictures:
    """Pictures in shards, by number."""

    store: Store
    shards: Sequence[Shard]
    places: NDArray[np.int64]
    """(N, 3): shard, first byte and number of bytes of each picture"""
    _files: OpenFiles = field(default_factory=OpenFiles, repr=False)
    _broken: dict[int, str] = field(default_factory=dict, repr=False)
    """Faults of the shards that were opened."""

    def __len__(self) -> int:
        return len(self.places)

    def read(self, number: int) -> bytes:
        """Return the bytes of picture `number`. Raises `InputError` if its shard is not whole."""
        shard, offset, size = self.places[number].tolist()
        file = self._files.get(shard, lambda: self._path(shard))
        file.seek(offset)
        return file.read(size)

    def name(self, number: int) -> str:
        """Return shard and byte of picture `number`."""
        shard, offset, _ = self.places[number].tolist()
        return f"{self.shards[shard].name}, byte {offset}"

    def select(self, numbers: Sequence[int]) -> ShardPictures:
        """Return the pictures `numbers`, in this order."""
        return ShardPictures(self.store, self.shards, self.places[np.asarray(numbers, np.int64)])

    @property
    def remote_shards(self) -> NDArray[np.int64] | None:
        """(N,) the shard of each picture, where they are copied before they are read."""
        return self.places[:, 0] if self.store.is_remote else None

    def _path(self, number: int) -> Path:
        if number in self._broken:  # a remote one would be copied for each of its pictures
            raise InputError(self._broken[number])
        shard = self.shards[number]
        try:
            return self.store.path(shard.name, num_bytes=shard.bytes, sha256=shard.sha256 or None)
        except InputError as error:
            self._broken[number] = str(error)
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardManifest(Manifest):
    """The manifest of a packed set, and its pictures."""

    pictures: ShardPictures


def is_packed(source: str) -> bool:
    """Return whether `source` names a packed set: a folder with `shards.json`, that file, a URL, or
    `pipe:...`.
    """
    if source.startswith("pipe:") or "://" in source:
        return True
    path = Path(source)
    return path.name == FILE_NAME or (path / FILE_NAME).is_file()


def read_shards(source: str) -> ShardManifest:
    """Open a packed set. Raises `InputError` for anything that is not as its catalogue says."""
    path = Path(source)
    store = open_store(str(path.parent) if path.name == FILE_NAME and "://" not in source else source)
    data = store.path(FILE_NAME).read_bytes()
    catalogue = read_catalogue(data, f"{source}: {FILE_NAME}" if store.is_remote else str(path))
    files = {name: store.path(name, sha256=catalogue.files.get(name)) for name in (MANIFEST_NAME, INDEX_NAME)}
    if not store.is_remote:
        for name, file in files.items():
            if sha256_of(file) != catalogue.files.get(name):
                raise InputError(f"{file} is not what {FILE_NAME} describes: pack it again")
    manifest = read_manifest(files[MANIFEST_NAME], name=f"{source}: {MANIFEST_NAME}")
    places = _read_index(files[INDEX_NAME], catalogue.shards)
    if not len(places) == len(manifest.rows) == catalogue.samples:
        raise InputError(f"{source}: manifest, index and catalogue count different samples: pack it again")
    return ShardManifest(
        manifest.rows,
        manifest.root,
        hashlib.sha256(data).hexdigest(),
        source,
        pictures=ShardPictures(store, catalogue.shards, places),
    )


def _read_index(path: Path, shards: Sequence[Shard]) -> NDArray[np.int64]:
    """Return the index, mapped into memory; every place lies within its shard."""
    try:
        # Still mapped, but a plain array: picking one row of a memmap takes three times as long.
        places: NDArray[np.int64] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is not an index of shards: pack it again") from error
    if places.dtype != np.int64 or places.ndim != 2 or places.shape[1] != 3:
        raise InputError(f"{path} is not an index of shards: pack it again")
    sizes = np.array([shard.bytes for shard in shards], np.int64)
    shard, offset, size = places.T
    is_shard = (shard >= 0) & (shard < len(shards))
    if not is_shard.all() or (offset < 0).any() or (size < 0).any() or (size > sizes[shard] - offset).any():
        raise InputError(f"{path} points outside the shards: pack it again")
    return places
