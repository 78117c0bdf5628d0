"""Reading one picture.

H height, W width, in pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import InputError


def read_image(path: Path) -> Tensor:
    """The picture at `path` as RGB, uint8 (3, H, W).

    Raises `InputError` naming the file if it is missing, is no picture, or is cut off.
    """
    try:
        # Pillow refuses a cut file, where libjpeg by itself fills what is missing with gray and only warns.
        with Image.open(path) as picture:
            pixels = np.array(picture.convert("RGB"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such image; `vtbr-data check` lists all that are missing") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: is no readable picture (cut off or damaged); `vtbr-data check` lists all such images"
        ) from error
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()
