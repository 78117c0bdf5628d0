"""The layers that read captions: self-attention, attention to the image, feed-forward.

The same parameters as `torch.nn.TransformerDecoderLayer`, in separate matrices. Post-norm, as in
"Attention is all you need" and VirTex, or pre-norm ("On Layer Normalization in the Transformer
Architecture", Xiong et al., ICML 2020), which then ends a stack in a norm of its own.

Training on a CPU computes no padding: the tokens of a batch lie packed in one row (`Packed`), and only
attention among them sees captions apart.

Legend: B images, L tokens, M newest tokens, N tokens so far, P packed tokens, S cells, H width, A heads,
D width of a head.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from .cache import LayerCache


class LayerSizes(NamedTuple):
    """What layers are built from."""

    width: int
    num_heads: int
    feedforward_width: int
    dropout: float
    is_pre_norm: bool = False


class Packed(NamedTuple):
    """Where the tokens that are computed lie in a batch (B, L); the others are padding."""

    places: Tensor
    """(P,), counted through the whole batch, caption after caption."""
    batch: int
    length: int

    @classmethod
    def of(cls, is_token: Tensor) -> Packed:
        """Make the packing of booleans (B, L)."""
        return cls(is_token.flatten().nonzero().squeeze(1), *is_token.shape)

    def pack(self, x: Tensor) -> Tensor:
        """Pack (B, L, H) to (P, H)."""
        return rearrange(x, "b l h -> (b l) h").index_select(0, self.places)

    def unpack(self, x: Tensor) -> Tensor:
        """Unpack (P, H) to (B, L, H), with zeros for padding."""
        rows = x.new_zeros(self.batch * self.length, x.shape[-1]).index_copy(0, self.places, x)
        return rearrange(rows, "(b l) h -> b l h", b=self.batch)


_BLOCK = 64
"""Tokens that a batch's number is rounded up to, where that matters."""


def in_whole_blocks(is_token: Tensor) -> Tensor:
    """Return booleans (B, L) with so many more places that their number is one of a few, in bfloat16 on a CPU.

    oneDNN makes, keeps and tunes a kernel for each number of rows that a matrix product has: with another
    number in each batch, memory grows and the first hundreds of steps take twice as long. The added places
    are the first free ones, so that of a caption's places those read stay a beginning.

    >>> with torch.autocast("cpu", torch.bfloat16):
    ...     in_whole_blocks(torch.rand(30, 10) < 0.5).sum() % 64
    tensor(0)
    """
    if not torch.is_autocast_enabled("cpu"):
        return is_token
    missing = -int(is_token.sum()) % _BLOCK
    free = ~is_token.flatten()
    return is_token | (free & (free.cumsum(0) <= missing)).view_as(is_token)


class Attention(nn.Module):
    """Multi-head attention through torch's fused kernels."""

    def __init__(self, width: int, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.num_heads = num_heads
        self.dropout = dropout

    def keys_values(self, source: Tensor, packed: Packed | None = None) -> tuple[Tensor, Tensor]:
        """Return keys and values, each (B, A, S, D), of what is attended to, (B, S, H), or (P, H) where
        packed.
        """
        return self._heads(self.key(source), packed), self._heads(self.value(source), packed)

    def forward(
        self,
        x: Tensor,
        keys: Tensor,
        values: Tensor,
        *,
        is_causal: bool = False,
        mask: Tensor | None = None,
        packed: Packed | None = None,
    ) -> Tensor:
        """Return what x (B, L, H) reads from the keys and values (B, A, S, D): (B, L, H); (P, H) where
        packed.

        `mask`, booleans that broadcast to (B, A, L, S), tells what each token may attend to.
        """
        read = functional.scaled_dot_product_attention(
            self._heads(self.query(x), packed),
            keys,
            values,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=is_causal,
        )
        read = rearrange(read, "b a l d -> b l (a d)")
        out: Tensor = self.output(read if packed is None else packed.pack(read))
        return out

    def weights(self, x: Tensor, keys: Tensor) -> Tensor:
        """Return how much each of x (B, L, H) attends to each of the keys (B, A, S, D): (B, A, L, S); no
        mask.
        """
        query = self._heads(self.query(x))
        scores = torch.einsum("bald,basd->bals", query, keys)
        weights: Tensor = (scores / query.shape[-1] ** 0.5).softmax(dim=-1)
        return weights

    def _heads(self, x: Tensor, packed: Packed | None = None) -> Tensor:
        x = x if packed is None else packed.unpack(x)
        return rearrange(x, "b l (a d) -> b a l d", a=self.num_heads)


class Layer(nn.Module):
    """Self-attention, attention to the image if there is one, feed-forward; each is added to its input."""

    def __init__(self, sizes: LayerSizes, *, sees_image: bool = True) -> None:
        super().__init__()
        self.self_attention = Attention(sizes.width, sizes.num_heads, sizes.dropout)
        self.self_norm = nn.LayerNorm(sizes.width)
        self.sees_image = sees_image
        if sees_image:
            self.cross_attention = Attention(sizes.width, sizes.num_heads, sizes.dropout)
            self.cross_norm = nn.LayerNorm(sizes.width)
        self.expand = nn.Linear(sizes.width, sizes.feedforward_width)
        self.contract = nn.Linear(sizes.feedforward_width, sizes.width)
        self.feedforward_norm = nn.LayerNorm(sizes.width)
        self.dropout = nn.Dropout(sizes.dropout)
        self.is_pre_norm = sizes.is_pre_norm

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None,
        *,
        is_causal: bool,
        mask: Tensor | None = None,
        packed: Packed | None = None,
    ) -> Tensor:
        """Read all tokens at once: x (B, L, H), or (P, H) where packed, with memory (B, S, H).

        Each token sees itself and those before it when `is_causal`, else what `mask` (as in `Attention`)
        lets it.
        """

        def look_around(x: Tensor) -> Tensor:
            keys, values = self.self_attention.keys_values(x, packed)
            out: Tensor = self.self_attention(x, keys, values, is_causal=is_causal, mask=mask, packed=packed)
            return out

        x = self._add(x, self.self_norm, look_around)
        if self.sees_image:
            assert memory is not None
            keys, values = self.cross_attention.keys_values(memory)
            x = self._add(x, self.cross_norm, lambda x: self.cross_attention(x, keys, values, packed=packed))
        return self._add(x, self.feedforward_norm, self._feedforward)

    def start(self, memory: Tensor, room: int) -> LayerCache:
        """Return a cache for at most `room` tokens about each of memory (B, S, H)."""
        return LayerCache(*self.cross_attention.keys_values(memory), room)

    def step(self, x: Tensor, cache: LayerCache, mask: Tensor | None = None) -> Tensor:
        """Read the newest tokens only, x (B, M, H): the cache grows by them.

        `mask` (B, 1, M, N) tells which of all tokens each attends to, itself among them; None: all.
        """

        def look_back(x: Tensor) -> Tensor:
            keys, values = cache.append(*self.self_attention.keys_values(x))
            out: Tensor = self.self_attention(x, keys, values, mask=mask)
            return out

        x = self._add(x, self.self_norm, look_back)
        keys, values = cache.memory_keys, cache.memory_values
        x = self._add(x, self.cross_norm, lambda x: self.cross_attention(x, keys, values))
        return self._add(x, self.feedforward_norm, self._feedforward)

    def _add(self, x: Tensor, norm: nn.Module, compute: Callable[[Tensor], Tensor]) -> Tensor:
        x = x + self.dropout(compute(norm(x) if self.is_pre_norm else x))
        out: Tensor = x if self.is_pre_norm else norm(x)
        return out

    def _feedforward(self, x: Tensor) -> Tensor:
        out: Tensor = self.contract(self.dropout(functional.gelu(self.expand(x))))
        return out


class Decoder(nn.Module):
    """A stack of layers that see the image, and of a caption each token and those before it.

    `is_causal=False` lets a token see the whole caption.
    """

    def __init__(self, num_layers: int, sizes: LayerSizes, *, is_causal: bool = True) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(num_layers))
        self.is_causal = is_causal
        self.norm = nn.LayerNorm(sizes.width) if sizes.is_pre_norm else nn.Identity()

    def forward(
        self, x: Tensor, memory: Tensor, *, mask: Tensor | None = None, packed: Packed | None = None
    ) -> Tensor:
        """Of x and in its shape, (B, L, H) or (P, H) where packed; memory (B, S, H).

        `mask` and `packed` are as in `Attention`.
        """
        for layer in self.layers:
            x = layer(x, memory, is_causal=self.is_causal, mask=mask, packed=packed)
        out: Tensor = self.norm(x)
        return out

    def start(self, memory: Tensor, room: int) -> list[LayerCache]:
        """Return one cache a layer, for at most `room` tokens about each of memory (B, S, H)."""
        return [layer.start(memory, room) for layer in self.layers if isinstance(layer, Layer)]

    def step(self, x: Tensor, caches: list[LayerCache], mask: Tensor | None = None) -> Tensor:
        """Return (B, M, H) of the newest tokens x (B, M, H), as in `Layer.step`."""
        for layer, cache in zip(self.layers, caches, strict=True):
            assert isinstance(layer, Layer)
            x = layer.step(x, cache, mask)
        out: Tensor = self.norm(x)
        return out


class Encoder(nn.Module):
    """A stack of layers that see a caption and no image."""

    def __init__(self, num_layers: int, sizes: LayerSizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(sizes, sees_image=False) for _ in range(num_layers))
        self.norm = nn.LayerNorm(sizes.width) if sizes.is_pre_norm else nn.Identity()

    def forward(self, x: Tensor, *, mask: Tensor) -> Tensor:
        """Return (B, L, H) from x (B, L, H), of which each sees what `mask` lets it (as in `Attention`)."""
        for layer in self.layers:
            x = layer(x, None, is_causal=False, mask=mask)
        out: Tensor = self.norm(x)
        return out
