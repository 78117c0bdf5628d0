"""Captions that lie in a file of their own, joined onto a manifest by the names of the pictures.

FineGPR-C's own layout could not be seen when this was written. What is read, by content: a JSON object of name
to caption or captions; a JSON list, or JSON Lines, of objects with a name and one or more captions; COCO's
annotations; Karpathy's splits; a table with such columns (docs/formats.md, Tables); plain lines of a name, a
tab or spaces, and a caption, as Flickr8k's `name#0<tab>caption`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from ..errors import InputError
from ..manifest import (
    UTF16,
    Row,
    TableOptions,
    from_utf16,
    is_column,
    separator_of,
    table_rows,
    text_table,
)

NAME_KEYS = ("path", "file_path", "img_path", "image_path", "file_name", "filename", "image", "img", "name")
CAPTION_KEYS = ("captions", "caption", "sentences", "sentence", "text", "description")

_NUMBER = re.compile(r"#\d+$")  # of a caption of the picture, behind its name

Captions = dict[str, list[str]]


def with_captions(rows: Iterable[Row], file: Path, *, say: Callable[[str], None]) -> Iterator[Row]:
    """Yield `rows` with the captions that `file` has for their path, or for its last part; other rows as they
    are.

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
    """Return captions by picture; raises `InputError` for a file in no form that is known."""
    try:
        data = file.read_bytes()
        if data.startswith(UTF16):
            data, _ = from_utf16(data, str(file))
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"there is no file {file}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text") from error
    found: Captions = defaultdict(list)
    for name, captions in _pairs(data, text, file):
        found[name.replace("\\", "/").removeprefix("./")] += [
            " ".join(caption.split()) for caption in captions
        ]
    if not found:
        raise InputError(f"{file} holds no captions")
    return dict(found)


def _pairs(data: bytes, text: str, file: Path) -> Iterator[tuple[str, list[str]]]:
    if text.lstrip().startswith("[") or _is_one_object(text):
        yield from _of_json(_decoded(text, file), file)
    elif text.lstrip().startswith("{"):
        for line in text.splitlines():
            if line.strip():
                yield _pair(_decoded(line, file), file)
    elif separator_of(file) or _has_header(data, file):
        yield from _of_table(data, file)
    else:
        for number, line in enumerate(text.splitlines(), start=1):
            parts = line.split("\t", 1) if "\t" in line else line.split(maxsplit=1)
            if len(parts) == 1:
                raise InputError(f"{file} line {number} has no caption: expected a name, a tab and a caption")
            if parts:
                yield _NUMBER.sub("", parts[0].strip()), [parts[1]]


def _of_json(value: Any, file: Path) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, dict) and isinstance(value.get("images"), list):
        yield from _of_images(value, file)
        return
    if isinstance(value, dict) and value.keys() & set(NAME_KEYS) and value.keys() & set(CAPTION_KEYS):
        value = [value]  # one image, over several lines
    for item in value.items() if isinstance(value, dict) else value:
        yield _pair(item, file)


def _of_images(value: dict[str, Any], file: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield COCO's annotations (`images` and `annotations`), or Karpathy's splits (`images` with
    `sentences`).
    """
    try:
        if isinstance(value.get("annotations"), list):
            names = {image["id"]: image["file_name"] for image in value["images"]}
            for said in value["annotations"]:
                yield names[said["image_id"]], [said["caption"]]
        else:
            for image in value["images"]:
                yield (
                    image["filename"],
                    [one.get("raw") or " ".join(one["tokens"]) for one in image["sentences"]],
                )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{file} is laid out neither as COCO's captions nor as Karpathy's splits: {error} is missing or wrong"
        ) from error


def _of_table(data: bytes, file: Path) -> Iterator[tuple[str, list[str]]]:
    options = TableOptions()
    headers = text_table(data, str(file), options).headers
    if "name" in headers and not any(is_column(header, "path") for header in headers):
        options = TableOptions({"path": ["name"]})
    if not any(is_column(header, "captions") for header in headers):
        listed = ", ".join(f'"{header}"' for header in headers)
        raise InputError(f"{file} has no column for captions, only {listed}: name it caption")
    for row in table_rows(text_table(data, str(file), options), options, say=lambda _note: None):
        if row.captions:
            yield row.path, list(row.captions)


def _has_header(data: bytes, file: Path) -> bool:
    """Return whether the first line names a column of pictures and one of captions."""
    try:
        headers = text_table(data, str(file), TableOptions()).headers
    except InputError:
        return False
    return all(any(is_column(header, key) for header in headers) for key in ("path", "captions"))


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
        raise InputError(f"{file} cannot be read as JSON: {error}") from error


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
