"""Attributes that captions say, where a model is to learn attributes from captions alone."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from vtbr_data.attributes import VALUES
from vtbr_data.training import Samples
from vtbr_eval.captions import read_slots

Value = str | bool | int
DEGREES = 45
"""Of a sector of viewpoints."""


def said_attributes(captions: Sequence[str]) -> dict[str, Value]:
    """Return the attributes that the captions of one image say (docs/formats.md, "Reading captions back").

    Left out is what no caption says and what they contradict each other in. Things that no caption mentions (a bag)
    are unknown, not absent; only a dress is absent where a lower garment is named.

    >>> said = said_attributes(["a man in a red top and blue jeans", "a grown man with a bag, facing left"])
    >>> said["gender"], said["upper_colour"], said["bag"], said["dress"], said["viewpoint"], "hat" in said
    ('male', 'red', True, False, 0, False)
    """
    read = [read_slots(caption) for caption in captions]
    found: dict[str, Value] = {}
    for name in read[0] if read else ():
        values: set[Value] = {
            value for one in read if (value := one[name]) is not None and value is not False
        }
        if len(values) == 1:
            value = values.pop()
            found[name] = value * DEGREES if name == "viewpoint" and isinstance(value, int) else value
        elif name == "dress" and not values and any(one["lower"] for one in read):
            found[name] = False
    return {name: value for name, value in found.items() if name == "viewpoint" or value in VALUES[name]}


def with_said_attributes(samples: Samples) -> Samples:
    """Return the samples with the attributes that their captions say, in place of any that they had."""
    rows = [replace(row, attributes=said_attributes(row.captions)) for row in samples.rows]
    return Samples(rows, samples.pictures)
