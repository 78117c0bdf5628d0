"""How fine-tuning steps: the network as configured, the centres by a rate of their own (Bag of Tricks)."""

from __future__ import annotations

from typing import Any

import torch

from ..optimizer import Optimizer
from .losses import IdentityLosses


class IdentityOptimizer(Optimizer):
    """Moves model and centres; it saves and restores as one."""

    def __init__(self, *arguments: Any, losses: IdentityLosses, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.centres, self.centre_weight = losses.centres, losses.config.centre_weight
        self.sgd = torch.optim.SGD(losses.centres.parameters(), lr=losses.config.centre_learning_rate)

    def state_dict(self) -> dict[str, Any]:
        """Return moments, loss scale, averages, and the centres' optimizer."""
        return {**super().state_dict(), "sgd": self.sgd.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from `state_dict`."""
        super().load_state_dict(state_dict)
        self.sgd.load_state_dict(state_dict["sgd"])

    def _move(self) -> None:
        super()._move()
        gradient = self.centres.weight.grad
        if gradient is not None and self.centre_weight > 0:
            # The centres move by their own rate, whatever the loss weighs for the network.
            self.scaler.unscale_(self.sgd)
            gradient.div_(self.centre_weight)
            self.scaler.step(self.sgd)

    def _clear(self) -> None:
        super()._clear()
        self.sgd.zero_grad(set_to_none=True)
