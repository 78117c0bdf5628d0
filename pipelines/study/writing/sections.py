"""The sections of the study's page: each returns its parts, none where its runs are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import sentences as say
from .analysis import BEST, PUBLISHED, Difference, Study, label
from .attributes import SEARCHED, Slots, Unlabelled
from .enough import Enough, enough_images
from .families import Families

Part = tuple[str, Any]
"""Kind (`heading`, `text`, `list`, `code`, `table`, `figure`, `reports`) and content."""
SPREADS = (
    "Per cent; intervals by bootstrap over the test people, spread the standard deviation over runs (of "
    "VIPeR fine-tuned: over its splits, which are dealt out over the seeds)."
)
BLANK = (
    "Blank: not learnt, or named in fewer than one caption of ten. Captions that are written greedily leave out what "
    "most captions leave out."
)
TRIED = (
    "What was tried to make captions win is in docs/lab-notes.md and in the table of options (--ablations)."
)
SEARCH = (
    "Text search: each caption of the held-out pictures is looked for among all of them by the dual encoder; pictures "
    "of the caption's person are right. Attributes: the sentence of each value that fits the picture best, such as `a "
    "person wearing a red top`, by `vtbr-models score --relative`; no label was learnt."
)
READ = (
    "The arm captions-read learns the captions of the arm captions in another way: attributes are read from them by "
    "the rules of docs/formats.md, and classified as labels are. What no caption of an image says is not learnt of it. "
    "It needs no decoder and sees as many images as labels do; it can neither caption nor be searched by a sentence, "
    "and its reader knows the wording of these captions alone."
)
BASELINES = ("identity", "attribute", "imagenet")
"""What captions from fewer images are held against."""


def scores(study: Study, figures: dict[str, str]) -> list[Part]:
    """Return mAP and rank-1 of each arm."""
    shown = study.transfers
    head = ["arm"] + [f"{label(name)}: mAP, spread / rank-1" for name in shown]
    rows = [[arm, *(score_cell(study, arm, name) for name in shown)] for arm in study.arms]
    return [("heading", "Scores"), ("table", [head, *rows]), ("text", SPREADS), *figure(figures, "arms")]


def score_cell(study: Study, arm: str, transfer: str) -> str:
    """Return mAP with its interval and spread, and rank-1."""
    if not study.has(arm, transfer):
        return ""
    score = study.score(arm, transfer)
    ends = ", ".join(say.percent(end) for end in score.interval.get("mAP", []))
    spread = score.spread["mAP"]
    mean, rank = say.percent(score.mean["mAP"]), say.percent(score.mean["rank-1"])
    return f"{mean} [{ends}], {'n/a' if spread is None else say.percent(spread)} / {rank}"


def against_others(families: Families) -> list[Part]:
    """Return the best caption recipe against each other pretraining on all images."""
    families_run = [family for family in families["others"].values() if family]
    parts: list[Part] = []
    for family in families_run:
        parts += [("text", f"{say.after(family[0].transfer)}:"), ("table", table(family))]
    return [("heading", "Captions against other pretraining, all images"), *parts] if parts else []


def read_as_attributes(families: Families) -> list[Part]:
    """Compare learning what captions say of attributes, as labels are learnt, with all others."""
    parts: list[Part] = []
    for family in families["read"].values():
        if family:
            parts += [("text", f"{say.after(family[0].transfer)}:"), ("table", table(family))]
    return [("heading", "Captions read as attributes"), ("text", READ), *parts] if parts else []


def against_scratch(families: Families) -> list[Part]:
    """Return the gain of each arm at the same fine-tuning."""
    parts: list[Part] = []
    for family in families["scratch"].values():
        if family:
            parts.append(("text", f"{say.after(family[0].transfer)}: {say.summary(family)}."))
            parts.append(("table", table(family)))
    return [("heading", "Gain over scratch at equal fine-tuning"), *parts] if parts else []


def jointly(families: Families) -> list[Part]:
    """Compare fine-tuning that continues to learn captions with the same without."""
    lines = [say.compared(one) for family in families["joint"].values() for one in family]
    return [("heading", "Captions while fine-tuning"), ("list", lines)] if lines else []


def enough_everywhere(study: Study) -> list[Enough]:
    """Return the shares of images that suffice, against each baseline after each fine-tuning."""
    found = [enough_images(study, base, name) for name in study.transfers for base in BASELINES]
    return [one for one in found if one is not None]


def fewer_images(study: Study, families: Families, figures: dict[str, str]) -> list[Part]:
    """Return shares of the images."""
    parts: list[Part] = [
        ("heading", "Fewer images"),
        (
            "list",
            [say.enough(one) for one in enough_everywhere(study)] or ["No shares of the images were run."],
        ),
        *figure(figures, "fractions"),
    ]
    for family in families["fewer"].values():
        if family:
            parts += [("text", f"{say.after(family[0].transfer)}:"), ("table", table(family))]
    return parts


def without_labels(found: Unlabelled, figures: dict[str, str]) -> list[Part]:
    """Return what captions give that labels cannot."""
    if not found.search and not found.reading:
        return []
    parts: list[Part] = [("heading", "What captions give that labels cannot"), ("text", SEARCH)]
    if found.search:
        rows = [[arm, *(say.percent(one[name]) for name in SEARCHED)] for arm, one in found.search.items()]
        parts.append(("table", [[f"text search among {found.images} pictures", *SEARCHED], *rows]))
    if found.reading:
        rows = [["attribute", "commonest value", *found.reading]]
        for name, share in found.commonest.items():
            shares = [one.get(name) for one in found.reading.values()]
            rows.append(
                [name, say.percent(share), *("" if one is None else say.percent(one) for one in shares)]
            )
        parts.append(("table", rows))
    return [*parts, *figure(figures, "reading")]


def what_captions_say(slots: Slots, figures: dict[str, str]) -> list[Part]:
    """Return attribute by attribute."""
    if not slots.accuracy:
        return []
    rows = [["attribute", "commonest value", *slots.accuracy]]
    for name in slots.names:
        shares = [slots.commonest.get(name), *(slots.accuracy[arm].get(name) for arm in slots.accuracy)]
        rows.append([name, *("" if share is None else say.percent(share) for share in shares)])
    if slots.cider:
        values = [f"{slots.cider[arm]:.2f}" if arm in slots.cider else "" for arm in slots.accuracy]
        rows.append(["CIDEr-D", "", *values])
    return [
        ("heading", "What the captions got right"),
        ("table", rows),
        ("text", BLANK),
        ("list", readings(slots)),
        *figure(figures, "attributes"),
    ]


def readings(slots: Slots) -> list[str]:
    """Return which attributes an arm names better than the commonest value would."""
    lines = []
    for arm in slots.accuracy:
        known = [name for name in slots.accuracy[arm] if name in slots.commonest]
        better = [name for name in known if slots.margin(arm, name) > 0.05]
        not_better = [name for name in known if slots.margin(arm, name) <= 0]
        lines.append(
            f"{arm}: more than 5 points above the commonest value for {', '.join(better) or 'nothing'}; "
            f"no better than it for {', '.join(not_better) or 'nothing'}."
        )
    return lines


def curves(figures: dict[str, str]) -> list[Part]:
    """Return learning curves."""
    drawn = [*figure(figures, "pretraining"), *figure(figures, "finetuning")]
    return [("heading", "Learning curves"), *drawn] if drawn else []


def no_help(study: Study, families: Families, slots: Slots) -> list[Part]:
    """Return the negative results, and what may be behind them."""
    lines = [line for family in families["scratch"].values() for line in say.without_help(family)]
    behind = [one for family in families["others"].values() for one in family if one.verdict == "loses"]
    parts: list[Part] = [
        ("heading", "Where pretraining does not help"),
        ("list", lines or ["Every arm is ahead of scratch after every fine-tuning that was run."]),
    ]
    if behind:
        parts.append(("text", "Captions lose to another pretraining here:"))
        parts.append(("list", [say.compared(one) for one in behind]))
        parts.append(("list", evidence(study, slots)))
    return parts


def evidence(study: Study, slots: Slots) -> list[str]:
    """Return what the results hold that bears on why captions lose: losses and attributes, no guesses."""
    lines = []
    for line in study.pretrained:
        loss = line["curve"].get("validation_loss", [])
        if line["arm"] in (BEST, PUBLISHED) and len(loss) > 1:
            (_, before), (_, last) = loss[-2:]
            falls = "still falling" if last < before else "no longer falling"
            lines.append(
                f"{line['arm']}, seed {line['seed']}: the held-out loss went from {before:.3f} to "
                f"{last:.3f} in the last quarter of its steps ({falls})."
            )
    if BEST in slots.accuracy:
        known = [name for name in slots.accuracy[BEST] if name in slots.commonest]
        low = ", ".join(name for name in known if slots.margin(BEST, name) <= 0)
        lines.append(
            f"Attributes that its captions name no better than their commonest value: {low or 'none'}."
        )
    return [*lines, TRIED]


def table(family: Sequence[Difference]) -> list[list[str]]:
    """Return differences as rows."""
    head = ["arm", "against", "points of mAP", "95 % over people", "95 % over runs", "by run", "p people", "p Holm",
            "p runs", ""]  # fmt: skip
    return [head, *map(cells_of, family)]


def cells_of(one: Difference) -> list[str]:
    """Return a difference as a row."""
    runs = " ".join(map(say.points, one.by_run))
    p = [say.p_value(p) for p in (one.p_people, one.p_people_holm, one.p_seeds)]
    over_runs = "n/a" if one.seeds_interval is None else say.interval(one.seeds_interval)
    return [one.a, one.b, say.points(one.mean), say.interval(one.interval), over_runs, runs, *p, one.verdict]


def figure(figures: dict[str, str], name: str) -> list[Part]:
    """Return the figure of this name with its caption, if it was drawn."""
    return [("figure", (name, figures[name]))] if name in figures else []
