"""Reading one picture.

H height, W width, in pixels.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torchvision.io import ImageReadMode, decode_jpeg, decode_png

from ..errors import InputError

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_JPEG_END = b"\xff\xd9"


def read_image(path: Path) -> Tensor:
    """The picture at `path` as RGB, uint8 (3, H, W).

    JPEG and PNG take torchvision's decoders, anything else Pillow's. Raises `InputError` naming the file if it is
    missing, is no picture, or is cut off.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; `vtbr-data check` lists all such images") from error
    try:
        return _decode(data)
    except (RuntimeError, ValueError, SyntaxError, OSError, UnidentifiedImageError) as error:
        raise InputError(
            f"{path}: is no readable picture (cut off or damaged); `vtbr-data check` lists all such images"
        ) from error


def _decode(data: bytes) -> Tensor:
    # libjpeg fills what is missing with gray and only warns: a cut file must go the strict way, through Pillow.
    is_whole_jpeg = data.startswith(_JPEG) and _JPEG_END in data[-1024:]
    if is_whole_jpeg or data.startswith(_PNG):
        encoded = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        decode = decode_jpeg if is_whole_jpeg else decode_png
        pixels: Tensor = decode(encoded, mode=ImageReadMode.RGB)
        return pixels
    with Image.open(io.BytesIO(data)) as picture:
        return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).contiguous()
