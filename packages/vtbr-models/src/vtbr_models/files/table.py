"""Tables of other people's making, read as manifest rows (docs/formats.md, Tables)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import InputError
from .cells import PARQUET, Cells, decoded, read_json_array, read_parquet, read_text, text_of
from .columns import Columns, find_columns, normal_form, num_recognised
from .labels import LARGEST, ROW_NUMBERS, Labels, from_one, read_labels, whole_numbers
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
    if data.startswith(PARQUET):
        return read_cells(name, read_parquet(name, data), options)
    text, notes = decoded(name, data)
    if text.lstrip().startswith("["):
        return read_cells(name, read_json_array(name, text, notes), options)
    named = [header for _, header in options.columns]
    return read_cells(
        name, read_text(name, text, notes, lambda header: num_recognised(header, named)), options
    )


def read_cells(name: str, cells: Cells, options: TableOptions) -> Table:
    """Read a header and the rows below it."""
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
        people = self._labels("identity")
        cameras = self._labels("camera").numbers
        words = self._split_words()
        marks = {
            key: self._mark(key)
            for key in ("is_query", "is_gallery", "is_train")
            if key in self.columns.places
        }
        self.kept["captions"] = [captions or None for captions in self._captions()]
        for key in ("sequence", "box"):
            self._place(key)
        self.kept["attributes"] = [attributes or None for attributes in self._attributes()]
        splits = self._splits(words, marks)
        identities = self._identities(people, splits)
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
            row |= {key: values[index] for key, values in kept.items() if values[index] is not None}
            rows.append(row)
        order = ("table", "path", "identity", "camera", "split", "sequence", "box", "attributes")
        said = [f"{self.name}: {text}" for key in order for text in self.said.get(key, ())]
        return Table(rows, [" ".join(line.splitlines()) for line in said])

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
        paths, place, width = [], self.columns.places["path"][0], len(self.cells.header)
        for index, row in enumerate(self.cells.rows):
            if len(row) < width or any(row[width:]):
                raise self._refuse(index, f" has {len(row)} cells; the header has {width}")
            paths.append(text_of(row[place]))
            if not paths[-1]:
                raise self._refuse(index, ": path is empty")
        turned = [path.replace("\\", "/") if "/" not in path else path for path in paths]
        num_turned = sum(new != old for new, old in zip(turned, paths, strict=True))
        if num_turned:
            self._say("path", f"path: backslashes read as slashes in {counted(num_turned, 'row')}")
        return turned

    def _labels(self, key: str) -> Labels:
        """Return identities or cameras; their names are kept."""
        if key not in self.columns.places:
            return Labels([-1] * self.num_rows, (), (), are_numbers=False)
        labels = read_labels(key, self._texts(key), self._refuse)
        self.said[key] = list(labels.notes)
        if labels.names:
            self.kept[f"{key}_name"] = list(labels.names)
        return labels

    def _identities(self, people: Labels, splits: list[str]) -> list[int]:
        """Count people from 1; doubt an `id` that may number the rows."""
        identities = people.numbers
        if people.are_numbers:
            identities, moved = from_one(identities, splits, self.options.first_identity, self._refuse)
            self.said["identity"] = [*moved, *self.said["identity"]]
        if "identity" in self.columns.places and len(set(identities)) == self.num_rows >= 3:
            header = self.cells.header[self.columns.places["identity"][0]]
            is_chosen = any(key == "identity" for key, _ in self.options.columns)
            if normal_form(header) in ("id", "ids") and not is_chosen:
                self._say("identity", ROW_NUMBERS.format(header=header))
        return identities

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
        plain = {word: split_of(word, (), marks) for word in set(words)}  # of rows without a true mark
        for index, word in enumerate(words):
            if not marks:
                splits.append(str(plain[word]))
                continue
            found = split_of(word, {key for key, marked in marks.items() if marked[index]}, marks)
            if not isinstance(found, str):
                raise self._refuse(index, f" is marked as {' and '.join(found)}: a row has one split")
            splits.append(found)
        self.said["split"] = about_splits(words, marks, has_words="split" in self.columns.places)
        return splits

    def _captions(self) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in range(self.num_rows)]
        for place in self.columns.places.get("captions", ()):
            for captions, row in zip(found, self.cells.rows, strict=True):
                captions.extend(captions_of_cell(row[place]))
        return found

    def _place(self, key: str) -> None:
        """Read `sequence` or `box`: whole numbers, or as text under another name."""
        if key not in self.columns.places:
            return
        texts = self._texts(key)
        if all(NUMBER.fullmatch(text) and is_whole(text) for text in texts if text):
            self.kept[key] = whole_numbers(key, texts, self._refuse, smallest=-LARGEST)
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
