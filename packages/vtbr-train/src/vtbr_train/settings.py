"""Settings of a run: defaults < recipe < `--set`, checked before anything starts.

A settings class is a frozen dataclass whose fields are numbers, texts, booleans, literals, tuples, or further
settings classes; its own `__post_init__` checks limits.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .errors import InputError

Settings = TypeVar("Settings")


def resolve(kind: type[Settings], job: str, recipe: str | None, changes: Sequence[str]) -> Settings:
    """Settings of class `kind` from a recipe of `job` (shipped name or YAML file) and `key=value` changes.

    Raises `InputError` naming the key for anything unknown, of the wrong type or out of limits.
    """
    values = read_recipe(job, recipe) if recipe else {}
    for change in changes:
        key, found, text = change.partition("=")
        if not found:
            raise InputError(f"--set {change}: write it as --set key=value")
        _set(values, key.strip(), _parse(text, f"--set {change}"))
    return from_values(kind, values)


def read_recipe(job: str, name: str) -> dict[str, Any]:
    """The values of a recipe, with those of the recipes that it extends below them."""
    text = _recipe_text(job, name)
    values = _parse(text, f"recipe {name}")
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InputError(f"recipe {name}: must be a mapping of settings, not {type(values).__name__}")
    parent = values.pop("extends", None)
    if parent is None:
        return values
    if parent == name:
        raise InputError(f"recipe {name}: extends itself")
    return _merged(read_recipe(job, str(parent)), values)


def list_recipes(job: str) -> list[str]:
    """The names of the shipped recipes of `job`."""
    folder = resources.files("vtbr_train").joinpath("recipes", job)
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )


def describe_recipe(job: str, name: str) -> str:
    """The first comment line of a shipped recipe."""
    return _recipe_text(job, name).splitlines()[0].removeprefix("#").strip()


def from_values(
    kind: type[Settings], values: Mapping[str, Any], where: str = "", *, default: Settings | None = None
) -> Settings:
    """An object of settings class `kind` from nested plain values; what is left out is as in `default`."""
    base: Any = kind() if default is None else default
    hints = typing.get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise InputError(_unknown(f"{where}{key}", where, kind))
    arguments = {
        key: _converted(hints[key], value, f"{where}{key}", getattr(base, key))
        for key, value in values.items()
    }
    try:
        return typing.cast("Settings", dataclasses.replace(base, **arguments))
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"setting {where}{error}") from error


def to_values(settings: Any) -> dict[str, Any]:
    """Settings as nested plain values, for YAML and JSON."""
    return typing.cast("dict[str, Any]", _plain(dataclasses.asdict(settings)))


def _recipe_text(job: str, name: str) -> str:
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"recipe {name}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"recipe {name}: is no text file in UTF-8") from error
    shipped = resources.files("vtbr_train").joinpath("recipes", job, f"{name}.yaml")
    if not shipped.is_file():
        known = ", ".join(list_recipes(job))
        raise InputError(f"no recipe {name!r}: give one of {known}, or a file ending in .yaml")
    return shipped.read_text(encoding="utf-8")


def _parse(text: str, what: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{what}: is no YAML ({' '.join(str(error).split())})") from error


def _set(values: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for name in parents:
        inner = values.setdefault(name, {})
        if not isinstance(inner, dict):
            raise InputError(f"--set {dotted}: {name} is a single value, it has no {last}")
        values = inner
    values[last] = value


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _unknown(key: str, where: str, kind: type[Any]) -> str:
    known = [where + name for name in _names(kind)]
    by_last_part = {name.rpartition(".")[2]: name for name in reversed(known)}
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.7)
    near = near or [
        by_last_part[name] for name in difflib.get_close_matches(key.rpartition(".")[2], by_last_part, n=1)
    ]
    meant = f": did you mean {near[0]}?" if near else ""
    return f"unknown setting {key}{meant} (`vtbr-train show-config` lists all)"


def _names(kind: Any) -> list[str]:
    names = []
    for name, part in typing.get_type_hints(kind).items():
        names += [f"{name}.{inner}" for inner in _names(part)] if dataclasses.is_dataclass(part) else [name]
    return names


def _converted(kind: Any, value: Any, key: str, default: Any = None) -> Any:
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise InputError(f"setting {key} is a group: set one of its parts, as {key}.NAME=value")
        return from_values(typing.cast("type[Any]", kind), value, f"{key}.", default=default)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        if value not in parts:
            raise InputError(f"setting {key} must be one of {', '.join(map(str, parts))}, not {value!r}")
        return value
    if origin is types.UnionType:
        if value is None and type(None) in parts:
            return None
        return _converted(next(part for part in parts if part is not type(None)), value, key)
    if origin is tuple:
        return _converted_tuple(parts, value, key)
    return _converted_scalar(kind, value, key)


def _converted_tuple(parts: tuple[Any, ...], value: Any, key: str) -> tuple[Any, ...]:
    is_any_length = len(parts) == 2 and parts[1] is Ellipsis
    if not isinstance(value, list | tuple) or (not is_any_length and len(value) != len(parts)):
        count = "" if is_any_length else f" of {len(parts)}"
        raise InputError(f"setting {key} must be a list{count}, as [1, 2], not {value!r}")
    kinds = [parts[0]] * len(value) if is_any_length else parts
    return tuple(_converted(kind, item, key) for kind, item in zip(kinds, value, strict=True))


def _converted_scalar(kind: type, value: Any, key: str) -> Any:
    if kind is float and isinstance(value, str):  # YAML 1.1 takes 1e-3 for a text
        try:
            return float(value)
        except ValueError:
            pass
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if type(value) is not kind:
        names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
        raise InputError(f"setting {key} must be {names[kind]}, not {value!r}")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
