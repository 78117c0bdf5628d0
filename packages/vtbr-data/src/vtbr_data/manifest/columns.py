"""Which column of a table holds what: docs/formats.md, Tables, "Headers"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ..attributes import KNOWN, TABLE_WORDS
from ..errors import InputError

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    key: tuple(words.split()) for key, words in TABLE_WORDS["headers"].items()
}
"""Of each key the normal forms of the headers that it is read from, strongest first."""

MARKS = ("is_query", "is_gallery", "is_train")
OWN = frozenset(SYNONYMS) - set(MARKS)
"""The keys of manifests."""
_WRITTEN = frozenset({"identity", "camera", "split"})

_ATTRIBUTE = re.compile(r"(?:attributes?\.|attr[._])(.+)", re.IGNORECASE | re.DOTALL)
_NUMBERED = re.compile(r"(.+?)([0-9]{1,9})", re.DOTALL)
_PICTURE_NAMES = (".jpg", ".jpeg", ".png")


def normal(header: str) -> str:
    """Return the form in which headers are compared.

    >>> normal("Person_ID"), normal("img-path")
    ('personid', 'imgpath')
    """
    return re.sub(r"[\s_-]", "", header).lower()


_KNOWN_ATTRIBUTES = {normal(name): name for name in KNOWN}
_KNOWN_ATTRIBUTES |= {form.replace("colour", "color"): name for form, name in _KNOWN_ATTRIBUTES.items()}
_KNOWN_ATTRIBUTES["sex"] = "gender"
_KEY_OF = {form: "split" if key in MARKS else key for key, forms in SYNONYMS.items() for form in forms}
_FORMS = frozenset(form for forms in SYNONYMS.values() for form in forms) | _KNOWN_ATTRIBUTES.keys()


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column of a table holds."""

    headers: Sequence[str]
    places: Mapping[str, list[int]]
    """Columns of each key, in the order in which keys are printed."""
    unknown: list[int] = field(default_factory=list)
    nameless: list[int] = field(default_factory=list)
    chosen: frozenset[str] = frozenset()
    """The keys whose columns the user named."""

    def place(self, key: str) -> int | None:
        """Return the column of a key that has one at most."""
        return self.places[key][0] if key in self.places else None

    def said(self) -> str:
        """Say how the columns are read, for people."""
        parts = []
        for key, places in self.places.items():
            names = " + ".join(f'"{self.headers[place]}"' for place in places)
            parts.append(key if names == f'"{key}"' else f"{key} from {names}")
        wanted = ("identity", "camera") if any(key in self.places for key in MARKS) else (
            "identity", "camera", "split"
        )  # fmt: skip
        missing = ", ".join(key for key in wanted if key not in self.places)
        return f"read {', '.join(parts)}" + (f"; no column for {missing}" if missing else "")


def is_recognised(header: str, chosen: Iterable[str] = ()) -> bool:
    """Return whether a header is one that a key or an attribute is read from, or one of `chosen`."""
    is_known = _attribute_of(header) is not None or _form(header) in _FORMS
    return is_known or normal(header) in map(normal, chosen)


def is_column(header: str, key: str | None = None) -> bool:
    """Return whether a header is one that `key` is read from; without one, any key or attribute."""
    return normal(header) in SYNONYMS[key] if key else is_recognised(header)


def foreign_keys(keys: AbstractSet[str]) -> list[str]:
    """Return those keys of JSON Lines that say what none of them says by a manifest's own key.

    Names of attributes count only where an identity, a camera or a split is missing, too.

    >>> foreign_keys({"path": 1, "pid": 2}.keys()), foreign_keys({"path": 1, "identity": 2, "label": 3}.keys())
    (['pid'], [])
    """
    found = {key: own for key in keys if key not in OWN and (own := _own_key(key)) not in (None, *keys)}
    if keys >= _WRITTEN:  # by a tool of this project, which may have called anything `weather`
        return [key for key in found if found[key] != "attributes" or _ATTRIBUTE.fullmatch(key)]
    return list(found)


def _own_key(key: str) -> str | None:
    """Return the manifest's own key for what a key says, None for keys that tables keep as they are."""
    if _attribute_of(key) is not None:
        return "attributes"
    return _KEY_OF.get(_form(key))


def columns_of(
    headers: Sequence[str],
    name: str,
    chosen: Mapping[str, Sequence[str]] | None = None,
    *,
    needs_path: bool = True,
) -> Columns:
    """Find the column of each key; `chosen` names some by their headers.

    Raises `InputError` for headers that are ambiguous, for columns of `chosen` that are not there, and where
    none names the picture.
    """
    chosen = {"captions" if key == "caption" else key: names for key, names in (chosen or {}).items()}
    nameless = [place for place, header in enumerate(headers) if _is_nameless(header)]
    _refuse_doubles(headers, nameless, name)
    free = [place for place in range(len(headers)) if place not in nameless]
    found: dict[str, list[int]] = {}
    for key, names in chosen.items():
        found[key] = [_named(headers, one, name) for one in names]
        free = [place for place in free if place not in found[key]]
    for key, forms in SYNONYMS.items():
        if key not in found and (places := _strongest(headers, free, key, forms)):
            found[key] = places
    taken = {place for places in found.values() for place in places}
    for place in free:
        if place not in taken and (attribute := _attribute_of(headers[place])):
            found.setdefault(f"attribute.{attribute}", [place])
            taken.add(place)
    if needs_path and "path" not in found:
        _refuse_without_path(headers, name)
    ordered = {key: found[key] for key in SYNONYMS if key in found}
    ordered |= dict(
        sorted((pair for pair in found.items() if pair[0] not in ordered), key=lambda pair: pair[1])
    )
    unknown = [place for place in free if place not in taken]
    return Columns(headers, ordered, unknown, nameless, frozenset(chosen))


def _strongest(headers: Sequence[str], free: Sequence[int], key: str, forms: Sequence[str]) -> list[int]:
    by_form: dict[str, list[tuple[int, int]]] = {}
    for place in free:
        form = normal(headers[place])
        match = _NUMBERED.fullmatch(form) if key == "captions" else None
        if match:
            by_form.setdefault(match[1], []).append((int(match[2]), place))
        else:
            by_form.setdefault(form, []).append((-1, place))
    return next(([place for _, place in sorted(by_form[form])] for form in forms if form in by_form), [])


def _attribute_of(header: str) -> str | None:
    match = _ATTRIBUTE.fullmatch(header)
    name = match[1].strip() if match else header
    known = _KNOWN_ATTRIBUTES.get(normal(name))
    return known or (name if match else None)


def _form(header: str) -> str:
    """Return the normal form, of a numbered caption without its number."""
    form = normal(header)
    match = _NUMBERED.fullmatch(form)
    return match[1] if match and match[1] in SYNONYMS["captions"] else form


def _is_nameless(header: str) -> bool:
    return not header or re.fullmatch(r"Unnamed: [0-9]+", header) is not None


def _named(headers: Sequence[str], wanted: str, name: str) -> int:
    for same in (lambda header: header == wanted, lambda header: normal(header) == normal(wanted)):
        for place, header in enumerate(headers):
            if same(header):
                return place
    raise InputError(f'{name} has no column "{wanted}", only {_listed(headers)}')


def _refuse_doubles(headers: Sequence[str], nameless: Sequence[int], name: str) -> None:
    seen: dict[str, str] = {}
    for place, header in enumerate(headers):
        if place in nameless:
            continue
        attribute = _attribute_of(header)
        form = f"attribute {attribute}" if attribute else normal(header)
        same = form if attribute or _form(header) in _FORMS else f"={header}"
        if same in seen:
            raise InputError(f'{name} has the same column twice: "{seen[same]}" and "{header}"')
        seen[same] = header


def _refuse_without_path(headers: Sequence[str], name: str) -> None:
    is_nameless = all(map(_is_nameless, headers))
    if is_nameless or any(header.lower().endswith(_PICTURE_NAMES) for header in headers):
        raise InputError(
            f"{name} has no header: its first line must name the columns, such as path,identity,camera,split"
        )
    raise InputError(
        f"{name} has no column for path, only {_listed(headers)}: say which it is with --column path=NAME"
    )


def _listed(headers: Sequence[str]) -> str:
    return ", ".join(f'"{header}"' for header in headers if not _is_nameless(header))
