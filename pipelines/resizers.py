"""What it costs to feed a model pictures that another program has resized: mAP lost, by enlargement and resizer.

Pictures are enlarged (Pillow, BICUBIC), as if the camera were nearer, then resized to the model's input as
vtbr-models, Pillow and OpenCV do it. "Lost" is against vtbr-models' own resizing of the same pictures.

    vtbr-data index viper VIPeR -o viper.jsonl
    python -m pipelines.resizers viper.jsonl --everyone --protocol viper-like
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from vtbr_data import read_manifest
from vtbr_data.manifest import Row
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import GALLERY, QUERY, FeatureTable, PathList
from vtbr_eval.protocol import PROTOCOLS
from vtbr_models import Extractor, Preprocessing, read_metadata
from vtbr_models.inference import decode_picture, resize
from vtbr_models.zoo import resolve

from .photograph_sets import SetError, everyone

Pixels = NDArray[np.uint8]
"""(H, W, 3), red green blue."""
Resizer = Callable[[Pixels, int, int], Pixels]
"""A picture to height and width."""

OURS = "vtbr-models"
_SPLIT = {"query": QUERY, "gallery": GALLERY}


def main(words: list[str] | None = None) -> None:
    """Print the table."""
    options = read_options(words)
    try:
        checkpoint = resolve(options.model)
        preprocessing = Preprocessing.from_metadata(read_metadata(checkpoint)["preprocessing"])
        manifest = read_manifest(options.manifest, root=options.root)
        listed = everyone(manifest.name, manifest.rows) if options.everyone else manifest.rows
        rows = [row for row in listed if row.split in _SPLIT]
        if {row.split for row in rows} != set(_SPLIT):
            raise SetError(f"{options.manifest} lacks query or gallery images: nothing to score")
        files = [(manifest.root / row.path).read_bytes() for row in rows]
    except OSError as error:
        sys.exit(f"Error: {error.filename}: {error.strerror}; is --root the folder that paths start from?")
    except (ValueError, SetError) as error:  # an InputError is a ValueError
        sys.exit(f"Error: {error}")
    print(f"{options.model} on {len(rows)} pictures of {manifest.name}, {options.protocol}\n")
    print(f"| resized by | {' | '.join(f'x {factor:g}: mAP, lost' for factor in options.enlarge)} |")
    print("| --- |" + " --- |" * len(options.enlarge))
    found: dict[str, list[float]] = {name: [] for name in RESIZERS}
    extractor = Extractor(checkpoint, backend=options.backend)
    for factor in options.enlarge:
        enlarged = [_enlarged(decode_picture(data), factor) for data in files]
        for name, one in RESIZERS.items():
            small = [one(picture, preprocessing.height, preprocessing.width) for picture in enlarged]
            found[name].append(_score(extractor(small), rows, options.protocol))
            print(f"x {factor:g}, {name}: mAP {100 * found[name][-1]:.2f}", file=sys.stderr, flush=True)
    for name, scores in found.items():
        cells = [
            f"{100 * own:.2f}, {100 * (best - own):.2f}"
            for own, best in zip(scores, found[OURS], strict=True)
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def read_options(words: list[str] | None = None) -> argparse.Namespace:
    """Return the pictures, the model, and how they are scored."""
    about, _, example = (__doc__ or "").partition("\n\n    ")
    options = argparse.ArgumentParser(
        prog="python -m pipelines.resizers",
        description=about,
        epilog=f"Example:\n    {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("manifest", help="pictures with query and gallery")
    options.add_argument("--root", type=Path, help="folder that its paths start from")
    options.add_argument("--model", default="people-reid-light", help="a file, or a name of the zoo")
    options.add_argument("--backend", choices=["torch", "onnxruntime"], default="torch")
    options.add_argument("--protocol", choices=sorted(PROTOCOLS), default="market1501")
    options.add_argument("--everyone", action="store_true", help="score training people too, by camera")
    options.add_argument(
        "--enlarge", type=float, nargs="+", default=[1.0, 2.0, 4.0], metavar="TIMES", help="1 2 4"
    )
    return options.parse_args(words)


def _enlarged(pixels: Pixels, factor: float) -> Pixels:
    if factor == 1:
        return pixels
    height, width = (round(side * factor) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def _score(features: NDArray[np.float32], rows: Sequence[Row], protocol: str) -> float:
    table = FeatureTable(
        features=features,
        identity=np.array([row.identity for row in rows]),
        camera=np.array([row.camera for row in rows]),
        split=np.array([_SPLIT[row.split] for row in rows], dtype=np.uint8),
        path=PathList.of(row.path for row in rows),
    )
    return float(evaluate(table, PROTOCOLS[protocol], bootstrap=0).measures(ranks=(1,))["mAP"])


def _ours(pixels: Pixels, height: int, width: int) -> Pixels:
    image = torch.from_numpy(np.array(pixels)).permute(2, 0, 1)
    small: Pixels = resize(image, Preprocessing(height=height, width=width)).permute(1, 2, 0).numpy()
    return small


def _by_pillow(method: str) -> Resizer:
    return lambda pixels, height, width: np.asarray(
        Image.fromarray(pixels).resize((width, height), Image.Resampling[method])
    )


def _by_opencv(method: str) -> Resizer:
    def resized(pixels: Pixels, height: int, width: int) -> Pixels:
        import cv2

        return np.asarray(cv2.resize(pixels, (width, height), interpolation=getattr(cv2, method)), np.uint8)

    return resized


RESIZERS: dict[str, Resizer] = {
    OURS: _ours,
    "Pillow BILINEAR": _by_pillow("BILINEAR"),
    "Pillow BICUBIC": _by_pillow("BICUBIC"),
    "OpenCV INTER_AREA": _by_opencv("INTER_AREA"),
    "OpenCV INTER_LINEAR": _by_opencv("INTER_LINEAR"),
    "OpenCV INTER_CUBIC": _by_opencv("INTER_CUBIC"),
}


if __name__ == "__main__":
    main()
