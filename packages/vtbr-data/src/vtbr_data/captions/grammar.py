"""How the parts of a caption are put together: sentence patterns, by style and order.

A pattern is text with `{parts}`; what is in `[brackets]` is left out when its part is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from . import wording
from .wording import Attributes, Choose

ORDERS = ("person-first", "weather-first", "viewpoint-first")
"""Orders of the parts, after FineGPR-C: person, clothes, weather, viewpoint, extras; weather, person,
viewpoint, clothes, extras; weather, viewpoint, person, clothes, extras."""

STYLES = ("template", "orders", "grammar")
"""One sentence with one wording; the three orders with one wording; many orders in many wordings."""

_PLAIN = {
    "person-first": ("{person}[ wearing {clothes}][, {surroundings}][, {viewpoint}][, {extras}]",),
    "weather-first": ("[{surroundings}, ]{person}[, {viewpoint}][, wearing {clothes}][, {extras}]",),
    "viewpoint-first": ("[{surroundings}, ][{viewpoint}, ]{person}[ wearing {clothes}][, {extras}]",),
}
_RICH = {
    "person-first": (
        "{person}[ {wearing} {clothes}][, {surroundings}][, {viewpoint}][, {extras}]",
        "{show} {person}[ {wearing} {clothes}][, {surroundings}][, {viewpoint}][, {extras}]",
        "{person}[ {wearing} {clothes}][ {surroundings}][. {subject} is {viewpoint}][, {extras}]",
        "{person}[ {wearing} {clothes}][, {surroundings}][, {viewpoint}][. {subject} has {things}]",
        "{person}[ who {wears} {clothes}][, {surroundings}][, {viewpoint}][, {extras}]",
    ),
    "weather-first": (
        "[{surroundings}, ]{person}[, {viewpoint}][, {wearing} {clothes}][, {extras}]",
        "[{surroundings}, ]{show} {person}[, {viewpoint}][, {wearing} {clothes}][, {extras}]",
        "[{surroundings}, ]{person}[ {viewpoint}][. {subject} {wears} {clothes}][, {extras}]",
        "[{surroundings}, ]{person}[, {viewpoint}][, {wearing} {clothes}][. {subject} has {things}]",
    ),
    "viewpoint-first": (
        "[{surroundings}, ][{viewpoint}, ]{person}[ {wearing} {clothes}][, {extras}]",
        "[{surroundings}, ][{viewpoint}, ]{show} {person}[ {wearing} {clothes}][, {extras}]",
        "[{surroundings}, ][{viewpoint}, ]{person}[. {subject} {wears} {clothes}][, {extras}]",
    ),
    "other": (
        "{person}[ {viewpoint}][, {wearing} {clothes}][, {extras}][, {surroundings}]",
        "{person}[ with {things}][, {wearing} {clothes}][, {viewpoint}][, {surroundings}]",
        "[{clothes} worn by ]{person}[, {viewpoint}][, {extras}][, {surroundings}]",
        "[{clothes} on ]{person}[, {extras}][, {surroundings}][, {viewpoint}]",
        "[{viewpoint}, ]{person}[ {wearing} {clothes}][, {extras}][, {surroundings}]",
        "[{viewpoint}, ]{person}[, {extras}][, {surroundings}][. {subject} {wears} {clothes}]",
        "[{surroundings}, ][{clothes} worn by ]{person}[, {extras}][, {viewpoint}]",
        "{person}[, {extras}][, {viewpoint}][, {wearing} {clothes}][, {surroundings}]",
        "{show} {person}[ {surroundings}][, {viewpoint}][. {subject} {wears} {clothes}][, {extras}]",
        "[with {things}, ]{person}[ {wearing} {clothes}][, {viewpoint}][, {surroundings}]",
    ),
}
_WORDS = {
    "wearing": ("wearing", "in", "dressed in", "clad in"),
    "wears": ("wears", "is wearing", "is dressed in", "has on"),
    "show": ("there is", "here is", "this is", "the picture shows", "one sees"),
}
_PARTS: Mapping[str, Callable[[Attributes, Choose], str]] = {
    "person": wording.person,
    "clothes": wording.clothes,
    "surroundings": wording.surroundings,
    "viewpoint": wording.viewpoint,
    "extras": wording.extras,
    "things": wording.things,
    "subject": wording.subject,
}
_SEGMENT = re.compile(r"\[([^\]]*)\]|([^\[]+)")
_PART = re.compile(r"\{(\w+)\}")


def sentence(attributes: Attributes, choose: Choose, *, style: str, order: str) -> str:
    """Return one caption in lower case that names the known attributes; `order` is one of `ORDERS` or `any`.

    `any` is person-first in the style `template`, any of `ORDERS` in `orders`, and further orders in
    `grammar`.
    """
    if style == "grammar":
        pattern = choose(_RICH[choose((*ORDERS, "other")) if order == "any" else order])
        return _filled(pattern, attributes, choose)
    if order == "any":
        order = ORDERS[0] if style == "template" else choose(ORDERS)
    return _filled(_PLAIN[order][0], attributes, _plainest)


def _plainest(options: Sequence[str]) -> str:
    return options[0]


def _filled(pattern: str, attributes: Attributes, choose: Choose) -> str:
    said = []
    for is_optional, text, names in _segments(pattern):
        parts = {name: _part(name, attributes, choose) for name in names}
        # An optional part is kept only if one of its attributes is known: verbs and subjects alone say nothing.
        if not is_optional or all(parts.values()):
            said.append(text.format_map(parts))
    return "".join(said)


def _part(name: str, attributes: Attributes, choose: Choose) -> str:
    return choose(_WORDS[name]) if name in _WORDS else _PARTS[name](attributes, choose)


@lru_cache
def _segments(pattern: str) -> list[tuple[bool, str, list[str]]]:
    found = []
    for match in _SEGMENT.finditer(pattern):
        text = match[1] if match[1] is not None else match[2]
        found.append((match[1] is not None, text, _PART.findall(text)))
    return found
