"""Thresholds of a model, the rates that they were measured to have, and their file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..protocol import Distance

FORMAT, VERSION = "vtbr.thresholds", 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """A distance, and the error that was measured with it on people of the calibration."""

    rate: float
    """Asked for: of `same`, the share of pairs of two people that lie nearer; of `other`, the share
    of queries whose nearest match lies farther."""
    distance: float
    measured: float
    """The rate in the calibration's data."""
    interval: tuple[float, float]
    """95 % interval of the rate for new people."""
    found: float | None = None
    """Of `same`: share of the matching pairs that lie nearer."""
    found_interval: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Everything that decisions need: distances nearer than `same` are one person's, farther than `other` not."""

    distance: Distance
    same: tuple[Threshold, ...]
    """In the order asked for; the first is used unless another is chosen."""
    other: tuple[Threshold, ...]
    cameras: Mapping[tuple[int, int], tuple[Threshold, ...]]
    """`same` by query camera and gallery camera, where data suffice."""
    probability: tuple[tuple[float, float], ...]
    """Knots of a distance and the natural logarithm of the likelihood ratio there, falling."""
    model: str | None
    """Fingerprint of the checkpoint."""
    counts: Mapping[str, int]
    protocol: Mapping[str, Any] = field(default_factory=dict)
    input: Mapping[str, Any] = field(default_factory=dict)

    def same_at(self, rate: float | None = None, cameras: tuple[int, int] | None = None) -> Threshold:
        """Returns the threshold of a false positive rate, of this pair of cameras where it has its own."""
        own = self.cameras.get(cameras, ()) if cameras else ()
        for threshold in own:
            if rate is None or threshold.rate == rate:
                return threshold
        return _chosen(self.same, rate, "--fpr")

    def other_at(self, rate: float | None = None) -> Threshold:
        """Returns the threshold of a false negative identification rate."""
        return _chosen(self.other, rate, "--fnir")

    def probability_of(self, distance: float, prior: float = 0.5) -> float:
        """Returns how probable it is that a pair at this distance shows one person, in (0, 1).

        `prior` is the probability before its distance is known. It is for one pair taken by itself,
        not for the nearest of many.
        """
        at, logs = zip(*self.probability, strict=True)
        odds = float(np.interp(distance, at, logs)) + math.log(prior / (1 - prior))
        return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0

    def to_json(self) -> dict[str, Any]:
        """Returns the thresholds as docs/formats.md has them."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "distance": self.distance,
            "same": [asdict(one) for one in self.same],
            "other": [asdict(one) for one in self.other],
            "cameras": [
                {"query_camera": a, "gallery_camera": b, "same": [asdict(one) for one in thresholds]}
                for (a, b), thresholds in self.cameras.items()
            ],
            "probability": [list(knot) for knot in self.probability],
            "model": self.model,
            "counts": dict(self.counts),
            "protocol": dict(self.protocol),
            "input": dict(self.input),
        }


def read_thresholds(source: str | Path) -> Thresholds:
    """Reads what `vtbr-eval calibrate` wrote; raises `InputError` for anything else."""
    try:
        content = json.loads(Path(source).read_text("utf-8"))
        if content["format"] != FORMAT or content["version"] > VERSION:
            raise ValueError
        return Thresholds(
            distance=content["distance"],
            same=_thresholds(content["same"]),
            other=_thresholds(content["other"]),
            cameras={
                (int(pair["query_camera"]), int(pair["gallery_camera"])): _thresholds(pair["same"])
                for pair in content["cameras"]
            },
            probability=tuple((float(at), float(log)) for at, log in content["probability"]),
            model=content["model"],
            counts=content["counts"],
            protocol=content["protocol"],
            input=content["input"],
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"{source}: holds no thresholds: write them with `vtbr-eval calibrate FEATURES --fpr 1e-3 -o FILE`"
        ) from None


def _thresholds(rows: list[dict[str, Any]]) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(
            rate=float(row["rate"]),
            distance=float(row["distance"]),
            measured=float(row["measured"]),
            interval=(float(row["interval"][0]), float(row["interval"][1])),
            found=row.get("found"),
            found_interval=tuple(row["found_interval"]) if row.get("found_interval") else None,
        )
        for row in rows
    )


def _chosen(thresholds: tuple[Threshold, ...], rate: float | None, option: str) -> Threshold:
    for threshold in thresholds:
        if rate is None or threshold.rate == rate:
            return threshold
    known = ", ".join(f"{threshold.rate:g}" for threshold in thresholds)
    raise InputError(f"there is no threshold for {option} {rate:g}, only for {known}: calibrate for it")
