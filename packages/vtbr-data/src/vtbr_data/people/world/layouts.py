"""How places are laid out: strips of ground, where people walk, and which walls stand how far away.

A layout has strips sorted by where they begin across the street, the walkway from where to where, and the
kind and distance of three walls: beyond the walkway, behind the camera, and at both ends of the street.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..camera.ground import Strip
from . import ground

Floats = NDArray[np.float32]

Layout = tuple[
    list[Floats], tuple[float, float], tuple[tuple[str, float], tuple[str, float], tuple[str, float]]
]


def _street(rng: np.random.Generator) -> Layout:
    """Lay out a pavement along houses, with a road on the camera's side or beyond."""
    paving = str(
        rng.choice(["slabs", "bricks", "concrete", "cobbles", "asphalt"], p=(0.4, 0.2, 0.15, 0.1, 0.15))
    )
    back, front = float(rng.uniform(1.2, 3.5)), float(rng.uniform(1.0, 2.0))
    road = float(rng.uniform(5.5, 9.0))
    white = float(rng.uniform(0.4, 0.75))
    lane = ground.line(
        ground.strip(0, "asphalt", rng),
        road / 2,
        0.12,
        float(rng.choice([3.0, 6.0])),
        float(rng.choice([0.5, 1.0])),
        white,
    )
    if rng.random() < 0.5:  # the road lies beyond
        kerb, pavement = ground.strip(0, "kerb", rng), ground.strip(0, paving, rng)
        end = back + road
        strips = _at(
            [(-60, pavement), (back, kerb), (back + 0.15, lane), (end, kerb), (end + 0.15, pavement)]
        )
        wall = back + road + float(rng.uniform(2.0, 4.0))
        return strips, (-front, back - 0.4), ((_built(rng), wall), (_built(rng), 40.0), (_far(rng), 35.0))
    strips = _at([(-60, ground.strip(0, paving, rng)), (-front - road, ground.strip(0, "kerb", rng)),
                  (-front - road + 0.15, lane), (-front, ground.strip(0, "kerb", rng)),
                  (-front + 0.15, ground.strip(0, paving, rng))])  # fmt: skip
    return strips, (-front + 0.4, back - 0.4), ((_built(rng), back), (_built(rng), 30.0), (_far(rng), 35.0))


def _square(rng: np.random.Generator) -> Layout:
    paving = str(rng.choice(["slabs", "cobbles", "concrete", "bricks"], p=(0.5, 0.2, 0.2, 0.1)))
    strips = [(-60.0, ground.strip(0, paving, rng))]
    for start in np.sort(rng.uniform(-6, 8, int(rng.integers(0, 4)))).tolist():  # bands of another stone
        strips += [(start, ground.strip(0, "cobbles", rng)), (start + 0.4, strips[0][1])]
    return (
        _at(strips),
        (-3.0, 3.0),
        ((_built(rng), float(rng.uniform(6, 22))), (_built(rng), 40.0), (_built(rng), 30.0)),
    )


def _crossing(rng: np.random.Generator) -> Layout:
    white = float(rng.uniform(0.45, 0.8))
    road = ground.zebra(
        ground.strip(0, "asphalt", rng),
        float(rng.uniform(0.4, 0.55)),
        14.0,
        float(rng.uniform(0.25, 0.4)),
        white,
    )
    half = float(rng.uniform(2.5, 4.5))
    paving = ground.strip(0, "slabs", rng)
    strips = _at([(-60, paving), (-half, ground.strip(0, "kerb", rng)), (-half + 0.15, road),
                  (half, ground.strip(0, "kerb", rng)), (half + 0.15, paving)])  # fmt: skip
    return (
        strips,
        (-half, half),
        ((_built(rng), half + float(rng.uniform(2, 6))), (_built(rng), 30.0), (_far(rng), 40.0)),
    )


def _parking(rng: np.random.Generator) -> Layout:
    white = float(rng.uniform(0.35, 0.7))
    lane = ground.strip(0, "asphalt", rng)
    bays = ground.bays(lane, 4.8, 0.1, 2.5, white)
    start = float(rng.uniform(1.5, 3.0))
    strips = _at([(-60, lane), (start, bays), (start + 5.0, ground.strip(0, "kerb", rng)),
                  (start + 5.15, ground.strip(0, str(rng.choice(["grass", "slabs"])), rng))])  # fmt: skip
    far = (str(rng.choice(["hedge", "plain", "fence", "house"])), start + float(rng.uniform(5.5, 10)))
    return strips, (-2.0, start - 0.3), (far, (_built(rng), 35.0), (_far(rng), 35.0))


def _campus(rng: np.random.Generator) -> Layout:
    """Lay out a path between lawns before buildings: where Market-1501 and CUHK03 might have been taken."""
    path = str(rng.choice(["concrete", "slabs", "asphalt", "bricks"], p=(0.3, 0.35, 0.2, 0.15)))
    half = float(rng.uniform(1.0, 2.5))
    lawn = ground.strip(0, "grass", rng)
    strips = _at([(-60, lawn), (-half, ground.strip(0, "kerb", rng)), (-half + 0.12, ground.strip(0, path, rng)),
                  (half, ground.strip(0, "kerb", rng)), (half + 0.12, lawn)])  # fmt: skip
    far = (str(rng.choice(["hedge", "house", "glass", "wood"])), half + float(rng.uniform(1.0, 12)))
    return strips, (-half + 0.3, half - 0.3), (far, ("hedge", 30.0), (_far(rng), 30.0))


def _arcade(rng: np.random.Generator) -> Layout:
    """Lay out a floor under a roof: polished, with shops, light from above."""
    strips = _at([(-60, ground.strip(0, "tiles", rng))])
    far = (str(rng.choice(["shops", "glass", "plain"], p=(0.6, 0.2, 0.2))), float(rng.uniform(1.5, 6)))
    return strips, (-1.5, far[1] - 0.5), (far, ("shops", 12.0), ("plain", 20.0))


def _park(rng: np.random.Generator) -> Layout:
    path = str(rng.choice(["gravel", "asphalt", "earth", "sand"], p=(0.45, 0.25, 0.15, 0.15)))
    half = float(rng.uniform(0.9, 2.2))
    lawn = ground.strip(0, "grass", rng)
    strips = _at([(-60, lawn), (-half, ground.strip(0, path, rng)), (half, lawn)])
    far = (str(rng.choice(["wood", "hedge", "fence"])), half + float(rng.uniform(1.0, 15)))
    return strips, (-half + 0.2, half - 0.2), (far, ("wood", 30.0), ("wood", 25.0))


def _meadow(rng: np.random.Generator) -> Layout:
    far = (str(rng.choice(["wood", "hedge", "fence"], p=(0.6, 0.2, 0.2))), float(rng.uniform(5, 25)))
    return _at([(-60, ground.strip(0, "grass", rng))]), (-2.5, 2.5), (far, ("wood", 40.0), ("wood", 35.0))


def _wood(rng: np.random.Generator) -> Layout:
    earth, half = ground.strip(0, "earth", rng), float(rng.uniform(0.8, 1.6))
    edge = ground.strip(0, str(rng.choice(["grass", "earth"])), rng)
    far = ("wood", half + float(rng.uniform(0.8, 6)))
    return (
        _at([(-60, edge), (-half, earth), (half, edge)]),
        (-half + 0.2, half - 0.2),
        (far, ("wood", 15.0), ("wood", 20.0)),
    )


def _at(strips: list[tuple[float, Floats]]) -> list[Floats]:
    placed = []
    for start, row in sorted(strips, key=lambda item: item[0]):
        moved = row.copy()
        moved[Strip.START] = start
        placed.append(moved)
    return placed


def _built(rng: np.random.Generator) -> str:
    return str(
        rng.choice(
            ["house", "shops", "glass", "plain", "hedge", "fence"], p=(0.34, 0.26, 0.12, 0.16, 0.07, 0.05)
        )
    )


def _far(rng: np.random.Generator) -> str:
    return str(rng.choice(["house", "wood", "glass", "plain", "shops"], p=(0.35, 0.3, 0.12, 0.08, 0.15)))


LAYOUTS = {
    "street": _street, "square": _square, "crossing": _crossing, "parking": _parking, "campus": _campus,
    "arcade": _arcade, "park": _park, "meadow": _meadow, "wood": _wood,
}  # fmt: skip
"""By kind of place."""
