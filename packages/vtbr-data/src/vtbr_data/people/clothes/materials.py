"""From cloth, skin and hair to rows of the material table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..figure import Column
from .garments import Cloth
from .palette import RGB, linear
from .surface import Pattern

Floats = NDArray[np.float32]

# Fold depth, folds a metre, how much longer folds are across, grain, roughness, highlight, sheen.
_KINDS: dict[str, tuple[float, float, float, float, float, float, float]] = {
    "cotton": (0.75, 14, 1.6, 0.03, 0.85, 0.02, 0.03),
    "wool": (0.8, 13, 1.3, 0.05, 1.0, 0.0, 0.06),
    "denim": (0.75, 16, 1.9, 0.05, 0.9, 0.02, 0.02),
    "suiting": (0.8, 13, 1.2, 0.02, 0.8, 0.03, 0.04),
    "padded": (0.9, 26, 1.5, 0.02, 0.5, 0.10, 0.03),
    "leather": (0.8, 20, 1.2, 0.03, 0.45, 0.14, 0.02),
    "silk": (1.1, 18, 0.6, 0.02, 0.45, 0.12, 0.05),
    "sport": (0.7, 14, 1.5, 0.015, 0.6, 0.07, 0.02),
}


class Materials:
    """Collects rows of the table."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._rows: list[Floats] = []
        self._two_sided: list[bool] = []

    def cloth(self, cloth: Cloth, *, two_sided: bool = False, drape: bool = False) -> int:
        """Adds a cloth; a `drape` hangs in folds from top to bottom."""
        depth, scale, stretch, grain, roughness, highlight, sheen = _KINDS[cloth.kind]
        if drape:
            depth, scale, stretch = depth * 0.30, scale * 0.25, 0.25
        x, y, width, height, side = cloth.print_place
        return self._add(
            {
                **_colours(cloth.colour, cloth.second, cloth.third),
                Column.PATTERN: cloth.pattern,
                Column.PERIOD: cloth.period,
                Column.DUTY: cloth.duty,
                Column.PHASE: cloth.phase,
                Column.FOLD_DEPTH: depth,
                Column.FOLD_SCALE: scale,
                Column.FOLD_STRETCH: stretch,
                Column.GRAIN: grain,
                Column.ROUGHNESS: roughness,
                Column.SPECULAR: highlight,
                Column.SHEEN: sheen,
                Column.PRINT: cloth.print_number,
                Column.PRINT_X: x,
                Column.PRINT_Y: y,
                Column.PRINT_WIDTH: width,
                Column.PRINT_HEIGHT: height,
                Column.PRINT_SIDE: side,
                Column.SEAM: cloth.seam,
                Column.SEAM_WIDTH: 0.045 if cloth.seam == 1.0 and cloth.third[0] > 0.3 else 0.007,
                Column.PANEL: cloth.panel,
            },
            two_sided,
        )

    def skin(self, colour: RGB) -> int:
        """Adds bare skin."""
        return self._add(_skin(colour), False)

    def face(self, colour: RGB, hair: RGB, lips: float, stubble: float) -> int:
        """Adds the skin of a face."""
        lip_colour = (min(colour[0] * 0.86, 0.8), colour[1] * 0.52, colour[2] * 0.52)
        row = _skin(colour) | _colours(colour, hair, lip_colour)
        row |= {Column.PATTERN: Pattern.FACE, Column.DUTY: 0.75, Column.PERIOD: stubble, Column.PHASE: lips}
        return self._add(row, False)

    def hair(self, colour: RGB) -> int:
        """Adds hair; it shows both sides, since its edges are loose."""
        row = _colours(colour, colour, colour)
        row |= {
            Column.PATTERN: Pattern.HAIR,
            Column.GRAIN: 0.10,
            Column.ROUGHNESS: 0.55,
            Column.SPECULAR: 0.05,
        }
        return self._add(row | {Column.FOLD_SCALE: 20, Column.FOLD_STRETCH: 0.5, Column.SHEEN: 0.03}, True)

    def plain(self, colour: RGB, *, two_sided: bool = False, highlight: float = 0.1) -> int:
        """Adds a smooth thing of one colour."""
        row = _colours(colour, colour, colour)
        row |= {Column.ROUGHNESS: 0.4, Column.SPECULAR: highlight, Column.FOLD_SCALE: 10}
        return self._add(row, two_sided)

    def table(self) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the rows (M, len(Column)) and whether each is seen from both sides (M,)."""
        return np.stack(self._rows), np.array(self._two_sided)

    def _add(self, values: dict[Column, float], two_sided: bool) -> int:
        row = np.zeros(len(Column), np.float32)
        row[Column.FOLD_STRETCH] = row[Column.PERIOD] = row[Column.PRINT_WIDTH] = row[Column.PRINT_HEIGHT] = 1
        row[Column.NOISE] = float(self._random.random()) * 30
        for column, value in values.items():
            row[column] = value
        self._rows.append(row)
        self._two_sided.append(two_sided)
        return len(self._rows) - 1


def smooth(table: Floats) -> Floats:
    """Return the table (M, len(Column)) without creases, grain and gloss."""
    out = table.copy()
    out[:, [Column.FOLD_DEPTH, Column.GRAIN, Column.SPECULAR, Column.SHEEN]] = 0
    out[:, Column.ROUGHNESS] = 1
    return out


def _colours(first: RGB, second: RGB, third: RGB) -> dict[Column, float]:
    values = (*linear(first), *linear(second), *linear(third))
    return {Column(number): value for number, value in enumerate(values)}


def _skin(colour: RGB) -> dict[Column, float]:
    return _colours(colour, colour, colour) | {
        Column.GRAIN: 0.025,
        Column.ROUGHNESS: 0.6,
        Column.SPECULAR: 0.05,
        Column.SHEEN: 0.02,
        Column.FOLD_SCALE: 15,
    }
