"""What a run reads, and what its checkpoints say about it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vtbr_data.training import IMAGENET_MEAN, IMAGENET_STD, FolderPictures, Pictures, Samples, pictures_of

from . import __version__
from .errors import InputError

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest, Row


class ImageSize(Protocol):
    """The settings that give the size of input images, in pixels."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def width(self) -> int:
        """Columns."""


def training_samples(manifest: Manifest, is_wanted: Callable[[Row], bool] = lambda row: True) -> Samples:
    """Return the images whose split is train, of those the wanted ones.

    Raises `InputError` if there are none, or the first image is not there.
    """
    samples = all_samples(manifest, lambda row: row.split == "train")
    if not samples.rows:
        raise InputError("the manifest has no image with split train: nothing to learn from")
    check_first_picture(manifest, samples)
    return all_samples(manifest, lambda row: row.split == "train" and is_wanted(row))


def check_first_picture(manifest: Manifest, samples: Samples) -> None:
    """Raises `InputError` if the first image is not there, as all are not with a wrong root."""
    first = manifest.root / samples.rows[0].path
    if isinstance(samples.pictures, FolderPictures) and not first.is_file():
        raise InputError(
            f"{first}: no such image; is --root the folder that the manifest's paths start from?"
        )


def all_samples(manifest: Manifest, is_wanted: Callable[[Row], bool] = lambda row: True) -> Samples:
    """Return the wanted images of all splits, and where their pictures are."""
    numbers = [number for number, row in enumerate(manifest.rows) if is_wanted(row)]
    return Samples([manifest.rows[number] for number in numbers], pictures_of(manifest).select(numbers))


def join(parts: Sequence[Samples]) -> Samples:
    """Return the images of all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Samples(
        [row for part in parts for row in part.rows], JoinedPictures([part.pictures for part in parts])
    )


class JoinedPictures:
    """The pictures of several sources as one: `vtbr_data.training.Pictures`."""

    def __init__(self, sources: Sequence[Pictures]) -> None:
        self._sources = sources
        self._ends = list(accumulate(map(len, sources)))

    def __len__(self) -> int:
        return self._ends[-1]

    def read(self, number: int) -> bytes:
        """Return the bytes of a picture file. Raises `InputError` naming it if it cannot be read."""
        source, place = self._place(number)
        return source.read(place)

    def name(self, number: int) -> str:
        """Return the name of picture `number` for messages."""
        source, place = self._place(number)
        return source.name(place)

    @property
    def remote_shards(self) -> None:
        """None: batches by identity may ask for any picture at any time."""
        return None

    def select(self, numbers: Sequence[int]) -> JoinedPictures:
        """Return the pictures `numbers`, in this order."""
        places = [self._place(number) for number in numbers]
        return JoinedPictures([source.select([place]) for source, place in places])

    def _place(self, number: int) -> tuple[Pictures, int]:
        source = bisect_right(self._ends, number)
        return self._sources[source], number - (self._ends[source - 1] if source else 0)


def checkpoint_metadata(
    *,
    step: int,
    recipe: Mapping[str, Any],
    manifest: Manifest,
    data: ImageSize,
    tokenizer: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return what a checkpoint carries besides weights, so that it can be used from that one file."""
    return {
        "preprocessing": {
            "height": data.height,
            "width": data.width,
            "mean": list(IMAGENET_MEAN),
            "std": list(IMAGENET_STD),
            "interpolation": "bilinear",
        },
        "tokenizer": tokenizer,
        "step": step,
        "recipe": dict(recipe),
        "data": {"fingerprint": manifest.fingerprint, "name": Path(manifest.name).name},
        "versions": {"vtbr-train": __version__},
    }
