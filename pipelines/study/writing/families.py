"""The comparisons that the study makes: which arm against which, after which fine-tuning."""

from __future__ import annotations

from ..plan import SHARES
from .analysis import BEST, PUBLISHED, TRANSFERS, Difference, Study

OTHERS = (PUBLISHED, "imagenet", "identity", "attribute")
"""What the best caption recipe is compared with, on all images."""
READ = f"{BEST}-read"
"""What the same captions say of attributes, learnt as labels are."""
ALIKE = f"{BEST}-mobilenet"
"""It again, on the backbone of ImageNet's weights."""
Families = dict[str, dict[str, list[Difference]]]
"""Differences by question (`scratch`, `others`, `read`, `joint`, ...), then by transfer."""


def compare(study: Study) -> Families:
    """Return the families of comparisons, by their question and transfer."""
    shares = [(f"{BEST}-{share}", other) for share in SHARES for other in (PUBLISHED, "imagenet", BEST)]
    pairs = {
        "scratch": [(arm, scratch_of(study, arm)) for arm in study.arms if not arm.startswith("scratch")],
        "others": [(BEST, other) for other in OTHERS],
        "alike": [(ALIKE, "imagenet"), (ALIKE, BEST)],
        "read": [(READ, other) for other in (*OTHERS, BEST)],
        "joint": [("joint", BEST)],
        "fewer": shares,
    }
    transfers = list(dict.fromkeys((*TRANSFERS, *study.transfers)))
    return {
        question: {transfer: study.differences(family, transfer) for transfer in transfers}
        for question, family in pairs.items()
    }


def scratch_of(study: Study, arm: str) -> str:
    """Return the arm without pretraining on the same backbone."""
    alike = "scratch-mobilenet"
    return alike if alike in study.arms and study.arms[arm]["on_imagenets"] else "scratch"


def found(families: Families, question: str, a: str, b: str, transfer: str) -> Difference | None:
    """Return one of the comparisons, if it was run."""
    of_transfer = families[question].get(transfer, [])
    return next((one for one in of_transfer if (one.a, one.b) == (a, b)), None)
