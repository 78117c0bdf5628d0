"""Which column of a table holds what, told by its header (docs/formats.md, Tables)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..errors import InputError
from .values import ATTRIBUTES

_SYNONYMS = """
path: path filepath imgpath imagepath imgfile imagefile filename imgname imagename file fname image img images imgs
imgpaths paths picture photo imageid imgid;
identity: identity pid personid identityid idperson personidentity identities pids person personno subject subjectid
label labels classid class target id ids;
camera: camera camid cameraid cam cid camids cameras cams camno camerano cameraname camname;
split: split set subset partition phase;
is_query: isquery query;
is_gallery: isgallery gallery;
is_train: istrain train;
captions: captions caption texts text descriptions description sentences sentence;
sequence: sequence seq seqid sequenceid;
box: box;
attributes: attributes
"""
KEYS: dict[str, Sequence[str]] = {
    line.partition(":")[0].strip(): line.partition(":")[2].split() for line in _SYNONYMS.split(";")
}
"""Of each key the headers in their normal form, strongest first."""

_PREFIX = re.compile(r"(attribute\.|attributes\.|attr\.|attr_)(.+)", re.IGNORECASE | re.DOTALL)
_PREFIXES = ("attribute.", "attributes.", "attr.", "attr_", "")
_NAMELESS = re.compile(r"(Unnamed: \d+)?")
_PICTURES = (".jpg", ".jpeg", ".png")


class Columns(NamedTuple):
    """The columns of each key, and the others, by their places."""

    places: Mapping[str, Sequence[int]]
    """In the order of `KEYS`, then `attribute.NAME` in the order of the columns."""
    unknown: Sequence[int]
    num_nameless: int


def normal_form(header: str) -> str:
    """Return a header without spaces, `_` and `-`, in lower case."""
    return re.sub(r"[\s_-]", "", header).lower()


def num_recognised(header: Sequence[str]) -> int:
    """Return how many of the headers mean something."""
    return sum(_is_known(name) for name in header)


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
        if any(text.lower().endswith(_PICTURES) for text in header):
            raise InputError(
                f"{name} has no header: its first line must name the columns, such as path,identity,camera,split"
            )
        raise InputError(
            f"{name} has no column for path, only {listed}: say which it is with --column path=NAME"
        )
    ordered = {key: found[key] for key in KEYS if key in found}
    attributes = {**_attributes(header, taken), **{k: v for k, v in found.items() if k not in KEYS}}
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
        form = normal_form(text) if _is_known(text) else text
        if form in seen:
            raise InputError(f'{name} has the same column twice: "{seen[form]}" and "{text}"')
        seen[form] = text


def _numbered(names: Sequence[str], forms: Mapping[str, int]) -> list[int]:
    """The columns of the strongest name: the bare one, then those with a number behind, in its order."""
    for name in names:
        numbers = [form.removeprefix(name) for form in forms if re.fullmatch(rf"{name}\d*", form, re.ASCII)]
        if numbers:
            return [forms[name + number] for number in sorted(numbers, key=lambda text: int(text or -1))]
    return []


def _attributes(header: Sequence[str], taken: set[int]) -> dict[str, list[int]]:
    """The first column of the strongest prefix of each attribute."""
    found: dict[str, tuple[int, int]] = {}
    for place, text in enumerate(header):
        named = _attribute(text)
        if named is not None and place not in taken:
            strength, name = named
            if name not in found or strength < found[name][0]:
                found[name] = (strength, place)
    return {f"attribute.{name}": [place] for name, (_, place) in found.items()}


def _attribute(header: str) -> tuple[int, str] | None:
    """How strong a header names an attribute, 0 most, and which; None for no attribute."""
    match = _PREFIX.fullmatch(header)
    name = match[2] if match else header
    form = normal_form(name).replace("color", "colour")
    known = next(
        (known for known in ATTRIBUTES if form in (normal_form(known), _OTHER_NAMES.get(known))), None
    )
    if match is None:
        return None if known is None else (len(_PREFIXES) - 1, known)
    return _PREFIXES.index(match[1].lower()), known or name


_OTHER_NAMES = {"gender": "sex"}


def _is_known(header: str) -> bool:
    form = normal_form(header)
    is_key = any(form in names for names in KEYS.values())
    is_caption = any(re.fullmatch(rf"{name}\d+", form, re.ASCII) for name in KEYS["captions"])
    return is_key or is_caption or _attribute(header) is not None
