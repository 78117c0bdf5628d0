"""Tables to rows, column by column: docs/formats.md, Tables.

R rows. Each reader of a key returns R values and notes for people; `extra` (R) collects what has no key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from sys import intern
from typing import Any, TypeVar

from ..attributes import TABLE_WORDS
from ..errors import InputError
from . import cells
from .columns import MARKS, Columns, columns_of, normal
from .row import SPLITS, Row
from .tables import Table, TableOptions

Say = Callable[[str], None]
Extra = list[dict[str, Any]]

_SHOWN = 3  # unknown values of an attribute in a note

_Value = TypeVar("_Value")


def table_rows(table: Table, options: TableOptions, say: Say) -> list[Row]:
    """Read the rows of a table and say how; raises `InputError` for whatever is wrong with it."""
    if not table.headers:
        raise InputError(f"{table.name} has no rows")
    columns = columns_of(table.headers, table.name, options.columns)
    if not table.rows:
        raise InputError(f"{table.name} has no rows")
    _check_rows(table, columns)
    try:
        rows, notes = _rows(table, columns, options)
    except cells.BadCellError as error:
        raise InputError(f"{table.where(error.place)}{error}") from error
    for note in [columns.said(), *table.notes, *_left(table, columns), *notes]:
        say(" ".join(f"{table.name}: {note}".splitlines()))
    return rows


def _rows(table: Table, columns: Columns, options: TableOptions) -> tuple[list[Row], list[str]]:
    texts = _Texts(table, columns)
    extra = _unknown(table, columns)
    paths, notes = _paths(texts.of("path"))
    identities, identity_notes, are_names = _identities(texts, extra)
    cameras, camera_notes = _cameras(texts, extra)
    words = _SplitWords(texts, columns)
    said = _captions(table, columns)
    signed_notes = [note for key in ("sequence", "box") for note in _signed(texts.of(key), key, extra)]
    attributes, attribute_notes = _attributes(table, texts, columns)
    splits, split_notes = _splits(words, columns, extra)
    if not are_names and "identity" in columns.places:
        identities, moved = _from_one(identities, splits, options.first_identity)
        identity_notes = moved + identity_notes
    identity_notes += _row_numbers(identities, columns)
    notes += [*identity_notes, *camera_notes, *split_notes, *signed_notes, *attribute_notes]
    values = zip(paths, identities, cameras, splits, said, attributes, extra, strict=True)
    return [Row(*value) for value in values], notes


class _Texts:
    """The cells of each key as text."""

    def __init__(self, table: Table, columns: Columns) -> None:
        self._table, self._columns = table, columns

    def of(self, key: str) -> list[str]:
        """Return R cells, empty ones where no column holds the key."""
        place = self._columns.place(key)
        if place is None:
            return [""] * len(self._table.rows)
        if self._table.is_text:
            return [row[place] for row in self._table.rows]
        return [cells.text_of(row[place]) for row in self._table.rows]

    def empty(self, key: str, found: Sequence[int | None], meaning: str) -> list[str]:
        """Return a note on the cells of a column that hold nothing."""
        count = found.count(None)
        if not count or key not in self._columns.places:
            return []
        return [f"{key}: empty in {_counted(count, 'row')}, read as -1 ({meaning})"]


def _check_rows(table: Table, columns: Columns) -> None:
    """Cut surplus empty cells; raise `InputError` for other lengths and for rows without a path."""
    width, path = len(table.headers), columns.place("path")
    for place, row in enumerate(table.rows):
        if len(row) > width and not any(row[width:]):
            del row[width:]
        if len(row) != width:
            raise InputError(f"{table.where(place)} has {len(row)} cells; the header has {width}")
        if path is not None and not cells.text_of(row[path]):
            raise InputError(f"{table.where(place)}: path is empty")


def _left(table: Table, columns: Columns) -> list[str]:
    notes = []
    if columns.unknown:
        notes.append(
            "kept as they are: " + ", ".join(f'"{table.headers[place]}"' for place in columns.unknown)
        )
    if columns.nameless:
        notes.append(f"left out: {_counted(len(columns.nameless), 'column')} without a name")
    if table.empty_rows:
        notes.append(f"left out: {_counted(table.empty_rows, 'empty row')}")
    return notes


def _unknown(table: Table, columns: Columns) -> Extra:
    kept = [(intern(table.headers[place]), place) for place in columns.unknown]
    return [
        {
            header: row[place]
            for header, place in kept
            if row[place] not in ("", None) and cells.text_of(row[place])
        }
        for row in table.rows
    ]


def _paths(paths: list[str]) -> tuple[list[str], list[str]]:
    turned = [path.replace("\\", "/") if "\\" in path and "/" not in path else path for path in paths]
    changed = sum(one != other for one, other in zip(paths, turned, strict=True))
    return turned, [f"path: backslashes read as slashes in {_counted(changed, 'row')}"] if changed else []


def _identities(columns: _Texts, extra: Extra) -> tuple[list[int], list[str], bool]:
    """Return identities, notes, and whether they are names."""
    texts = columns.of("identity")
    found = cells.numbers(texts, "identity")
    are_names, notes = found is None, []
    if found is None:
        found, number = cells.name_numbers(texts, TABLE_WORDS["not_people"])
        notes.append(_keep_names(texts, number, "identity", extra))
    return _filled(found), notes + columns.empty("identity", found, "junk"), are_names


def _cameras(columns: _Texts, extra: Extra) -> tuple[list[int], list[str]]:
    texts = columns.of("camera")
    found = cells.numbers(texts, "camera")
    notes: list[str] = []
    if found is None and (found := cells.camera_digits(texts)) is not None:
        notes.append(f'camera: numbers read from names like "{next(filter(_is_filled, texts))}"')
    if found is None:
        found, number = cells.name_numbers(texts, TABLE_WORDS["not_cameras"])
        notes.append(_keep_names(texts, number, "camera", extra))
    return _filled(found), notes + columns.empty("camera", found, "unknown")


def _keep_names(texts: list[str], number: Mapping[str, int], key: str, extra: Extra) -> str:
    _keep(extra, f"{key}_name", [text if text in number else "" for text in texts])
    return f"{key}: {_counted(len(number), 'name')} numbered from 1, kept as {key}_name"


def _from_one(identities: list[int], splits: Sequence[str], first: int | None) -> tuple[list[int], list[str]]:
    """Raise identities by one where people are counted from 0."""
    zeros = [split for identity, split in zip(identities, splits, strict=True) if identity == 0]
    if first == 0 or (first is None and any(split != "gallery" for split in zeros)):
        if cells.LARGEST in identities:
            text = f": identity is {cells.LARGEST}: the largest allowed is {cells.LARGEST - 1}"
            raise cells.BadCellError(identities.index(cells.LARGEST), text)
        raised = [identity + 1 if identity >= 0 else identity for identity in identities]
        return raised, ["identity: counted from 0, raised by 1"]
    if first is None and zeros:
        count = _counted(len(zeros), "row")
        return identities, [f"identity: 0 is a distractor in {count}; if it is a person: --first-identity 0"]
    return identities, []


def _row_numbers(identities: Sequence[int], columns: Columns) -> list[str]:
    place = columns.place("identity")
    if place is None or "identity" in columns.chosen or len(identities) < 3:
        return []
    header = columns.headers[place]
    if normal(header) not in ("id", "ids") or len(set(identities)) < len(identities):
        return []
    return [f'identity: another one in every row; if "{header}" numbers the rows: --column identity=NAME']


class _SplitWords:
    """The columns of splits and marks; raises `BadCellError` for words that mean nothing."""

    def __init__(self, texts: _Texts, columns: Columns) -> None:
        self.words = texts.of("split")
        self.meant = _meanings(self.words)
        self.marks = {key: cells.truth(texts.of(key), key) for key in MARKS if key in columns.places}


def _splits(found: _SplitWords, columns: Columns, extra: Extra) -> tuple[list[str], list[str]]:
    words, meant, marks = found.words, found.meant, found.marks
    default = "gallery"
    if "is_gallery" in marks:
        default = "train" if "is_query" in marks else "query"
    splits, read, unmarked = [], Counter[str](), 0
    for place, word in enumerate(words):
        marked = [key.removeprefix("is_") for key in MARKS if key in marks and marks[key][place]]
        claimed = set(marked)
        if word in meant and not cells.is_test_word(word):
            claimed.add(meant[word])
        if len(claimed) > 1:
            both = " and ".join(split for split in SPLITS if split in claimed)
            raise cells.BadCellError(place, f" is marked as {both}: a row has one split")
        if not marked and word in meant:
            read[word] += 1
        unmarked += not marked and word not in meant
        splits.append(marked[0] if marked else meant.get(word, default))
    _keep(
        extra, "named_split", [word if word in meant and cells.is_test_word(word) else "" for word in words]
    )
    notes = [
        f'split: "{word}" read as {meant[word]} in {_counted(count, "row")}'
        for word, count in read.items()
        if word.lower() not in SPLITS
    ]
    if unmarked and marks:
        notes.append(f"split: unmarked {_counted(unmarked, 'row')} read as {default}")
    elif unmarked and "split" in columns.places:
        notes.append(f"split: empty in {_counted(unmarked, 'row')}, read as gallery")
    return splits, notes


def _meanings(words: Sequence[str]) -> dict[str, str]:
    """Return the split of each word; raise `BadCellError` for a word that names none."""
    meant: dict[str, str] = {}
    for place, word in enumerate(words):
        if word not in meant and _is_filled(word):
            split = cells.split_of(word)
            if split is None:
                raise cells.BadCellError(place, f': split is "{word}": use train, query or gallery')
            meant[word] = split
    return meant


def _captions(table: Table, columns: Columns) -> list[tuple[str, ...]]:
    places = columns.places.get("captions", ())
    return [tuple(text for place in places for text in cells.captions(row[place])) for row in table.rows]


def _signed(texts: list[str], key: str, extra: Extra) -> list[str]:
    """Read `sequence` or `box` into `extra`; text that is not a number is kept under another name."""
    if not any(texts):
        return []
    found = cells.signed_numbers(texts, key)
    if found is None:
        _keep(extra, f"{key}_name", [text if _is_filled(text) else "" for text in texts])
        return [f"{key}: not whole numbers, kept as {key}_name"]
    for row, value in zip(extra, found, strict=True):
        if value is not None:
            row[key] = value
    return []


def _attributes(table: Table, texts: _Texts, columns: Columns) -> tuple[list[dict[str, Any]], list[str]]:
    known: list[dict[str, Any]] = [{} for _ in table.rows]
    if (place := columns.place("attributes")) is not None:
        for number, row in enumerate(table.rows):
            found = cells.attributes_object(row[place])
            if found is None:
                raise cells.BadCellError(number, ": attributes is not a JSON object")
            known[number] = found
    notes = []
    for key in columns.places:
        if key.startswith("attribute."):
            column = texts.of(key)
            name = intern(key.removeprefix("attribute."))
            values = {cell: cells.attribute(name, cell) for cell in dict.fromkeys(column)}
            for attributes, cell in zip(known, column, strict=True):
                if values[cell][0] is not None:
                    attributes[name] = values[cell][0]
            strange = [f'"{cell}"' for cell, (_, is_known) in values.items() if not is_known]
            if strange:
                more = [*strange[:_SHOWN], *(["..."] if len(strange) > _SHOWN else [])]
                notes.append(f"{key}: unknown values kept as text: {', '.join(more)}")
    return known, notes


def _keep(extra: Extra, key: str, values: Sequence[str]) -> None:
    """Add what is there under `key`, unless the table has a column of that name."""
    if any(key in row for row in extra):
        return
    for row, value in zip(extra, values, strict=True):
        if value:
            row[key] = value


def _filled(found: Sequence[int | None]) -> list[int]:
    return [-1 if number is None else number for number in found]


def _is_filled(cell: str) -> bool:
    return not cells.is_empty(cell)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + "s" * (number != 1)
