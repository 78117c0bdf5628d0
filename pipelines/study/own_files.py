"""The user's own files that a study takes: VIPeR, ImageNet weights, photographs."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from .plan import ALL
from .sizes import Size
from .transfers import Photographs


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFiles:
    """What was found. Command lines name links in the study's folder, so that they are the same everywhere."""

    links: Mapping[str, Path]
    """By the name of the link."""
    digests: Mapping[str, str]
    """By the name of the link, for fingerprints."""
    photographs: tuple[Photographs, ...]

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
    if options.imagenet:
        links["imagenet.pth"] = options.imagenet
        digests["imagenet.pth"] = imagenet_digest(options.imagenet, size)
    else:
        say.print("no ImageNet weights (--imagenet PATH --backbone resnet18): the study leaves that arm out")
    photographs = tuple(read_photographs(argument, say) for argument in options.photographs)
    names = [photos.name for photos in photographs]
    if len(set(names)) < len(names):
        raise ValueError("--photographs: two sets have one name")
    for photos in photographs:
        links[photos.root] = photos.manifest.parent
        digests[photos.root] = hashlib.sha256(photos.manifest.read_bytes()).hexdigest()
    return OwnFiles(links=links, digests=digests, photographs=photographs)


def viper_digest(folder: Path) -> str:
    """Of VIPeR's file names and sizes."""
    if not (folder / "cam_a").is_dir():
        raise ValueError(f"{folder}: no folder cam_a, as VIPeR has it; give --viper the folder that holds it")
    names = sorted(f"{path.name} {path.stat().st_size}" for path in folder.glob("cam_*/*"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def imagenet_digest(file: Path, size: Size) -> str:
    """Of torchvision's weights."""
    if not file.is_file():
        raise ValueError(f"{file}: no such file; --imagenet takes torchvision's .pth of the backbone")
    if size.backbone == "resnet10":
        raise ValueError(
            "torchvision has no ImageNet weights of a resnet10: give --backbone resnet18 as well"
        )
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_photographs(argument: str, say: Console) -> Photographs:
    """The set that `NAME=MANIFEST` names."""
    name, _, manifest = argument.partition("=")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) or not manifest:
        raise ValueError(
            f"--photographs takes NAME=MANIFEST with a name in lower case, such as market=market.jsonl, not "
            f"{argument!r}"
        )
    if name in ALL or name.endswith("-zero-shot"):
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
