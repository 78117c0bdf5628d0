"""Where results go: JSON and JSON Lines to a file or to standard output."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import click


def write_text(text: str, target: str) -> None:
    """The text as it is."""
    _write(text, target)


def write_json(value: object, target: str) -> None:
    """One JSON object, indented for people."""
    _write(json.dumps(value, indent=2, ensure_ascii=False) + "\n", target)


def write_json_lines(values: Iterable[object], target: str) -> None:
    """One object a line."""
    _write("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values), target)


def _write(text: str, target: str) -> None:
    if target == "-":
        click.echo(text, nl=False)
        return
    from vtbr_eval.writing import replacing

    data = text.encode()
    with replacing(Path(target)) as file:
        # Without the time of day in the header, the same scores are the same bytes.
        file.write(gzip.compress(data, mtime=0) if target.endswith(".gz") else data)
