"""The textual head: from a feature map to captions read in both directions.

Desai & Johnson, "VirTex", CVPR 2021, section 3: two transformer decoders share the projection
of the image, the token and position embedding, and the output layer tied to it.

Legend: B images, C channels, gh gw grid cells, S = gh * gw, L tokens, M newest tokens, N tokens so far,
H width, V vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Literal

import torch
from einops import rearrange, reduce
from torch import Tensor, nn
from torch.nn import functional

from ..errors import InputError
from .attention import Decoder, Encoder, LayerSizes, Packed
from .cache import LayerCache

PAD, SOS, EOS, MASK, UNK = range(5)
"""Ids of the special tokens, the same in every tokenizer (docs/formats.md)."""

Reader = Literal["forward", "backward", "masked", "encoder"]
"""What reads captions: the causal decoders, the one that fills gaps, the encoder that sees no image."""

_NAME = re.compile(r"L(\d+)_H(\d+)(?:_A(\d+))?(?:_F(\d+))?")
_HEAD_WIDTH, _FEEDFORWARD_FACTOR = 64, 4  # where a name leaves them out: VirTex's, for every width
LAYER_NORM_EPSILON = 1e-5
"""torch's; of the norm behind the embedding a converted model may have another (VirTex: 1e-8)."""

_INIT_STD, _INIT_WIDTH = 0.02, 1024
"""Of all weights, as in BERT and VirTex; of decoders narrower than this as much more as keeps what they add
to a token as large, else they hardly see the image at first."""


class TextualHead(nn.Module):
    """Projection, embedding, the decoders and a tied output layer; beside them perhaps a text encoder.

    `name` reads `L1_H1024_A16_F4096`: layers of each reader, width, heads, feed-forward width;
    `L1_H1024` means heads of 64 and four times the width. `max_tokens` counts [SOS] and [EOS].
    `norm` is `post` or `pre`. Raises InputError where these do not fit together.

    Of `forward_decoder`, `backward_decoder`, `masked_decoder` and `encoder` there are those that
    `readers` names; `projection` and `output_bias` are there if any decoder is.
    """

    projection: nn.Linear
    output_bias: nn.Parameter
    forward_decoder: Decoder
    backward_decoder: Decoder
    masked_decoder: Decoder
    encoder: Encoder

    def __init__(
        self,
        name: str,
        *,
        visual_width: int,
        vocabulary_size: int,
        max_tokens: int,
        dropout: float = 0.1,
        norm: str = "post",
        embedding_epsilon: float = LAYER_NORM_EPSILON,
        readers: Collection[Reader] = ("forward", "backward"),
    ) -> None:
        super().__init__()
        num_layers, width, num_heads, feedforward_width = sizes(name)
        _check_limits(vocabulary_size, max_tokens, dropout)
        if norm not in ("post", "pre"):
            raise InputError(f"norm must be post or pre, not {norm!r}")
        self.architecture: dict[str, Any] = {
            "name": f"L{num_layers}_H{width}_A{num_heads}_F{feedforward_width}",
            "vocabulary_size": vocabulary_size,
            "max_tokens": max_tokens,
            "dropout": dropout,
            **({} if norm == "post" else {"norm": norm}),
            **({} if embedding_epsilon == LAYER_NORM_EPSILON else {"embedding_epsilon": embedding_epsilon}),
        }
        self.max_tokens, self.width, self.readers = max_tokens, width, tuple(readers)
        self.packed_output: Callable[[Tensor], Tensor] | None = None
        """What `scores` computes with, once the head is laid out for reading (layout.py)."""
        has_decoder = any(reader != "encoder" for reader in readers)
        if has_decoder:
            self.projection = nn.Linear(visual_width, width)
        self.embedding = TokenEmbedding(vocabulary_size, max_tokens, width, dropout, embedding_epsilon)
        layer = LayerSizes(width, num_heads, feedforward_width, dropout, norm == "pre")
        if "forward" in readers:
            self.forward_decoder = Decoder(num_layers, layer)
        if "backward" in readers:
            self.backward_decoder = Decoder(num_layers, layer)
        if "masked" in readers:
            self.masked_decoder = Decoder(num_layers, layer, is_causal=False)
        if "encoder" in readers:
            self.encoder = Encoder(num_layers, layer)
        if has_decoder:
            self.output_bias = nn.Parameter(torch.zeros(vocabulary_size))
        self.apply(partial(_initialise, std=_INIT_STD * max(1.0, (_INIT_WIDTH / width) ** 0.5)))

    def memory(self, grid: Tensor) -> Tensor:
        """Return projected cells (B, S, H) of a feature map (B, C, gh, gw): what the decoders attend to."""
        cells: Tensor = self.projection(rearrange(grid, "b c gh gw -> b (gh gw) c"))
        return cells

    def forward(self, memory: Tensor, tokens: Tensor, *, backward: bool = False) -> Tensor:
        """Scores (B, L, V) of the token after each of tokens (B, L), or before it when `backward`."""
        return self.scores(self.read(memory, tokens, backward=backward))

    def read(self, memory: Tensor, tokens: Tensor, *, backward: bool = False) -> Tensor:
        """Return what `forward` scores, (B, L, H). Padding comes last, so no token sees any."""
        out: Tensor = self._decoder(backward)(self.embedding(tokens), memory)
        return out

    def read_packed(
        self, memory: Tensor, tokens: Tensor, is_read: Tensor, *, backward: bool = False
    ) -> Tensor:
        """Return what `read` gives at the places of `is_read` (B, L), (P, H), computed at these places alone.

        Of each caption these are a beginning.
        """
        packed = Packed.of(is_read)
        x = packed.pack(self.embedding(tokens))
        out: Tensor = self._decoder(backward)(x, memory, packed=packed)
        return out

    def fill(self, memory: Tensor, tokens: Tensor) -> Tensor:
        """Return what is read (B, L, H) at each of tokens (B, L), some of them [MASK], by seeing all but
        padding.
        """
        out: Tensor = self.masked_decoder(self.embedding(tokens), memory, mask=_is_token(tokens))
        return out

    def encode(self, tokens: Tensor) -> Tensor:
        """Return captions (B, L) without an image: the mean (B, H) of what the encoder reads at their tokens."""
        read = self.encoder(self.embedding(tokens), mask=_is_token(tokens))
        is_token = rearrange(tokens != PAD, "b l -> b l 1")
        summed = reduce(read * is_token, "b l h -> b h", "sum")
        mean: Tensor = summed / reduce(is_token, "b l 1 -> b 1", "sum")
        return mean

    def start(self, memory: Tensor, room: int, *, backward: bool = False) -> list[LayerCache]:
        """Return caches for at most `room` tokens about each of memory (B, S, H), which arrive by `step`."""
        return self._decoder(backward).start(memory, room)

    def step(
        self,
        tokens: Tensor,
        positions: Tensor,
        caches: list[LayerCache],
        mask: Tensor | None = None,
        *,
        backward: bool = False,
    ) -> Tensor:
        """Return what `scores` makes words of, (B, M, H), at tokens (B, M) that stand at `positions` (...,
        M).

        `mask` (B, 1, M, N) tells which of all N tokens so far come before each, itself among them; None:
        all. Rows are equal to those of `forward` on whole captions, without computing these again.
        """
        return self._decoder(backward).step(self.embedding(tokens, positions), caches, mask)

    def scores(self, x: Tensor) -> Tensor:
        """Scores (..., V) of the vocabulary from what was read, (..., H)."""
        if self.packed_output is not None:
            return self.packed_output(x)
        return functional.linear(x, self.embedding.token.weight, self.output_bias)

    def _decoder(self, backward: bool) -> Decoder:
        return self.backward_decoder if backward else self.forward_decoder


class TokenEmbedding(nn.Module):
    """Token plus learnt position, normalised; padding is the zero vector before the position."""

    def __init__(
        self, vocabulary_size: int, max_tokens: int, width: int, dropout: float, epsilon: float
    ) -> None:
        super().__init__()
        self.token = nn.Embedding(vocabulary_size, width, padding_idx=PAD)
        self.position = nn.Embedding(max_tokens, width)
        self.norm = nn.LayerNorm(width, eps=epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, positions: Tensor | None = None) -> Tensor:
        """Return (B, L, H) of tokens (B, L) that stand at `positions` (..., L): 0 to L - 1 where None."""
        if positions is None:
            if tokens.shape[1] > self.position.num_embeddings:
                raise ValueError(
                    f"captions of {tokens.shape[1]} tokens: the model has "
                    f"{self.position.num_embeddings} positions"
                )
            position = self.position.weight[: tokens.shape[1]]
        else:
            position = self.position(positions)
        x: Tensor = self.dropout(self.norm(self.token(tokens) + position))
        return x


def sizes(name: str) -> tuple[int, int, int, int]:
    """Return layers, width, heads and feed-forward width of a textual head; raises InputError for what is no
    name.

    >>> sizes("L1_H1024")
    (1, 1024, 16, 4096)
    """
    match = _NAME.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise InputError(f"no textual head is called {name!r}: write it as L1_H1024_A16_F4096 or L1_H1024")
    num_layers, width = int(match[1]), int(match[2])
    if match[3] is None and width % _HEAD_WIDTH:
        raise InputError(
            f"{name}: the width {width} is not a multiple of {_HEAD_WIDTH}: say how many heads, as in _A16"
        )
    num_heads = int(match[3] or width // _HEAD_WIDTH)
    feedforward_width = int(match[4] or width * _FEEDFORWARD_FACTOR)
    if 0 in (num_layers, width, num_heads, feedforward_width):
        raise InputError(f"{name}: layers, width, heads and feed-forward width must be above 0")
    if width % num_heads:
        raise InputError(f"{name}: the width {width} must be a multiple of the {num_heads} heads")
    return num_layers, width, num_heads, feedforward_width


def _is_token(tokens: Tensor) -> Tensor:
    return rearrange(tokens != PAD, "b l -> b 1 1 l")


def _check_limits(vocabulary_size: int, max_tokens: int, dropout: float) -> None:
    if type(vocabulary_size) is not int or vocabulary_size <= UNK:
        raise InputError(f"vocabulary_size must be above {UNK} (the special tokens), not {vocabulary_size}")
    if type(max_tokens) is not int or max_tokens < 3:  # [SOS], one word, [EOS]
        raise InputError(f"max_tokens must be at least 3, not {max_tokens}")
    if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise InputError(f"dropout must be at least 0 and below 1, not {dropout}")


def _initialise(module: nn.Module, std: float) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=std)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
    if isinstance(module, nn.Embedding) and module.padding_idx is not None:
        nn.init.zeros_(module.weight[module.padding_idx])
