"""Keys and values that decoders keep while captions are read or written token by token.

All captions of an image form one tree: common beginnings are stored once, and a mask tells each token which
others come before it. Beams then branch and end without moving any key.

Legend: B images, N tokens of an image (nodes of its tree), M newest of them, A heads, D width of a head,
S cells.
"""

from __future__ import annotations

import torch
from torch import Tensor


class LayerCache:
    """Keys and values of one layer: of the image, computed once, and of all tokens so far."""

    def __init__(self, memory_keys: Tensor, memory_values: Tensor, room: int) -> None:
        """Take the image's keys and values (B, A, S, D), and make room for `room` tokens an image."""
        batch, heads, _, width = memory_keys.shape
        self.memory_keys, self.memory_values = memory_keys, memory_values
        self._keys = memory_keys.new_empty((batch, heads, room, width))
        self._values = torch.empty_like(self._keys)
        self._num_tokens = 0

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append the newest tokens' keys and values (B, A, M, D); return those of all N, (B, A, N, D)."""
        first, self._num_tokens = self._num_tokens, self._num_tokens + keys.shape[2]
        self._keys[:, :, first : self._num_tokens] = keys
        self._values[:, :, first : self._num_tokens] = values
        return self._keys[:, :, : self._num_tokens], self._values[:, :, : self._num_tokens]

    def clear(self) -> None:
        """Remove all tokens, to read other captions of the same images."""
        self._num_tokens = 0

    def keep(self, images: Tensor) -> None:
        """Keep only these images: (B',) integers."""
        self.memory_keys, self.memory_values = self.memory_keys[images], self.memory_values[images]
        self._keys, self._values = self._keys[images], self._values[images]
