"""What a run's folder may hold, and whether a run may begin in it or resume."""

from __future__ import annotations

from collections.abc import Mapping
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
    folder: Path, settings: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Clear what a killed process left half-written; returns what is known of the saved run, if any.

    Raises `InputError` if that run began with other settings or inputs.
    """
    for leftover in folder.rglob("*.partial"):
        leftover.unlink()
    if not (folder / STATE).exists():
        return None
    about = read_about(folder / STATE)
    before, now = _flat({**about["settings"], **about["inputs"]}), _flat({**settings, **inputs})
    for name in sorted(before.keys() | now.keys()):
        if not _is_free(name) and before.get(name) != now.get(name):
            raise InputError(
                f"{folder}: began with {_difference(name, before.get(name), now.get(name))}; "
                "give the same to continue, or name a new folder"
            )
    return about


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
        return values.pop("job"), values.pop("command", {}), values
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give the folder of a run") from error
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError) as error:
        raise InputError(f"{path}: is not the settings of a run") from error


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
