"""Make the models that come with vtbr-models: files, entries and cards.

A captioner that also finds people by a sentence, and a Re-ID embedder, both trained on the same rendered people seen
by many cameras, for photographs of people whom they have never seen. Every step is one of the commands that you
would type yourself; what is there is not made again; it can be stopped (Ctrl-C) and started again; delete its
folder to start from nothing.

Scores on photographs come from photographs that you have: of the embedder, --photographs VIPeR=viper.jsonl
(as `python -m pipelines.photographs` takes them); of the captioner, --labelled labelled.jsonl@VIPeR, a manifest in
which some pictures have attributes and a sentence written by eye. Without any, they are measured on rendered people
alone.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from vtbr_data import read_manifest, write_manifest

from .demo import is_finished, resumable, run, settings
from .photograph_sets import SetError, open_manifest, split_pair
from .zoo_cards import (
    CAPTIONER,
    CAPTIONER_SETTINGS,
    CAPTIONS,
    EMBEDDER,
    EMBEDDER_EXPORT,
    MEASURED,
    RENDERING,
    captioner_entry,
    embedder_entry,
    embedder_settings,
    labelled_of,
    labelled_search_of,
    scores_of,
    search_of,
    whitened_width,
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
    chosen = {name: MODELS[name] for name in options.only or MODELS}
    with resumable(options.folder, SetError):
        check_photographs(options)
        options.folder.mkdir(parents=True, exist_ok=True)
        for name, model in chosen.items():
            file = options.folder / f"{name}.safetensors"
            if not file.exists():  # from here on, what is measured is what is shipped
                trained = model.make(options) / "model.safetensors"
                how = export_options(options) if name == EMBEDDER else []
                run("vtbr-models export", trained, "-o", file, "--whole", *how, "--dtype", "float16")
            model.measure(options, file)
    print(
        write_zoo(
            options.folder, options.output, {name: model.entry(options) for name, model in chosen.items()}
        )
    )


def read_options() -> argparse.Namespace:
    """Return what is made, of how many people, and where it goes."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = options.add_argument
    add("folder", nargs="?", type=Path, default=Path("zoo"), help="where everything is made (default: zoo)")
    add("--only", action="append", choices=[CAPTIONER, EMBEDDER], help="make this one alone")
    add("--people", type=int, default=8000, help="people to learn from, in 12 pictures each")
    add("--seed", type=int, default=0)
    add("--pretrain-set", action="append", default=[], metavar="KEY=VALUE",
        help="passed to the captioner's training as --set")  # fmt: skip
    add("--finetune-set", action="append", default=[], metavar="KEY=VALUE",
        help="passed to the embedder's training as --set")  # fmt: skip
    add("--photographs", action="append", default=[], metavar="NAME=MANIFEST[@ROOT]",
        help="photographs to score the embedder on; may be repeated")  # fmt: skip
    add("--everyone", action="append", default=[], metavar="NAME", help="with this set's training people")
    add("--labelled", metavar="MANIFEST[@ROOT]",
        help="photographs to score the captioner on; those with captions are searched for by them")  # fmt: skip
    add("--output", type=Path, default=ZOO, help="where the zoo goes (default: into the package)")
    return options.parse_args()


def check_photographs(options: argparse.Namespace) -> None:
    """Raise SetError for photographs that cannot be used, before the hour that training takes."""
    for text in options.photographs:
        open_manifest(*split_pair(text, "NAME=MANIFEST[@ROOT]"))
    if options.labelled:
        rows = open_manifest("--labelled", options.labelled).rows
        if not any(row.captions and row.attributes for row in rows):
            raise SetError("--labelled: no row has captions and attributes: write them for some pictures")


def make_people(options: argparse.Namespace) -> Path:
    """Render the people who are learnt from, and return the manifest with their captions."""
    folder, tokenizer = options.folder / "people", options.folder / "tokenizer.json"
    captioned = render(folder, options.people, 3 * options.seed + 7, RENDERING, split="train")
    if not tokenizer.exists():
        run("vtbr-data tokenizer train", captioned, "-o", tokenizer)
    return captioned


def make_strangers(options: argparse.Namespace) -> Path:
    """Render others before six cameras, to measure on, and return the manifest with their captions."""
    people = max(4, options.people // 20)
    return render(options.folder / "strangers", people, 3 * options.seed + 8, MEASURED)


def render(folder: Path, people: int, seed: int, how: list, split: str | None = None) -> Path:
    """Render people into a folder, if they are not there, and return the manifest that describes the known ones."""
    captioned = folder / "captioned.jsonl"
    if not captioned.exists():
        known = render_known(folder, people, seed, how, split)
        run("vtbr-data caption", known, *CAPTIONS, "--seed", seed, "-o", captioned)
    return captioned


def render_known(folder: Path, people: int, seed: int, how: list, split: str | None = None) -> Path:
    """Render people into a folder, if they are not there, and return the manifest of the known, all of `split`."""
    manifest, known = folder / "manifest.jsonl", folder / "known.jsonl"
    if not manifest.exists():
        run("vtbr-data render", folder, *how, "--identities", people, "--seed", seed)
    if not known.exists():
        rows = [row for row in read_manifest(manifest).rows if row.identity > 0]
        write_manifest([replace(row, split=split or row.split) for row in rows], known)
    return known


def make_captioner(options: argparse.Namespace) -> Path:
    """Learn to describe people, and to find them by a sentence."""
    people, trained = make_people(options), options.folder / "captioner"
    if not is_finished(trained):
        how = ["--tokenizer", options.folder / "tokenizer.json", "--recipe", "laptop", "--resume"]
        how += settings([*CAPTIONER_SETTINGS, f"seed={options.seed}", *options.pretrain_set])
        run("vtbr-train pretrain", people, *how, "-o", trained, result=trained.with_suffix(".json"))
    return trained


def measure_captioner(options: argparse.Namespace, file: Path) -> None:
    """Describe and find rendered people never seen, and the photographs that were labelled."""
    strangers = make_strangers(options)
    tell(file, strangers, scores_of(options.folder, CAPTIONER), strangers.parent)
    search(file, strangers, strangers, search_of(options.folder), strangers.parent)
    if options.labelled:
        manifest = open_manifest("--labelled", options.labelled)
        labelled, searched = options.folder / "labelled.jsonl", options.folder / "searched.jsonl"
        write_manifest([row for row in manifest.rows if row.captions], labelled)
        write_manifest(manifest.rows, searched)
        tell(file, labelled, labelled_of(options.folder), manifest.root)
        search(file, labelled, searched, labelled_search_of(options.folder), manifest.root)


def tell(file: Path, manifest: Path, scores: Path, root: Path) -> None:
    """Score the captions of a manifest's pictures."""
    said = scores.with_suffix(".said.jsonl")
    if not said.exists():
        run("vtbr-models caption", file, manifest, "--root", root, "-o", said)
    if not scores.exists():
        run("vtbr-eval captions", said, "--reference", manifest, "-o", scores)


def search(file: Path, asked: Path, searched: Path, scores: Path, root: Path) -> None:
    """Search among the pictures of `searched` for the people whom the captions of `asked` describe."""
    texts, images = scores.with_suffix(".texts.safetensors"), scores.with_suffix(".images.safetensors")
    where = ["--root", root, "--split", "train", "--split", "query", "--split", "gallery"]
    if not texts.exists():
        run("vtbr-models extract", file, asked, *where, "--texts", "-o", texts)
    if not images.exists():
        run("vtbr-models extract", file, searched, *where, "--joint", "-o", images)
    if not scores.exists():
        run("vtbr-eval search", texts, images, "-o", scores)


def make_embedder(options: argparse.Namespace) -> Path:
    """Learn the identities of the people whose captions the captioner learnt, from its backbone."""
    people, trained = make_people(options), options.folder / "embedder"
    if not is_finished(trained):
        how = settings([*embedder_settings(options), *options.finetune_set])
        init = make_captioner(options) / "model.safetensors"
        how = ["--init", init, "--recipe", "laptop", *how, "--resume", "-o", trained]
        run("vtbr-train finetune", people, *how, result=trained.with_suffix(".json"))
    return trained


def export_options(options: argparse.Namespace) -> list[object]:
    """Return how the trained embedder is changed: mixed with its beginning, pooled more finely, whitened."""
    start, width = options.folder / "captioner/model.safetensors", whitened_width(options)
    return ["--towards", start, *EMBEDDER_EXPORT, "--whiten", make_people(options), "--width", width]


def measure_embedder(options: argparse.Namespace, file: Path) -> None:
    """Re-identify rendered people never seen, and those of the photographs that there are."""
    features = options.folder / f"{EMBEDDER}.features.safetensors"
    scores = scores_of(options.folder, EMBEDDER)
    if not features.exists():
        tested = make_strangers(options).with_name("manifest.jsonl")
        run("vtbr-models extract", file, tested, "-o", features)
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
