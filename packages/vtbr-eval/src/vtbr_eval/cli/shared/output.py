"""Where results go: JSON and JSON Lines to a file or to standard output."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click


def write_result(
    result: dict[str, Any], target: str, print_table: Callable[[dict[str, Any]], None] | None = None
) -> None:
    """Prints the result as a table where one is asked for, and writes its JSON where it still has a place."""
    if print_table:
        print_table(result)
    if not print_table or target != "-":
        write_json(result, target)


def write_text(text: str, target: str) -> None:
    """Writes the text as it is."""
    if target == "-":
        click.echo(text, nl=False)
        return
    with _open(target) as file:
        file.write(text.encode())


def write_json(value: object, target: str) -> None:
    """Writes one JSON object, indented."""
    write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", target)


def write_json_lines(values: Iterable[object], target: str) -> None:
    """Writes one object a line, each as soon as it is there."""
    lines = (json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    if target == "-":
        for line in lines:
            click.echo(line, nl=False)
        return
    with _open(target) as file:
        for line in lines:
            file.write(line.encode())


@contextmanager
def _open(target: str) -> Iterator[BinaryIO | gzip.GzipFile]:
    from ...files import replacing

    with replacing(Path(target)) as file:
        if not target.endswith(".gz"):
            yield file
            return
        # Without the time of day and the name in the header, the same scores are the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            yield packed
