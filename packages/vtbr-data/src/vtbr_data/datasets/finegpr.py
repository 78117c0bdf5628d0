"""FineGPR: synthetic pedestrians under every viewpoint, weather, illumination and scene."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vtbr_data.attributes import COLOURS, ILLUMINATIONS, WEATHERS
from vtbr_data.datasets.dataset import Dataset, HalfOf, found_in, pictures
from vtbr_data.errors import InputError
from vtbr_data.row import Row

_NAME = re.compile(r"(\d+)_c(\d+)_w(\d+)_l(\d+)_p(\d+)(\.[A-Za-z]+)+")
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
"""What 01, 02, ... stand for in each column of attributes.csv."""

EXTRA_CODES: dict[str, tuple[object, ...]] = {"lower": ("trousers", "shorts", "skirt")}
"""Columns that drawn people have besides; FineGPR does not record them."""


def finegpr_rows(folder: Path, _half: HalfOf) -> Iterator[Row]:
    """List `FOLDER/0001/*.jpg` or `FOLDER/*.jpg`: all for training, the camera is the viewpoint's number.

    Attributes of the image come from its name, those of the person from `attributes.csv` where it is there.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    people = _people(folder / "attributes.csv")
    paths = pictures(folder)
    for inner in sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name.isdecimal()):
        paths += [f"{inner}/{name}" for name in pictures(folder / inner)]
    if not paths:
        raise InputError(
            f"{folder} is no FineGPR: expected pictures like 0001_c01_w01_l01_p01.jpg in it "
            f"or in folders like 0001; {found_in(folder)}"
        )
    for path in paths:
        yield _row(path, people, folder)


def _row(path: str, people: Mapping[int, dict[str, Any]], folder: Path) -> Row:
    match = _NAME.fullmatch(path.rpartition("/")[2])
    if match is None:
        raise InputError(
            f"{folder / path}: expected a name like 0001_c01_w01_l01_p01.jpg "
            "(identity, viewpoint, weather, illumination, place)"
        )
    identity, camera, weather, illumination, place = map(int, match.groups()[:5])
    try:
        image = {
            "viewpoint": _coded(_VIEWPOINTS, camera, "viewpoint"),
            "weather": _coded(WEATHERS, weather, "weather"),
            "illumination": _coded(ILLUMINATIONS, illumination, "illumination"),
            "scene": _coded(_SCENES, place, "place"),
        }
    except InputError as error:
        raise InputError(f"{folder / path}: {error}") from error
    return Row(path, identity, camera, "train", attributes=people.get(identity, {}) | image)


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


FINEGPR = Dataset(
    name="finegpr",
    layout="0001/0001_c01_w01_l01_p01.jpg or without folders; attributes.csv where it is there",
    source="FineGPR: Xiang et al., Less is More, arXiv 2109.10498",
    rows=finegpr_rows,
    counts={"train": {"images": 2_028_600, "identities": 1_150}},
)
