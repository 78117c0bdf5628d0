"""The VTBR authors' models (Xiang et al., TOMM 2023): VirTex's code, with captions of up to 40 tokens."""

from __future__ import annotations

from . import virtex
from .source import Source, Tensors

_POSITIONS, _MAX_TOKENS = "textual.embedding.positions.weight", 40


def _recognises(tensors: Tensors) -> bool:
    positions = tensors.get(_POSITIONS)
    return virtex.recognises(tensors) and positions is not None and len(positions) == _MAX_TOKENS


SOURCE = Source(
    name="vtbr", made_by="the VTBR authors' captioning models", recognises=_recognises, plan=virtex.plan
)
