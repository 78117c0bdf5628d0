"""8-bit integers for convolutions and linear layers, calibrated on pictures (ONNX Runtime's static quantisation).

Legend: N images, D width of a feature.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files import Row

NUM_CALIBRATION = 256
"""Pictures that the ranges of activations are read from."""


def quantised(model: bytes, inputs: Iterator[NDArray[Any]]) -> bytes:
    """Return an ONNX network in 8-bit integers; `inputs` are its calibration, one picture each."""
    try:
        import onnx
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    except ImportError as error:
        raise InputError("--int8 needs more packages: pip install 'vtbr-models[onnx]'") from error

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, NDArray[Any]] | None:
            found = next(inputs, None)
            return None if found is None else {"images": found}

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "int8.onnx"
        logging.disable(logging.WARNING)  # advice to fuse what the exporter has fused
        try:
            quantize_static(
                onnx.load_from_string(model),
                path,
                Reader(),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["Conv", "Gemm"],
            )
        finally:
            logging.disable(logging.NOTSET)
        return path.read_bytes()


def spread(rows: Sequence[Row], number: int) -> list[Row]:
    """Return at most so many rows, evenly spread.

    >>> [row.path for row in spread([Row(str(n), 1, 1, "train", {}) for n in range(5)], 2)]
    ['0', '2']
    """
    step = max(1.0, len(rows) / number)
    return [rows[int(place * step)] for place in range(min(number, len(rows)))]


def mean_average_precision(features: NDArray[np.float32], rows: Sequence[Row]) -> float | None:
    """Return the mAP of the queries among `rows` by cosine, or None where there is nothing to score.

    Junk and gallery images of the query's person by its own camera are left out (Zheng et al., ICCV 2015,
    with rectangles); `vtbr-eval reid` scores more thoroughly.
    """
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    identity = np.array([row.identity for row in rows])
    camera = np.array([row.camera for row in rows])
    is_gallery = np.array([row.split == "gallery" for row in rows]) & (identity != -1)
    precisions = []
    for query in np.flatnonzero([row.split == "query" and row.identity > 0 for row in rows]):
        is_own = (identity == identity[query]) & (camera == camera[query]) & (camera != -1)
        kept = np.flatnonzero(is_gallery & ~is_own)
        order = kept[np.argsort(-(unit[kept] @ unit[query]), kind="stable")]
        rank = np.flatnonzero(identity[order] == identity[query]) + 1
        if rank.size:
            precisions.append(np.mean(np.arange(1, rank.size + 1) / rank))
    return float(np.mean(precisions)) if precisions else None
