"""The study's figures, each as SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from .analysis import Study, label
from .attributes import Slots
from .enough import is_share
from .results import mean_curve

matplotlib.rcParams["svg.hashsalt"] = "vtbr"  # the same results give the same bytes
matplotlib.rcParams["font.size"] = 9
IDENTITY = "identity_classification"
MAIN = "#1b5e9c"
REFERENCE = "#888888"


def draw_all(study: Study, slots: Slots, folder: Path) -> dict[str, str]:
    """Draw what the results allow into `folder`; the captions by name come back."""
    figures: dict[str, tuple[Callable[[], Any], str]] = {
        "arms": (
            lambda: arms(study),
            "mAP of each arm, mean over runs, 95 % intervals over people; small dots are the single runs.",
        ),
        "fractions": (
            lambda: fractions(study),
            "mAP after fine-tuning with few identities, by the share of images that bicaptioning "
            "learnt from; "
            "lines across: all images, other pretraining.",
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
        "attributes": (
            lambda: attributes(slots),
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


def arms(study: Study) -> Any:
    """One panel a transfer, one line an arm."""
    shown = study.transfers
    if not shown:
        return None
    names = list(study.arms)
    figure, panels = pyplot.subplots(
        1, len(shown), figsize=(2.2 + 2.6 * len(shown), 1.2 + 0.26 * len(names)),
        sharey=True, squeeze=False, layout="constrained",
    )  # fmt: skip
    for transfer, panel in zip(shown, panels[0], strict=True):
        for y, arm in enumerate(names):
            if not study.has(arm, transfer):
                continue
            score, rows = study.score(arm, transfer), study.rows(arm, transfer)
            colour = REFERENCE if arm == "scratch" else MAIN
            runs = 100 * rows.by_run(rows.values)[:, 0]
            panel.plot(runs, [y + 0.25] * len(runs), ".", color=colour, markersize=3, alpha=0.6)
            low, high = score.interval.get("mAP", [score.mean["mAP"]] * 2)
            panel.plot([100 * low, 100 * high], [y, y], color=colour, linewidth=1.5)
            panel.plot([100 * score.mean["mAP"]], [y], "o", color=colour, markersize=5)
        if study.has("scratch", transfer):
            level = 100 * study.score("scratch", transfer).mean["mAP"]
            panel.axvline(level, color=REFERENCE, linewidth=0.8, linestyle=":")
        panel.set_title(label(transfer))
        panel.set_xlabel("mAP, %")
        panel.grid(axis="x", alpha=0.25)
    panels[0][0].set_yticks(range(len(names)), names)
    panels[0][0].invert_yaxis()
    return figure


def fractions(study: Study) -> Any:
    """Random and selected shares of the images."""
    figure, panel = pyplot.subplots(figsize=(7, 3.8), layout="constrained")
    lines = 0
    for how, style in (("random", "o-"), ("selected", "s--")):
        found = sorted(
            (facts["fraction"], arm)
            for arm, facts in study.arms.items()
            if is_share(facts, how) and study.has(arm, "few")
        )
        if len(found) < 2:
            continue
        lines += 1
        scores = [study.score(arm, "few") for _, arm in found]
        x = [100 * fraction + (0.5 if how == "selected" else -0.5) for fraction, _ in found]
        y = [100 * score.mean["mAP"] for score in scores]
        ends = [score.interval.get("mAP", [score.mean["mAP"]] * 2) for score in scores]
        low = [mean - 100 * end[0] for mean, end in zip(y, ends, strict=True)]
        high = [100 * end[1] - mean for mean, end in zip(y, ends, strict=True)]
        panel.errorbar(x, y, yerr=[low, high], fmt=style, capsize=2, label=f"bicaptioning, {how}")
    if not lines:
        pyplot.close(figure)
        return None
    for arm, colour in (("identity", "#b5651d"), ("attribute", "#4c8c4a"), ("imagenet", "#7a4fa3"),
                        ("scratch", REFERENCE)):  # fmt: skip
        if study.has(arm, "few"):
            level = 100 * study.score(arm, "few").mean["mAP"]
            panel.axhline(level, color=colour, linestyle=":", label=arm)
    panel.set_xlabel("share of the images for pretraining, %")
    panel.set_ylabel("mAP, %")
    panel.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def pretraining(study: Study) -> Any:
    """Held-out losses (training losses where nothing is held out), on all images."""
    curves: dict[str, list[Any]] = {}
    for line in study.pretrained:
        has_labels = "validation_loss" in line["curve"] and IDENTITY not in line["objectives"]
        name = "validation_loss" if has_labels else "loss"
        if line.get("fraction") == 1 and name in line["curve"]:
            curves.setdefault(line["arm"], []).append(line["curve"][name])
    return _curves(((arm, runs) for arm, runs in curves.items()), "step", "loss / first", relative=True)


def finetuning(study: Study) -> Any:
    """mAP by steps of fine-tuning with few identities, of the arms on all images."""
    curves: dict[str, list[Any]] = {}
    for line in study.finetuned:
        if line["transfer"] == "few" and line["fraction"] == 1 and "mAP" in line["curve"]:
            curves.setdefault(line["arm"], []).append([[x, 100 * y] for x, y in line["curve"]["mAP"]])
    return _curves(((arm, runs) for arm, runs in curves.items()), "step", "mAP, %", relative=False)


def attributes(slots: Slots) -> Any:
    """One group of bars an attribute, one bar an arm."""
    if not slots.accuracy:
        return None
    names, arms_shown = slots.names, list(slots.accuracy)
    height = 0.8 / (len(arms_shown) + 1)
    figure, panel = pyplot.subplots(figsize=(7, 1 + 0.5 * len(names)), layout="constrained")
    for i, arm in enumerate([*arms_shown, "commonest value"]):
        values = slots.commonest if arm == "commonest value" else slots.accuracy[arm]
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
