"""The textual head: from a feature map to captions read in both directions.

Desai & Johnson, "VirTex", CVPR 2021, section 3: two transformer decoders share the projection
of the image, the token and position embedding, and the output layer tied to it.

Legend: B images, C channels, gh gw grid cells, S = gh * gw, L tokens, M newest tokens, N tokens so far,
H width, V vocabulary.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from vtbr_models.attention import Decoder
from vtbr_models.cache import LayerCache
from vtbr_models.errors import InputError

PAD, SOS, EOS, MASK, UNK = range(5)
"""Ids of the special tokens, the same in every tokenizer (docs/formats.md)."""

_NAME = re.compile(r"L(\d+)_H(\d+)_A(\d+)_F(\d+)")
_INIT_STD = 0.02  # of all weights, as in BERT and VirTex


class TextualHead(nn.Module):
    """Projection, embedding, a forward and a backward decoder, and a tied output layer.

    `name` reads `L1_H1024_A16_F4096`: layers a direction, width, heads, feed-forward width.
    `max_tokens` counts [SOS] and [EOS]. Raises InputError where these do not fit together.
    """

    def __init__(
        self, name: str, *, visual_width: int, vocabulary_size: int, max_tokens: int, dropout: float = 0.1
    ) -> None:
        super().__init__()
        num_layers, width, num_heads, feedforward_width = _sizes(name)
        _check_limits(vocabulary_size, max_tokens, dropout)
        self.architecture: dict[str, Any] = {
            "name": name,
            "vocabulary_size": vocabulary_size,
            "max_tokens": max_tokens,
            "dropout": dropout,
        }
        self.max_tokens = max_tokens
        self.projection = nn.Linear(visual_width, width)
        self.embedding = TokenEmbedding(vocabulary_size, max_tokens, width, dropout)
        self.forward_decoder = Decoder(num_layers, width, num_heads, feedforward_width, dropout)
        self.backward_decoder = Decoder(num_layers, width, num_heads, feedforward_width, dropout)
        self.output_bias = nn.Parameter(torch.zeros(vocabulary_size))
        self.apply(_initialise)

    def memory(self, grid: Tensor) -> Tensor:
        """Projected cells (B, S, H) of a feature map (B, C, gh, gw): what the decoders attend to."""
        cells: Tensor = self.projection(rearrange(grid, "b c gh gw -> b (gh gw) c"))
        return cells

    def forward(self, memory: Tensor, tokens: Tensor, *, backward: bool = False) -> Tensor:
        """Scores (B, L, V) of the token after each of tokens (B, L), or before it when `backward`."""
        return self.scores(self._decoder(backward)(self.embedding(tokens), memory))

    def start(self, memory: Tensor, room: int, *, backward: bool = False) -> list[LayerCache]:
        """Caches for at most `room` tokens about each of memory (B, S, H), which arrive by `step`."""
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
        """What `scores` makes words of, (B, M, H), at tokens (B, M) that stand at `positions` (..., M).

        `mask` (B, 1, M, N) tells which of all N tokens so far come before each, itself among them; None:
        all. Rows are equal to those of `forward` on whole captions, without computing these again.
        """
        return self._decoder(backward).step(self.embedding(tokens, positions), caches, mask)

    def scores(self, x: Tensor) -> Tensor:
        """Scores (..., V) of the next token from what the decoders give, (..., H)."""
        return functional.linear(x, self.embedding.token.weight, self.output_bias)

    def _decoder(self, backward: bool) -> Decoder:
        return self.backward_decoder if backward else self.forward_decoder


class TokenEmbedding(nn.Module):
    """Token plus learnt position, normalised; padding is the zero vector before the position."""

    def __init__(self, vocabulary_size: int, max_tokens: int, width: int, dropout: float) -> None:
        super().__init__()
        self.token = nn.Embedding(vocabulary_size, width, padding_idx=PAD)
        self.position = nn.Embedding(max_tokens, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, positions: Tensor | None = None) -> Tensor:
        """(B, L, H) of tokens (B, L) that stand at `positions` (..., L): 0 to L - 1 where None."""
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


def _sizes(name: str) -> tuple[int, int, int, int]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise InputError(f"no textual head is called {name!r}: write it as L1_H1024_A16_F4096")
    num_layers, width, num_heads, feedforward_width = map(int, match.groups())
    if 0 in (num_layers, width, num_heads, feedforward_width):
        raise InputError(f"{name}: layers, width, heads and feed-forward width must be above 0")
    if width % num_heads:
        raise InputError(f"{name}: the width {width} must be a multiple of the {num_heads} heads")
    return num_layers, width, num_heads, feedforward_width


def _check_limits(vocabulary_size: int, max_tokens: int, dropout: float) -> None:
    if vocabulary_size <= UNK:
        raise InputError(f"vocabulary_size must be above {UNK} (the special tokens), not {vocabulary_size}")
    if max_tokens < 3:  # [SOS], one word, [EOS]
        raise InputError(f"max_tokens must be at least 3, not {max_tokens}")
    if not 0 <= dropout < 1:
        raise InputError(f"dropout must be at least 0 and below 1, not {dropout}")


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=_INIT_STD)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
    if isinstance(module, nn.Embedding) and module.padding_idx is not None:
        nn.init.zeros_(module.weight[module.padding_idx])
