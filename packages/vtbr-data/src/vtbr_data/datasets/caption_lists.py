"""Sets of people with captions in one JSON list: CUHK-PEDES, ICFG-PEDES, RSTPReid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from ..errors import InputError
from ..manifest import Row
from .dataset import Dataset, IndexOptions, WrongFolderError
from .listing import found_in, require_folder
from .lists import read_json, require_inside

SPLITS = {"train": "train", "test": "gallery"}
"""Both images and captions are searched in the test part, so that it is all gallery."""


class _Entry(Struct):
    id: int
    captions: list[str]
    split: str = ""
    file_path: str = ""
    img_path: str = ""


@dataclass(frozen=True, slots=True)
class CaptionList:
    """The grammar of such a set."""

    title: str
    files: tuple[str, ...]
    """Where its list may lie."""
    camera: re.Pattern[str] | None = None
    """How the camera is found in a file name."""

    def rows(self, folder: Path, options: IndexOptions) -> Iterator[Row]:
        """List all entries; people who are counted from 0 are counted from 1.

        The validation part goes where `options.validation` says.
        """
        require_folder(folder)
        file = self._file(folder)
        if file is None:
            raise WrongFolderError(
                f"{folder} is not {self.title}: expected {self.files[0]}; {found_in(folder)}"
            )
        entries = read_json(file, list[_Entry])
        first = 1 if any(entry.id == 0 for entry in entries) else 0
        splits = SPLITS if options.validation in (None, "none") else {**SPLITS, "val": options.validation}
        left_out: Counter[str] = Counter()
        if not any(entry.split for entry in entries):
            options.say(
                f"{file.name} holds no splits: all images are {options.split} (--split); those that papers use "
                f"are in {self.files[0]}"
            )
            splits = {"": options.split}
        for place, entry in enumerate(entries):
            path = entry.file_path or entry.img_path
            if not path:
                raise InputError(f"{file} entry {place + 1} names no image: expected file_path or img_path")
            require_inside(path, f"{file} entry {place + 1}")
            if entry.split not in splits:
                left_out[entry.split] += 1
                continue
            yield Row(
                f"imgs/{path}",
                entry.id + first,
                self._camera(path),
                splits[entry.split],
                tuple(caption.strip() for caption in entry.captions),
            )
        for split, number in left_out.items():
            options.say(
                f"left out {number} images of the part {split}: --validation train or gallery takes val"
            )

    def recognise(self, folder: Path) -> bool:
        """Return whether the list lies there."""
        return self._file(folder) is not None

    def _file(self, folder: Path) -> Path | None:
        return next((folder / name for name in self.files if (folder / name).is_file()), None)

    def _camera(self, path: str) -> int:
        match = self.camera.search(path) if self.camera else None
        return int(match[1]) if match else -1


def _places(*names: str) -> tuple[str, ...]:
    """Return where a list of one of these names may lie."""
    return tuple(f"{folder}{name}" for name in names for folder in ("", "annotations/"))


_CUHK = CaptionList("CUHK-PEDES", _places("reid_raw.json", "caption_all.json"))
_ICFG = CaptionList(
    "ICFG-PEDES",
    _places("ICFG-PEDES.json", "ICFG_PEDES.json"),
    re.compile(r"\d+_\d+_(\d+)_[^/]*$"),  # MSMT17's names
)
_RSTP = CaptionList(
    "RSTPReid",
    _places("data_captions.json"),
    re.compile(r"\d+_c(\d+)_[^/]*$"),
)

CUHK_PEDES = Dataset(
    name="cuhk-pedes",
    title="CUHK-PEDES",
    layout="reid_raw.json, imgs; captions in the manifest",
    source="Li et al., Person Search with Natural Language Description, CVPR 2017",
    rows=_CUHK.rows,
    recognise=_CUHK.recognise,
    counts={
        "train": {"images": 34_054, "identities": 11_003},
        "gallery": {"images": 3_074, "identities": 1_000},
    },
    note="the counts are those without the validation part (3,078 images of 1,000 people)",
)
ICFG_PEDES = Dataset(
    name="icfg-pedes",
    title="ICFG-PEDES",
    layout="ICFG-PEDES.json, imgs; captions in the manifest",
    source="Ding et al., Semantically Self-Aligned Network, arXiv 2107.12666",
    rows=_ICFG.rows,
    recognise=_ICFG.recognise,
    counts={
        "train": {"images": 34_674, "identities": 3_102},
        "gallery": {"images": 19_848, "identities": 1_000},
    },
)
RSTPREID = Dataset(
    name="rstpreid",
    title="RSTPReid",
    layout="data_captions.json, imgs; captions in the manifest",
    source="Zhu et al., DSSL: Deep Surroundings-person Separation Learning, ACM MM 2021",
    rows=_RSTP.rows,
    recognise=_RSTP.recognise,
    counts={
        "train": {"images": 18_505, "identities": 3_701},
        "gallery": {"images": 1_000, "identities": 200},
    },
    note="the counts are those without the validation part (1,000 images of 200 people)",
)
