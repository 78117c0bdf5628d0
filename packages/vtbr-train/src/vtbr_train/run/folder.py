"""What a run's folder may hold, and whether a run may begin in it or resume."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml

from vtbr_models.files import replacing

from ..errors import InputError
from .journal import LOG
from .saving import BEST, CHECKPOINTS, MODEL, STATE
from .state import read_about

Resume = Literal["never", "auto", "must"]

SETTINGS = "settings.yaml"
_OURS = {
    *(SETTINGS, LOG, STATE, MODEL, BEST, CHECKPOINTS),
    *("tensorboard", "log.csv", "wandb", "mlflow.db", "mlruns", "trackers.json", ".lock"),
}
_FREE_ON_RESUME = {
    *("steps", "epochs", "log_every", "save_every", "validate_every", "validate_every_epochs"),
    *("device", "data.workers", "data.damaged", "engine", "saving"),
}
"""Settings that may change when a run resumes; a group means all that is in it."""

_OLD_RUNS_DIFFER: frozenset[str] = frozenset()
"""Settings added since whose default is not what versions without them did: a run without them cannot continue."""

_MOST_SHOWN = 60
"""Letters of a setting's value that a message holds."""


def prepare_folder(folder: Path, resume: Resume) -> None:
    """Make the folder of a run. Raises `InputError` if it holds other things, or a run that is not wanted."""
    if folder.is_dir():
        names = {path.name for path in folder.iterdir() if not path.name.endswith(".partial")}
        if names - _OURS:
            raise InputError(f"{folder}: holds other things ({min(names - _OURS)}); name a new folder")
        if STATE in names and resume == "never":
            step = read_about(folder / STATE)["step"]
            raise InputError(
                f"{folder}: holds a run at step {step}; add --resume to continue it, or name a new folder"
            )
    elif folder.exists():
        raise InputError(f"{folder}: is a file; name a folder")
    if resume == "must" and not (folder / STATE).exists():
        raise InputError(f"{folder}: holds no saved run; leave out --resume=must to begin one")
    folder.mkdir(parents=True, exist_ok=True)


def begin_folder(
    folder: Path,
    settings: Mapping[str, Any],
    inputs: Mapping[str, Any],
    *,
    defaults: Mapping[str, Any],
    say: Callable[[str], None],
) -> Mapping[str, Any] | None:
    """Clear what a killed process left half-written; returns what is known of the saved run, if any.

    Settings that were added to `defaults` after that run began had their default then; `say` is told of them.
    Raises `InputError` if that run began with other settings or inputs, or with settings that are gone.
    """
    for leftover in folder.rglob("*.partial"):
        leftover.unlink()
    if not (folder / STATE).exists():
        return None
    about = read_about(folder / STATE)
    began = _with_added(folder, _flat(about["settings"]), _flat(defaults), say)
    before, now = {**began, **_flat(about["inputs"])}, {**_flat(settings), **_flat(inputs)}
    for name in sorted(before.keys() | now.keys()):
        if not _is_free(name) and before.get(name) != now.get(name):
            raise InputError(
                f"{folder}: began with {_difference(name, before.get(name), now.get(name))}; "
                "give the same to continue, or name a new folder"
            )
    return about


def _with_added(
    folder: Path, began: Mapping[str, Any], defaults: Mapping[str, Any], say: Callable[[str], None]
) -> dict[str, Any]:
    """Return the flat settings that a run began with, those added since by their default.

    Raises `InputError` where the default would change what is done, or a setting is gone.
    """
    gone = sorted(name for name in began.keys() - defaults.keys() if not _is_free(name))
    if gone:
        raise InputError(
            f"{folder}: began with {gone[0]} = {began[gone[0]]}, a setting that this version does not have: "
            "continue with the version that began it, or name a new folder"
        )
    added = {name: value for name, value in defaults.items() if name not in began and not _is_free(name)}
    differing = sorted(added.keys() & _OLD_RUNS_DIFFER)
    if differing:
        raise InputError(
            f"{folder}: began before there was {differing[0]}, whose default, {added[differing[0]]}, would change "
            "what it learns: continue with the version that began it, or name a new folder"
        )
    if added:
        say(f"{folder / SETTINGS} lacks {_described(added, defaults)}")
    return {**defaults, **began}


def _described(added: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """Describe settings added since; a group that is new as a whole is named without its parts."""
    values: dict[str, Any] = {}
    for name, value in added.items():
        group = name.partition(".")[0]
        is_new = all(other in added for other in defaults if other.partition(".")[0] == group)
        said = f"{value:g}" if isinstance(value, float) else value
        values |= {group: "its defaults"} if is_new and group != name else {name: said}
    if len(values) == 1:
        ((name, value),) = values.items()
        return f"{name}, added since: taken as {value}"
    return f"settings added since, taken as: {', '.join(f'{name} = {values[name]}' for name in values)}"


def write_settings(folder: Path, job: str, settings: Mapping[str, Any], command: Mapping[str, Any]) -> None:
    """Write the settings of a run, and what `resume` needs besides them."""
    values = {"job": job, **({"command": dict(command)} if command else {}), **settings}
    with replacing(folder / SETTINGS) as file:
        file.write(yaml.safe_dump(values, sort_keys=False).encode())


def read_settings(folder: Path) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Read the job of a run, the command that began it, and its settings.

    Raises `InputError` for a folder that holds no run.
    """
    path = folder / SETTINGS
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give the folder of a run") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not the settings of a run") from error
    if not isinstance(values, dict) or "job" not in values:
        raise InputError(f"{path}: is not the settings of a run")
    return values.pop("job"), values.pop("command", {}), values


def _difference(name: str, before: object, now: object) -> str:
    """Describe a difference in words; what is too long to be read, as fingerprints and tokenizers are, is not
    shown.
    """
    if max(len(str(before)), len(str(now))) > _MOST_SHOWN:
        return f"another {name}"
    return f"{name} = {before}, not {now}"


def _is_free(name: str) -> bool:
    return name in _FREE_ON_RESUME or name.partition(".")[0] in _FREE_ON_RESUME


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = list(value) if isinstance(value, tuple) else value
    return flat
