"""How weights move: optimizer, schedule, averages."""

from .optimizer import Optimizer, OptimizerConfig
from .schedule import ScheduleConfig

__all__ = ["Optimizer", "OptimizerConfig", "ScheduleConfig"]
