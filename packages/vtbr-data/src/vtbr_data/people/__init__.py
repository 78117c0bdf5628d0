"""People in three dimensions: bodies, clothes, the world around them, the cameras that see them.

>>> sorted(__all__)
['Dressed', 'Figure', 'Part', 'Person', 'SEEN_ON', 'Stance', 'dress', 'pose', 'sample_person', 'sample_stance']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .body.stances import Stance as Stance
    from .dressing import Dressed as Dressed
    from .dressing import dress as dress
    from .figure import SEEN_ON as SEEN_ON
    from .figure import Figure as Figure
    from .figure import Part as Part
    from .person import Person as Person
    from .person import sample_person as sample_person
    from .posing import pose as pose
    from .posing import sample_stance as sample_stance

_HOMES = {
    "Dressed": "dressing",
    "Figure": "figure",
    "Part": "figure",
    "Person": "person",
    "SEEN_ON": "figure",
    "Stance": "body.stances",
    "dress": "dressing",
    "pose": "posing",
    "sample_person": "person",
    "sample_stance": "posing",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Load a public name with its module, so that `--help` need not load numba."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
