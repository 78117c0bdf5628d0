"""The study as parts (headings, sentences, tables, figures), from the results; `study_page` lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import study_statements as say
from study_analysis import (
    FULL_ARM,
    TRANSFERS,
    Difference,
    Study,
    enough_images,
    paired,
    pooled,
    summarise,
)
from study_attributes import Slots

OTHERS = ("identity", "attribute", "token", "masked-lm", "captioning", "bicaptioning-contrastive", "imagenet")
"""What captions are compared with, on all images."""
GAIN = f"{FULL_ARM}'s gain by more steps"
READING = (
    "An arm is ahead or behind only where the 95 % interval over test people leaves 0 out and all "
    "runs (two or more) "
    "agree in sign; everything else is called undecided, which is not the same as equal. The t-test "
    "over runs stands beside it, and is named where it does not agree. Points are hundredths of mAP."
)
SPREADS = (
    "Per cent; intervals by bootstrap over the test people, spread the standard deviation over runs "
    "(of VIPeR: over "
    "its splits, which are dealt out over the seeds)."
)


@dataclass(kw_only=True)
class Report:
    """What is written."""

    title: str
    parts: list[tuple[str, Any]] = field(default_factory=list)
    """Kind (`heading`, `text`, `list`, `code`, `table`, `figure`, `reports`) and content."""
    analysis: dict[str, Any] = field(default_factory=dict)


def written(study: Study, slots: Slots, figures: dict[str, str]) -> Report:
    """All of it. `figures` holds the captions of those that were drawn."""
    quick = study.about["name"] != "full"
    report = Report(title=f"Does caption pretraining help Re-ID?{' The quick study' if quick else ''}")
    families = compare(study)
    in_short(report, study, families)
    design(report, study)
    scores(report, study, figures)
    against_scratch(report, families)
    against_others(report, families)
    fewer_images(report, study, families, figures)
    wordings(report, families)
    more_steps(report, study, families)
    what_captions_say(report, slots, figures)
    curves(report, study, figures)
    no_help(report, study, families, slots)
    limits(report, study)
    return report


def compare(study: Study) -> dict[str, dict[str, list[Difference]]]:
    """The families of comparisons, by their question and transfer."""
    whole = [arm for arm, facts in study.arms.items() if arm != "scratch"]
    families: dict[str, dict[str, list[Difference]]] = {
        "scratch": {},
        "others": {},
        "wording": {},
        "selection": {},
        "longer": {},
    }
    for transfer in TRANSFERS:
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


def in_short(report: Report, study: Study, families: dict[str, dict[str, list[Difference]]]) -> None:
    """The statements that the study was made for."""
    lines = []
    for transfer, family in families["scratch"].items():
        lines += [say.compared(one) for one in family if one.a == FULL_ARM and one.transfer == transfer]
    for baseline in ("identity", "attribute"):
        found = enough_images(study, baseline)
        if found:
            report.analysis[f"enough images for {baseline}"] = asdict(found)
            lines.append(say.enough(found))
    for one in families["wording"]["few"]:
        if one.a == f"{FULL_ARM}-grammar" and one.b == f"{FULL_ARM}-template":
            lines.append(say.worth("diverse captions", "one template", one))
    for one in families["wording"]["few"]:
        if one.a == FULL_ARM:
            lines.append(say.worth("captions in changing orders", "one template", one))
    for one in families["selection"]["few"][-1:]:
        lines.append(say.worth("selected images", "as many random ones", one))
    lines += [say.compared(one) for one in families["longer"]["few"] if one.a == f"{FULL_ARM}-long"]
    report.analysis["differences"] = [
        {"family": name, **asdict(one), "verdict": one.verdict}
        for name, by_transfer in families.items() for family in by_transfer.values() for one in family
    ]  # fmt: skip
    report.parts.append(("text", opening(study)))
    report.parts.append(("heading", "In short"))
    report.parts.append(("list", lines))
    report.parts.append(("text", READING))


def opening(study: Study) -> str:
    """What this page is."""
    size = study.about["size"]
    runs = len(study.pretrained) + len(study.finetuned)
    hours = sum(line["seconds"] for line in [*study.pretrained, *study.finetuned]) / 3600
    kind = "full study"
    if study.about["name"] != "full":
        kind = "quick study, with fewer arms, seeds and steps than the full one"
    real = any(line["transfer"] == "viper" for line in study.finetuned)
    return (
        f"Written by a script from the results of the {kind}: {runs} runs of "
        f"{counted(size['seeds'], 'seed')}, "
        f"{hours:.1f} hours of one core. All people are drawn{', but for VIPeR' if real else ''}."
    )


def counted(number: int, noun: str) -> str:
    """With its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def design(report: Report, study: Study) -> None:
    """Sizes and arms."""
    rows = [
        [arm, facts["about"], facts["captions"] or "", share_of(facts)] for arm, facts in study.arms.items()
    ]
    report.parts += [
        ("heading", "Design"),
        ("text", described(study.about["size"])),
        ("table", [["arm", "learns from", "captions", "images"], *rows]),
    ]


def share_of(facts: dict[str, Any]) -> str:
    """Of the images for pretraining."""
    return f"{100 * facts['fraction']:.0f} %" if facts["objectives"] else ""


def described(size: dict[str, Any]) -> str:
    """How everything was done, in sentences."""
    many = size["target_people"] // 2
    return (
        f"A {size['backbone']} at {size['height']} x {size['width']} pixels is pretrained for "
        f"{size['steps']} steps of {size['batch_size']} images, the same for every arm but those named long, "
        f"on {size['people']} drawn people in "
        f"{size['views']} pictures each; then fine-tuned on the drawn surveillance domain at the default "
        f"difficulty, with {size['few']} identities for {size['few_epochs']} epochs, with {many} for "
        f"{size['many_epochs']}, or with {many} and the backbone frozen for {size['frozen_epochs']} "
        "(a linear map "
        f"of its features is learnt); and tested on {size['target_people'] - many} other people. Arms "
        "with fewer "
        "images take as many steps over them. A seed changes weights, order, augmentation and the "
        "random choice "
        "of images; the people are the same. Bicaptioning is the arm of the claim: shares of images "
        "and kinds of "
        "captions are varied for it alone. Captions always name garments, colours, gender and age; "
        "each other "
        f"attribute stands in a caption with probability {size['detail']}."
    )


def scores(report: Report, study: Study, figures: dict[str, str]) -> None:
    """mAP and rank-1 of each arm."""
    shown = [name for name in TRANSFERS if any(study.has(arm, name) for arm in study.arms)]
    head = ["arm"] + [f"{TRANSFERS[name]}: mAP, spread / rank-1" for name in shown]
    rows = []
    for arm in study.arms:
        row = [arm]
        for name in shown:
            if not study.has(arm, name):
                row.append("")
                continue
            score = study.score(arm, name)
            report.analysis.setdefault("scores", []).append(asdict(score))
            ends = ", ".join(say.percent(end) for end in score.interval.get("mAP", []))
            spread = score.spread["mAP"]
            mean, rank = say.percent(score.mean["mAP"]), say.percent(score.mean["rank-1"])
            row.append(f"{mean} [{ends}], {'n/a' if spread is None else say.percent(spread)} / {rank}")
        rows.append(row)
    report.parts += [("heading", "Scores"), ("table", [head, *rows])]
    report.parts.append(("text", SPREADS))
    add_figure(report, figures, "arms")


def against_scratch(report: Report, families: dict[str, dict[str, list[Difference]]]) -> None:
    """The gain of each arm at the same fine-tuning."""
    report.parts.append(("heading", "Gain over scratch at equal fine-tuning"))
    for family in families["scratch"].values():
        if family:
            report.parts.append(("text", f"{say.AFTER[family[0].transfer]}: {say.summary(family)}."))
            report.parts.append(("table", table(family)))


def against_others(report: Report, families: dict[str, dict[str, list[Difference]]]) -> None:
    """Bicaptioning against each other pretraining on all images."""
    found = [family for family in families["others"].values() if family]
    if found:
        report.parts.append(("heading", "Captions against other pretraining, all images"))
        report.parts += [("list", [say.compared(one) for one in family]) for family in found]


def fewer_images(
    report: Report, study: Study, families: dict[str, dict[str, list[Difference]]], figures: dict[str, str]
) -> None:
    """Shares of the images, and selection."""
    report.parts.append(("heading", "Fewer images"))
    lines = [say.enough(found) for base in ("identity", "attribute", "imagenet")
             if (found := enough_images(study, base)) is not None]  # fmt: skip
    report.parts.append(("list", lines or ["No shares of the images were run."]))
    add_figure(report, figures, "fractions")
    family = families["selection"]["few"]
    if family:
        report.parts.append(
            ("text", "Selection by facility location over the captions, against random choice:")
        )
        report.parts.append(("table", table(family)))


def wordings(report: Report, families: dict[str, dict[str, list[Difference]]]) -> None:
    """Kinds of captions."""
    found = [one for family in families["wording"].values() for one in family]
    if found:
        report.parts += [
            ("heading", "Wording of the captions"),
            ("list", [say.compared(one) for one in found]),
        ]


def more_steps(report: Report, study: Study, families: dict[str, dict[str, list[Difference]]]) -> None:
    """The attempt to win with more steps."""
    found = [one for family in families["longer"].values() for one in family]
    if found:
        times = max(facts["longer"] for facts in study.arms.values())
        report.parts += [
            ("heading", f"{times} times the steps"),
            (
                "text",
                "Captions teach a language before they teach to look, so they may only need longer than "
                "labels. Both long arms take the same steps; the last comparison asks whether the "
                "distance changed.",
            ),
            ("list", [say.gained(one) if one.a == GAIN else say.compared(one) for one in found]),
        ]


def what_captions_say(report: Report, slots: Slots, figures: dict[str, str]) -> None:
    """Attribute by attribute."""
    if not slots.accuracy:
        return
    report.parts.append(("heading", "What the captions got right"))
    rows = [["attribute", "commonest value", *slots.accuracy]]
    for name in slots.names:
        values = [slots.accuracy[arm].get(name) for arm in slots.accuracy]
        common = slots.commonest.get(name)
        rows.append([name, "" if common is None else say.percent(common),
                     *("" if value is None else say.percent(value) for value in values)])  # fmt: skip
    if slots.cider:
        rows.append(
            [
                "CIDEr-D",
                "",
                *(f"{slots.cider[arm]:.2f}" if arm in slots.cider else "" for arm in slots.accuracy),
            ]
        )
    report.parts += [
        ("table", rows),
        (
            "text",
            "Blank: named in fewer than one caption of ten. Captions that are written greedily leave out "
            "what most captions leave out.",
        ),
        ("list", readings(slots)),
    ]
    add_figure(report, figures, "attributes")


def readings(slots: Slots) -> list[str]:
    """Which attributes an arm names better than the commonest value would."""
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


def curves(report: Report, study: Study, figures: dict[str, str]) -> None:
    """Learning curves."""
    if {"pretraining", "finetuning"} & set(figures):
        report.parts.append(("heading", "Learning curves"))
        add_figure(report, figures, "pretraining")
        add_figure(report, figures, "finetuning")


def no_help(
    report: Report, study: Study, families: dict[str, dict[str, list[Difference]]], slots: Slots
) -> None:
    """The negative results, and what may be behind them."""
    lines = [line for family in families["scratch"].values() for line in say.without_help(family)]
    behind = [one for family in families["others"].values() for one in family if one.verdict == "loses"]
    report.parts.append(("heading", "Where pretraining does not help"))
    report.parts.append(
        ("list", lines or ["Every arm is ahead of scratch after every fine-tuning that was run."])
    )
    if behind:
        report.parts.append(("text", "Captions lose to another pretraining here:"))
        report.parts.append(("list", [say.compared(one) for one in behind]))
        report.parts.append(("list", evidence(study, slots)))


def evidence(study: Study, slots: Slots) -> list[str]:
    """What the results hold that bears on why captions lose: losses and attributes, no guesses."""
    lines = []
    for line in study.pretrained:
        loss = line["curve"].get("validation_loss", [])
        if line["arm"] == FULL_ARM and len(loss) > 1:
            (_, before), (_, last) = loss[-2:]
            falls = "still falling" if last < before else "no longer falling"
            lines.append(
                f"Seed {line['seed']}: the held-out loss of bicaptioning went from {before:.3f} to "
                f"{last:.3f} in "
                f"the last quarter of its steps ({falls})."
            )
    if FULL_ARM in slots.accuracy:
        known = [name for name in slots.accuracy[FULL_ARM] if name in slots.commonest]
        low = ", ".join(name for name in known if slots.margin(FULL_ARM, name) <= 0)
        lines.append(
            f"Attributes that its captions name no better than their commonest value: {low or 'none'}."
        )
    lines.append(
        "What was tried before to make captions win (rates, widths, pre-norm, more steps, a dual encoder, "
        "the decoders' first weights) stands in docs/lab-notes.md."
    )
    return lines


def limits(report: Report, study: Study) -> None:
    """What the study cannot say, and how to repeat it."""
    flag = " -- --quick" if study.about["name"] != "full" else ""
    versions = ", ".join(f"{name} {number}" for name, number in study.about["versions"].items())
    pages = [
        (f"{line['arm']}, {TRANSFERS[line['transfer']]}", line["report"])
        for line in study.finetuned
        if line["report"]
    ]
    report.parts += [
        ("heading", "Limits"),
        ("list", limitations(study)),
        ("heading", "Repeat it"),
        ("code", [f"nox -s study{flag}", "python pipelines/study_page.py study/results.jsonl --docs docs"]),
        ("text", f"Versions: {versions}."),
        ("text", "Ranked lists of each arm, by `vtbr-eval report` (first seed, in the study's own folder):"),
        ("reports", pages),
    ]


def limitations(study: Study) -> list[str]:
    """One sentence or two each."""
    size = study.about["size"]
    real = any(line["transfer"] == "viper" for line in study.finetuned)
    photographs = (
        ", of which there is VIPeR alone." if real else "; no real picture was scored in this study."
    )
    return [
        "The people are drawn. Their captions come from the very attributes they are drawn by and "
        "are never wrong; "
        f"gains on drawings say little about photographs{photographs}",
        f"One small network ({size['backbone']} at {size['height']} x {size['width']}), short trainings, one "
        "learning rate and one schedule for all arms: an arm that needs longer, or another rate, is at a "
        "disadvantage.",
        f"{counted(size['seeds'], 'seed').capitalize()}: a paired t-test over so few has little "
        "power, and agreement "
        "of all runs is weak evidence. Seeds do not draw other people, so the spread over them is "
        "too small for a "
        "claim about other data.",
        "Sizes, the width of the decoders and the detail of captions were chosen by what bicaptioning "
        "reached on other target people, which favours it a little; what was tried stands in "
        "docs/lab-notes.md.",
        "Intervals over people hold for these runs' weights and do not add the spread over seeds. "
        "Comparisons in a "
        "table are many: the column `p Holm` is raised for their number, the verdicts are not.",
    ]


def table(family: Sequence[Difference]) -> list[list[str]]:
    """Differences as rows."""
    head = ["arm", "against", "points of mAP", "95 % interval", "by run", "p people", "p Holm", "p runs", ""]
    return [head, *map(cells_of, family)]


def cells_of(one: Difference) -> list[str]:
    """A difference as a row."""
    runs = " ".join(map(say.points, one.by_run))
    p = [say.p_value(p) for p in (one.p_people, one.p_people_holm, one.p_seeds)]
    return [one.a, one.b, say.points(one.mean), say.interval(one.interval), runs, *p, one.verdict]


def add_figure(report: Report, figures: dict[str, str], name: str) -> None:
    """If it was drawn."""
    if name in figures:
        report.parts.append(("figure", (name, figures[name])))
