"""Tables of other people's making, read as manifest rows (docs/formats.md, Tables)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ..errors import InputError
from .cells import Cells, read_json_array, read_parquet, read_text, text_of
from .columns import Columns, find_columns, normal_form, num_recognised
from .splits import FALSE, MARKS, TRUE, about_splits, is_held_out, is_split_word, split_of
from .values import (
    EMPTY,
    NO_ATTRIBUTE,
    NUMBER,
    attribute_value,
    captions_of_cell,
    counted,
    is_whole,
    object_of_cell,
    plain,
)

_NUMBERED_WORD = re.compile(r"([^\W\d_]+)[ _-]?(\d+)")
_LARGEST = 2**63 - 1
_SPECIAL = {
    "identity": {"-1": -1, "junk": -1, "distractor": 0, "distractors": 0},
    "camera": {"-1": -1},
}
_EMPTY_MEANS = {"identity": "-1 (junk)", "camera": "-1 (unknown)"}
_ATTRIBUTE = "attribute."
_NUM_NAMED = 3  # unknown values that a line names

Row = dict[str, Any]


class TableOptions(NamedTuple):
    """How a table is read where its header does not say it."""

    columns: Sequence[tuple[str, str]] = ()
    """(key, header) pairs of `--column`."""
    first_identity: int | None = None
    """The number of the first person, 0 or 1; None: as the table suggests."""


class Table(NamedTuple):
    """Rows as a manifest's lines, and what is to be said of how they were read."""

    rows: Sequence[Row]
    notes: Sequence[str]


def read_table(name: str, data: bytes, options: TableOptions) -> Table:
    """Read Parquet, a JSON array or a text table; raises InputError, with file and line, for faults."""
    if data.startswith(b"PAR1"):
        cells = read_parquet(name, data)
    elif data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        cells = read_json_array(name, data)
    else:
        cells = read_text(name, data, num_recognised)
    if not cells.header:
        raise InputError(f"{name} has no rows")
    columns = find_columns(name, cells.header, options.columns)
    if not cells.rows:
        raise InputError(f"{name} has no rows")
    return _Reading(name, cells, columns, options).table()


class _Reading:
    """Reads one table, column by column, and collects what is to be said of each key."""

    def __init__(self, name: str, cells: Cells, columns: Columns, options: TableOptions) -> None:
        self.name, self.cells, self.columns, self.options = name, cells, columns, options
        self.num_rows = len(cells.rows)
        self.said: dict[str, list[str]] = {"table": self._about_columns()}
        self.kept: dict[str, list[Any]] = {}
        """Optional keys of rows, such as `identity_name`; None where a row has none."""

    def table(self) -> Table:
        """Read all columns in the order of the specification, which is that of faults."""
        paths = self._paths()
        identities, are_numbers = self._labels("identity")
        cameras, _ = self._labels("camera")
        words = self._split_words()
        marks = {
            key: self._mark(key)
            for key in ("is_query", "is_gallery", "is_train")
            if key in self.columns.places
        }
        self.kept["captions"] = self._captions()
        for key in ("sequence", "box"):
            self._place(key)
        self.kept["attributes"] = self._attributes()
        splits = self._splits(words, marks)
        if are_numbers:
            identities = self._from_one(identities, splits)
        unknown = {self.cells.header[place]: self._values(place) for place in self.columns.unknown}
        kept = {key: values for key, values in self.kept.items() if key not in unknown} | unknown
        rows = []
        for index in range(self.num_rows):
            row: Row = {
                "path": paths[index],
                "identity": identities[index],
                "camera": cameras[index],
                "split": splits[index],
            }
            row |= {key: values[index] for key, values in kept.items() if values[index] not in (None, [], {})}
            rows.append(row)
        order = ("table", "path", "identity", "camera", "split", "sequence", "box", "attributes")
        return Table(rows, [f"{self.name}: {text}" for key in order for text in self.said.get(key, ())])

    def _about_columns(self) -> list[str]:
        header, places = self.cells.header, self.columns.places
        read = []
        for key, columns in places.items():
            names = " + ".join(f'"{header[column]}"' for column in columns)
            read.append(key if names == f'"{key}"' else f"{key} from {names}")
        has_mark = any(key in places for key in MARKS)
        missing = [key for key in ("identity", "camera") if key not in places]
        missing += ["split"] * ("split" not in places and not has_mark)
        said = [f"read {', '.join(read)}" + (f"; no column for {', '.join(missing)}" if missing else "")]
        said += self.cells.notes
        if self.columns.unknown:
            said.append(
                "kept as they are: " + ", ".join(f'"{header[place]}"' for place in self.columns.unknown)
            )
        if self.columns.num_nameless:
            said.append(f"left out: {counted(self.columns.num_nameless, 'column')} without a name")
        if self.cells.num_empty:
            said.append(f"left out: {counted(self.cells.num_empty, 'empty row')}")
        return said

    def _say(self, key: str, text: str) -> None:
        self.said.setdefault(key, []).append(text)

    def _refuse(self, index: int, text: str) -> InputError:
        return InputError(f"{self.name} {self.cells.places[index]}{text}")

    def _texts(self, key: str, empty: set[str] = EMPTY) -> list[str]:
        """Return the texts of a key's only column, "" for empty ones."""
        place = self.columns.places[key][0]
        texts = [text_of(row[place]) for row in self.cells.rows]
        return ["" if text.lower() in empty else text for text in texts]

    def _values(self, place: int) -> list[Any]:
        """Return an unknown column's values, None for empty ones."""
        return [plain(row[place]) if text_of(row[place]) else None for row in self.cells.rows]

    def _paths(self) -> list[str]:
        paths = self._texts("path", {""})
        for index, path in enumerate(paths):
            if not path:
                raise self._refuse(index, ": path is empty")
        turned = [path.replace("\\", "/") if "/" not in path else path for path in paths]
        num_turned = sum(new != old for new, old in zip(turned, paths, strict=True))
        if num_turned:
            self._say("path", f"path: backslashes read as slashes in {counted(num_turned, 'row')}")
        return turned

    def _labels(self, key: str) -> tuple[list[int], bool]:
        """Return identities or cameras, -1 where empty, and whether they were read as numbers."""
        if key not in self.columns.places:
            return [-1] * self.num_rows, False
        texts = self._texts(key)
        are_numbers = all(NUMBER.fullmatch(text) for text in texts if text)
        if are_numbers:
            numbers = [self._whole(key, index, text, -1) if text else -1 for index, text in enumerate(texts)]
        else:
            numbers = self._named(key, texts)
        num_empty = texts.count("")
        if num_empty:
            self._say(key, f"{key}: empty in {counted(num_empty, 'row')}, read as {_EMPTY_MEANS[key]}")
        if key == "identity":
            self._doubt_row_numbers(texts)
        return numbers, are_numbers

    def _doubt_row_numbers(self, texts: list[str]) -> None:
        header = self.cells.header[self.columns.places["identity"][0]]
        is_chosen = any(key == "identity" for key, _ in self.options.columns)
        if normal_form(header) in ("id", "ids") and not is_chosen and len(set(texts)) == self.num_rows >= 3:
            self._say(
                "identity",
                f'identity: another one in every row; if "{header}" numbers the rows: --column identity=NAME',
            )

    def _named(self, key: str, texts: list[str]) -> list[int]:
        """Number names from 1; of cameras take the digits where all are one word and digits."""
        special = _SPECIAL[key]
        names = [text for text in texts if text and text.lower() not in special]
        if key == "camera":
            matches = {text: _NUMBERED_WORD.fullmatch(text) for text in names}
            if all(matches.values()) and len({match[1].lower() for match in matches.values() if match}) == 1:
                self._say(key, f'camera: numbers read from names like "{names[0]}"')
                return [
                    self._whole(key, index, match[2], -1) if (match := matches.get(text)) else -1
                    for index, text in enumerate(texts)
                ]
        numbers = {name: number for number, name in enumerate(sorted(set(names)), start=1)}
        self.kept[f"{key}_name"] = [text if text in numbers else None for text in texts]
        self._say(key, f"{key}: {counted(len(numbers), 'name')} numbered from 1, kept as {key}_name")
        return [numbers.get(text, special.get(text.lower(), -1)) for text in texts]

    def _whole(self, key: str, index: int, text: str, smallest: int) -> int:
        number = Decimal(text)
        if number.adjusted() < 20 and number != number.to_integral_value():
            raise self._refuse(index, f": {key} is {text}, not a whole number")
        if number < smallest:
            raise self._refuse(index, f": {key} is {text}: the smallest allowed is {smallest}")
        if number > _LARGEST:
            raise self._refuse(index, f": {key} is {text}: the largest allowed is {_LARGEST}")
        return int(number)

    def _split_words(self) -> list[str]:
        if "split" not in self.columns.places:
            return [""] * self.num_rows
        words = self._texts("split")
        for index, word in enumerate(words):
            if word and not is_split_word(word):
                raise self._refuse(index, f': split is "{word}": use train, query or gallery')
        self.kept["named_split"] = [word if is_held_out(word) else None for word in words]
        return words

    def _mark(self, key: str) -> list[bool]:
        texts = self._texts(key)
        for index, text in enumerate(texts):
            if text and text.lower() not in TRUE | FALSE:
                raise self._refuse(index, f': {key} is "{text}": use true or false')
        return [text.lower() in TRUE for text in texts]

    def _splits(self, words: list[str], marks: Mapping[str, list[bool]]) -> list[str]:
        splits = []
        for index, word in enumerate(words):
            found = split_of(word, {key for key, marked in marks.items() if marked[index]}, marks)
            if not isinstance(found, str):
                raise self._refuse(index, f" is marked as {' and '.join(found)}: a row has one split")
            splits.append(found)
        self.said["split"] = about_splits(words, marks, has_words="split" in self.columns.places)
        return splits

    def _from_one(self, identities: list[int], splits: list[str]) -> list[int]:
        """Raise all identities by one where people are counted from 0."""
        first, notes = self.options.first_identity, self.said.setdefault("identity", [])
        of_people = any(i == 0 and split != "gallery" for i, split in zip(identities, splits, strict=True))
        if first == 0 or (first is None and of_people):
            notes.insert(0, "identity: counted from 0, raised by 1")
            if max(identities) == _LARGEST:
                raise InputError(f"{self.name}: identity {_LARGEST} cannot be raised by 1")
            return [identity + 1 if identity >= 0 else identity for identity in identities]
        num_distractors = identities.count(0)
        if num_distractors and first is None:
            notes.insert(
                0,
                f"identity: 0 is a distractor in {counted(num_distractors, 'row')}; "
                "if it is a person: --first-identity 0",
            )
        return identities

    def _captions(self) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in range(self.num_rows)]
        for place in self.columns.places.get("captions", ()):
            for captions, row in zip(found, self.cells.rows, strict=True):
                stripped = (caption.strip() for caption in captions_of_cell(row[place]))
                captions.extend(caption for caption in stripped if caption)
        return found

    def _place(self, key: str) -> None:
        """Read `sequence` or `box`: whole numbers, or as text under another name."""
        if key not in self.columns.places:
            return
        texts = self._texts(key)
        if all(NUMBER.fullmatch(text) and is_whole(text) for text in texts if text):
            self.kept[key] = [
                self._whole(key, index, text, -_LARGEST) if text else None for index, text in enumerate(texts)
            ]
        else:
            self.kept[f"{key}_name"] = [text or None for text in texts]
            self._say(key, f"{key}: not whole numbers, kept as {key}_name")

    def _attributes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [{} for _ in range(self.num_rows)]
        if "attributes" in self.columns.places:
            place = self.columns.places["attributes"][0]
            for index, row in enumerate(self.cells.rows):
                given = object_of_cell(row[place])
                if given is None:
                    raise self._refuse(index, ": attributes is not a JSON object")
                found[index] = given
        for key in self.columns.places:
            if not key.startswith(_ATTRIBUTE):
                continue
            name, unknown = key.removeprefix(_ATTRIBUTE), dict[str, None]()
            for attributes, text in zip(found, self._texts(key, NO_ATTRIBUTE), strict=True):
                if text:
                    attributes[name], is_known = attribute_value(name, text)
                    if not is_known:
                        unknown[f'"{text}"'] = None
            if unknown:
                named = ", ".join([*list(unknown)[:_NUM_NAMED], *["..."] * (len(unknown) > _NUM_NAMED)])
                self._say("attributes", f"{key}: unknown values kept as text: {named}")
        return found
