"""vtbr-eval reads the golden tables as docs/formats.md ("Tables") has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.tables import TableOptions, read_rows

TABLES = Path(__file__).parent / "tables"
NAMES = sorted(path.name for path in TABLES.iterdir() if path.suffix in (".csv", ".tsv", ".json", ".ndjson"))


def options_of(path: Path) -> TableOptions:
    file = path.with_suffix(".options.txt")
    words = file.read_text().split() if file.is_file() else []
    pairs = list(zip(words[::2], words[1::2], strict=True))
    columns = [tuple(value.split("=", 1)) for option, value in pairs if option == "--column"]
    first = [int(value) for option, value in pairs if option == "--first-identity"]
    return TableOptions(columns=tuple(columns), first_identity=first[0] if first else None)


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_table_is_read_or_refused_as_specified(name):
    path = TABLES / name
    refusal = path.with_suffix(".refusal.txt")
    if refusal.is_file():
        with pytest.raises(InputError) as error:
            read_rows(path.read_bytes(), f"T{path.suffix}", options_of(path))
        assert str(error.value).replace(f"T{path.suffix}", "T") == refusal.read_text().rstrip("\n")
        return
    found = read_rows(path.read_bytes(), f"T{path.suffix}", options_of(path))
    expected = path.with_suffix(".rows.jsonl").read_text().splitlines()
    assert found.rows == [json.loads(line) for line in expected]
    assert [note.replace(f"T{path.suffix}", "T") for note in found.notes] == path.with_suffix(
        ".notes.txt"
    ).read_text().splitlines()
