"""What the zoo says of its models: entries of zoo.yaml, and cards."""

from __future__ import annotations

import argparse
import hashlib
import shlex
import shutil
from pathlib import Path

import yaml

from vtbr_models import read_metadata

from .demo import percent, read_json

CAPTIONER, EMBEDDER = "people-captioner-light", "people-reid-light"
RENDERING = ["--style", "target", "--views", 12, "--cameras", 96, "--cameras-each", 12]
"""Each picture by another camera: to be told apart under any of them is what has to be learnt."""
MEASURED = ["--style", "target", "--views", 12]
"""The people on whom models are measured."""
UNSEEN = ["bag", "viewpoint", "hat", "glasses", "shoes", "boots", "weather", "illumination", "scene"]
"""What so small pictures do not show, or what holds for rendered streets alone."""
CAPTIONS = ["--per-image", 3, "--detail", 0.7, *(word for name in UNSEEN for word in ("--without", name))]
CAPTIONER_SETTINGS = [
    *("steps=4000", "batch_size=64", "save_every=500", "validate_every=2000"),
    *("objectives.bicaptioning=0", "objectives.captioning=1", "objectives.contrastive=1"),
    *("objectives.token_classification=1", "objectives.rare_words=true"),
    "objectives.attribute_classification=1",
    *("optimizer.learning_rate=1.5e-3", "optimizer.backbone_learning_rate=1.5e-3"),
]
EMBEDDER_SETTINGS = ["epochs=6", "validate_every_epochs=3", "feature=before"]
EMBEDDER_SEED = 1
"""Added to the zoo's; of two the better one on the first half of VIPeR's people (docs/lab-notes.md)."""
EMBEDDER_EXPORT = ["--share", "0.2", "--pooling", "stripes-soft", "--drop-classifier"]
"""Chosen on the first half of VIPeR's people (docs/lab-notes.md); whitened too."""
HEAD = """\
# The models that come with vtbr-models: `vtbr-models list --zoo`. Files stand beside this one.
# Written by `nox -s zoo` (pipelines/zoo.py), which renders the data, trains and measures.
"""
USE = {
    CAPTIONER: "vtbr-models caption {name} people.csv | jq -r '[.path, .captions[0]] | @tsv'",
    EMBEDDER: "vtbr-models extract {name} people.csv | vtbr-eval reid - | jq .mAP",
}
LIMITS = {
    CAPTIONER: """\
**For** a first look at pictures of your own, for searching them by a sentence, and as a start for training
(`vtbr-train finetune --init`). It has never seen a photograph of anyone. **It cannot** do more than name sex, age,
length of hair and sleeves, and kinds and colours of clothes, in one of nine colours: no bags, prints, faces or objects,
no weather, no place. Colours are what it knows best; the rest is often wrong (above). It searches in the words that it
has read (docs/formats.md, Caption wording): "a man wearing a red short-sleeved top and blue trousers". It writes
forwards only. Whole people, upright, at 64 x 32 pixels. Never let it decide about a person.""",
    EMBEDDER: """\
**For** a first look at data of your own, and as a start for training on it (`vtbr-train finetune --init`). It has
never seen a photograph of anyone. **It cannot** tell people by their faces, and finds the right one of several
hundred at the first place in a minority of cases (above): colours and kinds of clothes are most of what it
knows, so people dressed alike are one to it, and who changes clothes is another. Whole people, upright, at 64 x 32
pixels: not for seated or half-hidden people, nor views from straight above. Measure it on your own pictures
(`python -m pipelines.photographs`) before believing it, and never let it decide about a person.""",
}


def scores_of(folder: Path, name: str) -> Path:
    """Return where the scores of a model are."""
    return folder / f"{name}.scores.json"


def search_of(folder: Path) -> Path:
    """Return where the captioner's scores as a search by sentences are."""
    return folder / f"{CAPTIONER}.search.json"


def labelled_of(folder: Path) -> Path:
    """Return where the captioner's scores on labelled photographs are."""
    return folder / f"{CAPTIONER}.labelled.json"


def labelled_search_of(folder: Path) -> Path:
    """Return where its scores as a search among them are."""
    return folder / f"{CAPTIONER}.labelled-search.json"


def write_zoo(folder: Path, output: Path, entries: dict[str, dict]) -> Path:
    """Write files, cards and entries, the entries last: a zoo that lists a model has it. Return zoo.yaml's path.

    Entries of other names stay as they are.
    """
    output.mkdir(parents=True, exist_ok=True)
    for name, entry in entries.items():
        file = folder / entry["file"]
        entry["bytes"] = file.stat().st_size
        entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        shutil.copyfile(file, output / entry["file"])
        prepared = read_metadata(file)["preprocessing"]
        size = f"{prepared['height']} x {prepared['width']}"
        (output / entry["card"]).write_text(card(name, entry, size, folder), encoding="utf-8")
    zoo = output / "zoo.yaml"
    listed = yaml.safe_load(zoo.read_text(encoding="utf-8")) if zoo.exists() else {}
    text = HEAD + yaml.safe_dump({**(listed or {}), **entries}, sort_keys=False, width=100)
    zoo.with_suffix(".partial").write_text(text, encoding="utf-8")
    zoo.with_suffix(".partial").replace(zoo)
    return zoo


def captioner_entry(options: argparse.Namespace) -> dict:
    """Return what zoo.yaml says of the captioner."""
    scores, found = read_json(scores_of(options.folder, CAPTIONER)), read_json(search_of(options.folder))
    said = {} if scores.get("CIDEr-D") is None else {"CIDEr-D": round(scores["CIDEr-D"], 3)}
    said |= named_rightly(scores) | recalls(found)
    where = f"{scores['images']} rendered pictures of other people: CIDEr-D (to 10), the shares of captions "
    where += (
        "that name each attribute rightly, and of captions that find their person first or in the first ten"
    )
    if labelled_of(options.folder).exists():
        scores, found = read_json(labelled_of(options.folder)), read_json(labelled_search_of(options.folder))
        of_photographs = named_rightly(scores) | recalls(found)
        said |= {f"photographs {name}": value for name, value in of_photographs.items()}
        where += f"; photographs: the same of {scores['images']} that were labelled by eye, "
        where += f"each searched for among {found['counts']['gallery']}"
    return {
        "about": "Describes a pedestrian in a sentence, and finds people by one, on photographs.",
        "model": "captioner",
        "backbone": "resnet10_light_ibn_a",
        "file": f"{CAPTIONER}.safetensors",
        "recipe": "vtbr-train pretrain --recipe laptop"
        + changes([*CAPTIONER_SETTINGS, *options.pretrain_set]),
        "data": f"{learnt_from(options)}, three captions a picture "
        f"(vtbr-data caption {words(CAPTIONS)}); no photograph",
        "scores": said,
        "measured_on": where,
        "licence": "Apache-2.0",
        "card": f"{CAPTIONER}.md",
    }


def named_rightly(scores: dict) -> dict[str, float]:
    """Of caption scores, the share of captions that name each attribute rightly."""
    names = ("gender", "upper_colour", "lower_colour", "sleeves", "lower")
    return {name: round(scores[name]["accuracy"], 3) for name in names if name in scores}


def recalls(scores: dict) -> dict[str, float]:
    """Of a search by sentences, R@1 and R@10."""
    return {name: round(scores[name], 3) for name in ("R@1", "R@10")}


def learnt_from(options: argparse.Namespace) -> str:
    """Return the people that both models learn from."""
    how = words([*RENDERING, "--identities", options.people, "--seed", 3 * options.seed + 7])
    pictures = "in 12 pictures each, every picture by another camera"
    return f"{options.people} rendered people {pictures} (vtbr-data render {how})"


def embedder_settings(options: argparse.Namespace) -> list[str]:
    """Return what the embedder's training changes of its recipe."""
    return [*EMBEDDER_SETTINGS, f"seed={options.seed + EMBEDDER_SEED}"]


def whitened_width(options: argparse.Namespace) -> int:
    """Return the width of the embedder's features: 512, but for quick looks at few people."""
    return min(512, options.people // 2)


def words(given: list) -> str:
    """Return options as typed."""
    return " ".join(map(str, given))


def embedder_entry(options: argparse.Namespace) -> dict:
    """Return what zoo.yaml says of the embedder."""
    scores = read_json(scores_of(options.folder, EMBEDDER))
    photographs = on_photographs(options.folder)
    found = {name: round(scores[name], 3) for name in ("mAP", "rank-1", "mINP")}
    for name, of in photographs.items():
        found |= {f"{name} {measure}": round(of[measure], 3) for measure in ("mAP", "rank-1")}
    where = f"{scores['counts']['queries']} queries of other rendered people (vtbr-eval reid)"
    where += "".join(f"; {name}: photographs, {of['about']}" for name, of in photographs.items())
    return {
        "about": "Features that tell people apart from camera to camera, for photographs.",
        "model": "embedder",
        "backbone": "resnet10_light_ibn_a",
        "file": f"{EMBEDDER}.safetensors",
        "recipe": f"vtbr-train finetune --init {CAPTIONER} --recipe laptop"
        + changes([*embedder_settings(options), *options.finetune_set])
        + f"; vtbr-models export --whole --towards {CAPTIONER} "
        + f"{words(EMBEDDER_EXPORT)} --whiten people.jsonl --width {whitened_width(options)} (of the same people)",
        "data": f"{learnt_from(options)}; no photograph",
        "scores": found,
        "measured_on": where,
        "licence": "Apache-2.0",
        "card": f"{EMBEDDER}.md",
    }


def on_photographs(folder: Path) -> dict[str, dict]:
    """Return the embedder's scores by set of photographs, with `about`; none where none were given."""
    path = folder / "photographs.json"
    if not path.exists():
        return {}
    board = read_json(path)
    scores = next(line["scores"] for line in board["lines"] if line["features"].endswith(".safetensors"))
    return {name: {**scores[name], "about": about} for name, about in board["sets"].items()}


def changes(given: list[str]) -> str:
    """Return the `--set` of a command line, as typed."""
    return "".join(f" --set {shlex.quote(change)}" for change in given)


def card(name: str, entry: dict, size: str, folder: Path) -> str:
    """Return the model card; `size` is that of its pictures."""
    rows = "\n".join(f"| {measure} | {score} |" for measure, score in entry["scores"].items())
    photographs = on_photographs(folder) if name == EMBEDDER else {}
    intervals = "".join(
        f"{of}: mAP {percent(scores, 'mAP')}, rank-1 {percent(scores, 'rank-1')} (per cent, 95 % intervals).\n"
        for of, scores in photographs.items()
    )
    return f"""# {name}

{entry["about"]}
A {entry["backbone"]} {entry["model"]} for pictures of {size} pixels, {entry["bytes"] / 1e6:.1f} MB (float16).

    {USE[name].format(name=name)}

| measure | score |
| --- | --- |
{rows}

Measured on {entry["measured_on"]}, with this very file.
{intervals}
**Made by** `nox -s zoo`: {entry["data"]}; `{entry["recipe"]}`.

{LIMITS[name]}

**People.** Nobody real was in the data. Captions name clothes, gender, age and hair as they are shown; they
never describe skin, and state how somebody is shown, not who they are. Re-identification follows people
across cameras: see "Responsible use" in the project's README.

Licence {entry["licence"]}. SHA-256 `{entry["sha256"]}`.
"""
