"""The study as parts (headings, sentences, tables, figures), from the results; `page` lays them out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from . import sections
from . import sentences as say
from .analysis import BEST, PUBLISHED, Study, label, set_of
from .attributes import Slots, Unlabelled
from .families import ALIKE, OTHERS, READ, Families, compare, found
from .sections import Part

READING = (
    "An arm is ahead or behind only where the 95 % interval over test people leaves 0 out and all runs (two "
    "or more) agree in sign; everything else is called undecided, which is not the same as equal. The t-test "
    "over runs is named where it does not agree. Points are hundredths of mAP."
)
OVERVIEW = "All of it in points of mAP, with 95 % intervals over people:"
MODES = ("frozen", "zero-shot")
ABOUT_MODES = (
    "Zero-shot scores are those of the pretrained features, without any fine-tuning; with a frozen backbone a linear "
    "map of them is learnt."
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is written."""

    title: str
    parts: list[Part]
    analysis: dict[str, Any]
    """The numbers behind the sentences."""


def written(study: Study, slots: Slots, unlabelled: Unlabelled, figures: dict[str, str]) -> Report:
    """Returns all of it. `figures` holds the captions of those that were drawn."""
    quick = study.about["name"] != "full"
    families = compare(study)
    parts = [
        *in_short(study, families, unlabelled),
        *design(study),
        *sections.scores(study, figures),
        *sections.against_others(families),
        *sections.read_as_attributes(families),
        *sections.fewer_images(study, families, figures),
        *sections.jointly(families),
        *sections.without_labels(unlabelled, figures),
        *sections.against_scratch(families),
        *sections.what_captions_say(slots, figures),
        *sections.curves(figures),
        *sections.no_help(study, families, slots),
        *limits(study),
    ]
    title = f"Does caption pretraining help Re-ID?{' The quick study' if quick else ''}"
    return Report(title=title, parts=parts, analysis=analysis(study, families))


def analysis(study: Study, families: Families) -> dict[str, Any]:
    """Return the shares of images that suffice, all differences and all scores."""
    numbers: dict[str, Any] = {"enough": [asdict(one) for one in sections.enough_everywhere(study)]}
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


def in_short(study: Study, families: Families, unlabelled: Unlabelled) -> list[Part]:
    """Return the statements that the study was made for, and a table of what is behind them."""
    photographs = [name for name in study.transfers if set_of(name) == name and name not in ("few", *MODES)]
    asked = [
        *((BEST, "imagenet", name) for name in (*photographs, "few")),
        *((BEST, PUBLISHED, name) for name in ("few", *photographs)),
        *((BEST, "attribute", name) for name in ("few", "frozen", *photographs)),
        *((BEST, "identity", name) for name in ("few", *photographs)),
    ]
    lines = [say.compared(one) for a, b, name in asked if (one := found(families, "others", a, b, name))]
    read = [
        (PUBLISHED, "few"),
        *(("attribute", name) for name in ("few", "frozen", *photographs)),
        *(("imagenet", name) for name in photographs),
    ]
    lines += [say.compared(one) for b, name in read if (one := found(families, "read", READ, b, name))]
    shares = [("few", "identity"), *((name, "imagenet") for name in photographs)]
    lines += [
        say.enough(one) for one in sections.enough_everywhere(study) if (one.transfer, one.baseline) in shares
    ]
    lines += [
        say.compared(one)
        for name in (*photographs, "few")
        if (one := found(families, "alike", ALIKE, "imagenet", name))
    ]
    lines += [say.compared(one) for family in families["joint"].values() for one in family]
    lines += beyond_labels(unlabelled)
    table = overview(study, families)
    return [
        ("text", opening(study)),
        ("heading", "In short"),
        ("list", lines),
        *([("text", networks(study))] if "imagenet" in study.arms else []),
        *([("text", OVERVIEW), ("table", table)] if len(table) > 1 else []),
        ("text", READING),
    ]


def networks(study: Study) -> str:
    """Return whose weights ImageNet's are."""
    size = study.about["size"]
    if size["imagenet_backbone"] == size["backbone"]:
        return f"ImageNet's weights are of the same network as all other arms', {size['backbone']}."
    return (
        f"ImageNet's weights are of {size['imagenet_backbone']}, another and larger network than the "
        f"{size['backbone']} of the other arms; arms named mobilenet have ImageNet's."
    )


def beyond_labels(unlabelled: Unlabelled) -> list[str]:
    """Return what the best caption recipe can do besides, in a sentence each."""
    lines = []
    if BEST in unlabelled.search:
        share = say.percent(unlabelled.search[BEST]["R@1"])
        lines.append(
            f"Text search by the same network: for {share} % of the captions of people never seen the first of "
            f"{unlabelled.images} pictures shows the person."
        )
    if reading := unlabelled.reading.get(BEST):
        better = [name for name, share in reading.items() if share > unlabelled.commonest[name]]
        lines.append(
            "Attributes never labelled, read by the sentence that fits best, beat always saying the commonest value "
            f"for {len(better)} of {len(unlabelled.commonest)}{': ' * bool(better)}{', '.join(better)}."
        )
    return lines


def overview(study: Study, families: Families) -> list[list[str]]:
    """Return the best caption recipe against all others after every fine-tuning: points, interval, verdict."""
    rows = [["captions against", *map(label, study.transfers)]]
    for question, other in (*(("others", name) for name in OTHERS), ("scratch", "scratch")):
        ones = [found(families, question, BEST, other, name) for name in study.transfers]
        if any(ones):
            rows.append([other, *map(say.cell, ones)])
    return rows


def opening(study: Study) -> str:
    """Return what this page is."""
    size = study.about["size"]
    runs = len(study.pretrained) + len(study.finetuned)
    hours = sum(line["seconds"] for line in [*study.pretrained, *study.finetuned]) / 3600
    kind = "study's second edition"
    if study.about["name"] != "full":
        kind = "quick study (second edition), with fewer arms, seeds, people and steps than the full one"
    real = f", but for {' and '.join(study.real)}" if study.real else ""
    return (
        f"Written by a script from the results of the {kind}: {runs} runs of "
        f"{counted(size['seeds'], 'seed')}, {hours:.1f} hours of one core. "
        f"All people are rendered{real}.{missing(study, runs)}"
    )


def missing(study: Study, runs: int) -> str:
    """Return which arms lack runs that were planned; empty where the study is whole."""
    left = study.about.get("planned", runs) - runs
    few = [arm for arm in study.arms if {run["seed"] for run in study.finetuned if run["arm"] == arm}
           < set(range(study.about["size"]["seeds"]))]  # fmt: skip
    if not left:
        return ""
    return f" Unfinished: {left} of {study.about['planned']} runs are missing (not at all seeds: {', '.join(few)})."


def counted(number: int, noun: str) -> str:
    """Return the number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def design(study: Study) -> list[Part]:
    """Return sizes and arms."""
    size = study.about["size"]
    rows = [
        [arm, facts["about"], facts.get("captions") or "", images_of(facts, size), *effort(study, arm)]
        for arm, facts in study.arms.items()
    ]
    return [
        ("heading", "Design"),
        ("text", described(size)),
        ("text", ABOUT_MODES),
        ("table", [["arm", "learns from", "captions", "images", "images seen", "minutes"], *rows]),
    ]


def images_of(facts: dict[str, Any], size: dict[str, Any]) -> str:
    """Return the number of images for pretraining."""
    return f"{round(facts['fraction'] * size['people']) * size['views']:,}" if facts["objectives"] else ""


def effort(study: Study, arm: str) -> list[str]:
    """Return how many images its pretraining saw, and the mean minutes that it took on one thread."""
    runs = [line for line in study.pretrained if line["arm"] == arm and "training_seconds" in line]
    if not runs:
        return ["", ""]
    seen = runs[0]["steps"] * study.about["size"]["batch_size"]
    return [f"{seen:,}", f"{sum(run['training_seconds'] for run in runs) / len(runs) / 60:.1f}"]


def described(size: dict[str, Any]) -> str:
    """Return how everything was done, in sentences."""
    people = size["target_people"] // 2
    images = size["people"] * size["views"]
    return (
        f"A {size['backbone']} at {size['height']} x {size['width']} pixels is pretrained on "
        f"{size['people']:,} rendered people in {size['views']} pictures each ({images:,} images), or on fewer of "
        f"them, for about the same time in every arm: {size['steps']:,} steps of {size['batch_size']} images of "
        "captioning in both directions, of others as many as the same minutes of one thread allow. "
        "Then it is fine-tuned on the rendered "
        f"surveillance domain at the default difficulty, with {size['few']} identities for {size['few_epochs']} "
        f"epochs, or with {people} and the backbone frozen for {size['frozen_epochs']}; and tested on "
        f"{size['target_people'] - people} "
        "other people. A seed changes weights, order and augmentation; the people are the same. The best "
        "caption recipe was chosen on other rendered people, where `--ablations` measures its parts. Joint "
        "fine-tuning continues to learn its captions in half of each batch. Captions always name garments, colours, "
        f"gender and age; each other attribute is in a caption with probability {size['detail']}."
    )


def limits(study: Study) -> list[Part]:
    """Return what the study cannot say, and how to repeat it."""
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
    """Return one sentence or two each."""
    size = study.about["size"]
    photographs = "; no real picture was scored in this study."
    if study.real:
        photographs = f", of which there is {' and '.join(study.real)} alone."
    return [
        "The people are rendered. Their captions come from the same attributes as the pictures and are never "
        f"wrong; gains on rendered people say little about photographs{photographs}",
        f"One small network ({size['backbone']} at {size['height']} x {size['width']}), short trainings, one "
        "learning rate and one schedule for all arms: an arm that needs longer, or another rate, is at a "
        "disadvantage. ImageNet's weights were learnt from 1.28 million images in many passes; a "
        f"{size['imagenet_backbone']} needs more images than there is time for here.",
        f"{counted(size['seeds'], 'seed').capitalize()}: a paired t-test over so few has little power, and "
        "agreement of all runs is weak evidence. Seeds do not draw other people, so the spread over them is "
        "too small for a claim about other data.",
        "The network and the recipe of captions were chosen on other rendered people, at one seed; VIPeR's first split "
        "was looked at meanwhile. What was tried is in docs/lab-notes.md.",
        "Intervals over people hold for these runs' weights; those over runs take the people as given. Comparisons "
        "in a table are many: the column `p Holm` is raised for their number, the verdicts are not.",
    ]
