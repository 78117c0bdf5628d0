"""The folder of a run: settings, log, resume state, models."""

from .display import peak_memory_gb
from .folder import Resume, read_settings
from .means import Means
from .run import Run
from .saving import SavingConfig
from .state import copied, snapshot
from .stopping import Stopped
from .summary import announce, num_parameters
from .trackers import visible

__all__ = [
    "Means",
    "Resume",
    "Run",
    "SavingConfig",
    "Stopped",
    "announce",
    "copied",
    "num_parameters",
    "peak_memory_gb",
    "read_settings",
    "snapshot",
    "visible",
]
