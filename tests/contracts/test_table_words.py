"""The words of tables are one file, held by each of the three packages and by docs/formats.md."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = (
    "packages/vtbr-data/src/vtbr_data/table_words.json",
    "packages/vtbr-models/src/vtbr_models/files/table_words.json",
    "packages/vtbr-eval/src/vtbr_eval/tables/table_words.json",
)
WORDS = json.loads((ROOT / PLACES[0]).read_text("utf-8"))
PAGE = (ROOT / "docs/formats.md").read_text("utf-8")


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def test_the_three_packages_hold_the_same_words():
    first, *others = [(ROOT / place).read_bytes() for place in PLACES]
    assert others == [first, first]


def test_the_page_lists_the_headers_of_each_key_in_the_same_order():
    rows = dict(re.findall(r"^\| `(path|identity|camera|split)` \| ([a-z, ]+) \|$", PAGE, re.MULTILINE))
    assert {key: words_of(row) for key, row in rows.items()} == {
        key: WORDS["headers"][key].split() for key in ("path", "identity", "camera", "split")
    }


def test_the_page_lists_the_words_of_each_split():
    sentence = re.search(r"\*\*Splits\*\*, in any case: (.*?) are `gallery`", PAGE, re.DOTALL)[1]
    said = re.findall(r"`([a-z]+)`", sentence)
    splits = [word for words in WORDS["splits"].values() for word in words.split()]
    assert said == splits + WORDS["held_out"].split()


def test_the_page_lists_the_values_of_each_attribute():
    paragraph = " ".join(re.search(r"\*\*Attributes\*\* \(those that.*?\n\n", PAGE, re.DOTALL)[0].split())
    for name, values in WORDS["attributes"].items():
        assert f"`{name}`" in paragraph
        assert all(
            f"`{str(value).lower() if value is True else value}`" in paragraph for value in values if value
        )
