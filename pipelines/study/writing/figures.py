"""The study's figures, each as SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from ..work.results import mean_curve
from .analysis import Study, label, set_of
from .attributes import Slots, Unlabelled

matplotlib.rcParams["svg.hashsalt"] = "vtbr"  # the same results give the same bytes
matplotlib.rcParams["font.size"] = 9
IDENTITY = "identity_classification"
MAIN = "#1b5e9c"
REFERENCE = "#888888"


def draw_all(study: Study, slots: Slots, unlabelled: Unlabelled, folder: Path) -> dict[str, str]:
    """Draw what the results allow into `folder`; return the captions by name."""
    figures: dict[str, tuple[Callable[[], Any], str]] = {
        "arms": (
            lambda: arms(study),
            "mAP of each arm, mean over runs, 95 % intervals over people; small dots are the single runs.",
        ),
        "fractions": (
            lambda: fractions(study),
            "mAP by the number of images for pretraining, with 95 % intervals over people; lines across: pretraining "
            "on other images, or none.",
        ),
        "pretraining": (
            lambda: pretraining(study),
            "Held-out loss while pretraining (of identities the training loss: people held out have other "
            "labels), as a share of the first value, mean over seeds. Arms have different losses: compare "
            "shapes only.",
        ),
        "finetuning": (
            lambda: finetuning(study),
            "mAP while fine-tuning with few identities, mean over runs.",
        ),
        "reading": (
            lambda: bars(unlabelled.reading, unlabelled.commonest, list(unlabelled.commonest)),
            "Share of held-out pictures of which the likeliest sentence tells the true value, mean over seeds; gray: "
            "always the commonest value.",
        ),
        "attributes": (
            lambda: bars(slots.accuracy, slots.commonest, slots.names),
            "Share of held-out pictures whose caption (or attribute head) names the attribute "
            "rightly, mean over seeds; gray: always the commonest value. No bar: named in fewer than one "
            "caption of ten.",
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for name, (draw, caption) in figures.items():
        figure = draw()
        if figure is None:
            continue
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        figure.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None})
        pyplot.close(figure)
        drawn[name] = caption
    return drawn


COLUMNS = 3
"""Of panels."""


def arms(study: Study) -> Any:
    """Draw one panel a transfer, one line an arm."""
    shown = study.transfers
    if not shown:
        return None
    names = list(study.arms)
    columns, rows = min(COLUMNS, len(shown)), -(-len(shown) // COLUMNS)
    figure, panels = pyplot.subplots(
        rows, columns, figsize=(2.2 + 2.6 * columns, rows * (1.0 + 0.26 * len(names))),
        sharey=True, squeeze=False, layout="constrained",
    )  # fmt: skip
    for panel in panels.flat[len(shown) :]:
        panel.set_axis_off()
    for transfer, panel in zip(shown, panels.flat, strict=False):
        for y, arm in enumerate(names):
            if study.has(arm, transfer):
                _arm(panel, study, arm, transfer, y)
        if study.has("scratch", transfer):
            level = 100 * study.score("scratch", transfer).mean["mAP"]
            panel.axvline(level, color=REFERENCE, linewidth=0.8, linestyle=":")
        panel.set_title(label(transfer))
        panel.set_xlabel("mAP, %")
        panel.grid(axis="x", alpha=0.25)
    panels[0][0].set_yticks(range(len(names)), names)
    panels[0][0].invert_yaxis()
    return figure


def _arm(panel: Any, study: Study, arm: str, transfer: str, y: int) -> None:
    """Draw a line of a panel: the mean, its interval, and the single runs below."""
    score, rows = study.score(arm, transfer), study.rows(arm, transfer)
    colour = REFERENCE if arm == "scratch" else MAIN
    runs = 100 * rows.by_run(rows.values)[:, 0]
    panel.plot(runs, [y + 0.25] * len(runs), ".", color=colour, markersize=3, alpha=0.6)
    low, high = score.interval.get("mAP", [score.mean["mAP"]] * 2)
    panel.plot([100 * low, 100 * high], [y, y], color=colour, linewidth=1.5)
    panel.plot([100 * score.mean["mAP"]], [y], "o", color=colour, markersize=5)


def fractions(study: Study) -> Any:
    """Draw one panel a transfer, one line a way to pretrain."""
    size = study.about["size"]
    lines: dict[str, dict[str, list[tuple[int, str]]]] = {}
    for transfer in (name for name in study.transfers if name in ("few", "frozen") or set_of(name) == name):
        bases: dict[str, list[tuple[int, str]]] = {}
        for arm, facts in study.arms.items():
            if facts["objectives"] and study.has(arm, transfer):
                images = round(facts["fraction"] * size["people"]) * size["views"]
                bases.setdefault(facts["base"], []).append((images, arm))
        several = {base: sorted(found) for base, found in bases.items() if len(found) > 1}
        if several:
            lines[transfer] = several
    if not lines:
        return None
    figure, panels = pyplot.subplots(
        1, len(lines), figsize=(1.5 + 3.4 * len(lines), 3.8), squeeze=False, layout="constrained"
    )
    colours = {
        base: f"C{i}"
        for i, base in enumerate(dict.fromkeys(base for each in lines.values() for base in each))
    }
    shown: dict[str, Any] = {}
    for (transfer, bases), panel in zip(lines.items(), panels[0], strict=True):
        for base, found in bases.items():
            scores = [study.score(arm, transfer) for _, arm in found]
            y = [100 * score.mean["mAP"] for score in scores]
            ends = [score.interval.get("mAP", [score.mean["mAP"]] * 2) for score in scores]
            low = [mean - 100 * end[0] for mean, end in zip(y, ends, strict=True)]
            high = [100 * end[1] - mean for mean, end in zip(y, ends, strict=True)]
            images = [number for number, _ in found]
            shown[base] = panel.errorbar(
                images, y, yerr=[low, high], fmt="o-", capsize=2, color=colours[base]
            )
            panel.set_xscale("log")
            panel.set_xticks(images, [f"{number:,}" for number in images], minor=False)
            panel.set_xticks([], minor=True)
        for arm, colour in (("imagenet", "#7a4fa3"), ("scratch", REFERENCE)):
            if study.has(arm, transfer):
                level = 100 * study.score(arm, transfer).mean["mAP"]
                shown[arm] = panel.axhline(level, color=colour, linestyle=":")
        panel.set_xlabel("images for pretraining")
        panel.set_title(label(transfer))
    panels[0][0].set_ylabel("mAP, %")
    panels[0][-1].legend(
        shown.values(), shown.keys(), frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1)
    )
    return figure


def pretraining(study: Study) -> Any:
    """Return held-out losses (training losses where nothing is held out), on all images."""
    curves: dict[str, list[Any]] = {}
    for line in study.pretrained:
        has_labels = "validation_loss" in line["curve"] and IDENTITY not in line["objectives"]
        name = "validation_loss" if has_labels else "loss"
        if line.get("fraction") == 1 and name in line["curve"]:
            curves.setdefault(line["arm"], []).append(line["curve"][name])
    return _curves(((arm, runs) for arm, runs in curves.items()), "step", "loss / first", relative=True)


def finetuning(study: Study) -> Any:
    """Return mAP by steps of fine-tuning with few identities, of the arms on all images."""
    curves: dict[str, list[Any]] = {}
    for line in study.finetuned:
        if line["transfer"] == "few" and line["fraction"] == 1 and "mAP" in line["curve"]:
            curves.setdefault(line["arm"], []).append([[x, 100 * y] for x, y in line["curve"]["mAP"]])
    return _curves(((arm, runs) for arm, runs in curves.items()), "step", "mAP, %", relative=False)


def bars(accuracy: dict[str, dict[str, float]], commonest: dict[str, float], names: list[str]) -> Any:
    """Draw one group of bars an attribute, one bar an arm."""
    if not accuracy:
        return None
    arms_shown = list(accuracy)
    height = 0.8 / (len(arms_shown) + 1)
    figure, panel = pyplot.subplots(figsize=(7, 1 + 0.5 * len(names)), layout="constrained")
    for i, arm in enumerate([*arms_shown, "commonest value"]):
        values = commonest if arm == "commonest value" else accuracy[arm]
        y = [place + i * height for place, name in enumerate(names) if name in values]
        x = [100 * values[name] for name in names if name in values]
        colour = "#bbbbbb" if arm == "commonest value" else None
        panel.barh(y, x, height=height, label=arm, color=colour)
    panel.set_yticks([place + 0.4 for place in range(len(names))], names)
    panel.invert_yaxis()
    panel.set_xlabel("right, %")
    panel.set_xlim(0, 100)
    panel.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _curves(runs: Iterable[tuple[str, list[Any]]], x: str, y: str, *, relative: bool) -> Any:
    figure, panel = pyplot.subplots(figsize=(6.5, 3.8), layout="constrained")
    count = 0
    for arm, curves in runs:
        steps, values = mean_curve(curves)
        if len(steps) < 2:
            continue
        count += 1
        scaled = [value / values[0] for value in values] if relative else values
        style = "--" if count > 7 else "-"
        panel.plot(steps, scaled, style, marker=".", label=arm, color=REFERENCE if arm == "scratch" else None)
    if not count:
        pyplot.close(figure)
        return None
    panel.set_xlabel(x)
    panel.set_ylabel(y)
    panel.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
