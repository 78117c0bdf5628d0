"""How a run steps: groups of parameters by role, a schedule, clipped gradients, averages of the weights."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from ..engine import Hardware
from ..settings import AtLeast0, NotNegative, Positive, PositiveShare, Settings, ShareBelow1
from .averaging import Ema, Lookahead
from .schedule import ScheduleConfig, learning_rate_factor

_STAGE = re.compile(r"visual\.(?:layer|encoder\.layers\.encoder_layer_)(\d+)\.")
_CONVNEXT_STAGE = re.compile(r"visual\.features\.(\d+)\.")
_BEHIND_ALL_STAGES = "visual.encoder.ln."
_CLIP_SLACK = 1e-6
"""What torch adds to a norm before it compares it."""


class OptimizerConfig(Settings, frozen=True, kw_only=True):
    """The optimizer, its rates, and what happens around its step."""

    name: Literal["sgd", "adam", "adamw"] = "sgd"
    learning_rate: Positive = 1e-3
    """Peak."""
    backbone_learning_rate: Positive | None = None
    """Peak, for the backbone; null: as everything else."""
    layer_decay: PositiveShare = 1.0
    """Each stage of the backbone (of a ViT: each layer) learns this much slower than the one behind it."""
    momentum: ShareBelow1 = 0.9
    """SGD's, and the first beta of Adam and AdamW."""
    weight_decay: NotNegative = 1e-4
    gradient_clip: Positive | None = None
    """Largest norm of the gradient; null: as it is."""
    lookahead_steps: AtLeast0 = 0
    """Length of Lookahead's interval; 0 switches it off."""
    lookahead_alpha: PositiveShare = 0.5
    ema_decay: ShareBelow1 = 0.0
    """Of the average of the weights that is validated and saved; 0 switches it off."""


class Optimizer:
    """Moves a model down its gradient; it saves and restores as one.

    `decays` says of a parameter's name whether weight decay pulls at it.
    """

    def __init__(
        self,
        config: OptimizerConfig,
        schedule: ScheduleConfig,
        model: nn.Module,
        hardware: Hardware,
        *,
        last_step: int,
        steps_per_unit: int = 1,
        decays: Callable[[str], bool] = lambda name: True,
        is_fused: bool = True,
    ) -> None:
        self.config, self.schedule = config, schedule
        self.last_step, self.steps_per_unit = last_step, steps_per_unit
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.inner = _inner_optimizer(config, parameter_groups(config, model, decays), is_fused)
        self.peaks = [group["lr"] for group in self.inner.param_groups]
        self.frozen_steps = 0
        """The backbone stays as it is up to this step; its moments start to gather after it."""
        self.scaler = hardware.scaler()
        self.lookahead = self.ema = None
        if config.lookahead_steps:
            self.lookahead = Lookahead(
                self.parameters, interval_steps=config.lookahead_steps, alpha=config.lookahead_alpha
            )
        if config.ema_decay:
            self.ema = Ema(model, decay=config.ema_decay)

    def factor(self, step: int) -> float:
        """Return share of the peak rates that `step` trains with."""
        return learning_rate_factor(
            self.schedule, step, last_step=self.last_step, steps_per_unit=self.steps_per_unit
        )

    def backward(self, loss: Tensor) -> None:
        """Add the gradient of `loss` to what has gathered."""
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]

    def step(
        self,
        step: int,
        *,
        skips: Callable[[Tensor], bool] = lambda norm: False,
        factor: float | None = None,
    ) -> Tensor:
        """Go down the gathered gradient; returns its norm before clipping.

        Where `skips` says so of that norm, the step is left out: the gradient is thrown away. `factor` replaces
        the schedule's share of the peak rates.
        """
        factor = self.factor(step) if factor is None else factor
        for group, peak in zip(self.inner.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
            if group["is_backbone"] and step <= self.frozen_steps:
                for parameter in group["params"]:
                    parameter.grad = None
        self.scaler.unscale_(self.inner)
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        norm = get_total_norm(gradients, foreach=True)
        if not skips(norm):
            self._clip(norm)
            self._move()
        self.scaler.update()
        self._clear()
        for average in (self.lookahead, self.ema):
            if average is not None:
                average.after(step)
        return norm

    def averaged(self) -> AbstractContextManager[None]:
        """Return a context in which the model is as it is validated and saved."""
        return nullcontext() if self.ema is None else self.ema.in_place()

    def state_dict(self) -> dict[str, Any]:
        """Return moments, loss scale and averages."""
        averages = {"lookahead": self.lookahead, "ema": self.ema}
        state = {name: {} if part is None else part.state_dict() for name, part in averages.items()}
        return {"inner": self.inner.state_dict(), "scaler": self.scaler.state_dict(), **state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from `state_dict`."""
        self.inner.load_state_dict(state_dict["inner"])
        match_layout(self.inner)
        self.scaler.load_state_dict(state_dict["scaler"])
        if self.lookahead is not None:
            self.lookahead.load_state_dict(state_dict["lookahead"])
        if self.ema is not None:
            self.ema.load_state_dict(state_dict["ema"])

    def _clip(self, norm: Tensor) -> None:
        longest = self.config.gradient_clip
        if longest is None or (norm.device.type == "cpu" and norm + _CLIP_SLACK <= longest):
            return  # a CPU need not multiply everything by 1; to ask would make a GPU wait
        clip_grads_with_norm_(self.parameters, longest, norm, foreach=True)

    def _move(self) -> None:
        self.scaler.step(self.inner)

    def _clear(self) -> None:
        self.inner.zero_grad(set_to_none=True)


def match_layout(optimizer: torch.optim.Optimizer) -> None:
    """Give restored buffers the memory layout of their parameters, which files don't keep."""
    for parameter, buffers in optimizer.state.items():
        for name, buffer in buffers.items():
            if isinstance(buffer, Tensor) and buffer.shape == parameter.shape:
                buffers[name] = torch.empty_like(parameter).copy_(buffer)


def parameter_groups(
    config: OptimizerConfig, model: nn.Module, decays: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """Return one group for each rate and decay there is: a handful, so that a step is a handful of kernels."""
    named = [(name, part) for name, part in model.named_parameters() if part.requires_grad]
    depths = sorted({_depth(name) for name, _ in named if _is_backbone(name)} - {math.inf})
    groups: dict[tuple[bool, float, float], list[Tensor]] = {}
    for name, parameter in named:
        is_backbone = _is_backbone(name)
        rate = config.learning_rate
        if is_backbone:
            behind = len(depths) - 1 - depths.index(min(_depth(name), depths[-1]))
            rate = (config.backbone_learning_rate or rate) * config.layer_decay**behind
        decay = config.weight_decay if decays(name) else 0.0
        groups.setdefault((is_backbone, rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "weight_decay": decay, "is_backbone": is_backbone}
        for (is_backbone, rate, decay), parameters in groups.items()
    ]


def _is_backbone(name: str) -> bool:
    return name.startswith("visual.")


def _depth(name: str) -> float:
    """Return the stage of the backbone that a parameter belongs to, from 1; 0 before them all, infinity
    behind.

    ViT's layers count as stages. ConvNeXt's `features` are its stem, then stages with a downsampling before
    each but the first, which belongs to its stage as it does in a ResNet.
    """
    if name.startswith(_BEHIND_ALL_STAGES):
        return math.inf
    if match := _CONVNEXT_STAGE.match(name):
        return 1 + int(match[1]) // 2 if int(match[1]) else 0
    match = _STAGE.match(name)
    return 0 if match is None else 1 + int(match[1])


def _inner_optimizer(
    config: OptimizerConfig, groups: list[dict[str, Any]], is_fused: bool
) -> torch.optim.Optimizer:
    speed = {"fused": True} if is_fused else {"foreach": True}
    if config.name == "sgd":
        return torch.optim.SGD(groups, momentum=config.momentum, **speed)
    kind = torch.optim.Adam if config.name == "adam" else torch.optim.AdamW
    return kind(groups, betas=(config.momentum, 0.999), **speed)
