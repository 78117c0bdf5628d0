"""Writes one shard and commits it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..output import open_output
from .sample import Sample
from .tar_writing import END_BYTES, TarWriter, size_in_tar


@dataclass(frozen=True, slots=True)
class Committed:
    """A complete shard."""

    name: str
    samples: int
    bytes: int
    sha256: str
    rows_read: int
    """Rows of the source that have been read when this shard is complete."""
    left_out: int


class GrowingShard:
    """Shard `number` of the folder `folder`, whose first sample has the key `first_key`."""

    def __init__(self, folder: Path, number: int, first_key: int) -> None:
        self._folder, self._stem, self._first_key = folder, f"{number:06d}", first_key
        self._file = (folder / f"{self._stem}.tar").open("wb")
        self._tar = TarWriter(self._file)
        self._places: list[tuple[int, int, int]] = []
        self._lines: list[bytes] = []
        self._number = number

    def __len__(self) -> int:
        return len(self._places)

    def has_room(self, sample: Sample, shard_bytes: int) -> bool:
        """Return whether the shard stays within `shard_bytes` with this sample; an empty one takes any."""
        picture, line, _ = sample.files("0" * 9)
        grown = self._tar.num_bytes + size_in_tar(len(picture[1]), len(line[1])) + END_BYTES
        return not self._places or grown <= shard_bytes

    def add(self, sample: Sample) -> None:
        """Append a sample."""
        picture, line, _ = sample.files(f"{self._first_key + len(self):09d}")
        member = self._tar.add(*picture)
        self._tar.add(*line)
        self._places.append((self._number, member.offset, member.size))
        self._lines.append(line[1])

    def commit(self, *, rows_read: int, left_out: int) -> Committed:
        """End the shard; it is committed once its summary is written."""
        sha256 = self._tar.close()
        self.close()
        name = f"{self._stem}.tar"
        committed = Committed(name, len(self), self._tar.num_bytes, sha256, rows_read, left_out)
        with open_output(self._folder / f"{self._stem}.jsonl") as file:
            file.writelines(self._lines)
        with open_output(self._folder / f"{self._stem}.npy") as file:
            np.save(file, np.array(self._places, np.int64).reshape(-1, 3), allow_pickle=False)
        with open_output(self._folder / f"{self._stem}.json") as file:
            file.write(json.dumps(asdict(committed)).encode())
        return committed

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def committed_shards(folder: Path) -> list[Committed]:
    """Return the shards in `folder` that are whole, up to the first that is not."""
    found: list[Committed] = []
    while True:
        stem = folder / f"{len(found):06d}"
        try:
            one = Committed(**json.loads(stem.with_suffix(".json").read_bytes()))
            is_whole = stem.with_suffix(".tar").stat().st_size == one.bytes
        except (OSError, ValueError, TypeError):
            return found
        if not is_whole:
            return found
        found.append(one)
