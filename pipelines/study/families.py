"""The comparisons that the study makes: which arm against which, after which fine-tuning."""

from __future__ import annotations

from .analysis import FULL_ARM, TRANSFERS, Difference, Study, paired, pooled, summarise

OTHERS = ("identity", "attribute", "token", "masked-lm", "captioning", "bicaptioning-contrastive", "imagenet")
"""What captions are compared with, on all images."""
GAIN = f"{FULL_ARM}'s gain by more steps"
Families = dict[str, dict[str, list[Difference]]]
"""Differences by question (`scratch`, `others`, `wording`, `selection`, `longer`), then by transfer."""


def compare(study: Study) -> Families:
    """The families of comparisons, by their question and transfer."""
    whole = [arm for arm, facts in study.arms.items() if arm != "scratch"]
    families: Families = {
        "scratch": {},
        "others": {},
        "wording": {},
        "selection": {},
        "longer": {},
    }
    for transfer in dict.fromkeys((*TRANSFERS, *study.transfers)):
        families["scratch"][transfer] = study.differences([(arm, "scratch") for arm in whole], transfer)
        families["others"][transfer] = study.differences([(FULL_ARM, other) for other in OTHERS], transfer)
        template = f"{FULL_ARM}-template"
        pairs = [(f"{FULL_ARM}-grammar", template), (FULL_ARM, template), (f"{FULL_ARM}-grammar", FULL_ARM)]
        families["wording"][transfer] = study.differences(pairs, transfer)
        families["selection"][transfer] = selection(study, transfer)
        families["longer"][transfer] = longer(study, transfer)
    return families


def selection(study: Study, transfer: str) -> list[Difference]:
    """Selected images against random ones at each share, and over all shares."""
    pairs = [(arm, arm.removesuffix("-selected")) for arm in study.arms if arm.endswith("-selected")]
    found = study.differences(pairs, transfer)
    rows = [paired(study.rows(a, transfer), study.rows(b, transfer)) for a, b in pairs
            if study.has(a, transfer) and study.has(b, transfer)]  # fmt: skip
    some = [one for one in rows if one is not None]
    if len(some) > 1:
        found.append(summarise(pooled(some), a="selected images", b="random images", transfer=transfer))
    return found


def longer(study: Study, transfer: str) -> list[Difference]:
    """What more steps are worth to captions and to labels, and whether captions catch up by them."""
    short, long = (FULL_ARM, "identity"), (f"{FULL_ARM}-long", "identity-long")
    found = study.differences([*zip(long, short, strict=True), long], transfer)
    if len(found) == 3 and study.has(FULL_ARM, transfer) and study.has("identity", transfer):
        after, before = (paired(study.rows(a, transfer), study.rows(b, transfer)) for a, b in (long, short))
        change = paired(after, before) if after and before else None
        if change:
            found.append(summarise(change, a=GAIN, b="identity's", transfer=transfer))
    return found
