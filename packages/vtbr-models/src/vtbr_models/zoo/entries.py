"""What `zoo.yaml` lists, and from a model's name to its file.

A zoo is a YAML file, by name the fields of `Entry`. `VTBR_ZOO` names another file than the package's own.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import InputError

_OWN = Path(__file__).with_name("zoo.yaml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One model of a zoo."""

    name: str
    about: str
    """What it is for, in a sentence."""
    model: str
    """`captioner` or `embedder`."""
    backbone: str
    sha256: str
    """Of the whole file."""
    bytes: int
    recipe: str
    """The commands that made it."""
    data: str
    """What it learnt from."""
    scores: Mapping[str, float]
    """Fractions in [0, 1], measured on what `measured_on` names, with this file."""
    measured_on: str
    licence: str
    card: str
    """The model card, beside the zoo."""
    file: str | None = None
    """Beside the zoo."""
    url: str | None = None
    """Where there is no file: downloaded once, into torch.hub's folder."""


def read_zoo(path: str | os.PathLike[str] | None = None) -> dict[str, Entry]:
    """Return all entries of a zoo by name; of `VTBR_ZOO`, or the package's own, where no path is given.

    Raises InputError for a file that is no zoo.
    """
    import yaml  # not at the top: most commands never need it

    place = _place(path)
    try:
        listed = yaml.safe_load(place.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise InputError(f"{place} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(listed, dict) or not all(isinstance(entry, dict) for entry in listed.values()):
        raise InputError(f"{place}: a zoo maps names to entries")
    return {str(name): _entry(str(name), entry, place) for name, entry in listed.items()}


def resolve(checkpoint: str | os.PathLike[str]) -> Path:
    """Return the file that is meant: a path as it is, or the verified file of the zoo's model of that name.

    Raises InputError for a bare name that neither a file nor a model has, and for a model whose file is
    not the one of its SHA-256.
    """
    path, name = Path(checkpoint), os.fspath(checkpoint)
    if path.exists() or "." in name or "/" in name or os.sep in name:
        return path
    zoo = read_zoo()
    if name not in zoo:
        near = get_close_matches(name, zoo, cutoff=0.3) or list(zoo)
        models = f"the zoo has {', '.join(near)}" if near else "the zoo is empty"
        raise InputError(f"no file and no model is called {name!r}: {models} (`vtbr-models list --zoo`)")
    return _file(zoo[name], _place(None).parent)


def _place(path: str | os.PathLike[str] | None) -> Path:
    return Path(path or os.environ.get("VTBR_ZOO") or _OWN)


def _entry(name: str, values: Mapping[str, Any], place: Path) -> Entry:
    known = {field.name for field in fields(Entry)} - {"name"}
    places = {"file", "url"}
    odd = sorted(values.keys() - places ^ known - places)
    if odd or len(values.keys() & places) != 1:
        raise InputError(
            f"{place}: {name} must have {', '.join(sorted(known - places))}, and a file or a url"
            + (f"; look at {odd[0]}" if odd else "")
        )
    return Entry(name=name, **values)


def _file(entry: Entry, folder: Path) -> Path:
    if entry.file is not None:
        path = folder / entry.file
        _check(path, entry)
        return path
    assert entry.url is not None
    import torch

    path = Path(torch.hub.get_dir()) / "checkpoints" / f"{entry.sha256[:16]}-{entry.name}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(entry.url, str(path), hash_prefix=entry.sha256)
        except (RuntimeError, ValueError, OSError) as error:  # another digest; no URL; no network
            raise InputError(f"{entry.url} cannot be downloaded as {entry.name}: {error}") from error
    _check(path, entry)
    return path


def _check(path: Path, entry: Entry) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != entry.sha256:
        raise InputError(
            f"{path} is not the model {entry.name} (its SHA-256 differs): install vtbr-models again"
        )
