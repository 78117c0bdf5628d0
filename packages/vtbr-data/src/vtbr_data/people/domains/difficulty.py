"""How hard the target domain is: one number, and the knobs that it turns.

0 is `easy`, 0.5 the `default`, 1 is `hard`; numbers between lie between, numbers up to `MOST` go on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...errors import InputError

NAMES = {"easy": 0.0, "default": 0.5, "hard": 1.0}
MOST = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Difficulty:
    """The knobs. Shares and chances are of all crops in [0, 1], spreads are standard deviations."""

    light: float
    """Spread of the exposure from one walk past a camera to the next, in natural logarithms."""

    white_balance: float
    """Spread of the red and blue gain from walk to walk, in natural logarithms."""

    cast: float
    """How far each camera's own colours, contrast and saturation are from the true ones; 1 as it is."""

    noise: float
    """Factor of each camera's noise."""

    blur: float
    """Factor of each camera's defocus; an eighth of it is the chance of motion blur."""

    far: float
    """Chance that a walk is far away: seen in fewer pixels and enlarged."""

    weather: float
    """Chance that a sequence is recorded in rain, snow or fog, at night, dawn or dusk."""

    occluded: float
    """Chance that something stands before the person: pole, bush, wall, rail, bicycle, car, passer-by."""

    company: float
    """Chance that others stand or walk around the person, one to three of them."""

    box: float
    """Chance of a detection error: cut at the feet, the head or a side, or far too large a box."""

    jitter: float
    """How far a good box is off; 1 is 3 % of its width, 1.2 % of its height and 13 % of its shape."""

    turn: float
    """Chance that a walk goes anywhere instead of along the street."""

    carried: float
    """Chance that the hands do something: phone, pocket, bottle, umbrella."""

    junk: float
    """Junk crops (identity -1) as a share of the gallery images of known people."""

    distractors: float
    """Distractors (identity 0: other people) as a share of the gallery images of known people."""


EASY = Difficulty(
    light=0.05, white_balance=0.01, cast=0.4, noise=0.5, blur=0.5, far=0.0, weather=0.0, occluded=0.0,
    company=0.0, box=0.0, jitter=0.5, turn=0.05, carried=0.05, junk=0.05, distractors=0.05,
)  # fmt: skip
HARD = Difficulty(
    light=0.5, white_balance=0.09, cast=1.6, noise=1.5, blur=1.5, far=0.5, weather=0.14, occluded=0.35,
    company=0.6, box=0.28, jitter=1.5, turn=0.6, carried=0.5, junk=0.15, distractors=0.25,
)  # fmt: skip


def knobs(number: float) -> Difficulty:
    """Return the knobs of a difficulty from 0 to `MOST`: on the line through `EASY` (0) and `HARD` (1).

    Chances stop at 0.9. Raises `InputError` for other numbers.

    >>> knobs(0) == EASY, knobs(1) == HARD, round(knobs(0.5).light, 3)
    (True, True, 0.275)
    """
    if not 0 <= number <= MOST:
        raise InputError(f"difficulty is {number:g}: use easy, default, hard or a number from 0 to {MOST:g}")
    chances = ("far", "weather", "occluded", "company", "box", "turn", "carried")
    turned = {}
    for knob in fields(Difficulty):
        easy, hard = float(getattr(EASY, knob.name)), float(getattr(HARD, knob.name))
        value = hard if number == 1 else easy + (hard - easy) * number
        turned[knob.name] = min(value, 0.9) if knob.name in chances else value
    return Difficulty(**turned)


def read_difficulty(text: str) -> float:
    """Read a name or a number as typed.

    >>> read_difficulty("hard"), read_difficulty("0.3")
    (1.0, 0.3)
    """
    try:
        number = NAMES[text] if text in NAMES else float(text)
    except ValueError:
        raise InputError(
            f"difficulty is {text!r}: use {', '.join(NAMES)} or a number from 0 to {MOST:g}"
        ) from None
    knobs(number)
    return number
