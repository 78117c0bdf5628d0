"""What a run needs, where its time goes, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtbr_models.lazy import lazily

if TYPE_CHECKING:
    from .benchmarking import benchmark as benchmark
    from .planning import plan as plan
    from .plotting import plot as plot

__getattr__ = lazily(__name__, {"benchmark": "benchmarking", "plan": "planning", "plot": "plotting"})
