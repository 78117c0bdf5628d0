"""Captions for images, word by word, without computing anything twice.

The image is projected once for all its captions, keys and values are kept (`cache.py`), images that
are done leave the batch, and all ends when the last is done.

Legend: B images, h w pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .beam_search import BeamSearch, beam_search
from .hypotheses import Caption, Growth
from .sampling import Sampling, sample

if TYPE_CHECKING:
    from ..captioner.captioner import Captioner


@torch.inference_mode()
def generate(
    model: Captioner, images: Tensor, method: BeamSearch | Sampling | None = None, *, first_image: int = 0
) -> list[list[Caption]]:
    """Captions of each of images (B, 3, h, w), by beam search unless `method` says otherwise.

    Beam search gives the best first; sampling in the order drawn, of the images that bear the
    numbers from `first_image` on: what is drawn depends on the seed and on that number, not on the
    batch. Captions are cut, by their end, at the model's `max_tokens`. [PAD], [MASK] and a second start
    are never chosen. Put the model in evaluation mode first.
    """
    method = BeamSearch() if method is None else method
    growth = Growth(model.textual, model.memory(images), method.width, backward=method.backward)
    if isinstance(method, Sampling):
        return sample(growth, method, first_image)
    return beam_search(growth, method)
