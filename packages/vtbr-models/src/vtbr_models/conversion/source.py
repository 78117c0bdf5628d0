"""What a foreign program's module has to say: which files are its own, and where each tensor belongs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor

from ..inference import Preprocessing

Tensors = Mapping[str, Tensor]


class Piece(NamedTuple):
    """A tensor on its way: the name it had, and its values."""

    theirs: str
    tensor: Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What a file of weights does not say; None is the source's own habit."""

    height: int | None = None
    width: int | None = None
    """Of input images, in pixels."""
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    """Of pixels in [0, 1], red green blue."""
    last_stride: int | None = None
    pooling: str | None = None
    """A name in `POOLINGS`."""
    feature: str | None = None
    """`neck` or `before`."""
    num_heads: int | None = None
    """Of the caption decoders."""
    tokenizer: str | None = None
    """Path of a sentencepiece `.model`."""
    config: str | None = None
    """Path of the configuration (fastreid's YAML) that the model was trained with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A file in our terms. What `pieces` has too much or too little is found by comparing with the model."""

    architecture: dict[str, Any]
    preprocessing: Preprocessing
    pieces: dict[str, Piece]
    """By our names; a piece that nobody knows goes under its own."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Their names, and why they are of no use here."""
    initialised: dict[str, tuple[Tensor, str]] = field(default_factory=dict)
    """Ours that such files never hold: values, and what they mean."""
    tokenizer: dict[str, Any] | None = None
    assumed: dict[str, str] = field(default_factory=dict)
    """What the file does not say: what was taken, and why, or which option says otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A program whose files can be read."""

    name: str
    made_by: str
    """For people: what writes such files."""
    recognises: Callable[[Tensors], bool]
    """Whether names and shapes look like its own."""
    plan: Callable[[Tensors, Options], Plan]


def size(options: Options, height: int, width: int) -> tuple[int, int]:
    """Return the input's height and width: as asked for, else these."""
    return options.height or height, options.width or width
