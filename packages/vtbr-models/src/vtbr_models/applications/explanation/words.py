"""Which places of a picture make the words of its caption.

Legend: C channels, gh gw places, S = gh * gw, W words (tokens) of a caption, L tokens read, H width, A heads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from einops import rearrange, reduce
from torch import Tensor, nn

from ...captioner import EOS, SOS, Attention, Layer, TextualHead


class WordMaps(NamedTuple):
    """Of one caption about one picture."""

    maps: Tensor
    """(W, gh, gw)."""
    log_likelihood: Tensor
    """(W,), in nats: of each token after those before it, the mean over directions."""


def gradients(textual: TextualHead, grid: Tensor, words: Sequence[int]) -> WordMaps:
    """Return what each place does for a word: its cells times the gradient of the word's log-likelihood,
    summed.

    Above 0 the place makes the word likelier, in nats to first order (HiResCAM: Draelos et al., "Use
    HiResCAM instead of Grad-CAM", arXiv 2011.08891; Grad-CAM would average the gradient over places, which
    the decoders' attention makes different). The mean over the directions that the model reads in.

    `grid` (C, gh, gw) is the picture's feature map, `words` the caption's ids without [SOS] and [EOS].
    Outside of `torch.inference_mode`.
    """
    found = []
    for backward in _directions(textual):
        inputs, targets = _read(words, backward, grid.device)
        place = torch.arange(len(words), device=grid.device)
        with torch.enable_grad():
            leaf = grid.detach().float().expand(len(words), *grid.shape).clone().requires_grad_()
            memory = textual.memory(leaf)
            read = textual.read(memory, inputs.expand(len(words), -1), backward=backward)[place, place]
            chosen = textual.scores(read).log_softmax(dim=-1)[place, targets]
            (gradient,) = torch.autograd.grad(chosen.sum(), [leaf])
        maps = reduce(leaf.detach() * gradient, "w c gh gw -> w gh gw", "sum")
        found.append(_in_reading_order(maps, chosen.detach(), backward))
    return _mean(found)


@torch.no_grad()
def attention(textual: TextualHead, grid: Tensor, words: Sequence[int]) -> WordMaps:
    """Return where the decoders looked when each word was next: their attention, which sums to 1.

    The mean over heads, layers and directions, as Xu et al. show it ("Show, Attend and Tell", ICML 2015).
    What is looked at need not be what decides ("Attention is not Explanation", Jain and Wallace, NAACL
    2019): compare with `gradients`. Parameters as there.
    """
    found = []
    memory = textual.memory(rearrange(grid.float(), "c gh gw -> 1 c gh gw"))
    for backward in _directions(textual):
        inputs, targets = _read(words, backward, grid.device)
        decoder = textual.backward_decoder if backward else textual.forward_decoder
        with _watched([layer.cross_attention for layer in _layers(decoder.layers)]) as seen:
            read = textual.read(memory, rearrange(inputs, "l -> 1 l"), backward=backward)[0]
        chosen = textual.scores(read).log_softmax(dim=-1)[torch.arange(len(words)), targets]
        weights = reduce(torch.stack(seen), "layer 1 a l s -> l s", "mean")
        maps = rearrange(weights, "l (gh gw) -> l gh gw", gh=grid.shape[1])
        found.append(_in_reading_order(maps, chosen, backward))
    return _mean(found)


METHODS: dict[str, Callable[[TextualHead, Tensor, Sequence[int]], WordMaps]] = {
    "gradient": gradients,
    "attention": attention,
}
"""By the names that `vtbr-models explain --method` takes."""


def _directions(textual: TextualHead) -> list[bool]:
    """Return whether it reads backward, of each decoder that the model has."""
    return [
        backward for backward, name in ((False, "forward"), (True, "backward")) if name in textual.readers
    ]


def _read(words: Sequence[int], backward: bool, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the tokens (W,) that the decoder reads, and the word (W,) that follows each."""
    ordered = list(reversed(words)) if backward else list(words)
    inputs = [EOS if backward else SOS, *ordered[:-1]]
    return torch.tensor(inputs, device=device), torch.tensor(ordered, device=device)


def _in_reading_order(maps: Tensor, log_likelihood: Tensor, backward: bool) -> WordMaps:
    return WordMaps(maps.flip(0), log_likelihood.flip(0)) if backward else WordMaps(maps, log_likelihood)


def _mean(found: list[WordMaps]) -> WordMaps:
    maps, likelihoods = zip(*found, strict=True)
    return WordMaps(torch.stack(maps).mean(dim=0), torch.stack(likelihoods).mean(dim=0))


def _layers(layers: nn.ModuleList) -> Iterator[Layer]:
    return (layer for layer in layers if isinstance(layer, Layer))


@contextmanager
def _watched(modules: Iterator[Attention] | Sequence[Attention]) -> Iterator[list[Tensor]]:
    """Yield the weights (B, A, L, S) of each of these, once they have run: fused kernels do not give them."""
    seen: list[Tensor] = []

    def watch(module: nn.Module, inputs: tuple[Tensor, Tensor, Tensor]) -> None:
        assert isinstance(module, Attention)
        seen.append(module.weights(*inputs[:2]))

    handles = [module.register_forward_pre_hook(watch) for module in modules]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
