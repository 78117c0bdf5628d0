"""How a trained model is run: the settings of every command with a model; no torch is needed here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class InferenceConfig:
    """Batches, worker processes, precision and device."""

    batch_size: int = 64
    """Images computed at once."""
    workers: int | None = None
    """Processes that read pictures; None chooses by device and number of images."""
    precision: str = "auto"
    """`float32`, `bfloat16` or `auto`: float32 on a CPU, bfloat16 on a GPU that computes in it."""
    device: str = "auto"
    """As torch names it; `auto` is the first GPU, or the CPU."""

    resize: str = "torch"
    """What resizes pictures: `torch`, or `pillow` for its very pixels (they differ by one level here and there)."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {self.batch_size}")
        if self.workers is not None and self.workers < 0:
            raise ValueError(f"workers must be at least 0, not {self.workers}")
        if self.resize not in ("torch", "pillow"):
            raise ValueError(f"resize must be torch or pillow, not {self.resize!r}")
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise ValueError(f"precision must be auto, float32 or bfloat16, not {self.precision!r}")
