"""The features file (`vtbr.features`, docs/formats.md), written row by row in constant memory.

Legend: N images, B images of a batch, D width.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from ..checkpoint import TensorSpec, encode_header, file_order
from ..errors import InputError
from ..files import SPLITS, Row

FORMAT, VERSION = "vtbr.features", 1


@dataclass(frozen=True, slots=True)
class FeaturesFile:
    """A features file but for the features, of which all else is known beforehand."""

    head: bytes
    """Before them."""
    tail: bytes
    """After them."""
    num_rows: int
    row_bytes: int

    @property
    def num_bytes(self) -> int:
        """Of the whole file."""
        return len(self.head) + self.num_rows * self.row_bytes + len(self.tail)


def lay_out(
    rows: Sequence[Row], *, width: int, dtype: Literal["float32", "float16"], metadata: Mapping[str, Any]
) -> FeaturesFile:
    """Return the layout of a file with features (N, D) of N `rows`, D = `width`."""
    paths = [row.path.encode() for row in rows]
    labels = {
        "identity": np.array([row.identity for row in rows], dtype="<i8"),
        "camera": np.array([row.camera for row in rows], dtype="<i8"),
        "split": np.array([SPLITS.index(row.split) for row in rows], dtype="u1"),
        "path": np.frombuffer(b"".join(paths), dtype="u1"),
        "path_offset": np.array([0, *itertools.accumulate(map(len, paths))], dtype="<i8"),
    }
    specs = {
        name: TensorSpec({"<i8": "I64", "|u1": "U8"}[array.dtype.str], array.shape)
        for name, array in labels.items()
    }
    specs["features"] = TensorSpec({"float32": "F32", "float16": "F16"}[dtype], (len(rows), width))
    header = encode_header(specs, {**metadata, "format": FORMAT, "version": VERSION})
    order = file_order(specs)
    place = order.index("features")
    before, after = (
        b"".join(labels[name].tobytes() for name in names) for names in (order[:place], order[place + 1 :])
    )
    return FeaturesFile(header + before, after, len(rows), width * np.dtype(dtype).itemsize)


def write_features(
    file: BinaryIO,
    rows: Sequence[Row],
    batches: Iterable[NDArray[np.float32]],
    *,
    width: int,
    dtype: Literal["float32", "float16"],
    metadata: Mapping[str, Any],
) -> None:
    """Write the features of `rows`, which arrive as `batches` (B, D) in their order, D = `width`.

    All but the features is known beforehand, so they are written as they come; the file may be a
    pipe. Raises InputError for features that are not finite in `dtype`.
    """
    layout = lay_out(rows, width=width, dtype=dtype, metadata=metadata)
    file.write(layout.head)
    num_written = 0
    for batch in batches:
        file.write(encode_rows(batch, rows[num_written : num_written + len(batch)], dtype))
        num_written += len(batch)
    assert num_written == len(rows)
    file.write(layout.tail)
    file.flush()


def encode_rows(batch: NDArray[np.float32], rows: Sequence[Row], dtype: str) -> bytes:
    """Return the bytes of features (B, D) of `rows`; raises InputError unless they are finite in `dtype`."""
    with np.errstate(over="ignore"):  # said below, in our words
        values = batch.astype(np.dtype(dtype).newbyteorder("<"))
    is_finite = np.isfinite(values).all(axis=1)
    if not is_finite.all():
        path = rows[int(is_finite.argmin())].path
        raise InputError(
            f"{path}: its features are not finite in {dtype}: the model is broken"
            + (", or try --dtype float32" if dtype == "float16" else "")
        )
    encoded: bytes = values.tobytes()
    return encoded
