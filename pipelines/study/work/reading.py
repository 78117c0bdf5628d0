"""Attributes read from a captioner by the sentence that fits best, without a label having been learnt.

`sentences` prints a sentence for each value of each attribute; `read SCORED MANIFEST` prints how often the sentence
that `vtbr-models score` finds likeliest tells the true value, as JSON. `gallery MANIFEST` prints it with all images in
the gallery, for they are searched.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vtbr_data.attributes import VALUES
from vtbr_data.captions import CaptionStyle, captions_of

READ = ("gender", "age", "hair", "sleeves", "lower", "upper_colour", "lower_colour", "hat", "bag", "glasses")
"""Attributes that a single sentence can tell; those that are said only where they are present have two sentences,
with and without."""


def main() -> None:
    """Print sentences, or what was read by them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["sentences", "read", "gallery"])
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    if options.what == "sentences":
        print(
            "\n".join(dict.fromkeys(sentence for by_value in sentences().values() for sentence in by_value))
        )
        return
    if options.what == "gallery":
        print("\n".join(json.dumps({**row, "split": "gallery"}) for row in lines(options.files[0])))
        return
    scored, manifest = (lines(path) for path in options.files)
    print(json.dumps(read(scored, manifest)))


def sentences() -> dict[str, dict[str, object]]:
    """Return the sentences of each attribute, and the value that each tells.

    >>> sentences()["gender"]
    {'a man': 'male', 'a woman': 'female'}
    """
    style = CaptionStyle(style="template")
    found: dict[str, dict[str, object]] = {}
    for name in READ:
        told = {
            captions_of("", {name: value}, seed=0, number=1, style=style)[0]: value for value in VALUES[name]
        }
        if len(told) == len(VALUES[name]):
            found[name] = told
    return found


def read(scored: Iterable[Mapping[str, Any]], manifest: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return shares of pictures whose likeliest sentence is true, by attribute, and of always saying the
    commonest value.
    """
    attributes = {row["path"]: row.get("attributes", {}) for row in manifest}
    right: Counter[str] = Counter()
    known: Counter[str] = Counter()
    values: dict[str, Counter[object]] = {}
    for line in scored:
        score = {one["caption"]: one["score"] for one in line["scores"]}
        truth = attributes[line["path"]]
        for name, told in sentences().items():
            if name in truth:
                best = max(told, key=lambda sentence: score[sentence])
                right[name] += told[best] == truth[name]
                known[name] += 1
                values.setdefault(name, Counter())[truth[name]] += 1
    return {
        name: {"accuracy": right[name] / known[name], "commonest": max(values[name].values()) / known[name],
               "images": known[name]}
        for name in known
    }  # fmt: skip


def commonest_shares(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return how often always saying the commonest value of an attribute would be right."""
    counts: dict[str, Counter[object]] = {name: Counter() for name in VALUES}
    for row in rows:
        for name in counts.keys() & row.get("attributes", {}).keys():
            counts[name][row["attributes"][name]] += 1
    return {name: max(count.values()) / count.total() for name, count in counts.items() if count}


def lines(path: Path) -> list[dict[str, Any]]:
    """Read a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
