"""How well predicted captions agree with reference captions and with known attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from .attribute_slots import Value, read_slots, sector
from .bleu import bleu
from .cider import cider_d
from .rouge import rouge_l
from .words import words

Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotScore:
    """Over the images of which the attribute is known."""

    images: int
    named: float
    """Share of images whose caption says something of it (of a thing: that it is there), in [0, 1]."""
    accuracy: float
    """Share of images whose caption says what is so, in [0, 1]."""
    precision: float | None = None
    """Of a thing: share of the captions that name it where it is there; None where none names it."""
    recall: float | None = None
    """Of a thing: share of the images with it whose caption names it; None where none has it."""
    is_thing: bool = False

    def to_json(self) -> dict[str, float | None]:
        """Returns the fields by their names."""
        found: dict[str, float | None] = {
            "images": self.images,
            "accuracy": self.accuracy,
            "named": self.named,
        }
        return found | ({"precision": self.precision, "recall": self.recall} if self.is_thing else {})


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionScores:
    """Scores of predicted captions."""

    images: int
    agreement: dict[str, float | None]
    """CIDEr-D (0 to 10), BLEU-1 to -4 and ROUGE-L against reference captions; empty without any."""
    compared: int
    """Images that have reference captions."""
    slots: dict[str, SlotScore]
    """By attribute."""
    warnings: tuple[str, ...] = ()
    """Predictions that are missing."""

    def to_json(self) -> dict[str, Any]:
        """Returns the scores as docs/formats.md has them."""
        return {
            "format": "vtbr.caption-scores",
            "version": 1,
            "images": self.images,
            **({"compared": self.compared, **self.agreement} if self.agreement else {}),
            **{slot: score.to_json() for slot, score in self.slots.items()},
            "warnings": list(self.warnings),
        }


def score_captions(predicted: Rows, reference: Rows) -> CaptionScores:
    """Compares the first caption of each predicted row with the reference row of its path.

    Its captions are compared word by word, its attributes with what the caption says. A predicted
    row without captions counts as saying nothing. Rows of `reference` that nobody predicted are
    not scored, and counted in `warnings`. Raises `InputError` when a predicted path is unknown, when
    nothing is predicted, or when the reference knows neither captions nor attributes of these images.
    """
    for path in predicted:
        if path not in reference:
            raise InputError(f"the reference has no row for {path!r}: give the manifest that was captioned")
    said = {path: (row.get("captions") or [""])[0] for path, row in predicted.items()}
    if not any(row.get("captions") for row in predicted.values()):
        raise InputError(
            "the predictions hold no captions: make them with `vtbr-models caption CHECKPOINT MANIFEST`"
        )
    known = [path for path in said if reference[path].get("captions")]
    slots = _slots(said, reference)
    if not known and not slots:
        raise InputError(
            "no reference row of a predicted image has captions or a known attribute such as `upper_colour`: "
            "nothing to compare with"
        )
    return CaptionScores(
        images=len(predicted),
        agreement=_agreement(said, reference, known) if known else {},
        compared=len(known),
        slots=slots,
        warnings=missing(predicted, reference, "captions"),
    )


def missing(predicted: Rows, reference: Rows, key: str) -> tuple[str, ...]:
    """Returns sentences on predicted rows without `key`, and on rows of the reference that nobody predicted."""
    empty = [path for path, row in predicted.items() if not row.get(key)]
    absent = [path for path, row in reference.items() if path not in predicted and row.get(key)]
    found = []
    if empty:
        found.append(
            f"{len(empty):,} predicted rows have no {key} (first {empty[0]}): they count as saying nothing"
        )
    if absent:
        found.append(
            f"{len(absent):,} reference rows with {key} are not predicted (first {absent[0]}): not scored"
        )
    return tuple(found)


def _agreement(said: Mapping[str, str], reference: Rows, known: list[str]) -> dict[str, float | None]:
    ours = [words(said[path]) for path in known]
    theirs = [[words(caption) for caption in reference[path]["captions"]] for path in known]
    return {
        "CIDEr-D": cider_d(ours, theirs),
        **{f"BLEU-{n}": value for n, value in enumerate(bleu(ours, theirs), 1)},
        "ROUGE-L": rouge_l(ours, theirs),
    }


def _slots(said: Mapping[str, str], reference: Rows) -> dict[str, SlotScore]:
    pairs: dict[str, list[tuple[Value | None, Value]]] = {}
    for path, caption in said.items():
        attributes = reference[path].get("attributes", {})
        for slot, value in read_slots(caption).items():
            if slot in attributes:
                pairs.setdefault(slot, []).append((value, _truth(slot, attributes[slot], path)))
    return {slot: _slot(pairs[slot]) for slot in read_slots("") if slot in pairs}


def _truth(slot: str, value: Any, path: str) -> Value:
    if slot == "viewpoint":
        if type(value) is not int:
            raise InputError(f"{path}: viewpoint is {value!r}, not whole degrees")
        return sector(value)
    if not isinstance(value, (str, bool)):
        raise InputError(f"{path}: {slot} is {value!r}, neither a word nor true or false")
    return value


def _slot(pairs: list[tuple[Value | None, Value]]) -> SlotScore:
    is_thing = any(isinstance(truth, bool) for _, truth in pairs)
    is_named = [value is not None and value is not False for value, _ in pairs]
    right = sum(value == truth for value, truth in pairs)
    both = sum(value is True and truth is True for value, truth in pairs)
    there = sum(truth is True for _, truth in pairs)
    return SlotScore(
        images=len(pairs),
        named=sum(is_named) / len(pairs),
        accuracy=right / len(pairs),
        precision=both / sum(is_named) if is_thing and any(is_named) else None,
        recall=both / there if there else None,
        is_thing=is_thing,
    )
