"""Moving averages of the weights.

Lookahead (Zhang et al., NeurIPS 2019): slow weights that follow the fast ones every k steps and replace
them, `slow += alpha * (fast - slow); fast = slow`. The exponential average (EMA) follows them every step and
is only looked at: it is what is validated and saved. Both are steps after the optimizer's, not optimizers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


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


class Ema:
    """An exponential average of a model's weights and batch norm statistics.

    The first steps average over few: the decay of step s is at most (1 + s) / (10 + s), as in TensorFlow's.
    """

    def __init__(self, model: nn.Module, *, decay: float) -> None:
        self.model, self.decay = model, decay
        self.average = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    @torch.no_grad()
    def after(self, step: int) -> None:
        """Call after the optimizer's `step` (counted from 1)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        state = self.model.state_dict()
        floats = [name for name, tensor in state.items() if tensor.is_floating_point()]
        ours, theirs = [self.average[name] for name in floats], [state[name] for name in floats]
        torch._foreach_lerp_(ours, theirs, 1 - decay)
        for name in state.keys() - set(floats):
            self.average[name].copy_(state[name])

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model with the averaged weights, for as long as it lasts."""
        state = self.model.state_dict()
        kept = {name: tensor.clone() for name, tensor in state.items()}
        _fill(state, self.average)
        try:
            yield
        finally:
            _fill(state, kept)

    def state_dict(self) -> dict[str, Any]:
        """The averages by name."""
        return dict(self.average)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the averages of `state_dict`."""
        _fill(self.average, state_dict)


@torch.no_grad()
def _fill(target: dict[str, Tensor], source: dict[str, Tensor]) -> None:
    for name, tensor in target.items():
        tensor.copy_(source[name])
