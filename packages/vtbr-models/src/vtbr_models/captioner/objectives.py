"""What a model learns from: the objectives of VirTex's ablations, and those that tell people apart.

A description names one or several, each with its weight and settings:
`{"bicaptioning": {"weight": 1.0}, "contrastive": {"weight": 0.5, "width": 256}}`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..errors import InputError
from .attributes import AttributeVocabulary

if TYPE_CHECKING:
    from .textual import Reader

Part = Literal["tokens", "attributes", "identities"]
"""What a batch may hold besides images."""

Settings = dict[str, Any]


class Objective(NamedTuple):
    """One thing to learn."""

    about: str
    losses: tuple[str, ...]
    """Names in what `Captioner.forward` returns; the objective's is their sum."""
    needs: Part
    readers: tuple[Reader, ...] = ()
    """Of the textual head."""
    setting: str | None = None
    """The one it has besides its weight."""
    default: int | None = None
    """Of that; None where it must be said."""


OBJECTIVES: dict[str, Objective] = {
    "bicaptioning": Objective(
        "write the caption in both directions", ("forward_loss", "backward_loss"), "tokens",
        ("forward", "backward"),
    ),
    "captioning": Objective("write the caption", ("forward_loss",), "tokens", ("forward",)),
    "masked_lm": Objective("fill gaps in the caption", ("masked_lm_loss",), "tokens", ("masked",)),
    "token_classification": Objective(
        "name the caption's words", ("token_classification_loss",), "tokens", setting="vocabulary_size"
    ),
    "attribute_classification": Objective(
        "name the attributes", ("attribute_classification_loss",), "attributes", setting="vocabulary"
    ),
    "identity_classification": Objective(
        "name the person", ("identity_classification_loss",), "identities", setting="num_classes"
    ),
    "contrastive": Objective(
        "tell which caption is which image's", ("contrastive_loss",), "tokens", ("encoder",), "width", 256
    ),
}  # fmt: skip
"""In the order in which losses are summed."""

DEFAULT: dict[str, Settings] = {"bicaptioning": {"weight": 1.0}}
"""Where a description says nothing: VTBR's."""


def read_objectives(value: object) -> dict[str, Settings]:
    """Return objectives and all their settings, in the order of `OBJECTIVES`, from a description.

    Raises InputError for an unknown one, for settings that are missing, unknown or out of limits, and
    for captioning beside bicaptioning, which includes it.

    >>> read_objectives({"contrastive": {}, "captioning": {"weight": 2}})
    {'captioning': {'weight': 2.0}, 'contrastive': {'weight': 1.0, 'width': 256}}
    """
    where = "architecture.objectives"
    if not isinstance(value, Mapping) or not value:
        raise InputError(f"{where} must be an object with at least one of {', '.join(OBJECTIVES)}")
    unknown = [name for name in value if name not in OBJECTIVES]
    if unknown:
        raise InputError(f"{where} has the unknown {unknown[0]!r}: known are {', '.join(OBJECTIVES)}")
    if {"captioning", "bicaptioning"} <= value.keys():
        raise InputError(f"{where}: bicaptioning includes captioning: leave one out")
    return {name: _settings(name, value[name], f"{where}.{name}") for name in OBJECTIVES if name in value}


def _settings(name: str, value: object, where: str) -> Settings:
    own = OBJECTIVES[name].setting
    known = ("weight",) if own is None else ("weight", own)
    if not isinstance(value, Mapping):
        raise InputError(f"{where} must be an object, not {value!r}")
    unknown = sorted(value.keys() - set(known))
    if unknown:
        raise InputError(f"{where} has the unknown key {unknown[0]!r}: known are {', '.join(known)}")
    weight = value.get("weight", 1.0)
    if not isinstance(weight, int | float) or not 0 < weight < math.inf:
        raise InputError(f"{where}.weight must be a number above 0, not {weight!r}")
    if own is None:
        return {"weight": float(weight)}
    return {"weight": float(weight), own: _own_setting(own, value.get(own, OBJECTIVES[name].default), where)}


def _own_setting(own: str, value: Any, where: str) -> Any:
    if value is None:
        raise InputError(f"{where} has no {own}: say it")
    if own == "vocabulary":
        return AttributeVocabulary(value).to_metadata()
    if type(value) is not int or value < 1:
        raise InputError(f"{where}.{own} must be a whole number above 0, not {value!r}")
    return value
