"""Put the page together: one file, with its style, script, pictures and data inside."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import quote

from ..features import FeatureTable
from ..progress import Progress
from ..protocol import Protocol
from . import figures, sections
from .markup import escape, script_json
from .searches import searches_data, threshold_range, thumbnails_for
from .systems import System, measure_systems
from .thumbnails import Thumbnails

TOP = 10
"""Images listed for each search."""
SCRIPTS = ("page.js", "list.js", "tools.js")
PICTURE_BYTES = 11_000_000
"""Of thumbnails: a page about two systems and Market-1501's 3,368 queries then stays under 15 MB."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The page, and what people should be told about it."""

    html: str
    notes: list[str]
    queries: int = 0
    dropped: int = 0
    """Queries without a correct match in the gallery."""


def make_report(
    tables: Sequence[FeatureTable],
    protocol: Protocol | None = None,
    *,
    root: Path | None = None,
    pictures: Path | None = None,
    page_folder: Path | None = None,
    top: int = TOP,
    picture_bytes: int = PICTURE_BYTES,
    bootstrap: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Returns a page about one system, or about two that describe the same images.

    `root` is the folder from which paths start; without it images are called by name. Thumbnails
    use up to `picture_bytes` of the page, or are written into the new folder `pictures`, which the page, to be
    kept in `page_folder`, then looks for. Raises `InputError` when nothing can be scored, when the two differ in
    their images, and when thumbnails are asked for but cannot be made.

    >>> table = FeatureTable.of(
    ...     [[1, 0], [2, 0.1], [0, 1]], identity=[1, 1, 2], camera=[1, 2, 2], split=[0, 1, 1])
    >>> make_report([table]).html[:15]
    '<!DOCTYPE html>'
    """
    systems, difference = measure_systems(
        list(tables), protocol or Protocol(), top=top, bootstrap=bootstrap, seed=seed, progress=progress
    )
    thumbnails = Thumbnails() if root is None else thumbnails_for(systems, root, picture_bytes, pictures)
    if pictures is not None:
        thumbnails.folder = _from(page_folder or Path(), pictures)
    notes = [*systems[0].scores.warnings, *_notes(thumbnails)]
    script = "\n".join(map(_resource, SCRIPTS))
    first, last = threshold_range(systems)
    html = Template(_resource("page.html")).substitute(
        style=_resource("page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=script_json(searches_data(systems, thumbnails)),
        title=" and ".join(escape(Path(table.name).name) for table in tables),
        systems=_systems(systems),
        summary=sections.summary(systems),
        count="two" if len(systems) > 1 else "one",
        scores=sections.scores(systems, difference),
        figures="".join(
            draw(systems)
            for draw in (figures.cmc, figures.average_precision, figures.distances, figures.cameras)
        ),
        protocol=sections.protocol(systems),
        notes="".join(f'<p class="note">{escape(note)}</p>' for note in notes),
        top=top,
        cut_low=first,
        cut_high=last,
        other_pictures=" 'self' file:" if pictures is not None else "",
    )
    pairing = systems[0].scores.pairing
    return Report(html=html, notes=notes, queries=pairing.counts["queries"], dropped=len(pairing.dropped))


def _notes(thumbnails: Thumbnails) -> list[str]:
    notes = []
    if thumbnails.unreadable:
        notes.append(
            f"{len(thumbnails.unreadable):,} images could not be read under the root and are shown by name, "
            f"the first is {thumbnails.unreadable[0]}"
        )
    if thumbnails.is_full:
        notes.append(
            f"{len(thumbnails.picture):,} pictures fill the budget for pictures: "
            "the other images are shown by name"
        )
    return notes


def _systems(systems: Sequence[System]) -> str:
    rules = systems[0].scores.protocol
    counts = systems[0].scores.pairing.counts
    names = "".join(
        f'<p class="file">{sections.badge(systems, i)}'
        f'<span class="name">{escape(system.scores.table.name)}</span></p>'
        for i, system in enumerate(systems)
    )
    dropped = counts["queries"] - counts["scored_queries"]
    fate = "count as 0" if rules.cmc_over == "all" else "cannot be scored"
    left_out = f" ({dropped:,} of {counts['queries']:,} queries {fate})" if dropped else ""
    moved = ", re-ranked" * bool(rules.rerank) + ", expanded" * bool(rules.expansion)
    return (
        f'{names}<p class="soft">{_count(counts["scored_queries"], "search", "searches")}{left_out} for '
        f"{_count(counts['identities'], 'person', 'people')} among "
        f"{_count(counts['gallery'] - counts['junk'], 'image', 'images')} · "
        f"protocol {rules.name}, {rules.distance} distance{moved}</p>"
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _from(page_folder: Path, pictures: Path) -> str:
    """Returns where the pictures are, as a page in `page_folder` names them."""
    return quote(os.path.relpath(pictures.absolute(), page_folder.absolute()).replace(os.sep, "/"))


def _resource(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
