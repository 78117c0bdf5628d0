"""The caption decoders' layers: causal self-attention, attention to the image, feed-forward.

Post-norm, as in "Attention is all you need" and VirTex; the same parameters as
`torch.nn.TransformerDecoderLayer`, in separate matrices.

Legend: B images, L tokens, M newest tokens, N tokens so far, S cells, H width, A heads, D width of a head.
"""

from __future__ import annotations

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from vtbr_models.cache import LayerCache


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

    def keys_values(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values, each (B, A, S, D), of what is attended to, (B, S, H)."""
        return self._heads(self.key(source)), self._heads(self.value(source))

    def forward(
        self,
        x: Tensor,
        keys: Tensor,
        values: Tensor,
        *,
        is_causal: bool = False,
        mask: Tensor | None = None,
    ) -> Tensor:
        """What x (B, L, H) reads from the keys and values (B, A, S, D): (B, L, H).

        `mask`, (B, 1, L, S), tells what each token may attend to.
        """
        read = functional.scaled_dot_product_attention(
            self._heads(self.query(x)),
            keys,
            values,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=is_causal,
        )
        out: Tensor = self.output(rearrange(read, "b a l d -> b l (a d)"))
        return out

    def _heads(self, x: Tensor) -> Tensor:
        return rearrange(x, "b l (a d) -> b a l d", a=self.num_heads)


class DecoderLayer(nn.Module):
    """Self-attention, attention to the image, feed-forward; each is added, then normalised."""

    def __init__(self, width: int, num_heads: int, feedforward_width: int, dropout: float) -> None:
        super().__init__()
        self.self_attention = Attention(width, num_heads, dropout)
        self.self_norm = nn.LayerNorm(width)
        self.cross_attention = Attention(width, num_heads, dropout)
        self.cross_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, feedforward_width)
        self.contract = nn.Linear(feedforward_width, width)
        self.feedforward_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """All tokens at once: x (B, L, H), each seeing itself, those before it and memory (B, S, H)."""
        keys, values = self.self_attention.keys_values(x)
        x = self.self_norm(x + self.dropout(self.self_attention(x, keys, values, is_causal=True)))
        keys, values = self.cross_attention.keys_values(memory)
        x = self.cross_norm(x + self.dropout(self.cross_attention(x, keys, values)))
        return self._feedforward(x)

    def start(self, memory: Tensor, room: int) -> LayerCache:
        """A cache for at most `room` tokens about each of memory (B, S, H)."""
        return LayerCache(*self.cross_attention.keys_values(memory), room)

    def step(self, x: Tensor, cache: LayerCache, mask: Tensor | None = None) -> Tensor:
        """The newest tokens only, x (B, M, H): the cache grows by them.

        `mask` (B, 1, M, N) tells which of all tokens each attends to, itself among them; None: all.
        """
        keys, values = cache.append(*self.self_attention.keys_values(x))
        x = self.self_norm(x + self.self_attention(x, keys, values, mask=mask))
        read = self.cross_attention(x, cache.memory_keys, cache.memory_values)
        return self._feedforward(self.cross_norm(x + read))

    def _feedforward(self, x: Tensor) -> Tensor:
        inner = self.dropout(functional.gelu(self.expand(x)))
        out: Tensor = self.feedforward_norm(x + self.dropout(self.contract(inner)))
        return out


class Decoder(nn.Module):
    """A stack of decoder layers."""

    def __init__(
        self, num_layers: int, width: int, num_heads: int, feedforward_width: int, dropout: float
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            DecoderLayer(width, num_heads, feedforward_width, dropout) for _ in range(num_layers)
        )

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """(B, L, H) from x (B, L, H) and memory (B, S, H)."""
        for layer in self.layers:
            x = layer(x, memory)
        return x

    def start(self, memory: Tensor, room: int) -> list[LayerCache]:
        """One cache a layer, for at most `room` tokens about each of memory (B, S, H)."""
        return [layer.start(memory, room) for layer in self.layers if isinstance(layer, DecoderLayer)]

    def step(self, x: Tensor, caches: list[LayerCache], mask: Tensor | None = None) -> Tensor:
        """(B, M, H) of the newest tokens x (B, M, H), as in `DecoderLayer.step`."""
        for layer, cache in zip(self.layers, caches, strict=True):
            assert isinstance(layer, DecoderLayer)
            x = layer.step(x, cache, mask)
        return x
