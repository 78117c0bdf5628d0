"""One kind of problem and everything it was found in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of problem and everything it was found in."""

    severity: str
    """`error`: training or scores come out wrong; `warning`: may be meant so."""
    kind: str
    message: str
    items: list[str]
