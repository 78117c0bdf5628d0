"""Settings of a run: defaults < recipe < `--set`, checked before anything starts.

A settings class is a `Settings` whose fields are numbers, texts, booleans, literals, tuples, or further
settings classes; limits are part of the types, and what depends on several fields is checked by its
`__post_init__`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import msgspec
import yaml
from msgspec import Meta, inspect

from .errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of settings."""


Kind = TypeVar("Kind", bound=Settings)
Made = TypeVar("Made", bound="DataclassInstance")

AtLeast0 = Annotated[int, Meta(ge=0)]
AtLeast1 = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
"""In [0, 1]."""
PositiveShare = Annotated[float, Meta(gt=0, le=1)]
"""In (0, 1]."""
ShareBelow1 = Annotated[float, Meta(ge=0, lt=1)]
"""In [0, 1)."""
Pixels = Annotated[int, Meta(ge=32)]
"""Of a side of an image: at least one cell of a feature map."""


def resolve(kind: type[Kind], job: str, recipe: str | None, changes: Sequence[str]) -> Kind:
    """Resolve settings of class `kind` from a recipe of `job` (shipped name or YAML file) and changes.

    Changes are `key=value`.

    Raises `InputError` naming the key for anything unknown, of the wrong type or out of limits.
    """
    return from_values(kind, changed(read_recipe(job, recipe) if recipe else {}, changes))


def changed(settings: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return plain settings with `key=value` changes. Raises `InputError` for what is not written so."""
    values = _merged({}, settings)
    for change in changes:
        key, found, text = change.partition("=")
        if not found:
            raise InputError(f"--set {change}: write it as --set key=value")
        _set(values, key.strip(), _parse(text, f"--set {change}"))
    return values


def read_recipe(job: str, name: str) -> dict[str, Any]:
    """Read the values of a recipe; what it leaves out comes from the recipe that it extends."""
    text = _recipe_text(job, name)
    values = _parse(text, f"recipe {name}")
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InputError(f"recipe {name}: must be a mapping of settings, not {type(values).__name__}")
    for key in ("job", "command"):  # of a run's settings.yaml, which is a recipe, too
        values.pop(key, None)
    parent = values.pop("extends", None)
    if parent is None:
        return values
    if parent == name:
        raise InputError(f"recipe {name}: extends itself")
    return _merged(read_recipe(job, str(parent)), values)


def list_recipes(job: str) -> list[str]:
    """Return the names of the shipped recipes of `job`."""
    folder = resources.files("vtbr_train").joinpath("recipes", job)
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )


def describe_recipe(job: str, name: str) -> str:
    """Return the first comment line of a shipped recipe."""
    return _recipe_text(job, name).splitlines()[0].removeprefix("#").strip()


def from_values(kind: type[Kind], values: Mapping[str, Any]) -> Kind:
    """Make settings of class `kind` from nested plain values; what is left out has its default.

    Raises `InputError` naming the key for anything unknown, of the wrong type or out of limits.
    """
    defaults = to_values(kind())
    _check_names(values, defaults)
    merged = _merged(defaults, values)
    try:
        return msgspec.convert(merged, kind)
    except msgspec.ValidationError as error:
        _, is_placed, place = str(error).rpartition(" - at `$")
        place = place if is_placed else ""
        place = place.removeprefix(".").removesuffix("`")
        if isinstance(error.__cause__, ValueError):  # of a __post_init__
            where = f"{place}." if place else ""
            raise InputError(f"setting {where}{error.__cause__}") from error
        key, _, number = place.partition("[")
        value: Any = merged
        for name in key.split("."):
            value = value[name]
        wanted = _wanted(_type_at(inspect.type_info(kind), key), of_list=bool(number))
        raise InputError(f"setting {key} must be {wanted}, not {value!r}") from error


def to_values(settings: Settings) -> dict[str, Any]:
    """Return settings as nested plain values, for YAML and JSON."""
    return cast("dict[str, Any]", _plain(msgspec.to_builtins(settings)))


def made_from(settings: Settings, kind: type[Made], **others: Any) -> Made:
    """Make a dataclass of `others`, of settings that bear the names of its fields, and of its defaults."""
    names = [field.name for field in fields(kind) if hasattr(settings, field.name)]
    return kind(**{name: getattr(settings, name) for name in names} | others)


def _recipe_text(job: str, name: str) -> str:
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"recipe {name}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"recipe {name}: is not a text file in UTF-8") from error
    shipped = resources.files("vtbr_train").joinpath("recipes", job, f"{name}.yaml")
    if not shipped.is_file():
        known = ", ".join(list_recipes(job))
        raise InputError(f"no recipe {name!r}: give one of {known}, or a file ending in .yaml")
    return shipped.read_text(encoding="utf-8")


def _parse(text: str, what: str) -> Any:
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise InputError(f"{what}: is not valid YAML ({' '.join(str(error).split())})") from error


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


class _Loader(yaml.SafeLoader):
    """YAML 1.2's numbers: 1e-3 is one, and 1e3 a whole one."""


_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    value = float(node.value) if _NUMBER.match(node.value) else float(loader.construct_yaml_float(node))
    return int(value) if value.is_integer() else value


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


def _check_names(values: Mapping[str, Any], defaults: Mapping[str, Any], where: str = "") -> None:
    """Raises `InputError` for unknown names, with the nearest known one, and for values in a group's place."""
    for name, value in values.items():
        key = f"{where}{name}"
        if name not in defaults:
            raise InputError(_unknown(key, where, defaults))
        if isinstance(defaults[name], dict):
            if not isinstance(value, Mapping):
                raise InputError(f"setting {key} is a group: set one of its parts, as {key}.NAME=value")
            _check_names(value, defaults[name], f"{key}.")


def _unknown(key: str, where: str, defaults: Mapping[str, Any]) -> str:
    known = [where + name for name in _names(defaults)]
    by_last_part = {name.rpartition(".")[2]: name for name in reversed(known)}
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.7)
    near = near or [
        by_last_part[name] for name in difflib.get_close_matches(key.rpartition(".")[2], by_last_part, n=1)
    ]
    meant = f": did you mean {near[0]}?" if near else ""
    return f"unknown setting {key}{meant} (`vtbr-train show-config` lists all)"


def _names(defaults: Mapping[str, Any]) -> list[str]:
    names: list[str] = []
    for name, value in defaults.items():
        names += [f"{name}.{inner}" for inner in _names(value)] if isinstance(value, dict) else [name]
    return names


def _type_at(kind: inspect.Type, key: str) -> inspect.Type:
    for name in key.split("."):
        assert isinstance(kind, inspect.StructType)
        kind = next(field.type for field in kind.fields if field.name == name)
    return kind


def _wanted(kind: inspect.Type, *, of_list: bool = False) -> str:
    """Say in words what a setting of this type may be."""
    match kind:
        case inspect.UnionType(types=types):
            return " or ".join(_wanted(one) for one in types)
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case inspect.TupleType(item_types=items):
            return f"a list of {len(items)}{_each(items[0]) if of_list else ', as [1, 2]'}"
        case inspect.VarTupleType(item_type=item):
            return f"a list{_each(item) if of_list else ', as [1, 2]'}"
        case inspect.IntType() | inspect.FloatType():
            return ("a whole number" if isinstance(kind, inspect.IntType) else "a number") + _limits(kind)
        case inspect.BoolType():
            return "true or false"
        case inspect.NoneType():
            return "null"
    return "text"


def _each(kind: inspect.Type) -> str:
    return f", each {_wanted(kind)}"


def _limits(kind: inspect.IntType | inspect.FloatType) -> str:
    low = kind.ge if kind.ge is not None else kind.gt
    high = kind.le if kind.le is not None else kind.lt
    if low is not None and high is not None:
        left, right = "(" if kind.ge is None else "[", ")" if kind.le is None else "]"
        return f" in {left}{low:g}, {high:g}{right}"
    if low is not None:
        return f" {'above' if kind.ge is None else 'of at least'} {low:g}"
    return ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
