"""The parts of the page that are words and tables: the scores, and the rules behind them."""

from __future__ import annotations

from collections.abc import Sequence

from ..statistics import verdict
from .charts import interval_bar
from .markup import percent, scrolling, table
from .systems import HEADLINE, Estimate, System

LETTERS = "AB"
MEANING = {
    "rank-1": "searches whose first image is right",
    "rank-5": "searches with a right image among the first 5",
    "rank-10": "searches with a right image among the first 10",
    "mAP": "how high all right images stand, on average",
    "mINP": "how soon the last right image is found",
}
REASON = {
    "query_is_junk": "junk (identity -1)",
    "query_is_distractor": "a distractor (identity 0)",
    "identity_absent": "nobody of that identity is in the gallery",
    "same_camera_only": "only the query's own camera saw the person",
}


def scores(systems: Sequence[System], difference: dict[str, Estimate]) -> str:
    """Returns a card for each measure: value, interval and, of two systems, the paired difference."""
    cards = []
    for measure in HEADLINE:
        lines = "".join(_score(systems, i, system.headline[measure]) for i, system in enumerate(systems))
        if difference:
            lines += _verdict(difference[measure])
        cards.append(
            f'<li class="card score"><h3>{measure}</h3>{lines}<p class="soft">{MEANING[measure]}</p></li>'
        )
    return f'<ul class="cards">{"".join(cards)}</ul>'


def protocol(systems: Sequence[System]) -> str:
    """Returns what was scored under which rules."""
    first = systems[0].scores.to_json()
    said = {None: "none", True: "yes", False: "no"}
    rules = [
        (name, said[value] if value is None or isinstance(value, bool) else value)
        for name, value in first["protocol"].items()
    ]
    counts = [(name.replace("_", " "), f"{count:,}") for name, count in first["counts"].items()]
    dropped = [(REASON.get(name, name), f"{count:,}") for name, count in first["dropped"].items() if count]
    files = [
        (f"{LETTERS[i]}: {name}" if len(systems) > 1 else name, fingerprint)
        for i, (name, fingerprint) in enumerate(_inputs(systems))
    ]
    tables = [
        table("Rules of the score", ("rule", "value"), rules),
        table("What took part", ("what", "number"), counts),
        table("Files", ("name", "SHA-256"), files),
    ]
    if dropped:
        tables.insert(2, table("Queries that could not be scored", ("reason", "number"), dropped))
    return "".join(f'<div class="card">{scrolling("Table", one)}</div>' for one in tables)


def system_name(systems: Sequence[System], i: int) -> str:
    """Returns what a system is called in titles: nothing where there is one only."""
    return f"System {LETTERS[i]}" if len(systems) > 1 else ""


def summary(systems: Sequence[System]) -> str:
    """Returns the result in a sentence a system; searches that cannot be scored are not in its numbers."""
    sentences = []
    scored, every = (systems[0].scores.pairing.counts[key] for key in ("scored_queries", "queries"))
    counts_all = systems[0].scores.protocol.cmc_over == "all"
    of = "searches" if scored == every or counts_all else f"scored searches ({scored:,} of {every:,} queries)"
    for i, system in enumerate(systems):
        first, ten = (system.headline[measure].value for measure in ("rank-1", "rank-10"))
        who = f"{system_name(systems, i)} finds" if len(systems) > 1 else "It finds"
        sentences.append(
            f'<p class="lead">{who} the person at once in {100 * first:.0f} of 100 {of}, '
            f"among the first ten images in {100 * ten:.0f}.</p>"
        )
    return "".join(sentences)


def titled(title: str, systems: Sequence[System], i: int) -> str:
    """Returns a title that says which system it is about, where there are two."""
    return f"{title}, system {LETTERS[i]}" if len(systems) > 1 else title


def badge(systems: Sequence[System], i: int) -> str:
    """Returns the letter of a system; nothing where there is one only."""
    return f'<span class="who {LETTERS[i].lower()}">{LETTERS[i]}</span> ' if len(systems) > 1 else ""


def _inputs(systems: Sequence[System]) -> list[tuple[str, str]]:
    return [(system.scores.table.name, system.scores.table.fingerprint) for system in systems]


def _score(systems: Sequence[System], i: int, score: Estimate) -> str:
    interval = f'<span class="soft">{_ends(score)}</span>' if score.low is not None else ""
    return (
        f'<p class="value">{badge(systems, i)}<strong>{percent(score.value)}&nbsp;%</strong> {interval}</p>'
        + interval_bar(score.value, score.low, score.high, LETTERS[i].lower())
    )


def _verdict(change: Estimate) -> str:
    words = ""
    if change.p is not None:
        better = verdict(change.value, change.p)
        said = "no clear difference" if better == "none" else f"{better.upper()} is better"
        words = f"{said} (p&nbsp;{'&lt;&nbsp;0.001' if change.p < 0.001 else f'=&nbsp;{change.p:.3f}'})"
    return (
        f'<p class="change">B − A <strong>{percent(change.value, "+")}</strong> '
        f'<span class="soft">{_ends(change, "+")}</span><br>{words}</p>'
    )


def _ends(score: Estimate, sign: str = "") -> str:
    if score.low is None or score.high is None:
        return ""
    return f"{percent(score.low, sign)} to {percent(score.high, sign)}"
