"""Where results go: JSON and JSON Lines to a file or to standard output."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click


def write_text(text: str, target: str) -> None:
    """The text as it is."""
    _write(text, target)


def write_json(value: object, target: str) -> None:
    """One JSON object, indented for people."""
    _write(json.dumps(value, indent=2, ensure_ascii=False) + "\n", target)


def write_json_lines(values: Iterable[object], target: str) -> None:
    """One object a line, written as they come."""
    lines = (json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    if target == "-":
        for line in lines:
            click.echo(line, nl=False)
        return
    with _open(target) as file:
        for line in lines:
            file.write(line.encode())


def _write(text: str, target: str) -> None:
    if target == "-":
        click.echo(text, nl=False)
        return
    with _open(target) as file:
        file.write(text.encode())


@contextmanager
def _open(target: str) -> Iterator[BinaryIO | gzip.GzipFile]:
    from ..files import replacing

    with replacing(Path(target)) as file:
        if not target.endswith(".gz"):
            yield file
            return
        # Without the time of day and the name in the header, the same scores are the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            yield packed
