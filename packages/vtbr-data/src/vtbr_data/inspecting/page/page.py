"""The page: what is counted, what the pictures look like, and some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...manifest import Manifest, Row
from ..statistics import manifest_statistics
from .histogram import histogram
from .markup import bars, escape, facts, note, section, strip
from .pictures_seen import Seen, look
from .sheets import Sheet, by_camera, by_identity

_WORDS = 20
_PEOPLE, _CAMERAS, _IMAGES = 12, 12, 10  # on the contact sheets


def make_page(
    manifest: Manifest,
    *,
    pictures: int = 2000,
    seed: int = 0,
    workers: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> str:
    """Return the page as text; sizes and brightness come from at most `pictures` images, evenly spaced.

    Pictures that cannot be read are counted and shown as such.
    """
    rows = manifest.rows
    sheets = [
        ("People", by_identity(rows, _PEOPLE, _IMAGES, seed)),
        ("Cameras", by_camera(rows, _CAMERAS, _IMAGES, seed)),
    ]
    shown = {place for _, sheet in sheets for _, places in sheet for place in places}
    step = max(1, -(-len(rows) // pictures))
    places = sorted(shown | set(range(0, len(rows), step)))
    wanted = [number for number, place in enumerate(places) if place in shown]
    paths = [manifest.root / rows[place].path for place in places]
    seen = look(paths, thumbnails=wanted, workers=workers, report=report)
    by_place = dict(zip(places, seen, strict=True))
    measured = [by_place[place] for place in range(0, len(rows), step)]
    counted = manifest_statistics(manifest)
    body = "".join(
        [
            _counts(counted),
            _sizes(measured, len(rows)),
            _words(counted["captions"], rows),
            section("Attributes", _attributes(counted["attributes"])),
            *(section(title, _strips(rows, sheet, by_place, title)) for title, sheet in sheets),
        ]
    )
    style = (files("vtbr_data.inspecting.page") / "style.css").read_text(encoding="utf-8")
    name = escape(Path(manifest.name).name)  # the page may be handed on: no folders of this machine
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{name}</title><style>{style}</style>\n"
        f"<body><h1>{name}</h1>{note(f'SHA-256 {manifest.fingerprint}')}{body}</body></html>\n"
    )


def _counts(counted: dict[str, Any]) -> str:
    captions = counted["captions"]
    numbers = [
        ("images", f"{counted['images']:,}"),
        ("identities", f"{counted['identities']:,}"),
        ("cameras", f"{counted['cameras']:,}"),
        ("captions", f"{captions['number']:,}"),
    ]
    a_person = [int(images) for images, people in counted["images_a_person"].items() for _ in range(people)]
    splits = {split: number["images"] for split, number in counted["splits"].items()}
    charts = (
        bars("Images of each split", splits),
        bars("Images of each camera", counted["images_a_camera"]),
        histogram("Images of each person", a_person, "images"),
    )
    return section("What there is", facts(numbers), _grid(charts))


def _sizes(seen: Sequence[Seen], images: int) -> str:
    read = [one for one in seen if one.is_readable]
    said = f"Measured on {len(read):,} of {images:,} pictures"
    if len(read) < len(seen):
        said += f"; {len(seen) - len(read):,} could not be read: look with vtbr-data check"
    charts = (
        histogram("Height", [one.height for one in read], "pixels"),
        histogram("Width", [one.width for one in read], "pixels"),
        histogram("Height / width", [one.height / one.width for one in read], "times"),
        histogram("Brightness", [one.brightness for one in read], "mean luma", low=0, high=255),
    )
    return section("What pictures look like", note(said + "."), _grid(charts))


def _words(captions: dict[str, Any], rows: Sequence[Row]) -> str:
    if not captions["number"]:
        return ""
    varied, words = captions["diversity"], captions["words"]
    lengths = [int(length) for length, number in varied["lengths"].items() for _ in range(number)]
    distinct = ", ".join(f"{100 * varied[f'distinct-{n}']:.2f} % of runs of {n}" for n in (1, 2, 3, 4))
    said = (
        f"{captions['different']:,} of {captions['number']:,} captions are different; "
        f"{captions['images_without']:,} images have none. {words['different']:,} different words. "
        f"Different among {varied['looked_at']:,} captions: {distinct} words."
    )
    examples = [row.captions[0] for row in rows if row.captions]
    listed = "".join(f"<li>{escape(text)}" for text in examples[:: max(1, len(examples) // 8)][:8])
    charts = (
        histogram("Length of captions", lengths, "words"),
        bars("Frequent words", dict(list(varied["frequent"].items())[:_WORDS]), most=_WORDS),
    )
    return section("Captions", note(said), _grid(charts), f"<h3>Some of them</h3><ul>{listed}</ul>")


def _attributes(attributes: dict[str, dict[str, int]]) -> str:
    return _grid([bars(name, values, most=12) for name, values in attributes.items()]) if attributes else ""


def _strips(rows: Sequence[Row], sheet: Sheet, seen: dict[int, Seen], title: str) -> str:
    def label(row: Row) -> str:
        if title == "People":
            return f"camera {row.camera}, {row.split}"
        return f"identity {row.identity}, {row.split}"

    return "".join(
        strip(name, [(seen[place].thumbnail, label(rows[place])) for place in places])
        for name, places in sheet
    )


def _grid(parts: Sequence[str]) -> str:
    return f"<div class=grid>{''.join(f'<div>{part}</div>' for part in parts if part)}</div>"
