"""Videos with boxes, as MOTChallenge lays them out: frames in img1 beside gt/gt.txt or det/det.txt."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as IniError
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError
from ..manifest import Row
from ..output import open_output
from .dataset import Dataset, IndexOptions, WrongFolderError
from .listing import folders_in, found_in, pictures, require_folder

CROPS = "vtbr_crops"
"""Folder of a sequence that its crops are written to."""

_SMALLEST_SIDE = 8  # pixels; less shows nobody
_QUALITY = 95
_PEDESTRIAN = 1  # class, in files of nine columns


class _Box(NamedTuple):
    frame: int
    track: int
    left: float
    top: float
    width: float
    height: float
    score: float


def video_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """Cut the boxes out of the frames of each sequence in `folder`, into `vtbr_crops` in it, and list them.

    A track is a person: identities are numbered over all sequences, a sequence is a camera. Boxes of
    detections belong to nobody (-1). Crops of an earlier run stay: equal ones are used, others are refused, and
    those that are not listed are said. Boxes that gt.txt marks as not to be counted, other classes than
    pedestrians, and boxes of which too little lies in the picture are counted and said.
    """
    require_folder(folder)
    sequences = _sequences(folder)
    if not sequences:
        raise WrongFolderError(
            f"{folder} holds no video with boxes: expected img1/000001.jpg and gt/gt.txt or det/det.txt (frames of "
            f"a video file: `ffmpeg -i VIDEO -start_number 1 img1/%06d.jpg`); {found_in(folder)}"
        )
    people: dict[tuple[int, int], int] = {}
    for camera, name in enumerate(sequences, start=1):
        place = folder / name
        file = _boxes_file(place)
        options.say(f"{file}: a track is a person, camera {camera} is {name or folder.name}")
        for path, box in _crops(place, _boxes(file, options), options):
            identity = -1
            if box.track >= 0:
                identity = people.setdefault((camera, box.track), len(people) + 1)
            extra: dict[str, object] = {"frame": box.frame, "score": box.score}
            if box.track >= 0:
                extra["track"] = box.track
            extra["xywh"] = [box.left, box.top, box.width, box.height]
            start = f"{name}/" if name else ""
            yield Row(f"{start}{CROPS}/{path}", identity, camera, options.split, extra=extra)


def _sequences(folder: Path) -> list[str]:
    """Return the sequences in a folder: itself, folders in it, or folders in `train` and `test`."""
    inner = folders_in(folder)
    deeper = [
        f"{part}/{name}" for part in inner if part in ("train", "test") for name in folders_in(folder / part)
    ]
    return [name for name in ("", *inner, *deeper) if _is_sequence(folder / name)]


def _is_sequence(place: Path) -> bool:
    return (place / _frames_folder(place)).is_dir() and any(
        (place / name).is_file() for name in ("gt/gt.txt", "det/det.txt")
    )


def _boxes_file(place: Path) -> Path:
    return next(place / name for name in ("gt/gt.txt", "det/det.txt") if (place / name).is_file())


def _frames_folder(place: Path) -> str:
    """Return the folder of frames that seqinfo.ini names, else img1."""
    settings = ConfigParser()
    try:
        settings.read(place / "seqinfo.ini", encoding="utf-8-sig")
        return settings.get("Sequence", "imDir", fallback="img1")
    except (IniError, UnicodeDecodeError):
        return "img1"


def _boxes(file: Path, options: IndexOptions) -> dict[int, list[_Box]]:
    """Return the boxes of each frame; raises `InputError` with the line of one that is not a box."""
    found: dict[int, list[_Box]] = defaultdict(list)
    for number, line in enumerate(
        file.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1
    ):
        if not line.strip():
            continue
        try:
            cells = [float(cell) for cell in line.replace(",", " ").split()]
            if not all(map(isfinite, cells)):
                raise ValueError("a number is not finite")
            frame, track, left, top, width, height, score = [*cells, 1.0][:7]
            box = _Box(int(frame), int(track), left, top, width, height, score)
        except (ValueError, OverflowError) as error:
            raise InputError(
                f"{file} line {number}: expected frame, id, left, top, width, height, score, not {line[:60]!r}"
            ) from error
        if file.name == "gt.txt" and score == 0:
            options.left_out.note("boxes marked as not to be counted", f"{file} line {number}")
        elif len(cells) == 9 and cells[7] != _PEDESTRIAN:
            options.left_out.note("boxes of other classes than pedestrians", f"{file} line {number}")
        else:
            found[box.frame].append(box)
    return found


def _crops(place: Path, boxes: dict[int, list[_Box]], options: IndexOptions) -> Iterator[tuple[str, _Box]]:
    """Write the crop of each box and yield its name, frame by frame."""
    import numpy as np
    from PIL import Image

    from ..picture_decoding import decode

    frames = place / _frames_folder(place)
    names = {
        int(stem): name for name in pictures(frames, options) if (stem := name.partition(".")[0]).isdecimal()
    }
    (place / CROPS).mkdir(exist_ok=True)
    written: set[str] = set()
    for frame in sorted(boxes):
        if frame not in names:
            for _ in boxes[frame]:
                options.left_out.note("boxes of frames that are not there", f"frame {frame} of {frames}")
            continue
        picture = frames / names[frame]
        try:
            pixels = decode(picture.read_bytes())
        except InputError as error:
            raise InputError(f"{picture} {error}") from error
        for number, box in enumerate(boxes[frame]):
            # MOTChallenge counts pixels from 1.
            left, top = max(0, round(box.left) - 1), max(0, round(box.top) - 1)
            crop = pixels[
                top : max(0, round(box.top + box.height) - 1), left : max(0, round(box.left + box.width) - 1)
            ]
            if min(crop.shape[:2]) < _SMALLEST_SIDE:
                options.left_out.note(
                    f"boxes with less than {_SMALLEST_SIDE} pixels in the picture", str(picture)
                )
                continue
            name = f"{box.track:05}_{frame:06}.jpg" if box.track >= 0 else f"{frame:06}_{number:04}.jpg"
            if name in written:
                options.left_out.note(
                    "second boxes of a track in one frame", f"track {box.track} in {picture}"
                )
                continue
            encoded = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(crop)).save(encoded, "JPEG", quality=_QUALITY, subsampling=0)
            _keep(place / CROPS / name, encoded.getvalue())
            written.add(name)
            yield name, box
    others = sorted({path.name for path in (place / CROPS).iterdir()} - written)
    if others:
        count = f"{len(others)} file{'s' * (len(others) > 1)}"
        options.say(
            f"{place / CROPS} also holds {count} not listed now ({others[0]} the first): of an earlier run?"
        )


def _keep(target: Path, data: bytes) -> None:
    """Write a crop unless it is there; raises `InputError` if another one has its name."""
    if not target.exists():
        with open_output(target) as file:
            file.write(data)
    elif target.read_bytes() != data:
        raise InputError(
            f"{target} is another picture, which would be overwritten: remove or rename {target.parent} first"
        )


VIDEO = Dataset(
    name="video",
    title="videos with boxes",
    layout="img1/000001.jpg and gt/gt.txt or det/det.txt (MOTChallenge), or folders of these",
    source="your own",
    rows=video_rows,
    recognise=lambda folder: bool(_sequences(folder)),
    note="crops are written into the folder vtbr_crops of each sequence",
)
