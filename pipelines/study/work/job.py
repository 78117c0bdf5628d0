"""What a job is: a chain of the real commands that fills a folder.

All paths are relative to the study's folder, in which the commands run, so that fingerprints are the same in
every clone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SOURCE, HELD_OUT = "data/source/manifest.jsonl", "data/heldout/gallery.jsonl"
ALIKE = "--workers 0 --precision float32"
"""Of commands that run a model, so that results are the same to the last digit."""
READING = Path(__file__).with_name("reading.py")


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One command line; what it prints goes to the file `to`."""

    words: tuple[str, ...]
    to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A chain of commands that fills the folder `name`, after the jobs it needs."""

    name: str
    kind: str
    """`data`, `pretrain` or `finetune`; the last two have a line in the results."""
    commands: tuple[Command, ...]
    needs: tuple[str, ...] = ()
    seconds: float = 0.0
    """Of one thread, as planned."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What its line in the results says of it."""


def command(line: str, *more: object, to: str | None = None) -> Command:
    """Return a command line; `line` is cut at blanks."""
    return Command(words=(*line.split(), *map(str, more)), to=to)


def options(settings: Mapping[str, object]) -> str:
    """Return `--set` for each, and what makes runs the same to the digit: one process, one precision."""
    always = {"precision": "float32", "device": "cpu", "data.workers": 0, "saving.tensorboard": "false"}
    named = {**settings, **always}.items()
    return " ".join(f"--set {key}={str(value).lower() if value is True else value}" for key, value in named)
