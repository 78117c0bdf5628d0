"""Lookahead (Zhang et al., NeurIPS 2019): slow weights that follow the fast ones every k steps.

It is no optimizer of its own but a step after the optimizer's: `slow += alpha * (fast - slow); fast = slow`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


class Lookahead:
    """Slow copies of `parameters`; `interval_steps` is k, `alpha` in (0, 1]."""

    def __init__(self, parameters: Iterable[Tensor], *, interval_steps: int, alpha: float) -> None:
        self.fast = [parameter for parameter in parameters if parameter.requires_grad]
        self.slow = [parameter.detach().clone() for parameter in self.fast]
        self.interval_steps, self.alpha = interval_steps, alpha

    @torch.no_grad()
    def after(self, step: int) -> None:
        """Call after the optimizer's `step` (counted from 1)."""
        if step % self.interval_steps:
            return
        fast = [parameter.detach() for parameter in self.fast]
        torch._foreach_lerp_(self.slow, fast, self.alpha)
        torch._foreach_copy_(fast, self.slow)

    def state_dict(self) -> dict[str, Any]:
        """The slow weights, in the order of the parameters."""
        return {"slow": self.slow}

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the slow weights of `state_dict`."""
        torch._foreach_copy_(self.slow, state_dict["slow"])
