"""COCO Captions: everyday pictures with five captions each, VirTex's source domain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ..manifest import Row
from .dataset import Dataset, IndexOptions
from .listing import holds, require
from .lists import read_json, require_inside

PARTS = {"train2017": "train", "val2017": "gallery"}


class _Image(Struct):
    id: int
    file_name: str


class _Annotation(Struct):
    image_id: int
    caption: str


class _Annotations(Struct):
    images: list[_Image]
    annotations: list[_Annotation]


def coco_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List the parts whose annotations are there; nobody is known by name, so that all identities are -1."""
    there = {part: split for part, split in PARTS.items() if _file(folder, part).is_file()}
    if not there:
        require(folder, [_file(Path(), part).as_posix() for part in PARTS], "COCO Captions")
    for part, split in there.items():
        file = _file(folder, part)
        found = read_json(file, _Annotations)
        captions: dict[int, list[str]] = defaultdict(list)
        for annotation in found.annotations:
            captions[annotation.image_id].append(" ".join(annotation.caption.split()))
        for image in found.images:
            require_inside(image.file_name, str(file))
            yield Row(f"{part}/{image.file_name}", split=split, captions=tuple(captions[image.id]))
    for part in PARTS.keys() - there.keys():
        options.say(f"{_file(folder, part)} is not there: {part} is left out")


def _file(folder: Path, part: str) -> Path:
    return folder / "annotations" / f"captions_{part}.json"


COCO = Dataset(
    name="coco",
    title="COCO Captions",
    layout="annotations/captions_train2017.json and captions_val2017.json, train2017, val2017",
    source="Chen et al., Microsoft COCO Captions, arXiv 1504.00325",
    rows=coco_rows,
    recognise=lambda folder: any(holds(folder, _file(Path(), part).as_posix()) for part in PARTS),
    counts={"train": {"images": 118_287}, "gallery": {"images": 5_000}},
)
