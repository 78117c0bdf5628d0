"""How a training command begins from its command line, and again from the folder of its run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import config_class, say

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vtbr_data.manifest import Manifest


def start(
    job: str,
    settings: Mapping[str, Any],
    command: Mapping[str, Any],
    folder: Path,
    *,
    resume: Any,
    dry_run: bool = False,
) -> None:
    """Read what `command` names, train, and print the result. Raises `InputError` for unusable input."""
    from ..settings import from_values

    config: Any = from_values(config_class(job), settings)
    run = _pretrain if job == "pretrain" else _finetune
    result = run(config, command, folder, resume=resume, dry_run=dry_run, command=_resolved(command))
    if result:  # of several processes the first alone has one
        click.echo(json.dumps(result))


def text_of(path: str | Path | None) -> str | None:
    """Return a path as settings.yaml holds it."""
    return None if path is None else str(path)


def with_root(text: str, root: Path | None) -> list[str | None]:
    """Return manifest and root of MANIFEST or MANIFEST@ROOT; without its own it has the command's root."""
    manifest, found, own = text.rpartition("@")
    if found and manifest and not Path(text).exists():
        return [manifest, own]
    return [text, text_of(root)]


def _resolved(names: Any) -> Any:
    """Return the paths of a command as `resume` finds them from any folder; pipes and addresses stay."""
    if isinstance(names, Mapping):
        return {name: _resolved(value) for name, value in names.items()}
    if isinstance(names, list):
        return [_resolved(value) for value in names]
    if names is None or names == "-" or names.startswith("pipe:") or "://" in names:
        return names
    return str(Path(names).resolve())


def _read(place: Sequence[str | None]) -> Manifest:
    from vtbr_data.training import read_images

    source, root = place
    assert source is not None
    return read_images(source, root=root, say=say)


def _pretrain(config: Any, names: Mapping[str, Any], folder: Path, **options: Any) -> dict[str, Any]:
    from ..pretraining import pretrain

    tokenizer = _tokenizer(names)
    validation = _read(names["validation"]) if names["validation"] else None
    return pretrain(config, _read(names["manifest"]), tokenizer, folder, validation=validation, **options)


def _finetune(config: Any, names: Mapping[str, Any], folder: Path, **options: Any) -> dict[str, Any]:
    from ..finetuning import CaptionSource, finetune

    sets = [_read(place) for place in names["manifests"]]
    tests = {name: _read(place) for name, place in names["tests"].items()}
    init = Path(names["init"]) if names["init"] else None
    captions = None
    if names.get("captions"):  # not in the settings of runs of before there were some
        captions = CaptionSource(_read(names["captions"]), _tokenizer(names))
    return finetune(config, sets, folder, init=init, tests=tests, captions=captions, **options)


def _tokenizer(names: Mapping[str, Any]) -> Tokenizer | None:
    from vtbr_data.tokenizer import read_tokenizer

    return read_tokenizer(Path(names["tokenizer"])) if names["tokenizer"] else None
