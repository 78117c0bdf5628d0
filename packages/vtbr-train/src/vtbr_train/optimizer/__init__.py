"""How weights move: optimizer, schedule, averages."""

from .optimizer import Optimizer, OptimizerConfig
from .schedule import FOLLOWS_LENGTH, ScheduleConfig, learning_rate_factor

__all__ = ["FOLLOWS_LENGTH", "Optimizer", "OptimizerConfig", "ScheduleConfig", "learning_rate_factor"]
