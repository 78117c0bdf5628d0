"""What may be said: each sentence follows from a verdict and bears its interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .analysis import Difference, set_of
from .enough import Enough

AFTER = {
    "few": "With few identities",
    "frozen": "With a frozen backbone",
    "zero-shot": "Without fine-tuning",
    "viper": "On VIPeR",
    "viper-frozen": "On VIPeR with a frozen backbone",
    "viper-zero-shot": "On VIPeR without fine-tuning",
}
CLAIMS = {
    "labels": (1 / 1.4, "1.4 times fewer images, a share of 71 %"),
    "imagenet": (1.0, "1.4 times fewer images than ImageNet's 1.28 million"),
}
"""Largest share of our images that agrees with the claim, by what captions are held against: all of our images are
a twentieth of ImageNet's."""
HOW = {"wins": "is ahead of", "loses": "is behind", "undecided": "cannot be told from"}


def after(transfer: str) -> str:
    """Return how a sentence about a transfer begins.

    >>> after("few"), after("market-zero-shot")
    ('With few identities', 'On market without fine-tuning')
    """
    name = set_of(transfer)
    mode = {"-zero-shot": " without fine-tuning", "-frozen": " with a frozen backbone"}
    return AFTER.get(transfer, f"On {name}{mode.get(transfer.removeprefix(name), '')}")


def points(fraction: float) -> str:
    """Return a difference of fractions as points with its sign.

    >>> points(0.1234), points(-0.05)
    ('+12.3', '-5.0')
    """
    return f"{100 * fraction:+.1f}"


def percent(fraction: float) -> str:
    """Returns a fraction as per cent."""
    return f"{100 * fraction:.1f}"


def interval(ends: Sequence[float]) -> str:
    """Return the interval of a difference, in points."""
    return f"[{', '.join(points(end) for end in ends)}]"


def p_value(p: float | None) -> str:
    """Return p with the digits that are known."""
    if p is None:
        return "n/a"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def figures(one: Difference) -> str:
    """Return the numbers of a difference in brackets' order: points, interval, runs, p over runs."""
    runs = len(one.by_run)
    same = sum(run > 0 for run in one.by_run)
    is_doubted = one.verdict != "undecided" and one.p_seeds is not None and one.p_seeds >= 0.05
    return (
        f"{points(one.mean)} points of mAP {interval(one.interval)}, positive in {same} of {runs} "
        f"run{'s' if runs != 1 else ''}, p over runs {p_value(one.p_seeds)}"
        f"{', which alone would not decide it' if is_doubted else ''}"
    )


def cell(one: Difference | None) -> str:
    """Return a difference in a table: points, interval, verdict; empty where it was not run."""
    if one is None:
        return ""
    said = {"wins": "ahead", "loses": "behind", "undecided": "undecided"}[one.verdict]
    return f"{points(one.mean)} {interval(one.interval)} {said}"


def compared(one: Difference) -> str:
    """Return one sentence about two arms."""
    return f"{after(one.transfer)}, {one.a} {HOW[one.verdict]} {one.b}: {figures(one)}."


def share(number: float | None, least: float) -> str:
    """Return a share of the images, as far as it was looked for.

    >>> share(0.25, 0.25), share(0.4, 0.25), share(None, 0.25)
    ('at most 25 %', '40 %', 'more than 100 %')
    """
    if number is None:
        return "more than 100 %"
    return f"at most {100 * least:.0f} %" if number <= least else f"{100 * number:.0f} %"


def enough(one: Enough) -> str:
    """Return how few captioned images do as well as all images with labels."""
    low, high = (share(end, one.least) for end in one.interval)
    spread = f"{low} to {high}" if low != high else f"{low} throughout"
    found = share(one.share, one.least)
    whole = (
        "ImageNet's weights" if one.baseline == "imagenet" else f"{one.baseline} pretraining on all images"
    )
    if one.share is None:
        said = f"captions do not reach {whole} with the images there are"
    else:
        said = f"captions equal {whole} with {found} of the images"
    claimed, words = CLAIMS.get(one.baseline, CLAIMS["labels"])
    claim = {
        True: f"The published claim ({words}) is within what these runs support",
        False: f"The published claim ({words}) is not supported by these runs",
        None: f"These runs do not decide the published claim ({words})",
    }[supports(one, claimed)]
    return f"{after(one.transfer)}, {said} (95 % interval over people: {spread}). {claim}."


def supports(one: Enough, claimed: float) -> bool | None:
    """Return whether the whole interval lies at or below the claimed share, above it, or on both sides
    (None).
    """
    low, high = one.interval
    if high is not None and high <= claimed:
        return True
    if low is None or low > claimed:
        return False
    return None


def without_help(family: Iterable[Difference]) -> list[str]:
    """Return a sentence for each arm that gains nothing certain over scratch."""
    return [compared(one) for one in family if one.verdict != "wins"]


def summary(family: Sequence[Difference]) -> str:
    """Return how many of a family win, lose, are undecided."""
    counts = {verdict: [one.a for one in family if one.verdict == verdict] for verdict in HOW}
    parts = []
    for verdict, said in (("wins", "ahead"), ("loses", "behind"), ("undecided", "undecided")):
        if counts[verdict]:
            parts.append(f"{said}: {', '.join(counts[verdict])}")
    return "; ".join(parts)
