"""Captions that lie in a file of their own, joined onto a manifest by the names of the pictures.

FineGPR-C's own layout could not be seen when this was written. What is read: a JSON object of name to caption
or captions; a JSON list, or JSON Lines, of objects with a name and one or more captions; a CSV or TSV table
with such columns; plain lines of a name, a tab or spaces, and a caption.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from ..errors import InputError
from ..manifest import Row, separator_of

NAME_KEYS = ("path", "file_path", "img_path", "image_path", "file_name", "filename", "image", "img", "name")
CAPTION_KEYS = ("captions", "caption", "sentences", "sentence", "text", "description")

Captions = dict[str, list[str]]


def with_captions(rows: Iterable[Row], file: Path, *, say: Callable[[str], None]) -> Iterator[Row]:
    """`rows` with the captions that `file` has for their path, or for its last part; other rows as they are.

    Raises `InputError` if it has none for any.
    """
    by_path = read_captions(file)
    by_name: Captions = defaultdict(list)
    for path, captions in by_path.items():
        by_name[_last(path)] += captions
    joined, without, example = 0, 0, ""
    for row in rows:
        known = by_path.get(row.path) or by_name.get(_last(row.path))
        if known:
            joined += 1
            yield replace(row, captions=row.captions + tuple(known))
        else:
            without, example = without + 1, example or row.path
            yield row
    if without and not joined:
        raise InputError(
            f"no caption of {file} is of an image: it names {next(iter(by_path))}, the set {example}"
        )
    say(f"{file}: captions for {joined} images, none for {without}")


def read_captions(file: Path) -> Captions:
    """Captions by picture; raises `InputError` for a file in no form that is known."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"there is no file {file}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text") from error
    found: Captions = defaultdict(list)
    for name, captions in _pairs(text, file):
        found[name.replace("\\", "/").removeprefix("./")] += [
            " ".join(caption.split()) for caption in captions
        ]
    if not found:
        raise InputError(f"{file} holds no captions")
    return dict(found)


def _pairs(text: str, file: Path) -> Iterator[tuple[str, list[str]]]:
    if separator := separator_of(file):
        for cells in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator):
            yield _pair(cells, file)
    elif text.lstrip().startswith("[") or _is_one_object(text):
        value = _decoded(text, file)
        if isinstance(value, dict) and value.keys() & set(NAME_KEYS) and value.keys() & set(CAPTION_KEYS):
            value = [value]  # one image, over several lines
        for item in value.items() if isinstance(value, dict) else value:
            yield _pair(item, file)
    elif text.lstrip().startswith("{"):
        for line in text.splitlines():
            if line.strip():
                yield _pair(_decoded(line, file), file)
    else:
        for number, line in enumerate(text.splitlines(), start=1):
            parts = line.split(maxsplit=1)
            if len(parts) == 1:
                raise InputError(f"{file} line {number} has no caption: expected a name, a tab and a caption")
            if parts:
                yield parts[0], [parts[1]]


def _is_one_object(text: str) -> bool:
    start = text.lstrip()
    if not start.startswith("{"):
        return False
    first = start.partition("\n")[0].rstrip().rstrip(",")
    return not first.endswith("}") or "\n{" not in text


def _decoded(text: str, file: Path) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(f"{file} is no JSON that can be read: {error}") from error


def _pair(item: Any, file: Path) -> tuple[str, list[str]]:
    """Name and captions of `(name, captions)` or of an object with such keys."""
    if isinstance(item, dict):
        name = next((item[key] for key in NAME_KEYS if item.get(key)), None)
        captions = next((item[key] for key in CAPTION_KEYS if item.get(key)), None)
    else:
        name, captions = item if isinstance(item, tuple) else (None, None)
        if isinstance(captions, dict):
            captions = next((captions[key] for key in CAPTION_KEYS if captions.get(key)), None)
    captions = [captions] if isinstance(captions, str) else captions
    is_right = isinstance(captions, list) and all(isinstance(caption, str) for caption in captions)
    if not isinstance(name, str) or not captions or not is_right:
        raise InputError(
            f"{file}: expected a name ({', '.join(NAME_KEYS[:4])}, ...) and captions "
            f"({', '.join(CAPTION_KEYS[:3])}, ...), not {str(item)[:80]}"
        )
    return name, captions


def _last(path: str) -> str:
    return path.rpartition("/")[2]
