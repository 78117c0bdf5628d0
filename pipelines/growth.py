"""Measure what rendered people are worth on photographs: how many, in how many pictures, and each ingredient.

Each network learns to tell rendered people apart by the laptop recipe, from nothing, and is scored on photographs
of people that it has never seen. Every step is one of the commands that you would type yourself; what is there is
not made again; it can be stopped (Ctrl-C) and started again. The tables are Markdown, in per cent, with 95 %
intervals over people; the last column compares each row with the first one, paired, at the same seed.

    vtbr-data index viper VIPeR -o viper.jsonl
    python -m pipelines.growth VIPeR=viper.jsonl --everyone VIPeR --seed 0 --seed 1
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from vtbr_data.people import INGREDIENTS

from .demo import is_finished, read_json, resumable, run, settings
from .photograph_sets import PhotographSet, SetError, open_manifest, read_set, split_pair
from .photographs import Line, features_of, scores_of, set_options, slug
from .zoo import render_known

BATCH = 64
"""Pictures a step: 16 people, 4 pictures of each."""
PEOPLE_SEED = 7


class Trial(NamedTuple):
    """People to learn from, and for how long."""

    name: str
    people: int = 600
    views: int = 12
    steps: int = 450
    without: str = ""
    """What `vtbr-data render` leaves out."""
    cameras: int = 96
    """Of the place. With more than `views`, each picture of a person is by another camera."""
    manifest: str = ""
    """MANIFEST[@ROOT] of pictures made elsewhere, whose train rows are learnt from instead."""

    def rendering(self) -> list[object]:
        """Return options of `vtbr-data render` but for the number of people."""
        each = ["--cameras-each", self.views] if self.cameras > self.views else []
        left_out = ["--without", self.without] if self.without else []
        return ["--style", "target", "--views", self.views, "--cameras", self.cameras, *each, *left_out]


TABLES = {
    "sources": [Trial("rendered, 6 cameras", cameras=6), Trial("rendered, 96 cameras")],
    "cameras": [
        Trial("6 cameras, of which 2 to 6 see a person", cameras=6),
        Trial("96 cameras, each picture by another"),
    ],
    "ingredients": [
        Trial("everything", people=300, steps=340),
        *(Trial(f"without {name}", people=300, steps=340, without=name) for name in INGREDIENTS),
    ],
    "people": [
        Trial("300 people", people=300, steps=600),
        Trial("1,000 people", people=1000, steps=1200),
        Trial("3,000 people", people=3000, steps=2400),
        Trial("8,000 people", people=8000, steps=4800),
    ],
    "pictures": [
        Trial(f"1,000 people, {views} pictures of each", people=1000, views=views, steps=1200)
        for views in (4, 12, 36)
    ],
}


def main(words: list[str] | None = None) -> None:
    """Make what is missing, and print the tables."""
    options = read_options(words)
    with resumable(options.folder, SetError):
        options.folder.mkdir(parents=True, exist_ok=True)
        sets = [read_set(text, options) for text in options.sets]
        for name in options.only or TABLES:
            print(f"\n{table(trials_of(name, options), sets, options)}", end="", flush=True)


def read_options(words: list[str] | None = None) -> argparse.Namespace:
    """Return what is measured, on which photographs, and where everything goes."""
    options = set_options(__doc__ or "", "growth")
    add = options.add_argument
    add("--only", action="append", choices=list(TABLES), help="this table alone; may be repeated")
    add("--seed", type=int, action="append", help="of the training, on the same people; may be repeated (0)")
    add("--other", action="append", default=[], metavar="LABEL=MANIFEST[@ROOT]",
        help="in the table of sources, pictures made elsewhere; may be repeated")  # fmt: skip
    add("--scale", type=float, default=1, help="share of the people and of the steps, for a quick look")
    add("--longer", type=float, default=1, help="times as many steps: 4 is near convergence")
    add(
        "--finetune-set", action="append", default=[], metavar="KEY=VALUE", help="passed to finetune as --set"
    )
    return options.parse_args(words)


def trials_of(table_name: str, options: argparse.Namespace) -> list[Trial]:
    """Return the trials of a table, at the scale that was asked for. Raises SetError for a bad --other."""
    trials = list(TABLES[table_name])
    if table_name == "sources":
        others = [split_pair(text, "LABEL=MANIFEST[@ROOT]") for text in options.other]
        trials = [*(Trial(label, manifest=manifest) for label, manifest in others), *trials]
    return [
        trial._replace(
            people=max(16, round(trial.people * options.scale)),
            steps=max(1, round(trial.steps * options.scale * options.longer)),
        )
        for trial in trials
    ]


def table(trials: list[Trial], sets: list[PhotographSet], options: argparse.Namespace) -> str:
    """Return what came of the trials, one a row; what is missing is made first, seed by seed."""
    runs: dict[Trial, list[Path]] = {trial: [] for trial in trials}
    for seed in options.seed or [0]:
        for trial in trials:
            runs[trial].append(learn(trial, seed, options))
    columns = [
        f"{each.name}: {what}" for each in sets for what in ("mAP", "rank-1", "mAP minus the first row's")
    ]
    rows = [["learnt from", "steps of 64", "accuracy at the end", *columns]]
    rows.append(["---"] * len(rows[0]))
    for trial in trials:
        ends = [read_json(result_of(run)) for run in runs[trial]]
        accuracy = ", ".join(f"{end['accuracy']:.2f}" for end in ends)
        rows.append([trial.name, f"{ends[0]['step']:,}", accuracy])
        for each in sets:
            scores = [scores_of(line_of(run), [each], options)["scores"][each.name] for run in runs[trial]]
            for measure in ("mAP", "rank-1"):
                rows[-1].append(cell([(score[measure], score["interval"][measure]) for score in scores]))
            pairs = zip(runs[trials[0]], runs[trial], strict=True) if trial is not trials[0] else ()
            rows[-1].append(cell([difference(*pair, each, options) for pair in pairs]))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def learn(trial: Trial, seed: int, options: argparse.Namespace) -> Path:
    """Train on the pictures of a trial, rendered if they are not there, and return the run's folder."""
    if trial.manifest:
        name, pictures = trial.name, trial.manifest
        manifest = open_manifest(name, pictures)
        count = sum(row.split == "train" and row.identity > 0 for row in manifest.rows)
        if not count:
            raise SetError(
                f"{name}: {manifest.name} has no known people in split train: nothing to learn from"
            )
    else:
        how = trial.rendering()
        name = " ".join(map(str, (trial.people, *how)))
        pictures = render_known(
            options.folder / f"people-{slug(name)}", trial.people, PEOPLE_SEED, how, "train"
        )
        count = trial.people * trial.views
    epochs = max(1, round(trial.steps * BATCH / count))
    run_folder = options.folder / f"run-{slug(name)}-{epochs}-{seed}"
    if not is_finished(run_folder):
        fixed = [f"epochs={epochs}", f"validate_every_epochs={epochs}", f"seed={seed}"]
        how = ["--recipe", "laptop", *settings([*fixed, *options.finetune_set]), "--resume", "-o", run_folder]
        run("vtbr-train finetune", pictures, *how, result=result_of(run_folder))
    return run_folder


def result_of(run_folder: Path) -> Path:
    """Return where the result of a training is."""
    return run_folder.with_suffix(".json")


def line_of(run_folder: Path) -> Line:
    """Return the trained network as the board of photographs takes it."""
    return Line(name=run_folder.name, checkpoint=run_folder / "model.safetensors")


def difference(
    first: Path, other: Path, photographs: PhotographSet, options: argparse.Namespace
) -> tuple[float, list[float]]:
    """Return the mAP of `other` less that of `first`, paired, with its interval."""
    path = options.folder / f"{slug(first.name)}.{slug(other.name)}.{photographs.name}.difference.json"
    if not path.exists():
        features = [features_of(line_of(each), photographs, options.folder) for each in (first, other)]
        run("vtbr-eval compare", *features, "--protocol", photographs.protocol, "-o", path)
    found = read_json(path)["mAP"]
    return found["difference"], found["interval"]


def cell(values: list[tuple[float, list[float]]]) -> str:
    """Return values and their intervals, one a seed, in per cent; with several seeds the mean comes first."""
    each = [f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]" for value, (low, high) in values]
    mean = f"**{100 * sum(value for value, _ in values) / len(values):.1f}**: " if len(values) > 1 else ""
    return mean + ", ".join(each)


if __name__ == "__main__":
    main()
