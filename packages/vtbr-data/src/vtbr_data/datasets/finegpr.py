"""FineGPR: synthetic pedestrians under every viewpoint, weather, illumination and scene."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ..attributes import COLOURS, ILLUMINATIONS, WEATHERS
from ..errors import InputError
from ..manifest import Row
from .dataset import Dataset, IndexOptions, WrongFolderError
from .listing import first_picture_matches, folders_in, found_in, pictures, require_folder

_REST = re.compile(r"c(\d+)_w(\d+)_l(\d+)_p(\d+)(\.[A-Za-z]+)+")
_NAME = re.compile(rf"\d+_{_REST.pattern}")
_EXPECTED = (
    "expected a name like 0001_c01_w01_l01_p01.jpg (identity, viewpoint, weather, illumination, place)"
)
_SCENES = ("urban", "urban", "wild", "urban", "wild", "urban", "urban", "wild", "urban")
_VIEWPOINTS = tuple((90 + 10 * step) % 360 for step in range(36))  # c01 shows the front

CODES: dict[str, tuple[object, ...]] = {
    "gender": ("male", "female"),
    "hair": ("long", "short"),
    "age": ("teenager", "adult", "older"),
    "glasses": (True, False),
    "sleeves": ("short", "long"),
    "top": ("long", "short"),
    "dress": (True, False),
    "boots": (True, False),
    "hat": (True, False),
    "bag": (True, False),
    "shoes": ("dark", "light"),
    "upper_colour": COLOURS,
    "lower_colour": COLOURS,
}
"""Values of the codes 01, 02, ... in each column of attributes.csv."""

EXTRA_CODES: dict[str, tuple[object, ...]] = {"lower": ("trousers", "shorts", "skirt")}
"""Columns that rendered people have besides; FineGPR does not record them."""


def finegpr_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List `FOLDER/0001/*.jpg` or `FOLDER/*.jpg`: all for training, the camera is the viewpoint's number.

    Attributes of the image come from its name, those of the person from `attributes.csv` where it is there.
    """
    require_folder(folder)
    people = _people(folder / "attributes.csv")
    image_of = cache(_image)  # two million names end in a few thousand different ways
    is_empty = True
    for inner in ("", *(name for name in folders_in(folder) if name.isdecimal())):
        start = f"{inner}/" if inner else ""
        for name in pictures(folder / inner, options):
            is_empty = False
            first, _, rest = name.partition("_")
            try:
                camera, image = image_of(rest)
                identity = int(first)
            except ValueError as error:
                if isinstance(error, InputError) and str(error) != _EXPECTED:
                    raise InputError(f"{folder / inner / name}: {error}") from error
                options.unknown(folder / inner / name, _EXPECTED.removeprefix("expected "))
                continue
            person = people.get(identity)
            yield Row(f"{start}{name}", identity, camera, "train", (), person | image if person else image)
    if is_empty:
        raise WrongFolderError(
            f"{folder} is not FineGPR: expected pictures like 0001_c01_w01_l01_p01.jpg in it "
            f"or in folders like 0001; {found_in(folder)}"
        )


def _image(rest: str) -> tuple[int, dict[str, Any]]:
    """Return camera and attributes of an image, of what follows the identity in its name."""
    match = _REST.fullmatch(rest)
    if match is None:
        raise InputError(_EXPECTED)
    camera, weather, illumination, place = map(int, match.groups()[:4])
    return camera, {
        "viewpoint": _coded(_VIEWPOINTS, camera, "viewpoint"),
        "weather": _coded(WEATHERS, weather, "weather"),
        "illumination": _coded(ILLUMINATIONS, illumination, "illumination"),
        "scene": _coded(_SCENES, place, "place"),
    }


def _people(table: Path) -> dict[int, dict[str, Any]]:
    if not table.exists():
        return {}
    with table.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [column for column in ("identity", *CODES) if column not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{table} has no column {', '.join(missing)}")
        people = {}
        for cells in reader:
            try:
                people[int(cells["identity"])] = {
                    name: _coded(values, int(cells[name]), name)
                    for name, values in (CODES | EXTRA_CODES).items()
                    if cells.get(name)
                }
            except (TypeError, ValueError) as error:
                reason = error if isinstance(error, InputError) else "expected numbers like 0001 and 02"
                raise InputError(f"{table} line {reader.line_num}: {reason}") from error
    return people


def _coded(values: tuple[Any, ...], code: int, name: str) -> Any:
    if not 1 <= code <= len(values):
        raise InputError(f"{name} {code:02} is unknown: there are 01 to {len(values):02}")
    return values[code - 1]


def _recognise(folder: Path) -> bool:
    numbered = (name for name in folders_in(folder) if name.isdecimal())
    first = next(numbered, None)
    return first_picture_matches(folder, _NAME) or (
        first is not None and first_picture_matches(folder / first, _NAME)
    )


FINEGPR = Dataset(
    name="finegpr",
    title="FineGPR",
    layout="0001/0001_c01_w01_l01_p01.jpg or without folders; attributes.csv; FineGPR-C by --captions",
    source="Xiang et al., Less is More, arXiv 2109.10498",
    rows=finegpr_rows,
    recognise=_recognise,
    counts={"train": {"images": 2_028_600, "identities": 1_150}},
)
