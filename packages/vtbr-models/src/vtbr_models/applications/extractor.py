"""Features of pictures in one call: `Extractor("people-reid-light")(pictures)`.

Legend: N pictures, B of a batch, H W pixels of a picture, D width of a feature.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import torch
from einops import rearrange
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from torch import Tensor

from ..captioner import Captioner
from ..embedder import Embedder
from ..errors import InputError
from ..inference import (
    InferenceConfig,
    Preprocessing,
    Session,
    Views,
    decode_picture,
    image_pixels,
    normalise,
    prepare,
    resize,
    torch_network,
)
from ..zoo import resolve
from .text_extraction import encode_captions

if TYPE_CHECKING:
    Picture = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.uint8]


_ONE = (str, bytes, os.PathLike, Image.Image, Tensor)
"""What may be iterable and still is no list of pictures."""


class Extractor:
    """A trained model that turns pictures into features, as `vtbr-models extract` does.

    `checkpoint` is a file or a name of the zoo. `backend` is `torch`, or `onnxruntime` for the CPU. Arrays have
    their colours in the order of `channels`. With `flip` features are averaged with the mirrored picture's, as
    `extract` does by default: twice the time. With `l2` they have unit length. `threads` read and resize
    pictures. Raises InputError for a checkpoint or device that cannot be used.
    """

    def __init__(
        self,
        checkpoint: str | os.PathLike[str],
        *,
        backend: Literal["torch", "onnxruntime"] = "torch",
        device: str = "auto",
        precision: str = "auto",
        channels: Literal["rgb", "bgr"] = "rgb",
        flip: bool = True,
        l2: bool = False,
        batch_size: int = 64,
        threads: int = 1,
    ) -> None:
        if channels not in ("rgb", "bgr"):
            raise ValueError(f"channels must be rgb or bgr, not {channels!r}")
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        if backend not in ("torch", "onnxruntime"):
            raise ValueError(f"backend must be torch or onnxruntime, not {backend!r}")
        if backend == "onnxruntime":
            device, precision = "cpu", "float32"
        config = InferenceConfig(batch_size=batch_size, device=device, precision=precision)
        self._session = Session(resolve(checkpoint), config)
        self._compute = _computing(self._session, backend, flip=flip, l2=l2)
        self._channels, self._threads = channels, threads
        self.width = self._session.model.feature_width
        """D."""

    def __call__(
        self, pictures: Picture | Sequence[Picture], boxes: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Return features (N, D), float32.

        A picture is a path, a file's bytes, a Pillow image, or uint8 pixels (H, W, 3) or (H, W); several are a
        list, or pixels (N, H, W, 3). With `boxes` (N, 4), each left, top, right, bottom in pixels, `pictures` is
        one frame, of which each box is a picture; boxes are clipped to the frame.

        Raises InputError for pictures that cannot be read, and boxes without a pixel in the frame.
        """
        many = _as_list(pictures)
        if boxes is not None:
            if len(many) != 1:
                raise InputError(f"boxes are of one frame, not of {len(many)} pictures")
            many = list(crops(self._pixels(many[0]), boxes))
            read: Callable[[Any], NDArray[np.uint8]] = self._resized
        else:
            read = lambda picture: self._resized(self._pixels(picture))  # noqa: E731
        if not many:
            return np.zeros((0, self.width), np.float32)
        return np.concatenate(list(self._features(many, read)))

    def _features(
        self, pictures: list[Any], read: Callable[[Any], NDArray[np.uint8]]
    ) -> Iterator[NDArray[np.float32]]:
        size = self._session.config.batch_size
        batches = (pictures[first : first + size] for first in range(0, len(pictures), size))
        if self._threads == 1 or len(pictures) == 1:
            yield from (self._compute(np.stack(list(map(read, batch)))) for batch in batches)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            yield from (self._compute(np.stack(list(pool.map(read, batch)))) for batch in batches)

    def _pixels(self, picture: Any) -> NDArray[np.uint8]:
        if isinstance(picture, np.ndarray):
            return _from_array(picture, self._channels)
        return read_picture(picture)

    def _resized(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return pixels (h, w, 3) of the network's input size."""
        preprocessing = self._session.preprocessing
        if pixels.shape[:2] == (preprocessing.height, preprocessing.width):
            return pixels
        image = rearrange(torch.from_numpy(np.require(pixels, np.uint8, ["C", "W"])), "h w c -> c h w")
        resized: NDArray[np.uint8] = rearrange(resize(image, preprocessing), "c h w -> h w c").numpy()
        return resized


def _computing(
    session: Session, backend: str, *, flip: bool, l2: bool
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Return what computes features (B, D) of pixels (B, h, w, 3)."""
    preprocessing = session.preprocessing
    if backend == "onnxruntime":
        from ..export import InputConvention, onnx_features

        convention = InputConvention(input="uint8", layout="nhwc", flip=flip, l2=l2)
        return onnx_features(session.model, preprocessing, convention)
    views = Views(preprocessing, flip=flip, crops=1)
    network = torch_network(session.model, session.device, session.precision)

    def compute(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        there = rearrange(torch.from_numpy(pixels).to(session.device), "b h w c -> b c h w")
        features = views.average(network, normalise(there, preprocessing))
        if l2:
            features = torch.nn.functional.normalize(features, dim=1)
        found: NDArray[np.float32] = features.cpu().numpy()
        return found

    return compute


class Created(NamedTuple):
    """A model and what prepares its inputs."""

    model: Captioner | Embedder
    """In evaluation mode; `model.embed(images)` gives features (B, D)."""
    preprocess: Callable[[Any], Tensor]
    """A picture, as `Extractor` takes it (pixels in RGB), to the network's input (3, h, w)."""
    tokenizer: Callable[[str | Sequence[str]], Tensor] | None
    """Texts to ids (B, L) for `model.encode_text` and `model.logits`; None where the model reads none."""


def create(checkpoint: str | os.PathLike[str], *, device: str = "cpu") -> Created:
    """Return a checkpoint's model, preprocessing and tokenizer, for those who come from open_clip.

    `checkpoint` is a file or a name of the zoo. Raises InputError for a checkpoint that cannot be used.
    """
    session = Session(resolve(checkpoint), InferenceConfig(device=device))
    model, preprocessing = session.model, session.preprocessing
    reads_text = isinstance(model, Captioner) and bool(model.readers)
    return Created(model, _preprocessor(preprocessing), _tokenizer(session) if reads_text else None)


def crops(pixels: NDArray[np.uint8], boxes: ArrayLike) -> Iterator[NDArray[np.uint8]]:
    """Yield the parts of a frame (H, W, 3) in boxes (N, 4), each left, top, right, bottom in pixels.

    Edges are rounded and clipped to the frame. Raises InputError for a box without a pixel in it.
    """
    try:
        listed = np.asarray(boxes, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("boxes must be (N, 4) numbers, each left, top, right, bottom in pixels") from error
    listed = listed[None] if listed.shape == (4,) else listed
    if listed.size and (listed.ndim != 2 or listed.shape[1] != 4):
        raise InputError(
            f"boxes must be (N, 4), each left, top, right, bottom in pixels, not {listed.shape}: leave out scores "
            "and classes"
        )
    h, w = pixels.shape[:2]
    for number, box in enumerate(listed):
        if not np.isfinite(box).all():
            raise InputError(f"box {number} is not finite: {box.tolist()}")
        left, top, right, bottom = np.rint(box).astype(int).clip(0, [w, h, w, h])
        if left >= right or top >= bottom:
            raise InputError(
                f"box {number} has no pixel in the frame of {w} x {h}: {box.tolist()} (left, top, right, bottom; "
                "with width and height add left and top to them)"
            )
        yield pixels[top:bottom, left:right]


def read_picture(picture: str | os.PathLike[str] | bytes | Image.Image | None) -> NDArray[np.uint8]:
    """Return pixels (H, W, 3), RGB, of a path, a file's bytes or a Pillow image.

    Raises InputError for what is not a picture.
    """
    if isinstance(picture, bytes):
        return decode_picture(picture)
    if isinstance(picture, Image.Image):
        return image_pixels(picture)
    if picture is None:
        raise InputError("None is not a picture: cv2.imread returns it for a file that it cannot read")
    if not isinstance(picture, str | os.PathLike):
        raise InputError(
            f"a picture is a path, bytes, a Pillow image or uint8 pixels, not {type(picture).__name__}"
        )
    path = Path(picture)
    try:
        return decode_picture(path.read_bytes())
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _from_array(pixels: NDArray[Any], channels: str) -> NDArray[np.uint8]:
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)):
        raise InputError(
            f"pixels must be uint8 (height, width, 3) or (height, width), not {pixels.dtype} {pixels.shape}"
        )
    if pixels.size == 0:
        raise InputError(f"a picture of {pixels.shape[1]} x {pixels.shape[0]} has no pixel")
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    return pixels[..., ::-1] if channels == "bgr" else pixels


def _as_list(pictures: Any) -> list[Any]:
    if isinstance(pictures, np.ndarray):
        return list(pictures) if pictures.ndim == 4 else [pictures]
    is_many = isinstance(pictures, Iterable) and not isinstance(pictures, _ONE)
    return list(pictures) if is_many else [pictures]


def _preprocessor(preprocessing: Preprocessing) -> Callable[[Any], Tensor]:
    def preprocess(picture: Any) -> Tensor:
        pixels = _from_array(picture, "rgb") if isinstance(picture, np.ndarray) else read_picture(picture)
        return prepare(rearrange(torch.from_numpy(np.array(pixels)), "h w c -> c h w"), preprocessing)

    return preprocess


def _tokenizer(session: Session) -> Callable[[str | Sequence[str]], Tensor]:
    model, tokenizer = session.model, session.tokenizer
    assert isinstance(model, Captioner)
    max_tokens = model.textual.max_tokens

    def encode(texts: str | Sequence[str]) -> Tensor:
        return encode_captions(tokenizer, [texts] if isinstance(texts, str) else texts, max_tokens)

    return encode
