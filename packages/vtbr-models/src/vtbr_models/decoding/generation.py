"""Captions for images, word by word, without computing anything twice.

The image is projected once for all its captions, keys and values are kept (`captioner/cache.py`), finished
images leave the batch, and generation ends with the last of them.

Legend: B images, h w pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .beam_search import BeamSearch, beam_search
from .hypotheses import Caption, Hypotheses
from .sampling import Sampling, sample

if TYPE_CHECKING:
    from ..captioner import Captioner


@torch.inference_mode()
def generate(
    model: Captioner,
    images: Tensor,
    method: BeamSearch | Sampling | None = None,
    *,
    numbers: Sequence[int] | None = None,
) -> list[list[Caption]]:
    """Write captions for each of images (B, 3, h, w), by beam search unless `method` says otherwise.

    Beam search returns the best first, sampling in the order drawn. What is drawn for an image depends on
    the seed and its number in `numbers` (from 0 on where None), not on the batch. Captions end at the model's
    `max_tokens` at the latest. [PAD], [MASK] and a second start are never chosen. Put the model in evaluation
    mode first.
    """
    method = BeamSearch() if method is None else method
    hypotheses = Hypotheses(model.textual, model.memory(images), method.width, backward=method.backward)
    if isinstance(method, Sampling):
        return sample(hypotheses, method, range(len(images)) if numbers is None else numbers)
    return beam_search(hypotheses, method)
