"""How fine-tuning steps.

Adam with warm-up and steps down, and the centres by a rate of their own (Bag of Tricks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .hardware import Hardware
from .losses import IdentityLosses
from .schedule import warmup_multi_step
from .state import match_layout


@dataclass(frozen=True, kw_only=True, slots=True)
class AdamConfig:
    """Adam with linear warm-up and steps down."""

    learning_rate: float = 3.5e-4
    """Peak, reached after warm-up."""
    weight_decay: float = 5e-4
    warmup_epochs: float = 10.0
    warmup_start: float = 0.01
    """Share of the peak that the warm-up begins with."""
    milestones: tuple[float, ...] = (40.0, 70.0)
    """Epochs after which the rate is multiplied by gamma."""
    gamma: float = 0.1

    def __post_init__(self) -> None:
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, not {self.learning_rate}")
        if self.warmup_epochs < 0 or not 0 <= self.warmup_start <= 1:
            raise ValueError("warmup_epochs must be at least 0 and warmup_start in [0, 1]")


class IdentityOptimizer:
    """One object that takes a loss and moves model and centres; it saves and restores as one."""

    def __init__(
        self,
        config: AdamConfig,
        model: torch.nn.Module,
        losses: IdentityLosses,
        hardware: Hardware,
        *,
        steps_per_epoch: int,
    ) -> None:
        self.config, self.steps_per_epoch = config, steps_per_epoch
        self.centres, self.centre_weight = losses.centres, losses.config.centre_weight
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.adam = torch.optim.Adam(trained, lr=config.learning_rate, weight_decay=config.weight_decay)
        self.sgd = torch.optim.SGD(losses.centres.parameters(), lr=losses.config.centre_learning_rate)
        self.scaler = hardware.scaler()

    def learning_rate_factor(self, step: int) -> float:
        """Share of the peak rate that `step` trains with."""
        return warmup_multi_step(
            step,
            steps_per_epoch=self.steps_per_epoch,
            warmup_epochs=self.config.warmup_epochs,
            start=self.config.warmup_start,
            milestones=self.config.milestones,
            gamma=self.config.gamma,
        )

    def step(self, step: int, loss: Tensor) -> None:
        """Go down the gradient of `loss`."""
        self.adam.param_groups[0]["lr"] = self.config.learning_rate * self.learning_rate_factor(step)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(self.adam)
        gradient = self.centres.weight.grad
        if gradient is not None and self.centre_weight > 0:
            # The centres move by their own rate, whatever the loss weighs for the network.
            self.scaler.unscale_(self.sgd)
            gradient.div_(self.centre_weight)
            self.scaler.step(self.sgd)
        self.scaler.update()
        self.adam.zero_grad(set_to_none=True)
        self.sgd.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Adam's moments, the centres' optimizer and the loss scale."""
        return {part: getattr(self, part).state_dict() for part in ("adam", "sgd", "scaler")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from `state_dict`."""
        for part in ("adam", "sgd", "scaler"):
            getattr(self, part).load_state_dict(state_dict[part])
        match_layout(self.adam)
