"""What a job's results depend on, as one number: a job is done again when it changes."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from .job import Job

PACKAGES = (
    "vtbr-data",
    "vtbr-eval",
    "vtbr-models",
    "vtbr-train",
    "torch",
    "torchvision",
    "numpy",
    "tokenizers",
)


def fingerprints(planned: Sequence[Job], inputs: Mapping[str, str]) -> dict[str, str]:
    """Return, of each job, the SHA-256 of its command lines, of what it needs, of foreign inputs and of
    versions.

    `inputs` are digests of the user's own files by the name they are linked to (`viper`, `imagenet.pth`).
    """
    found: dict[str, str] = {}
    for job in planned:
        lines = [[[own_path(word) for word in step.words], step.to] for step in job.commands]
        used = {word for step in job.commands for word in step.words} & set(inputs)
        parts = [
            lines,
            versions(),
            [found[name] for name in job.needs],
            {name: inputs[name] for name in used},
        ]
        found[job.name] = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return found


def own_path(word: str) -> str:
    """Return the scripts of this folder by their names: clones lie in other places."""
    here = str(Path(__file__).parent)
    return Path(word).name if word.startswith(here) else word


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    return {"python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}}
