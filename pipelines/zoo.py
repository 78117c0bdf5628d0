"""Make the models that come with vtbr-models: files, entries and cards.

A captioner, by the demo's steps in the demo's folder, and a Re-ID embedder trained on many rendered people seen
by many cameras, for photographs of people whom it has never seen. Every step is one of the commands that you
would type yourself; what is there is not made again; it can be stopped (Ctrl-C) and started again; delete its
folder to start from nothing.

The embedder's scores on photographs come from photographs that you have: --photographs VIPeR=viper.jsonl@VIPeR
(as `python -m pipelines.photographs` takes them). Without any, it is measured on rendered people alone.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from vtbr_data import read_manifest, write_manifest

from .demo import is_finished, parser, pretrain, render, run, say, settings
from .zoo_cards import (
    CAPTIONER,
    EMBEDDER,
    REID_RENDERING,
    REID_SETTINGS,
    captioner_entry,
    embedder_entry,
    scores_of,
    write_zoo,
)

ZOO = Path(__file__).parents[1] / "packages/vtbr-models/src/vtbr_models/zoo"


class Model(NamedTuple):
    """How a model of the zoo is made, measured and described."""

    make: Callable[[argparse.Namespace], Path]
    """Trains it and returns its run's folder."""
    measure: Callable[[argparse.Namespace, Path], None]
    entry: Callable[[argparse.Namespace], dict]


def main() -> None:
    """Make what is missing."""
    options = read_options()
    options.folder.mkdir(parents=True, exist_ok=True)
    chosen = {name: MODELS[name] for name in options.only or MODELS}
    try:
        for name, model in chosen.items():
            file = options.folder / f"{name}.safetensors"
            if not file.exists():  # from here on, what is measured is what is shipped
                trained = model.make(options) / "model.safetensors"
                run("vtbr-models export", trained, "-o", file, "--whole", "--dtype", "float16")
            model.measure(options, file)
    except KeyboardInterrupt:
        say.print(f"\nStopped. Run it again to go on; what is done stays in {options.folder}.")
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        say.print(f"\nStopped: `{error.cmd[0]} {error.cmd[1]}` ended with exit code {error.returncode}.")
        sys.exit(1)
    print(
        write_zoo(
            options.folder, options.output, {name: model.entry(options) for name, model in chosen.items()}
        )
    )


def read_options() -> argparse.Namespace:
    """The demo's sizes, the embedder's, and where the zoo goes."""
    options = parser(__doc__ or "")
    options.add_argument("--only", action="append", choices=[CAPTIONER, EMBEDDER], help="make this one alone")
    options.add_argument("--reid-people", type=int, default=1500, help="people the embedder learns from")
    options.add_argument(
        "--reid-set", action="append", default=[], metavar="KEY=VALUE", help="passed to its training as --set"
    )
    options.add_argument(
        "--photographs", action="append", default=[], metavar="NAME=MANIFEST[@ROOT]",
        help="photographs to score the embedder on; may be repeated",
    )  # fmt: skip
    options.add_argument(
        "--everyone", action="append", default=[], metavar="NAME", help="with this set's training people"
    )
    options.add_argument(
        "--output", type=Path, default=ZOO, help="where the zoo goes (default: into the package)"
    )
    return options.parse_args()


def make_captioner(options: argparse.Namespace) -> Path:
    """Learn captions, as the demo does."""
    render(options.folder, options)
    pretrain(options.folder, options)
    return options.folder / "pretrained"


def measure_captioner(options: argparse.Namespace, file: Path) -> None:
    """Caption people never seen."""
    held_out, said = options.folder / "heldout/manifest.jsonl", options.folder / f"{CAPTIONER}.said.jsonl"
    scores = scores_of(options.folder, CAPTIONER)
    if not said.exists():
        run("vtbr-models caption", file, held_out, "-o", said)
    if not scores.exists():
        run("vtbr-eval captions", said, "--reference", held_out, "-o", scores)


def make_embedder(options: argparse.Namespace) -> Path:
    """Render people, all of whom train, and learn their identities."""
    people, trained = options.folder / "reid-people", options.folder / "reid"
    everyone = people / "everyone.jsonl"
    if not everyone.exists():
        if not (people / "manifest.jsonl").exists():
            how = [*REID_RENDERING, "--identities", options.reid_people, "--seed", 3 * options.seed + 11]
            run("vtbr-data render", people, *how)
        rows = read_manifest(people / "manifest.jsonl").rows
        write_manifest([replace(row, split="train") for row in rows if row.identity > 0], everyone)
    if not is_finished(trained):
        how = settings([*REID_SETTINGS, f"seed={options.seed}", *options.reid_set])
        how = ["--recipe", "laptop", *how, "--resume", "-o", trained]
        run("vtbr-train finetune", everyone, *how, result=trained.with_suffix(".json"))
    return trained


def measure_embedder(options: argparse.Namespace, file: Path) -> None:
    """Re-identify rendered people never seen, and those of the photographs that there are."""
    people, features = options.folder / "reid-heldout", options.folder / f"{EMBEDDER}.features.safetensors"
    scores = scores_of(options.folder, EMBEDDER)
    if not (people / "manifest.jsonl").exists():
        how = ["--style", "target", "--identities", max(4, options.reid_people // 10), "--views", 12]
        run("vtbr-data render", people, *how, "--seed", 3 * options.seed + 12)
    if not features.exists():
        run("vtbr-models extract", file, people / "manifest.jsonl", "-o", features)
    if not scores.exists():
        run("vtbr-eval reid", features, "--bootstrap", 1000, "-o", scores)
    if options.photographs:
        board = options.folder / "photographs"
        everyone = [word for name in options.everyone for word in ("--everyone", name)]
        words = [*options.photographs, "--model", file, *everyone, "--folder", board]
        run(f"{sys.executable} -m pipelines.photographs", *words, result=options.folder / "photographs.md")
        shutil.copyfile(board / "photographs.json", options.folder / "photographs.json")


MODELS = {
    CAPTIONER: Model(make_captioner, measure_captioner, captioner_entry),
    EMBEDDER: Model(make_embedder, measure_embedder, embedder_entry),
}


if __name__ == "__main__":
    main()
