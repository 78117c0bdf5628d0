"""The settings of fine-tuning; the defaults are the strong baseline of Luo et al., "Bag of Tricks" (CVPRW 2019)."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from ..engine import DeviceChoice, EngineConfig, PrecisionChoice
from ..optimizer import OptimizerConfig, ScheduleConfig
from ..run import SavingConfig
from ..settings import AtLeast0, AtLeast1, Settings
from .identity_data import IdentityDataConfig
from .joint import JointConfig
from .losses import IdentityLossConfig


def _published_schedule() -> ScheduleConfig:
    return ScheduleConfig(name="multi-step", warmup=10, warmup_start=0.01, milestones=(40.0, 70.0))


class FinetuneConfig(Settings, frozen=True, kw_only=True):
    """Everything about a fine-tuning run; the defaults are the published strong baseline."""

    epochs: AtLeast1 = 120
    """An epoch is as many batches as hold each training image once."""
    backbone: str | None = None
    """Null takes that of --init (resnet50 from scratch)."""
    last_stride: Literal[1, 2] = 1
    pooling: Literal[
        "average", "max", "gem", "avgmax", "avgmax-concat", "stripes", "stripes-8", "stripes-soft"
    ] = "average"
    """`avgmax` adds average and maximum, `avgmax-concat` puts them side by side; `stripes` takes the averages of
    four horizontal stripes, `stripes-8` of eight, `stripes-soft` of eight that share
    a fifth with a neighbour."""
    reduction: AtLeast1 | None = None
    """Width that the pooled feature is mapped to; null: as it is."""
    feature: Literal["neck", "before"] = "neck"
    """Which feature the trained model gives: after the neck, or before it."""
    frozen_epochs: AtLeast0 = 0
    """The backbone stays as it came for the first epochs."""
    seed: AtLeast0 = 0
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"
    protocol: str = "market1501"
    """How test sets are scored: a name of `vtbr-eval protocols`."""
    log_every: AtLeast1 = 20
    validate_every_epochs: AtLeast1 = 10
    """Scores the test sets, and saves."""
    data: IdentityDataConfig = field(default_factory=IdentityDataConfig)
    loss: IdentityLossConfig = field(default_factory=IdentityLossConfig)
    joint: JointConfig = field(default_factory=JointConfig)
    """What is learnt from --captions; without that, nothing."""
    optimizer: OptimizerConfig = field(
        default_factory=lambda: OptimizerConfig(name="adam", learning_rate=3.5e-4, weight_decay=5e-4)
    )
    schedule: ScheduleConfig = field(default_factory=_published_schedule)
    """Counts in epochs."""
    engine: EngineConfig = field(default_factory=EngineConfig)
    saving: SavingConfig = field(default_factory=SavingConfig)

    def __post_init__(self) -> None:
        if self.schedule.warmup > self.epochs:
            raise ValueError(
                f"schedule.warmup = {self.schedule.warmup:g} is longer than the run (epochs = {self.epochs}): the "
                "peak rate would never be reached"
            )
        if self.frozen_epochs > self.epochs:
            raise ValueError(f"frozen_epochs must be in [0, {self.epochs}], not {self.frozen_epochs}")
