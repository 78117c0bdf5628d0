"""Moving averages of the weights.

Lookahead (Zhang et al., NeurIPS 2019): slow weights that follow the fast ones every k steps and replace
them, `slow += alpha * (fast - slow); fast = slow`. The exponential average (EMA) follows them every step and
is what is validated and saved. Both are steps after the optimizer's, not optimizers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


class Lookahead:
    """Slow copies of `parameters`; `interval_steps` is k, `alpha` in (0, 1]."""

    def __init__(self, parameters: Iterable[Tensor], *, interval_steps: int, alpha: float) -> None:
        self.fast = [parameter for parameter in parameters if parameter.requires_grad]
        self.slow = [parameter.detach().clone() for parameter in self.fast]
        self.interval_steps, self.alpha = interval_steps, alpha

    @torch.no_grad()
    def after(self, step: int) -> None:
        """Follow the optimizer's `step` (counted from 1)."""
        if step % self.interval_steps:
            return
        for slow, fast in zip(self.slow, self.fast, strict=True):
            fast.copy_(slow.lerp_(fast, self.alpha))

    def state_dict(self) -> dict[str, Any]:
        """Return the slow weights, in the order of the parameters."""
        return {"slow": self.slow}

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the slow weights of `state_dict`."""
        for slow, saved in zip(self.slow, state_dict["slow"], strict=True):
            slow.copy_(saved)


class Ema:
    """An exponential average of a model's weights and batch norm statistics.

    The first steps average over few: the decay of step s is at most (1 + s) / (10 + s), as in TensorFlow's.
    """

    def __init__(self, model: nn.Module, *, decay: float) -> None:
        self.model, self.decay = model, decay
        self._decay_now = decay
        self._averaged = AveragedModel(model, avg_fn=self._follow, use_buffers=True)
        # torch's count lies on the CPU, where asking for it waits for nothing; from 1, since the first update
        # would replace the average instead of following.
        self._averaged.n_averaged = torch.ones((), dtype=torch.int64)

    @property
    def average(self) -> dict[str, Tensor]:
        """The averages by name."""
        return self._averaged.module.state_dict()

    def after(self, step: int) -> None:
        """Follow the optimizer's `step` (counted from 1)."""
        self._decay_now = min(self.decay, (1 + step) / (10 + step))
        self._averaged.update_parameters(self.model)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the model the averaged weights, for as long as it lasts."""
        state = self.model.state_dict()
        kept = {name: tensor.clone() for name, tensor in state.items()}
        _fill(state, self.average)
        try:
            yield
        finally:
            _fill(state, kept)

    def state_dict(self) -> dict[str, Any]:
        """Return the averages by name."""
        return self.average

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the averages of `state_dict`."""
        _fill(self.average, state_dict)

    def _follow(self, average: Tensor, value: Tensor, count: Tensor | int) -> Tensor:
        """Return the new average; counts, such as batch norm's, are taken as they are."""
        if not value.is_floating_point():
            return value
        return torch.lerp(average, value, 1 - self._decay_now)


@torch.no_grad()
def _fill(target: dict[str, Tensor], source: dict[str, Tensor]) -> None:
    for name, tensor in target.items():
        tensor.copy_(source[name])
