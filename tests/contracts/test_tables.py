"""Golden tables (tests/contracts/tables, docs/formats.md "Tables"), read by packages that share no code."""

import json
import shlex
from pathlib import Path

import pytest

from vtbr_data.errors import InputError as DataError
from vtbr_data.manifest import TableOptions, read_manifest

TABLES = Path(__file__).parent / "tables"
NAMES = sorted(
    path.name
    for path in TABLES.iterdir()
    if path.suffix in (".csv", ".tsv", ".json", ".ndjson") and path.is_file()
)


def read_by_data(table, columns, first_identity):
    notes = []
    options = TableOptions(columns, first_identity)
    rows = read_manifest(table, options=options, say=notes.append).rows
    return [row.to_object() for row in rows], notes


READERS = {"data": (read_by_data, DataError)}
"""Of each package a function of a path, the columns that were named and the first identity, which returns
rows as objects and what was said; and the error that it raises."""


def options_of(table):
    file = table.with_suffix(".options.txt")
    words = shlex.split(file.read_text()) if file.exists() else []
    columns, first_identity = {}, None
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option == "--column":
            key, _, header = value.partition("=")
            columns.setdefault(key, []).append(header)
        else:
            first_identity = int(value)
    return columns, first_identity


@pytest.mark.parametrize("package", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_golden_table_is_read_as_the_page_says(name, package):
    table = TABLES / name
    read, error = READERS[package]
    refusal = table.with_suffix(".refusal.txt")
    if refusal.exists():
        with pytest.raises(error) as caught:
            read(table, *options_of(table))
        assert str(caught.value).replace(str(table), "T") == refusal.read_text().strip()
        return
    rows, notes = read(table, *options_of(table))
    expected = table.with_suffix(".rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert rows == [json.loads(line) for line in expected]
    said = [note.replace(str(table), "T") for note in notes]
    assert said == table.with_suffix(".notes.txt").read_text(encoding="utf-8").splitlines()


def test_every_golden_table_has_its_answer():
    for name in NAMES:
        table = TABLES / name
        answers = {
            suffix
            for suffix in (".rows.jsonl", ".notes.txt", ".refusal.txt")
            if table.with_suffix(suffix).exists()
        }
        assert answers in ({".rows.jsonl", ".notes.txt"}, {".refusal.txt"}), name
