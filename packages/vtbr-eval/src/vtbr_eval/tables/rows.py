"""Turns a sheet into manifest rows, column by column, and says how each was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from . import values
from .columns import Columns, find_columns, say_columns
from .labels import Labels, from_one, read_labels, whole_numbers
from .sheet import Sheet, check_lengths
from .splits import read_splits
from .values import counted

SHOWN_VALUES = 3
"""Unknown values of an attribute that are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableOptions:
    """What the user says of a table."""

    columns: tuple[tuple[str, str], ...] = ()
    """Pairs of a key and the header that it is read from."""
    first_identity: int | None = None
    """0 where people are counted from 0, 1 where 0 is a distractor; None: found out."""
    keeps_zero: bool = False
    """Leaves people counted from 0 as they are: several files are numbered together later."""


@dataclass
class Rows:
    """Manifest rows, and what to say of them."""

    rows: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    """Each row's place in messages."""
    keys: tuple[str, ...] = ()
    """Keys that some column was read as."""
    unknown: tuple[str, ...] = ()
    """Columns that are kept under their header."""
    is_manifest: bool = False
    """JSON Lines: nothing was renamed or numbered."""


class SheetReader:
    """Reads a sheet column by column; faults are looked for in the order of the specification."""

    def __init__(self, sheet: Sheet, options: TableOptions, needs_path: bool) -> None:
        if not sheet.header:
            raise InputError(f"{sheet.name} has no rows")
        self.sheet, self.options, self.needs_path = sheet, options, needs_path
        self.columns: Columns = find_columns(sheet, options.columns, needs_path=needs_path)
        self.rows: list[dict[str, Any]] = [{} for _ in sheet.cells]
        self.notes: dict[str, list[str]] = {}

    def read(self) -> Rows:
        """Returns the rows and the notes."""
        if not self.rows:
            raise InputError(f"{self.sheet.name} has no rows")
        self._paths()
        split = self._column("split")
        people = self._labels("identity")
        self._labels("camera")
        marks = self._check_words(split)
        self._captions()
        for key in ("sequence", "box"):
            self._whole_or_text(key)
        self._attributes()
        self._splits(split, marks)
        self._people(people)
        self._unknown()
        return Rows(
            self.rows,
            [" ".join(f"{self.sheet.name}: {note}".splitlines()) for note in self._said()],
            where=[self.sheet.place(row) for row in range(len(self.rows))],
            keys=tuple(self.columns.of),
            unknown=tuple(self.sheet.header[i] for i in self.columns.unknown),
        )

    def _said(self) -> list[str]:
        lines = [say_columns(self.sheet, self.columns), *self.sheet.notes]
        if self.columns.unknown:
            quoted = ", ".join(f'"{self.sheet.header[i]}"' for i in self.columns.unknown)
            lines.append(f"kept as they are: {quoted}")
        if self.columns.nameless:
            lines.append(f"left out: {counted(self.columns.nameless, 'column')} without a name")
        if self.sheet.empty_rows:
            lines.append(f"left out: {counted(self.sheet.empty_rows, 'empty row')}")
        for key in ("path", "identity", "camera", "split", "sequence", "box", "attributes"):
            lines += self.notes.get(key, [])
        return lines

    def _note(self, key: str, text: str) -> None:
        self.notes.setdefault(key, []).append(text)

    def _column(self, key: str) -> list[Any] | None:
        place = self.columns.position(key)
        return None if place is None else [cells[place] for cells in self.sheet.cells]

    def _refuse(self, row: int, what: str) -> InputError:
        return InputError(f"{self.sheet.place(row)}{what}")

    def _paths(self) -> None:
        place, turned = self.columns.position("path"), 0
        for number, row in enumerate(self.rows):
            check_lengths(self.sheet, number)
            path = None if place is None else values.text(self.sheet.cells[number][place])
            if path == "":
                raise self._refuse(number, ": path is empty")
            if path and "\\" in path and "/" not in path:
                path, turned = path.replace("\\", "/"), turned + 1
            row |= {"path": path, "identity": -1, "camera": -1, "split": "gallery"}
        if turned:
            self._note("path", f"path: backslashes read as slashes in {counted(turned, 'row')}")

    def _labels(self, key: str) -> Labels:
        """Reads identities or cameras into the rows."""
        cells = self._column(key)
        labels = read_labels(key, cells, self._refuse) if cells is not None else None
        if labels is None:
            return Labels([-1] * len(self.rows), {}, [], are_numbers=False)
        self.notes[key] = labels.notes
        for number, row in enumerate(self.rows):
            row[key] = labels.numbers[number]
            if number in labels.names:
                row[f"{key}_name"] = labels.names[number]
        return labels

    def _people(self, labels: Labels) -> None:
        """Counts people from 1; doubts an `id` that may number the rows."""
        place = self.columns.position("identity")
        if place is None:
            return
        splits = [row["split"] for row in self.rows]
        if labels.are_numbers:
            first = 1 if self.options.keeps_zero else self.options.first_identity
            numbers, said = from_one(labels.numbers, splits, first, self._refuse)
            for row, number in zip(self.rows, numbers, strict=True):
                row["identity"] = number
            self.notes["identity"] = [*said, *self.notes["identity"]]
        header = self.sheet.header[place]
        are_different = len(set(labels.numbers)) == len(self.rows) >= 3
        if are_different and "identity" not in self.columns.chosen and values.normal(header) in ("id", "ids"):
            self._note(
                "identity",
                f'identity: another one in every row; if "{header}" numbers the rows: --column identity=NAME',
            )

    def _check_words(self, split: list[Any] | None) -> dict[str, list[bool]]:
        words = list(map(values.text, split or []))
        strange = {word for word in set(words) if not values.is_empty(word) and values.split_of(word) is None}
        if strange:
            row = next(row for row, word in enumerate(words) if word in strange)
            raise self._refuse(row, f': split is "{words[row]}": use train, query or gallery')
        marks = {}
        for key in ("is_query", "is_gallery", "is_train"):
            cells = self._column(key)
            if cells is None:
                continue
            found = []
            for row, cell in enumerate(cells):
                said = values.mark(cell)
                if said is None:
                    raise self._refuse(row, f': {key} is "{values.text(cell)}": use true or false')
                found.append(said)
            marks[key] = found
        return marks

    def _splits(self, split: list[Any] | None, marks: Mapping[str, list[bool]]) -> None:
        words = [] if split is None else [values.text(cell) for cell in split]
        found = read_splits(words, marks, len(self.rows), self._refuse)
        self.notes["split"] = found.notes
        for number, row in enumerate(self.rows):
            row["split"] = found.splits[number]
            if number in found.held_out:
                row["named_split"] = found.held_out[number]

    def _captions(self) -> None:
        places = self.columns.of.get("captions", [])
        for row, cells in zip(self.rows, self.sheet.cells, strict=True):
            found = [caption for place in places for caption in values.captions(cells[place])]
            if found:
                row["captions"] = found

    def _whole_or_text(self, key: str) -> None:
        cells = self._column(key)
        if cells is None:
            return
        if values.are_numbers(cells) and not any(values.is_fraction(cell) for cell in cells):
            for row, number in zip(
                self.rows, whole_numbers(key, cells, self._refuse, -values.LARGEST), strict=True
            ):
                row |= {} if number is None else {key: number}
            return
        for row, cell in zip(self.rows, cells, strict=True):
            if not values.is_empty(cell):
                row[f"{key}_name"] = values.text(cell)
        self._note(key, f"{key}: not whole numbers, kept as {key}_name")

    def _attributes(self) -> None:
        for number, cell in enumerate(self._column("attributes") or []):
            found = values.attributes_object(cell)
            if found is None:
                raise self._refuse(number, ": attributes is not a JSON object")
            if found:
                self.rows[number]["attributes"] = found
        for key, (place, *_) in self.columns.of.items():
            if not key.startswith("attribute."):
                continue
            name, unknown = key.removeprefix("attribute."), dict[str, None]()
            for row, cells in zip(self.rows, self.sheet.cells, strict=True):
                value, is_known = values.attribute(name, cells[place])
                if value is not None:
                    row.setdefault("attributes", {})[name] = value
                if not is_known:
                    unknown[values.text(cells[place])] = None
            if unknown:
                shown = ", ".join(f'"{word}"' for word in list(unknown)[:SHOWN_VALUES])
                more = ", ..." if len(unknown) > SHOWN_VALUES else ""
                self._note("attributes", f"attribute.{name}: unknown values kept as text: {shown}{more}")

    def _unknown(self) -> None:
        for place in self.columns.unknown:
            header = self.sheet.header[place]
            for row, cells in zip(self.rows, self.sheet.cells, strict=True):
                row.pop(header, None)
                if values.text(cells[place]):
                    row[header] = cells[place]
