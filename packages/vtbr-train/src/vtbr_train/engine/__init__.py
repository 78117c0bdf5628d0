"""How the hardware is driven."""

from .engine import EngineConfig, hardware_for, place_model, share, wrap
from .hardware import DeviceChoice, Hardware, PrecisionChoice
from .recomputation import statistics_kept
from .world import World, joined

__all__ = [
    "DeviceChoice",
    "EngineConfig",
    "Hardware",
    "PrecisionChoice",
    "World",
    "hardware_for",
    "joined",
    "place_model",
    "share",
    "statistics_kept",
    "wrap",
]
