"""How often predicted captions name the right colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .slots import colours


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotScore:
    """Over the images whose colour is known."""

    images: int
    named: float
    """Share of images whose caption names a colour for this garment, in [0, 1]."""
    accuracy: float
    """Share of images whose caption names the right one, in [0, 1]."""

    def to_json(self) -> dict[str, float]:
        """The fields by their names."""
        return {"images": self.images, "accuracy": self.accuracy, "named": self.named}


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionScores:
    """Scores of predicted captions against known attributes."""

    images: int
    upper_colour: SlotScore
    lower_colour: SlotScore

    def to_json(self) -> dict[str, Any]:
        """The scores as docs/formats.md has them."""
        return {
            "format": "vtbr.caption-scores",
            "version": 1,
            "images": self.images,
            "upper_colour": self.upper_colour.to_json(),
            "lower_colour": self.lower_colour.to_json(),
        }


def score_captions(
    predicted: Mapping[str, Mapping[str, Any]], reference: Mapping[str, Mapping[str, Any]]
) -> CaptionScores:
    """Compare the first caption of each predicted row with the attributes of the row of its path.

    A predicted row without captions counts as naming nothing. Rows of `reference` that nobody
    predicted do not count. Raises `InputError` when a predicted path is unknown, when nothing is
    predicted, or when no colour is known.
    """
    named: dict[str, list[tuple[str | None, str]]] = {"upper_colour": [], "lower_colour": []}
    for path, row in predicted.items():
        if path not in reference:
            raise InputError(f"the reference has no row for {path!r}: give the manifest that was captioned")
        captions = row.get("captions") or [""]
        read = colours(captions[0])
        attributes = reference[path].get("attributes", {})
        for slot, colour in (("upper_colour", read.upper), ("lower_colour", read.lower)):
            if slot in attributes:
                named[slot].append((colour, attributes[slot]))
    if not any(row.get("captions") for row in predicted.values()):
        raise InputError(
            "the predictions hold no captions: make them with `vtbr-models caption CHECKPOINT MANIFEST`"
        )
    return CaptionScores(
        images=len(predicted),
        upper_colour=_slot(named["upper_colour"], "upper_colour"),
        lower_colour=_slot(named["lower_colour"], "lower_colour"),
    )


def _slot(pairs: list[tuple[str | None, str]], slot: str) -> SlotScore:
    if not pairs:
        raise InputError(
            f"no reference row of a predicted image has the attribute `{slot}`: nothing to compare with"
        )
    return SlotScore(
        images=len(pairs),
        named=sum(colour is not None for colour, _ in pairs) / len(pairs),
        accuracy=sum(colour == truth for colour, truth in pairs) / len(pairs),
    )
