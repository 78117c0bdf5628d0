"""What people wear: garments that go together, by sex, age and season.

Lengths are heights on the average body (metres above the soles: crotch 0.79, waist 1.03, knee 0.46);
sleeves are measured down the arm (0 shoulder, 1 elbow, 2 wrist).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .palette import RGB, cloth_colour, contrasting, one_of, scaled, shade, varied
from .surface import PRINTS, Panel, Pattern


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


def sample_outfit(random: np.random.Generator, sex: str, age: str) -> Outfit:
    """An outfit."""
    season = one_of(random, {"warm": 0.42, "mild": 0.36, "cold": 0.22})
    style = one_of(random, _styles(sex, age))
    top, outer, lower = _GARMENTS.get(style, _casual)(random, sex, season)
    shoes = _shoes(random, sex, season, style)
    bare = lower is None or lower.kind in ("skirt", "shorts")
    stockings = _plain(random, "lower") if bare and sex == "female" and random.random() < 0.4 else None
    return Outfit(
        style=style,
        top=top,
        outer=outer,
        lower=lower,
        shoes=shoes,
        stockings=stockings,
        hat=_hat(random, sex, season, style),
        scarf=_patterned(random, "bright") if season == "cold" and random.random() < 0.3 else None,
        glasses=one_of(random, {"none": 0.76, "clear": 0.16, "sun": 0.08}),
        bag=_bag(random, sex, style),
        carried=_carried(random),
    )


def _styles(sex: str, age: str) -> dict[str, float]:
    if age == "child":
        return {"casual": 0.9, "sport": 0.1}
    if sex == "female":
        return {
            "casual": 0.67,
            "dress": 0.13,
            "suit": 0.03,
            "sport": 0.05,
            "work": 0.02,
            "modest": 0.07,
            "sari": 0.03,
        }
    return {"casual": 0.76, "suit": 0.10, "sport": 0.06, "work": 0.05, "modest": 0.03}


Three = tuple[Garment, Garment | None, Garment | None]


def _casual(random: np.random.Generator, sex: str, season: str) -> Three:
    female = sex == "female"
    kinds = {
        "warm": {
            "t-shirt": 0.58,
            "polo": 0.07,
            "shirt": 0.14,
            "tank": 0.08 if female else 0.04,
            "blouse": 0.14 if female else 0.0,
        },
        "mild": {
            "t-shirt": 0.2,
            "shirt": 0.24,
            "sweater": 0.2,
            "hoodie": 0.2,
            "blouse": 0.15 if female else 0.0,
            "polo": 0.03,
        },
        "cold": {"sweater": 0.4, "shirt": 0.2, "hoodie": 0.25, "t-shirt": 0.15},
    }[season]
    top = make_top(random, one_of(random, kinds), female, season)
    wears_outer = random.random() < {"warm": 0.07, "mild": 0.38, "cold": 0.92}[season]
    outer = _outer(random, female, season, top) if wears_outer else None
    if outer is not None and top.kind == "hoodie":
        top = replace(top, collar="none")
    return top, outer, _lower(random, female, season)


def make_top(random: np.random.Generator, kind: str, female: bool, season: str) -> Garment:
    """A garment of the upper body."""
    loose = float(random.uniform(0.08, 0.65)) if female else float(random.uniform(0.3, 0.9))
    hem = float(random.uniform(0.80, 0.92))
    long = season != "warm"
    cloth = _patterned(random, "top")
    if kind in ("shirt", "blouse"):
        sleeve = 1.95 if long or random.random() < 0.4 else float(random.uniform(0.55, 1.25))
        if random.random() < 0.5:
            cloth = _checked(random)
        return Garment(
            kind, replace(cloth, print_number=0, seam=0.25), hem, sleeve, loose, neck=0.06, collar="collar",
            tucked=random.random() < 0.3,
        )  # fmt: skip
    if kind == "sweater":
        cloth = replace(cloth, kind="wool", pattern=cloth.pattern or Pattern.KNIT)
        return Garment(kind, cloth, hem, 1.97, loose * 0.8 + 0.15, neck=float(random.uniform(0.0, 0.06)))
    if kind == "hoodie":
        cloth = replace(cloth, seam=float(random.random() < 0.5) * 0.8)
        return Garment(kind, cloth, hem, 1.98, loose * 0.6 + 0.35, neck=0.02, collar="hood")
    if kind == "polo":
        return Garment(kind, cloth, hem, float(random.uniform(0.5, 0.8)), loose, neck=0.06, collar="collar")
    sleeve = -0.06 if kind == "tank" else float(random.uniform(0.45, 0.9)) if not long else 1.95
    neck = float(random.uniform(0.02, 0.12)) if female else float(random.uniform(0.01, 0.06))
    return Garment("t-shirt" if kind != "tank" else kind, cloth, hem, sleeve, loose, neck=neck)


def _outer(random: np.random.Generator, female: bool, season: str, top: Garment) -> Garment:
    coat = season == "cold" and random.random() < 0.42
    kind = (
        "coat"
        if coat
        else one_of(
            random,
            {
                "jacket": 0.45,
                "padded jacket": 0.40 if season == "cold" else 0.12,
                "cardigan": 0.2,
                "blazer": 0.13,
                "denim jacket": 0.1,
                "leather jacket": 0.08,
            },
        )
    )
    colour = contrasting(random, top.cloth.colour, "outer", 0.22)
    cloth = replace(_cloth(random, colour, "outer"), kind=_OUTER_CLOTH.get(kind, "cotton"))
    if kind == "padded jacket":
        cloth = replace(cloth, pattern=Pattern.QUILTED, period=float(random.uniform(0.06, 0.1)))
    elif kind == "denim jacket":
        cloth = replace(cloth, colour=shade(random, "denim"), pattern=Pattern.DENIM)
    elif kind == "cardigan":
        cloth = replace(cloth, pattern=Pattern.KNIT, period=0.02)
    elif random.random() < 0.14:
        cloth = replace(cloth, pattern=Pattern.BLOCKS, period=float(random.uniform(1.05, 1.28)), duty=0.04)
    is_open = random.random() < (0.55 if season == "mild" else 0.3)
    hem = float(random.uniform(0.38, 0.72)) if coat else float(random.uniform(0.80, 0.95))
    hoods = {"hood": 0.35, "stand": 0.4, "collar": 0.25}
    collar = "none" if kind == "cardigan" else "collar" if kind == "blazer" else one_of(random, hoods)
    return Garment(
        kind, replace(cloth, seam=0.0 if is_open else 0.6), hem, 1.99, float(random.uniform(0.3, 0.85)),
        gap=float(random.uniform(0.03, 0.10)) if is_open else 0.0, neck=0.1, collar=collar,
        flare=float(random.uniform(0.02, 0.12)),
    )  # fmt: skip


_OUTER_CLOTH = {
    "coat": "wool",
    "padded jacket": "padded",
    "cardigan": "wool",
    "blazer": "suiting",
    "denim jacket": "denim",
    "leather jacket": "leather",
}


def _lower(random: np.random.Generator, female: bool, season: str) -> Garment:
    skirt = female and random.random() < (0.2 if season == "warm" else 0.12)
    shorts = not skirt and random.random() < {"warm": 0.38, "mild": 0.04, "cold": 0.0}[season]
    colour = cloth_colour(random, "lower")
    cloth = _cloth(random, colour, "lower")
    blue = colour[2] > colour[0] + 0.04 and colour[2] > 0.24
    if blue and not skirt:
        light = scaled(colour, 1.25, 0.12)
        cloth = replace(
            cloth, kind="denim", pattern=Pattern.DENIM, second=light, duty=float(random.uniform(0.1, 1.0))
        )
    elif random.random() < 0.08:
        cloth = replace(cloth, panel=Panel.SIDES, kind="sport")
    elif random.random() < 0.05:
        cloth = replace(_checked(random), kind="cotton")
    if skirt:
        if random.random() < 0.4:
            cloth = _patterned(random, "top")
        hem = float(random.choice([0.14, 0.3, 0.42, 0.5, 0.58]))
        return Garment("skirt", replace(cloth, print_number=0), hem, flare=float(random.uniform(-0.03, 0.3)))
    if shorts:
        return Garment(
            "shorts",
            cloth,
            float(random.choice([0.44, 0.5, 0.58, 0.68])),
            loose=float(random.uniform(0.2, 0.8)),
        )
    shares = [0.26, 0.30, 0.28, 0.16] if female else [0.06, 0.28, 0.40, 0.26]
    loose = float(random.choice([0.02, 0.18, 0.42, 0.8], p=shares))
    kind = "leggings" if female and loose < 0.1 and colour[0] < 0.2 else "trousers"
    hem = float(random.choice([0.03, 0.05, 0.08, 0.15], p=[0.35, 0.35, 0.2, 0.1]))
    return Garment(
        kind, cloth, hem, loose=loose, flare=float(random.uniform(-0.02, 0.06)) if loose > 0.2 else 0.0
    )


def _dress(random: np.random.Generator, sex: str, season: str) -> Three:
    sleeve = float(random.choice([-0.06, 0.5, 1.2, 1.95], p=[0.3, 0.35, 0.15, 0.2]))
    cloth = replace(_patterned(random, "top"), print_number=0)
    hem = float(random.choice([0.1, 0.3, 0.42, 0.5, 0.58], p=[0.16, 0.2, 0.3, 0.22, 0.12]))
    top = Garment(
        "dress", cloth, hem, sleeve, float(random.uniform(0.05, 0.4)), neck=float(random.uniform(0.03, 0.12)),
        flare=float(random.uniform(-0.02, 0.32)),
    )  # fmt: skip
    outer = _outer(random, True, season, top) if season == "cold" or random.random() < 0.12 else None
    return top, outer, None


def _suit(random: np.random.Generator, sex: str, season: str) -> Three:
    colour = varied(
        random, shade(random, one_of(random, {"black": 0.35, "navy": 0.35, "gray": 0.25, "beige": 0.05}))
    )
    cloth = Cloth(colour, colour, scaled(colour, 0.6), kind="suiting")
    white = Cloth(
        shade(random, one_of(random, {"white": 0.7, "blue": 0.15, "pastel": 0.15})),
        (0, 0, 0),
        shade(random, "red"),
        seam=1.0,
    )
    shirt = Garment("shirt", white, 0.84, 1.97, 0.3, neck=0.05, collar="collar", tucked=True)
    jacket = Garment(
        "blazer", cloth, 0.78, 1.93, 0.42, gap=float(random.uniform(0.015, 0.06)), neck=0.2, collar="collar"
    )
    without = season == "warm" and random.random() < 0.6
    lower = Garment("trousers", cloth, 0.04, loose=0.32)
    if sex == "female" and random.random() < 0.4:
        lower = Garment("skirt", cloth, 0.46, flare=-0.03)
    return shirt, None if without else jacket, lower


def _sport(random: np.random.Generator, sex: str, season: str) -> Three:
    female = sex == "female"
    cloth = replace(
        _cloth(random, cloth_colour(random, "bright"), "bright"),
        kind="sport",
        panel=Panel(int(random.integers(3))),
    )
    top = Garment(
        "t-shirt", cloth, 0.86, 1.97 if season == "cold" else 0.6, float(random.uniform(0.1, 0.6)), neck=0.03
    )
    dark = replace(_cloth(random, cloth_colour(random, "lower"), "bright"), kind="sport", panel=Panel.SIDES)
    if random.random() < 0.4:
        return top, None, Garment("shorts", dark, float(random.uniform(0.5, 0.68)), loose=0.5)
    tight = female or random.random() < 0.2
    return top, None, Garment("leggings" if tight else "trousers", dark, 0.07, loose=0.02 if tight else 0.35)


def _work(random: np.random.Generator, sex: str, season: str) -> Three:
    """High-visibility vests over work clothes."""
    loud = varied(random, (0.88, 0.85, 0.20) if random.random() < 0.6 else (0.90, 0.42, 0.12))
    vest = Garment(
        "vest",
        Cloth(
            loud,
            (0.78, 0.79, 0.80),
            (0.78, 0.79, 0.80),
            kind="sport",
            pattern=Pattern.STRIPES_ACROSS,
            period=0.22,
            duty=0.25,
        ),
        0.86,
        -0.06,
        0.5,
        neck=0.14,
    )
    blue = _plain(random, "lower")
    top = Garment("t-shirt", blue, 0.86, 0.7 if season == "warm" else 1.95, 0.45)
    return top, vest, Garment("trousers", replace(_plain(random, "lower"), kind="denim"), 0.04, loose=0.55)


def _modest(random: np.random.Generator, sex: str, season: str) -> Three:
    """Long robes and tunics."""
    if sex == "male":
        colour = shade(random, one_of(random, {"white": 0.6, "gray": 0.15, "beige": 0.15, "brown": 0.1}))
        robe = Garment(
            "robe",
            _cloth(random, colour, "outer"),
            float(random.uniform(0.08, 0.5)),
            1.97,
            0.5,
            neck=0.02,
            collar="stand",
            flare=0.05,
        )
        return (
            robe,
            None,
            None if robe.hem < 0.3 else Garment("trousers", replace(robe.cloth), 0.06, loose=0.6),
        )
    colour = cloth_colour(random, "outer") if random.random() < 0.75 else cloth_colour(random, "top")
    hem = float(random.choice([0.05, 0.3, 0.55], p=[0.55, 0.2, 0.25]))
    robe = Garment(
        "robe",
        _cloth(random, colour, "outer"),
        hem,
        1.98,
        0.6,
        neck=0.02,
        flare=float(random.uniform(0.05, 0.2)),
    )
    lower = None if hem < 0.2 else Garment("trousers", _plain(random, "lower"), 0.05, loose=0.5)
    return robe, None, lower


def _sari(random: np.random.Generator, sex: str, season: str) -> Three:
    border = shade(random, one_of(random, {"yellow": 0.5, "red": 0.3, "purple": 0.2}))
    colour = cloth_colour(random, "bright")
    blouse = Garment("t-shirt", _plain(random, "bright"), 0.98, 0.6, 0.05, neck=0.1, tucked=True)
    cloth = Cloth(colour, border, border, kind="silk", pattern=Pattern.BLOCKS, period=0.12, duty=0.02)
    return blouse, None, Garment("sari", cloth, 0.05, flare=0.04)


_GARMENTS = {"dress": _dress, "suit": _suit, "sport": _sport, "work": _work, "modest": _modest, "sari": _sari}


def _shoes(random: np.random.Generator, sex: str, season: str, style: str) -> Garment:
    kind = one_of(random, {
        "boots": {"warm": 0.03, "mild": 0.12, "cold": 0.35}[season] * (1.4 if sex == "female" else 0.6),
        "sandals": 0.14 if season == "warm" or style == "sari" else 0.0, "shoes": 0.35, "sneakers": 0.42,
    })  # fmt: skip
    colour = cloth_colour(random, "shoe")
    if style == "suit":
        kind, colour = "shoes", shade(random, one_of(random, {"black": 0.7, "brown": 0.3}))
    sole = (0.80, 0.80, 0.78) if kind == "sneakers" and random.random() < 0.7 else (0.10, 0.09, 0.09)
    cloth = Cloth(colour, sole, contrasting(random, colour, "shoe"), kind="leather")
    top = {"boots": float(random.uniform(0.18, 0.40)), "sneakers": 0.085, "shoes": 0.075, "sandals": 0.02}[
        kind
    ]
    return Garment(kind, cloth, top)


def _hat(random: np.random.Generator, sex: str, season: str, style: str) -> Item | None:
    if style == "modest":
        if sex == "female":
            return Item(
                "headscarf", replace(_patterned(random, "outer"), print_number=0), 1, float(random.random())
            )
        return Item("skullcap", _plain(random, "top"), 1, 0.5) if random.random() < 0.4 else None
    if style == "work":
        return (
            Item(
                "helmet",
                Cloth(
                    shade(random, one_of(random, {"yellow": 0.5, "white": 0.3, "red": 0.2})),
                    (0, 0, 0),
                    (0, 0, 0),
                    kind="leather",
                ),
                1,
                0.5,
            )
            if random.random() < 0.55
            else None
        )
    if random.random() > {"warm": 0.12, "mild": 0.09, "cold": 0.26}[season]:
        return None
    kinds = (
        {"cap": 0.68, "brim": 0.2, "beanie": 0.05, "cycle helmet": 0.07}
        if season != "cold"
        else {"beanie": 0.75, "cap": 0.2, "brim": 0.05}
    )
    return Item(
        one_of(random, kinds),
        _plain(random, "bright" if random.random() < 0.35 else "outer"),
        1,
        float(random.random()),
    )


def _bag(random: np.random.Generator, sex: str, style: str) -> Item | None:
    kinds = {
        "none": 0.42,
        "backpack": 0.22,
        "shoulder": 0.15 if sex == "female" else 0.05,
        "cross": 0.11,
        "hand": 0.08,
        "carrier": 0.06,
    }
    kind = one_of(random, kinds)
    if kind == "none" or (kind == "backpack" and style in ("sari", "work")):
        return None
    colour = (
        cloth_colour(random, "bag")
        if kind != "carrier"
        else shade(random, one_of(random, {"white": 0.5, "pastel": 0.2, "beige": 0.2, "green": 0.1}))
    )
    cloth = Cloth(
        colour,
        contrasting(random, colour, "bag"),
        varied(random, scaled(colour, 0.6)),
        kind="leather" if kind in ("shoulder", "hand") else "sport",
    )
    if random.random() < 0.3:
        cloth = replace(cloth, pattern=Pattern.BLOCKS, period=float(random.uniform(-0.1, 0.1)), duty=0.01)
    return Item(kind, cloth, 1 if random.random() < 0.5 else -1, float(random.random()))


def _carried(random: np.random.Generator) -> Item | None:
    kind = one_of(random, {"none": 0.36, "umbrella": 0.14, "phone": 0.28, "bottle": 0.12, "suitcase": 0.10})
    if kind == "none":
        return None
    colour = (
        (0.06, 0.06, 0.07)
        if kind == "phone"
        else cloth_colour(random, "bright" if kind != "suitcase" else "bag")
    )
    return Item(
        kind,
        Cloth(colour, contrasting(random, colour), (0.3, 0.3, 0.3), kind="sport"),
        1 if random.random() < 0.5 else -1,
        float(random.random()),
    )


def _plain(random: np.random.Generator, worn_as: str) -> Cloth:
    return _cloth(random, cloth_colour(random, worn_as), worn_as)


def _cloth(random: np.random.Generator, colour: RGB, worn_as: str) -> Cloth:
    return Cloth(colour, contrasting(random, colour), contrasting(random, colour, "bright"))


def _checked(random: np.random.Generator) -> Cloth:
    cloth = _plain(random, "top")
    if random.random() < 0.45:
        return replace(
            cloth,
            pattern=Pattern.CHECK,
            period=float(random.choice([0.05, 0.08, 0.12])),
            duty=float(random.uniform(0.35, 0.6)),
        )
    if random.random() < 0.3:
        return replace(
            cloth,
            pattern=Pattern.STRIPES_ALONG,
            period=float(random.choice([0.025, 0.04, 0.07])),
            duty=float(random.uniform(0.15, 0.5)),
        )
    return cloth


def _patterned(random: np.random.Generator, worn_as: str) -> Cloth:
    """Cloth that is plain, striped, printed, ... as often as one sees it."""
    cloth = _plain(random, worn_as)
    pattern = one_of(
        random,
        {
            "plain": 0.6,
            "stripes": 0.12,
            "blotches": 0.06,
            "blocks": 0.06,
            "dots": 0.03,
            "knit": 0.06,
            "yoke": 0.03,
            "sides": 0.04,
        },
    )
    if pattern == "stripes":
        return replace(
            cloth,
            pattern=Pattern.STRIPES_ACROSS,
            period=float(random.choice([0.03, 0.05, 0.08, 0.14, 0.22])),
            duty=float(random.uniform(0.2, 0.6)),
            phase=float(random.random()),
        )
    if pattern == "blotches":
        return replace(
            cloth,
            pattern=Pattern.BLOTCHES,
            period=float(random.uniform(0.015, 0.06)),
            duty=float(random.uniform(0.2, 1.1)),
        )
    if pattern == "blocks":
        return replace(
            cloth,
            pattern=Pattern.BLOCKS,
            period=float(random.uniform(1.0, 1.26)),
            duty=float(random.choice([0.0, 0.03, 0.08])),
        )
    if pattern == "dots":
        return replace(
            cloth,
            pattern=Pattern.DOTS,
            period=float(random.uniform(0.03, 0.08)),
            duty=float(random.uniform(0.35, 0.7)),
        )
    if pattern == "yoke":
        return replace(cloth, panel=Panel.YOKE)
    if pattern == "sides":
        return replace(cloth, panel=Panel.SIDES)
    if pattern == "knit":
        cloth = replace(cloth, pattern=Pattern.KNIT, period=0.02, duty=float(random.uniform(0.3, 1.0)))
    if random.random() < 0.42:
        small = random.random() < 0.3
        width = float(random.uniform(0.06, 0.09)) if small else float(random.uniform(0.15, 0.30))
        place = (
            0.07 if small else 0.0,
            1.26 if small else float(random.uniform(1.14, 1.24)),
            width,
            width * float(random.uniform(0.5, 1.1)),
            int(random.choice([1, -1, 0], p=[0.6, 0.15, 0.25])),
        )
        return replace(cloth, print_number=int(random.integers(1, PRINTS + 1)), print_place=place)
    return cloth
