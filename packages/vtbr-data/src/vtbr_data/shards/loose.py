"""Tar files in WebDataset's naming that somebody else has packed: no catalogue, no index.

Each is looked through once, header by header. Files with the same name up to the first dot are one sample:
its picture, and a row (KEY.json) or captions (KEY.txt, one a line) if there are any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np

from ..errors import InputError
from ..manifest import Row
from ..picture_names import is_picture
from .catalogue import Shard
from .reading import ShardManifest, ShardPictures
from .stores import FolderStore
from .tar_index import Member, Say, tar_members

_LONGEST_ROW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Found:
    row: Row
    picture: Member


def loose_tars(source: Path) -> list[Path]:
    """The tar files that `source` is or holds, in the order of their names."""
    if source.is_dir():
        return sorted(source.glob("*.tar"))
    return [source] if source.suffix == ".tar" and source.is_file() else []


def read_loose(source: Path, say: Say) -> ShardManifest:
    """The samples with a picture in the tar files of `source`.

    `say` hears of what is skipped: damage, links, names that lead elsewhere, files without a picture. Raises
    `InputError` if nothing is left.
    """
    rows: list[Row] = []
    places: list[tuple[int, int, int]] = []
    shards: list[Shard] = []
    for number, path in enumerate(loose_tars(source)):
        num_bytes = path.stat().st_size
        before = len(rows)
        for found in _samples(path, num_bytes, lambda text, name=path.name: say(f"{name}: {text}")):  # type: ignore[misc]
            rows.append(found.row)
            places.append((number, found.picture.offset, found.picture.size))
        shards.append(Shard(path.name, len(rows) - before, num_bytes, ""))
    if not rows:
        raise InputError(f"{source} holds no samples with a picture: pack some by vtbr-data pack")
    index = np.array(places, np.int64)
    names = "\n".join(row.path for row in rows).encode()
    fingerprint = hashlib.sha256(names + index.tobytes()).hexdigest()
    folder = source if source.is_dir() else source.parent
    pictures = ShardPictures(FolderStore(folder), shards, index)
    return ShardManifest(rows, folder, fingerprint, str(source), pictures=pictures)


def _samples(path: Path, num_bytes: int, say: Say) -> Iterator[_Found]:
    with path.open("rb") as file:
        members = tar_members(file, num_bytes, say)
        for key, some in groupby(members, lambda member: _split(member.name)[0]):
            by_suffix = {_split(member.name)[1]: member for member in some}
            picture = _picture(by_suffix)
            if picture is None:
                say(f"{key!r} has no picture: skipped")
                continue
            texts = {}
            for suffix in by_suffix.keys() & {"json", "txt"}:
                member = by_suffix[suffix]
                if member.size > _LONGEST_ROW_BYTES:
                    say(f"{member.name!r} has {member.size} bytes, too many for a row: not read")
                    continue
                file.seek(member.offset)
                texts[suffix] = file.read(member.size)
            yield _Found(_row(picture.name, texts, say), picture)


def _split(name: str) -> tuple[str, str]:
    """Key and suffix, as WebDataset parts them: at the first dot of the file's own name.

    >>> _split("a.b/0001.left.JPG")
    ('a.b/0001', 'left.jpg')
    """
    folder, slash, file = name.rpartition("/")
    stem, _, suffix = file.partition(".")
    return folder + slash + stem, suffix.lower()


def _picture(by_suffix: dict[str, Member]) -> Member | None:
    return next((member for suffix, member in by_suffix.items() if is_picture(suffix)), None)


def _row(path: str, texts: dict[str, bytes], say: Say) -> Row:
    values: dict[str, object] = {}
    try:
        if "json" in texts:
            found = msgspec.json.decode(texts["json"])
            values |= found if isinstance(found, dict) else {}
        if "txt" in texts and "captions" not in values:
            values["captions"] = [line for line in texts["txt"].decode().splitlines() if line.strip()]
        return Row.from_object({**values, "path": path})
    except (InputError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        say(f"the row of {path!r} {error}: only its picture is taken")
        return Row(path)
