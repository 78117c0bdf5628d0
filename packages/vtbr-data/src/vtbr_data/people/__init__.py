"""People in three dimensions: bodies, clothes, the world around them, the cameras that see them.

`figure` is where the halves meet: `body` and `clothes` make a posed, dressed person; `world` makes places,
light and things, `camera` renders them; `domains` says what a picture of each domain shows, `files` writes it.

>>> sorted(__all__)[:5]
['Dressed', 'Figure', 'INGREDIENTS', 'Part', 'Person']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from .body.stances import Stance as Stance
    from .domains.difficulty import read_difficulty as read_difficulty
    from .dressing import Dressed as Dressed
    from .dressing import dress as dress
    from .figure import SEEN_ON as SEEN_ON
    from .figure import Figure as Figure
    from .figure import Part as Part
    from .files import render as render
    from .ingredients import INGREDIENTS as INGREDIENTS
    from .person import Person as Person
    from .person import sample_person as sample_person
    from .posing import pose as pose
    from .posing import sample_stance as sample_stance
    from .sizes import SIZES as SIZES

_HOMES = {
    "Dressed": "dressing",
    "Figure": "figure",
    "INGREDIENTS": "ingredients",
    "Part": "figure",
    "Person": "person",
    "SEEN_ON": "figure",
    "SIZES": "sizes",
    "Stance": "body.stances",
    "dress": "dressing",
    "pose": "posing",
    "read_difficulty": "domains.difficulty",
    "render": "files",
    "sample_person": "person",
    "sample_stance": "posing",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Load a public name with its module, so that `--help` need not load numba."""
    if name in _HOMES:
        try:
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        except ModuleNotFoundError as error:
            if error.name != "numba":
                raise
            raise InputError("rendering people needs numba: pip install 'vtbr-data[people]'") from error
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
