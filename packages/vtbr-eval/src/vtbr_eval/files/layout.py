"""Which of a file's arrays are features, identities, cameras, splits and paths, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import InputError
from ..tables import SYNONYMS, normal

FEATURES = [
    "features",
    "feature",
    "feats",
    "feat",
    "embeddings",
    "embedding",
    "embeds",
    "emb",
    "embs",
    "vectors",
    "descriptors",
    "representations",
    "f",
]
"""In normal form, strongest first."""
NAMES = {"features": FEATURES, **{key: SYNONYMS[key] for key in ("identity", "camera", "split", "path")}}
MARKS = {key: SYNONYMS[key] for key in ("is_query", "is_gallery", "is_train")}
COUNTS = {"num_query": ["numquery", "numqueries", "nquery"]}
"""Not an array: how many rows are queries, which come first, as fastreid tells them from the gallery."""
SIDES = {"query": ("query", "probe", "q"), "gallery": ("gallery", "g")}
NEEDED = "features, identity, camera, split, path"


@dataclass(frozen=True)
class Layout:
    """The arrays of one table, or of its query and gallery apart."""

    sides: Mapping[str, Mapping[str, str]]
    """By side (`query` and `gallery`, or the empty text for one table) the array of each key."""
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str], name: str, kind: str) -> Layout:
        """Finds out which array is what.

        Raises `InputError` where there are no features or no identities. `kind` says what `name` is.
        """
        names = list(names)
        found = _one(names) or _two(names)
        if not found:
            raise InputError(
                f"{name}: has no array of features; {kind} needs {NEEDED}, one row an image, or query and "
                f"gallery apart (query_f, query_label, query_cam, gallery_f, ...): it has {_listed(names)}"
            )
        for side, arrays in found.items():
            if "identity" not in arrays:
                of = f" of the {side}" if side else ""
                raise InputError(
                    f"{name}: has no array of identities{of} (identity, pids, labels, ...): "
                    f"it has {_listed(names)}"
                )
        used = {array for arrays in found.values() for array in arrays.values()}
        return cls(found, tuple(array for array in names if array not in used))

    @property
    def names(self) -> list[str]:
        """Returns the arrays that are read."""
        return [array for arrays in self.sides.values() for array in arrays.values()]

    def said(self, name: str) -> list[str]:
        """Returns the lines that say what was read as what, and what was left out."""
        parts = []
        for side, arrays in self.sides.items():
            what = [key if key == array else f'{key} from "{array}"' for key, array in arrays.items()]
            parts.append((f"{side} " if side else "") + ", ".join(what))
        missing = [key for key in ("camera", "path") if any(key not in a for a in self.sides.values())]
        absent = f"; no array for {', '.join(missing)}" if missing else ""
        lines = [f"{name}: read {'; '.join(parts)}{absent}"]
        if self.left_out:
            lines.append(f"{name}: left out: {', '.join(map(repr, self.left_out))}")
        return lines


def _one(names: list[str]) -> dict[str, dict[str, str]]:
    by_name = {normal(name): name for name in reversed(names)}
    found = {
        key: next(by_name[word] for word in words if word in by_name)
        for key, words in {**NAMES, **MARKS, **COUNTS}.items()
        if any(word in by_name for word in words)
    }
    return {"": found} if "features" in found else {}


def _two(names: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for side, prefixes in SIDES.items():
        by_name = {normal(name): name for name in reversed(names)}
        arrays = {}
        for key, words in NAMES.items():
            full = [prefix + word for prefix in prefixes for word in words]
            full += [word + prefix for prefix in prefixes[:-1] for word in words]
            if any(word in by_name for word in full):
                arrays[key] = next(by_name[word] for word in full if word in by_name)
        found[side] = arrays
    return found if all("features" in arrays for arrays in found.values()) else {}


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
