"""From the description of a model, as checkpoints hold it, to the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtbr_models.backbones import build_backbone
from vtbr_models.captioner import Captioner
from vtbr_models.embedder import Embedder
from vtbr_models.errors import InputError
from vtbr_models.textual import TextualHead

_LAST_STRIDE = {"captioner": 2, "embedder": 1}  # where a description leaves it out: what the papers use


def build_model(architecture: object) -> Captioner | Embedder:
    """The model that `architecture` (docs/formats.md, Checkpoint) describes, with random weights.

    Raises InputError for a description that is incomplete, or says what nothing here can be.

    >>> build_model({"model": "embedder", "visual": {"name": "resnet10"}}).architecture["visual"]
    {'name': 'resnet10', 'last_stride': 1}
    """
    parts = _mapping(architecture, "architecture", {"model", "visual", "textual", "num_classes"})
    kind = parts.get("model")
    if kind not in _LAST_STRIDE:
        raise InputError(f"architecture.model must be captioner or embedder, not {kind!r}")
    visual = {
        "last_stride": _LAST_STRIDE[kind],
        **_mapping(parts.get("visual"), "architecture.visual", {"name", "last_stride", "stem"}),
    }
    if "name" not in visual:
        raise InputError("architecture.visual has no name: say which backbone")
    backbone = build_backbone(
        visual["name"], last_stride=visual["last_stride"], stem=visual.get("stem", "torchvision")
    )
    if kind == "embedder":
        if parts.get("textual") is not None:
            raise InputError("architecture: an embedder has num_classes, not textual")
        return Embedder(backbone, _num_classes(parts.get("num_classes")))
    if parts.get("num_classes") is not None:
        raise InputError("architecture: a captioner has textual, not num_classes")
    return Captioner(backbone, _textual(parts.get("textual"), backbone.width))


def _textual(value: object, visual_width: int) -> TextualHead:
    keys = {"name", "vocabulary_size", "max_tokens", "dropout", "embedding_epsilon"}
    settings = _mapping(value, "architecture.textual", keys)
    missing = sorted(keys - {"dropout", "embedding_epsilon"} - settings.keys())
    if missing:
        raise InputError(f"architecture.textual has no {missing[0]}")
    return TextualHead(visual_width=visual_width, **settings)


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
