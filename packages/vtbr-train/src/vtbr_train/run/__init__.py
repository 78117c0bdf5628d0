"""The folder of a run: settings, log, resume state, models."""

from .display import Display, peak_memory_gb
from .folder import Resume, read_settings
from .means import Means
from .run import Run, step_seed
from .saving import SavingConfig
from .state import copied, snapshot
from .stopping import Stopped
from .summary import announce, num_parameters
from .trackers import visible

__all__ = [
    "Display",
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
    "step_seed",
    "visible",
]
