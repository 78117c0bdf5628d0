"""What fastreid's configuration says that its files of weights do not: pooling, last stride, input size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError

_POOLINGS = {
    "GlobalAvgPool": "average",
    "FastGlobalAvgPool": "average",
    "avgpool": "average",
    "fastavgpool": "average",
    "GlobalMaxPool": "max",
    "maxpool": "max",
    "GeneralizedMeanPooling": "gem",
    "GeneralizedMeanPoolingP": "gem",
    "gempool": "gem",
    "gempoolP": "gem",
    "AdaptiveAvgMaxPool": "avgmax",
    "avgmaxpool": "avgmax",
}
"""Its names, of its versions before 1.0 and after, to ours."""
_DEPTH_LIMIT = 8  # of `_BASE_` files; theirs are two deep


def read_config(path: str, said: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a `Layout` that a configuration file and its `_BASE_` files settle.

    Raises InputError for a file that is not such a configuration, or that asks for what has no place here.
    """
    config = _merged(Path(path), _DEPTH_LIMIT)
    model = _part(config, "MODEL", path)
    backbone, heads = _part(model, "BACKBONE", path), _part(model, "HEADS", path)
    fields: dict[str, Any] = {}
    source = f"in {Path(path).name}"
    said = dict(said)
    pooling = heads.get("POOL_LAYER")
    if pooling is not None:
        if pooling not in _POOLINGS:
            raise InputError(f"{path}: POOL_LAYER {pooling!r} is not known: use {', '.join(_POOLINGS)}")
        fields["pooling"], said["pooling"] = _POOLINGS[pooling], source
    if "LAST_STRIDE" in backbone:
        if backbone["LAST_STRIDE"] not in (1, 2):
            raise InputError(f"{path}: LAST_STRIDE must be 1 or 2, not {backbone['LAST_STRIDE']!r}")
        fields["last_stride"], said["last stride"] = backbone["LAST_STRIDE"], source
    size = _part(config, "INPUT", path).get("SIZE_TEST")
    if size is not None:
        if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int for side in size):
            raise InputError(f"{path}: INPUT.SIZE_TEST must be [height, width], not {size!r}")
        fields["height"], fields["width"] = size
        said["input height"] = said["input width"] = source
    return {**fields, "said": said}


def _merged(path: Path, depth: int) -> dict[str, Any]:
    import yaml

    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid YAML: give the configuration of fastreid") from error
    if not isinstance(read, dict):
        raise InputError(f"{path} is not a configuration of fastreid: it holds no settings by name")
    base = read.pop("_BASE_", None)
    if base is None:
        return read
    if not isinstance(base, str) or depth == 0:
        raise InputError(f"{path}: _BASE_ must name another file: {base!r}")
    below = path.parent / base
    if not below.is_file():
        raise InputError(f"{path} builds on {base}, which is not beside it: put it there ({below})")
    return _over(_merged(below, depth - 1), read)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = [key for key in above if isinstance(above[key], dict) and isinstance(below.get(key), dict)]
    return {**below, **above, **{key: _over(below[key], above[key]) for key in both}}


def _part(config: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    part = config.get(name, {})
    if not isinstance(part, Mapping):
        raise InputError(f"{path}: {name} must hold settings by name, not {part!r}")
    return part
