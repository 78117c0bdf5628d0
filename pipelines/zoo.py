"""Make the models that come with vtbr-models: files, entries and cards of what the demo trains.

A captioner, and a Re-ID embedder fine-tuned from it: the demo's steps up to there, in the demo's folder, and
what the demo has made already is not made again. Every step is one of the commands that you would type
yourself; it can be stopped (Ctrl-C) and started again; delete its folder to start from nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from vtbr_models import read_metadata

from .demo import finetune, parser, pretrain, read_json, render, run, say

ZOO = Path(__file__).parents[1] / "packages/vtbr-models/src/vtbr_models/zoo"
CAPTIONER, EMBEDDER = "drawn-captioner-r10", "drawn-reid-r10"
TRAINED = {CAPTIONER: "pretrained", EMBEDDER: "from-captions"}
HEAD = """\
# The models that come with vtbr-models: `vtbr-models list --zoo`. Files stand beside this one.
# Written by `nox -s zoo` (pipelines/zoo.py), which draws the data, trains and measures.
"""


def main() -> None:
    """Make what is missing."""
    options = read_options()
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        render(options.folder, options)
        pretrain(options.folder, options)
        finetune(options.folder, options, "from-captions")
        ship(options)
        measure(options)
    except KeyboardInterrupt:
        say.print(f"\nStopped. Run it again to go on; what is done stays in {options.folder}.")
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        say.print(f"\nStopped: `{error.cmd[0]} {error.cmd[1]}` ended with exit code {error.returncode}.")
        sys.exit(1)
    write_zoo(options)


def read_options() -> argparse.Namespace:
    """The demo's sizes, and where the zoo goes."""
    options = parser(__doc__ or "")
    options.add_argument(
        "--output", type=Path, default=ZOO, help="where the zoo goes (default: into the package)"
    )
    return options.parse_args()


def ship(options: argparse.Namespace) -> None:
    """The files in float16: from here on, what is measured is what is shipped."""
    for name, trained_as in TRAINED.items():
        file = options.folder / f"{name}.safetensors"
        if not file.exists():
            trained = options.folder / trained_as / "model.safetensors"
            run("vtbr-models export", trained, "-o", file, "--whole", "--dtype", "float16")


def measure(options: argparse.Namespace) -> None:
    """Captions of people never seen, and Re-ID of people never seen."""
    folder = options.folder
    held_out, target = folder / "heldout/manifest.jsonl", folder / "target/manifest.jsonl"
    said, features = folder / f"{CAPTIONER}.said.jsonl", folder / f"{EMBEDDER}.features.safetensors"
    if not said.exists():
        run("vtbr-models caption", folder / f"{CAPTIONER}.safetensors", held_out, "-o", said)
    if not scores_of(options, CAPTIONER).exists():
        run("vtbr-eval captions", said, "--reference", held_out, "-o", scores_of(options, CAPTIONER))
    if not features.exists():
        run("vtbr-models extract", folder / f"{EMBEDDER}.safetensors", target, "-o", features)
    if not scores_of(options, EMBEDDER).exists():
        run("vtbr-eval reid", features, "--bootstrap", 1000, "-o", scores_of(options, EMBEDDER))


def scores_of(options: argparse.Namespace, name: str) -> Path:
    """Where the scores of a model are."""
    path: Path = options.folder / f"{name}.scores.json"
    return path


def write_zoo(options: argparse.Namespace) -> None:
    """Files, cards and entries, the entries last: a zoo that lists a model has it."""
    options.output.mkdir(parents=True, exist_ok=True)
    entries = {CAPTIONER: captioner_entry(options), EMBEDDER: embedder_entry(options)}
    for name, entry in entries.items():
        file = options.folder / entry["file"]
        entry["bytes"] = file.stat().st_size
        entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        shutil.copyfile(file, options.output / entry["file"])
        prepared = read_metadata(file)["preprocessing"]
        size = f"{prepared['height']} x {prepared['width']}"
        (options.output / entry["card"]).write_text(card(name, entry, size), encoding="utf-8")
    zoo = options.output / "zoo.yaml"
    listed = yaml.safe_load(zoo.read_text(encoding="utf-8")) if zoo.exists() else {}
    text = HEAD + yaml.safe_dump({**(listed or {}), **entries}, sort_keys=False, width=100)
    zoo.with_suffix(".partial").write_text(text, encoding="utf-8")
    zoo.with_suffix(".partial").replace(zoo)
    print(zoo)


def captioner_entry(options: argparse.Namespace) -> dict:
    """What zoo.yaml says of the captioner."""
    scores = read_json(scores_of(options, CAPTIONER))
    accuracy = {
        name: round(scores[name]["accuracy"], 3)
        for name in ("gender", "upper_colour", "lower_colour", "bag", "viewpoint")
        if name in scores
    }
    cider = {} if scores.get("CIDEr-D") is None else {"CIDEr-D": round(scores["CIDEr-D"], 3)}
    return {
        "about": "Describes a pedestrian in a sentence, and scores sentences about one.",
        "model": "captioner",
        "backbone": "resnet10",
        "file": f"{CAPTIONER}.safetensors",
        "recipe": "vtbr-train pretrain --recipe laptop" + changes(options.pretrain_set),
        "data": f"{options.people} rendered people in {options.views} pictures each, two captions a picture "
        f"(vtbr-data render --identities {options.people} --views {options.views} "
        f"--seed {3 * options.seed + 1})",
        "scores": {**cider, **accuracy},
        "measured_on": f"{scores['images']} rendered pictures of other people: CIDEr-D (to 10), "
        "and the shares of captions that name each attribute rightly",
        "licence": "Apache-2.0",
        "card": f"{CAPTIONER}.md",
    }


def embedder_entry(options: argparse.Namespace) -> dict:
    """What zoo.yaml says of the embedder."""
    scores = read_json(scores_of(options, EMBEDDER))
    rendered = f"--style target --identities {options.target_people} --views {options.target_views}"
    return {
        "about": "Features that tell people apart from camera to camera.",
        "model": "embedder",
        "backbone": "resnet10",
        "file": f"{EMBEDDER}.safetensors",
        "recipe": f"vtbr-train finetune --init {CAPTIONER} --recipe laptop" + changes(options.finetune_set),
        "data": f"the training half of {options.target_people} rendered people seen by six cameras "
        f"(vtbr-data render {rendered} --seed {3 * options.seed + 3})",
        "scores": {name: round(scores[name], 3) for name in ("mAP", "rank-1", "mINP")},
        "measured_on": f"{scores['counts']['queries']} queries of the other half (vtbr-eval reid)",
        "licence": "Apache-2.0",
        "card": f"{EMBEDDER}.md",
    }


def changes(given: list[str]) -> str:
    """The `--set` of a command line, as typed."""
    return "".join(f" --set {shlex.quote(change)}" for change in given)


def card(name: str, entry: dict, size: str) -> str:
    """The model card; `size` is that of its pictures."""
    use = {
        "captioner": f"vtbr-models caption {name} people.csv | jq -r '[.path, .captions[0]] | @tsv'",
        "embedder": f"vtbr-models extract {name} people.csv | vtbr-eval reid - | jq .mAP",
    }[entry["model"]]
    rows = "\n".join(f"| {measure} | {score} |" for measure, score in entry["scores"].items())
    return f"""# {name}

{entry["about"]}
A {entry["backbone"]} {entry["model"]} for pictures of {size} pixels, {entry["bytes"] / 1e6:.1f} MB (float16).

    {use}

| measure | score |
| --- | --- |
{rows}

Measured on {entry["measured_on"]}, with this very file.

**Made by** `nox -s zoo`: {entry["data"]}; `{entry["recipe"]}`.

**For** trying the commands, for tests, and as a start for training on data of your own. **Not for** anything
about real people: it has seen drawings only, knows their few garments, nine colours and clean outlines, and
is small. Its scores on drawings say nothing about photographs; measure it on yours before believing it.

**People.** Nobody real was in the data. Captions name clothes, gender, age and hair as they are drawn; they
never describe skin, and state how somebody is drawn, not who they are. Re-identification follows people
across cameras: see "Responsible use" in the project's README.

Licence {entry["licence"]}. SHA-256 `{entry["sha256"]}`.
"""


if __name__ == "__main__":
    main()
