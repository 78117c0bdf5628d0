"""Score models on photographs that they have never seen: one table over all the sets that you have.

Beside the models are the same networks with untrained weights, and colour histograms of six stripes: what a
model is worth is what it adds to these. Every step is one of the commands that you would type yourself; what
is already there, made from the same model and the same manifest, is not made again.

    vtbr-data index viper VIPeR -o viper.jsonl && vtbr-data index market1501 Market-1501 -o market.jsonl
    python -m pipelines.photographs VIPeR=viper.jsonl Market-1501=market.jsonl --everyone VIPeR
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vtbr_data import read_manifest

from .demo import percent, read_json, resumable, run, say
from .photograph_sets import PhotographSet, SetError, protocols, read_set, split_pair

STRIPES, BINS = 6, 8
MARGIN = 1 / 6
"""Share of the width that stripes leave out on each side, where there is more of the street than of people."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the table."""

    name: str
    checkpoint: Path | None = None
    features: dict[str, Path] | None = None
    """Of features made elsewhere: the file for each set."""


def main(words: list[str] | None = None) -> None:
    """Make the features and scores that are missing, and print the table."""
    options = read_options(words)
    with resumable(options.folder, SetError):
        options.folder.mkdir(parents=True, exist_ok=True)
        sets = [read_set(text, options) for text in options.sets]
        known = {each.name for each in sets}
        if missing := {*options.everyone, *protocols(options)} - known:
            raise SetError(f"{min(missing)} is none of the sets: they are {', '.join(sorted(known))}")
        lines = [Line(name="colours of six stripes"), *model_lines(options), *feature_lines(options, known)]
        results = [{"features": line.name, **scores_of(line, sets, options)} for line in lines]
    text = json.dumps({"sets": {each.name: each.about for each in sets}, "lines": results}, indent=2)
    (options.folder / "photographs.json").write_text(text + "\n", encoding="utf-8")
    print(table(sets, results), end="")


def read_options(words: list[str] | None = None) -> argparse.Namespace:
    """Return the sets, the models, and where everything goes."""
    options = set_options(__doc__ or "", "photographs")
    options.add_argument(
        "--model", action="append", default=[], metavar="CHECKPOINT", help="a file, or a name that "
        "`vtbr-models list --zoo` prints; may be repeated (default: the zoo's embedders)"
    )  # fmt: skip
    options.add_argument(
        "--features", action="append", default=[], metavar="LABEL:NAME=FILE",
        help="features of set NAME made elsewhere, anything `vtbr-eval reid` reads; may be repeated"
    )  # fmt: skip
    return options.parse_args(words)


def set_options(page: str, name: str) -> argparse.ArgumentParser:
    """Return what reads the sets, how they are scored and where everything goes, for `python -m pipelines.NAME`."""
    about, _, example = page.partition("\n\n    ")
    options = argparse.ArgumentParser(
        prog=f"python -m pipelines.{name}",
        description=about,
        epilog=f"Example:\n    {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument(
        "sets", nargs="+", metavar="NAME=MANIFEST[@ROOT]", help="photographs with query and gallery"
    )
    options.add_argument(
        "--protocol", action="append", default=[], metavar="NAME=PROTOCOL", help="how set NAME is scored "
        "(default: viper-like where everybody has one picture a camera, else market1501)"
    )  # fmt: skip
    options.add_argument(
        "--everyone", action="append", default=[], metavar="NAME",
        help="score set NAME on its training people too, whom nothing here has learnt from"
    )  # fmt: skip
    options.add_argument("--bootstrap", type=int, default=1000, help="draws for the 95 %% intervals")
    options.add_argument(
        "--folder", type=Path, default=Path(name), help=f"where everything goes (default: {name})"
    )
    return options


def model_lines(options: argparse.Namespace) -> Iterator[Line]:
    """Yield each network untrained, then each model. Raises SetError for one that is missing."""
    from vtbr_models import InputError
    from vtbr_models.zoo import read_zoo, resolve

    names = options.model or [name for name, entry in read_zoo().items() if entry.model == "embedder"]
    try:
        models = {name: resolve(name) for name in names}
        untrained = dict(untrained_twin(path, options.folder) for path in models.values())
    except InputError as error:
        raise SetError(str(error)) from error
    for name, path in {**untrained, **models}.items():
        yield Line(name=name, checkpoint=path)


def untrained_twin(checkpoint: Path, folder: Path) -> tuple[str, Path]:
    """Name and file of the same network with random weights (seed 0), fed as the trained one is."""
    import torch

    from vtbr_models import build_model, read_metadata, save_checkpoint

    metadata = read_metadata(checkpoint)
    like = {"architecture": metadata["architecture"], "preprocessing": metadata["preprocessing"]}
    backbone = metadata["architecture"]["visual"]["name"]
    size = "{height} x {width}".format(**metadata["preprocessing"])
    path = folder / f"untrained-{backbone}.{digest(json.dumps(like, sort_keys=True).encode())}.safetensors"
    if not path.exists():
        torch.manual_seed(0)
        model = build_model(metadata["architecture"])
        save_checkpoint(path, model, {**metadata, "recipe": None, "step": 0, "data": None})
    return f"untrained {backbone}, {size}", path


def feature_lines(options: argparse.Namespace, known: set[str]) -> list[Line]:
    """Return features made elsewhere, by their labels. Raises SetError for one of a set that is not scored."""
    files: dict[str, dict[str, Path]] = {}
    for text in options.features:
        name, file = split_pair(text, "LABEL:NAME=FILE")
        label, _, name = name.rpartition(":")
        if not label or name not in known:
            raise SetError(f"{text!r} is not LABEL:NAME=FILE with NAME one of {', '.join(sorted(known))}")
        files.setdefault(label, {})[name] = Path(file)
    return [Line(name=label, features=of_sets) for label, of_sets in files.items()]


def scores_of(line: Line, sets: list[PhotographSet], options: argparse.Namespace) -> dict[str, Any]:
    """Return the scores of a line on each set that it has features of."""
    scores = {}
    for each in sets:
        features = features_of(line, each, options.folder)
        if features is None:
            continue
        key = digest(features.read_bytes(), each.protocol.encode(), str(options.bootstrap).encode())
        path = options.folder / f"{slug(line.name)}.{each.name}.{key}.scores.json"
        if not path.exists():
            how = ["--protocol", each.protocol, "--bootstrap", options.bootstrap]
            run("vtbr-eval reid", features, *how, "-o", path)
        scores[each.name] = read_json(path)
    return {"scores": scores}


def features_of(line: Line, photographs: PhotographSet, folder: Path) -> Path | None:
    """Return the file of a line's features of a set, made if it is not there; None where the line has none."""
    if line.features is not None:
        return line.features.get(photographs.name)
    source = b"stripes" if line.checkpoint is None else line.checkpoint.read_bytes()
    place = str(photographs.root.resolve()).encode()
    key = digest(source, photographs.manifest.read_bytes(), place)
    ending = "npz" if line.checkpoint is None else "safetensors"
    path = folder / f"{slug(line.name)}.{photographs.name}.{key}.{ending}"
    if path.exists():
        return path
    if line.checkpoint is None:
        write_stripes(photographs, path)
    else:
        where = [photographs.manifest, "--root", photographs.root]
        run("vtbr-models extract", line.checkpoint, *where, "-o", path)
    return path


def write_stripes(photographs: PhotographSet, path: Path) -> None:
    """Write the colour histograms of a set's pictures as features. Raises OSError for an unreadable one."""
    say.print(f"\ncolours of six stripes: {photographs.name}", style="bold")
    rows = read_manifest(photographs.manifest).rows
    features = []
    for row in rows:
        with Image.open(photographs.root / row.path) as picture:
            features.append(stripes(np.asarray(picture.convert("HSV"))))
    whole = path.with_suffix(".partial.npz")
    np.savez(
        whole,
        features=np.array(features),
        identity=np.array([row.identity for row in rows]),
        camera=np.array([row.camera for row in rows]),
        split=np.array([row.split for row in rows]),
        path=np.array([row.path for row in rows]),
    )
    whole.replace(path)


def stripes(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colour histograms of six horizontal stripes, (6 * 8^3,), of a picture in HSV, uint8 (height, width, 3).

    Each stripe's joint histogram of hue, saturation and value sums to 1; its square roots are given, whose
    cosine is the Bhattacharyya coefficient.
    """
    height, width, _ = picture.shape
    margin = int(width * MARGIN)
    codes = picture[:, margin : width - margin].astype(np.int64) * BINS // 256
    cells = (codes[..., 0] * BINS + codes[..., 1]) * BINS + codes[..., 2]
    edges = [height * stripe // STRIPES for stripe in range(STRIPES + 1)]
    found = []
    for top, bottom in pairwise(edges):
        counts = np.bincount(cells[top:bottom].ravel(), minlength=BINS**3)
        found.append(np.sqrt(counts / max(1, counts.sum())))
    return np.concatenate(found).astype(np.float32)


def table(sets: list[PhotographSet], lines: list[dict[str, Any]]) -> str:
    """Return the scores as a table in Markdown, per cent with 95 % intervals over people."""
    columns = [f"{each.name}: {measure}" for each in sets for measure in ("mAP", "rank-1")]
    rows = [["features", *columns], ["---"] * (1 + len(columns))]
    for line in lines:
        of_sets = [line["scores"].get(each.name) for each in sets]
        cells = [percent(of, measure) if of else "" for of in of_sets for measure in ("mAP", "rank-1")]
        rows.append([line["features"], *cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def slug(text: str) -> str:
    """Return a label as a part of a file's name."""
    return "".join(letter if letter.isalnum() else "-" for letter in Path(text).name)


def digest(*parts: bytes) -> str:
    """Return twelve digits of the contents' SHA-256."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


if __name__ == "__main__":
    main()
