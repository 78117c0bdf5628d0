"""One line of a manifest: an image, its person, and what is known about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sys import intern
from typing import Any

from msgspec import Struct, field

from ..errors import InputError
from .cells import split_of

SPLITS = ("train", "query", "gallery")

_LARGEST = 2**63 - 1  # identities and cameras become int64 in features files
_OWN_KEYS = frozenset({"path", "identity", "camera", "split", "captions", "attributes"})


class Row(Struct, frozen=True, gc=False):
    """One image of a manifest, as docs/formats.md has it; `msgspec.structs.replace` makes a changed copy.

    A Struct and no dataclass, because it is made three times as fast and holds a third of the memory; the
    garbage collector need not watch it: JSON has no cycles.
    """

    path: str
    """The image, relative to the manifest's root."""
    identity: int = -1
    """The person; -1 junk, 0 distractor."""
    camera: int = -1
    """The camera; -1 unknown."""
    split: str = "gallery"
    captions: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    """Every other key of the line, `sequence` and `box` among them."""

    @classmethod
    def from_object(cls, line: object) -> Row:
        """Return row of one JSON object; raises `InputError` that says what is wrong, without saying where."""
        if not isinstance(line, Mapping):
            raise InputError(' is not an object like {"path": "0001.jpg"}')
        if "path" not in line:
            raise InputError(" has no path: every line names its image")
        path = line["path"]
        if path == "":
            raise InputError(": path is empty")
        if not isinstance(path, str) or "\0" in path:
            raise InputError(f": path is {_shown(path)}, not the name of an image")
        split = line.get("split", "gallery")
        if split not in SPLITS:
            raise InputError(
                f": split is {_shown(split)}: use train, query or gallery{_cure('split', split)}"
            )
        extra = {intern(key): value for key, value in line.items() if key not in _OWN_KEYS}
        for key in ("sequence", "box"):
            if key in extra:
                _whole_number(extra, key, smallest=-_LARGEST)
        return cls(
            path,
            _whole_number(line, "identity"),
            _whole_number(line, "camera"),
            intern(split),
            _captions(line.get("captions", ())),
            _attributes(line.get("attributes", {})),
            extra,
        )

    def to_object(self) -> dict[str, Any]:
        """Return the row as a JSON object, keys in the order of docs/formats.md.

        >>> Row("a.jpg", 7, 1, "query", extra={"note": "wet", "box": 2}).to_object()
        {'path': 'a.jpg', 'identity': 7, 'camera': 1, 'split': 'query', 'box': 2, 'note': 'wet'}
        """
        line: dict[str, Any] = {
            "path": self.path,
            "identity": self.identity,
            "camera": self.camera,
            "split": self.split,
        }
        if self.captions:
            line["captions"] = list(self.captions)
        if self.attributes:
            line["attributes"] = self.attributes
        line |= {key: self.extra[key] for key in ("sequence", "box") if key in self.extra}
        return line | self.extra


def _whole_number(line: Mapping[str, Any], key: str, smallest: int = -1) -> int:
    value = line.get(key, -1)
    # True is an int to Python and not to JSON.
    if type(value) is not int:
        raise InputError(f": {key} is {_shown(value)}, not a whole number{_cure(key, value)}")
    if value < smallest:
        raise InputError(f": {key} is {value}: the smallest allowed is {smallest}")
    if value > _LARGEST:
        raise InputError(f": {key} is {value}: the largest allowed is {_LARGEST}")
    return value


def _captions(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(caption, str) for caption in value):
        raise InputError(f": captions is {_shown(value)}, not a list of text{_cure('captions', value)}")
    return tuple(value)


def _attributes(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f": attributes is {_shown(value)}, not an object")
    # Millions of rows say the same few words: one copy of each is kept.
    return {intern(key): intern(item) if isinstance(item, str) else item for key, item in value.items()}


def _cure(key: str, value: object) -> str:
    """Return what to type where the rules of tables read such a value."""
    is_whole = isinstance(value, float) and value.is_integer()
    is_read = split_of(value) is not None if key == "split" and isinstance(value, str) else is_whole
    if value is not None and not is_read and (key == "split" or not isinstance(value, str)):
        return ""
    return f"; `vtbr-data index table FILE --column {key}={key}` reads it"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
