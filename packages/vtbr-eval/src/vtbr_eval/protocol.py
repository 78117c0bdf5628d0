"""The rules of a score, as an object that is printed with every score (docs/protocol.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import InputError

Distance = Literal["cosine", "euclidean"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rerank:
    """Settings of k-reciprocal re-ranking (Zhong et al., CVPR 2017)."""

    k1: int = 20
    """Neighbours that must be mutual."""
    k2: int = 6
    """Nearest images whose weights are averaged; 1 averages nothing."""
    original_weight: float = 0.3
    """Share of the original distance in the final one (the paper's lambda), in [0, 1]."""

    def __post_init__(self) -> None:
        for name, value in (("k1", self.k1), ("k2", self.k2)):
            if value < 1:
                raise InputError(f"{name} must be at least 1, not {value}")
        if not 0 <= self.original_weight <= 1:
            raise InputError(f"lambda must lie between 0 and 1, not {self.original_weight}")

    def to_json(self) -> dict[str, float]:
        """The settings under the names that the paper uses."""
        return {"k1": self.k1, "k2": self.k2, "lambda": self.original_weight}


@dataclass(frozen=True, kw_only=True, slots=True)
class Protocol:
    """Which images are compared, how, and how the ranks become scores.

    >>> Protocol().name, Protocol(cross_camera=False).name
    ('market1501', 'no-camera')
    """

    distance: Distance = "cosine"
    cross_camera: bool = True
    """Leave out gallery images of the query's identity taken by the query's camera."""
    rerank: Rerank | None = None

    def __post_init__(self) -> None:
        if self.distance not in ("cosine", "euclidean"):
            raise InputError(f"distance is cosine or euclidean, not {self.distance!r}")

    @property
    def name(self) -> str:
        """`market1501`, or `no-camera` when cameras play no part."""
        return "market1501" if self.cross_camera else "no-camera"

    def to_json(self) -> dict[str, object]:
        """Every switch, the fixed ones too: a score must say how it came about."""
        return {
            "name": self.name,
            "distance": self.distance,
            "cross_camera": self.cross_camera,
            "junk": "left out",
            "distractors": "stay",
            "average_precision": "rectangles",
            "cmc_over": "valid",
            "ties": "gallery position",
            "rerank": self.rerank.to_json() if self.rerank else None,
        }
