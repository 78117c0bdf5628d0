"""An exported network run once against `extract`, before the file is kept.

Legend: N pictures, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ..captioner import Captioner
from ..embedder import Embedder
from ..errors import InputError
from ..files import Manifest, Row
from ..inference import Preprocessing, decode_picture, embed, prepare
from .inputs import InputConvention

Runner = Callable[[NDArray[Any]], NDArray[np.float32]]
"""An exported network: an input of its convention to features (1, D)."""
Pixels = NDArray[np.uint8]

SMALLEST_COSINE, SMALLEST_CENTRED = 0.9999, 0.99
"""To the features of `extract`, for a float32 export to be kept."""
_SIZES = ((128, 64), (256, 128), (301, 120), (90, 47), (480, 200), (64, 64))
"""Of pictures that are made where none are given, in pixels."""


def made_pictures() -> list[Pixels]:
    """Make smooth random pictures (H, W, 3) of several sizes, the same each time."""
    random = np.random.default_rng(0)
    coarse = [Image.fromarray(random.integers(0, 256, (8, 4, 3), dtype=np.uint8)) for _ in _SIZES]
    return [
        np.asarray(image.resize((w, h), Image.Resampling.BICUBIC))
        for image, (h, w) in zip(coarse, _SIZES, strict=True)
    ]


def read_pictures(manifest: Manifest, rows: Sequence[Row]) -> Iterator[Pixels]:
    """Yield the pictures (H, W, 3) of a manifest's rows; raises InputError for one that cannot be read."""
    for row in rows:
        path = manifest.root / row.path
        try:
            yield decode_picture(path.read_bytes())
        except InputError as error:
            raise InputError(f"{path}: {error}") from error


def expected_features(
    model: Captioner | Embedder,
    pictures: Iterator[Pixels] | Sequence[Pixels],
    preprocessing: Preprocessing,
    *,
    flip: bool,
) -> NDArray[np.float32]:
    """Return the features (N, D) that `extract` gives, `--no-flip` unless `flip`."""
    found = []
    with torch.inference_mode():
        for pixels in pictures:
            image = prepare(torch.from_numpy(np.array(pixels)).permute(2, 0, 1), preprocessing)
            found.append(embed(model, image[None], flip=flip)[0].numpy())
    return np.stack(found)


class Agreement(NamedTuple):
    """How near exported features are to those of `extract`."""

    cosine: float
    """The smallest of all pictures."""
    centred: float
    """The same for what tells the pictures apart: features less their mean. An untrained network gives all
    pictures nearly one feature, whatever it is fed with."""

    @property
    def is_enough(self) -> bool:
        """Whether the export may be kept."""
        return self.cosine >= SMALLEST_COSINE and self.centred >= SMALLEST_CENTRED


def agreement(
    run: Runner,
    expected: NDArray[np.float32],
    pictures: Iterator[Pixels] | Sequence[Pixels],
    preprocessing: Preprocessing,
    convention: InputConvention,
) -> Agreement:
    """Compare exported to expected features (N, D)."""
    found = np.concatenate([run(convention.encode(pixels, preprocessing)) for pixels in pictures])
    if convention.l2:
        expected = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    mean = expected.mean(axis=0)
    centred = 1.0 if len(expected) == 1 else float(cosines(found - mean, expected - mean).min())
    return Agreement(float(cosines(found, expected).min()), centred)


def cosines(found: NDArray[np.float32], expected: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosines (N,) of the rows of two arrays (N, D)."""
    a, b = found.astype(np.float64), expected.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products: NDArray[np.float64] = (a * b).sum(axis=1)
    return np.where(lengths > 0, products / np.where(lengths > 0, lengths, 1), 0)
