"""Which column of a table holds what, told by its header (docs/formats.md, Tables)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

from ..errors import InputError
from .values import ATTRIBUTES, TABLE_WORDS

KEYS: dict[str, Sequence[str]] = {key: words.split() for key, words in TABLE_WORDS["headers"].items()}
"""Of each key the headers in their normal form, strongest first."""

OWN = KEYS.keys() - {"is_query", "is_gallery", "is_train"}
"""The keys of manifests."""
_WRITTEN = {"identity", "camera", "split"}

_KEY_OF = {name: key for key, names in KEYS.items() for name in names}
_ATTRIBUTE = re.compile(r"(?:attributes?\.|attr[._])(.+)", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE_OF = {name.replace("_", ""): name for name in ATTRIBUTES}
_ATTRIBUTE_OF |= {form.replace("colour", "color"): name for form, name in _ATTRIBUTE_OF.items()} | {
    "sex": "gender"
}
_NUMBERED = re.compile(r"(.+?)([0-9]{1,9})", re.DOTALL)
_NAMELESS = re.compile(r"(Unnamed: [0-9]+)?")
_PICTURES = (".jpg", ".jpeg", ".png")


class Columns(NamedTuple):
    """The columns of each key, and the others, by their places."""

    places: Mapping[str, Sequence[int]]
    """In the order of `KEYS`, then `attribute.NAME` in the order of the columns."""
    unknown: Sequence[int]
    num_nameless: int


@lru_cache(4096)
def normal_form(header: str) -> str:
    """Return a header without spaces, `_` and `-`, in lower case."""
    return re.sub(r"[\s_-]", "", header).lower()


def num_recognised(header: Sequence[str], chosen: Sequence[str] = ()) -> int:
    """Return how many of the headers mean something, by themselves or as one of `chosen`."""
    forms = {normal_form(name) for name in chosen}
    return sum(_own_key(name) is not None or normal_form(name) in forms for name in header)


def foreign_keys(keys: AbstractSet[str]) -> list[str]:
    """Return those keys of JSON Lines that say what none of them says by a manifest's own key.

    Names of attributes count only where an identity, a camera or a split is missing, too.

    >>> foreign_keys({"path": 1, "pid": 2}.keys()), foreign_keys({"path": 1, "identity": 2, "label": 3}.keys())
    (['pid'], [])
    """
    own_keys = {key: own for key in keys if key not in OWN and (own := _own_key(key)) not in (None, *keys)}
    if keys >= _WRITTEN:  # by a tool of this project, which may have called anything `weather`
        return [key for key, own in own_keys.items() if own != "attributes" or _ATTRIBUTE.fullmatch(key)]
    return list(own_keys)


def find_columns(name: str, header: Sequence[str], chosen: Sequence[tuple[str, str]]) -> Columns:
    """Find the columns of all keys; `chosen` holds (key, header) pairs of `--column`.

    Raises InputError for a header without a path, that names a column twice, or lacks a chosen one.
    """
    nameless = [place for place, text in enumerate(header) if _NAMELESS.fullmatch(text)]
    _check_twice(name, header)
    listed = ", ".join(f'"{text}"' for place, text in enumerate(header) if place not in nameless)
    found: dict[str, list[int]] = {}
    for key, text in chosen:
        found.setdefault(key, []).append(_chosen(name, header, text, listed))
    taken = {place for places in found.values() for place in places}
    forms = {
        normal_form(text): place for place, text in reversed(list(enumerate(header))) if place not in taken
    }
    for key, names in KEYS.items():
        if key not in found:
            places = (
                _numbered(names, forms) if key == "captions" else [forms[n] for n in names if n in forms][:1]
            )
            if places:
                found[key] = places
    if "path" not in found:
        if not listed or any(text.lower().endswith(_PICTURES) for text in header):
            raise InputError(
                f"{name} has no header: its first line must name the columns, such as path,identity,camera,split"
            )
        raise InputError(
            f"{name} has no column for path, only {listed}: say which it is with --column path=NAME"
        )
    ordered = {key: found[key] for key in KEYS if key in found}
    attributes = {key: places for key, places in found.items() if key not in KEYS}
    used = {place for places in found.values() for place in places} | set(nameless)
    for place, text in enumerate(header):
        if place not in used and (attribute := _attribute(text)) is not None:
            attributes.setdefault(f"attribute.{attribute}", [place])
    ordered |= dict(sorted(attributes.items(), key=lambda item: item[1]))
    used = {place for places in ordered.values() for place in places} | set(nameless)
    return Columns(ordered, [place for place in range(len(header)) if place not in used], len(nameless))


def _chosen(name: str, header: Sequence[str], text: str, listed: str) -> int:
    if text in header:
        return list(header).index(text)
    forms = [normal_form(other) for other in header]
    if normal_form(text) not in forms:
        raise InputError(f'{name} has no column "{text}", only {listed}')
    return forms.index(normal_form(text))


def _check_twice(name: str, header: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for text in header:
        if _NAMELESS.fullmatch(text):
            continue
        attribute, form = _attribute(text), normal_form(text)
        same = f"attribute.{attribute}" if attribute else form if _key_of(form) else f"={text}"
        if same in seen:
            raise InputError(f'{name} has the same column twice: "{seen[same]}" and "{text}"')
        seen[same] = text


def _numbered(names: Sequence[str], places: Mapping[str, int]) -> list[int]:
    """Return the columns of the strongest name: the bare one, then those with a number behind, in its order."""
    for name in names:
        found = [(-1, places[name])] if name in places else []
        for form, place in places.items():
            match = _NUMBERED.fullmatch(form)
            if match and match[1] == name:
                found.append((int(match[2]), place))
        if found:
            return [place for _, place in sorted(found)]
    return []


def _attribute(header: str) -> str | None:
    """Return the attribute that a header names."""
    match = _ATTRIBUTE.fullmatch(header)
    name = match[1].strip() if match else header
    return _ATTRIBUTE_OF.get(normal_form(name)) or (name if match else None)


def _key_of(form: str) -> str | None:
    """Return the key that a column of this normal form is read as."""
    match = _NUMBERED.fullmatch(form)
    is_caption = match is not None and match[1] in KEYS["captions"]
    return "captions" if is_caption else _KEY_OF.get(form)


def _own_key(key: str) -> str | None:
    """Return the manifest's own key for what `key` says, None for what tables keep as it is."""
    if _attribute(key) is not None:
        return "attributes"
    found = _key_of(normal_form(key))
    return "split" if found in ("is_query", "is_gallery", "is_train") else found
