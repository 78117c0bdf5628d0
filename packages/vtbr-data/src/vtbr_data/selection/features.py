"""Features files (docs/formats.md, `vtbr.features`).

N images, D width.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

_ADVICE = "make it anew with vtbr-models extract"


@dataclass(frozen=True, slots=True)
class Features:
    """Rows of features and the images that they describe."""

    values: NDArray[Any]
    """float32 or float16 (N, D)."""
    path: list[str]
    """The N images' paths, as in the manifest."""
    name: str

    def rows_of(self, paths: list[str]) -> NDArray[np.int64]:
        """Return the row of each path; raises `InputError` for a path that the file lacks."""
        place = {path: row for row, path in enumerate(self.path)}
        missing = [path for path in paths if path not in place]
        if missing:
            others = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
            raise InputError(
                f"{self.name} has no features of {missing[0]}{others}: extract them of this manifest"
            )
        return np.fromiter((place[path] for path in paths), np.int64, len(paths))


def read_features(file: Path | str) -> Features:
    """Read a features file; raises `InputError` if it is not one, or is cut off."""
    from safetensors import SafetensorError, safe_open

    path = Path(file)
    if not path.is_file():
        raise InputError(f"there is no features file {path}: make one with vtbr-models extract")
    try:
        with safe_open(path, framework="numpy") as opened:
            metadata = json.loads((opened.metadata() or {})["vtbr"])
            if (metadata["format"], metadata["version"]) != ("vtbr.features", 1):
                raise ValueError(f"it is {metadata['format']} version {metadata['version']}")
            values, text, offsets = (opened.get_tensor(name) for name in ("features", "path", "path_offset"))
        if values.ndim != 2 or values.dtype.kind != "f":
            raise ValueError("its features are no table of numbers")
        paths = _texts(text, offsets)
        if len(paths) != len(values):
            raise ValueError(f"it has {len(values)} features and {len(paths)} paths")
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path} is not a features file of vtbr: {reason}; {_ADVICE}") from error
    return Features(values, paths, str(path))


def _texts(text: NDArray[Any], offsets: NDArray[Any]) -> list[str]:
    ends = offsets.tolist()
    if not ends or ends[0] != 0 or ends[-1] != len(text) or any(a > b for a, b in pairwise(ends)):
        raise ValueError("its path_offset and path disagree")
    whole = text.tobytes()
    return [whole[begin:end].decode() for begin, end in pairwise(ends)]
