"""How pretraining steps: SGD in three groups, warm-up and cosine, clipped gradients, Lookahead (VirTex)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from .hardware import Hardware
from .lookahead import Lookahead
from .schedule import warmup_cosine
from .state import match_layout

_NO_DECAY = re.compile(
    r"textual\.(embedding|encoder|\w+_decoder)\..*(norm|bias)|identity_head\.neck|dual_head\.log_scale"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionOptimizerConfig:
    """SGD with Lookahead; AdamW learns faster in short runs."""

    name: Literal["sgd", "adamw"] = "sgd"
    backbone_learning_rate: float = 0.2
    """Peak, for the convolutional network."""
    learning_rate: float = 1e-3
    """Peak, for the projection, embedding and decoders."""
    momentum: float = 0.9
    weight_decay: float = 1e-4
    gradient_clip: float = 10.0
    """Largest norm of the gradient."""
    lookahead_steps: int = 5
    """0 switches Lookahead off."""
    lookahead_alpha: float = 0.5
    warmup_steps: int = 10_000

    def __post_init__(self) -> None:
        for name in ("backbone_learning_rate", "learning_rate", "gradient_clip"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        if not 0 < self.lookahead_alpha <= 1:
            raise ValueError(f"lookahead_alpha must be in (0, 1], not {self.lookahead_alpha}")
        if self.lookahead_steps < 0 or self.warmup_steps < 0:
            raise ValueError("lookahead_steps and warmup_steps must be at least 0")


class CaptionOptimizer:
    """One object that takes a loss and moves the model; it saves and restores as one."""

    def __init__(
        self, config: CaptionOptimizerConfig, model: nn.Module, hardware: Hardware, *, last_step: int
    ) -> None:
        self.config, self.last_step = config, last_step
        self.parameters = list(model.parameters())
        self.inner = _inner_optimizer(config, parameter_groups(config, model))
        self.peaks = [group["lr"] for group in self.inner.param_groups]
        self.scaler = hardware.scaler()
        self.lookahead: Lookahead | None = None
        if config.lookahead_steps:
            self.lookahead = Lookahead(
                self.parameters, interval_steps=config.lookahead_steps, alpha=config.lookahead_alpha
            )

    def learning_rate_factor(self, step: int) -> float:
        """Share of the peak rates that `step` trains with."""
        return warmup_cosine(step, warmup_steps=self.config.warmup_steps, last_step=self.last_step)

    def step(self, step: int, loss: Tensor) -> Tensor:
        """Go down the gradient of `loss`; the gradient's norm before clipping comes back."""
        factor = self.learning_rate_factor(step)
        for group, peak in zip(self.inner.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(self.inner)
        gradient_norm = clip_grad_norm_(self.parameters, self.config.gradient_clip)
        self.scaler.step(self.inner)
        self.scaler.update()
        self.inner.zero_grad(set_to_none=True)
        if self.lookahead is not None:
            self.lookahead.after(step)
        return gradient_norm

    def state_dict(self) -> dict[str, Any]:
        """Momentum, loss scale and slow weights."""
        slow = self.lookahead.state_dict() if self.lookahead else {}
        return {"inner": self.inner.state_dict(), "scaler": self.scaler.state_dict(), "lookahead": slow}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from `state_dict`."""
        self.inner.load_state_dict(state_dict["inner"])
        match_layout(self.inner)
        self.scaler.load_state_dict(state_dict["scaler"])
        if self.lookahead is not None:
            self.lookahead.load_state_dict(state_dict["lookahead"])


def _inner_optimizer(config: CaptionOptimizerConfig, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    if config.name == "sgd":
        return torch.optim.SGD(groups, momentum=config.momentum)
    return torch.optim.AdamW(groups, betas=(config.momentum, 0.999))


def parameter_groups(config: CaptionOptimizerConfig, model: nn.Module) -> list[dict[str, Any]]:
    """The convolutional network; the rest; and of the rest what does not decay."""
    visual, textual, undecayed = [], [], []
    for name, parameter in model.named_parameters():
        if name.startswith("visual."):
            visual.append(parameter)
        elif _NO_DECAY.match(name):
            undecayed.append(parameter)
        else:
            textual.append(parameter)
    return [
        {"params": visual, "lr": config.backbone_learning_rate, "weight_decay": config.weight_decay},
        {"params": textual, "lr": config.learning_rate, "weight_decay": config.weight_decay},
        {"params": undecayed, "lr": config.learning_rate, "weight_decay": 0.0},
    ]
