"""How a training command begins from its command line, and again from the folder of its run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError, say
from .options import config_class

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vtbr_data.manifest import Manifest

    from ..task import Task


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
    from ..finetuning import finetune
    from ..pretraining import pretrain
    from ..settings import from_values

    config: Any = from_values(config_class(job), settings)
    options = {"resume": resume, "dry_run": dry_run, "command": _resolved(command)}
    result = (
        pretrain(config, folder=folder, **_pretraining_inputs(command), **options)
        if job == "pretrain"
        else finetune(config, folder=folder, **_finetuning_inputs(command), **options)
    )
    if result:  # of several processes the first alone has one
        click.echo(json.dumps(result))


@contextmanager
def built(job: str, config: Any, command: Mapping[str, Any]) -> Iterator[Task]:
    """Build the task of a training command without a run. Raises `InputError` for unusable input."""
    from ..engine import hardware_for, joined
    from ..finetuning import Finetuning
    from ..pretraining import Pretraining

    inputs = _pretraining_inputs(command) if job == "pretrain" else _finetuning_inputs(command)
    with joined() as world:
        hardware = hardware_for(config.engine, config.device, config.precision, world)
        kind: Any = Pretraining if job == "pretrain" else Finetuning
        yield kind(config, hardware=hardware, world=world, **inputs)


def command_of(
    job: str,
    manifests: Sequence[str],
    root: Path | None,
    *,
    tokenizer: Path | None = None,
    validation: str | None = None,
    init: Path | None = None,
    teachers: Sequence[Path] = (),
    tests: Mapping[str, str] | None = None,
    captions: str | None = None,
) -> dict[str, Any]:
    """Return what a command names, as settings.yaml holds it. Raises `InputError` for what `job` cannot take."""
    places = [_with_root(manifest, root) for manifest in manifests or ("-",)]
    if job == "finetune":
        if tokenizer is not None and captions is None:
            raise InputError("--tokenizer is of --captions: give both, or neither")
        if captions is not None and captions.partition("@")[0] == "-":
            raise InputError("--captions reads a file: standard input is for MANIFEST")
        return {
            "manifests": places,
            "tests": {name: _with_root(path, root) for name, path in (tests or {}).items()},
            "init": _text_of(init),
            "teachers": list(map(str, teachers)),
            "captions": _with_root(captions, None) if captions else None,
            "tokenizer": _text_of(tokenizer),
        }
    for option, value, instead in (
        ("--captions", captions, "pretraining learns those of its own manifest"),
        ("--init", init, "pretraining starts from scratch"),
        ("--teacher", teachers or None, "pretraining learns from captions alone"),
    ):
        if value is not None:
            raise InputError(f"{option} is for finetune: {instead}")
    if len(places) > 1:
        raise InputError(f"pretraining reads one manifest, not {len(places)}: join them by `cat`")
    return {
        "manifest": places[0],
        "tokenizer": _text_of(tokenizer),
        "validation": _with_root(validation, root) if validation else None,
    }


def reads_stdin(command: Mapping[str, Any]) -> bool:
    """Tell whether a command of `command_of` reads a manifest from standard input."""
    places = command["manifests"] if "manifests" in command else [command["manifest"]]
    return any(source == "-" for source, _ in places)


def _text_of(path: str | Path | None) -> str | None:
    return None if path is None else str(path)


def _with_root(text: str, root: Path | None) -> list[str | None]:
    """Return manifest and root of MANIFEST or MANIFEST@ROOT; without its own it has the command's root."""
    manifest, found, own = text.rpartition("@")
    if found and manifest and not Path(text).exists():
        return [manifest, own]
    return [text, _text_of(root)]


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


def _pretraining_inputs(names: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "manifest": _read(names["manifest"]),
        "tokenizer": _tokenizer(names),
        "validation": _read(names["validation"]) if names.get("validation") else None,
    }


def _finetuning_inputs(names: Mapping[str, Any]) -> dict[str, Any]:
    from ..finetuning import CaptionSource

    captions = None
    if names.get("captions"):  # as all options, not in the settings of a run from before it was added
        captions = CaptionSource(_read(names["captions"]), _tokenizer(names))
    return {
        "manifests": [_read(place) for place in names["manifests"]],
        "init": Path(names["init"]) if names.get("init") else None,
        "teachers": [Path(name) for name in names.get("teachers", [names.get("teacher")]) if name],
        "tests": {name: _read(place) for name, place in names.get("tests", {}).items()},
        "captions": captions,
    }


def _tokenizer(names: Mapping[str, Any]) -> Tokenizer | None:
    from vtbr_data.tokenizer import read_tokenizer

    return read_tokenizer(Path(names["tokenizer"])) if names.get("tokenizer") else None
