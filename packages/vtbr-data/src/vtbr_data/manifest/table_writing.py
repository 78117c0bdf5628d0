"""Rows to a table with a header: CSV or TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import InputError
from .row import Row
from .table_reading import table_rows
from .tables import TableOptions, text_table

_FIRST = ("path", "identity", "camera", "split")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def separator_of(path: Path) -> str:
    """Return the separator of a table with this file name; nothing if the name is not that of a table.

    >>> separator_of(Path("people.tsv.gz"))
    '\\t'
    """
    return _SEPARATORS.get(Path(path.name.removesuffix(".gz")).suffix.lower(), "")


def table_lines(rows: Iterable[Row], separator: str = ",") -> Iterator[bytes]:
    """Return the lines of a table, header first; raises `InputError` for a row that it would not give back.

    A table holds one caption a row, and text in the columns of unknown keys.
    """
    kept = list(rows)
    cells = [_cells_of(row) for row in kept]
    columns = list(dict.fromkeys([*_FIRST, *(column for line in cells for column in line)]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", delimiter=separator, lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
    data = text.getvalue().encode()
    for row, other in zip(kept, _read_back(data, len(kept)), strict=True):
        if row != other:
            raise InputError(
                f"{row.path}: a table cannot hold this row (one caption, text without structure): "
                "write JSON Lines, a name that ends in .jsonl"
            )
    yield from io.BytesIO(data)


def _cells_of(row: Row) -> dict[str, str]:
    line = {
        key: str(value) for key, value in row.to_object().items() if key not in ("captions", "attributes")
    }
    if row.captions:
        line["caption"] = row.captions[0]
    for name, value in row.attributes.items():
        line[f"attribute.{name}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return line


def _read_back(data: bytes, number: int) -> Sequence[Row | None]:
    options = TableOptions()
    try:
        rows = table_rows(text_table(data, "", options), options, say=lambda _note: None)
    except InputError:
        return [None] * number
    return rows if len(rows) == number else [None] * number
