"""The study as parts (headings, sentences, tables, figures), from the results; `page` lays them out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from . import sections
from . import sentences as say
from .analysis import FULL_ARM, Study, label
from .attributes import Slots
from .enough import enough_images
from .families import Families, compare
from .sections import Part

READING = (
    "An arm is ahead or behind only where the 95 % interval over test people leaves 0 out and all runs (two "
    "or more) agree in sign; everything else is called undecided, which is not the same as equal. The t-test "
    "over runs stands beside it, and is named where it does not agree. Points are hundredths of mAP."
)

ZERO_SHOT = " Zero-shot scores are those of the pretrained features, without any fine-tuning."


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is written."""

    title: str
    parts: list[Part]
    analysis: dict[str, Any]
    """The numbers behind the sentences."""


def written(study: Study, slots: Slots, figures: dict[str, str]) -> Report:
    """Returns all of it. `figures` holds the captions of those that were drawn."""
    quick = study.about["name"] != "full"
    families = compare(study)
    parts = [
        *in_short(study, families),
        *design(study),
        *sections.scores(study, figures),
        *sections.against_scratch(families),
        *sections.against_others(families),
        *sections.fewer_images(study, families, figures),
        *sections.wordings(families),
        *sections.more_steps(study, families),
        *sections.what_captions_say(slots, figures),
        *sections.curves(figures),
        *sections.no_help(study, families, slots),
        *limits(study),
    ]
    title = f"Does caption pretraining help Re-ID?{' The quick study' if quick else ''}"
    return Report(title=title, parts=parts, analysis=analysis(study, families))


def analysis(study: Study, families: Families) -> dict[str, Any]:
    """The shares of images that suffice, all differences and all scores."""
    found = {f"enough images for {base}": enough_images(study, base) for base in ("identity", "attribute")}
    numbers: dict[str, Any] = {name: asdict(one) for name, one in found.items() if one}
    numbers["differences"] = [
        {"family": name, **asdict(one), "verdict": one.verdict}
        for name, by_transfer in families.items() for family in by_transfer.values() for one in family
    ]  # fmt: skip
    scores = [
        asdict(study.score(arm, name))
        for arm in study.arms
        for name in study.transfers
        if study.has(arm, name)
    ]
    return {**numbers, **({"scores": scores} if scores else {})}


def in_short(study: Study, families: Families) -> list[Part]:
    """The statements that the study was made for."""
    lines = [
        say.compared(one) for family in families["scratch"].values() for one in family if one.a == FULL_ARM
    ]
    for baseline in ("identity", "attribute"):
        found = enough_images(study, baseline)
        lines += [say.enough(found)] if found else []
    wordings = families["wording"]["few"]
    template = f"{FULL_ARM}-template"
    for arm, what in ((f"{FULL_ARM}-grammar", "diverse captions"), (FULL_ARM, "captions in changing orders")):
        found_worth = [one for one in wordings if (one.a, one.b) == (arm, template)]
        lines += [say.worth(what, "one template", one) for one in found_worth]
    for one in families["selection"]["few"][-1:]:
        lines.append(say.worth("selected images", "as many random ones", one))
    lines += [say.compared(one) for one in families["longer"]["few"] if one.a == f"{FULL_ARM}-long"]
    return [("text", opening(study)), ("heading", "In short"), ("list", lines), ("text", READING)]


def opening(study: Study) -> str:
    """What this page is."""
    size = study.about["size"]
    runs = len(study.pretrained) + len(study.finetuned)
    hours = sum(line["seconds"] for line in [*study.pretrained, *study.finetuned]) / 3600
    kind = "full study"
    if study.about["name"] != "full":
        kind = "quick study, with fewer arms, seeds and steps than the full one"
    real = f", but for {' and '.join(study.real)}" if study.real else ""
    return (
        f"Written by a script from the results of the {kind}: {runs} runs of "
        f"{counted(size['seeds'], 'seed')}, {hours:.1f} hours of one core. "
        f"All people are rendered{real}."
    )


def counted(number: int, noun: str) -> str:
    """With its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def design(study: Study) -> list[Part]:
    """Sizes and arms."""
    rows = [
        [arm, facts["about"], facts["captions"] or "", share_of(facts)] for arm, facts in study.arms.items()
    ]
    return [
        ("heading", "Design"),
        ("text", described(study.about["size"]) + (ZERO_SHOT if "zero-shot" in study.transfers else "")),
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
        f"on {size['people']} rendered people in {size['views']} pictures each; then fine-tuned on the rendered "
        f"surveillance domain at the default difficulty, with {size['few']} identities for "
        f"{size['few_epochs']} epochs, with {many} for {size['many_epochs']}, or with {many} and the "
        f"backbone frozen for {size['frozen_epochs']} (a linear map of its features is learnt); and tested "
        f"on {size['target_people'] - many} other people. Arms with fewer images take as many steps over "
        "them. A seed changes weights, order, augmentation and the random choice of images; the people are "
        "the same. Bicaptioning is the arm of the claim: shares of images and kinds of captions are varied "
        "for it alone. Captions always name garments, colours, gender and age; each other attribute stands "
        f"in a caption with probability {size['detail']}."
    )


def limits(study: Study) -> list[Part]:
    """What the study cannot say, and how to repeat it."""
    flag = " -- --quick" if study.about["name"] != "full" else ""
    versions = ", ".join(f"{name} {number}" for name, number in study.about["versions"].items())
    pages = [
        (f"{line['arm']}, {label(line['transfer'])}", line["report"])
        for line in study.finetuned
        if line["report"]
    ]
    return [
        ("heading", "Limits"),
        ("list", limitations(study)),
        ("heading", "Repeat it"),
        ("code", [f"nox -s study{flag}", "python -m pipelines.study.page study/results.jsonl --docs docs"]),
        ("text", f"Versions: {versions}."),
        ("text", "Ranked lists of each arm, by `vtbr-eval report` (first seed, in the study's own folder):"),
        ("reports", pages),
    ]


def limitations(study: Study) -> list[str]:
    """One sentence or two each."""
    size = study.about["size"]
    photographs = "; no real picture was scored in this study."
    if study.real:
        photographs = f", of which there is {' and '.join(study.real)} alone."
    return [
        "The people are rendered. Their captions come from the very attributes they are rendered by and are never "
        f"wrong; gains on rendered people say little about photographs{photographs}",
        f"One small network ({size['backbone']} at {size['height']} x {size['width']}), short trainings, one "
        "learning rate and one schedule for all arms: an arm that needs longer, or another rate, is at a "
        "disadvantage.",
        f"{counted(size['seeds'], 'seed').capitalize()}: a paired t-test over so few has little power, and "
        "agreement of all runs is weak evidence. Seeds do not draw other people, so the spread over them is "
        "too small for a claim about other data.",
        "Sizes, the width of the decoders and the detail of captions were chosen by what bicaptioning "
        "reached on other target people, which favours it a little; what was tried stands in "
        "docs/lab-notes.md.",
        "Intervals over people hold for these runs' weights and do not add the spread over seeds. "
        "Comparisons in a table are many: the column `p Holm` is raised for their number, the verdicts are "
        "not.",
    ]
