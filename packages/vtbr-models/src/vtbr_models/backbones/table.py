"""The backbones by name: one row each. Adding one is a row here, or a module beside this and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import InputError

if TYPE_CHECKING:
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


def _osnet(*widths: int, variant: str | None = None) -> Row:
    return Row("osnet", {"widths": widths, "variant": variant})


def _swin(
    depths: tuple[int, int, int, int], heads: tuple[int, int, int, int], width: int, drop: float
) -> Row:
    return Row("swin", {"depths": depths, "num_heads": heads, "first_width": width, "drop": drop})


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
    "resnet10_unpooled_ibn_a": _light_resnet((1, 1, 1, 1), ibn="a", first_width=64),
    "convnext_tiny": _convnext((3, 3, 9, 3), 96, 0.1),
    "convnext_small": _convnext((3, 3, 27, 3), 96, 0.4),
    "convnext_base": _convnext((3, 3, 27, 3), 128, 0.5),
    "mobilenet_v2": Row("mobilenet", {}),
    "osnet_x1_0": _osnet(64, 256, 384, 512),
    "osnet_x0_75": _osnet(48, 192, 288, 384),
    "osnet_x0_5": _osnet(32, 128, 192, 256),
    "osnet_x0_25": _osnet(16, 64, 96, 128),
    "osnet_ibn_x1_0": _osnet(64, 256, 384, 512, variant="ibn"),
    "osnet_ain_x1_0": _osnet(64, 256, 384, 512, variant="ain"),
    "osnet_ain_x0_75": _osnet(48, 192, 288, 384, variant="ain"),
    "osnet_ain_x0_5": _osnet(32, 128, 192, 256, variant="ain"),
    "osnet_ain_x0_25": _osnet(16, 64, 96, 128, variant="ain"),
    "swin_t": _swin((2, 2, 6, 2), (3, 6, 12, 24), 96, 0.2),
    "swin_s": _swin((2, 2, 18, 2), (3, 6, 12, 24), 96, 0.3),
    "swin_b": _swin((2, 2, 18, 2), (4, 8, 16, 32), 128, 0.5),
    "vit_ti_16": _vit(12, 3, 192),
    "vit_s_16": _vit(12, 6, 384),
    "vit_b_16": _vit(12, 12, 768),
}
"""Names are torchvision's where it has the network; light and small ones, IBN and OSNet are not there."""

STEMS = ("torchvision", "without-relu", "pool-ceil")
"""How a ResNet's first map is pooled: behind a ReLU, without one (reid-strong-baseline), or behind one but
without padding and rounded up (fastreid)."""


VARIANTS = {
    "resnet": ("stem", "squeeze", "non_local", "mid_level"),
    "vit": ("grid", "step", "output", "parts"),
    "swin": ("shift", "merging_bias"),
}
"""By module: what converted weights may need that the backbone of that name does not have by itself."""


def build_backbone(name: str, *, last_stride: int = 2, **variant: Any) -> Backbone:
    """Return a backbone with random weights; nothing is downloaded.

    With `last_stride` 1 the last stage keeps the resolution of the one before, twice as many cells a side.
    Those whose grid is fixed (ViT, Swin, OSNet) pass it over. `variant` is what converted weights may need:
    of a ResNet a `stem` (one of `STEMS`), `squeeze` (squeeze-and-excitation), `non_local` (how many such blocks
    each stage has) and `mid_level` (the maps of all blocks of the last stage); of a ViT the `grid` of its position
    embeddings [rows, columns], the `step` between patches in pixels, how many further tokens it has for `parts`, and
    its `output`: `patches`, `class`, `parts` or `parts-mean`; of a Swin `shift` (`always`) and `merging_bias`.

    Raises InputError for a name that is not in `BACKBONES`, a last stride other than 1 or 2, or a variant
    that the backbone cannot have.

    >>> build_backbone("resnet10", last_stride=1).width
    512
    """
    if not isinstance(name, str) or name not in BACKBONES:
        near = get_close_matches(str(name), BACKBONES, cutoff=0.4) or list(BACKBONES)
        raise InputError(f"no backbone is called {name!r}: choose {', '.join(near)} (`vtbr-models list`)")
    if last_stride not in (1, 2):
        raise InputError(f"last_stride must be 1 or 2, not {last_stride!r}")
    row = BACKBONES[name]
    for key, value in variant.items():
        _check_variant(name, row.module, key, value)
    if row.module != "resnet":
        variant.pop("stem", None)  # torchvision's, which others have no need to hear of
    from .narrow_maps import guard_narrow_maps  # imports torch

    module = import_module(f".{row.module}", __package__)
    backbone: Backbone = module.build(name, last_stride=int(last_stride), **variant, **row.settings)
    guard_narrow_maps(backbone)
    return backbone


def _check_variant(name: str, module: str, key: str, value: object) -> None:
    if key == "stem":
        possible = STEMS if module == "resnet" else STEMS[:1]
        if value not in possible:
            raise InputError(f"{name} cannot have the stem {value!r}: choose {', '.join(possible)}")
    elif key not in VARIANTS.get(module, ()) or (key == "squeeze" and "ibn_b" in name):
        raise InputError(f"{name} cannot have {key}: leave it out")
    elif not _CHECKS[key](value):
        raise InputError(f"architecture.visual.{key} cannot be {value!r}")


def _are_counts(value: object, number: int, least: int) -> bool:
    is_list = isinstance(value, list | tuple) and len(value) == number
    return is_list and all(type(one) is int and one >= least for one in value)  # type: ignore[attr-defined]


_CHECKS: dict[str, Callable[[object], bool]] = {
    "squeeze": lambda value: isinstance(value, bool),
    "non_local": lambda value: _are_counts(value, 4, 0),
    "grid": lambda value: _are_counts(value, 2, 1),
    "step": lambda value: type(value) is int and 1 <= value <= 16,
    "mid_level": lambda value: isinstance(value, bool),
    "output": lambda value: value in ("patches", "class", "parts", "parts-mean"),
    "parts": lambda value: type(value) is int and 1 <= value <= 16,
    "shift": lambda value: value in ("torchvision", "always"),
    "merging_bias": lambda value: isinstance(value, bool),
}
