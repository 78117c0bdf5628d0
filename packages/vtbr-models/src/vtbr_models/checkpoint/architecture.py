"""From the description of a model, as checkpoints hold it, to the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..backbones import VARIANTS, build_backbone
from ..captioner import DEFAULT, OBJECTIVES, Captioner, Settings, TextualHead, read_objectives
from ..embedder import Embedder
from ..errors import InputError

_LAST_STRIDE = {"captioner": 2, "embedder": 1}  # where a description leaves it out: what the papers use
_KEYS = {
    "captioner": {"textual", "objectives"},
    "embedder": {"num_classes", "pooling", "reduction", "feature", "activation"},
}

_VISUAL = {"name", "last_stride", *(key for keys in VARIANTS.values() for key in keys)}


def build_model(architecture: object) -> Captioner | Embedder:
    """Return the model that `architecture` (docs/formats.md, Checkpoint) describes, with random weights.

    Raises InputError for a description that is incomplete, or says what nothing here can be.

    >>> build_model({"model": "embedder", "visual": {"name": "resnet10"}}).architecture["visual"]
    {'name': 'resnet10', 'last_stride': 1}
    """
    parts = _mapping(architecture, "architecture", {"model", "visual", *set().union(*_KEYS.values())})
    kind = parts.get("model")
    if kind not in _KEYS:
        raise InputError(f"architecture.model must be captioner or embedder, not {kind!r}")
    of_others = [key for key in sorted(parts) if key not in _KEYS[kind] | {"model", "visual"}]
    if any(parts[key] is not None for key in of_others):
        raise InputError(f"architecture: {_named(kind)} has no {of_others[0]}: leave it out")
    visual = {
        "last_stride": _LAST_STRIDE[kind],
        **_mapping(parts.get("visual"), "architecture.visual", _VISUAL),
    }
    if "name" not in visual:
        raise InputError("architecture.visual has no name: say which backbone")
    backbone = build_backbone(**visual)
    own = {key: parts[key] for key in sorted(_KEYS[kind]) if parts.get(key) is not None}
    if kind == "embedder":
        return Embedder(backbone, _num_classes(own.pop("num_classes", None)), **own)
    objectives = read_objectives(own.get("objectives", DEFAULT))
    return Captioner(backbone, _textual(parts.get("textual"), backbone.width, objectives), objectives)


def _textual(value: object, visual_width: int, objectives: Mapping[str, Settings]) -> TextualHead | None:
    readers = [reader for name in objectives for reader in OBJECTIVES[name].readers]
    if not readers:
        if value is not None:
            raise InputError(f"architecture: {_listed(objectives)} has no use for textual: leave it out")
        return None
    required = {"name", "vocabulary_size", "max_tokens"}
    settings = _mapping(value, "architecture.textual", required | {"dropout", "norm", "embedding_epsilon"})
    missing = sorted(required - settings.keys())
    if missing:
        raise InputError(f"architecture.textual has no {missing[0]}")
    words = objectives.get("token_classification", {}).get("vocabulary_size", settings["vocabulary_size"])
    if words != settings["vocabulary_size"]:
        raise InputError(
            f"architecture: the vocabulary_size of token_classification ({words}) must be that of textual "
            f"({settings['vocabulary_size']})"
        )
    return TextualHead(visual_width=visual_width, readers=readers, **settings)


def _num_classes(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or value < 0):
        raise InputError(f"architecture.num_classes must be a number of identities or null, not {value!r}")
    return value


def _mapping(value: object, name: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"{name} must be an object, not {value!r}")
    unknown = sorted(value.keys() - known)
    if unknown:
        raise InputError(f"{name} has the unknown key {unknown[0]!r}: known are {', '.join(sorted(known))}")
    return dict(value)


def _named(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _listed(names: Mapping[str, Any] | set[str]) -> str:
    return ", ".join(sorted(names))
