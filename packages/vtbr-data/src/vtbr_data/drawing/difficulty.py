"""How hard the target domain is: one number, and the knobs that it turns.

0 is `easy`, 0.15 the `default`, 1 is `hard`; numbers between lie between, numbers up to `MOST` go on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..errors import InputError

NAMES = {"easy": 0.0, "default": 0.15, "hard": 1.0}
MOST = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Difficulty:
    """The knobs. Shares and chances are of all crops in [0, 1], spreads are standard deviations."""

    light: float
    """Spread of the exposure, from one walk past a camera to the next, in natural logarithms."""

    white_balance: float
    """Spread of the red and blue gain from walk to walk, in natural logarithms."""

    cast: float
    """How far each camera's own colours are from the true ones; 1 is the cameras as listed."""

    noise: float
    """Factor of each camera's noise."""

    blur: float
    """Exponent of each camera's share of resolved pixels; a tenth of it is the chance of motion blur."""

    far: float
    """Chance that a walk is far away: seen in fewer pixels and enlarged."""

    occluded: float
    """Chance that something stands before the person: pole, bush, wall, rail, bicycle, car, passer-by."""

    company: float
    """Chance that others stand or walk behind the person, one to three of them."""

    box: float
    """Chance of a detection error: cut at the feet, the head or a side, or far too large a box."""

    jitter: float
    """How far a good box is off; 1 is 4 % of its width, 1.6 % of its height and 7 % of its shape."""

    turn: float
    """Chance that a walk is seen from anywhere instead of the camera's usual directions."""

    carried: float
    """Chance that the free arm follows a habit on a walk; a quarter of it that an umbrella is up."""

    junk: float
    """Junk crops (identity -1) as a share of the gallery images of known people."""

    distractors: float
    """Distractors (identity 0: other people) as a share of the gallery images of known people."""


EASY = Difficulty(
    light=0.04, white_balance=0.01, cast=0.5, noise=0.6, blur=0.6, far=0.0, occluded=0.0, company=0.0,
    box=0.0, jitter=0.6, turn=0.0, carried=0.0, junk=0.05, distractors=0.05,
)  # fmt: skip
HARD = Difficulty(
    light=0.32, white_balance=0.11, cast=1.3, noise=1.3, blur=1.4, far=0.6, occluded=0.5, company=0.5,
    box=0.4, jitter=1.4, turn=0.5, carried=0.4, junk=0.15, distractors=0.25,
)  # fmt: skip


def knobs(number: float) -> Difficulty:
    """The knobs of a difficulty from 0 to `MOST`: on the line through `EASY` (0) and `HARD` (1).

    Chances stop at 0.9. Raises `InputError` for other numbers.

    >>> knobs(0) == EASY, knobs(1) == HARD, round(knobs(0.5).light, 3)
    (True, True, 0.18)
    """
    if not 0 <= number <= MOST:
        raise InputError(f"difficulty is {number:g}: use easy, default, hard or a number from 0 to {MOST:g}")
    chances = ("far", "occluded", "company", "box", "turn", "carried")
    turned = {}
    for knob in fields(Difficulty):
        easy, hard = float(getattr(EASY, knob.name)), float(getattr(HARD, knob.name))
        value = hard if number == 1 else easy + (hard - easy) * number
        turned[knob.name] = min(value, 0.9) if knob.name in chances else value
    return Difficulty(**turned)


def read_difficulty(text: str) -> float:
    """A name or a number as typed.

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
