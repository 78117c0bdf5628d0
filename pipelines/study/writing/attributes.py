"""What pretrained models say of people never seen, attribute by attribute."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

SLOTS = (
    *(
        "upper_colour",
        "lower_colour",
        "gender",
        "age",
        "hair",
        "sleeves",
        "lower",
        "shoes",
        "glasses",
        "dress",
    ),
    *("boots", "hat", "bag", "viewpoint", "weather", "illumination", "scene"),
)
SEARCHED = ("R@1", "R@5", "mAP")
SPOKEN_OF = 0.1
"""Least share of an arm's captions that name an attribute, for it to be counted."""
_UNLEARNT = re.compile(r"no row predicts (.*): counted as no everywhere")


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """Shares of held-out pictures whose attribute was named rightly, means over seeds."""

    names: list[str]
    accuracy: dict[str, dict[str, float]]
    """By arm, then by attribute."""
    commonest: dict[str, float] = field(default_factory=dict)
    """Of always saying the commonest value."""
    cider: dict[str, float] = field(default_factory=dict)
    """CIDEr-D of the captions, by arm; arms with other kinds of captions have other references."""

    def margin(self, arm: str, name: str) -> float:
        """Return the accuracy above that of the commonest value."""
        return self.accuracy[arm][name] - self.commonest.get(name, 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlabelled:
    """What captions give that labels cannot, means over seeds: text search, and attributes read by sentences."""

    search: dict[str, dict[str, float]]
    """By arm: `R@1`, `R@5`, `mAP` of a caption's person among held-out pictures."""
    reading: dict[str, dict[str, float]]
    """By arm, then by attribute: shares of pictures whose likeliest sentence is true."""
    commonest: dict[str, float]
    """Of always saying the commonest value, by attribute."""
    images: int
    """Held-out pictures that were searched."""


def read_unlabelled(pretrained: list[dict[str, Any]]) -> Unlabelled:
    """Read the results' lines of all arms with captions."""
    search: dict[str, list[dict[str, float]]] = {}
    reading: dict[str, list[dict[str, float]]] = {}
    commonest: dict[str, float] = {}
    images = 0
    for line in pretrained:
        if found := line.get("search_scores"):
            search.setdefault(line["arm"], []).append({name: found[name] for name in SEARCHED})
            images = max(images, found.get("counts", {}).get("gallery", 0))
        if found := line.get("reading_scores"):
            reading.setdefault(line["arm"], []).append({n: one["accuracy"] for n, one in found.items()})
            commonest |= {name: one["commonest"] for name, one in found.items()}
    return Unlabelled(
        search={arm: means(each) for arm, each in search.items()},
        reading={arm: means(each) for arm, each in reading.items()},
        commonest=commonest,
        images=images,
    )


def means(each: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of every key.

    >>> means([{"a": 1.0}, {"a": 2.0}])
    {'a': 1.5}
    """
    return {name: mean(one[name] for one in each) for name in each[0]}


def read_slots(pretrained: list[dict[str, Any]], commonest: dict[str, float]) -> Slots:
    """Read the results' lines of the arms that write captions or name attributes, on all images."""
    said: dict[str, list[dict[str, float]]] = {}
    cider: dict[str, list[float]] = {}
    for line in pretrained:
        scores = line.get("captions_scores") or line.get("attributes_scores")
        if not scores or line.get("fraction", 1) < 1:
            continue
        found = from_labels(scores) if "labels" in scores else from_captions(scores)
        said.setdefault(line["arm"], []).append(found)
        if scores.get("CIDEr-D") is not None:
            cider.setdefault(line["arm"], []).append(scores["CIDEr-D"])
    accuracy = {
        arm: {name: mean(one[name] for one in each) for name in SLOTS if all(name in one for one in each)}
        for arm, each in said.items()
    }
    names = [name for name in SLOTS if any(name in values for values in accuracy.values())]
    return Slots(
        names=names,
        accuracy=accuracy,
        commonest=commonest,
        cider={arm: mean(values) for arm, values in cider.items()},
    )


def from_captions(scores: dict[str, Any]) -> dict[str, float]:
    """Return accuracies as `vtbr-eval captions` writes them, of what captions speak of at all."""
    found = {name: scores[name] for name in SLOTS if isinstance(scores.get(name), dict)}
    return {name: slot["accuracy"] for name, slot in found.items() if slot.get("named", 1) >= SPOKEN_OF}


def from_labels(scores: dict[str, Any]) -> dict[str, float]:
    """Return accuracies from what `vtbr-eval attributes` writes: a value named rightly is a true positive.

    Attributes that the model has not learnt, of which a warning says that no row predicts them, are left out.

    >>> from_labels({"labels": {"hat": {"positives": 1, "negatives": 3, "TPR": 1.0, "TNR": 0.0}}})
    {'hat': 0.25}
    """
    labels = scores["labels"]
    unlearnt = {name for said in scores.get("warnings", ()) if (found := _UNLEARNT.match(said))
                for name in found[1].split(", ")}  # fmt: skip
    right: dict[str, float] = {}
    images: dict[str, int] = {}
    for label, score in labels.items():
        name, _, value = label.partition("=")
        right[name] = right.get(name, 0.0) + (score["TPR"] or 0.0) * score["positives"]
        images[name] = images.get(name, 0) + score["positives"]
        if not value:
            right[name] += (score["TNR"] or 0.0) * score["negatives"]
            images[name] += score["negatives"]
    known = [name for name in SLOTS if images.get(name) and name not in unlearnt]
    return {name: right[name] / images[name] for name in known}
