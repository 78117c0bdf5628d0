"""How well captions fit images: their log-likelihood, in both directions.

Legend: B images, h w pixels, S cells, C captions, N nodes of a tree, E edges, L tokens, H width,
V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..captioner import EOS, PAD, SOS
from .caption_tree import CaptionTree, trees

if TYPE_CHECKING:
    from ..captioner import Captioner, LayerCache, TextualHead

_BLOCK_ROWS = 1024  # of the output layer at once: 40 MB for a vocabulary of 10,000


@torch.inference_mode()
def score(
    model: Captioner, images: Tensor, captions: Sequence[Sequence[int]], *, backward: bool = False
) -> Tensor:
    """Return log-likelihoods (B, C), in nats, of each of C captions for each of images (B, 3, h, w).

    A caption is its words' ids; its end is scored too, and it is cut at the model's `max_tokens`. With
    `backward` the other decoder reads it from its end. The image is projected once for all captions,
    and what captions begin with is read once. Put the model in evaluation mode first.
    """
    return score_memory(model.textual, model.memory(images), captions, backward=backward)


@torch.inference_mode()
def score_memory(
    textual: TextualHead, memory: Tensor, captions: Sequence[Sequence[int]], *, backward: bool = False
) -> Tensor:
    """Return what `score` does, from what the decoders attend to, (B, S, H)."""
    found = torch.zeros((len(memory), len(captions)), device=memory.device)
    planted = list(trees([_framed(words, textual.max_tokens, backward) for words in captions]))
    if not planted:
        return found
    room = max(len(tree.tokens) for tree in planted)
    caches = textual.start(memory, room, backward=backward)
    for tree in planted:
        found[:, list(tree.captions)] = _score_trees(textual, [tree], caches, backward)
    return found


@torch.inference_mode()
def score_each(
    textual: TextualHead,
    memory: Tensor,
    captions: Sequence[Sequence[Sequence[int]]],
    *,
    backward: bool = False,
) -> list[list[float]]:
    """Return log-likelihoods of each image's own captions, any number of them; memory (B, S, H).

    Images are read together, their trees filled up to the size of the largest.
    """
    framed = [[_framed(words, textual.max_tokens, backward) for words in group] for group in captions]
    planted = [next(trees(group, max_nodes=sum(map(len, group)))) for group in framed]
    room = max(len(tree.tokens) for tree in planted)
    caches = textual.start(memory, room, backward=backward)
    found = _score_trees(textual, planted, caches, backward)
    return [row[: len(group)] for row, group in zip(found.tolist(), captions, strict=True)]


def num_predicted(words: Sequence[int], max_tokens: int) -> int:
    """Return how many tokens of a caption are scored, its end included."""
    return min(len(words), max_tokens - 2) + 1


def _framed(words: Sequence[int], max_tokens: int, backward: bool) -> list[int]:
    kept = list(words[: max_tokens - 2])
    return [EOS, *reversed(kept), SOS] if backward else [SOS, *kept, EOS]


def _score_trees(
    textual: TextualHead, planted: list[CaptionTree], caches: list[LayerCache], backward: bool
) -> Tensor:
    """Score (B, C) one tree an image, or for one that all images share."""
    batch, device = caches[0].memory_keys.shape[0], caches[0].memory_keys.device
    largest = max(len(tree.edge_node) for tree in planted)

    def stacked(arrays: Sequence[NDArray[Any]], fill: int) -> Tensor:
        return torch.from_numpy(_stacked(arrays, fill)).to(device)

    for cache in caches:
        cache.clear()
    tokens = stacked([tree.tokens for tree in planted], PAD).expand(batch, -1)
    positions = stacked([tree.positions for tree in planted], 0)
    mask = stacked([tree.is_seen for tree in planted], 0)
    mask |= torch.eye(mask.shape[1], dtype=torch.bool, device=device)  # or what fills up would read nothing
    read = textual.step(tokens, positions, caches, rearrange(mask, "b n m -> b 1 n m"), backward=backward)
    node = stacked([tree.edge_node for tree in planted], 0).expand(batch, -1)
    token = stacked([tree.edge_token for tree in planted], 0).expand(batch, -1)
    paths = [np.where(tree.paths == len(tree.edge_node), largest, tree.paths) for tree in planted]
    edges = functional.pad(_edges(textual, read, node, token), (0, 1))
    path = stacked(paths, largest).expand(batch, -1, -1)
    taken = edges.gather(1, rearrange(path, "b c l -> b (c l)"))
    return rearrange(taken, "b (c l) -> b c l", c=path.shape[1]).sum(dim=-1)


def _edges(textual: TextualHead, read: Tensor, node: Tensor, token: Tensor) -> Tensor:
    """Return log-likelihoods (B, E) of `token` at `node`, both (B, E), from what was read, (B, N, H)."""
    images_at_once = max(1, _BLOCK_ROWS // read.shape[1])
    parts = []
    for first in range(0, len(read), images_at_once):
        some = slice(first, first + images_at_once)
        scores = textual.scores(read[some]).float()
        row = torch.arange(len(scores), device=read.device)[:, None]
        parts.append(scores[row, node[some], token[some]] - scores.logsumexp(dim=-1).gather(1, node[some]))
    return torch.cat(parts)


def _stacked(arrays: Sequence[NDArray[Any]], fill: int) -> NDArray[Any]:
    """Stack arrays, each filled up at its ends to the largest size of each axis."""
    shape = tuple(max(sizes) for sizes in zip(*(array.shape for array in arrays), strict=True))
    out = np.full((len(arrays), *shape), fill, arrays[0].dtype)
    for place, array in zip(out, arrays, strict=True):
        place[tuple(map(slice, array.shape))] = array
    return out
