"""Which column of a table is read as which key of a manifest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ..errors import InputError
from .sheet import PICTURE_ENDINGS, Sheet
from .values import KNOWN_ATTRIBUTES, TABLE_WORDS, normal

SYNONYMS: dict[str, list[str]] = {key: names.split() for key, names in TABLE_WORDS["headers"].items()}
"""Headers in their normal form, strongest first."""
ONE_SPLIT = ("is_train", "is_query", "is_gallery")
_KEY_OF = {name: key for key, names in SYNONYMS.items() for name in names}
_CAPTION = re.compile(rf"({'|'.join(SYNONYMS['captions'])})([0-9]{{1,9}})")
_ATTRIBUTE = re.compile(r"(?:attributes?\.|attr[._])(.+)", re.IGNORECASE | re.DOTALL)
_NAMELESS = re.compile(r"(?:Unnamed: [0-9]+)?")
_ATTRIBUTE_NAMES = {normal(name): name for name in KNOWN_ATTRIBUTES} | {
    normal(name.replace("colour", "color")): name for name in KNOWN_ATTRIBUTES
}
_ATTRIBUTE_NAMES["sex"] = "gender"


@dataclass
class Columns:
    """Positions in the header by key, in the order in which they are printed."""

    of: dict[str, list[int]]
    unknown: list[int] = field(default_factory=list)
    nameless: int = 0
    chosen: frozenset[str] = frozenset()
    """Keys whose column the user named."""

    def position(self, key: str) -> int | None:
        """Returns the position of a key's column, or None."""
        return self.of[key][0] if key in self.of else None


def is_recognised(header: str) -> bool:
    """Tells whether a column of this name is read as a key."""
    return _own_key(header) is not None


def foreign_keys(keys: AbstractSet[str]) -> list[str]:
    """Returns those keys of JSON Lines that say what none of them says by a manifest's own key.

    Names of attributes count only where an identity, a camera or a split is missing, too.

    >>> foreign_keys({"path": 1, "pid": 2}.keys()), foreign_keys({"path": 1, "identity": 2, "label": 3}.keys())
    (['pid'], [])
    """
    own = {key: _own_key(key) for key in keys if key not in SYNONYMS or key in ONE_SPLIT}
    found = [key for key, named in own.items() if named is not None and named not in keys]
    if keys >= {"identity", "camera", "split"}:  # as tools of this project write, which may say `weather`
        return [key for key in found if own[key] != "attributes" or _ATTRIBUTE.fullmatch(key)]
    return found


def find_columns(sheet: Sheet, named: Sequence[tuple[str, str]] = (), *, needs_path: bool = True) -> Columns:
    """Returns which columns are read as what; `named` are the user's pairs of key and header.

    Raises `InputError` for a column that is not there, for two of one name, and without a path.
    """
    _check_twice(sheet)
    taken: dict[str, list[int]] = {}
    for key, header in named:
        taken.setdefault(key, []).append(_position(sheet, header))
    free = [i for i in range(len(sheet.header)) if not any(i in places for places in taken.values())]
    found = dict(taken)
    nameless = [i for i in free if _NAMELESS.fullmatch(sheet.header[i])]
    free = [i for i in free if i not in nameless]
    by_name = {normal(sheet.header[i]): i for i in free}
    for key, names in SYNONYMS.items():
        if key in found:
            continue
        places = _captions(by_name) if key == "captions" else [by_name[n] for n in names if n in by_name][:1]
        if places:
            found[key] = places
    for i in free:
        name = _attribute_of(sheet.header[i])
        if name is not None and f"attribute.{name}" not in found and not _is_taken(found, i):
            found[f"attribute.{name}"] = [i]
    if needs_path and "path" not in found:
        raise InputError(_no_path(sheet))
    if "path" not in found and _looks_headless(sheet):
        raise InputError(_no_header(sheet))
    unknown = [i for i in free if not _is_taken(found, i)]
    return Columns(_ordered(found), unknown, len(nameless), frozenset(taken))


def say_columns(sheet: Sheet, columns: Columns) -> str:
    """Returns the line that says how the columns were read."""
    said = []
    for key, places in columns.of.items():
        headers = [sheet.header[i] for i in places]
        quoted = " + ".join(f'"{header}"' for header in headers)
        said.append(key if headers == [key] else f"{key} from {quoted}")
    has_marks = any(mark in columns.of for mark in ONE_SPLIT)
    wanted = ("identity", "camera") if has_marks else ("identity", "camera", "split")
    missing = [key for key in wanted if key not in columns.of]
    absent = f"; no column for {', '.join(missing)}" if missing else ""
    return f"read {', '.join(said)}{absent}"


def _own_key(header: str) -> str | None:
    """Returns the manifest's own key for what a column says, None where nothing is read from it."""
    if _attribute_of(header) is not None:
        return "attributes"
    name = normal(header)
    key = "captions" if _CAPTION.fullmatch(name) else _KEY_OF.get(name)
    return "split" if key in ONE_SPLIT else key


def _is_taken(found: Mapping[str, list[int]], i: int) -> bool:
    return any(i in places for places in found.values())


def _ordered(found: Mapping[str, list[int]]) -> dict[str, list[int]]:
    known = [key for key in SYNONYMS if key in found]
    rest = sorted((key for key in found if key not in SYNONYMS), key=lambda key: found[key][0])
    return {key: found[key] for key in [*known, *rest]}


def _captions(by_name: Mapping[str, int]) -> list[int]:
    for word in SYNONYMS["captions"]:
        numbered = [
            (int(m[2]), i) for name, i in by_name.items() if (m := _CAPTION.fullmatch(name)) and m[1] == word
        ]
        places = [by_name[word]] if word in by_name else []
        if places or numbered:
            return places + [i for _, i in sorted(numbered)]
    return []


def _attribute_of(header: str) -> str | None:
    match = _ATTRIBUTE.fullmatch(header)
    if match:
        return _ATTRIBUTE_NAMES.get(normal(match[1]), match[1].strip())
    return _ATTRIBUTE_NAMES.get(normal(header))


def _position(sheet: Sheet, header: str) -> int:
    if header in sheet.header:
        return sheet.header.index(header)
    places = [i for i, other in enumerate(sheet.header) if normal(other) == normal(header)]
    if not places:
        raise InputError(f'{sheet.name} has no column "{header}", only {_quoted(sheet)}')
    return places[0]


def _check_twice(sheet: Sheet) -> None:
    seen: dict[str, str] = {}
    for header in sheet.header:
        attribute = _attribute_of(header)
        same = f"attribute.{attribute}" if attribute else normal(header)
        name = same if is_recognised(header) else f"={header}"
        if _NAMELESS.fullmatch(header):
            continue
        if name in seen:
            raise InputError(f'{sheet.name} has the same column twice: "{seen[name]}" and "{header}"')
        seen[name] = header


def _looks_headless(sheet: Sheet) -> bool:
    return any(str(cell).lower().endswith(PICTURE_ENDINGS) for cell in sheet.header)


def _no_path(sheet: Sheet) -> str:
    if not _quoted(sheet) or _looks_headless(sheet):
        return _no_header(sheet)
    return (
        f"{sheet.name} has no column for path, only {_quoted(sheet)}: say which it is with --column path=NAME"
    )


def _no_header(sheet: Sheet) -> str:
    example = "path,identity,camera,split"
    return f"{sheet.name} has no header: its first line must name the columns, such as {example}"


def _quoted(sheet: Sheet) -> str:
    return ", ".join(f'"{header}"' for header in sheet.header if not _NAMELESS.fullmatch(header))
