"""Cloths, garments, things and outfits: what clothes are described by.

Lengths are heights on the average body (metres above the soles: crotch 0.79, waist 1.03, knee 0.46); sleeves are
measured down the arm (0 shoulder, 1 elbow, 2 wrist).
"""

from __future__ import annotations

from dataclasses import dataclass

from .palette import RGB
from .surface import Panel, Pattern


@dataclass(frozen=True, slots=True)
class Cloth:
    """A material."""

    colour: RGB
    second: RGB
    third: RGB
    kind: str = "cotton"
    """`cotton`, `wool`, `denim`, `suiting`, `padded`, `leather`, `silk`, `sport`."""
    pattern: Pattern = Pattern.PLAIN
    period: float = 0.1
    duty: float = 0.5
    phase: float = 0.0
    panel: Panel = Panel.NONE
    print_number: int = 0
    print_place: tuple[float, float, float, float, int] = (0.0, 1.22, 0.2, 0.2, 1)
    """x, y, width, height, and 1 front, -1 back, 0 both."""
    seam: float = 0.0


@dataclass(frozen=True, slots=True)
class Garment:
    """Something worn, and how it is cut."""

    kind: str
    cloth: Cloth
    hem: float
    """Height of its lower edge; of shoes the upper one."""
    sleeve: float = -1.0
    loose: float = 0.3
    """0 skin-tight, 1 very wide."""
    gap: float = 0.0
    """Half the width it stands open in front, metres."""
    neck: float = 0.05
    """Depth of the neckline, metres."""
    flare: float = 0.0
    """Widening towards the hem, metres a metre."""
    collar: str = "none"
    """`none`, `collar`, `stand` or `hood`."""
    tucked: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """Something carried or worn on the head."""

    kind: str
    cloth: Cloth
    side: int
    """1 left, -1 right."""
    size: float
    """0 small to 1 large."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """All that somebody wears and carries."""

    style: str
    top: Garment
    outer: Garment | None
    lower: Garment | None
    """None under dresses and robes."""
    shoes: Garment
    stockings: Cloth | None
    hat: Item | None
    scarf: Cloth | None
    glasses: str
    """`none`, `clear` or `sun`."""
    bag: Item | None
    carried: Item | None
    """`umbrella`, `phone`, `bottle` or `suitcase`; whether it is in use depends on the moment."""
