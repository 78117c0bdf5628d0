"""Turns a sheet into manifest rows, column by column, and says how each was read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from . import values
from .columns import ONE_SPLIT, Columns, find_columns, say_columns
from .sheet import Sheet, check_lengths

SHOWN_VALUES = 3
"""Unknown values of an attribute that are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableOptions:
    """What the user says of a table."""

    columns: tuple[tuple[str, str], ...] = ()
    """Pairs of a key and the header that it is read from."""
    first_identity: int | None = None
    """0 where people are counted from 0, 1 where 0 is a distractor; None: found out."""


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
        self._numbers_or_names("identity", values.identity_that_is_no_name)
        self._cameras()
        marks = self._check_words(split)
        self._captions()
        for key in ("sequence", "box"):
            self._whole_or_text(key)
        self._attributes()
        self._splits(split, marks)
        self._people_from_zero()
        self._unknown()
        return Rows(
            self.rows,
            [f"{self.sheet.name}: {note}" for note in self._said()],
            where=[self.sheet.place(row) for row in range(len(self.rows))],
            keys=tuple(self.columns.of),
            unknown=tuple(self.sheet.header[i] for i in self.columns.unknown),
        )

    def _said(self) -> list[str]:
        name = self.sheet.name + ": "
        said = [say_columns(self.sheet, self.columns), *self.sheet.notes]
        lines = [line.removeprefix(name) for line in said]
        if self.columns.unknown:
            quoted = ", ".join(f'"{self.sheet.header[i]}"' for i in self.columns.unknown)
            lines.append(f"kept as they are: {quoted}")
        if self.columns.nameless:
            lines.append(f"left out: {_count(self.columns.nameless, 'column')} without a name")
        if self.sheet.empty_rows:
            lines.append(f"left out: {_count(self.sheet.empty_rows, 'empty row')}")
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
            self._note("path", f"path: backslashes read as slashes in {_count(turned, 'row')}")

    def _numbers(self, key: str, cells: Sequence[Any], least: int) -> list[int | None]:
        found: list[int | None] = []
        for row, cell in enumerate(cells):
            value = None if values.is_empty(cell) else values.whole_number(cell, least)
            if isinstance(value, str):
                raise self._refuse(row, f": {key} {value}")
            found.append(value)
        return found

    def _numbers_or_names(self, key: str, special: Any) -> None:
        cells = self._column(key)
        if cells is None:
            return
        if values.are_numbers(cells):
            for row, number in zip(self.rows, self._numbers(key, cells, -1), strict=True):
                row[key] = -1 if number is None else number
        else:
            self._named(key, cells, special)

    def _named(self, key: str, cells: Sequence[Any], special: Any) -> None:
        numbers, names = values.numbered_names(cells, special)
        for row, number, cell in zip(self.rows, numbers, cells, strict=True):
            row[key] = number
            if values.text(cell) in names:
                row[f"{key}_name"] = values.text(cell)
        self._note(key, f"{key}: {_count(len(names), 'name')} numbered from 1, kept as {key}_name")

    def _cameras(self) -> None:
        cells = self._column("camera")
        if cells is None:
            return
        numbers = None if values.are_numbers(cells) else values.camera_numbers(cells)
        if numbers is None:
            self._numbers_or_names("camera", values.camera_that_is_no_name)
        else:
            for row, number in zip(self.rows, numbers, strict=True):
                row["camera"] = number
            first = next(values.text(cell) for cell in cells if not values.is_empty(cell))
            self._note("camera", f'camera: numbers read from names like "{first}"')
        self._say_empty("camera", cells, "unknown")

    def _say_empty(self, key: str, cells: Sequence[Any], meaning: str) -> None:
        empty = sum(map(values.is_empty, cells))
        if empty:
            self._note(key, f"{key}: empty in {_count(empty, 'row')}, read as -1 ({meaning})")

    def _people_from_zero(self) -> None:
        cells = self._column("identity")
        if cells is None:
            return
        zeros = 0
        if values.are_numbers(cells):
            zeros = sum(row["identity"] == 0 for row in self.rows)
            seen = any(row["identity"] == 0 and row["split"] != "gallery" for row in self.rows)
            first = self.options.first_identity
            if first == 0 or (first is None and seen):
                for row in self.rows:
                    row["identity"] += row["identity"] >= 0
                self._note("identity", values.COUNTED_FROM_ZERO)
            elif zeros and first is None:
                self._note(
                    "identity",
                    f"identity: 0 is a distractor in {_count(zeros, 'row')}; "
                    "if it is a person: --first-identity 0",
                )
        self._say_empty("identity", cells, "junk")
        place = self.columns.of["identity"][0]
        header = self.sheet.header[place]
        different = len({values.text(cell) for cell in cells}) == len(cells) >= 3
        if different and "identity" not in self.columns.chosen and values.normal(header) in ("id", "ids"):
            self._note(
                "identity",
                f'identity: another one in every row; if "{header}" numbers the rows: --column identity=NAME',
            )

    def _check_words(self, split: list[Any] | None) -> dict[str, list[bool]]:
        for row, cell in enumerate(split or []):
            if not values.is_empty(cell) and values.split_of(cell) is None:
                raise self._refuse(row, f': split is "{values.text(cell)}": use train, query or gallery')
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
        words: dict[str, tuple[str, int]] = {}
        unmarked = 0
        both = "is_query" in marks and "is_gallery" in marks
        default = "train" if both else "query" if "is_gallery" in marks else "gallery"
        for number, row in enumerate(self.rows):
            cell = split[number] if split and not values.is_empty(split[number]) else None
            marked = {key.removeprefix("is_") for key in ONE_SPLIT if key in marks and marks[key][number]}
            word = None if cell is None else values.split_of(cell)
            held_out = cell is not None and values.is_held_out(cell)
            told = marked | ({word} if word and marked and not held_out else set())
            if len(told) > 1:
                listed = " and ".join(s for s in ("train", "query", "gallery") if s in told)
                raise self._refuse(number, f" is marked as {listed}: a row has one split")
            if held_out:
                row["named_split"] = values.text(cell)
            row["split"] = next(iter(told)) if told else word or default
            if not told and word:
                said = values.text(cell)
                words[said] = (word, words.get(said, (word, 0))[1] + 1)
            unmarked += not told and not word
        for said, (word, count) in words.items():
            if said.lower() not in ("train", "query", "gallery"):
                self._note("split", f'split: "{said}" read as {word} in {_count(count, "row")}')
        if unmarked and marks:
            self._note("split", f"split: unmarked {_count(unmarked, 'row')} read as {default}")
        elif unmarked and split:
            self._note("split", f"split: empty in {_count(unmarked, 'row')}, read as gallery")

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
        whole = values.are_numbers(cells) and not any(
            isinstance(values.whole_number(cell, -values.LARGEST), str) and _is_fraction(cell)
            for cell in cells
            if not values.is_empty(cell)
        )
        if whole:
            for row, number in zip(self.rows, self._numbers(key, cells, -values.LARGEST), strict=True):
                row |= {} if number is None else {key: number}
            return
        for row, cell in zip(self.rows, cells, strict=True):
            if not values.is_empty(cell):
                row[f"{key}_name"] = values.text(cell)
        self._note(key, f"{key}: not whole numbers, kept as {key}_name")

    def _attributes(self) -> None:
        for number, cell in enumerate(self._column("attributes") or []):
            found = self._object(number, cell)
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

    def _object(self, row: int, cell: Any) -> dict[str, Any]:
        if isinstance(cell, str) and not values.is_empty(cell):
            try:
                cell = json.loads(cell)
            except (ValueError, RecursionError):
                raise self._refuse(row, ": attributes is not a JSON object") from None
        if values.is_empty(cell):
            return {}
        if not isinstance(cell, dict):
            raise self._refuse(row, ": attributes is not a JSON object")
        return dict(cell)

    def _unknown(self) -> None:
        for place in self.columns.unknown:
            header = self.sheet.header[place]
            for row, cells in zip(self.rows, self.sheet.cells, strict=True):
                cell = cells[place]
                if cell is not None and cell != "":
                    row[header] = cell
                elif header.endswith("_name"):
                    row.pop(header, None)


def _is_fraction(cell: Any) -> bool:
    return str(values.whole_number(cell, -values.LARGEST)).endswith("whole number")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
