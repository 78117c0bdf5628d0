"""One space for images and captions: what belongs together is near (after CLIP, Radford et al., ICML 2021).

Legend: B images of this process, N images of all processes, C channels, H textual width, D width
of the space, L tokens.
"""

from __future__ import annotations

import math

import torch
from einops import rearrange
from torch import Tensor, distributed, nn
from torch.nn import functional

from ..processes import gather, trains_together
from .attributes import UNKNOWN
from .textual import PAD

_FIRST_SCALE, _LARGEST_SCALE = 1 / 0.07, 100.0  # of cosines before the softmax: CLIP, section 2.5
_NEVER = -1e4  # a score whose share of the softmax is 0


class DualHead(nn.Module):
    """Projections of pooled images and captions into their common space, and a learnt temperature."""

    def __init__(self, image_width: int, text_width: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.image_projection = nn.Linear(image_width, width, bias=False)
        self.text_projection = nn.Linear(text_width, width, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))
        for projection in (self.image_projection, self.text_projection):
            nn.init.normal_(projection.weight, std=projection.in_features**-0.5)

    def embed_images(self, pooled: Tensor) -> Tensor:
        """Return unit vectors (B, D), float32, of pooled images (B, C)."""
        return functional.normalize(self.image_projection(pooled).float(), dim=-1)

    def embed_texts(self, pooled: Tensor) -> Tensor:
        """Return unit vectors (B, D), float32, of pooled captions (B, H)."""
        return functional.normalize(self.text_projection(pooled).float(), dim=-1)

    def loss(
        self,
        images: Tensor,
        texts: Tensor,
        tokens: Tensor,
        identities: Tensor | None,
        *,
        wrong_texts: Tensor | None = None,
        is_wrong: Tensor | None = None,
    ) -> Tensor:
        """Return symmetric contrastive loss of unit vectors (B, D) of images and of their captions (B, L), in
        nats.

        Mean over images and captions of the cross-entropy to all that they match, equally likely: their
        own, those of the same identity (B,) (-1: unknown), and those with the same caption, which
        as negatives would teach a falsehood (Yang et al., "UniCL", CVPR 2022, equation 3). Under
        torch.distributed all processes' pairs take part; each must have as many.

        `wrong_texts` (B, D) are untrue of their image where `is_wrong` (B,): one more caption that each image must
        not match (Yuksekgonul et al., "NegCLIP", ICLR 2023).
        """
        if identities is None:
            identities = torch.full_like(tokens[:, 0], UNKNOWN)
        all_images, all_texts = gather(images), gather(texts)
        all_tokens, all_identities = _gather_captions(tokens), gather(identities)
        first = _rank() * len(images)
        own = slice(first, first + len(images))
        matches = match(all_tokens, all_identities)[own]
        with torch.autocast(images.device.type, enabled=False):  # cosines times 100 need their digits
            scale: Tensor = self.log_scale.exp().clamp(max=_LARGEST_SCALE)
            scores = scale * images @ all_texts.T
            if wrong_texts is not None and is_wrong is not None:
                wrong = (scale * (images * wrong_texts).sum(dim=1)).masked_fill(~is_wrong, _NEVER)
                to_texts = _cross_entropy(torch.cat([scores, wrong[:, None]], dim=1), _with_none(matches))
            else:
                to_texts = _cross_entropy(scores, matches)
            to_images = _cross_entropy(scale * texts @ all_images.T, matches)
        return (to_texts + to_images) / 2


def match(tokens: Tensor, identities: Tensor) -> Tensor:
    """Return which of captions (N, L) belong to one another's images, (N, N): by caption or by identity (N,).

    >>> match(torch.tensor([[1, 7, 2], [1, 8, 2], [1, 7, 2]]), torch.tensor([-1, -1, -1])).int().tolist()
    [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    """
    _, caption = torch.unique(tokens, dim=0, return_inverse=True)
    is_same_caption: Tensor = rearrange(caption, "n -> n 1") == caption
    is_same_person: Tensor = (rearrange(identities, "n -> n 1") == identities) & (identities != UNKNOWN)
    return is_same_caption | is_same_person


def is_other(tokens: Tensor, than: Tensor) -> Tensor:
    """Return which of captions (B, L) are other ones than captions (B, L'), (B,); padding does not count.

    >>> is_other(torch.tensor([[1, 7, 2, 0], [1, 8, 2, 0]]), torch.tensor([[1, 7, 2], [1, 9, 2]])).tolist()
    [False, True]
    """
    length = max(tokens.shape[1], than.shape[1])
    ours, theirs = (functional.pad(each, (0, length - each.shape[1]), value=PAD) for each in (tokens, than))
    return (ours != theirs).any(dim=1)


def _gather_captions(tokens: Tensor) -> Tensor:
    """Return captions of all processes (N, L), as long as the longest of any."""
    if not trains_together():
        return tokens
    longest = torch.tensor(tokens.shape[1], device=tokens.device)
    distributed.all_reduce(longest, distributed.ReduceOp.MAX)
    return gather(functional.pad(tokens, (0, int(longest) - tokens.shape[1]), value=PAD))


def _with_none(matches: Tensor) -> Tensor:
    """Return matches (B, N) with one more caption, which no image matches."""
    return functional.pad(matches, (0, 1), value=False)


def _cross_entropy(scores: Tensor, matches: Tensor) -> Tensor:
    """Return the cross-entropy of scores (B, N) to the matches (B, N), equally likely; the mean over B."""
    target = matches / matches.sum(dim=1, keepdim=True)
    return functional.cross_entropy(scores, target)


def _rank() -> int:
    return distributed.get_rank() if trains_together() else 0
