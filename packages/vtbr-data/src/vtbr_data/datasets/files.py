"""A user's own folders, whose file names are read by a pattern."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..manifest import Row, is_test_word, split_of
from ..picture_names import is_picture
from .dataset import Dataset, IndexOptions, WrongFolderError
from .listing import found_in, require_folder, require_utf8
from .numbering import are_numbers, numbers_of

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}|(\*)")
_WHOLE_NUMBERS = ("sequence", "box")


def files_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List all pictures under `folder` whose names match `options.pattern`; see `compiled`.

    Names of people and cameras that are not numbers are numbered in their order and kept as `identity_name`
    and `camera_name`. Pictures that do not match are left out, and their number is logged.
    """
    require_folder(folder)
    if not options.pattern:
        raise InputError("say how names are read: --pattern '{identity}_c{camera}_*'")
    pattern = compiled(options.pattern)
    is_of_path = "/" in options.pattern
    found: list[tuple[str, dict[str, str]]] = []
    strange: list[str] = []
    for path in paths_under(folder, options):
        match = pattern.fullmatch(path if is_of_path else path.rpartition("/")[2])
        if match is None:
            strange.append(path)
        else:
            found.append((path, match.groupdict()))
    if not found:
        raise WrongFolderError(
            f"{folder}: no picture is named like {options.pattern}; "
            + (f"the first is {strange[0]}" if strange else found_in(folder))
        )
    if strange:
        options.say(f"left out {len(strange)} pictures whose names do not match, {strange[0]} the first")
    yield from named_rows(found, options)


def named_rows(found: list[tuple[str, dict[str, str]]], options: IndexOptions) -> Iterator[Row]:
    """Yield rows of paths with what their names told; people and cameras get their numbers here."""
    people = {names["identity"] for _, names in found if "identity" in names}
    cameras = {names["camera"] for _, names in found if "camera" in names}
    identity_of = numbers_of(people, 1 if options.first_identity is None else options.first_identity)
    camera_of = numbers_of(cameras)
    keeps_identity, keeps_camera = not are_numbers(people), not are_numbers(cameras)
    if keeps_identity:
        options.say(f"numbered {len(people)} people in the order of their names, kept as identity_name")
    elif 0 in identity_of.values():
        options.say(
            "identity 0 counts as a distractor, nobody to look for: --first-identity 0 if it is a person"
        )
    for path, names in found:
        extra: dict[str, object] = {}
        identity, camera, split = -1, -1, options.split
        for name, text in names.items():
            if name == "identity":
                identity = identity_of[text]
                if keeps_identity:
                    extra["identity_name"] = text
            elif name == "camera":
                camera = camera_of[text]
                if keeps_camera:
                    extra["camera_name"] = text
            elif name == "split":
                split = _split(text, path, extra, options)
            else:
                extra[name] = int(text) if name in _WHOLE_NUMBERS else text
        yield Row(path, identity, camera, split, extra=extra)


def paths_under(folder: Path, options: IndexOptions) -> Iterator[str]:
    """Yield paths of all pictures at any depth, relative to `folder`; links to folders are not followed,
    other files are counted in `options`.
    """
    start = os.fspath(folder)
    for place, inner, names in os.walk(start):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        relative = os.path.relpath(place, start).replace(os.sep, "/")
        chosen = sorted(name for name in names if is_picture(name) and not name.startswith("."))
        require_utf8([relative, *chosen], place)
        for name in sorted(set(names).difference(chosen)):
            if not name.startswith("."):
                options.left_out.note_file(name, place)
        for name in chosen:
            yield name if relative == "." else f"{relative}/{name}"


def compiled(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern: `{identity}`, `{camera}`, `{split}`, `{sequence}`, `{box}`
    and other `{words}`, which are kept as keys; `*` is anything. A pattern with `/` is that of the path, else
    that of the file name; the extension may be left out.

    >>> compiled("{identity}_c{camera}_*").fullmatch("0002_c13_x.jpg").groupdict()
    {'identity': '0002', 'camera': '13'}
    """
    parts: list[str] = []
    seen: set[str] = set()
    end = 0
    for match in _PLACEHOLDER.finditer(pattern):
        parts.append(re.escape(pattern[end : match.start()]))
        end = match.end()
        name = match[1]
        if name is None:
            parts.append("[^/]*")
            continue
        if name in seen:
            raise InputError(f"{{{name}}} is in the pattern twice: replace one of them by *")
        seen.add(name)
        # Numbers as far as they go; other text as far as it must.
        what = r"\d+" if name in _WHOLE_NUMBERS else r"-?\d+|[^/]+?"
        parts.append(f"(?P<{name}>{what})")
    parts.append(re.escape(pattern[end:]))
    if not seen:
        raise InputError(
            f"the pattern {pattern} has no placeholder: write {{identity}} where the names have the person"
        )
    has_extension = is_picture(pattern)
    return re.compile("".join(parts) + ("" if has_extension else r"(\.\w+)+"))


def _split(word: str, path: str, extra: dict[str, object], options: IndexOptions) -> str:
    """Return the split that a word means; that of a validation or test part is kept in `extra`."""
    split = split_of(word)
    if split is None:
        raise InputError(f"{path}: {word} is not a split: expected train, query, gallery, val or test")
    if is_test_word(word):
        extra["named_split"] = word
        if options.validation in ("train", "gallery") and word.lower().startswith(("val", "dev")):
            split = options.validation
    return split


FILES = Dataset(
    name="files",
    title="named files",
    layout="pictures at any depth whose names --pattern '{identity}_c{camera}_*' tells apart",
    source="your own",
    rows=files_rows,
)
