"""Attributes and identities as class numbers, for objectives that learn them.

B images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..attributes import VALUES

SECTORS = 8
"""Viewpoints are classes of 45 degrees; class 0 is about 0 degrees, where the person faces left."""

NUM_CLASSES: Mapping[str, int] = {
    **{name: len(values) for name, values in VALUES.items()},
    "viewpoint": SECTORS,
}
"""Of every known attribute. Class c is `vtbr_data.attributes.VALUES[name][c]`."""


def attribute_classes(
    attributes: Sequence[Mapping[str, Any]], is_mirrored: Sequence[bool]
) -> dict[str, Tensor]:
    """Return the class of every known attribute in each image, int64 (B,); -1 where it is not known.

    A mirrored image has its viewpoint mirrored.

    >>> attribute_classes([{"hair": "long", "viewpoint": 0}, {}], [True, False])["viewpoint"].tolist()
    [4, -1]
    """
    classes = {name: torch.full((len(attributes),), -1) for name in NUM_CLASSES}
    for place, (known, mirrored) in enumerate(zip(attributes, is_mirrored, strict=True)):
        for name, value in known.items():
            if name == "viewpoint" and type(value) is int:
                degrees = 180 - value if mirrored else value
                classes[name][place] = round(degrees / 45) % SECTORS
            elif name in VALUES and value in VALUES[name]:
                classes[name][place] = VALUES[name].index(value)
    return classes


def identity_classes(identities: Sequence[int]) -> dict[int, int]:
    """Return class numbers of the identities above 0, in their order: the same on every machine.

    >>> identity_classes([7, 3, -1, 7, 0])
    {3: 0, 7: 1}
    """
    return {
        identity: number for number, identity in enumerate(sorted({one for one in identities if one > 0}))
    }
