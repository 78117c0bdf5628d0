"""What a run needs, where its time goes, which rate it takes, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtbr_models.lazy import lazily

if TYPE_CHECKING:
    from .benchmarking import benchmark as benchmark
    from .planning import plan as plan
    from .plotting import check_picture as check_picture
    from .plotting import plot as plot
    from .plotting import plot_rates as plot_rates
    from .rate_finding import find_rate as find_rate
    from .rate_finding import suggest_rate as suggest_rate

_HOMES = {
    "benchmark": "benchmarking",
    "check_picture": "plotting",
    "find_rate": "rate_finding",
    "plan": "planning",
    "plot": "plotting",
    "plot_rates": "plotting",
    "suggest_rate": "rate_finding",
}
__getattr__ = lazily(__name__, _HOMES)
