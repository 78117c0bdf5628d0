"""What a training run is made of: the parts in which pretraining and fine-tuning differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vtbr_data.training import BatchIndices

    from .engine import Hardware, World
    from .optimizer import Optimizer


class Stateful(Protocol):
    """What can be saved and restored."""

    def state_dict(self) -> dict[str, Any]:
        """Return everything needed to continue."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Continue from `state_dict`."""


class Order(Protocol):
    """Which images each step reads, as the samplers of vtbr-data say it."""

    def at(self, step: int) -> BatchIndices:
        """Return the images of a step, of all processes together."""


class Task(ABC):
    """Built and checked by `pretraining` and `finetuning`, trained by `loop.train`."""

    name: str
    batch_setting: str = "batch_size"
    """The setting that says how many images a step has."""
    config: Any
    hardware: Hardware
    world: World
    model: Any
    """What is saved."""
    module: nn.Module
    """What gives the losses; holds `model`, and is what processes share."""
    optimizer: Optimizer
    parts: Mapping[str, Stateful]
    """What a run resumes with."""
    inputs: Mapping[str, Any]
    """Fingerprints: a run resumes only with those that it began with."""
    images: Any
    """`CaptionImages` or `IdentityImages`."""
    order: Order
    images_per_step: int
    """Of all processes."""
    last_step: int
    save_every: int
    validate_every: int
    validates: bool
    measures: Sequence[str]
    """The names of what `validate` gives."""
    best_by: str | None = None
    """The one of them that the best checkpoint is chosen by."""
    selected_on: str = ""
    """The images that it is computed on, in words."""

    def remarks(self) -> Iterator[str]:
        """Yield what a person should know of these settings, said when the run begins."""
        yield from ()

    def before(self, step: int) -> None:  # noqa: B027 -- most tasks change nothing
        """Change what depends on the step."""

    @abstractmethod
    def losses(self, module: Callable[..., Any], batch: Any) -> Mapping[str, Tensor]:
        """Return the losses of a batch; `loss` is what is minimised."""

    @abstractmethod
    def validate(self) -> Mapping[str, float]:
        """Scores of the model, which is in evaluation mode."""

    def show(self, writer: Any, step: int) -> None:  # noqa: B027 -- not all have pictures
        """Add pictures to TensorBoard after a validation."""

    @abstractmethod
    def metadata(self, step: int, recipe: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the checkpoint of a step says about itself."""


def pairs_within_parts(what: str, task: Task) -> str:
    """Return the remark that a loss of pairs sees fewer of them when gradients gather over parts of a batch."""
    accumulate = task.config.engine.accumulate
    return (
        f"{what} within each part of {task.images_per_step // accumulate} images "
        f"(engine.accumulate={accumulate}), not over the whole batch; engine.recompute=true saves memory, too"
    )
