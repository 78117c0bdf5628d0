"""Images that stand twice in a gallery: they would count twice."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..features import GALLERY, FeatureTable


def refuse_repeats(table: FeatureTable) -> None:
    """Raise `InputError` where two gallery rows have one path and one feature.

    One path with several features is no repeat: a picture may show several people. Nor are two
    rows of the split query: texts are called by the image that they describe.
    """
    text, offset = table.path.text.tobytes(), table.path.offset.tolist()
    first: dict[bytes, int] = {}
    for row in np.flatnonzero(table.split == GALLERY).tolist():
        other = first.setdefault(text[offset[row] : offset[row + 1]], row)
        if other != row and np.array_equal(table.features[row], table.features[other]):
            raise InputError(
                f"{table.name}: the gallery image {table.path[row]} stands there twice, in rows {other} and "
                f"{row}: leave one of them out of the manifest"
            )
