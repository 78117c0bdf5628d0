"""Tar files packed by other programs, without catalogue and index.

Each is looked through once, header by header. Every picture is a sample. Its row (KEY.json) and captions
(KEY.txt, one a line) are those with the longest name that the picture's begins with, wherever they are in the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from ..errors import InputError
from ..manifest import Row, TableOptions, foreign_keys, is_column, object_table, table_rows
from ..picture_names import is_picture
from .catalogue import Shard
from .reading import ShardManifest, ShardPictures
from .stores import FolderStore
from .tar_index import Member, Say, tar_members

_LABELS = ("json", "txt")
_LONGEST_ROW_BYTES = 1 << 20


def loose_tars(source: Path) -> list[Path]:
    """Return the tar files that `source` is or holds, in the order of their names."""
    if source.is_dir():
        return sorted(source.glob("*.tar"))
    return [source] if source.suffix == ".tar" and source.is_file() else []


def read_loose(source: Path, say: Say) -> ShardManifest:
    """Return the samples with a picture in the tar files of `source`.

    `say` is told of what is skipped: damage, links, names that lead elsewhere, files without a picture. Raises
    `InputError` if nothing is left.
    """
    samples: list[dict[str, Any]] = []
    places: list[tuple[int, int, int]] = []
    shards: list[Shard] = []
    for number, path in enumerate(loose_tars(source)):
        num_bytes = path.stat().st_size
        before = len(samples)
        for values, picture in _samples(path, num_bytes, lambda text, name=path.name: say(f"{name}: {text}")):  # type: ignore[misc]
            samples.append(values)
            places.append((number, picture.offset, picture.size))
        shards.append(Shard(path.name, len(samples) - before, num_bytes, ""))
    if not samples:
        packed = next((path for path in loose_tars(source) if _is_compressed(path)), None)
        if packed is not None:
            raise InputError(f"{packed} is compressed: unpack it first with `gzip -d < {packed} > plain.tar`")
        raise InputError(f"{source} holds no samples with a picture: pack some by vtbr-data pack")
    rows = _rows(samples, str(source), say)
    index = np.array(places, np.int64)
    names = "\n".join(row.path for row in rows).encode()
    fingerprint = hashlib.sha256(names + index.tobytes()).hexdigest()
    folder = source if source.is_dir() else source.parent
    pictures = ShardPictures(FolderStore(folder), shards, index)
    return ShardManifest(rows, folder, fingerprint, str(source), pictures=pictures)


def _samples(path: Path, num_bytes: int, say: Say) -> Iterator[tuple[dict[str, Any], Member]]:
    """Yield each picture of a tar with what is known of it, and say what belongs to none."""
    pictures: list[Member] = []
    labels: dict[tuple[str, str], list[Member]] = defaultdict(list)
    others: Counter[str] = Counter()
    with path.open("rb") as file:
        for member in tar_members(file, num_bytes, say):
            stem, suffix = _split(member.name)
            if is_picture(member.name):
                pictures.append(member)
            elif suffix in _LABELS:
                labels[stem, suffix].append(member)
            else:
                others[suffix] += 1
        seen: Counter[str] = Counter()
        used: set[int] = set()
        for picture in pictures:
            texts = {}
            for suffix in _LABELS:
                label = _label(labels, picture, suffix, seen[picture.name])
                if label is not None:
                    used.add(label.offset)
                    texts[suffix] = _read(file, label, say)
            seen[picture.name] += 1
            yield _values(picture.name, texts, say), picture
    unused = [one.name for some in labels.values() for one in some if one.offset not in used]
    _say_left_out(unused, others, seen, say)


def _say_left_out(unused: list[str], others: Counter[str], seen: Counter[str], say: Say) -> None:
    if unused:
        say(f"left out {len(unused)} labels without a picture, {unused[0]} the first")
    for suffix, number in others.items():
        say(f"left out {number} files of the kind .{suffix}")
    repeated = [name for name, number in seen.items() if number > 1]
    if repeated:
        say(f"{len(repeated)} names occur several times, {repeated[0]} the first: all are taken")


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _split(name: str) -> tuple[str, str]:
    """Return the name up to its last dot, and what follows it.

    >>> _split("a.b/0001.left.JPG")
    ('a.b/0001.left', 'jpg')
    """
    folder, slash, file = name.rpartition("/")
    stem, dot, suffix = file.rpartition(".")
    return folder + slash + (stem if dot else file), suffix.lower() if dot else ""


def _label(
    labels: dict[tuple[str, str], list[Member]], picture: Member, suffix: str, number: int
) -> Member | None:
    """Return the label with the longest name that the picture's begins with; of several with one name the
    one in the place of the picture among those with its name."""
    folder, slash, file = picture.name.rpartition("/")
    parts = file.split(".")
    for length in range(len(parts) - 1, 0, -1):
        found = labels.get((folder + slash + ".".join(parts[:length]), suffix))
        if found:
            return found[min(number, len(found) - 1)]
    return None


def _read(file: BinaryIO, label: Member, say: Say) -> bytes:
    if label.size > _LONGEST_ROW_BYTES:
        say(f"{label.name!r} has {label.size} bytes, too many for a row: not read")
        return b""
    file.seek(label.offset)
    return file.read(label.size)


def _values(path: str, texts: dict[str, bytes], say: Say) -> dict[str, Any]:
    """Return what is known of a picture, `path` included; of labels that cannot be read nothing."""
    values: dict[str, Any] = {}
    try:
        if texts.get("json"):
            found = msgspec.json.decode(texts["json"])
            values |= found if isinstance(found, dict) else {}
        if texts.get("txt") and not {"captions", "caption"} & values.keys():
            values["captions"] = [line for line in texts["txt"].decode().splitlines() if line.strip()]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        say(f"the row of {path!r} {error}: only its picture is taken")
        values = {}
    return values | {"path": path}


def _rows(samples: list[dict[str, Any]], name: str, say: Say) -> list[Row]:
    """Read manifests' rows where labels have their keys, else the field's other names as in a table."""
    keys = {key for values in samples for key in values}
    if foreign_keys(keys | {"path"}):
        plain = [{key: value for key, value in values.items() if not _is_path(key)} for values in samples]
        return table_rows(object_table(plain, name), TableOptions(), say)
    rows = []
    for values in samples:
        try:
            rows.append(Row.from_object(values))
        except InputError as error:
            say(f"{name}: the row of {values['path']!r}{error}: only its picture is taken")
            rows.append(Row(values["path"]))
    return rows


def _is_path(key: str) -> bool:
    """Return whether a key other than `path` names the picture, which is the member itself."""
    return key != "path" and is_column(key, "path")
