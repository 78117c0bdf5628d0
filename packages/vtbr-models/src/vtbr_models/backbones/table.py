"""The backbones by name: one row each. Adding one is a row here, or a module beside this and its rows."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

from ..errors import InputError
from .backbone import Backbone


class Row(NamedTuple):
    """Where a backbone is built, and from what."""

    module: str
    """In this package; imported when one is built, for torchvision takes seconds."""
    settings: Mapping[str, Any]
    """Of that module's `build`."""


def _resnet(block: str, depths: tuple[int, int, int, int], **options: Any) -> Row:
    return Row("resnet", {"block": block, "depths": depths, **options})


def _light_resnet(depths: tuple[int, int, int, int], **options: Any) -> Row:
    return Row("light_resnet", {"depths": depths, **options})


def _convnext(depths: tuple[int, int, int, int], width: int, drop: float) -> Row:
    return Row("convnext", {"depths": depths, "first_width": width, "drop": drop})


def _vit(num_layers: int, num_heads: int, width: int) -> Row:
    return Row("vit", {"num_layers": num_layers, "num_heads": num_heads, "width": width})


BACKBONES: dict[str, Row] = {
    "resnet10": _resnet("basic", (1, 1, 1, 1)),
    "resnet18": _resnet("basic", (2, 2, 2, 2)),
    "resnet34": _resnet("basic", (3, 4, 6, 3)),
    "resnet50": _resnet("bottleneck", (3, 4, 6, 3)),
    "resnet101": _resnet("bottleneck", (3, 4, 23, 3)),
    "resnet152": _resnet("bottleneck", (3, 8, 36, 3)),
    "resnext50_32x4d": _resnet("bottleneck", (3, 4, 6, 3), groups=32, width_per_group=4),
    "resnext101_32x8d": _resnet("bottleneck", (3, 4, 23, 3), groups=32, width_per_group=8),
    "resnext101_64x4d": _resnet("bottleneck", (3, 4, 23, 3), groups=64, width_per_group=4),
    "wide_resnet50_2": _resnet("bottleneck", (3, 4, 6, 3), width_per_group=128),
    "wide_resnet101_2": _resnet("bottleneck", (3, 4, 23, 3), width_per_group=128),
    "resnet18_ibn_a": _resnet("basic", (2, 2, 2, 2), ibn="a"),
    "resnet34_ibn_a": _resnet("basic", (3, 4, 6, 3), ibn="a"),
    "resnet50_ibn_a": _resnet("bottleneck", (3, 4, 6, 3), ibn="a"),
    "resnet101_ibn_a": _resnet("bottleneck", (3, 4, 23, 3), ibn="a"),
    "resnet50_ibn_b": _resnet("bottleneck", (3, 4, 6, 3), ibn="b"),
    "resnet101_ibn_b": _resnet("bottleneck", (3, 4, 23, 3), ibn="b"),
    "resnet10_light": _light_resnet((1, 1, 1, 1)),
    "resnet10_light_ibn_a": _light_resnet((1, 1, 1, 1), ibn="a"),
    "convnext_tiny": _convnext((3, 3, 9, 3), 96, 0.1),
    "convnext_small": _convnext((3, 3, 27, 3), 96, 0.4),
    "convnext_base": _convnext((3, 3, 27, 3), 128, 0.5),
    "vit_ti_16": _vit(12, 3, 192),
    "vit_s_16": _vit(12, 6, 384),
    "vit_b_16": _vit(12, 12, 768),
}
"""Names are torchvision's, but for what it has not: resnet10, light ones, IBN and small ViTs (DeiT's)."""

STEMS = ("torchvision", "without-relu", "pool-ceil")
"""How a ResNet's first map is pooled: behind a ReLU, without one (reid-strong-baseline), or behind one but
without padding and rounded up (fastreid)."""


def build_backbone(name: str, *, last_stride: int = 2, stem: str = "torchvision") -> Backbone:
    """A backbone with random weights; nothing is downloaded.

    With `last_stride` 1 the last stage keeps the resolution of the one before, twice as many cells a side.
    A ViT has no stages and passes it over. A ResNet's `stem` is one of `STEMS`: converted weights may need
    another than torchvision's. Raises InputError for a name that is not in `BACKBONES`, a last stride other
    than 1 or 2, or a stem that the backbone cannot have.

    >>> build_backbone("resnet10", last_stride=1).width
    512
    """
    if not isinstance(name, str) or name not in BACKBONES:
        near = get_close_matches(str(name), BACKBONES, cutoff=0.4) or list(BACKBONES)
        raise InputError(f"no backbone is called {name!r}: choose {', '.join(near)} (`vtbr-models list`)")
    if last_stride not in (1, 2):
        raise InputError(f"last_stride must be 1 or 2, not {last_stride!r}")
    row = BACKBONES[name]
    possible = STEMS if row.module == "resnet" else STEMS[:1]
    if stem not in possible:
        raise InputError(f"{name} cannot have the stem {stem!r}: choose {', '.join(possible)}")
    options = {} if stem == "torchvision" else {"stem": stem}
    from .narrow_maps import guard_narrow_maps  # imports torch

    module = import_module(f"vtbr_models.backbones.{row.module}")
    backbone: Backbone = module.build(name, last_stride=int(last_stride), **options, **row.settings)
    guard_narrow_maps(backbone)
    return backbone
